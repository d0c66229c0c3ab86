"""Decks as packages for Anki.

Whatever Anki knows a card, a deck or a kind of note by is made from our names. So a newer package
changes the cards that are there, what has been learned stays, and the package of a deck and that
of all decks are the same cards.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from io import BytesIO
from itertools import count
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import genanki

from publish.decks import Card, Deck, side_html
from publish.palette import PALETTE, declarations

NAME = "Backprop Ninja"
STYLE = Path(__file__).with_name("anki.css")
NIGHT = ".card.nightMode, .nightMode .card, .card.night_mode"
PICTURE = re.compile(r'<img [^>]*\bsrc="([^"]+)"')


def package(decks: Sequence[Deck], folder: Path, timestamp: float) -> bytes:
    """An .apkg of these decks; their pictures lie in `folder`.

    Anki takes over a change only from a package whose `timestamp`, in seconds, is later than that
    of the one before. Raises FileNotFoundError for a picture that is not there.
    """
    model = _model()
    made = genanki.Package([_deck(deck, model) for deck in decks])
    fields = [field for deck in made.decks for note in deck.notes for field in note.fields]
    pictures = sorted({name for field in fields for name in PICTURE.findall(field)})
    for name in pictures:
        if not (folder / name).exists():
            raise FileNotFoundError(f"{folder / name} is not there, and a card shows it")

    # As genanki's write_to_file does, which leaves its database behind in a temporary file.
    with closing(sqlite3.connect(":memory:")) as database:
        made.write_to_db(database.cursor(), timestamp, count(int(timestamp * 1000)))
        database.commit()
        collection = database.serialize()
    content = BytesIO()
    with ZipFile(content, "w", ZIP_DEFLATED) as file:
        file.writestr("collection.anki2", collection)
        file.writestr("media", json.dumps(dict(enumerate(pictures))))
        for n, name in enumerate(pictures):
            file.write(folder / name, str(n))
    return content.getvalue()


def style() -> str:
    """The stylesheet of a card, with the palette's colours for day and for night."""
    css = STYLE.read_text("utf-8")
    day, night = declarations(PALETTE.read_text("utf-8"), css)
    return f".card {{ {day} }}\n{NIGHT} {{ {night} }}\n\n{css}"


def stable_id(name: str) -> int:
    """A number for Anki that is always the same for a name; Anki wants 31 bits.

    >>> stable_id("Backprop Ninja")
    1689943542
    """
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) >> 1 | 1 << 30


def _model() -> genanki.Model:
    return genanki.Model(
        stable_id(NAME),
        NAME,
        fields=[{"name": "Front"}, {"name": "Back"}, {"name": "Lesson"}],
        templates=[
            {
                "name": "Card",
                "qfmt": '<p class="lesson">{{Lesson}}</p>\n{{Front}}',
                "afmt": '{{FrontSide}}\n<hr id="answer">\n{{Back}}',
            }
        ],
        css=style(),
    )


def _deck(deck: Deck, model: genanki.Model) -> genanki.Deck:
    # Anki sorts decks by their names: a number of two digits keeps them in the order of the course.
    name = f"{NAME}::{deck.lesson:02} {deck.title}"
    about = f"{len(deck.cards)} cards for lesson {deck.lesson} of {NAME}."
    made = genanki.Deck(stable_id(f"deck {deck.name}"), name, about)
    for place, card in enumerate(deck.cards):
        made.add_note(_note(card, place, deck, model))
    return made


def _note(card: Card, place: int, deck: Deck, model: genanki.Model) -> genanki.Note:
    tags = [f"backprop-ninja::{deck.name}"]
    if card.mistake is not None:
        tags.append("backprop-ninja::spot-the-line")
    about = f"Lesson {deck.lesson} · {deck.title}"
    return genanki.Note(
        model,
        [side_html(card.front), side_html(card.back), html.escape(about)],
        guid=genanki.guid_for("backprop-ninja", card.id),
        tags=tags,
        due=place,
    )
