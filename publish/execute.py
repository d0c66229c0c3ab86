"""Run the code blocks of a page while the site is built, and show what they give.

    ```python exec                     runs; printed text, values and figures follow the code
    ```python exec hide                runs; only what it gives is shown
    ```python exec raises="E"          must raise E; the last line of the error is shown
    ```python exec fig-alt="..."       what a reader who cannot see the figure is told
    {{= name:.3f }}                    a value from the blocks above, formatted as in an f-string

Values may stand in prose, in formulas and in `fig-alt`, but not in code. A page is one scope,
from its top to its end.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from publish import figures
from publish.errors import PageError
from publish.fences import Fence, UnclosedFence, fences
from publish.slots import Slots
from publish.worker import Outcome, Output, Step

VALUE = re.compile(r"(?P<code>`+)(?:.(?!(?P=code)))*.(?P=code)|\{\{=(?P<value>.+?)\}\}")
OURS = {"exec", "hide", "raises", "fig-alt"}
PASSED_ON = {"title", "hl_lines", "linenums"}
NARROW = 44  # characters that fit on a phone: longer output must be scrolled, also by keyboard


@dataclass(frozen=True)
class Prose:
    """Text between fences; `line` is that of its first line, counted from 1."""

    line: int
    text: str


@dataclass(frozen=True)
class Executed:
    """The page as it reads, and as a notebook has it: text and code in turn."""

    markdown: str
    cells: list[Prose | Fence]


def split(markdown: str) -> list[Prose | Fence]:
    """The page as text and fences in turn. Raises UnclosedFence."""
    lines = markdown.split("\n")
    parts: list[Prose | Fence] = []
    at = 0
    for fence in fences(markdown):
        parts += [Prose(at + 1, "\n".join(lines[at : fence.start])), fence]
        at = fence.end
    parts.append(Prose(at + 1, "\n".join(lines[at:])))
    return parts


def steps(parts: list[Prose | Fence], offset: int) -> Iterator[Step]:
    """What has to be run for the page, in order."""
    for part in parts:
        if isinstance(part, Prose):
            yield from _values(part.text, part.line + offset)
        elif "exec" in part.options:
            line = part.start + 2 + offset
            yield Step("block", line, part.code, part.options.get("raises"))
            yield from _values(part.options.get("fig-alt") or "", line - 1)


def execute(
    markdown: str, file: str, offset: int, outcomes: Iterable[Outcome], slots: Slots
) -> Executed:
    """Put what the steps of a page gave into its text.

    file      the page as the repository has it; errors name it
    offset    lines of the file before `markdown` begins
    outcomes  one for each of `steps`

    Raises PageError with the line of what is wrong.
    """
    try:
        parts = split(markdown)
    except UnclosedFence as error:
        raise PageError(file, error.line + 1 + offset, str(error)) from None
    for part in parts:
        if isinstance(part, Fence):
            _check_options(part, file, part.start + 1 + offset)
    left = iter(outcomes)
    text: list[str] = []
    cells: list[Prose | Fence] = []
    for part in parts:
        if isinstance(part, Prose):
            filled = _fill(part.text, left)
            text.append(filled)
            cells.append(Prose(part.line, filled))
        elif "exec" in part.options:
            outcome = next(left)
            alternative = part.options.get("fig-alt")
            filled_alternative = None if alternative is None else _fill(alternative, left)
            line = part.start + 1 + offset
            shown = _outputs(outcome.outputs, filled_alternative, file, line)
            text.append(_block(part) + (slots.hold(shown, part.indent) if shown else ""))
            cells.append(part)
        else:
            text.append(_as_written(part))
            cells.append(part)
    return Executed("\n".join(text), cells)


def _values(text: str, line: int) -> Iterator[Step]:
    for found in VALUE.finditer(text):
        if found["value"]:
            at = line + text.count("\n", 0, found.start())
            yield Step("value", at, found["value"].strip())


def _fill(text: str, outcomes: Iterator[Outcome]) -> str:
    return VALUE.sub(lambda m: next(outcomes).value if m["value"] else m[0], text)


def _check_options(fence: Fence, file: str, line: int) -> None:
    if "exec" not in fence.options:
        return
    if fence.language != "python":
        raise PageError(file, line, f"only python blocks can run, this one is {fence.language!r}")
    unknown = set(fence.options) - OURS - PASSED_ON
    if unknown:
        names = ", ".join(sorted(OURS | PASSED_ON))
        raise PageError(file, line, f"unknown option {', '.join(unknown)}; there are {names}")


def _as_written(fence: Fence) -> str:
    opening = f"{fence.indent}{fence.marker}{fence.info}"
    body = "\n".join(f"{fence.indent}{code}" if code else "" for code in fence.code.split("\n"))
    return f"{opening}\n{body}\n{fence.indent}{fence.marker}"


def _block(fence: Fence) -> str:
    """The code as it is shown: nothing when hidden, without the options that are ours."""
    if "hide" in fence.options:
        return ""
    kept = [f'{key}="{fence.options[key]}"' for key in fence.options if key in PASSED_ON]
    info = " ".join(["python", *kept])
    plain = Fence(fence.start, fence.end, fence.indent, fence.marker, info, fence.code)
    return _as_written(plain)


def _outputs(outputs: list[Output], alternative: str | None, file: str, line: int) -> str:
    """The HTML of all that a block gave, or an empty text. Raises PageError."""
    pictures = [o for o in outputs if o.kind == "svg"]
    if len(pictures) > 1:
        raise PageError(file, line, "two figures from one block; give each a block of its own")
    if alternative is not None and not pictures:
        raise PageError(file, line, "fig-alt describes a figure, but this block drew none")
    if pictures and alternative is None and not figures.names_itself(pictures[0].data):
        raise PageError(
            file,
            line,
            'this figure has no text alternative; add fig-alt="what it shows, in a sentence"',
        )
    shown = "".join(_output(o, alternative, f"f{line}") for o in outputs if o.data.strip())
    return f'<div class="ninja-output no-copy" data-search-exclude>{shown}</div>' if shown else ""


def _output(output: Output, alternative: str | None, prefix: str) -> str:
    if output.kind == "html":
        return f'<div class="ninja-html">{output.data}</div>'
    if output.kind == "svg":
        named = None if alternative is None else html.escape(alternative)
        picture = figures.self_contained(output.data, prefix, named)
        return f'<figure class="ninja-figure">{picture}</figure>'
    text = output.data.rstrip()
    wide = max(map(len, text.splitlines())) > NARROW
    focus = ' tabindex="0" role="group" aria-label="Output"' if wide else ""
    kind = "ninja-error" if output.kind == "error" else "ninja-text"
    return f'<pre class="{kind}"{focus}><code>{html.escape(text, quote=False)}</code></pre>'
