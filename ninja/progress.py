"""What a learner has done in a folder of exercises: solved, worked on, hints taken.

It is kept in `.ninja-progress.json` beside the exercises.  Whether a file was worked on is seen
from its text, so nothing is lost with that file but the number of the next hint and the marks.
"""

from __future__ import annotations

import hashlib
import json
import os
import shlex
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ninja.exercises import EXERCISES, Exercise
from ninja.starter import COMMAND

FILE = ".ninja-progress.json"
FOLDER = "ninja-exercises"  # where `start` writes when it is not told
SOLVED, STARTED, NEW = "solved", "started", "new"


class NoFolder(Exception):
    """Exercises are not where they are looked for; the message says what to do."""


@dataclass
class Mark:
    """What is known of one exercise: hashes of its starter and of the text that solved it."""

    starter: str = ""
    solved: str = ""
    hint: int = 0  # the last rung that was shown


@dataclass
class Progress:
    """The marks of one folder; `complaint` when the file could not be read."""

    folder: Path
    marks: dict[str, Mark] = field(default_factory=dict)
    complaint: str = ""

    @classmethod
    def load(cls, folder: Path) -> Progress:
        """Read the file; one that can't be understood is moved aside, never overwritten."""
        path = folder / FILE
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            return cls(folder, {name: Mark(**mark) for name, mark in data["exercises"].items()})
        except FileNotFoundError:
            return cls(folder)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return cls(folder, complaint=_set_aside(path))

    def save(self) -> None:
        """Write the file in one step.  Raises OSError where the folder can't be written to."""
        marks = {name: asdict(mark) for name, mark in self.marks.items()}
        path = self.folder / FILE
        new = path.with_name(f"{FILE}.{os.getpid()}")
        new.write_text(json.dumps({"exercises": marks}, indent=1) + "\n", encoding="utf-8")
        new.replace(path)

    def mark(self, exercise: Exercise) -> Mark:
        return self.marks.setdefault(exercise.name, Mark())

    def path(self, exercise: Exercise) -> Path:
        return self.folder / exercise.file_name

    def state(self, exercise: Exercise) -> str:
        """Solved once, or started: its file is no longer the starter, or new."""
        mark = self.marks.get(exercise.name, Mark())
        if mark.solved:
            return SOLVED
        try:
            text = self.path(exercise).read_bytes()
        except OSError:
            return NEW
        return NEW if digest(text) == (mark.starter or digest(exercise.starter)) else STARTED

    def unsolved(self) -> Iterator[Exercise]:
        """What is left to do in this folder, in the order of the lessons."""
        for exercise in EXERCISES.values():
            if not self.mark(exercise).solved and self.path(exercise).is_file():
                yield exercise


def digest(text: str | bytes) -> str:
    """A short fingerprint of a file, the same with either kind of line ending."""
    data = text.encode() if isinstance(text, str) else text
    return hashlib.sha256(data.replace(b"\r\n", b"\n")).hexdigest()[:16]


def locate(given: str | None = None) -> Path:
    """The folder of the exercises: the one given, else this one, else the default in it.

    Raises NoFolder where there is none.
    """
    choices = [Path(given)] if given else [Path(), Path(FOLDER)]
    for folder in choices:
        if (folder / FILE).exists():
            return folder
    for folder in choices:
        if any((folder / e.file_name).is_file() for e in EXERCISES.values()):
            return folder
    where = given or "this folder"
    raise NoFolder(f"there are no exercises in {where}: write them with `{_start(given)}`")


def _start(given: str | None) -> str:
    return f"{COMMAND} start {shlex.quote(given)}" if given else f"{COMMAND} start"


def _set_aside(path: Path) -> str:
    number = 1
    while (aside := path.with_name(f"{FILE}.broken-{number}")).exists():
        number += 1
    try:
        path.rename(aside)
    except OSError as error:
        return f"{path} can't be read ({error.strerror}): what is solved is not known."
    return (
        f"{path} could not be read, so what was solved is not known. It is kept as {aside.name}; "
        "check an exercise again to mark it solved."
    )
