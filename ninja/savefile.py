"""Progress as one file that goes from the page to the terminal and back.

    {"format": "backprop-ninja progress", "version": 1,
     "exercises": {"tanh": {"code", "starter", "solved", "tries", "hint"}, ...},
     "bugs": {"tanh:tanh-forgets-upstream": {...}, ...}}

code is what was written, starter the text that it was begun from, hint the number of rungs that
were shown.  The bugs are the page's own; the terminal passes over them.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ninja.exercises import EXERCISES, Exercise
from ninja.progress import NEW, SOLVED, STARTED, Mark, Progress, digest

FORMAT, VERSION = "backprop-ninja progress", 1
LARGEST = 1 << 24  # bytes of a file that may be one
EXPORT = "“Export” on the practice page writes such a file, and so does `list --export`"


class NotProgress(Exception):
    """A file that holds no progress; the message says what to do."""


@dataclass(frozen=True)
class Saved:
    """What was saved of one exercise."""

    code: str = ""
    starter: str = ""
    solved: bool = False
    tries: int = 0
    hint: int = 0

    def state(self, exercise: Exercise) -> str:
        """Solved once, or started: its code is no longer the starter, or new."""
        if self.solved:
            return SOLVED
        untouched = digest(self.code) in {digest(t) for t in ("", self.starter, exercise.starter)}
        return NEW if untouched else STARTED


def read(path: Path) -> dict[str, Saved]:
    """What a file saved, by exercise.  Raises NotProgress."""
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except OSError as error:
        raise NotProgress(f"{path} can't be read: {error.strerror}. {EXPORT}.") from None
    try:
        if len(raw) > LARGEST:
            raise ValueError
        data = json.loads(raw.decode("utf-8-sig"))  # some editors put a mark first
        if data["format"] != FORMAT or not isinstance(data["exercises"], dict):
            raise ValueError
    except (ValueError, TypeError, KeyError, RecursionError):
        raise NotProgress(f"{path} holds no progress of exercises. {EXPORT}.") from None
    if data.get("version") != VERSION:
        raise NotProgress(
            f"{path} is of version {data.get('version')}, and version {VERSION} is what can be "
            "read here: install the newest backprop-ninja."
        )
    return {name: _saved(path, name, entry) for name, entry in data["exercises"].items()}


def _saved(path: Path, name: str, entry: object) -> Saved:
    fields = asdict(Saved())
    known = {k: v for k, v in entry.items() if k in fields} if isinstance(entry, dict) else None
    if known is None or any(type(value) is not type(fields[k]) for k, value in known.items()):
        raise NotProgress(f"{path}: what it says of {name!r} can't be understood. {EXPORT}.")
    # A browser's strings may hold half a character, which no file can.
    clean: dict[str, Any] = {k: _whole(v) if isinstance(v, str) else v for k, v in known.items()}
    return Saved(**clean)


def _whole(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def code_of(exercise: Exercise, path: Path) -> str:
    """The code that a file has for an exercise.  Raises NotProgress, also when it has none."""
    saved = read(path).get(exercise.name, Saved())
    if not saved.code.strip():
        raise NotProgress(
            f"{path} has no code for {exercise.name} yet: write it in the page first."
        )
    return saved.code


def write(known: Progress, path: Path) -> int:
    """Save a folder of exercises; returns how many.  Raises OSError.

    Left out are those that were never touched.
    """
    exercises = {
        exercise.name: asdict(_of(known, exercise))
        for exercise in EXERCISES.values()
        if known.state(exercise) != NEW
    }
    data = {"format": FORMAT, "version": VERSION, "exercises": exercises, "bugs": {}}
    new = path.with_name(f"{path.name}.new")
    new.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    new.replace(path)
    return len(exercises)


def _of(known: Progress, exercise: Exercise) -> Saved:
    mark = known.marks.get(exercise.name, Mark())
    try:
        code = known.path(exercise).read_text(encoding="utf-8", errors="replace")
    except OSError:  # solved once, and its file is gone
        code = ""
    same = mark.starter in ("", digest(exercise.starter))
    starter = exercise.starter if same else ""
    return Saved(code, starter, bool(mark.solved), hint=mark.hint)
