"""Exercise blocks: starter code that reads well as it is, and that the page's script may mount.

```python exercise="neuron"
"""

from __future__ import annotations

import html

from publish.fences import Fence, fences
from publish.slots import Slots


def show_exercises(markdown: str, slots: Slots) -> str:
    """Wrap every exercise block in the element that the exercise mounts on."""
    lines = markdown.split("\n")
    for fence in reversed(list(fences(markdown))):
        if name := fence.options.get("exercise"):
            lines[fence.start : fence.end] = _wrapped(fence, name, slots).split("\n")
    return "\n".join(lines)


def _wrapped(fence: Fence, name: str, slots: Slots) -> str:
    opening = slots.hold(f'<div class="ninja" data-exercise="{html.escape(name)}">', fence.indent)
    code = "\n".join(f"{fence.indent}{line}" for line in fence.code.split("\n"))
    plain = f"{fence.indent}{fence.marker}python\n{code}\n{fence.indent}{fence.marker}"
    return f"{opening}\n{plain}\n{slots.hold('</div>', fence.indent)}"
