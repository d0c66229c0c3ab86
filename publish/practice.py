"""The pages to practise on: a list of all exercises, a page for each, and the bug hunts.

Everything on them comes from the records, so a new operation brings its own.  What a page's script
needs beside the starter (hints, solution) lies in one JSON file for each exercise.
"""

from __future__ import annotations

import html
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, zip_longest
from typing import Any

from publish.lessons import Lesson
from publish.notebook import exercise_notebook

FOLDER = "practice"
HUNT = f"{FOLDER}/bug-hunt"

# A belt is held by who has solved every exercise up to the end of that lesson; the last, of all.
BELTS = {"white": 1, "yellow": 3, "orange": 5, "green": 7, "blue": 9, "brown": 11, "black": None}

UNSEARCHED = {"exclude": True}  # wrong programs are nothing to be found by

HOW = """\
Write the lines of `backward` and press **Check** or Ctrl+Enter: you are told which gradients are
right, which only inherit an error, and which mistake it is. What you write stays in your browser.
{ .ninja-lede }
"""


@dataclass(frozen=True)
class Bug:
    """A program with one wrong line, and the gradients that it makes wrong."""

    id: str
    source: str
    wrong: list[str]
    inherited: list[str]


@dataclass(frozen=True)
class Exercise:
    """An exercise as its pages need it; `page` is what `ninja.dojo.describe` says."""

    name: str
    lesson: int | None
    path: str
    page: dict[str, Any]
    bugs: list[Bug]

    @property
    def uri(self) -> str:
        return f"{FOLDER}/{self.name}.md"

    @property
    def hunt(self) -> str:
        return f"{HUNT}/{self.name}.md"

    @property
    def downloads(self) -> dict[str, str]:
        """Where its files lie in the site."""
        folder, file = f"{FOLDER}/{self.name}", self.page["file_name"]
        return {"python": f"{folder}/{file}", "notebook": f"{folder}/{file[:-3]}.ipynb"}


def describe(root: str) -> list[dict[str, Any]]:
    """The exercises of the package at `root` in teaching order, as JSON knows them.

    Imports the package, so call it in a process of its own.
    """
    sys.path.insert(0, root)
    from ninja import dojo, hunt
    from ninja.exercises import EXERCISES
    from ninja.op import LAST

    return [
        {
            "name": name,
            "lesson": None if exercise.op.lesson == LAST else exercise.op.lesson,
            "path": exercise.op.plain_forward.__module__.replace(".", "/") + ".py",
            "page": dojo.describe(name),
            "bugs": [
                {
                    "id": bug.mistake.id,
                    "source": bug.source,
                    "wrong": bug.wrong,
                    "inherited": bug.inherited,
                }
                for bug in hunt.bugs(exercise.op)
            ],
        }
        for name, exercise in EXERCISES.items()
    ]


def from_dict(data: dict[str, Any]) -> Exercise:
    """The exercise that JSON took apart."""
    return Exercise(**{**data, "bugs": [Bug(**bug) for bug in data["bugs"]]})


def pages(exercises: Sequence[Exercise]) -> Iterator[tuple[str, str, str | None, bool]]:
    """Every page: where it stands, its Markdown, the file to edit, whether the navigation has it.

    The single hunts are reached from their list.  Without exercises there is none.
    """
    if not exercises:
        return
    yield f"{FOLDER}/index.md", _list(exercises), None, True
    yield f"{HUNT}/index.md", _hunts(exercises), None, True
    for number, exercise in enumerate(exercises, start=1):
        yield exercise.uri, _exercise(exercise, number), exercise.path, True
        if exercise.bugs:
            yield exercise.hunt, _hunt(exercise), exercise.path, False


def files(
    exercises: Sequence[Exercise], lessons: Mapping[str, Lesson], site_url: str
) -> Iterator[tuple[str, str]]:
    """What is not a page: the downloads, and what the script reads; where each lies, its text."""
    for exercise, following in zip_longest(exercises, exercises[1:]):
        starter = exercise.page["starter"]
        url = _url(exercise.uri)
        yield exercise.downloads["python"], starter
        book = exercise_notebook(exercise.name, exercise.page["title"], starter, site_url + url)
        yield exercise.downloads["notebook"], book
        lesson = lessons.get(str(exercise.lesson))
        said = {
            **exercise.page,
            "url": url,
            "lesson": exercise.lesson,
            "lesson_url": _url(lesson.uri) if lesson else None,
            "downloads": exercise.downloads,
            "next": following and {
                "name": following.name,
                "title": following.page["title"],
                "url": _url(following.uri),
            },
        }  # fmt: skip
        path = f"assets/dojo/exercises/{exercise.name}.json"
        yield path, json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def _url(uri: str) -> str:
    """The address of a page of ours, from the root of the site."""
    return uri.removesuffix(".md").removesuffix("index").rstrip("/") + "/"


def _head(title: str, description: str, **more: Any) -> str:
    """The front matter and the heading of a page."""
    said = {"title": title, "description": description, **more}
    rows = "\n".join(f"{key}: {json.dumps(value)}" for key, value in said.items())
    return f"---\n{rows}\n---\n# {title}"


def _page(*parts: str) -> str:
    return "\n\n".join(parts) + "\n"


