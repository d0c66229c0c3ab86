"""What the cards say is true, and what is offered to take along holds all of it."""

from __future__ import annotations

import ast
import csv
import io
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from ninja.records import NETS, OPS
from publish.card_exports import COLUMNS, as_markdown, downloads, flowing, table
from publish.decks import Card, Deck, evaluate, load_all, side_html
from publish.fences import fences
from publish.reference import describe, from_dict

ROOT = Path(__file__).resolve().parents[1]
PAGES = [from_dict(data) for data in describe(str(ROOT))]
DECKS = load_all(ROOT, PAGES)
MISTAKES = {mistake.id for page in PAGES for mistake in page.mistakes}
LESSONS = {path.stem: int(path.name[:2]) for path in ROOT.glob("lessons/[0-9][0-9]-*.md")}
MEASURED = re.compile(r"\d\.\d")

each_deck = pytest.mark.parametrize("deck", DECKS, ids=[deck.name for deck in DECKS])


# ------------------------------------------------------------------------------- true
def slope(function, at):
    """The complex step: the gradient of a function with one number as its value."""
    at = np.asarray(at, dtype=float)
    found = np.empty(at.shape)
    for place in np.ndindex(at.shape):
        moved = at.astype(complex)
        moved[place] += 1e-20j
        found[place] = np.imag(function(moved[()])) / 1e-20
    return found[()]


def same(left, right):
    assert np.shape(left) == np.shape(right), f"{np.shape(left)} is not {np.shape(right)}"
    assert np.abs(np.asarray(left) - right).max() <= 1e-12, f"{left} is not {right}"


def prove(card, numbers):
    """Run a card's check, with one set of its numbers in scope. Raises whatever it raises."""
    names = {"np": np, "OPS": OPS, "NETS": NETS, "slope": slope, "same": same}
    code = compile(card.check, f"check of card {card.id}", "exec")
    exec(code, {**names, "rng": np.random.default_rng(0), **numbers})


def sets_of_numbers(vary):
    """The numbers that a card's `vary` gives, set by set."""
    count = max(len(values) for values in vary.values() if isinstance(values, list)) if vary else 1
    sets: list[dict[str, float]] = [{} for _ in range(count)]
    for name, values in vary.items():
        for n, numbers in enumerate(sets):
            given = isinstance(values, list)
            numbers[name] = values[n] if given else evaluate(values, numbers)
    return sets


@each_deck
def test_what_a_card_says_is_checked(deck):
    written = yaml.safe_load((ROOT / deck.path).read_text("utf-8"))["cards"]
    for card, fields in zip(deck.cards, written, strict=True):
        sets = sets_of_numbers(fields.get("vary", {}))
        assert len(sets) == len(card.sides)
        for numbers in sets:
            try:
                prove(card, numbers)
            except Exception as error:
                error.add_note(f"{deck.path}:{card.line}: card {card.id} with {numbers}")
                raise


@each_deck
def test_a_card_with_a_measured_number_has_a_check(deck):
    bare = [c.id for c in deck.cards if MEASURED.search("".join(c.sides[0])) and not c.check]
    assert [id for id in bare if id not in MISTAKES] == [], "write a `check` that proves the number"


