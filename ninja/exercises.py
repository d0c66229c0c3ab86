"""An exercise for every operation and every network: its starter, its solution, its hints.

Nothing here is written by hand for one exercise: names and shapes come from a run of the record's
first example, the forward pass from its docstring or its program, the last hints from the lines of
its backward pass.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import cached_property

from ninja import ladder, starter
from ninja.ladder import Hint
from ninja.op import LAST, Op
from ninja.records import RECORDS
from ninja.text import answer


class UnknownExercise(LookupError):
    """No exercise has that name; the message says which one may be meant."""


@dataclass(frozen=True, eq=False)
class Exercise:
    """What a learner sees of one record."""

    op: Op

    @property
    def name(self) -> str:
        return self.op.name

    @property
    def file_name(self) -> str:
        return self.name.replace("-", "_") + ".py"

    @property
    def lesson(self) -> str:
        """The heading that it stands under in a list."""
        return "Beyond the lessons" if self.op.lesson == LAST else f"Lesson {self.op.lesson}"

    @property
    def title(self) -> str:
        """What the operation is, in one sentence."""
        return starter.title(self.op)

    @cached_property
    def starter(self) -> str:
        """The file to work on: valid Python whose `backward` returns None."""
        return starter.text(self.op, self.file_name)

    @cached_property
    def solution(self) -> str:
        """A right answer as a whole file."""
        return f'"""{self.name}: a solution."""\n\n\n{answer(self.op)}'

    @cached_property
    def hints(self) -> tuple[Hint, ...]:
        """The ladder: shapes, idea, tiny numbers, the pieces shuffled, then line by line."""
        return ladder.rungs(self.op)

    @cached_property
    def pieces(self) -> list[str]:
        """The lines of the answer, or the words of its only line, in another order."""
        return ladder.shuffled(self.op)

    @cached_property
    def frame(self) -> tuple[str, str]:
        """The solution's text before and after these pieces."""
        return ladder.frame(self.op, self.solution)


def _in_lesson_order() -> dict[str, Exercise]:
    records = sorted(RECORDS.values(), key=lambda op: op.lesson)
    return {op.name: Exercise(op) for op in records}


EXERCISES = _in_lesson_order()


def find(name: str) -> Exercise:
    """The exercise of that name, hyphens and underscores alike, or of that file name.

    Raises UnknownExercise.

    >>> find("mlp_relu.py").name
    'mlp-relu'
    """
    by_key = {_key(known): exercise for known, exercise in EXERCISES.items()}
    key = _key(name.removesuffix(".py"))
    if key in by_key:
        return by_key[key]
    near = [by_key[k].name for k in difflib.get_close_matches(key, by_key, n=3, cutoff=0.6)]
    advice = f"did you mean {' or '.join(near)}?" if near else f"see `{starter.COMMAND} list`."
    raise UnknownExercise(f"there is no exercise {name!r}: {advice}")


def _key(name: str) -> str:
    return name.strip().lower().replace("-", "_")
