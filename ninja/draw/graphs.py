"""A computation as a graph: values forward and gradients back on every edge."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ninja.draw.picture import (
    FONT,
    READABLE,
    Picture,
    Point,
    apart,
    colour,
    number,
    polyline,
    px,
    text_at,
    text_width,
)

RADIUS = 24  # of a node; one with a long name is wider
LANE = 3.5  # how far the two lanes of an edge lie from its middle
HEAD = 8  # length of an arrow's head
BEND = 26  # how far from a corner an edge begins to turn
ROWS = 96  # from one row of nodes to the next
LINK = 44  # the least length of an edge that runs across; DOWN, of one that runs down
DOWN = 56
LINE = 21  # from one line of text to the next
CLEAR = LANE + 7  # from the middle of an edge to the words beside it


@dataclass(frozen=True)
class Label:
    """What stands beside an edge: the value on its way forward, the gradient on its way back."""

    value: str
    gradient: str
    role: str = "gradient"

    @property
    def lines(self) -> list[tuple[str, str]]:
        """Each line of words with its colour."""
        both = ((self.value, "forward"), (self.gradient, self.role))
        return [(text, role) for text, role in both if text]

    @property
    def width(self) -> float:
        return max(text_width(text) for text, _ in self.lines)


def graph(
    steps: Mapping[str, Sequence[str]],
    *,
    alt: str,
    values: Mapping[str, float | str] | None = None,
    gradients: Mapping[str, float | str] | None = None,
    roles: Mapping[str, str] | None = None,
    digits: int = 2,
    down: bool | None = None,
    once: bool = False,
) -> Picture:
    """A computation as a graph, each value on an edge with its gradient beneath.

    steps      for each value its operation and the values that it reads, in order
    values     numbers (shown in `digits` digits) or words, such as shapes, by name
    gradients  the same for what comes back; `dz` beside `z`
    roles      the colour of a gradient where it is not "gradient", such as {"z": "wrong"}
    down       from top to bottom; None lets the picture choose: from left to right as long as a
               phone shows that in readable type
    once       name a value that is used twice on its first edge only

    Raises ValueError for a step that reads a later one.

    >>> picture = graph({"z": ("+", "a", "b")}, alt="a + b", gradients={"a": 1, "b": 1})
    >>> picture._repr_svg_().count("<rect"), picture._repr_svg_().count("<text")
    (1, 6)
    """
    layout = _Layout(steps)
    labels = {
        name: Label(
            _labelled(name, values, digits),
            _labelled("d" + name, gradients, digits, name) if name in (gradients or {}) else "",
            (roles or {}).get(name, "gradient"),
        )
        for name in layout.sources
    }
    across = _drawn(layout, labels, alt, bool(down), once)
    if down is None and across.smallest_text() < READABLE:
        return _drawn(layout, labels, alt, True, once)
    return across


def _labelled(
    shown: str, numbers: Mapping[str, float | str] | None, digits: int, name: str | None = None
) -> str:
    """`z 0.5`, or only the name where there is no number."""
    value = (numbers or {}).get(name or shown, "")
    text = value if isinstance(value, str) else number(value, digits)
    return f"{shown} {text}".strip()


class _Layout:
    """Which layer and which row everything stands in.

    An item is the source of a value (an operation, or an input), or a bend: the place where an
    edge passes a layer that it does not end in.
    """

    def __init__(self, steps: Mapping[str, Sequence[str]]) -> None:
        self.operations = {name: step[0] for name, step in steps.items()}
        self.reads = {name: tuple(step[1:]) for name, step in steps.items()}
        named = dict.fromkeys(n for name in steps for n in (*self.reads[name], name))
        inputs = [name for name in named if name not in steps]
        self.layer: dict[str, int] = {}
        for name, read in self.reads.items():
            for source in read:
                if source in steps and source not in self.layer:
                    raise ValueError(f"{name} reads {source}, which is computed later")
            self.layer[name] = 1 + max([self.layer.get(s, 0) for s in read], default=0)
        for name in inputs:
            users = [self.layer[user] for user, read in self.reads.items() if name in read]
            self.layer[name] = min(users) - 1
        self.sources = tuple(inputs) + tuple(steps)
        self.used = {s for read in self.reads.values() for s in read}
        # The way of every edge, from its source over its bends to its end.
        self.ways = [
            [source, *(f"{source}>{name}@{n}" for n in self._between(source, name)), name]
            for name, read in self.reads.items()
            for source in dict.fromkeys(read)
        ]
        for way in self.ways:
            for n, bend in enumerate(way[1:-1], self.layer[way[0]] + 1):
                self.layer[bend] = n
        self.row = self._rows()

    def _between(self, source: str, name: str) -> range:
        return range(self.layer[source] + 1, self.layer[name])

    def gap(self, layer: int) -> list[float]:
        """The rows, in the middle, of all edges from a layer to the next, in order."""
        return sorted(
            (self.row[a] + self.row[b]) / 2
            for way in self.ways
            for a, b in pairwise(way)
            if self.layer[a] == layer
        )

    def side(self, way: Sequence[str]) -> int:
        """Where the words of an edge have room: before it (-1), after it (1), on both sides (0)."""
        middles = self.gap(self.layer[way[0]])
        middle = (self.row[way[0]] + self.row[way[1]]) / 2
        return (middle == middles[-1]) - (middle == middles[0])

    def _rows(self) -> dict[str, float]:
        """From the result back: every item near the middle of what it feeds."""
        follows: dict[str, list[tuple[str, float]]] = {item: [] for item in self.layer}
        into: dict[str, list[str]] = {item: [] for item in self.layer}
        for way in self.ways:
            for a, b in pairwise(way):
                into[b].append(a)
        for item, before in into.items():
            for n, one in enumerate(before):
                follows[one].append((item, n - (len(before) - 1) / 2))
        row: dict[str, float] = {}
        for layer in range(max(self.layer.values()), -1, -1):
            items = [item for item in self.layer if self.layer[item] == layer]
            wish = {
                item: _mean([row[after] + shift for after, shift in follows[item]])
                for item in items
            }
            items.sort(key=wish.__getitem__)
            row.update(zip(items, apart([wish[item] for item in items]), strict=True))
        top = min(row.values())
        return {item: at - top for item, at in row.items()}


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _drawn(
    layout: _Layout, labels: Mapping[str, Label], alt: str, down: bool, once: bool
) -> Picture:
    half = {
        name: max(RADIUS, text_width(text) / 2 + 6) for name, text in layout.operations.items()
    }  # of a node's width
    along, at = {}, 0.0
    for n in range(max(layout.layer.values()) + 1):
        here = [name for name in half if layout.layer[name] == n]
        reach = RADIUS if down else max((half[name] for name in here), default=0.0)
        beside = max((labels[name].width + 6 for name in here), default=0.0)
        at += reach if n else 0.0
        along[n] = at
        at += reach + (DOWN if down else max(LINK, beside))
    pitch = _pitch(layout, labels, half) if down else ROWS
    place: dict[str, Point] = {}
    for item, n in layout.layer.items():
        a, b = along[n], layout.row[item] * pitch
        place[item] = (b, a) if down else (a, b)
    canvas = _Canvas()
    named = set(labels) - set(half)  # an input's words stand where its edges begin
    for way in layout.ways:
        source, label = way[0], labels[way[0]]
        points = [place[item] for item in way]
        if down and source not in half:
            x, y = points[0]
            points[0] = (x, y + LINE / 2 * len(label.lines) + 4)
        start = _boundary(points[0], points[1], half.get(source))
        line = [start, *points[1:-1], _boundary(points[-1], points[-2], half[way[-1]])]
        _edge(canvas, line, label, down)
        if source not in named:
            _words(canvas, line[0], line[1], label, down, layout.side(way))
        if once:
            named.add(source)
    for name in layout.sources:
        if name not in layout.used:  # a result: its edge leads out of the picture
            x, y = place[name]
            out = half[name] + max(LINK, labels[name].width + 6)
            end = (x, y + RADIUS + DOWN) if down else (x + out, y)
            start = _boundary((x, y), end, half[name])
            _edge(canvas, [start, end], labels[name], down)
            _words(canvas, start, end, labels[name], down, 0)
    for name, text in layout.operations.items():
        canvas.node(place[name], half[name], text)
    for name in layout.sources:
        if name not in layout.operations:
            _input(canvas, place[name], labels[name], down)
    return canvas.picture(alt)


def _pitch(layout: _Layout, labels: Mapping[str, Label], half: Mapping[str, float]) -> float:
    """The width of a row of a picture that runs down: neighbours in a layer do not touch."""
    need = float(ROWS)
    for n in range(max(layout.layer.values()) + 1):
        here = sorted((row, item) for item, row in layout.row.items() if layout.layer[item] == n)
        reach = [_reach(item, labels, half) for _, item in here]
        for (a, b), (left, right) in zip(pairwise(here), pairwise(reach), strict=True):
            need = max(need, (left + right + 14) / (b[0] - a[0]))
    for way in layout.ways:
        if way[0] in half and layout.side(way) == 0 and len(layout.gap(layout.layer[way[0]])) > 1:
            need = max(need, labels[way[0]].width + 30)  # between two other edges
    return need


def _reach(item: str, labels: Mapping[str, Label], half: Mapping[str, float]) -> float:
    """Half the width of a node, of an input's words, or of an edge that passes."""
    if item in half:
        return half[item]
    return labels[item].width / 2 if item in labels else LANE + HEAD


