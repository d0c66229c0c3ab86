"""Decks as files to take along: for Anki, as tables, as Markdown."""

from __future__ import annotations

import csv
import io
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from publish import anki
from publish.decks import Deck
from publish.fences import fences

COLUMNS = ("id", "lesson", "deck", "front", "back", "tags")
BLOCK = re.compile(r"\s*([-*+>] |\d+\. |\||\$\$)")  # a line that begins an item, a row, a formula


@dataclass(frozen=True)
class Download:
    """A file that a page offers: its name, what the link says, and what is in it."""

    name: str
    label: str
    content: bytes


def downloads(decks: Sequence[Deck], name: str, title: str, root: Path) -> list[Download]:
    """Everything there is to take along of these decks; the files are called `name`.

    Raises FileNotFoundError for a picture that is not in the flashcards/ of `root`.
    """
    package = anki.package(decks, root / "flashcards", time.time())
    return [
        Download(f"{name}.apkg", "Anki", package),
        Download(f"{name}.csv", "CSV", table(decks, csv.excel).encode()),
        Download(f"{name}.tsv", "TSV", table(decks, csv.excel_tab).encode()),
        Download(f"{name}-cards.md", "Markdown", as_markdown(decks, title).encode()),
    ]


def table(decks: Sequence[Deck], dialect: type[csv.Dialect]) -> str:
    """A row for each card, under a row of names. Both sides are Markdown, with $...$."""
    text = io.StringIO(newline="")
    rows = csv.writer(text, dialect)
    rows.writerow(COLUMNS)
    rows.writerows(_rows(decks))
    return text.getvalue()


def _rows(decks: Sequence[Deck]) -> Iterator[tuple[str, ...]]:
    for deck in decks:
        for card in deck.cards:
            about = str(deck.lesson), deck.title
            sides = flowing(card.front), flowing(card.back)
            yield card.id, *about, *sides, " ".join(card.tags)


def as_markdown(decks: Sequence[Deck], title: str) -> str:
    """One text: a heading for each deck and each card, and a rule between its sides."""
    parts = [f"# {title}"]
    for deck in decks:
        if len(decks) > 1:
            parts.append(f"# Lesson {deck.lesson}: {deck.title}")
        for card in deck.cards:
            parts += [f"## {card.id}", flowing(card.front), "---", flowing(card.back)]
    return "\n\n".join(parts) + "\n"


def flowing(text: str) -> str:
    r"""The same Markdown with every paragraph on one line: many apps keep each line break.

    >>> flowing("A sentence\nof two lines.\n\n```python\nx = 1\ny = 2\n```")
    'A sentence of two lines.\n\n```python\nx = 1\ny = 2\n```'
    """
    code = {n for fence in fences(text) for n in range(fence.start, fence.end)}
    before = ""
    lines: list[str] = []
    for n, line in enumerate(text.split("\n")):
        if before and line and not BLOCK.match(line) and n not in code:
            lines[-1] += f" {line.strip()}"
        else:
            lines.append(line)
        before = "" if n in code else line
    return "\n".join(lines)
