"""PDF files of decks: printed from the site, offered while they are true, a clear line when not."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest

from publish import chromium, decks, paper, reference
from publish.errors import PageError

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "site"


@pytest.fixture(scope="module")
def deck() -> decks.Deck:
    ops = map(reference.from_dict, reference.describe(str(ROOT)))
    return decks.load_all(ROOT, ops)[0]


def test_a_deck_is_printed_as_its_page_would_print_it(browser: Any, deck: decks.Deck) -> None:
    if not (SITE / "flashcards").is_dir():
        pytest.skip("there is no built site; `make site` builds it")
    pdf = paper.print_deck(browser, SITE, deck.name, paper.KINDS["letter"])
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 2 * -(-len(deck.cards) // 8)
    assert b"KaTeX" in pdf


def test_a_file_is_offered_until_a_card_changes(tmp_path: Path, deck: decks.Deck) -> None:
    assert paper.ready(tmp_path, deck.name, [deck]) == []
    place = paper.kept_at(tmp_path, deck.name, [deck], "letter")
    place.parent.mkdir(parents=True)
    place.write_bytes(b"%PDF")
    (offered,) = paper.ready(tmp_path, deck.name, [deck])
    assert offered.name == f"{deck.name}-letter.pdf"
    assert offered.content == b"%PDF"
    first = dataclasses.replace(deck.cards[0], back="Something else.")
    changed = dataclasses.replace(deck, cards=(first, *deck.cards[1:]))
    assert paper.ready(tmp_path, deck.name, [changed]) == []


def test_a_site_with_other_cards_is_not_printed(tmp_path: Path, deck: decks.Deck) -> None:
    page = tmp_path / "flashcards" / deck.name / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text('<li data-digest="00000000">', "utf-8")
    with pytest.raises(PageError, match="`make cards` renews it"):
        paper.print_all(ROOT, tmp_path, None)


def test_without_a_browser_it_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(paper, "ROOT", tmp_path)
    assert "make cards" in (paper.main() or "")
    (tmp_path / "site" / "flashcards").mkdir(parents=True)
    monkeypatch.setattr(chromium, "find", lambda: None)
    assert paper.main() is None
    assert "no browser found (chromium" in capsys.readouterr().out
