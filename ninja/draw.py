"""Pictures for lessons and notebooks, as SVG: graphs, curves, bars, histograms, matrices.

    graph      a computation, values forward and gradients back on every edge
    curves     lines over an axis, linear or logarithmic
    bars       one bar for each name;  histogram  how often values occur
    heat       a matrix in two colours, one for each sign
    equation   matrices with their entries written out, and signs between them
    Row        several pictures side by side, one below the other on a phone

Every picture needs `alt`: what a reader who cannot see it is told.  Colours are roles of the
course's palette ("forward", "gradient", "right", "wrong", "inherited", "muted"), so that a picture
follows light and dark mode; away from the site each falls back on a colour that can be read on
white and on black.  Only the standard library is used.
"""

from __future__ import annotations

import html
import math
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

Point = tuple[float, float]

# Each has a contrast of 4.5 on white and of 3.5 on #1e1e1e.
FALLBACKS = {
    "ink": "#757575",
    "forward": "#5369e6",
    "gradient": "#c84e10",
    "right": "#21855a",
    "wrong": "#df2261",
    "inherited": "#976e11",
    "muted": "#727580",
    "line": "#8886",
    "paper": "none",
}
PHONE = 343  # pixels that a phone's column is wide
FONT = 16  # of graphs, in the picture's own units
SMALL = 13  # of charts
VISIBLE = 0.25  # pixels: no line is farther than that from what it shows
READABLE = 11  # pixels: no text is smaller on a phone
FAMILY = "system-ui, sans-serif"  # a stylesheet can say `inherit`
MINUS = "\N{MINUS SIGN}"


def colour(role: str) -> str:
    """The palette's colour for a role, with its fallback.

    >>> colour("gradient")
    'var(--ninja-gradient, #c84e10)'
    """
    if role not in FALLBACKS:
        raise ValueError(f"there is no role {role!r}; there are {', '.join(FALLBACKS)}")
    return f"var(--ninja-{role}, {FALLBACKS[role]})"


@dataclass(frozen=True)
class Picture:
    """A finished drawing that notebooks and pages show by themselves.

    width, height  in pixels where there is room; it shrinks with its column
    font           the size of its text, in the same units
    Raises ValueError when it has no text alternative.
    """

    body: str
    width: float
    height: float
    alt: str
    font: float = FONT

    def __post_init__(self) -> None:
        if not self.alt.strip():
            raise ValueError("a picture needs alt: say in a sentence or two what it shows")

    def _repr_svg_(self) -> str:
        name = f'role="img" aria-label="{html.escape(" ".join(self.alt.split()))}"'
        return f"<svg {name} {self._opening()}>{self.body}</svg>"

    def file(self, style: str) -> str:
        """A whole file for places that know no palette; `style` is CSS that brings one."""
        title = f"<title>{_escaped(' '.join(self.alt.split()))}</title>"
        lines = self.body.replace("><", ">\n<")
        return f"<svg {self._opening()}>\n{title}\n<style>\n{style}</style>\n{lines}\n</svg>\n"

    def on_paper(self, margin: float) -> Picture:
        """The same on a sheet of its own, for places whose background is not ours to know."""
        width, height = self.width + 2 * margin, self.height + 2 * margin
        sheet = (
            f'<rect width="{_n(width)}" height="{_n(height)}" rx="10" fill="{colour("paper")}"/>'
        )
        body = f'{sheet}<g transform="translate({_n(margin)} {_n(margin)})">{self.body}</g>'
        return Picture(body, width, height, self.alt, self.font)

    def smallest_text(self, column: float = PHONE) -> float:
        """How many pixels high the text is in a column of that width."""
        return self.font * min(1.0, column / self.width)

    def _opening(self) -> str:
        size = f"{_n(self.width)} {_n(self.height)}"
        return (
            f'xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" width="{_n(self.width)}" '
            f'height="{_n(self.height)}" font-size="{_n(self.font)}" font-family="{FAMILY}" '
            f'fill="{colour("ink")}"'
        )


