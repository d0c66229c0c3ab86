"""Decks as PDF files, printed from the built site by a Chromium:  python -m publish.paper

They are kept in .cache/cards, named by what is on the cards. The next build of the site offers
those that are still true; `make cards` does both.
"""

from __future__ import annotations

import hashlib
import mimetypes
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from publish import chromium, decks, reference
from publish.cache import digest_of_files
from publish.card_exports import Download
from publish.decks import ALL, Deck
from publish.errors import PageError
from publish.palette import PALETTE

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
ADDRESS = "http://site.invalid/"  # nothing is asked there: the files of site/ are handed over
PATIENCE = 120_000  # milliseconds that laying out and printing a deck may take
DIGEST = re.compile(r'data-digest="(\w+)"')

# What is made ready: the end of the file's name, and what the page's own dialog calls the paper.
KINDS = {
    "index-cards": "Index cards, 5 × 3 in",
    "a4": "A4, eight to cut out",
    "letter": "Letter, eight to cut out",
}


def ready(root: Path, name: str, some: Sequence[Deck]) -> list[Download]:
    """The PDF files of these decks that were printed, and are still what the cards say."""
    return [
        Download(f"{name}-{kind}.pdf", f"PDF: {paper}", path.read_bytes())
        for kind, paper in KINDS.items()
        if (path := kept_at(root, name, some, kind)).is_file()
    ]


def kept_at(root: Path, name: str, some: Sequence[Deck], kind: str) -> Path:
    """Where the PDF file of these decks is kept: elsewhere once a card or its look changes."""
    said = [f"{deck.lesson} {card.digest}" for deck in some for card in deck.cards]
    look = digest_of_files([HERE / "browser" / "cards", PALETTE.parent])
    digest = hashlib.sha256("".join([look, *said]).encode()).hexdigest()[:16]
    return root / ".cache" / "cards" / f"{name}-{kind}-{digest}.pdf"


def print_all(root: Path, site: Path, browser: Any) -> int:
    """Print what is not there yet, and drop what is no longer true; the number of files printed."""
    ops = map(reference.from_dict, reference.describe(str(root)))
    every = decks.load_all(root, ops)
    for deck in every:
        _expect_current(site, deck)
    wanted: Mapping[str, Sequence[Deck]] = {ALL: every, **{deck.name: [deck] for deck in every}}
    places = {(n, k): kept_at(root, n, some, k) for n, some in wanted.items() for k in KINDS}
    for old in set((root / ".cache" / "cards").glob("*.pdf")) - set(places.values()):
        old.unlink()
    missing = {key: path for key, path in places.items() if not path.is_file()}
    for (name, kind), path in missing.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".tmp").write_bytes(print_deck(browser, site, name, KINDS[kind]))
        path.with_suffix(".tmp").replace(path)
        print(f"{name}-{kind}.pdf", flush=True)
    return len(missing)


def _expect_current(site: Path, deck: Deck) -> None:
    """Raises PageError when the page of a deck does not show the cards of today."""
    page = site / "flashcards" / deck.name / "index.html"
    shown = DIGEST.findall(page.read_text("utf-8")) if page.is_file() else []
    if shown != [card.digest for card in deck.cards]:
        raise PageError(deck.path, None, "the built site has other cards; `make cards` renews it")


def print_deck(browser: Any, site: Path, name: str, paper: str) -> bytes:
    """The PDF file that a reader gets who presses the buttons of a deck's page."""
    context = browser.new_context()
    try:
        context.route("**/*", lambda route: _hand_over(route, site))
        context.add_init_script("window.print = () => { window.isLaidOut = true }")
        tab = context.new_page()
        tab.set_default_timeout(PATIENCE)
        tab.goto(f"{ADDRESS}flashcards/" + (f"{name}/" if name != ALL else ""))
        tab.get_by_role("button", name="Print …").click()
        tab.get_by_label(paper, exact=True).check()
        tab.get_by_role("button", name="Print, or save as PDF").click()
        tab.wait_for_function("window.isLaidOut")
        printed: bytes = tab.pdf(prefer_css_page_size=True)
        return printed
    finally:
        context.close()


def _hand_over(route: Any, site: Path) -> None:
    path = site / urlsplit(route.request.url).path.lstrip("/")
    path = path / "index.html" if path.is_dir() else path
    kind = mimetypes.guess_type(path.name)[0]
    if path.is_file():
        route.fulfill(body=path.read_bytes(), content_type=kind or "application/octet-stream")
    else:
        route.fulfill(status=404)


def main() -> str | None:
    """Print every deck; the reason when that is not possible."""
    if not (ROOT / "site" / "flashcards").is_dir():
        return "there is no built site to print the cards from; `make cards` builds it first"
    if (path := chromium.find()) is None:
        print(f"No PDF files: no browser found ({', '.join(chromium.NAMES)}).")
        print("The Print button of each deck makes them in yours.")
        return None
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=chromium.FLAGS)
        count = print_all(ROOT, ROOT / "site", browser)
        browser.close()
    print(f"{count} new PDF files in .cache/cards")
    return None


if __name__ == "__main__":
    sys.exit(main())
