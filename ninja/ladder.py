"""The hints of an exercise, each saying a little more than the one before.

Shapes, the idea, tiny numbers, the pieces of the answer in another order, then line by line.
"""

from __future__ import annotations

import ast
import random
import re
import textwrap
import tokenize
from dataclasses import dataclass
from io import StringIO

from ninja import starter
from ninja.op import Op
from ninja.program import Line
from ninja.runs import entries, runs

SHAPES, IDEA, NUMBERS, SHUFFLED, LINE = "shapes", "idea", "numbers", "shuffled", "line"


@dataclass(frozen=True)
class Hint:
    """One rung: what kind of help it is, under which title, and the help."""

    kind: str
    title: str
    text: str


def rungs(op: Op) -> tuple[Hint, ...]:
    """The whole ladder of one record, its own hints among them."""
    shapes = [f"{d}: {starter.shape(op, d)}" for d in op.gradients]
    ideas = list(op.hints)
    if len(ideas) > 2:  # then the first of them speaks of shapes
        shapes += ["", ideas.pop(0)]
    numbers = ideas.pop() if len(ideas) > 1 else _first_entries(op)
    lines = [line for line in op.program.lines if line.target]
    last = [_line(op, i, len(lines), line) for i, line in enumerate(lines, start=1)]
    return (
        Hint(SHAPES, "shapes", "\n".join(shapes)),
        *(Hint(IDEA, "idea", idea) for idea in ideas),
        Hint(NUMBERS, "tiny numbers", numbers),
        _shuffled(op, lines),
        *last,
    )


def _first_entries(op: Op) -> str:
    """One entry of everything, from a run, for a record that brings no numbers of its own."""
    run = next(iter(runs(op)))
    given = {**run.inputs, op.upstream: run.upstream}
    before = ", ".join(f"{name} = {float(entries(v)[0]):.4g}" for name, v in given.items())
    after = ", ".join(f"{d} = {float(entries(v)[0]):.4g}" for d, v in run.backward().items())
    return f"The first entries of one try: {before}; and of its gradients: {after}."


def _line(op: Op, number: int, total: int, line: Line) -> Hint:
    title = "the line" if total == 1 else f"line {number} of {total}"
    notes = starter.helpers(op.plain_backward, line.text)
    return Hint(LINE, title, "\n\n".join([_code(op, line), *notes]))


def _shuffled(op: Op, lines: list[Line]) -> Hint:
    """The lines in another order; of a single line its words and signs."""
    mixed = shuffled(op)
    if len(lines) > 1:
        return Hint(SHUFFLED, "all lines, shuffled", "\n".join(mixed))
    shown = f"{lines[0].target} =   {'   '.join(mixed)}"
    return Hint(SHUFFLED, "the pieces of the line, shuffled", shown)


def shuffled(op: Op) -> list[str]:
    """What the answer is made of, in an order that is not the right one: its lines, or of a
    single line the words and signs of its right side.
    """
    return _mixed(op, pieces(op))


def pieces(op: Op) -> list[str]:
    """The same in the right order."""
    lines = [line for line in op.program.lines if line.target]
    if len(lines) > 1:
        return [_code(op, line) for line in lines]
    right = _code(op, lines[0]).partition("=")[2].strip()
    tokens = [t.string for t in tokenize.generate_tokens(StringIO(right).readline)]
    return [t for t in tokens if not re.fullmatch(r"\s*", t)]


def frame(op: Op, solution: str) -> tuple[str, str]:
    """What stands before and after the pieces in the text of a solution."""
    definition = ast.parse(solution).body[-1]
    assert isinstance(definition, ast.FunctionDef)
    lines = [node for node in definition.body if isinstance(node, ast.Assign)]
    first, last = lines[0].lineno - 1, lines[-1].end_lineno or 0
    rows = solution.splitlines(keepends=True)
    begin = f"{' ' * lines[0].col_offset}{ast.unparse(lines[0].targets[0])} = "
    return "".join(rows[:first]) + (begin if len(lines) == 1 else ""), "".join(rows[last:])


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
