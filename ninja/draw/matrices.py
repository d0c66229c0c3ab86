"""Matrices: in two colours, one for each sign, or with their entries written out."""

from __future__ import annotations

import math
from collections.abc import Container, Sequence
from dataclasses import dataclass

from ninja.draw.picture import SMALL, Picture, colour, number, px, text_at, text_width

LEVELS = 12  # of colour, for each sign


def heat(
    matrix: Sequence[Sequence[float]],
    *,
    alt: str,
    title: str = "",
    x: str = "",
    y: str = "",
    largest: float | None = None,
    positive: str = "forward",
    negative: str = "gradient",
    width: float = 320,
) -> Picture:
    """A matrix as an image: one colour for each sign, stronger for what is farther from zero.

    matrix   rows of equal length; an array will do
    largest  the absolute value that has full colour; the matrix's own largest when not given

    Raises ValueError for an empty or ragged matrix.

    >>> heat([[1.0, -1.0], [0.0, 0.5]], alt="a 2 × 2 matrix")._repr_svg_().count("<path")
    3
    """
    rows = [[float(v) for v in row] for row in matrix]
    columns = len(rows[0]) if rows else 0
    if not columns or any(len(row) != columns for row in rows):
        raise ValueError("heat needs a matrix: rows of one length, at least one entry")
    full = largest or max(abs(v) for row in rows for v in row) or 1.0
    top = (SMALL + 8 if title else 0) + (SMALL + 6 if x else 0)
    left = SMALL + 6 if y else 0
    cell = (width - left) / columns
    cells: dict[tuple[str, int], str] = {}
    for i, row in enumerate(rows):
        for j, v in enumerate(row):
            level = min(LEVELS, math.ceil(abs(v) / full * LEVELS - 1e-9))
            if level:
                key = (positive if v > 0 else negative, level)
                box = f"M{j} {i}h1v1h-1z"
                cells[key] = cells.get(key, "") + box
    painted = "".join(
        f'<path d="{path}" fill="{colour(role)}" fill-opacity="{px(level / LEVELS, 2)}"/>'
        for (role, level), path in sorted(cells.items())
    )
    high = cell * len(rows)
    parts = [
        f'<g transform="translate({px(left)} {px(top)}) scale({px(cell, 4)})">{painted}</g>',
        f'<rect x="{px(left)}" y="{px(top)}" width="{px(width - left)}" height="{px(high)}" '
        f'fill="none" stroke="{colour("line")}"/>',
        _legend(
            full,
            negative if any(min(row) < 0 for row in rows) else None,
            positive,
            left,
            top + high + 8,
            width,
        ),
    ]
    if title:
        parts.append(text_at((0, 10), title, "ink", "start", SMALL, bold=True))
    if x:
        parts.append(text_at((left + (width - left) / 2, top - 9), x, "muted", size=SMALL))
    if y:
        turned = f'<g transform="translate(8 {px(top + high / 2)}) rotate(-90)">'
        parts.append(turned + text_at((0, 0), y, "muted", size=SMALL) + "</g>")
    return Picture("".join(parts), width, top + high + 26, alt, SMALL)


def _legend(
    full: float, negative: str | None, positive: str, left: float, top: float, width: float
) -> str:
    """Which colour means what: from the most negative, where there is one, to the most positive."""
    words = ("0" if negative is None else number(-full, 2), number(full, 2))
    start = left + text_width(words[0], SMALL) + 6
    end = width - text_width(words[1], SMALL) - 6
    levels = range(0 if negative is None else -LEVELS, LEVELS + 1)
    one = (end - start) / len(levels)
    steps = []
    for place, n in enumerate(levels):
        role = negative if negative is not None and n < 0 else positive
        steps.append(
            f'<rect x="{px(start + place * one)}" y="{px(top)}" width="{px(one)}" '
            f'height="10" fill="{colour(role)}" fill-opacity="{px(abs(n) / LEVELS, 2)}"/>'
        )
    return (
        "".join(steps)
        + text_at((left, top + 5), words[0], "muted", "start", SMALL)
        + text_at((width, top + 5), words[1], "muted", "end", SMALL)
    )


