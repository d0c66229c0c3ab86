"""The cheat sheet on paper: one sheet, with all of it on it, in letters one can read."""

from __future__ import annotations

import re
from typing import Any

PAGE = re.compile(rb"/Type\s*/Page\b")
READABLE = 8.0  # CSS pixels, 6 points


def test_the_cheat_sheet_prints_on_one_sheet(visit: Any) -> None:
    tab = visit("cheat-sheet/").tab
    assert tab.locator(".ninja-sheet section").count() > 20
    paper = tab.pdf(format="A4", prefer_css_page_size=True)
    assert len(PAGE.findall(paper)) == 1


def test_a_longer_sheet_would_be_noticed(visit: Any) -> None:
    tab = visit("cheat-sheet/").tab
    tab.evaluate(
        "for (const s of document.querySelectorAll('.ninja-sheet')) s.after(s.cloneNode(1))"
    )
    assert len(PAGE.findall(tab.pdf(format="A4", prefer_css_page_size=True))) > 1


def test_the_cheat_sheet_can_be_read_on_paper(visit: Any) -> None:
    tab = visit("cheat-sheet/", viewport={"width": 718, "height": 1055}).tab
    tab.emulate_media(media="print")
    sizes = tab.evaluate(
        "[...document.querySelectorAll('.ninja-sheet :is(h3 a, .katex)')]"
        ".map(e => parseFloat(getComputedStyle(e).fontSize))"
    )
    assert min(sizes) >= READABLE
    cut = tab.evaluate(
        "[...document.querySelectorAll('.ninja-sheet p')].filter(e => e.scrollWidth > "
        "e.parentElement.clientWidth + 1).map(e => e.textContent)"
    )
    assert not cut