def _list(exercises: Sequence[Exercise]) -> str:
    """The page that lists all exercises, lesson by lesson."""
    belts = html.escape(json.dumps(_belts(exercises)))
    parts = []
    for lesson, group in groupby(exercises, key=lambda e: e.lesson):
        known = f"<!-- ninja:lesson {lesson} title -->"
        heading = "Beyond the lessons" if lesson is None else known
        parts += [f"## {heading}", "\n".join(_item(exercise) for exercise in group)]
    return _page(
        _head("Practice", "Every exercise, in the order of the lessons.", order=0),
        HOW,
        f'<div class="ninja-progress" data-belts="{belts}"></div>',
        f"{_rule()} Afterwards, there is the [bug hunt](bug-hunt/index.md): "
        f"{sum(len(e.bugs) for e in exercises)} programs with one wrong line each.",
        *parts,
    )


def _rule() -> str:
    steps = [f"{belt} after lesson {last}" for belt, last in BELTS.items() if last is not None]
    highest = list(BELTS)[-1]
    return (
        "Each belt asks for every exercise up to the end of a lesson: "
        f"{', '.join(steps)}, and {highest} for all there are."
    )


def _belts(exercises: Sequence[Exercise]) -> list[dict[str, Any]]:
    """Each belt with the exercises that it asks for beyond those of the belt before."""
    waiting, belts = list(exercises), []
    for belt, last in BELTS.items():
        due = [e for e in waiting if last is None or (e.lesson is not None and e.lesson <= last)]
        waiting = [e for e in waiting if e not in due]
        belts.append({"belt": belt, "needs": [e.name for e in due]})
    return belts


def _item(exercise: Exercise) -> str:
    count = len(exercise.page["gradients"])
    facts = [f"{count} gradient{'s' if count > 1 else ''}"]
    if exercise.page["needs_numpy"]:
        facts.append("needs NumPy")
    name = f"[{exercise.name}]({exercise.name}.md)"
    return (
        f'- {name}{{ data-solves="{exercise.name}" }} {exercise.page["title"]} '
        f"<small>{', '.join(facts)}</small>"
    )


def _exercise(exercise: Exercise, number: int) -> str:
    """The page of one exercise, with its starter."""
    page = exercise.page
    kicker = "Exercise" if exercise.lesson is None else f"Exercise of lesson {exercise.lesson}"
    where = [f"the [reference](../reference/{exercise.name}.md) has the answer with its derivation"]
    if exercise.lesson is not None:
        where.insert(0, f"it is taught in <!-- ninja:lesson {exercise.lesson} -->")
    if exercise.bugs:
        where.append(f"and there are [bugs to hunt](bug-hunt/{exercise.name}.md)")
    command = f"backprop-ninja check {page['file_name']}"
    return _page(
        _head(exercise.name, page["title"], kicker=kicker, order=number),
        page["title"],
        f'```python exercise="{exercise.name}"\n{page["starter"].rstrip()}\n```',
        _sentence(", ".join(where)),
        "You can also take it with you, by the links at the top: the notebook checks it with its "
        f"last cell, and in a terminal `{command}` checks the Python file.",
    )


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."


def _hunts(exercises: Sequence[Exercise]) -> str:
    """The page that lists the hunts."""
    hunts = [exercise for exercise in exercises if exercise.bugs]
    return _page(
        _head("Bug hunt", "Programs with one wrong line: find it, and mend it.", order=99),
        f"{sum(len(e.bugs) for e in hunts)} backward passes, each with one line wrong, in a way "
        "that people really write. Say which gradients come out wrong before you see it, then "
        "mend the line.\n{ .ninja-lede }",
        "\n".join(_hunt_item(exercise) for exercise in hunts),
    )


def _hunt_item(exercise: Exercise) -> str:
    names = " ".join(f"{exercise.name}:{bug.id}" for bug in exercise.bugs)
    link = f"[{exercise.name}]({exercise.name}.md)"
    count = f"{len(exercise.bugs)} bug{'s' if len(exercise.bugs) > 1 else ''}"
    return f'- {link}{{ data-hunts="{names}" }} {exercise.page["title"]} <small>{count}</small>'


def _hunt(exercise: Exercise) -> str:
    """The page of one record's bugs; what is wrong is folded away."""
    names = ", ".join(f"`{name}`" for name in exercise.page["gradients"])
    title = f"Bug hunt: {exercise.name}"
    return _page(
        _head(title, f"Wrong lines in {exercise.name}.", kicker="Bug hunt", search=UNSEARCHED),
        f"One line of each program is wrong. Which of {names} come out wrong? A wrong line spoils "
        "its own gradient and every gradient that reads it.",
        *(_bug(exercise, number, bug) for number, bug in enumerate(exercise.bugs, start=1)),
        f"The exercise: [{exercise.name}](../{exercise.name}.md). All hunts: [list](index.md).",
    )


def _bug(exercise: Exercise, number: int, bug: Bug) -> str:
    wrong = " and ".join(f"`{name}`" for name in bug.wrong)
    also = ", ".join(f"`{name}`" for name in bug.inherited)
    spoiled = f" Its error is passed on to {also}." if also else ""
    return (
        f"## Bug {number}\n\n"
        f'```python exercise="{exercise.name}" bug="{bug.id}"\n{bug.source.rstrip()}\n```\n\n'
        f'??? check "What is wrong?"\n\n'
        f"    Wrong is {wrong}.{spoiled}\n\n"
        f"    <!-- ninja:mistake {exercise.name}:{bug.id} -->"
    )
