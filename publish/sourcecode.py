"""Show a function of the package by its name, never by pasting it.

    <!-- ninja:source ninja/ops/tanh.py:backward -->

The file is parsed, not imported: what is shown is what the file says now. The copy button
gives the text that works alone: the function together with the helpers it uses.
"""

from __future__ import annotations

import ast
import html
import importlib
import importlib.util
import re
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

from publish.slots import Slots
from publish.text import PageText

MARK = re.compile(
    r"^(?P<indent>[ \t]*)<!-- ninja:source (?P<path>[\w./-]+):(?P<name>[\w.]+)"
    r"(?P<options>[^>]*?) *-->$",
    re.MULTILINE,
)
Named = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def source_of(text: str, name: str) -> str:
    """The source of the function or class `name` ("f", "Class.method") in a module's text.

    Raises LookupError with the names that there are.
    """
    node: ast.AST = ast.parse(text)
    for part in name.split("."):
        inside = {n.name: n for n in getattr(node, "body", []) if isinstance(n, Named)}
        if part not in inside:
            raise LookupError(f"no {part!r}; there are {', '.join(inside) or 'no names at all'}")
        node = inside[part]
    assert isinstance(node, Named)
    first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
    return textwrap.dedent("\n".join(text.splitlines()[first - 1 : node.end_lineno]))


def alone_text(function: object) -> str | None:
    """What works when it is pasted somewhere else, or None where the package does not say."""
    if importlib.util.find_spec("ninja.text") is None:
        return None
    return str(importlib.import_module("ninja.text").copyable(function))


def copyable_text(root: str, path: str, name: str) -> str | None:
    """`alone_text` of a function named by its file; a method works only in its class.

    Imports the module, so call it in a process of its own.
    """
    if "." in name:
        return None
    sys.path.insert(0, root)
    module = importlib.import_module(".".join(Path(path).with_suffix("").parts))
    return alone_text(getattr(module, name))


def _names(text: str) -> list[str]:
    return [node.name for node in ast.parse(text).body if isinstance(node, Named)]


def framed(
    title: str, source: str, alone: str | None, slots: Slots, indent: str = "", options: str = ""
) -> str:
    """Markdown for a piece of source; its copy button gives `alone`, which ends in the same."""
    copy = note = ""
    if alone is not None and alone.strip() != source.strip():
        copy = f' data-copy="{html.escape(alone)}"'
        if helpers := ", ".join(_names(alone)[:-1]):
            note = f'<p class="ninja-note">Copying brings along what it uses: {helpers}.</p>'
    opening = slots.hold(f'<div class="ninja-source"{copy}>')
    fence = f'```python title="{title}"{options}\n{source}\n```'
    return textwrap.indent(f"{opening}\n{fence}\n{slots.hold(f'{note}</div>')}", indent)


def as_text(markdown: str, root: Path) -> str:
    """Replace every mark by plain Markdown, once `show_sources` has found nothing wrong."""

    def show(m: re.Match[str]) -> str:
        return plain(m["path"], source_of((root / m["path"]).read_text("utf-8"), m["name"]))

    return MARK.sub(show, markdown)


def plain(title: str, source: str) -> str:
    """Source in Markdown that every reader of Markdown knows."""
    return f"`{title}`\n\n```python\n{source}\n```"


def show_sources(
    markdown: str,
    page: PageText,
    root: Path,
    copyable: Callable[[str, str], str | None],
    slots: Slots,
) -> str:
    """Replace every mark by the source it names. Raises PageError for a name that is not there."""

    def show(m: re.Match[str]) -> str:
        path = root / m["path"]
        if not path.is_file():
            raise page.error(m[0], f"ninja:source: there is no file {m['path']}")
        try:
            source = source_of(path.read_text("utf-8"), m["name"])
        except LookupError as error:
            raise page.error(m[0], f"ninja:source: {m['path']}: {error}") from None
        title = f"{m['path']} · {m['name']}"
        alone = copyable(m["path"], m["name"])
        return framed(title, source, alone, slots, m["indent"], m["options"])

    return MARK.sub(show, markdown)
