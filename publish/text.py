"""Small questions about a page's Markdown."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass

from mkdocs.utils import meta

from publish.errors import PageError
from publish.fences import UnclosedFence, fences

HEADING = re.compile(r"^# +(.+?)(?: *\{[^}]*\})? *$")


@dataclass(frozen=True)
class PageText:
    """A page as its file has it, to say where something stands.

    file     relative to the repository
    content  the whole file, front matter included
    """

    file: str
    content: str

    def offset(self, markdown: str) -> int:
        """Lines of front matter before `markdown`, the part of the file that is left."""
        return self.content.count("\n") - markdown.count("\n")

    def error(self, snippet: str, message: str) -> PageError:
        """An error at the line where `snippet` stands."""
        at = self.content.find(snippet)
        line = self.content.count("\n", 0, at) + 1 if at >= 0 else None
        return PageError(self.file, line, message)


def front_matter(content: str) -> dict[str, object]:
    """What the lines between `---` at the top of a page say."""
    return dict(meta.get_data(content)[1])


def title_of(content: str) -> str | None:
    """A page's title: from its front matter, else its first heading."""
    body, data = meta.get_data(content)
    if "title" in data:
        return str(data["title"])
    inside: set[int] = set()
    with suppress(UnclosedFence):  # that is said when the page's turn comes
        for fence in fences(body):
            inside.update(range(fence.start, fence.end))
    for number, line in enumerate(body.split("\n")):
        if number not in inside and (found := HEADING.match(line)):
            return found[1]
    return None