class Row:
    """Pictures side by side where there is room, one below the other where there is not.

    gap  between neighbours, in units of the text's size: pictures without a frame need more
    """

    def __init__(self, *pictures: Picture, gap: float = 1.2) -> None:
        self.pictures = pictures
        self.gap = gap

    def _repr_html_(self) -> str:
        cells = "".join(
            f'<div style="flex:1 1 {_n(p.width)}px;max-width:{_n(1.25 * p.width)}px">'
            f"{p._repr_svg_().replace('<svg ', _FILLING, 1)}</div>"
            for p in self.pictures
        )
        gap = f"1em {_n(self.gap)}em"
        style = f"display:flex;flex-wrap:wrap;gap:{gap};justify-content:center"
        return f'<div class="ninja-row" style="{style}">{cells}</div>'


_FILLING = '<svg style="display:block;width:100%;height:auto" '


def number(value: float, digits: int = 3) -> str:
    """A number in few digits, with a true minus sign and without an empty exponent.

    >>> number(-0.5), number(0.46211, 2), number(0.00001), number(12297.0, 6)
    ('−0.5', '0.46', '1e−5', '12297')
    """
    text = f"{value:.{digits}g}"
    mantissa, e, exponent = text.partition("e")
    if e:
        text = f"{mantissa}e{int(exponent)}"
    return text.replace("-", MINUS)


# ---------------------------------------------------------------- graphs

RADIUS = 24  # of a node; one with a long name is wider
LANE = 3.5  # how far the two lanes of an edge lie from its middle
HEAD = 8  # length of an arrow's head
BEND = 26  # how far from a corner an edge begins to turn
ROWS = 96  # from one row of nodes to the next
LINK = 44  # the least length of an edge that runs across; DOWN, of one that runs down
DOWN = 56
LINE = 21  # from one line of text to the next


@dataclass(frozen=True)
class Label:
    """What stands beside an edge: the value on its way forward, the gradient on its way back."""

    value: str
    gradient: str
    role: str = "gradient"

    @property
    def width(self) -> float:
        return max(_width(self.value), _width(self.gradient))


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
            row.update(zip(items, _apart([wish[item] for item in items]), strict=True))
        top = min(row.values())
        return {item: at - top for item, at in row.items()}


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _apart(wishes: Sequence[float]) -> list[float]:
    """Sorted wishes moved as little as it takes to be 1 apart.

    >>> _apart([0.0, 0.0, 3.0])
    [-0.5, 0.5, 3.0]
    """
    groups: list[list[float]] = []  # of neighbours that touch: their wishes, less their places
    for wish in wishes:
        groups.append([wish])
        while len(groups) > 1 and _start(groups[-1]) < _start(groups[-2]) + len(groups[-2]):
            last = groups.pop()
            groups[-1] += last
    return [_start(group) + n for group in groups for n in range(len(group))]


def _start(group: Sequence[float]) -> float:
    return _mean([wish - n for n, wish in enumerate(group)])


