"""What the course cites: each work under one name, wherever it is cited, and at a safe address."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from ninja.records import RECORDS

ROOT = Path(__file__).parent.parent
LINK = re.compile(r"\[([^\[\]]+)\]\((https?://[^\s()]+)\)")


def pages() -> Iterator[tuple[str, str]]:
    """(where it stands, Markdown) for all that is written for readers."""
    for folder in ("lessons", "docs", "flashcards"):
        for file in sorted((ROOT / folder).glob("*.md")):
            yield f"{folder}/{file.name}", file.read_text(encoding="utf-8")
    for op in RECORDS.values():
        yield f"the reference of {op.name}", op.reference


def complaints(written: Iterable[tuple[str, str]]) -> list[str]:
    """Addresses that are not safe, and works that go by two names."""
    names: dict[str, tuple[str, str]] = {}
    found = []
    for place, text in written:
        for link in LINK.finditer(text):
            name, address = " ".join(link[1].split()), link[2]
            known, first = names.setdefault(address, (name, place))
            if name != known:
                found.append(f"{place}: {address} is {name!r}, and {known!r} in {first}")
            if not address.startswith("https://"):
                found.append(f"{place}: {address} should begin with https://")
    return found


def test_each_work_has_one_name():
    written = list(pages())
    assert sum(len(LINK.findall(text)) for _, text in written) > 100
    assert complaints(written) == []


def test_a_second_name_and_an_unsafe_address_are_found():
    planted = [("a", "[Title](http://x.org/1)"), ("b", "[title](http://x.org/1)")]
    assert [line.split(": ")[0] for line in complaints(planted)] == ["a", "b", "b"]
