"""Finished HTML that must pass through Markdown untouched, wherever it stands on a page.

Raw HTML inside a list, a tab or an admonition does not survive Markdown. A one-word paragraph
does, so that is what takes its place until the page has been converted.
"""

from __future__ import annotations

import re
import textwrap

TOKEN = re.compile(r"<p>ninjaslot(\d+)end</p>|ninjaslot(\d+)end")


class Slots:
    """The finished pieces of one page."""

    def __init__(self) -> None:
        self.contents: list[str] = []

    def hold(self, html: str, indent: str = "") -> str:
        """Markdown that stands for `html`, as a paragraph of its own."""
        self.contents.append(html)
        return textwrap.indent(f"\n\nninjaslot{len(self.contents) - 1}end\n", indent)

    def fill(self, html: str) -> str:
        """Put everything back in its place in the converted page."""
        return TOKEN.sub(lambda m: self.contents[int(m[1] or m[2])], html)
