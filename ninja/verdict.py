"""What the checker answers: a verdict for each gradient, and a sentence to go on with.

These are plain values: the terminal, the notebook and the browser draw them, `as_json` sends them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

RIGHT = "right"  # the same numbers, bit for bit, as the reference line gives
ROUNDING = "rounding"  # the same to rounding
HARMLESS = "harmless"  # another way to write it that is right in truth
INHERITED = "inherited"  # its own line is right; an earlier gradient that it reads is not
WRONG = "wrong"
SHAPE = "shape"  # not the shape of the value it is the gradient of
MISSING = "missing"  # neither returned nor assigned
NAN = "nan"  # holds NaN or infinity

PASSING = frozenset({RIGHT, ROUNDING, HARMLESS})


@dataclass(frozen=True)
class Entry:
    """The first entry that differs: where, what the learner has there, and what is right."""

    index: tuple[int, ...]
    got: float
    want: float


@dataclass(frozen=True)
class Tensor:
    """The verdict on one gradient.

    max_error  the largest difference, relative to the largest term of its line; None without one
    mistake    a catalogue id, a list of ids that no input tells apart, or None
    message    one or two sentences for the learner; "" when there is nothing to say
    explained_by  how the message was found: catalogue, edit, branches, ratio, shape, facts, or ""
    """

    name: str
    verdict: str
    max_error: float | None = None
    shape: tuple[int, ...] | None = None
    want_shape: tuple[int, ...] = ()
    mistake: str | list[str] | None = None
    message: str = ""
    entry: Entry | None = None
    explained_by: str = ""

    @property
    def passed(self) -> bool:
        return self.verdict in PASSING


@dataclass(frozen=True)
class Failure:
    """Why the code could not be run to its end, and the line of the learner's text (from 1)."""

    type: str
    message: str
    line: int | None = None
    column: int | None = None  # from 1, for a caret under a syntax error
    text: str = ""  # the source of that line


@dataclass(frozen=True)
class Result:
    """All that one check found out.

    notes    what is worth saying though it decides nothing, or decides all: a changed input, a
             number typed in where a size belongs
    printed  what the learner's code printed, cut to a few kilobytes
    ran      False when the code could not be run to its end on any input (exit code 2)
    """

    exercise: str
    passed: bool
    tensors: tuple[Tensor, ...] = ()
    error: Failure | None = None
    notes: tuple[str, ...] = ()
    printed: str = ""

    @property
    def exit_code(self) -> int:
        """0 right, 1 wrong, 2 could not run."""
        if self.passed:
            return 0
        return 2 if self.error is not None else 1

    def as_json(self) -> dict[str, Any]:
        """The object that `check --json` prints, and that the page's worker posts."""
        return {
            "exercise": self.exercise,
            "passed": self.passed,
            "tensors": [
                {
                    "name": t.name,
                    "verdict": t.verdict,
                    "max_error": t.max_error if math.isfinite(t.max_error or 0.0) else None,
                    "shape": None if t.shape is None else list(t.shape),
                    "want_shape": list(t.want_shape),
                    "mistake": t.mistake,
                    "message": t.message,
                }
                for t in self.tensors
            ],
            "error": None
            if self.error is None
            else {
                "type": self.error.type,
                "message": self.error.message,
                "line": self.error.line,
            },
            "notes": list(self.notes),
            "printed": self.printed,
        }
