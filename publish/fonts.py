"""Fonts with only the glyphs that the site shows: a formula needs some fifty of a thousand."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

from publish.cache import Cache


def characters_in(formulas: Iterable[str]) -> str:
    """The characters that KaTeX's HTML shows, sorted, each once."""
    shown = (re.sub(r"<math.*?</math>|<[^>]+>", "", html, flags=re.DOTALL) for html in formulas)
    return "".join(sorted({character for text in shown for character in text}))


def shrink(folder: Path, characters: str, cache: Cache) -> None:
    """Leave nothing but `characters` in each WOFF2 font of a folder."""
    for path in sorted(folder.glob("*.woff2")):
        font = path.read_bytes()
        made_from = [hashlib.sha256(font).hexdigest(), characters]
        packed = cache.remember("font", made_from, partial(_subset, font, characters))
        path.write_bytes(base64.b64decode(packed))


def _subset(font: bytes, characters: str) -> str:
    options = subset.Options(flavor="woff2", layout_features=["*"], notdef_outline=True)
    subsetter = subset.Subsetter(options)
    subsetter.populate(text=characters)
    whole = TTFont(io.BytesIO(font))
    subsetter.subset(whole)
    packed = io.BytesIO()
    whole.flavor = "woff2"
    whole.save(packed)
    return base64.b64encode(packed.getvalue()).decode()
