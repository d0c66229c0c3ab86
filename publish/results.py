"""A table of results for the home page: a mistake that is named."""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass

from ninja.render import prose

SIGNS = {"right": "✓ right", "wrong": "✗ wrong", "inherited": "→ inherited"}


@dataclass(frozen=True)
class Row:
    """One tensor of a result: what was handed in, what is true, and what that means."""

    name: str
    yours: float
    true: float
    verdict: str
    note: str


@dataclass(frozen=True)
class Results:
    """A table of results, as the checker words them."""

    rows: Iterable[Row]
    caption: str

    def _repr_html_(self) -> str:
        body = "".join(
            f'<tr class="is-{row.verdict}"><th scope="row">{row.name}</th>'
            f'<td class="number">{row.yours:.4f}</td><td class="number">{row.true:.4f}</td>'
            f'<td><span class="verdict">{SIGNS[row.verdict]}</span> '
            f"{prose(row.note)}</td></tr>"
            for row in self.rows
        )
        caption = html.escape(self.caption, quote=False)
        numbers = "".join(f'<th scope="col" class="number">{t}</th>' for t in ("Yours", "True"))
        return (
            '<div class="ninja-results" tabindex="0" role="group" aria-label="Result of a check">'
            f'<table class="ninja-table"><caption>{caption}</caption>'
            f'<thead><tr><th scope="col">Gradient</th>{numbers}<th scope="col">Verdict</th></tr>'
            f"</thead><tbody>{body}</tbody></table></div>"
        )
