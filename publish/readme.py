"""Draw the neuron for README.md:  python -m publish.readme

The picture is that of the first lesson. On a code host no stylesheet reaches it, so it brings the
colours of the site's palette along, for light and for dark, and its own paper to stand on.
"""

from __future__ import annotations

from pathlib import Path

from ninja import NETS, draw
from publish.palette import PALETTE, declarations

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs/assets/readme.svg"


def style(palette: str, used: str) -> str:
    """CSS with the colours that `used` names, as `palette` has them for light and for dark.

    Raises LookupError when the palette lacks one.
    """
    light, dark = declarations(palette, used)
    return f"svg {{ {light} }}\n@media (prefers-color-scheme: dark) {{\nsvg {{ {dark} }}\n}}\n"


def neuron() -> draw.Picture:
    """The tanh neuron of lesson 1: values forward, gradients back."""
    w, x, b, dh = 0.5, 2.0, -0.5, 0.4
    h, cache = NETS["neuron"].forward(w, x, b)
    dz, dw, dx, db = NETS["neuron"].backward(dh, **cache)
    return draw.graph(
        {"p": ("×", "w", "x"), "z": ("+", "p", "b"), "h": ("tanh", "z")},
        values={"w": w, "x": x, "b": b, "p": w * x, "z": w * x + b, "h": h},
        gradients={"w": dw, "x": dx, "b": db, "p": dz, "z": dz, "h": dh},
        alt="A tanh neuron as a graph: values run forward, gradients come back.",
    )


def picture() -> str:
    """The whole file."""
    graph = neuron().on_paper(18)
    return graph.file(style(PALETTE.read_text("utf-8"), graph.body))


if __name__ == "__main__":
    PICTURE.write_text(picture(), "utf-8")
