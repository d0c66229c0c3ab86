"""A result for people: a table in the terminal, plain text where there is none, HTML in Jupyter."""

from __future__ import annotations

import re
from html import escape
from io import StringIO
from typing import TYPE_CHECKING

from ninja import verdict
from ninja.verdict import Failure, Result, Tensor

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

# verdict: mark, words, the terminal's style
LOOKS = {
    verdict.RIGHT: ("✓", "right", "green"),
    verdict.ROUNDING: ("≈", "right, to rounding", "green"),
    verdict.HARMLESS: ("✓", "right, written another way", "green"),
    verdict.INHERITED: ("→", "inherited", "yellow"),
    verdict.WRONG: ("✗", "wrong", "red"),
    verdict.SHAPE: ("✗", "wrong shape", "red"),
    verdict.MISSING: ("✗", "missing", "red"),
    verdict.NAN: ("✗", "not a number", "red"),
}

ROLES = {"green": "right", "yellow": "inherited", "red": "wrong"}  # the same in a picture's colours
PRINTED_LINES = 20  # of what the learner's code printed


def headline(result: Result) -> str:
    """The result in one line."""
    if result.error is not None:
        at = f" in line {result.error.line}" if result.error.line else ""
        return f"{result.exercise}: could not run, {result.error.type}{at}"
    total, good = len(result.tensors), sum(t.passed for t in result.tensors)
    if result.passed:
        return (
            f"{result.exercise}: right" if total == 1 else f"{result.exercise}: all {total} right"
        )
    if nothing_yet(result):
        return f"{result.exercise}: no gradient yet"
    if good == total:
        return f"{result.exercise}: the numbers are right, but there is something to mend"
    own = [t.name for t in result.tensors if not t.passed and t.verdict != verdict.INHERITED]
    return f"{result.exercise}: {good} of {total} right, to mend: {', '.join(own)}"


def nothing_yet(result: Result) -> bool:
    """True for a starter as it was written."""
    return all(t.verdict == verdict.MISSING for t in result.tensors)


def details(tensor: Tensor) -> list[str]:
    """What is said of one gradient, a sentence or two each."""
    said = [tensor.message] if tensor.message else []
    if tensor.verdict == verdict.SHAPE and not said:
        said.append(f"Its shape is {tensor.shape}, and should be {tensor.want_shape}.")
    return said


def error(tensor: Tensor) -> str:
    """The largest relative error, in two digits."""
    return (
        "" if tensor.max_error is None else f"{tensor.max_error:.1e}" if tensor.max_error else "0"
    )


def code_lines(failure: Failure) -> list[str]:
    """The line of the learner's code, with a caret under the place where that is known."""
    if failure.line is None or not failure.text.strip():
        return []
    number = f"{failure.line:>4} │ "
    lines = [number + failure.text.strip()]
    if failure.column:
        before = failure.text[: failure.column - 1]
        shift = len(before.expandtabs()) - (len(failure.text) - len(failure.text.lstrip()))
        lines.append(" " * 5 + "│ " + " " * max(shift, 0) + "^")
    return lines


def text(result: Result) -> RenderableType:
    """The whole result for rich."""
    from rich.console import Group
    from rich.text import Text

    style = "green" if result.passed else "red"
    parts: list[RenderableType] = [Text(headline(result), style=f"bold {style}")]
    if result.error is not None:
        parts += [Text(line, style="bold", no_wrap=True) for line in code_lines(result.error)]
        parts.append(Text(result.error.message))
    if not nothing_yet(result):
        parts += [Text(), table(result)]
    parts += [Text(f"\n{note}") for note in result.notes]
    if result.printed:
        parts.append(Text(f"\nYour code printed:\n{_printable(result)}", style="dim"))
    return Group(*parts)


def _printable(result: Result) -> str:
    """The first lines that were printed, without codes that would act on the terminal."""
    rows = result.printed.rstrip().splitlines()
    shown = "\n".join(rows[:PRINTED_LINES])
    if len(rows) > PRINTED_LINES:
        shown += f"\n... and {len(rows) - PRINTED_LINES} lines more"
    return "".join(c if c.isprintable() or c in "\n\t" else "�" for c in shown)