def _drawn(
    layout: _Layout, labels: Mapping[str, Label], alt: str, down: bool, once: bool
) -> Picture:
    half = {
        name: max(RADIUS, _width(text) / 2 + 6) for name, text in layout.operations.items()
    }  # of a node's width
    widest = max(label.width for label in labels.values())
    along, at = {}, 0.0
    for n in range(max(layout.layer.values()) + 1):
        here = [name for name in half if layout.layer[name] == n]
        reach = RADIUS if down else max((half[name] for name in here), default=0.0)
        beside = max((labels[name].width + 6 for name in here), default=0.0)
        at += reach if n else 0.0
        along[n] = at
        at += reach + (DOWN if down else max(LINK, beside))
    pitch = max(ROWS, widest + 30, *(2 * h + 14 for h in half.values())) if down else ROWS
    place: dict[str, Point] = {}
    for item, n in layout.layer.items():
        a, b = along[n], layout.row[item] * pitch
        place[item] = (b, a) if down else (a, b)
    canvas = _Canvas()
    named: set[str] = set()
    for way in layout.ways:
        words = not (once and way[0] in named)
        named.add(way[0])
        _edge(canvas, [place[item] for item in way], way, half, labels[way[0]], down, words)
    for name in layout.sources:
        if name not in layout.used:  # a result: its edge leads out of the picture
            x, y = place[name]
            out = half[name] + max(LINK, labels[name].width + 6)
            end = (x, y + RADIUS + DOWN) if down else (x + out, y)
            _edge(canvas, [place[name], end], [name, ""], half, labels[name], down)
    for name, text in layout.operations.items():
        canvas.node(place[name], half[name], text)
    for name in layout.sources:
        if name not in layout.operations:
            _input(canvas, place[name], labels[name], down)
    return canvas.picture(alt)


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
        head = _path([_moved(base, aside, 4.0), (x2, y2), _moved(base, aside, -4.0)])
        self.shafts[role] = self.shafts.get(role, "") + _bent([*line[:-1], base])
        self.heads[role] = self.heads.get(role, "") + head + "z"
        for x, y in line:
            self.hold(x, y, HEAD, HEAD)

    def words(self, at: Point, text: str, role: str, anchor: str = "middle") -> None:
        """One line of text; `at` is its middle, or its end where the anchor is "end"."""
        width = 1.12 * _width(text)  # some fonts are wider than we think
        self.hold(at[0] - (width / 2 if anchor == "end" else 0.0), at[1], width, 1.2 * FONT)
        self.parts.append(_text(at, text, role, anchor, bold=True))

    def node(self, at: Point, half: float, text: str) -> None:
        x, y = at
        self.hold(x, y, 2 * half + 2, 2 * RADIUS + 2)
        self.parts.append(
            f'<rect x="{_n(x - half)}" y="{_n(y - RADIUS)}" width="{_n(2 * half)}" '
            f'height="{2 * RADIUS}" rx="{RADIUS}" fill="{colour("paper")}" '
            f'stroke="{colour("ink")}" stroke-width="1.8"/>{_text(at, text, "ink", bold=True)}'
        )

    def picture(self, alt: str, margin: float = 3) -> Picture:
        drawn = [
            f'<path d="{path}" stroke="{colour(role)}" fill="none" stroke-width="1.8"/>'
            f'<path d="{self.heads[role]}" fill="{colour(role)}"/>'
            for role, path in self.shafts.items()
        ]
        move = f"translate({_n(margin - self.left)} {_n(margin - self.top)})"
        width = self.right - self.left + 2 * margin
        height = self.bottom - self.top + 2 * margin
        body = f'<g transform="{move}">{"".join([*drawn, *self.parts])}</g>'
        return Picture(body, width, height, alt, FONT)


def _input(canvas: _Canvas, at: Point, label: Label, down: bool) -> None:
    """An input has no node: its name and numbers stand where its edge begins."""
    x, y = at
    shown = [(t, r) for t, r in ((label.value, "forward"), (label.gradient, label.role)) if t]
    first = y - LINE * len(shown) + 8 if down else y - LINE / 2 * (len(shown) - 1)
    for n, (text, role) in enumerate(shown):
        if down:
            canvas.words((x, first + LINE * n), text, role)
        else:
            canvas.words((x - 6, first + LINE * n), text, role, "end")


