"""The site as it was built: links, ids, pictures, weight, and that nothing comes from elsewhere."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from mkdocs.config import load_config
from mkdocs.config.defaults import MkDocsConfig

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "site"
RAW, PACKED = 200_000, 15_000  # bytes of HTML that a page may have, as it is and as it travels
SEARCH_PACKED = 150_000  # bytes of the search index as it travels
LOADING = {"stylesheet", "icon", "preload", "modulepreload"}
LEFT_OVER = r"\$\$|\\\(|\\\[|\{\{=|ninjaslot|<!-- ninja|!!! |\?\?\? "
NOT_TEXT = {"script", "style", "code", "pre", "annotation"}


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self.edits: list[str] = []
        self.loads: list[str] = []
        self.ids: list[str] = []
        self.nameless: list[str] = []
        self.text: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = {key: value or "" for key, value in attributes}
        if tag not in {"meta", "link", "img", "input", "br", "hr", "path", "circle", "use"}:
            self.open.append(tag)
        if found.get("id"):
            self.ids.append(found["id"])
        if tag == "a" and found.get("href"):
            self.links.append(found["href"])
            if found.get("rel") == "edit":
                self.edits.append(found["href"])
        if found.get("src"):
            self.loads.append(found["src"])
        if tag == "use":
            self.loads.append(found["xlink:href"])
        if tag == "link" and LOADING & set(found.get("rel", "").split()):
            self.loads.append(found["href"])
        if tag == "img" and "alt" not in found:
            self.nameless.append(found.get("src", "img"))

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open:
            while self.open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not NOT_TEXT & set(self.open):
            self.text.append(data)


@cache
def read(page: str) -> _Page:
    parser = _Page()
    parser.feed((SITE / page).read_text("utf-8"))
    return parser


@cache
def settings() -> MkDocsConfig:
    return load_config(str(ROOT / "mkdocs.yml"))


def base_path() -> str:
    return urlsplit(settings().site_url or "").path


def place(page: str, url: str) -> tuple[Path, str] | None:
    """The file and the fragment that a link leads to; None when it leaves the site."""
    parts = urlsplit(url)
    if parts.scheme or parts.netloc:
        return None
    path = unquote(parts.path)
    if path.startswith("/"):
        file = SITE / path.removeprefix(base_path()).lstrip("/")
    else:
        file = (SITE / page).parent / path if path else SITE / page
    if file.is_dir():
        file /= "index.html"
    return file.resolve(), unquote(parts.fragment)


def test_links_lead_somewhere(page: str) -> None:
    lost = []
    for url in read(page).links + read(page).loads:
        found = place(page, url)
        if found is None:
            continue
        file, fragment = found
        if not file.is_file():
            lost.append(url)
        elif fragment and not fragment.startswith("__"):
            target = file.relative_to(SITE.resolve()).as_posix()
            if fragment not in read(target).ids:
                lost.append(url)
    assert not lost, f"{page} has links to nothing"


def test_nothing_is_loaded_from_elsewhere(page: str) -> None:
    elsewhere = [url for url in read(page).loads if urlsplit(url).netloc]
    text = (SITE / page).read_text("utf-8")
    elsewhere += re.findall(r"@import[^;]+|url\(['\"]?(?:https?:)?//[^)]+\)", text)
    assert not elsewhere


def test_stylesheets_load_nothing_from_elsewhere() -> None:
    found = [
        (path.name, url)
        for path in SITE.rglob("*.css")
        for url in re.findall(r"url\(([^)]+)\)", path.read_text("utf-8"))
        if re.match(r"['\"]?(https?:)?//", url)
    ]
    assert not found


def test_ids_are_unique(page: str) -> None:
    assert [name for name, count in Counter(read(page).ids).items() if count > 1] == []


def test_pictures_have_an_alternative(page: str) -> None:
    text = (SITE / page).read_text("utf-8")
    drawn = re.findall(r"<figure class=\"ninja-figure\">\s*(<svg.*?</svg>)", text, re.DOTALL)
    unnamed = [svg[:80] for svg in drawn if "aria-label=" not in svg and "<title" not in svg]
    assert read(page).nameless + unnamed == []


def test_weight(page: str) -> None:
    content = (SITE / page).read_bytes()
    assert len(content) <= RAW
    assert len(gzip.compress(content, 9)) <= PACKED


def test_everything_is_converted(page: str) -> None:
    text = "".join(read(page).text)
    left = re.findall(rf".{{0,30}}(?:{LEFT_OVER}).{{0,30}}", text)
    assert not left, f"{page} shows what should have been converted"
    assert 'class="arithmatex"' not in (SITE / page).read_text("utf-8")


def test_edit_links_lead_to_files(page: str) -> None:
    start = settings().edit_uri or ""
    for url in read(page).edits:
        assert url.startswith(start)
        assert (ROOT / url.removeprefix(start)).is_file(), url


def test_search_is_light_and_holds_no_typeset_formula() -> None:
    index = SITE / "search" / "search_index.json"
    if not index.exists():
        pytest.skip("there is no built site; `make site` builds it")
    assert len(gzip.compress(index.read_bytes(), 9)) <= SEARCH_PACKED
    texts = [entry["text"] for entry in json.loads(index.read_text("utf-8"))["docs"]]
    assert not [text for text in texts if "katex" in text or "ninjaslot" in text]
