"""Take from a finished page what nobody sees: pages stay within their budget of bytes."""

from __future__ import annotations

import re

# Where white space counts, or where it is not ours to touch: code, and what the copy button copies.
KEPT = re.compile(
    r"(<(?:pre|script|style|textarea)\b.*?</(?:pre|script|style|textarea)>"
    r'|<[^<>]*\bdata-copy="[^"]*"[^<>]*>)',
    re.DOTALL,
)
# Names, space, operators and punctuation, which have the colour of all code.
PLAIN_SPANS = re.compile(r'<span class="(?:n|w|o|p)">([^<]*)</span>')
NEIGHBOURS = re.compile(r'(<span class="(\w+)">[^<]*)</span>(\s*)<span class="\2">')  # one colour
TEX_BESIDE_MATHML = re.compile(r'<annotation encoding="application/x-tex">.*?</annotation>')


def lighter(page: str) -> str:
    r"""The same page without indentation, spans that change no colour, and TeX beside MathML.

    >>> lighter('<p>\n   a\n\n</p><pre>  <span class="n">x</span>\n\n</pre>')
    '<p>\na\n</p><pre>  x\n\n</pre>'
    """
    page = TEX_BESIDE_MATHML.sub("", page)
    pieces = KEPT.split(page)  # text, kept, text, kept, ...
    pieces[::2] = [re.sub(r"\s*\n\s*", "\n", text) for text in pieces[::2]]
    pieces[1::2] = [_fewer_spans(code) for code in pieces[1::2]]
    return "".join(pieces)


def _fewer_spans(code: str) -> str:
    """The same colours in fewer spans."""
    code = PLAIN_SPANS.sub(r"\1", code).replace("<span></span>", "")
    joined = 1
    while joined:
        code, joined = NEIGHBOURS.subn(r"\1\3", code)
    return code
