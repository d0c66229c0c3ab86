"""Decks as pages: cards to browse and to study, and the list of all decks.

<!-- ninja:deck 05-activations -->    the cards of a deck
<!-- ninja:decks -->                  every deck, to study or print together

`python -m publish.deckpages` checks all decks without building the site.

The cards are in the page, question and answer. The script makes them turn, and adds studying and
printing; the list fetches the pages of its decks when it is asked for all cards.
"""

from __future__ import annotations

import gzip
import html
import json
import posixpath
import re
import string
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mkdocs.config import load_config

from publish import decks, paper, reference
from publish.card_exports import Download, downloads
from publish.decks import ALL, Card, Deck, side_html
from publish.errors import PageError
from publish.esbuild import bundle
from publish.files import beside_docs
from publish.lessons import Lesson, lessons
from publish.mathematics import Formula, Katex
from publish.reference import OpPage
from publish.slots import Slots
from publish.text import PageText

HERE = Path(__file__).resolve().parent

MARK = re.compile(
    r"^<!-- ninja:(?P<kind>decks|deck(?= \S))(?: (?P<name>[\w-]+))? -->$", re.MULTILINE
)
SCRIPT, STYLE = "assets/cards/cards.js", "assets/cards/cards.css"


@dataclass(frozen=True)
class Shelf:
    """What the pages show.

    lessons   those that decks belong to, by number
    files     to take along, by deck (or `ALL`)
    mistakes  what a reader is told of each, by its id
    """

    decks: Sequence[Deck]
    lessons: Mapping[str, Lesson]
    files: Mapping[str, Sequence[Download]]
    mistakes: Mapping[str, str]


def shelve(
    root: Path,
    ops: Iterable[OpPage],
    known: Mapping[str, Lesson],
    typeset: Callable[[list[Formula]], list[dict[str, str]]],
) -> Shelf:
    """Every deck, with its files. Raises PageError for whatever is wrong with one."""
    ops = list(ops)
    every = decks.load_all(root, ops)
    for deck in every:
        if str(deck.lesson) not in known:
            there = ", ".join(known)
            raise PageError(deck.path, 1, f"there is no lesson {deck.lesson}; there are {there}")
        decks.expect_good_tex(deck, (root / deck.path).read_text("utf-8"), typeset)
    titled = {deck.name: (deck.title, [deck]) for deck in every}
    if every:
        titled[ALL] = ("Backprop Ninja", every)
    files = {
        name: downloads(some, name, title, root) + paper.ready(root, name, some)
        for name, (title, some) in titled.items()
    }
    mistakes = {mistake.id: mistake.sentence for op in ops for mistake in op.mistakes}
    return Shelf(every, known, files, mistakes)


def pages(shelf: Shelf) -> Iterator[tuple[str, str, str]]:
    """The page of each deck: its place, its Markdown, and the file to edit."""
    for deck in shelf.decks:
        yield f"flashcards/{deck.name}.md", page_markdown(deck), deck.path


def assets(folder: Path) -> Iterator[tuple[str, Path]]:
    """What the pages load, by its place on the site; it is made in `folder`."""
    for uri in (SCRIPT, STYLE):
        target = folder / Path(uri).name
        bundle(HERE / "browser" / "cards" / target.name, target)
        yield uri, target


def page_markdown(deck: Deck) -> str:
    """The page of a deck. It stays out of the search, where the lesson says the same."""
    description = f"{len(deck.cards)} cards to study, print, or take along in Anki."
    front = (
        f"description: {description}\nkicker: Flashcards\nhide: [toc]\nsearch: {{exclude: true}}"
    )
    title = json.dumps(deck.title)  # JSON is YAML, quotes and all
    return f"---\ntitle: {title}\n{front}\n---\n# {deck.title}\n\n<!-- ninja:deck {deck.name} -->\n"


def show_decks(markdown: str, page: PageText, uri: str, shelf: Shelf, slots: Slots) -> str:
    """Replace every mark by what it names. Raises PageError for a deck that is not there."""
    named = {deck.name: deck for deck in shelf.decks}

    def show(m: re.Match[str]) -> str:
        if m["kind"] == "decks":
            return slots.hold(_list_html(uri, shelf))
        if m["name"] not in named:
            there = ", ".join(named) or "none"
            raise page.error(m[0], f"ninja:deck: no deck {m['name']!r}; there are {there}")
        return slots.hold(_deck_html(named[m["name"]], uri, shelf))

    return MARK.sub(show, markdown)


def links_to_decks(number: str | None, shelf: Shelf) -> list[dict[str, str]]:
    """The decks of a lesson, for the templates; 11b is the second page of lesson 11."""
    lesson = number and number.rstrip(string.ascii_lowercase)
    return [
        {"url": f"flashcards/{deck.name}/", "text": f"{len(deck.cards)} flashcards"}
        for deck in shelf.decks
        if str(deck.lesson) == lesson
    ]