def _edge(
    canvas: _Canvas,
    points: Sequence[Point],
    way: Sequence[str],
    half: Mapping[str, float],
    label: Label,
    down: bool,
    words: bool = True,
) -> None:
    """Both lanes of an edge, and its `words` beside it unless it comes from an input."""
    start = _boundary(points[0], points[1], half.get(way[0]))
    end = _boundary(points[-1], points[-2], half.get(way[-1]))
    line = [start, *points[1:-1], end]
    side = (1.0, 0.0) if down else (0.0, -1.0)
    lane = LANE if label.gradient else 0.0
    canvas.arrow([_moved(p, side, lane) for p in line], "forward")
    if label.gradient:
        canvas.arrow([_moved(p, side, -lane) for p in reversed(line)], label.role)
    if way[0] not in half or not words:
        return
    (x1, y1), (x2, y2) = line[0], line[1]
    length = math.hypot(x2 - x1, y2 - y1) or 1.0
    normal = ((y2 - y1) / length, (x1 - x2) / length)
    middle = ((x1 + x2) / 2, (y1 + y2) / 2)
    for text, role, sign in ((label.value, "forward", 1), (label.gradient, label.role, -1)):
        if text:
            clear = abs(normal[0]) * _width(text) / 2 + abs(normal[1]) * 0.5 * FONT + LANE + 6
            canvas.words(_moved(middle, normal, sign * clear), text, role)


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
    path = _path(line[:1])
    for before, corner, after in zip(line, line[1:], line[2:], strict=False):
        enter, leave = _towards(corner, before, BEND), _towards(corner, after, BEND)
        path += f"L{_n(enter[0])} {_n(enter[1])}Q{_n(corner[0])} {_n(corner[1])} "
        path += f"{_n(leave[0])} {_n(leave[1])}"
    return path + f"L{_n(line[-1][0])} {_n(line[-1][1])}"


def _towards(start: Point, end: Point, distance: float) -> Point:
    """The point that lies `distance` from `start`, but never beyond the middle."""
    length = math.hypot(end[0] - start[0], end[1] - start[1]) or 1.0
    part = min(distance / length, 0.5)
    return (start[0] + part * (end[0] - start[0]), start[1] + part * (end[1] - start[1]))


def _moved(point: Point, direction: Point, distance: float) -> Point:
    return (point[0] + direction[0] * distance, point[1] + direction[1] * distance)


# ---------------------------------------------------------------- charts


@dataclass(frozen=True)
class Curve:
    """One line of a chart; a value that is not finite, or has no logarithm, leaves a gap.

    label_at  the (x, y) that the label stands over; at the line's right end when not given
    """

    x: Sequence[float]
    y: Sequence[float]
    role: str = "forward"
    label: str = ""
    label_at: Point | None = None
    dashed: bool = False


