"""Decks: what a file says becomes cards, and whatever is wrong with it is said with its place."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from publish import deckpages, decks, reference
from publish.errors import PageError
from publish.lessons import Lesson
from publish.mathematics import Formula, Katex
from publish.reference import MistakeCard, OpPage
from publish.slots import Slots
from publish.text import PageText

ROOT = Path(__file__).resolve().parents[1]
FILE = "flashcards/05-activations.yml"
SHAPES = "x: (N,) -> y: (N,)"
WRONG = MistakeCard(
    "tanh-plus", "dx = 1", "dx = dy", "dx = 1\nreturn (dx,)", "Not `1 * 1`.", SHAPES
)
ALSO_RIGHT = MistakeCard(
    "relu-from-out", "dx = 1", "dx = 2", "dx = 1", "Fine.", SHAPES, harmless=True
)
KNOWN = {"tanh:tanh-plus": WRONG, "relu:relu-from-out": ALSO_RIGHT}

HEAD = "title: Activations\nlesson: 5\ncards:\n"
CARD = "  - id: slope\n    front: What?\n    back: That.\n"


def load(text: str) -> decks.Deck:
    return decks.load(FILE, text, KNOWN)


def test_a_deck_is_read() -> None:
    deck = load(HEAD + CARD + "    tags: [tanh]\n  - mistake: tanh:tanh-plus\n")
    assert (deck.name, deck.title, deck.lesson) == ("05-activations", "Activations", 5)
    first, second = deck.cards
    assert (first.id, first.front, first.back, first.tags) == ("slope", "What?", "That.", ("tanh",))
    assert first.line == 4
    assert (second.id, second.mistake) == ("tanh-plus", "tanh:tanh-plus")
    assert f"# {SHAPES}\n{WRONG.planted}" in second.front
    assert WRONG.wrong in second.back
    assert WRONG.right in second.back
    assert "<code>" not in decks.side_html(
        second.back.split("```")[-1]
    )  # the sentence is no Markdown


def test_a_harmless_variant_is_not_called_wrong() -> None:
    (card,) = load(HEAD + "  - mistake: relu:relu-from-out\n").cards
    assert "Wrong" not in card.back
    assert "all are right" in card.back


def test_numbers_vary() -> None:
    text = """
  - id: product
    front: $w = {{= w }}$
    back: $dw = {{= dw:.2f }}$
    vary:
      w: [2, 3, -1]
      x: [0.5, 1, 2]
      dw: x * tanh(0) + exp(0) * w / 2
