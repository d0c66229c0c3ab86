"""Anki's own library opens our packages, shows every card, and takes over what is new."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from anki.collection import Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest

from publish.anki import package
from publish.decks import Card, Deck, load_all, side_html
from publish.reference import describe, from_dict

ROOT = Path(__file__).resolve().parents[1]
DECKS = load_all(ROOT, [from_dict(data) for data in describe(str(ROOT))])
SMALL = Deck("99-small", "flashcards/99-small.yml", "Small & new", 99, (
    Card("small-sum", "What is $a < b$?", "A **comparison**, `a < b`."),
    Card("small-picture", "What is this?", "![a circle](small-circle.svg)"),
))  # fmt: skip
AS_THE_APP = ImportAnkiPackageOptions(merge_notetypes=False, with_scheduling=False)
CIRCLE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><circle r="4"/></svg>'


@pytest.fixture
def collection(tmp_path):
    opened = Collection(str(tmp_path / "collection.anki2"))
    yield opened
    opened.close()


@pytest.fixture
def pictures(tmp_path):
    (tmp_path / "small-circle.svg").write_text(CIRCLE, "utf-8")
    return tmp_path


def take_in(collection, decks, folder, timestamp):
    """Import a package as the app does; how many notes were new, changed and left alone."""
    path = folder / "package.apkg"
    path.write_bytes(package(decks, folder, timestamp))
    request = ImportAnkiPackageRequest(package_path=str(path), options=AS_THE_APP)
    log = collection.import_anki_package(request).log
    troubles = log.conflicting, log.missing_notetype, log.missing_deck, log.empty_first_field
    assert not any(troubles)
    return len(log.new), len(log.updated), len(log.duplicate)


def note_of(collection, words):
    (note,) = collection.find_notes(words)
    return collection.get_note(note)


def test_every_card_of_every_deck_is_shown(collection, tmp_path):
    cards = {side_html(card.front): card for deck in DECKS for card in deck.cards}
    total = sum(len(deck.cards) for deck in DECKS)
    assert take_in(collection, DECKS, tmp_path, 1000) == (total, 0, 0)
    shown = 0
    for number in collection.find_cards(""):
        card = collection.get_card(number)
        sides = card.render_output()
        ours = cards[card.note()["Front"]]
        assert sides.question_text.endswith(side_html(ours.front))
        assert sides.answer_text.endswith(side_html(ours.back))
        assert "{{" not in sides.question_text + sides.answer_text
        shown += 1
    assert shown == total
    assert ".nightMode" in card.render_output().css


def test_the_decks_stand_in_anki_as_in_the_course_with_a_tag_for_each(collection, tmp_path):
    take_in(collection, DECKS, tmp_path, 1000)
    names = [deck.name for deck in collection.decks.all_names_and_ids()]
    ours = [f"Backprop Ninja::{deck.lesson:02} {deck.title}" for deck in DECKS]
    assert [name for name in names if "::" in name] == ours
    for deck, name in zip(DECKS, ours, strict=True):
        tagged = collection.find_cards(f"tag:backprop-ninja::{deck.name}", order="c.due desc")
        assert sorted(tagged) == sorted(collection.find_cards(f'deck:"{name}"'))
        fronts = [collection.get_card(number).note()["Front"] for number in tagged]
        assert fronts == [side_html(card.front) for card in reversed(deck.cards)]


def test_the_packages_of_the_decks_and_of_all_are_the_same_cards(collection, tmp_path):
    for deck in DECKS:
        assert take_in(collection, [deck], tmp_path, 1000) == (len(deck.cards), 0, 0)
    total = sum(len(deck.cards) for deck in DECKS)
    assert take_in(collection, DECKS, tmp_path, 1000) == (0, 0, total)
    assert collection.card_count() == total


def test_a_newer_package_changes_a_card_and_keeps_what_was_learned(collection, pictures):
    assert take_in(collection, [SMALL], pictures, 1000) == (2, 0, 0)
    (number,) = note_of(collection, "comparison").card_ids()
    learned = collection.get_card(number)
    learned.start_timer()
    collection.sched.answerCard(learned, 3)
    reviews = collection.get_card(number).reps
    assert reviews == 1

    first = replace(SMALL.cards[0], back="An inequality.")
    newer = replace(SMALL, title="Renamed", cards=(*SMALL.cards[1:], first))
    assert take_in(collection, [newer], pictures, 2000) == (0, 2, 0)
    assert note_of(collection, "inequality")["Back"] == "<p>An inequality.</p>"
    assert note_of(collection, "inequality").card_ids() == [number]
    assert collection.get_card(number).reps == reviews
    assert collection.card_count() == 2


def test_an_older_package_changes_nothing(collection, pictures):
    take_in(collection, [SMALL], pictures, 2000)
    older = replace(SMALL, cards=(replace(SMALL.cards[0], back="Old."), SMALL.cards[1]))
    assert take_in(collection, [older], pictures, 1000) == (0, 0, 2)
    assert not collection.find_notes("Old.")


def test_a_card_gone_from_the_deck_stays_with_who_has_it(collection, pictures):
    take_in(collection, [SMALL], pictures, 1000)
    take_in(collection, [replace(SMALL, cards=SMALL.cards[:1])], pictures, 2000)
    assert collection.card_count() == 2


def test_pictures_come_along(collection, pictures):
    take_in(collection, [SMALL], pictures, 1000)
    back = note_of(collection, "circle")["Back"]
    assert 'src="small-circle.svg"' in back
    assert 'alt="a circle"' in back
    assert (Path(collection.media.dir()) / "small-circle.svg").read_text("utf-8") == CIRCLE


def test_a_picture_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"small-circle\.svg is not there"):
        package([SMALL], tmp_path, 1000)


def test_signs_of_html_reach_anki_as_text(collection, pictures):
    take_in(collection, [SMALL], pictures, 1000)
    note = note_of(collection, "comparison")
    assert r"\(a &lt; b\)" in note["Front"]
    assert note["Lesson"] == "Lesson 99 · Small &amp; new"


def test_making_a_package_leaves_no_file_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    package(DECKS, ROOT / "flashcards", 1000)
    assert list(tmp_path.iterdir()) == []
