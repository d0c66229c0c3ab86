"""The two pictures of the home page: a neuron with its gradients, and a mistake that is named."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable
from dataclasses import dataclass

Point = tuple[float, float]

RADIUS = 27
LANE = 4  # how far the two lanes of a wire lie from its middle
SIGNS = {"right": "✓ right", "wrong": "✗ wrong", "inherited": "↳ inherited"}


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
            f"{html.escape(row.note, quote=False)}</td></tr>"
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


@dataclass(frozen=True)
class Wire:
    """A value on its way from one point to another, and the gradient that comes back along it.

    label_at  where the two numbers stand; beside the middle of the wire when not given
    """

    name: str
    value: float
    gradient: float
    start: Point
    end: Point
    label_at: Point | None = None


@dataclass(frozen=True)
class Graph:
    """A computation, drawn: every wire has a lane forward for values and one back for gradients."""

    wires: tuple[Wire, ...]
    nodes: dict[str, Point]
    title: str
    size: tuple[int, int]

    def _repr_svg_(self) -> str:
        width, height = self.size
        nodes = "".join(
            f'<circle cx="{x}" cy="{y}" r="{RADIUS}" fill="var(--ninja-paper)" '
            f'stroke="currentColor" stroke-width="2"/><text x="{x}" y="{y + 6}" '
            f'text-anchor="middle" font-weight="700">{html.escape(name)}</text>'
            for name, (x, y) in self.nodes.items()
        )
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" font-size="19" fill="currentColor">'
            f"<title>{html.escape(self.title)}</title>"
            f"{''.join(map(_wire, self.wires))}{nodes}</svg>"
        )


def _wire(wire: Wire) -> str:
    (x1, y1), (x2, y2) = wire.start, wire.end
    length = math.hypot(x2 - x1, y2 - y1)
    along = ((x2 - x1) / length, (y2 - y1) / length)
    up = (along[1], -along[0])
    forward = [_move(p, up, LANE) for p in (wire.start, wire.end)]
    back = [_move(p, up, -LANE) for p in (wire.end, wire.start)]
    middle = ((x1 + x2) / 2, (y1 + y2) / 2)
    value_at, gradient_at = _move(middle, up, 20), _move(middle, up, -30)
    anchor = "middle"
    if wire.label_at is not None:
        anchor, value_at = "end", wire.label_at
        gradient_at = (wire.label_at[0], wire.label_at[1] + 22)
    return (
        f"{_arrow(forward, along, 'forward')}{_arrow(back, (-along[0], -along[1]), 'gradient')}"
        f"{_text(value_at, f'{wire.name} {wire.value:.2f}', 'forward', anchor)}"
        f"{_text(gradient_at, f'{wire.gradient:.2f}', 'gradient', anchor)}"
    )


def _arrow(line: list[Point], along: Point, role: str) -> str:
    (x1, y1), (x2, y2) = line
    side = (along[1], -along[0])
    base = _move((x2, y2), along, -9)
    corners = [(x2, y2), _move(base, side, 4.5), _move(base, side, -4.5)]
    head = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
    colour = f"var(--ninja-{role})"
    return (
        f'<path d="M{x1:.1f} {y1:.1f}L{base[0]:.1f} {base[1]:.1f}" stroke="{colour}" '
        f'stroke-width="2"/><polygon points="{head}" fill="{colour}"/>'
    )


def _text(at: Point, text: str, role: str, anchor: str) -> str:
    x, y = at
    return (
        f'<text x="{x:.0f}" y="{y + 5:.0f}" text-anchor="{anchor}" fill="var(--ninja-{role})" '
        f'font-weight="600">{html.escape(text)}</text>'
    )


def _move(point: Point, direction: Point, distance: float) -> Point:
    return (point[0] + direction[0] * distance, point[1] + direction[1] * distance)
