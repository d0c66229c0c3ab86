"""Links to lessons by their number, with the time each of them says it takes.

<!-- ninja:lesson 5 -->            lesson 5, as a link
<!-- ninja:lesson 5 title -->      its title, as a link, and its time
<!-- ninja:lesson 9-lab title -->  the same of the lab of lesson 9
<!-- ninja:minutes -->             the time that all with a title take together, in its section

A lesson without a file is named without a link. `11b-name.md` is the second page of lesson 11.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mkdocs.structure.files import File
from mkdocs.utils.meta import get_data

from publish.files import mark_of
from publish.text import title_of

MARK = re.compile(
    r"<!-- ninja:lesson (?P<numbers>\d+[a-z]?(?:-lab)?(?: \d+[a-z]?(?:-lab)?)*)"
    r"(?P<title> title)? -->"
)
MINUTES = "<!-- ninja:minutes -->"
SECTION = re.compile(r"^(?=## )", re.MULTILINE)
LEDE = re.compile(r"\n\n(?P<text>(?:[^\n]+\n)+)\{ \.ninja-lede \}")
TIME = re.compile(r"(\d+)\s+minutes")


@dataclass(frozen=True)
class Lesson:
    """A lesson's or lab's file, title and time; `minutes` is None when it does not say."""

    uri: str
    title: str
    minutes: int | None


def lessons(files: Iterable[File]) -> dict[str, Lesson]:
    """Every lesson and lab, by what marks call it."""
    found = {}
    for file in files:
        number = mark_of(file.src_uri)
        if number is not None and file.is_documentation_page():
            text = file.content_string
            title = title_of(text) or file.src_uri
            found[number] = Lesson(file.src_uri, title, minutes(text))
    return found


def minutes(text: str) -> int | None:
    r"""The time a lesson takes: `minutes:` in its front matter, or what its first sentence says.

    >>> minutes("# A\n\nYou will see. About 25 minutes, with the exercise.\n{ .ninja-lede }\n")
    25
    >>> minutes("---\nminutes: 12\n---\n# A\n")
    12
    """
    body, data = get_data(text)
    if "minutes" in data:
        return int(data["minutes"])
    lede = LEDE.search("\n" + body)
    said = TIME.search(lede["text"]) if lede else None
    return int(said[1]) if said else None


def show_lessons(markdown: str, uri: str, known: Mapping[str, Lesson]) -> str:
    """Replace every mark on the page `uri` by what it names."""

    def show(m: re.Match[str]) -> str:
        titled = bool(m["title"])
        links = [_link(n, uri, known.get(n), titled=titled) for n in m["numbers"].split()]
        return links[0] if len(links) == 1 else f"{', '.join(links[:-1])} and {links[-1]}"

    timed = (s.replace(MINUTES, _together(s, known)) for s in SECTION.split(markdown))
    return MARK.sub(show, "".join(timed))


def _together(section: str, known: Mapping[str, Lesson]) -> str:
    """The time that all lessons and labs take whose titles a section shows."""
    shown = [n for m in MARK.finditer(section) if m["title"] for n in m["numbers"].split()]
    return duration(sum(known[n].minutes or 0 for n in shown if n in known))


def _link(number: str, uri: str, lesson: Lesson | None, *, titled: bool) -> str:
    of, _, lab = number.partition("-")
    name = f"the lab of lesson {of}" if lab else f"lesson {number}"
    if lesson is None:
        return name
    to = posixpath.relpath(lesson.uri, posixpath.dirname(uri) or ".")
    if not titled:
        return f"[{name}]({to})"
    time = f" · {duration(lesson.minutes)}" if lesson.minutes else ""
    title = lesson.title if lab else f"{number}. {lesson.title}"
    return f"[{title}]({to}){time}"


def duration(minutes: int) -> str:
    """A time in words.

    >>> duration(25), duration(60), duration(130)
    ('25 min', '1 h', '2 h 10 min')
    """
    hours, rest = divmod(minutes, 60)
    parts = [f"{hours} h"] * bool(hours) + [f"{rest} min"] * bool(rest or not hours)
    return " ".join(parts)