def _link(uri: str, to: str) -> str:
    """The address of `to`, from the page `uri`."""
    place = uri.removesuffix(".md").removesuffix("index")
    return posixpath.relpath(to, place or ".") + "/" * to.endswith("/")


def _assets(uri: str) -> str:
    return (
        f'<link rel="stylesheet" href="{_link(uri, STYLE)}">'
        f'<script type="module" src="{_link(uri, SCRIPT)}"></script>'
    )


def _deck_html(deck: Deck, uri: str, shelf: Shelf) -> str:
    lesson = shelf.lessons[str(deck.lesson)]
    address = _link(uri, lesson.uri.removesuffix(".md") + "/")
    about = f'<a href="{address}">Lesson {deck.lesson}: {html.escape(lesson.title)}</a>'
    cards = "".join(
        _card_html(card, f"{n} of {len(deck.cards)}", address, deck.lesson)
        for n, card in enumerate(deck.cards, 1)
    )
    about_them = {name for card in deck.cards for name in card.about}
    mistakes = {name: said for name, said in shelf.mistakes.items() if name in about_them}
    return (
        f'{_assets(uri)}<div class="ninja-deck" data-deck="{deck.name}" '
        f'data-title="{html.escape(deck.title)}" '
        f'data-mistakes="{html.escape(json.dumps(mistakes, ensure_ascii=False))}">'
        f'<p class="ninja-deck__about">{len(deck.cards)} cards · {about}</p>'
        f'{_files_html(deck.name, uri, shelf)}<ol class="ninja-cards">{cards}</ol></div>'
    )


def _card_html(card: Card, count: str, lesson: str, number: int) -> str:
    sides = [
        f'<div class="ninja-card__front">{_side(front)}</div>'
        "<details><summary>Turn over</summary>"
        f'<div class="ninja-card__back">{_side(back)}</div></details>'
        for front, back in card.sides
    ]
    others = "".join(f"<template>{side}</template>" for side in sides[1:])
    return (
        f'<li class="ninja-card no-copy" id="card-{card.id}" data-digest="{card.digest}" '
        f'data-about="{" ".join(card.about)}">{sides[0]}'
        f'<p class="ninja-card__foot"><span>{count}</span> '
        f'<a href="{lesson}">Lesson {number}</a></p>{others}</li>'
    )


def _side(text: str) -> str:
    """A side as it stands on the page; pictures are beside the deck, one folder up."""
    return side_html(text).replace('src="', 'src="../')


def _list_html(uri: str, shelf: Shelf) -> str:
    if not shelf.decks:
        return "<p>There are no decks yet.</p>"
    rows = []
    for deck in shelf.decks:
        cards = " ".join(",".join([card.id, *card.about]) for card in deck.cards)
        rows.append(
            f'<li data-cards="{cards}">'
            f'<span class="ninja-decks__kicker">Lesson {deck.lesson}</span>'
            f'<a href="{_link(uri, f"flashcards/{deck.name}/")}">{html.escape(deck.title)}</a>'
            f'<span class="ninja-decks__count">{len(deck.cards)} cards</span></li>'
        )
    count = sum(len(deck.cards) for deck in shelf.decks)
    return (
        f'{_assets(uri)}<div class="ninja-deck" data-deck="{ALL}" data-title="All decks">'
        f'<p class="ninja-deck__about">{count} cards in {len(shelf.decks)} decks</p>'
        f'{_files_html(ALL, uri, shelf)}<ol class="ninja-decks">{"".join(rows)}</ol></div>'
    )


def _files_html(name: str, uri: str, shelf: Shelf) -> str:
    links = " ".join(
        f'<a href="{_link(uri, f"flashcards/{file.name}")}" download>{html.escape(file.label)}</a>'
        for file in shelf.files.get(name, ())
    )
    return f'<p class="ninja-deck__files">Take along: {links}</p>' if links else ""


def main() -> None:
    """Check every deck and make all that comes of it, but for the site around it."""
    root = Path(__file__).resolve().parents[1]
    ops = [reference.from_dict(op) for op in reference.describe(str(root))]
    known = lessons(beside_docs(root, load_config(str(root / "mkdocs.yml"))))
    start = time.perf_counter()
    katex = Katex()
    try:
        shelf = shelve(root, ops, known, katex)
    finally:
        katex.close()
    made = [_deck_html(deck, f"flashcards/{deck.name}.md", shelf) for deck in shelf.decks]
    seconds = time.perf_counter() - start
    count = sum(len(deck.cards) for deck in shelf.decks)
    largest = max(len(gzip.compress(page.encode(), 9)) for page in made)
    print(f"{len(made)} decks with {count} cards, checked and made in {seconds:.1f} s")
    print(f"the largest has {largest} bytes as it travels")


if __name__ == "__main__":
    try:
        main()
    except PageError as error:
        sys.exit(str(error))
