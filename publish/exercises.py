"""Exercise blocks: starter code that reads well as it is, and that the page's script may mount.

```python exercise="neuron"
```python exercise="neuron" bug="neuron-dz-forgets-upstream"
```python exercise="neuron" mend="two-slips"

What a page gives to mend is other code than the exercise's, and kept beside it under its own name.
"""

from __future__ import annotations

import html
from collections.abc import Container

from publish.fences import Fence, fences
from publish.slots import Slots


def show_exercises(markdown: str, numpy: Container[str], slots: Slots) -> str:
    """Wrap every exercise block in the element that the exercise mounts on.

    numpy  the names of the exercises that need it
    """
    lines = markdown.split("\n")
    for fence in reversed(list(fences(markdown))):
        if name := fence.options.get("exercise"):
            told = {"exercise": name, **{k: fence.options.get(k) for k in ("bug", "mend")}}
            mount = "".join(f' data-{k}="{html.escape(v)}"' for k, v in told.items() if v)
            mount += " data-numpy" if name in numpy else ""
            lines[fence.start : fence.end] = _wrapped(fence, mount, slots).split("\n")
    return "\n".join(lines)


def _wrapped(fence: Fence, attributes: str, slots: Slots) -> str:
    opening = slots.hold(f'<div class="ninja"{attributes}>', fence.indent)
    code = "\n".join(f"{fence.indent}{line}" for line in fence.code.split("\n"))
    plain = f"{fence.indent}{fence.marker}python\n{code}\n{fence.indent}{fence.marker}"
    return f"{opening}\n{plain}\n{slots.hold('</div>', fence.indent)}"
