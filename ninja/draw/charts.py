"""Charts: lines over an axis, a bar for each name, how often values occur.

None is wider than `WIDEST`, whatever is asked for: on a phone its words would be too small.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ninja.draw.picture import (
    SMALL,
    VISIBLE,
    WIDEST,
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
    lines, width = list(lines), min(width, WIDEST)
    xs = x_range or _range([v for line in lines for v in line.x], "x" in log)
    ys = y_range or _range([v for line in lines for v in line.y], "y" in log, padded=True)
    at_end = [line for line in lines if line.label and line.label_at is None]
    room = max((text_width(line.label, SMALL) + 8 for line in at_end), default=0.0)
    frame = _Frame(xs, ys, log, width, height, title, x, y, room)
    parts = [frame.axes()]
    if at is not None:
        top, bottom = frame.y.end, frame.y.start
        parts.append(
            f'<path d="M{px(frame.x(at))} {px(top)}V{px(bottom)}" stroke="{colour("muted")}" '
            'stroke-dasharray="3 3"/>'
        )
    for line in lines:
        dash = ' stroke-dasharray="5 4"' if line.dashed else ""
        parts.append(
            f'<path d="{_curve(line, frame)}" fill="none" stroke="{colour(line.role)}" '
            f'stroke-width="2" stroke-linejoin="round"{dash}/>'
        )
    parts += [
        f'<circle cx="{px(frame.x(a))}" cy="{px(frame.y(b))}" r="4" fill="{colour(role)}"/>'
        for a, b, role in dots
    ]
    parts += [
        text_at((frame.x(px), frame.y(py) - 11), line.label, line.role, size=SMALL, bold=True)
        for line in lines
        if line.label_at is not None
        for px, py in [line.label_at]
    ]
    ends = sorted(((line, frame.y(line.y[-1])) for line in at_end), key=lambda pair: pair[1])
    places = apart([end / (SMALL + 2) for _, end in ends])
    parts += [
        text_at(
            (frame.x.end + 6, p * (SMALL + 2)), line.label, line.role, "start", SMALL, bold=True
        )
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
    width = min(width, WIDEST)
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
            f'<rect x="{px(left)}" y="{px(min(end, zero))}" width="{px(right - left)}" '
            f'height="{px(abs(end - zero))}" fill="{colour((roles or {}).get(name, role))}"/>'
        )
        above = -9 if value >= 0 else 9
        parts.append(text_at(((left + right) / 2, end + above), number(value, digits), "ink",
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
    width = min(width, WIDEST)
    frame = _Frame((low, high), (0.0, tallest), "", width, height, title, x, y)
    path = "".join(
        f"M{px(frame.x(low + n * (high - low) / bins))} {px(frame.y.start)}V{px(frame.y(count))}"
        f"H{px(frame.x(low + (n + 1) * (high - low) / bins) - 1)}V{px(frame.y.start)}z"
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
        left = 8 + max((text_width(text, SMALL) for _, text in self.y_ticks), default=0.0)
        self.x = Scale(*xs, left, width - max(room, 10), "x" in log)
        most = max(2, int((self.x.end - self.x.start) / 48))
        self.x_ticks = (
            self.x.ticks(most)
            if names is None
            else [(n + 0.5, name) for n, name in enumerate(names)]
        )
        ends = (self.x(at) + text_width(text, SMALL) / 2 for at, text in self.x_ticks)
        over = max(0.0, max(ends, default=0.0) - width)
        self.x = replace(self.x, end=self.x.end - over)  # so that no tick is cut off
        self.words = (title, x, y)
        self.height = height

    def axes(self, base: float | None = None) -> str:
        """Grid, ticks and words; the strong line at `base`, or at the bottom."""
        title, x, y = self.words
        left, right, bottom = self.x.start, self.x.end, self.y.start
        strong = bottom if base is None else self.y(base)
        grid = "".join(f"M{px(left)} {px(self.y(v))}H{px(right)}" for v, _ in self.y_ticks)
        parts = [
            f'<path d="{grid}" stroke="{colour("line")}"/>',
            f'<path d="M{px(left)} {px(strong)}H{px(right)}" stroke="{colour("ink")}"/>',
        ]
        parts += [
            text_at((left - 5, self.y(v)), text, "muted", "end", SMALL) for v, text in self.y_ticks
        ]
        parts += [
            text_at((self.x(v), bottom + 13), text, "muted", size=SMALL) for v, text in self.x_ticks
        ]
        if title:
            parts.append(text_at((0, 10), title, "ink", "start", SMALL, bold=True))
        if y:
            parts.append(text_at((0, 10 + (SMALL + 6 if title else 0)), y, "muted", "start", SMALL))
        if x:
            parts.append(text_at(((left + right) / 2, self.height - 8), x, "muted", size=SMALL))
        return "".join(parts)


def _curve(line: Curve, frame: _Frame) -> str:
    """The path of a line: it is lifted over what cannot be drawn."""
    run: list[Point] = []
    path = ""
    for a, b in zip(line.x, line.y, strict=True):
        if frame.x.has(a) and frame.y.has(b):
            run.append((frame.x(a), frame.y(b)))
        else:
            path, run = path + polyline(_simpler(run)), []
    return path + polyline(_simpler(run))


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
