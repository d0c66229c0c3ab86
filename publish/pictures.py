"""The drawings of a page in one file beside it, so that the text is there before them.

A page refers to each by `<use>`, which hands on the palette's custom properties: a drawing follows
light and dark as it would inside the page. The attribute is `xlink:href` because the theme, on
its way from page to page, sets the property `href` of everything that has such an attribute.
"""

from __future__ import annotations

import re

FILE = "pictures.svg"
DRAWN = re.compile(r'(<svg\b[^>]*\brole="img"[^>]*>)(.*?)</svg>', re.DOTALL)
# Drawings with styles or references of their own stay where those are found: matplotlib's.
BOUND = re.compile(r"<style|<title|<script|<use|\bclass=|\bid=|url\(#")
WORTH_A_FILE = 1000  # bytes; one that is smaller travels better with its page


def beside(page: str) -> tuple[str, str | None]:
    """The page with its larger drawings taken out, and the file that holds them.

    >>> page, file = beside(f'<svg role="img" viewBox="0 0 9 9">{"<path/>" * 200}</svg>')
    >>> page
    '<svg role="img" viewBox="0 0 9 9"><use xlink:href="pictures.svg#p1"/></svg>'
    >>> file.count("<path/>"), file.count('<g id="p1">')
    (200, 1)
    """
    bodies: list[str] = []

    def referred(match: re.Match[str]) -> str:
        opening, body = match.groups()
        if len(body) < WORTH_A_FILE or BOUND.search(body):
            return match[0]
        bodies.append(body)
        return f'{opening}<use xlink:href="{FILE}#p{len(bodies)}"/></svg>'

    page = DRAWN.sub(referred, page)
    if not bodies:
        return page, None
    groups = "".join(f'<g id="p{n}">{body}</g>\n' for n, body in enumerate(bodies, 1))
    return page, f'<svg xmlns="http://www.w3.org/2000/svg">\n{groups}</svg>\n'
