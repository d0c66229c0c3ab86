"""The colours of the site's palette, for what is seen where its stylesheets do not reach."""

from __future__ import annotations

import re
from pathlib import Path

PALETTE = Path(__file__).resolve().parents[1] / "docs/assets/css/palette.css"
SCHEME = re.compile(
    r'\[data-md-color-scheme(?:="(?P<name>\w+)")?\] \{(?P<body>.*?)\n *\}', re.DOTALL
)
COLOUR = re.compile(r"(--[\w-]+): (#\w+);")
USED = re.compile(r"var\((--[\w-]+)")


def declarations(palette: str, used: str) -> tuple[str, str]:
    """The colours that `used` names in var(...), as CSS, in `palette`'s light and dark scheme.

    Raises LookupError when the palette lacks one.
    """
    schemes = {
        m["name"] or "light": dict(COLOUR.findall(m["body"])) for m in SCHEME.finditer(palette)
    }
    names = sorted({*USED.findall(used), "--ninja-paper"})

    def scheme(name: str) -> str:
        missing = [colour for colour in names if colour not in schemes.get(name, {})]
        if missing:
            raise LookupError(f"{PALETTE.name}: scheme {name!r} has no {', '.join(missing)}")
        return "; ".join(f"{colour}: {schemes[name][colour]}" for colour in names)

    return scheme("light"), scheme("slate")
