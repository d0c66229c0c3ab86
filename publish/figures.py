"""Matplotlib figures that belong to the page: its colours, its type, light and dark.

A figure is drawn in stand-in colours. In its SVG they become `currentColor` and the custom
properties of the site's palette, so that one picture follows both modes. The first colours of
the cycle have a meaning on this site, the same in every picture and on every page:

    C0 forward value · C1 gradient · C2 right · C3 wrong · C4 inherited · C5 muted
"""

from __future__ import annotations

import io
import re
import sys
from typing import Any

ROLES = {
    "#3b4fc4": "forward",
    "#c4450c": "gradient",
    "#1b7f4d": "right",
    "#b3164a": "wrong",
    "#8a6a12": "inherited",
    "#697086": "muted",
}
INK = "#010203"  # whatever a figure draws in the text's own colour
LINE = "#040506"  # grids and other quiet lines
PAPER = "#070809"  # what lies beneath: edges between markers, boxes behind words


def use_style() -> None:
    """Set matplotlib's defaults; does nothing when matplotlib is not installed."""
    try:
        import matplotlib as mpl
        from cycler import cycler
    except ImportError:
        return
    mpl.rcdefaults()
    mpl.rcParams.update(
        {
            "axes.edgecolor": INK,
            "axes.facecolor": "none",
            "axes.grid": True,
            "axes.labelcolor": INK,
            "axes.prop_cycle": cycler(color=list(ROLES)),
            "axes.spines.right": False,
            "axes.spines.top": False,
            "axes.titlelocation": "left",
            "axes.titleweight": "bold",
            "figure.constrained_layout.use": True,
            "figure.facecolor": "none",
            "figure.figsize": (5.6, 3.2),
            "font.size": 11,
            "grid.color": LINE,
            "grid.linewidth": 0.7,
            "legend.edgecolor": LINE,
            "legend.facecolor": PAPER,
            "legend.frameon": False,
            "lines.linewidth": 2,
            "patch.edgecolor": PAPER,
            "svg.fonttype": "none",  # text stays text: searchable, in the page's own type
            "svg.hashsalt": "ninja",  # the same figure gives the same file
            "text.color": INK,
            "xtick.color": INK,
            "ytick.color": INK,
        }
    )


def is_open(value: Any) -> bool:
    """Whether `value` is a figure that pyplot still holds, and that `close_all` will give."""
    if "matplotlib.pyplot" not in sys.modules:
        return False
    from matplotlib import pyplot

    return any(value is pyplot.figure(number) for number in pyplot.get_fignums())


def close_all() -> list[str]:
    """The SVG of every open figure, in the order they were made; closes them."""
    if "matplotlib.pyplot" not in sys.modules:
        return []
    from matplotlib import pyplot

    pictures = []
    for number in pyplot.get_fignums():
        file = io.StringIO()
        pyplot.figure(number).savefig(file, format="svg", transparent=True, metadata={"Date": None})
        pictures.append(themed(file.getvalue()))
    pyplot.close("all")
    return pictures


def themed(svg: str) -> str:
    """Replace the stand-in colours by the page's, and drop what a page has no use for."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = svg.replace(INK, "currentColor").replace(LINE, "var(--ninja-line)")
    svg = svg.replace(PAPER, "var(--ninja-paper)")
    for colour, role in ROLES.items():
        svg = svg.replace(colour, f"var(--ninja-{role})")
    svg = re.sub(r"font-family: [^;\"]+; ?", "", svg)  # the page's own
    return re.sub(r"\s*\n\s*", "\n", svg)


def self_contained(svg: str, prefix: str, alternative: str | None) -> str:
    """The SVG as one inline picture: ids of its own, a size that follows the column, a name.

    alternative  what a reader who cannot see it is told; None when the picture has its own
                 <title> or aria-label
    """
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", svg)
    svg = re.sub(r'href="#([^"]+)"', rf'href="#{prefix}-\1"', svg)
    svg = re.sub(
        r'(aria-(?:labelledby|describedby))="([^"]+)"',
        lambda m: f'{m[1]}="{" ".join(f"{prefix}-{name}" for name in m[2].split())}"',
        svg,
    )
    opening = svg[: svg.index(">")]
    attributes = {} if 'role="' in opening else {"role": "img"}
    if alternative is not None:
        attributes["aria-label"] = alternative
    extra = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f"<svg{extra}{svg[4:]}"


def names_itself(svg: str) -> bool:
    """Whether the picture brings its own text alternative."""
    opening = svg[svg.index("<svg") : svg.index(">", svg.index("<svg"))]
    return "aria-label=" in opening or re.search(r"<title\b[^>]*>\s*[^\s<]", svg) is not None
