"""The hints of an exercise, each saying a little more than the one before.

Shapes, the idea, tiny numbers, the pieces of the answer in another order, then line by line.
"""

from __future__ import annotations

import random
import re
import textwrap
import tokenize
from dataclasses import dataclass
from io import StringIO

from ninja import starter
from ninja.op import Op
from ninja.program import Line


@dataclass(frozen=True)
class Hint:
    """One rung: what kind of help it is, and the help."""

    title: str
    text: str


def rungs(op: Op) -> tuple[Hint, ...]:
    """The whole ladder of one record, its own hints among them."""
    shapes = [f"{d}: {starter.shape(op, d)}" for d in op.gradients]
    ideas = list(op.hints)
    if len(ideas) > 2:  # then the first of them speaks of shapes
        shapes += ["", ideas.pop(0)]
    numbers = [Hint("tiny numbers", ideas.pop())] if len(ideas) > 1 else []
    lines = [line for line in op.program.lines if line.target]
    last = [_line(op, i, len(lines), line) for i, line in enumerate(lines, start=1)]
    return (
        Hint("shapes", "\n".join(shapes)),
        *(Hint("idea", idea) for idea in ideas),
        *numbers,
        _shuffled(op, lines),
        *last,
    )


def _line(op: Op, number: int, total: int, line: Line) -> Hint:
    title = "the line" if total == 1 else f"line {number} of {total}"
    notes = starter.helpers(op.plain_backward, line.text)
    return Hint(title, "\n\n".join([_code(op, line), *notes]))


def _shuffled(op: Op, lines: list[Line]) -> Hint:
    """The lines in another order; of a single line its words and signs."""
    if len(lines) > 1:
        return Hint(
            "all lines, shuffled", "\n".join(_mixed(op, [_code(op, line) for line in lines]))
        )
    [line] = lines
    right = _code(op, line).partition("=")[2].strip()
    tokens = [t.string for t in tokenize.generate_tokens(StringIO(right).readline)]
    pieces = _mixed(op, [t for t in tokens if not re.fullmatch(r"\s*", t)])
    return Hint("the pieces of the line, shuffled", f"{line.target} =   {'   '.join(pieces)}")


def _code(op: Op, line: Line) -> str:
    """The line as it stands in the source."""
    rows = op.program.source.splitlines()[line.first : line.last + 1]
    return textwrap.dedent("\n".join(rows))


def _mixed(op: Op, pieces: list[str]) -> list[str]:
    """The same order on every call and every machine, and never the right one."""
    order, mixed = random.Random(op.name), list(pieces)
    while mixed == pieces and len(set(pieces)) > 1:
        order.shuffle(mixed)
    return mixed
