"""The known mistakes of a record, each one planted and shown failing.

A notebook or a page shows `Slips(NETS["neuron"])` as a list: the wrong line, the right one, what
its numbers are and what they should be, the verdict of the checker on each, and the sentence that
a learner reads.  Nothing is typed in: every number comes from running the wrong line.
"""

from __future__ import annotations

import html
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ninja.audit import planted
from ninja.check import check_source
from ninja.compare import differing, flat
from ninja.draw import MINUS, number
from ninja.op import Mistake, Op
from ninja.render import LOOKS
from ninja.runs import Gradients, Run, runs
from ninja.shapes import shape_of
from ninja.text import answer
from ninja.verdict import INHERITED, PASSING

VISIBLE = 1e-6  # relative to the larger number: below it, two numbers are the same


@dataclass(frozen=True)
class Gradient:
    """One number of a gradient, or its shape: as the wrong line gives it, and as it should be."""

    name: str
    got: str
    want: str
    verdict: str


@dataclass(frozen=True)
class Slip:
    """One mistake at work. `gradients` is empty when its shapes do not even fit."""

    mistake: Mistake
    right: str
    gradients: tuple[Gradient, ...]


@dataclass(frozen=True)
class Slips:
    """Every mistake of a record that is one in truth, on the first example that shows it.

    `only` names those to show, by their ids.  Raises ValueError for an id that is not there.
    """

    op: Op
    only: tuple[str, ...] = ()

    @cached_property
    def slips(self) -> tuple[Slip, ...]:
        return tuple(_slip(self.op, mistake) for mistake in _chosen(self.op, self.only))

    def __repr__(self) -> str:
        return "\n\n".join(map(_plain, self.slips))

    def _repr_html_(self) -> str:
        return f'<div class="ninja-slips">{"".join(map(_card, self.slips))}</div>'


def reach(op: Op, *only: str) -> str:
    """How far mistakes are heard: a line for each, with a sign for each gradient in its order.

    ✗ is wrong by its own line, → has only inherited the error, · is right.  `only` as in `Slips`.

    >>> from ninja.nets.neuron import OP
    >>> print(reach(OP, "neuron-dz-forgets-upstream", "neuron-dw-uses-w"))
    dz  ✗→→→
    dw  ·✗··
    """
    chosen = _chosen(op, only)
    width = max(len(mistake.target) for mistake in chosen)
    return "\n".join(f"{m.target:<{width}}  {_signs(op, m)}" for m in chosen)


def _signs(op: Op, mistake: Mistake) -> str:
    verdicts = [t.verdict for t in check_source(op, answer(op, mistake)).tensors]
    return "".join("·" if v in PASSING else "→" if v == INHERITED else "✗" for v in verdicts)


def _chosen(op: Op, only: tuple[str, ...]) -> list[Mistake]:
    mistakes = {m.id: m for m in op.mistakes if not m.harmless}
    if unknown := [name for name in only if name not in mistakes]:
        raise ValueError(f"{op.name}: no mistake {unknown[0]!r}; {', '.join(mistakes)}")
    return [mistakes[name] for name in only or mistakes]


def _slip(op: Op, mistake: Mistake) -> Slip:
    line = op.program.lines[op.program.targets[mistake.target]]
    rows = op.program.source.splitlines()[line.first : line.last + 1]
    right = textwrap.dedent("\n".join(rows))
    run, got = _first_that_shows(op, mistake)
    if got is None:
        return Slip(mistake, right, ())
    verdicts = {t.name: t.verdict for t in check_source(op, answer(op, mistake)).tensors}
    return Slip(mistake, right, tuple(_gradients(run, got, verdicts)))


def _first_that_shows(op: Op, mistake: Mistake) -> tuple[Run, Gradients | None]:
    """The first example on which the wrong line changes a number, and the gradients there.

    Raises ValueError when there is none.
    """
    for run in runs(op):
        got = planted(run, mistake)
        want = run.backward()
        if got is None or any(_differ(got[n], want[n]) for n in op.gradients):
            return run, got
    raise ValueError(f"{op.name}: no example shows {mistake.id}; add one that does")


def _differ(got: Any, want: Any) -> bool:
    return shape_of(got) != shape_of(want) or _largest_difference(got, want) is not None


def _largest_difference(got: Any, want: Any) -> tuple[tuple[int, ...], float, float] | None:
    """Index and both numbers of the entry that is farthest off, if any is."""
    size = max(map(abs, [*flat(got), *flat(want)]), default=0.0)
    off = differing(got, want, VISIBLE * size)
    return max(off, key=lambda entry: abs(entry[1] - entry[2]), default=None)


def _gradients(run: Run, got: Gradients, verdicts: dict[str, str]) -> Iterator[Gradient]:
    """Gradients of single numbers all; of arrays those that differ, by the worst entry."""
    for name, want in run.backward().items():
        have, verdict = got[name], verdicts[name]
        if shape_of(have) != shape_of(want):
            yield Gradient(f"{name}.shape", str(shape_of(have)), str(shape_of(want)), verdict)
        elif not shape_of(want):
            yield Gradient(name, *_figures(float(have), float(want)), verdict)
        elif worst := _largest_difference(have, want):
            place, x, y = worst
            index = ", ".join(map(str, place))
            yield Gradient(f"{name}[{index}]", *_figures(x, y), verdict)


def _plain(slip: Slip) -> str:
    rows = [
        f"  {LOOKS[n.verdict][0]} {n.name:<12} {n.got:>9}  right: {n.want:>9}"
        for n in slip.gradients
    ]
    lines = [f"✗ {slip.mistake.line}", f"✓ {slip.right}", *rows, f"  {slip.mistake.sentence}"]
    return "\n".join(lines)


def _card(slip: Slip) -> str:
    lines = "".join(
        f'<p class="is-{kind}"><span>{sign}</span> <code>{_escaped(text)}</code></p>'
        for kind, sign, text in (
            ("wrong", "✗", slip.mistake.line),
            ("right", "✓", slip.right),
        )
    )
    return (
        f'<div class="ninja-slip"><div>{lines}<p>{_escaped(slip.mistake.sentence)}</p></div>'
        f"{_table(slip)}</div>"
    )


def _table(slip: Slip) -> str:
    if not slip.gradients:
        return "<p>It does not run: the shapes do not fit.</p>"
    rows = "".join(
        f'<tr><th scope="row">{_escaped(n.name)}</th>'
        f'<td class="is-{_kind(n.verdict)}">{LOOKS[n.verdict][0]} {n.got}</td>'
        f"<td>{n.want}</td></tr>"
        for n in slip.gradients
    )
    return (
        '<table class="ninja-table"><thead><tr><td></td><th scope="col">gives</th>'
        f'<th scope="col">right</th></tr></thead><tbody>{rows}</tbody></table>'
    )


def _kind(verdict: str) -> str:
    if verdict in PASSING:
        return "right"
    return "inherited" if verdict == INHERITED else "wrong"


def _figures(got: float, want: float) -> tuple[str, str]:
    """Both numbers in the same few digits, but enough of them to see a difference."""
    same = abs(got - want) <= VISIBLE * max(abs(got), abs(want))
    digits = next((n for n in (3, 4, 5) if same or _figure(got, n) != _figure(want, n)), 6)
    return _figure(got, digits), _figure(want, digits)


def _figure(value: float, digits: int) -> str:
    if value and not 1e-3 <= abs(value) < 1e4:
        return number(value, digits)
    return f"{value + 0.0:.{digits}f}".replace("-", MINUS)  # no sign before a zero


def _escaped(text: str) -> str:
    return html.escape(text, quote=False)