class _Canvas:
    """What is drawn, and how far it reaches, so that nothing is cut off.

    All shafts of one colour are one path, and so are all heads: pages stay light.
    """

    def __init__(self) -> None:
        self.left = self.top = math.inf
        self.right = self.bottom = -math.inf
        self.shafts: dict[str, str] = {}
        self.heads: dict[str, str] = {}
        self.parts: list[str] = []

    def hold(self, x: float, y: float, width: float = 0.0, height: float = 0.0) -> None:
        """Leave room for a box around (x, y)."""
        self.left, self.right = min(self.left, x - width / 2), max(self.right, x + width / 2)
        self.top, self.bottom = min(self.top, y - height / 2), max(self.bottom, y + height / 2)

    def arrow(self, line: Sequence[Point], role: str) -> None:
        (x1, y1), (x2, y2) = line[-2], line[-1]
        length = math.hypot(x2 - x1, y2 - y1) or 1.0
        along = ((x2 - x1) / length, (y2 - y1) / length)
        base = _moved((x2, y2), along, -HEAD)
        aside = (along[1], -along[0])
        head = polyline([_moved(base, aside, 4.0), (x2, y2), _moved(base, aside, -4.0)])
        self.shafts[role] = self.shafts.get(role, "") + _bent([*line[:-1], base])
        self.heads[role] = self.heads.get(role, "") + head + "z"
        for x, y in line:
            self.hold(x, y, HEAD, HEAD)

    def words(self, at: Point, text: str, role: str, anchor: str = "middle") -> None:
        """One line of text; `at` is its start, middle or end, as the anchor says."""
        width = text_width(text)
        middle = at[0] + {"start": 0.5, "middle": 0.0, "end": -0.5}[anchor] * width
        self.hold(middle, at[1], width, 1.2 * FONT)
        self.parts.append(text_at(at, text, role, anchor, bold=True))

    def node(self, at: Point, half: float, text: str) -> None:
        x, y = at
        self.hold(x, y, 2 * half + 2, 2 * RADIUS + 2)
        self.parts.append(
            f'<rect x="{px(x - half)}" y="{px(y - RADIUS)}" width="{px(2 * half)}" '
            f'height="{2 * RADIUS}" rx="{RADIUS}" fill="{colour("paper")}" '
            f'stroke="{colour("ink")}" stroke-width="1.8"/>{text_at(at, text, "ink", bold=True)}'
        )

    def picture(self, alt: str, margin: float = 3) -> Picture:
        drawn = [
            f'<path d="{path}" stroke="{colour(role)}" fill="none" stroke-width="1.8"/>'
            f'<path d="{self.heads[role]}" fill="{colour(role)}"/>'
            for role, path in self.shafts.items()
        ]
        move = f"translate({px(margin - self.left)} {px(margin - self.top)})"
        width = self.right - self.left + 2 * margin
        height = self.bottom - self.top + 2 * margin
        body = f'<g transform="{move}">{"".join([*drawn, *self.parts])}</g>'
        return Picture(body, width, height, alt, FONT)


