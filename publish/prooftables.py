"""The tables of the proof page, from the rows that `ninja.proof` measures."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what is measured comes from the package; a table only reads it
    from ninja.proof import Row, UlpRow
    from ninja.quality import MutationRow

# Upper ends of the shades, from an exact zero to what is far from rounding.
SHADES = (0.0, 1e-15, 1e-12, 1e-6)


@dataclass(frozen=True)
class ErrorTable:
    """One row for each record, one column for each oracle, library and precision."""

    rows: Sequence[Row]

    def _repr_html_(self) -> str:
        columns = list(dict.fromkeys(map(_column, self.rows)))
        records = list(dict.fromkeys(row.record for row in self.rows))
        cells = {(row.record, _column(row)): row for row in self.rows}
        head = "".join(
            f'<th scope="col" class="number">{oracle}<br><small>{library}, {dtype}</small></th>'
            for oracle, library, dtype in columns
        )
        body = "".join(
            f'<tr><th scope="row"><a href="../reference/{record}/">{record}</a></th>'
            f"{''.join(_cell(cells.get((record, column))) for column in columns)}</tr>"
            for record in records
        )
        return _table(f'<th scope="col">Record</th>{head}', body, "Worst scaled errors")


@dataclass(frozen=True)
class UlpTable:
    """One row for each gradient: our textbook line, our accurate form and torch, in float32."""

    rows: Sequence[UlpRow]

    def _repr_html_(self) -> str:
        names = "".join(f'<th scope="col">{title}</th>' for title in ("Record", "Gradient"))
        head = names + "".join(
            f'<th scope="col" class="number">{title}</th>'
            for title in ("Textbook line", "Accurate form", "torch")
        )
        body = "".join(
            f'<tr><th scope="row"><a href="../reference/{row.record}/">{row.record}</a></th>'
            f"<td><code>{html.escape(row.gradient)}</code></td>"
            f"{''.join(map(_ulps, (row.textbook, row.accurate, row.torch)))}</tr>"
            for row in self.rows
        )
        return _table(head, body, "Errors in float32")


@dataclass(frozen=True)
class ScoreTable:
    """One row for each checker: wrong rules that it accepts, right ones that it rejects."""

    rows: Sequence[MutationRow]

    def _repr_html_(self) -> str:
        titles = ("Wrong rules", "accepted", "Right rules", "rejected")
        head = '<th scope="col">Checker</th>' + "".join(
            f'<th scope="col" class="number">{title}</th>' for title in titles
        )
        body = "".join(
            f'<tr><th scope="row">{html.escape(row.checker)}</th>'
            f'<td class="number">{row.wrong}</td>{_count(row.wrong_accepted)}'
            f'<td class="number">{row.right}</td>{_count(row.right_rejected)}</tr>'
            for row in self.rows
        )
        return _table(head, body, "The checker, checked")


def _count(faults: int) -> str:
    shade = len(SHADES) if faults else 0
    return f'<td class="number size-{shade}">{faults}</td>'


def _column(row: Row) -> tuple[str, str, str]:
    return (row.oracle, row.library, row.dtype)


def _cell(row: Row | None) -> str:
    if row is None:
        return '<td class="number">–</td>'
    shade = shade_of(row.worst_error) if row.holds else len(SHADES)
    title = f"{row.worst_gradient}, worst of {row.entries} entries"
    sign = "" if row.holds else "✗ "
    return (
        f'<td class="number size-{shade}" title="{html.escape(title)}">'
        f"{sign}{number(row.worst_error)}</td>"
    )


def shade_of(error: float) -> int:
    """Which shade an error has.

    >>> [shade_of(e) for e in (0.0, 2e-16, 1e-13, 1e-7, 1.0)]
    [0, 1, 2, 3, 4]
    """
    return next((n for n, end in enumerate(SHADES) if error <= end), len(SHADES))


def number(error: float) -> str:
    """An error in as many digits as mean something.

    >>> number(0.0), number(2.2e-16), number(float("inf"))
    ('0', '2e-16', '∞')
    """
    if error == 0:
        return "0"
    return "∞" if math.isinf(error) else f"{error:.0e}".replace("e-0", "e-")


def _ulps(value: float | None) -> str:
    if value is None:
        return '<td class="number">–</td>'
    text = f"{value:.1f}" if value < 1000 else f"{value:.1e}".replace("e+0", "e")
    return f'<td class="number">{text}</td>'


def _table(head: str, body: str, name: str) -> str:
    return (
        f'<div class="ninja-results ninja-proof" tabindex="0" role="group" aria-label="{name}">'
        f'<table class="ninja-table"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def worst(rows: Iterable[Row], dtype: str, oracles: Iterable[str]) -> float:
    """The worst error of all records against some oracles, in one precision."""
    wanted = set(oracles)
    return max(row.worst_error for row in rows if row.dtype == dtype and row.oracle in wanted)