"""
    (card,) = load(HEAD + text).cards
    assert card.sides == (
        ("$w = 2$", "$dw = 1.00$"),
        ("$w = 3$", "$dw = 1.50$"),
        ("$w = -1$", "$dw = -0.50$"),
    )


def test_a_digest_changes_with_what_is_said_and_with_nothing_else() -> None:
    (one,) = load(HEAD + CARD).cards
    (moved,) = load("# a note\n" + HEAD + CARD + "    tags: [new]\n").cards
    (changed,) = load(HEAD + CARD.replace("That", "This")).cards
    assert one.digest == moved.digest != changed.digest


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", None, "is empty"),
        ("- a\n- b\n", 1, "expected title, lesson, cards"),
        ("title: A\nlesson: 5\n", 1, "'cards' is missing"),
        ("title: A\nlesson: five\ncards: [a]\n", 2, "expected its number, not 'five'"),
        ("title: A\nlesson: yes\ncards: [a]\n", 2, "expected its number, not True"),
        ("title: A\nlesson: 5\ncards: []\n", 3, "expected a list of cards"),
        (HEAD + "  - just text\n", 4, "a card without an id"),
        (HEAD + CARD.replace("    back: That.\n", ""), 4, "card 'slope': 'back' is missing"),
        (HEAD + "  - front: A\n    back: B\n", 4, "a card without an id: 'id' is missing"),
        (HEAD + CARD.replace("That.", "''"), 6, "card 'slope': back: is empty"),
        (HEAD + CARD.replace("That.", "5"), 6, "put it in quotes"),
        (HEAD + CARD.replace("back:", "bakc:"), 6, "unknown key 'bakc'; did you mean 'back'?"),
        (HEAD + CARD + "    back: Two.\n", 7, "'back' stands here twice"),
        (HEAD + CARD + CARD, 7, f"this id is taken, see {FILE}:4"),
        (HEAD + CARD.replace("slope", "The Slope"), 4, "an id is made of"),
        (HEAD + CARD + "    tags: tanh\n", 7, "tags: expected a list"),
        (HEAD + CARD + "    tags: [Tanh x]\n", 7, "tag 'Tanh x'"),
        (HEAD + CARD.replace("That.", "a: b"), 6, "on lines after a '|'"),
        (HEAD + "  - mistake: tanh:tanh-pls\n", 4, "did you mean tanh:tanh-plus"),
        (HEAD + "  - mistake: tanh:tanh-plus\n    front: A\n", 5, "leave out 'front'"),
        (HEAD.replace("Activations", "A <b>B</b>") + CARD, 1, "title: HTML is not allowed"),
        (HEAD.replace("Activations", '"A\\nB"') + CARD, 1, "title: expected one line"),
        (HEAD.replace("5", "!!set 5") + CARD, 2, "lesson: cannot be read"),
        (HEAD.replace("5", "2020-13-40") + CARD, 2, "lesson: cannot be read"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, line: int | None, said: str) -> None:
    with pytest.raises(PageError) as caught:
        load(text)
    assert caught.value.line == line
    assert said in str(caught.value)
    assert str(caught.value).startswith(FILE)


@pytest.mark.parametrize(
    ("back", "line", "said"),
    [
        ("A <b>bold</b> word", 7, "HTML is not allowed, but here is '<b>'"),
        ("One.\n\n<script>alert(1)</script>", 9, "HTML is not allowed"),
        ("`a` <!-- b --> `c`", 7, "HTML is not allowed"),
        ("<https://example.org>", 7, "HTML is not allowed"),
        ("[press](javascript:alert(1))", 6, "a link goes to https://"),
        ("![x](https://example.org/a.png)", 6, "a picture is an .svg or .png beside the deck"),
        ("```python\nnever closed", 7, "never closed"),
        ("One.\n\nIs $x < 1 so?", 9, "a formula is never closed"),
        ("It is {{= w }}.", 6, "'vary'"),
    ],
)
def test_a_side_is_markdown_and_nothing_else(back: str, line: int, said: str) -> None:
    block = "\n".join(f"      {row}" for row in back.split("\n"))
    with pytest.raises(PageError) as caught:
        load(HEAD + f"  - id: slope\n    front: What?\n    back: |\n{block}\n")
    assert said in str(caught.value)
    assert caught.value.line == line
    assert "card 'slope'" in str(caught.value)


def test_less_than_is_no_html() -> None:
    back = "For $a<b$ and `x<y>` and 1 < 2:\n\n```python\nif a<b: print('<b>')\n```"
    block = "\n".join(f"      {row}" for row in back.split("\n"))
    (card,) = load(HEAD + f"  - id: slope\n    front: What?\n    back: |\n{block}\n").cards
    assert card.back == back


@pytest.mark.parametrize(
    ("vary", "said"),
    [
        ("{w: [1], w: [2]}", "vary: w: stands here twice"),
        ("{w: [1], [2]: w}", "vary: expected text"),
        ("{w: [.inf]}", "expected numbers"),
        ("{w: [.nan]}", "expected numbers"),
        ("{w: [1, 2], x: [1]}", "1 numbers, but the first list has 2"),
        ("{w: [one]}", "expected numbers"),
        ("{w: []}", "0 numbers"),
        ("{y: 1 + 1, w: [1]}", "begin with a list"),
        ("{w: [1], y: v + 1}", "'v' is not known; there are w"),
        ("{w: [0], y: 1 / w}", "division by zero"),
        ("{w: [1], y: __import__('os')}", "no function"),
        ("{w: [1], y: w.real}", "more than arithmetic"),
        ("{w: [1], y: exp(w)(1)}", "no function"),
        ("{w: [1], y: exp}", "vary: y"),
        ("{w: [1], y: w +}", "invalid syntax"),
        ("{w: [1], y: 9 ** 9 ** 9}", "vary: y"),
        ("{w: [1], y: 'log(0)'}", "vary: y"),
        ("[1, 2]", "expected names"),
    ],
)
def test_what_is_wrong_with_numbers_is_said(vary: str, said: str) -> None:
    with pytest.raises(PageError) as caught:
        load(HEAD + CARD.replace("That.", "'{{= w }}'") + f"    vary: {vary}\n")
    assert said in str(caught.value)
    assert caught.value.line == 7


@pytest.mark.parametrize("place", ["{{= w:Q }}", "{{= w + 1 }}", "{{= w }", "{{= }}"])
def test_a_place_for_a_number_that_cannot_be_read_is_refused(place: str) -> None:
    with pytest.raises(PageError, match="card 'slope'"):
        load(HEAD + CARD.replace("That.", f"'{place}'") + "    vary: {w: [1]}\n")


def test_ids_are_unique_across_decks() -> None:
    two = [load(HEAD + CARD), decks.load("flashcards/other.yml", HEAD + CARD, KNOWN)]
    with pytest.raises(PageError, match=r"other.yml:4: card 'slope'.*see .*05-activations.yml:4"):
        decks.expect_unique(two)


def test_bad_tex_is_named_with_card_and_line() -> None:
    text = (
        HEAD
        + CARD
        + "  - id: bad\n    front: |\n      Fine: $x$.\n\n      Not: $\\frac{1$\n    back: A\n"
    )

    def typeset(formulas: list[Formula]) -> list[dict[str, str]]:
        return [{"error": "no end"} if "frac" in tex else {"html": ""} for tex, _ in formulas]

    with pytest.raises(PageError, match=r"activations.yml:11: card 'bad': bad TeX: no end"):
        decks.expect_good_tex(load(text), text, typeset)


def test_html_that_slips_through_is_shown_as_text() -> None:
    """The second lock on the door: the converter knows no HTML."""
    for raw in ("<script>a</script>", "a <b onclick=x>", "<div>\n\nx\n\n</div>", "<!-- x -->"):
        assert "&lt;" in decks.side_html(raw)
        assert "<script" not in decks.side_html(raw)


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "flashcards").mkdir()
    (tmp_path / FILE).write_bytes(b"title: \xff\n")
    with pytest.raises(PageError, match=r"05-activations.yml: is not UTF-8"):
        decks.load_all(tmp_path, [])


def test_a_deck_without_its_lesson_is_refused(tmp_path: Path) -> None:
    (tmp_path / "flashcards").mkdir()
    (tmp_path / FILE).write_text(HEAD + CARD, "utf-8")
    known = {"1": Lesson("lessons/01-a-tanh-neuron.md", "A tanh neuron", None)}
    with pytest.raises(PageError, match=r"there is no lesson 5; there are 1"):
        deckpages.shelve(tmp_path, [], known, lambda formulas: [])


def test_a_mark_for_a_deck_that_is_not_there_is_refused() -> None:
    shelf = deckpages.Shelf([load(HEAD + CARD)], {}, {}, {})
    text = "# A\n\n<!-- ninja:deck 05-activatoins -->\n"
    with pytest.raises(PageError, match=r"docs/a.md:3: .*there are 05-activations"):
        deckpages.show_decks(text, PageText("docs/a.md", text), "a.md", shelf, Slots())


def test_no_decks_are_said() -> None:
    slots = Slots()
    text = "<!-- ninja:decks -->\n"
    page = PageText("flashcards/index.md", text)
    shown = deckpages.show_decks(
        text, page, "flashcards/index.md", deckpages.Shelf([], {}, {}, {}), slots
    )
    assert "no decks yet" in slots.fill(shown)


@pytest.fixture(scope="module")
def ops() -> list[OpPage]:
    return [reference.from_dict(op) for op in reference.describe(str(ROOT))]


@pytest.fixture(scope="module")
def every(ops: list[OpPage]) -> list[decks.Deck]:
    return decks.load_all(ROOT, ops)


def test_a_wrong_line_stands_among_others_where_they_are(ops: list[OpPage]) -> None:
    places = set()
    for name, mistake in decks.catalogue(ops).items():
        shown = mistake.planted.split("\n")
        wrong = mistake.wrong.split("\n")
        at = next((n for n in range(len(shown)) if shown[n : n + len(wrong)] == wrong), None)
        assert at is not None, f"{name} is not among\n{mistake.planted}"
        assert len(shown) <= max(reference.SHOWN, len(wrong))
        assert '"""' not in mistake.planted
        ast.parse(mistake.planted)  # no line is cut in two
        places.add(at)
    assert len(places) > 4


def test_katex_reads_every_card(every: list[decks.Deck]) -> None:
    katex = Katex()
    try:
        for deck in every:
            decks.expect_good_tex(deck, (ROOT / deck.path).read_text("utf-8"), katex)
    finally:
        katex.close()
    assert every