def table(result: Result) -> Table:
    """One row for each gradient: mark, name, verdict, error, and what is said of it."""
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=None, padding=(0, 2, 0, 0), show_header=False, pad_edge=False)
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True)
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(overflow="fold")
    for tensor in result.tensors:
        mark, words, style = LOOKS[tensor.verdict]
        said = Text(words, style=style)
        for sentence in details(tensor):
            said.append(f"\n{sentence}", style="default")
        grid.add_row(Text(mark, style=f"bold {style}"), Text(tensor.name, style="bold"),
                     error(tensor), said)  # fmt: skip
    return grid


def figures(title: str, first: str, *numbers: str) -> Table:
    """An empty table for a bench: words in its first column, numbers in the others."""
    from rich.table import Table

    empty = Table(title=title)
    empty.add_column(first)
    for column in numbers:
        empty.add_column(column, justify="right")
    return empty


def plain(result: Result, width: int = 100) -> str:
    """The result as text alone: what `print` shows."""
    try:
        from rich.console import Console
    except ImportError:  # in the browser, where the page draws the result
        return headline(result)
    # Not as in Jupyter, where a console also shows by itself what is only to be text here.
    console = Console(
        file=StringIO(), width=width, color_system=None, highlight=False, force_jupyter=False
    )
    console.print(text(result))
    written = console.file
    assert isinstance(written, StringIO)
    return "\n".join(line.rstrip() for line in written.getvalue().splitlines())


def html(result: Result) -> str:
    """The result for a notebook: it takes its colours from the page, light or dark."""
    return (
        '<div style="line-height:1.45;max-width:60em">'
        f"<p><strong>{escape(headline(result))}</strong></p>"
        f"{_html_failure(result.error)}{_html_table(result)}{_html_notes(result)}</div>"
    )


def prose(sentence: str) -> str:
    """A sentence as HTML, with what stands between backticks set as code.

    >>> prose("It inherits the error of `dz`, if a < b.")
    'It inherits the error of <code>dz</code>, if a &lt; b.'
    """
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(sentence, quote=False))


def _html_failure(failure: Failure | None) -> str:
    if failure is None:
        return ""
    code = escape("\n".join(code_lines(failure)))
    shown = f"<pre style='white-space:pre-wrap'>{code}</pre>" if code else ""
    return f"{shown}<p>{prose(failure.message)}</p>"


def _html_table(result: Result) -> str:
    if nothing_yet(result):
        return ""
    cell = 'style="text-align:left;padding:.2em .8em .2em 0;border:0;min-width:0"'
    from ninja.draw import colour

    rows = []
    for tensor in result.tensors:
        mark, words, style = LOOKS[tensor.verdict]
        said = "<br>".join(prose(sentence) for sentence in details(tensor))
        bar = f".25em solid {colour(ROLES[style])}"
        border = f"vertical-align:top;border:0;border-left:{bar};padding:.2em .6em"
        rows.append(
            '<tr style="background:none">'
            f'<td rowspan="{2 if said else 1}" style="{border}">{mark}</td>'
            f'<th scope="row" {cell}><code>{escape(tensor.name)}</code></th>'
            f"<td {cell}>{error(tensor)}</td><td {cell}>{words}</td></tr>"
        )
        if said:  # beneath, over the whole width: a phone has no room for it in a column
            rows.append(f'<tr style="background:none"><td colspan="3" {cell}>{said}</td></tr>')
    heads = "".join(
        f'<th scope="col" {cell}>{word}</th>' for word in ("", "gradient", "error", "verdict")
    )
    return (
        '<table style="border-collapse:collapse;color:inherit">'
        f"<thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def _html_notes(result: Result) -> str:
    notes = "".join(f"<p>{prose(note)}</p>" for note in result.notes)
    if result.printed:
        printed = escape(_printable(result))
        notes += f"<p>Your code printed:</p><pre style='white-space:pre-wrap'>{printed}</pre>"
    return notes
