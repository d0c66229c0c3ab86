"""What is wrong with a record, in sentences that say what to do.  An empty list is a good record.

A record claims much: that its gradients are right, that each of its mistakes is one, that its
examples show them.  Each claim is tried here, by planting and measuring, not by reading.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np

from ninja.op import Mistake, Op
from ninja.proof import TIGHT, scaled_errors
from ninja.runs import Gradients, Run, complex_step, runs
from ninja.text import answer
from ninja.trace import asked_for

SEEN = 1e-6  # a mistake shows when its scaled error is at least this on some case


def audit(op: Op) -> list[str]:
    """All complaints about one record."""
    complaints = list(_paperwork(op))
    if complaints:
        return complaints
    trials = [(run, complex_step(run)) for run in runs(op)]
    complaints = list(_gradients(op, trials))
    return complaints or list(_mistakes(op, trials))


def _paperwork(op: Op) -> Iterator[str]:
    file = f"{op.plain_forward.__module__.replace('.', '/')}.py"
    if op.torch_reference is None:
        yield f"{file}: write torch_reference, an independent forward pass from torch's library"
    if not op.reference:
        yield f"{file}: name the book or paper that the derivation can be checked in (reference=)"
    if not op.hints:
        yield f"{file}: give hints, from the shapes over the idea to a tiny numeric example"
    if not any(True for _ in runs(op)):
        yield f"{file}: example yields no case; yield at least one (name, arguments)"
    for run in runs(op):
        for name in (n for n, v in run.arguments.items() if run.scope[n] is not v):
            yield f"{file}: forward assigns to its argument {name}; give the new value another name"
        break
    missing = [d for d in op.gradients if d not in op.program.targets]
    if missing:
        yield f"{file}: backward has no line for {', '.join(missing)}; assign each gradient by name"
    ids = [m.id for m in op.mistakes]
    for repeated in sorted({i for i in ids if ids.count(i) > 1}):
        yield f"{file}: two mistakes are named {repeated}; give one of them another id"
    for mistake in op.mistakes:
        if mistake.target not in op.program.targets:
            yield (
                f"{file}: mistake {mistake.id} assigns {mistake.target}, which backward does not; "
                f"let its line end in one of {', '.join(op.program.targets)}"
            )


def _gradients(op: Op, trials: list[tuple[Run, Gradients]]) -> Iterator[str]:
    for run, truth in trials:
        for name, error, _ in scaled_errors(run, run.backward(), truth):
            if not error <= TIGHT:
                yield (
                    f"{op.name}: {name} is off by {error:.1e} of its size on case {run.case!r}; "
                    f"derive its line again: {op.program.lines[op.program.targets[name]].text}"
                )


def _mistakes(op: Op, trials: list[tuple[Run, Gradients]]) -> Iterator[str]:
    wrong: dict[str, list[Gradients | None]] = {}
    for mistake in op.mistakes:
        answers = [planted(run, mistake) for run, _ in trials]
        wrong[mistake.id] = answers
        shown = max(
            _worst(run, got, truth) for (run, truth), got in zip(trials, answers, strict=True)
        )
        if mistake.harmless and shown >= SEEN:
            yield (
                f"{op.name}: {mistake.id} is marked harmless but is off by {shown:.1e}; "
                "take harmless=True away"
            )
        if not mistake.harmless and shown < SEEN:
            yield (
                f"{op.name}: {mistake.id} gives the right gradients on every case of example; "
                "if it is right in truth, mark it harmless=True, else add a case that unmasks it"
            )
    for a, b in combinations([m for m in op.mistakes if not m.harmless], 2):
        if a.target != b.target:
            continue
        alike = all(
            x is not None and y is not None and all(agree(x[d], y[d]) for d in op.gradients)
            for x, y in zip(wrong[a.id], wrong[b.id], strict=True)
        )
        declared = b.id in a.same_as and a.id in b.same_as
        if alike and not declared:
            yield (
                f"{op.name}: {a.id} and {b.id} give the same gradients on every case; if no input "
                "tells them apart, name each in the other's same_as, else add a case that does"
            )
        if declared and not alike:
            yield f"{op.name}: {a.id} and {b.id} differ on some case; take them out of same_as"


def _worst(run: Run, got: Gradients | None, truth: Gradients) -> float:
    if got is None:
        return np.inf
    return max(error for _, error, _ in scaled_errors(run, got, truth))


def planted(run: Run, mistake: Mistake | None) -> Gradients | None:
    """What a whole answer with this one wrong line returns on `run`; None when it raises."""
    names: dict[str, Any] = {"np": np}
    exec(compile(answer(run.op, mistake), f"<{mistake and mistake.id}>", "exec"), names)
    function = names["backward"]
    try:
        got = function(**asked_for(function, run.names))
    except (ValueError, IndexError):  # shapes that do not fit show at once
        return None
    return dict(zip(run.op.gradients, got, strict=True))


def agree(x: Any, y: Any) -> bool:
    """Same shape and the same numbers, to rounding."""
    a, b = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    size = max(np.abs(a).max(initial=0), np.abs(b).max(initial=0))
    return a.shape == b.shape and bool((np.abs(a - b) <= SEEN * size).all())