BOX = 26  # the height of an entry of a written-out matrix


@dataclass(frozen=True)
class Grid:
    """A matrix for `equation`, every entry written in its box.

    rows    numbers or words, in rows of equal length; an array will do
    name    what stands above it;  note  what stands below, its shape for instance
    strong  (row, column) of the entries to mark
    faint   (row, column) of the entries that are only copies of others: their boxes are dashed
    """

    rows: Sequence[Sequence[float | str]]
    name: str = ""
    note: str = ""
    role: str = "forward"
    strong: Container[tuple[int, int]] = ()
    faint: Container[tuple[int, int]] = ()


def equation(*parts: Grid | str, alt: str, title: str = "", digits: int = 3) -> Picture:
    """Matrices in a line, their entries written out, with signs such as "@" or "=" between them.

    Raises ValueError for an empty or ragged matrix.

    >>> picture = equation(Grid([[1, 2]], "x"), "→", Grid([[3]], "sum"), alt="1 and 2 make 3")
    >>> picture._repr_svg_().count("<rect")
    3
    """
    texts = {n: _texts(part, digits) for n, part in enumerate(parts) if isinstance(part, Grid)}
    head = SMALL + 12 if title else 0
    tall = BOX * max((len(rows) for rows in texts.values()), default=1)
    middle = head + SMALL + 8 + tall / 2
    drawn: list[str] = [text_at((0, 10), title, "ink", "start", SMALL, bold=True)] if title else []
    at = 0.0
    for n, part in enumerate(parts):
        if isinstance(part, str):
            width = text_width(part, SMALL) + 14
            drawn.append(text_at((at + width / 2, middle), part, "muted", size=SMALL))
        else:
            width, body = _grid(part, texts[n], at, middle)
            drawn.append(body)
        at += width
    width = max(at, text_width(title, SMALL))
    return Picture("".join(drawn), width, middle + tall / 2 + SMALL + 10, alt, SMALL)


def _texts(grid: Grid, digits: int) -> list[list[str]]:
    rows = [[v if isinstance(v, str) else number(float(v), digits) for v in r] for r in grid.rows]
    if not rows or not rows[0] or any(len(row) != len(rows[0]) for row in rows):
        raise ValueError(f"grid {grid.name!r} needs rows of one length, at least one entry")
    return rows


def _grid(
    grid: Grid, texts: Sequence[Sequence[str]], left: float, middle: float
) -> tuple[float, str]:
    """How much room the matrix takes, and its drawing: `middle` is the y of its centre."""
    box = max(BOX, *(text_width(text, SMALL) + 8 for row in texts for text in row))
    inner, high = box * len(texts[0]), BOX * len(texts)
    room = max(inner, text_width(grid.name, SMALL), text_width(grid.note, SMALL))
    start, top = left + (room - inner) / 2, middle - high / 2
    parts = []
    for i, row in enumerate(texts):
        for j, text in enumerate(row):
            x, y, faint = start + j * box, top + i * BOX, (i, j) in grid.faint
            fill = (
                f'fill="{colour(grid.role)}" fill-opacity="0.2"'
                if (i, j) in grid.strong
                else 'fill="none"'
            )
            dash = ' stroke-dasharray="3 2"' if faint else ""
            edge = "line" if faint else grid.role
            parts.append(
                f'<rect x="{px(x + 1)}" y="{px(y + 1)}" width="{px(box - 2)}" '
                f'height="{BOX - 2}" rx="3" {fill} stroke="{colour(edge)}"{dash}/>'
            )
            parts.append(text_at((x + box / 2, y + BOX / 2), text, grid.role, size=SMALL))
    centre = left + room / 2
    if grid.name:
        parts.append(text_at((centre, top - 9), grid.name, grid.role, size=SMALL, bold=True))
    if grid.note:
        parts.append(text_at((centre, top + high + 11), grid.note, "muted", size=SMALL))
    return room, "".join(parts)
