"""What every picture is made of: a drawing with its alternative, colours, words and lines."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

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
WRITTEN_OUT = 1e4  # below it a number that is as short without has no exponent
READABLE = 11  # pixels: no text is smaller on a phone
WIDEST = PHONE * SMALL / READABLE  # what a chart can be, then
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
        title = f"<title>{escaped(' '.join(self.alt.split()))}</title>"
        lines = self.body.replace("><", ">\n<")
        return f"<svg {self._opening()}>\n{title}\n<style>\n{style}</style>\n{lines}\n</svg>\n"

    def on_paper(self, margin: float) -> Picture:
        """The same on a sheet of its own, for places whose background is not ours to know."""
        width, height = self.width + 2 * margin, self.height + 2 * margin
        sheet = (
            f'<rect width="{px(width)}" height="{px(height)}" rx="10" fill="{colour("paper")}"/>'
        )
        body = f'{sheet}<g transform="translate({px(margin)} {px(margin)})">{self.body}</g>'
        return Picture(body, width, height, self.alt, self.font)

    def smallest_text(self, column: float = PHONE) -> float:
        """How many pixels high the text is in a column of that width."""
        return self.font * min(1.0, column / self.width)

    def _opening(self) -> str:
        size = f"{px(self.width)} {px(self.height)}"
        return (
            f'xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" width="{px(self.width)}" '
            f'height="{px(self.height)}" font-size="{px(self.font)}" font-family="{FAMILY}" '
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
            f'<div style="flex:1 1 {px(p.width)}px;max-width:{px(1.25 * p.width)}px">'
            f"{p._repr_svg_().replace('<svg ', _FILLING, 1)}</div>"
            for p in self.pictures
        )
        gap = f"1em {px(self.gap)}em"
        style = f"display:flex;flex-wrap:wrap;gap:{gap};justify-content:center"
        return f'<div class="ninja-row" style="{style}">{cells}</div>'


_FILLING = '<svg style="display:block;width:100%;height:auto" '


def number(value: float, digits: int = 3) -> str:
    """A number in few digits, with a true minus sign and without an empty exponent.

    >>> number(-0.5), number(0.46211, 2), number(0.00001), number(1000), number(12297.0, 6)
    ('−0.5', '0.46', '1e−5', '1000', '12297')
    """
    value += 0.0  # a negative zero loses its sign
    text = f"{value:.{digits}g}"
    if float(text) == value and 0 < abs(value) < WRITTEN_OUT:
        text = f"{value:.12g}"
    mantissa, e, exponent = text.partition("e")
    if e:
        text = f"{mantissa}e{int(exponent)}"
    return text.replace("-", MINUS)


def text_at(
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
        f"{escaped(text)}</text>"
    )


def polyline(points: Sequence[Point]) -> str:
    """A polyline, in steps from point to point: those are short. Nothing for no point.

    >>> polyline([(0, 1), (2.25, 3), (2, 4.5)])
    'M0 1l2.2 2-.2 1.5'
    """
    if not points:
        return ""
    (x, y), *rest = [(round(10 * a), round(10 * b)) for a, b in points]
    path = f"M{px(x / 10)} {px(y / 10)}" + ("l" if rest else "")
    for n, (a, b) in enumerate(rest):
        for m, step in enumerate((a - x, b - y)):
            text = px(step / 10).replace("0.", ".", 1) if abs(step) < 10 else px(step / 10)
            path += text if text.startswith("-") or n == m == 0 else f" {text}"
        x, y = a, b
    return path


# How far a character reaches in DejaVu Sans Bold, the widest of the usual fonts, by its class.
_USUAL = 0.7
_OTHERS = {
    character: width
    for width, characters in (
        (0.39, " .,:;·'|/ijl"),
        (0.5, "()[]ftr-_²³"),
        (0.84, f"+=<>{MINUS}×→←≈^"),
        (1.04, "mwMW@%½"),
    )
    for character in characters
}


def text_width(text: str, size: float = FONT) -> float:
    """The room to leave for words: fonts differ, and hardly any needs more.

    >>> round(text_width("dw"), 1), round(text_width("+ 1"), 1)
    (27.8, 30.9)
    """
    return size * sum(_OTHERS.get(c, _USUAL) for c in text)


def px(value: float, digits: int = 1) -> str:
    """A coordinate in as few characters as it takes.

    >>> px(3.0), px(-0.04), px(2.345, 2)
    ('3', '0', '2.35')
    """
    text = f"{value:.{digits}f}".rstrip("0").rstrip(".") if digits else f"{value:.0f}"
    return "0" if text in ("-0", "") else text


def escaped(text: str) -> str:
    """Words as SVG holds them."""
    return html.escape(text, quote=False)


def apart(wishes: Sequence[float]) -> list[float]:
    """Sorted wishes moved as little as it takes to be 1 apart.

    >>> apart([0.0, 0.0, 3.0])
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
    return sum(wish - n for n, wish in enumerate(group)) / len(group)