def _input(canvas: _Canvas, at: Point, label: Label, down: bool) -> None:
    """An input has no node: its name and numbers stand in its place."""
    x, y = at if down else (at[0] - 6, at[1])
    _stack(canvas, (x, y), label.lines, "middle" if down else "end")


def _edge(canvas: _Canvas, line: Sequence[Point], label: Label, down: bool) -> None:
    """Both lanes of an edge."""
    side = (1.0, 0.0) if down else (0.0, -1.0)
    lane = LANE if label.gradient else 0.0
    canvas.arrow([_moved(p, side, lane) for p in line], "forward")
    if label.gradient:
        canvas.arrow([_moved(p, side, -lane) for p in reversed(line)], label.role)


def _words(canvas: _Canvas, start: Point, end: Point, label: Label, down: bool, side: int) -> None:
    """The words beside an edge that leads from start to end, at its middle.

    side  -1 for all on its left (or above it), 1 for all on its right (or below it), where nothing
          else is; 0 for the gradient on one side and the value on the other, as their lanes run
    """
    forward = 1 if down else -1  # the side of the lane on which the value travels
    groups = [(side, label.lines)]
    if not side:
        groups = [(forward, label.lines[:1]), (-forward, label.lines[1:])]
    x, y = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
    across, along = (0, 1) if down else (1, 0)
    slope = abs((end[across] - start[across]) / (end[along] - start[along]))
    for sign, lines in groups:
        # The nearest corner of the words keeps clear of the edge.
        high = LINE * len(lines)
        if down:
            away = sign * (CLEAR + slope * high / 2)
            _stack(canvas, (x + away, y), lines, "start" if sign > 0 else "end")
        else:
            # A little farther along, where the edge leads away from them, so does its node.
            falls = (end[1] > start[1]) - (end[1] < start[1])
            away = sign * (CLEAR + slope * label.width / 2 + high / 2)
            _stack(canvas, (x - sign * falls * CLEAR, y + away), lines, "middle")