@each_deck
def test_a_check_can_fail(deck):
    for card in deck.cards:
        tree = ast.parse(card.check)
        calls = {ast.unparse(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
        asserts = any(isinstance(node, ast.Assert) for node in ast.walk(tree))
        assert not card.check or asserts or "same" in calls, f"{card.id}: asserts nothing"


def test_a_wrong_card_is_found():
    with pytest.raises(AssertionError):
        prove(Card("a", "f", "b", check="same(1 - np.tanh(0.5), slope(np.tanh, 0.5))"), {})
    with pytest.raises(AssertionError, match=r"\(2,\) is not \(\)"):
        prove(Card("a", "f", "b", check="same(np.ones(2), 1.0)"), {})
    card = Card("a", "f", "b", check="assert dw == w * 2")
    prove(card, {"w": 3, "dw": 6})
    with pytest.raises(AssertionError):
        prove(card, {"w": 3, "dw": 7})
    assert sets_of_numbers({"w": [1, 2], "dw": "w * 3"}) == [{"w": 1, "dw": 3}, {"w": 2, "dw": 6}]


@each_deck
def test_code_on_a_card_is_python(deck):
    for card in deck.cards:
        if card.mistake is None:  # those show lines from the middle of a function
            for fence in fences(f"{card.front}\n\n{card.back}"):
                ast.parse(fence.code)


# --------------------------------------------------------------------------- complete
@each_deck
def test_a_deck_belongs_to_its_lesson(deck):
    assert LESSONS.get(deck.name) == deck.lesson, "name a deck as its lesson's file"
    assert len(deck.cards) >= 8, "a deck is worth opening with eight cards or more"


@each_deck
def test_a_deck_has_wrong_lines_to_spot(deck):
    assert len([card for card in deck.cards if card.mistake is not None]) >= 2


@each_deck
def test_a_card_comes_forward_after_mistakes_that_exist(deck):
    unknown = {tag for card in deck.cards for tag in card.tags} - MISTAKES
    assert unknown == set(), "no operation has such a mistake"


def test_a_question_is_asked_once():
    fronts = Counter(" ".join(card.front.split()) for deck in DECKS for card in deck.cards)
    assert [front for front, times in fronts.items() if times > 1] == []


def test_every_lesson_has_a_deck():
    assert set(LESSONS) == {deck.name for deck in DECKS}


# -------------------------------------------------------------------- to take along
TRICKY = Deck("99-tricky", "flashcards/99-tricky.yml", "Commas, tabs", 99, (
    Card("tricky", 'Is "a, b" $\\le$\n\n```python\nx\t= 1\n```', "Yes; ünïcode.", ("one", "two")),
))  # fmt: skip


@pytest.mark.parametrize("dialect", [csv.excel, csv.excel_tab])
def test_a_table_gives_back_every_card(dialect):
    decks = [*DECKS, TRICKY]
    text = io.StringIO(table(decks, dialect), newline="")
    rows = list(csv.DictReader(text, dialect=dialect))
    cards = [card for deck in decks for card in deck.cards]
    assert tuple(rows[0]) == COLUMNS
    assert [(r["id"], r["front"], r["back"], r["tags"].split()) for r in rows] == [
        (c.id, flowing(c.front), flowing(c.back), list(c.tags)) for c in cards
    ]
    assert rows[-1]["lesson"] == "99"
    assert rows[-1]["deck"] == "Commas, tabs"


@each_deck
def test_a_text_on_one_line_says_the_same(deck):
    for side in (side for card in deck.cards for side in (card.front, card.back)):
        assert side_html(flowing(side)).split() == side_html(side).split()
        prose = re.sub(r"```.*?```", "", flowing(side), flags=re.DOTALL)
        assert not re.search(r"\S\n(?!- |\$\$|\s|$)", prose)


def test_the_markdown_has_every_card_under_its_deck():
    text = as_markdown([*DECKS, TRICKY], "All decks")
    ids = [card.id for deck in [*DECKS, TRICKY] for card in deck.cards]
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ids
    assert text.count("\n\n---\n\n") == sum(len(deck.cards) for deck in [*DECKS, TRICKY])
    assert "# Lesson 99: Commas, tabs\n\n## tricky\n\nIs" in text
    assert as_markdown([TRICKY], "Commas, tabs").startswith("# Commas, tabs\n\n## tricky\n")


def test_what_is_offered():
    offered = downloads([TRICKY], "99-tricky", "Commas, tabs", ROOT)
    assert [(file.name, file.label) for file in offered] == [
        ("99-tricky.apkg", "Anki"),
        ("99-tricky.csv", "CSV"),
        ("99-tricky.tsv", "TSV"),
        ("99-tricky-cards.md", "Markdown"),
    ]
    assert "ünïcode".encode() in offered[1].content
    changed = replace(TRICKY, cards=(replace(TRICKY.cards[0], back="No."),))
    assert downloads([changed], "n", "t", ROOT)[3].content.endswith(b"\n\n---\n\nNo.\n")