@dataclass(frozen=True)
class Scale:
    """Where a value stands on an axis: `low` at pixel `start`, `high` at pixel `end`."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        low, high, at = (math.log10(v) if self.log else v for v in (self.low, self.high, value))
        return self.start + (at - low) / (high - low) * (self.end - self.start)

    def has(self, value: float) -> bool:
        """Whether the value can be drawn at all."""
        return math.isfinite(value) and (value > 0 or not self.log)

    def ticks(self, most: int = 5) -> list[tuple[float, str]]:
        """Round values on the axis, and how each is written."""
        if not self.log:
            return [(v, number(v)) for v in _round_values(self.low, self.high, most)]
        first, last = math.ceil(math.log10(self.low)), math.floor(math.log10(self.high))
        stride = max(1, math.ceil((last - first + 1) / most))
        return [(10.0**n, f"10{_superscript(n)}") for n in range(first, last + 1, stride)]


def curves(
    lines: Iterable[Curve],
    *,
    alt: str,
    title: str = "",
    x: str = "",
    y: str = "",
    log: str = "",
    x_range: tuple[float, float] | None = None,
    y_range: tuple[float, float] | None = None,
    at: float | None = None,
    dots: Iterable[tuple[float, float, str]] = (),
    width: float = 320,
    height: float = 210,
) -> Picture:
    """A small chart of lines, each with its label.

    log   the axes that are logarithmic: "x", "y" or "xy"
    at    a value of x to mark with a vertical line
    dots  (x, y, role) of points to mark

    >>> steps = [10.0**-n for n in range(1, 9)]
    >>> curves([Curve(steps, [h * h for h in steps], label="h²")], log="xy", alt="V").width
    320
    """
    lines = list(lines)
    xs = x_range or _range([v for line in lines for v in line.x], "x" in log)
    ys = y_range or _range([v for line in lines for v in line.y], "y" in log, padded=True)
    at_end = [line for line in lines if line.label and line.label_at is None]
    room = max((_width(line.label, SMALL) + 8 for line in at_end), default=0.0)
    frame = _Frame(xs, ys, log, width, height, title, x, y, room)
    parts = [frame.axes()]
    if at is not None:
        top, bottom = frame.y.end, frame.y.start
        parts.append(
            f'<path d="M{_n(frame.x(at))} {_n(top)}V{_n(bottom)}" stroke="{colour("muted")}" '
            'stroke-dasharray="3 3"/>'
        )
    for line in lines:
        dash = ' stroke-dasharray="5 4"' if line.dashed else ""
        parts.append(
            f'<path d="{_curve(line, frame)}" fill="none" stroke="{colour(line.role)}" '
            f'stroke-width="2" stroke-linejoin="round"{dash}/>'
        )
    parts += [
        f'<circle cx="{_n(frame.x(a))}" cy="{_n(frame.y(b))}" r="4" fill="{colour(role)}"/>'
        for a, b, role in dots
    ]
    parts += [
        _text((frame.x(px), frame.y(py) - 11), line.label, line.role, size=SMALL, bold=True)
        for line in lines
        if line.label_at is not None
        for px, py in [line.label_at]
    ]
    ends = sorted(((line, frame.y(line.y[-1])) for line in at_end), key=lambda pair: pair[1])
    places = _apart([end / (SMALL + 2) for _, end in ends])
    parts += [
        _text((frame.x.end + 6, p * (SMALL + 2)), line.label, line.role, "start", SMALL, bold=True)
        for (line, _), p in zip(ends, places, strict=True)
    ]
    return Picture("".join(parts), width, height, alt, SMALL)


def bars(
    values: Mapping[str, float],
    *,
    alt: str,
    title: str = "",
    y: str = "",
    role: str = "forward",
    roles: Mapping[str, str] | None = None,
    digits: int = 2,
    y_range: tuple[float, float] | None = None,
    width: float = 320,
    height: float = 210,
) -> Picture:
    """One bar for each name, with its value at its end; `roles` colours single bars.

    y_range   for pictures side by side whose bars are to be compared

    >>> bars({"dw": 0.63, "dx": 0.16}, alt="dw is four times dx")._repr_svg_().count("<rect")
    2
    """
    low, high = min(0.0, *values.values()), max(0.0, *values.values())
    room = 0.14 * ((high - low) or 1.0)
    frame = _Frame(
        (0.0, float(len(values))),
        y_range or (low - room * (low < 0), high + room * (high > 0 or low == high)),
        "", width, height, title, "", y, names=list(values),
    )  # fmt: skip
    parts = [frame.axes(base=0.0)]
    zero = frame.y(0.0)
    for n, (name, value) in enumerate(values.items()):
        end, left, right = frame.y(value), frame.x(n + 0.2), frame.x(n + 0.8)
        parts.append(
            f'<rect x="{_n(left)}" y="{_n(min(end, zero))}" width="{_n(right - left)}" '
            f'height="{_n(abs(end - zero))}" fill="{colour((roles or {}).get(name, role))}"/>'
        )
        above = -9 if value >= 0 else 9
        parts.append(_text(((left + right) / 2, end + above), number(value, digits), "ink",
                           size=SMALL))  # fmt: skip
    return Picture("".join(parts), width, height, alt, SMALL)


def histogram(
    values: Iterable[float],
    *,
    alt: str,
    bins: int = 40,
    x_range: tuple[float, float] | None = None,
    title: str = "",
    x: str = "",
    y: str = "how many",
    role: str = "forward",
    width: float = 320,
    height: float = 210,
) -> Picture:
    """How many values lie in each of `bins` equal parts of the axis.

    Raises ValueError when there is no value.

    >>> histogram([0.1, 0.2, 0.9], bins=2, alt="two below the middle, one above").height
    210
    """
    numbers = [float(v) for v in values]
    if not numbers:
        raise ValueError("a histogram needs at least one value")
    low, high = x_range or (min(numbers), max(numbers))
    if low == high:
        low, high = low - 0.5, high + 0.5
    counts = [0] * bins
    for v in numbers:
        if low <= v <= high:
            counts[min(bins - 1, int((v - low) / (high - low) * bins))] += 1
    tallest = 1.05 * (max(counts) or 1)
    frame = _Frame((low, high), (0.0, tallest), "", width, height, title, x, y)
    path = "".join(
        f"M{_n(frame.x(low + n * (high - low) / bins))} {_n(frame.y.start)}V{_n(frame.y(count))}"
        f"H{_n(frame.x(low + (n + 1) * (high - low) / bins) - 1)}V{_n(frame.y.start)}z"
        for n, count in enumerate(counts)
        if count
    )
    return Picture(
        f'{frame.axes()}<path d="{path}" fill="{colour(role)}"/>', width, height, alt, SMALL
    )


class _Frame:
    """The axes of a chart: scales, ticks, words."""

    def __init__(
        self,
        xs: tuple[float, float],
        ys: tuple[float, float],
        log: str,
        width: float,
        height: float,
        title: str,
        x: str,
        y: str,
        room: float = 0.0,
        names: Sequence[str] | None = None,
    ) -> None:
        head = [text for text in (title, y) if text]
        top = 8.0 + (SMALL + 6) * len(head)
        bottom = height - (SMALL + 10) - (SMALL + 5 if x else 0)
        self.y = Scale(*ys, bottom, top, "y" in log)
        self.y_ticks = self.y.ticks()
        left = 8 + max((_width(text, SMALL) for _, text in self.y_ticks), default=0.0)
        self.x = Scale(*xs, left, width - max(room, 10), "x" in log)
        last = max(2, int((self.x.end - self.x.start) / 48))
        self.x_ticks = (
            self.x.ticks(last)
            if names is None
            else [(n + 0.5, name) for n, name in enumerate(names)]
        )
        self.words = (title, x, y)
        self.height = height

    def axes(self, base: float | None = None) -> str:
        """Grid, ticks and words; the strong line at `base`, or at the bottom."""
        title, x, y = self.words
        left, right, bottom = self.x.start, self.x.end, self.y.start
        strong = bottom if base is None else self.y(base)
        grid = "".join(f"M{_n(left)} {_n(self.y(v))}H{_n(right)}" for v, _ in self.y_ticks)
        parts = [
            f'<path d="{grid}" stroke="{colour("line")}"/>',
            f'<path d="M{_n(left)} {_n(strong)}H{_n(right)}" stroke="{colour("ink")}"/>',
        ]
        parts += [
            _text((left - 5, self.y(v)), text, "muted", "end", SMALL) for v, text in self.y_ticks
        ]
        parts += [
            _text((self.x(v), bottom + 13), text, "muted", size=SMALL) for v, text in self.x_ticks
        ]
        if title:
            parts.append(_text((0, 10), title, "ink", "start", SMALL, bold=True))
        if y:
            parts.append(_text((0, 10 + (SMALL + 6 if title else 0)), y, "muted", "start", SMALL))
        if x:
            parts.append(_text(((left + right) / 2, self.height - 8), x, "muted", size=SMALL))
        return "".join(parts)


def _curve(line: Curve, frame: _Frame) -> str:
    """The path of a line: it is lifted over what cannot be drawn."""
    run: list[Point] = []
    path = ""
    for a, b in zip(line.x, line.y, strict=True):
        if frame.x.has(a) and frame.y.has(b):
            run.append((frame.x(a), frame.y(b)))
        else:
            path, run = path + _path(_simpler(run)), []
    return path + _path(_simpler(run))


def _simpler(line: Sequence[Point]) -> list[Point]:
    """The line without the points that nobody would miss: a page is no place for data.

    Ramer, Douglas and Peucker: keep the point farthest from the chord, if it is far enough.

    >>> _simpler([(0.0, 0.0), (1.0, 0.1), (2.0, 0.0), (3.0, 5.0)])
    [(0.0, 0.0), (2.0, 0.0), (3.0, 5.0)]
    """
    keep = {0, len(line) - 1}
    spans = [(0, len(line) - 1)] if line else []  # nothing before the first gap
    while spans:
        first, last = spans.pop()
        (x1, y1), (x2, y2) = line[first], line[last]
        length = math.hypot(x2 - x1, y2 - y1) or 1.0
        distance, at = max(
            (
                (abs((x2 - x1) * (y - y1) - (y2 - y1) * (x - x1)) / length, n)
                for n, (x, y) in enumerate(line[first + 1 : last], first + 1)
            ),
            default=(0.0, first),
        )
        if distance > VISIBLE:
            keep.add(at)
            spans += [(first, at), (at, last)]
    return [line[n] for n in sorted(keep)] if line else []


def _range(values: Iterable[float], log: bool, padded: bool = False) -> tuple[float, float]:
    """From the smallest to the largest value that can be drawn, with some air if it is wanted.

    Raises ValueError when there is none.
    """
    usable = [v for v in values if math.isfinite(v) and (v > 0 or not log)]
    if not usable:
        raise ValueError(f"there is nothing to draw: no finite value{' above zero' if log else ''}")
    low, high = min(usable), max(usable)
    if low == high:
        low, high = (low / 10, high * 10) if log else (low - 1, high + 1)
    if padded and not log:
        air = 0.06 * (high - low)
        low, high = low - air, high + air
    return low, high


def _round_values(low: float, high: float, most: int) -> list[float]:
    """At most `most` multiples of 1, 2 or 5 times a power of ten.

    >>> _round_values(-0.3, 1.1, 4)
    [0.0, 0.5, 1.0]
    """
    power = 10.0 ** math.floor(math.log10((high - low) / most))
    found: list[float] = []
    for step in (power, 2 * power, 5 * power, 10 * power, 20 * power):
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        found = [n * step for n in range(first, last + 1)]
        if len(found) <= most:
            break
    return found


def _superscript(n: int) -> str:
    return "".join("⁰¹²³⁴⁵⁶⁷⁸⁹"[int(c)] if c.isdigit() else "⁻" for c in str(n))


# ---------------------------------------------------------------- matrices

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
        f'<path d="{path}" fill="{colour(role)}" fill-opacity="{_n(level / LEVELS, 2)}"/>'
        for (role, level), path in sorted(cells.items())
    )
    high = cell * len(rows)
    parts = [
        f'<g transform="translate({_n(left)} {_n(top)}) scale({_n(cell, 4)})">{painted}</g>',
        f'<rect x="{_n(left)}" y="{_n(top)}" width="{_n(width - left)}" height="{_n(high)}" '
        f'fill="none" stroke="{colour("line")}"/>',
        _legend(full, positive, negative, left, top + high + 8, width),
    ]
    if title:
        parts.append(_text((0, 10), title, "ink", "start", SMALL, bold=True))
    if x:
        parts.append(_text((left + (width - left) / 2, top - 9), x, "muted", size=SMALL))
    if y:
        turned = f'<g transform="translate(8 {_n(top + high / 2)}) rotate(-90)">'
        parts.append(turned + _text((0, 0), y, "muted", size=SMALL) + "</g>")
    return Picture("".join(parts), width, top + high + 26, alt, SMALL)


def _legend(
    full: float, positive: str, negative: str, left: float, top: float, width: float
) -> str:
    """Which colour means what: from the most negative to the most positive."""
    words = (number(-full, 2), number(full, 2))
    start = left + _width(words[0], SMALL) + 6
    end = width - _width(words[1], SMALL) - 6
    one = (end - start) / (2 * LEVELS + 1)
    steps = []
    for n in range(-LEVELS, LEVELS + 1):
        role = positive if n > 0 else negative
        steps.append(
            f'<rect x="{_n(start + (n + LEVELS) * one)}" y="{_n(top)}" width="{_n(one)}" '
            f'height="10" fill="{colour(role)}" fill-opacity="{_n(abs(n) / LEVELS, 2)}"/>'
        )
    return (
        "".join(steps)
        + _text((left, top + 5), words[0], "muted", "start", SMALL)
        + _text((width, top + 5), words[1], "muted", "end", SMALL)
    )


# ---------------------------------------------------------------- equations

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
    drawn: list[str] = [_text((0, 10), title, "ink", "start", SMALL, bold=True)] if title else []
    at = 0.0
    for n, part in enumerate(parts):
        if isinstance(part, str):
            width = _width(part, SMALL) + 14
            drawn.append(_text((at + width / 2, middle), part, "muted", size=SMALL))
        else:
            width, body = _grid(part, texts[n], at, middle)
            drawn.append(body)
        at += width
    width = max(at, _width(title, SMALL))
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
    box = max(BOX, *(_width(text, SMALL) + 8 for row in texts for text in row))
    inner, high = box * len(texts[0]), BOX * len(texts)
    room = max(inner, _width(grid.name, SMALL), _width(grid.note, SMALL))
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
                f'<rect x="{_n(x + 1)}" y="{_n(y + 1)}" width="{_n(box - 2)}" '
                f'height="{BOX - 2}" rx="3" {fill} stroke="{colour(edge)}"{dash}/>'
            )
            parts.append(_text((x + box / 2, y + BOX / 2), text, grid.role, size=SMALL))
    centre = left + room / 2
    if grid.name:
        parts.append(_text((centre, top - 9), grid.name, grid.role, size=SMALL, bold=True))
    if grid.note:
        parts.append(_text((centre, top + high + 11), grid.note, "muted", size=SMALL))
    return room, "".join(parts)


# ---------------------------------------------------------------- small pieces


def _text(
    at: Point,
    text: str,
    role: str,
    anchor: str = "middle",
    size: float = FONT,
    bold: bool = False,
) -> str:
    """Words around (x, y); bold ones have a rim of paper that keeps them apart from lines."""
    x, y = at
    middle = y + 0.35 * size  # a baseline attribute is not known everywhere
    place = "" if anchor == "start" else f' text-anchor="{anchor}"'
    rim = f' stroke="{colour("paper")}" stroke-width="3" paint-order="stroke"'
    look = f' font-weight="600"{rim}' if bold else ""
    return (
        f'<text x="{x:.0f}" y="{middle:.0f}"{place} fill="{colour(role)}"{look}>'
        f"{_escaped(text)}</text>"
    )


def _path(points: Sequence[Point]) -> str:
    """A polyline, in steps from point to point: those are short. Nothing for no point.

    >>> _path([(0, 1), (2.25, 3), (2, 4.5)])
    'M0 1l2.2 2-.2 1.5'
    """
    if not points:
        return ""
    (x, y), *rest = [(round(10 * a), round(10 * b)) for a, b in points]
    path = f"M{_n(x / 10)} {_n(y / 10)}" + ("l" if rest else "")
    for n, (a, b) in enumerate(rest):
        for m, step in enumerate((a - x, b - y)):
            text = _n(step / 10).replace("0.", ".", 1) if abs(step) < 10 else _n(step / 10)
            path += text if text.startswith("-") or n == m == 0 else f" {text}"
        x, y = a, b
    return path


def _width(text: str, size: float = FONT) -> float:
    """About how wide words are: fonts differ, so this is the room to leave for them."""
    return size * sum(0.95 if c in "mwMW@" else 0.4 if c in " .,:;()il·" else 0.64 for c in text)


def _n(value: float, digits: int = 1) -> str:
    """A coordinate in as few characters as it takes.

    >>> _n(3.0), _n(-0.04), _n(2.345, 2)
    ('3', '0', '2.35')
    """
    text = f"{value:.{digits}f}".rstrip("0").rstrip(".") if digits else f"{value:.0f}"
    return "0" if text in ("-0", "") else text


def _escaped(text: str) -> str:
    return html.escape(text, quote=False)
