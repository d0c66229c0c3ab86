"""Where the fenced code blocks of a Markdown text are, and what their opening lines ask for."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

OPENING = re.compile(r"^(?P<indent>[ \t]*)(?P<marker>`{3,}|~{3,})(?P<info>[^`]*)$")
OPTION = re.compile(r'(?P<key>[\w-]+)(?:="(?P<value>[^"]*)")?')


class UnclosedFence(ValueError):
    """A fence that the text never closes; `line` is its own, counted from 0."""

    def __init__(self, line: int) -> None:
        self.line = line
        super().__init__("this code block is never closed; end it with the same marks")


@dataclass(frozen=True)
class Fence:
    """One fenced block: lines `start` up to, not including, `end`, both counted from 0."""

    start: int
    end: int
    indent: str
    marker: str
    info: str
    code: str

    @property
    def language(self) -> str:
        return self.info.split(maxsplit=1)[0] if self.info else ""

    @property
    def options(self) -> dict[str, str | None]:
        """What follows the language: `exec` has the value None, `raises="E"` the value E."""
        _, _, rest = self.info.partition(" ")
        return {m["key"]: m["value"] for m in OPTION.finditer(rest)}


def fences(markdown: str) -> Iterator[Fence]:
    """Every fence of `markdown`, in order; what stands inside another fence is not one.

    Raises UnclosedFence.
    """
    lines = markdown.split("\n")
    at = 0
    while at < len(lines):
        opening = OPENING.match(lines[at])
        if opening is None:
            at += 1
            continue
        marker = opening["marker"]
        closing = re.compile(rf"^[ \t]*{re.escape(marker[0])}{{{len(marker)},}}[ \t]*$")
        end = next((n for n in range(at + 1, len(lines)) if closing.match(lines[n])), None)
        if end is None:
            raise UnclosedFence(at)
        code = textwrap.dedent("\n".join(lines[at + 1 : end]))
        yield Fence(at, end + 1, opening["indent"], marker, opening["info"].strip(), code)
        at = end + 1
