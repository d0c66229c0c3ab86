"""The bug hunt: every known mistake of a record as a program with one wrong line.

The reader says which gradients come out wrong, sees it measured, and mends the line.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ninja.check import check_source
from ninja.op import Mistake, Op
from ninja.text import answer
from ninja.verdict import INHERITED, Result


@dataclass(frozen=True, eq=False)
class Bug:
    """One program to mend; `name` is its id among those of all records."""

    op: Op
    mistake: Mistake

    @property
    def name(self) -> str:
        return f"{self.op.name}:{self.mistake.id}"

    @cached_property
    def source(self) -> str:
        """The whole wrong program."""
        return answer(self.op, self.mistake)

    @cached_property
    def result(self) -> Result:
        """What the checker says of it."""
        return check_source(self.op, self.source)

    @property
    def wrong(self) -> tuple[str, ...]:
        """The gradients whose own line is wrong."""
        bad = [t for t in self.result.tensors if not t.passed and t.verdict != INHERITED]
        return tuple(t.name for t in bad)

    @property
    def inherited(self) -> tuple[str, ...]:
        """The gradients that only pass its error on."""
        return tuple(t.name for t in self.result.tensors if t.verdict == INHERITED)


def bugs(op: Op) -> tuple[Bug, ...]:
    """The bugs of one record: all of its mistakes but those that are right in truth.

    >>> from ninja.records import NETS
    >>> first = bugs(NETS["neuron"])[0]
    >>> first.name, first.wrong, first.inherited
    ('neuron:neuron-dz-skips-tanh', ('dz',), ('dw', 'dx', 'db'))
    """
    return tuple(Bug(op, mistake) for mistake in op.mistakes if not mistake.harmless)
