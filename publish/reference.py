"""A reference page for every operation and network, written from its record."""

from __future__ import annotations

import ast
import html
import importlib
import importlib.util
import inspect
import json
import sys
import textwrap
import zlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from publish.sourcecode import alone_text

SHOWN = 8  # lines of a backward pass on a card


@dataclass(frozen=True)
class MistakeCard:
    """A mistake with the right line beside it. `same_as` names those that look alike.

    planted  a few lines of the backward pass, the wrong one among them
    shapes   those of the operation
    """

    id: str
    wrong: str
    right: str
    planted: str
    sentence: str
    shapes: str
    same_as: tuple[str, ...] = ()
    harmless: bool = False


@dataclass(frozen=True)
class Function:
    """A function of a record. `alone` is the text that works when it is pasted somewhere else."""

    title: str
    name: str
    source: str
    alone: str | None = None


@dataclass(frozen=True)
class OpPage:
    """What the page of an operation says; `path` is the file to edit."""

    name: str
    group: str
    lesson: int
    summary: str
    shapes: str
    path: str
    functions: tuple[Function, ...]
    hints: tuple[str, ...]
    reference: str
    mistakes: tuple[MistakeCard, ...]


def describe(root: str) -> list[dict[str, Any]]:
    """An OpPage, as a dict, for every record of the package at `root`; [] when there is none.

    Imports the package, so call it in a process of its own.
    """
    sys.path.insert(0, root)
    if importlib.util.find_spec("ninja") is None:
        return []
    ninja = importlib.import_module("ninja")
    groups = {"Operations": ninja.OPS, "Networks": ninja.NETS}
    return [asdict(_page(op, group)) for group, ops in groups.items() for op in ops.values()]


def _page(op: Any, group: str) -> OpPage:
    module = op.plain_forward.__module__
    functions = [
        ("Forward", "forward", op.plain_forward),
        ("Backward", "backward", op.plain_backward),
        ("More accurate in float32", "backward_accurate", op.backward_accurate),
    ]
    shapes = op.signature.text
    return OpPage(
        name=op.name,
        group=group,
        lesson=op.lesson,
        summary=op.doc.split("\n\n")[0].split(shapes)[0].strip(),
        shapes=shapes,
        path=module.replace(".", "/") + ".py",
        functions=tuple(
            Function(title, name, inspect.getsource(function).rstrip(), alone_text(function))
            for title, name, function in functions
            if function is not None
        ),
        hints=op.hints,
        reference=op.reference,
        mistakes=tuple(_card(op, mistake) for mistake in op.mistakes),
    )


def _card(op: Any, mistake: Any) -> MistakeCard:
    program = op.program
    line = program.lines[program.targets[mistake.target]]
    rows = program.source.splitlines()[line.first : line.last + 1]
    return MistakeCard(
        mistake.id,
        mistake.line,
        textwrap.dedent("\n".join(rows)),
        _planted(program, mistake),
        mistake.sentence,
        " ".join(op.signature.text.split()),
        mistake.same_as,
        mistake.harmless,
    )


def _planted(program: Any, mistake: Any) -> str:
    """At most `SHOWN` lines with the wrong one among them: where is settled by the mistake's id."""
    line = program.lines[program.targets[mistake.target]]
    body = program.definition.body
    top = body[0].end_lineno if ast.get_docstring(program.definition) is not None else 1
    rows = program.replaced(mistake.target, mistake.line).splitlines()
    first, last = line.first, line.first + mistake.line.count("\n")
    spare = max(SHOWN - (last - first + 1), 0)
    above = zlib.crc32(mistake.id.encode()) % (spare + 1)
    start = max(top, min(first - above, len(rows) - SHOWN))
    shown = textwrap.dedent("\n".join(rows[start : max(start + SHOWN, last + 1)])).split("\n")
    while shown[-1].startswith("#") or not _is_whole("\n".join(shown)):  # the rest is cut off
        shown.pop()
    return "\n".join(shown)


def _is_whole(code: str) -> bool:
    try:
        ast.parse(code)
    except SyntaxError:
        return False
    return True


def from_dict(data: dict[str, Any]) -> OpPage:
    """The page that `asdict` (and JSON) took apart."""
    cards = tuple(
        MistakeCard(**{**card, "same_as": tuple(card["same_as"])}) for card in data["mistakes"]
    )
    functions = tuple(Function(**function) for function in data["functions"])
    hints = tuple(data["hints"])
    return OpPage(**{**data, "mistakes": cards, "functions": functions, "hints": hints})


def page_markdown(op: OpPage) -> str:
    """The page of one operation. Its source and its mistakes are named, and put in later."""
    description = json.dumps(" ".join(op.summary.split()))  # JSON is YAML, quotes and all
    parts = [
        f"---\ndescription: {description}\nkicker: {op.group[:-1]}\n---",
        f"# {op.name}",
        op.summary.replace("\n", " "),
        f'```text title="Shapes"\n{op.shapes}\n```',
    ]
    for function in op.functions:
        parts += [f"## {function.title}", f"<!-- ninja:op {op.name}:{function.name} -->"]
    if op.mistakes:
        parts += ["## What goes wrong"]
        parts += [f"<!-- ninja:mistake {op.name}:{card.id} -->" for card in op.mistakes]
    if op.hints:
        steps = "\n".join(f"{n}. {hint}" for n, hint in enumerate(op.hints, 1))
        body = textwrap.indent(steps, "    ")
        parts += ["## Hints", f'??? check "Show them, one after the other"\n\n{body}']
    parts += ["## Where the formula is from", op.reference]
    return "\n\n".join(parts) + "\n"


def index_markdown(ops: Iterable[OpPage]) -> str:
    """The list of all reference pages."""
    description = "Every operation of the package: its backward pass, and what goes wrong there."
    parts = [f"---\ndescription: {json.dumps(description)}\n---\n# Reference"]
    group = ""
    for op in ops:
        if op.group != group:
            group = op.group
            parts += [f"## {group}\n\n| Name | What it is | Shapes |\n| --- | --- | --- |"]
        summary = " ".join(op.summary.split()).replace("|", "\\|")
        parts[-1] += f"\n| [{op.name}]({op.name}.md) | {summary} | `{op.shapes}` |"
    return "\n\n".join(parts) + "\n"


def code_html(code: str) -> str:
    """Highlighted Python, without a box around it."""
    shown: str = highlight(code, PythonLexer(), HtmlFormatter(nowrap=True))
    return shown.rstrip("\n")


def mistake_html(card: MistakeCard) -> str:
    """A card: the wrong line, the right line, and the sentence that tells them apart."""
    rows = [("wrong", "Wrong line", card.wrong), ("right", "Right line", card.right)]
    if card.harmless:
        rows[0] = ("harmless", "Also right", card.wrong)
    lines = "".join(
        f'<div class="ninja-line ninja-line--{kind}"><span class="ninja-line__sign" role="img" '
        f'aria-label="{label}"></span><pre class="highlight"><code>{code_html(code)}</code></pre>'
        "</div>"
        for kind, label, code in rows
    )
    return (
        f'<div class="ninja-mistake no-copy" id="mistake-{html.escape(card.id)}">'
        f'<p class="ninja-mistake__name">{html.escape(card.id)}</p>{lines}'
        f'<p class="ninja-mistake__sentence">{html.escape(card.sentence, quote=False)}</p></div>'
    )