def _stack(canvas: _Canvas, at: Point, lines: Sequence[tuple[str, str]], anchor: str) -> None:
    """Lines of words, one below the other, around `at`."""
    x, y = at
    for n, (text, role) in enumerate(lines):
        canvas.words((x, y + LINE * (n - (len(lines) - 1) / 2)), text, role, anchor)


def _boundary(at: Point, to: Point, half: float | None) -> Point:
    """Where an edge that leads from `at` towards `to` leaves the node at `at`, if there is one."""
    if half is None:
        return at
    (x, y), (x2, _) = at, to
    room = half - RADIUS  # a wide node is a circle drawn out sideways
    x += max(-room, min(room, x2 - x))
    length = math.hypot(to[0] - x, to[1] - y) or 1.0
    step = RADIUS + 4
    return (x + (to[0] - x) / length * step, y + (to[1] - y) / length * step)


def _bent(line: Sequence[Point]) -> str:
    """A polyline with its corners rounded."""
    path = polyline(line[:1])
    for before, corner, after in zip(line, line[1:], line[2:], strict=False):
        enter, leave = _towards(corner, before, BEND), _towards(corner, after, BEND)
        path += f"L{px(enter[0])} {px(enter[1])}Q{px(corner[0])} {px(corner[1])} "
        path += f"{px(leave[0])} {px(leave[1])}"
    return path + f"L{px(line[-1][0])} {px(line[-1][1])}"


def _towards(start: Point, end: Point, distance: float) -> Point:
    """The point that lies `distance` from `start`, but never beyond the middle."""
    length = math.hypot(end[0] - start[0], end[1] - start[1]) or 1.0
    part = min(distance / length, 0.5)
    return (start[0] + part * (end[0] - start[0]), start[1] + part * (end[1] - start[1]))


def _moved(point: Point, direction: Point, distance: float) -> Point:
    return (point[0] + direction[0] * distance, point[1] + direction[1] * distance)
