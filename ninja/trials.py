"""The inputs that a learner's code is tried on, and what it must give there.

unmasking   the record's own cases: distinct sizes, signed random upstream, ties, repeats; the
            truth is the complex step
second      the same case with every named size cut by one: catches numbers typed in for sizes
square      the same case with all sizes alike: no wrong transpose can stop at its shape, so code
            that fails elsewhere can still be told which line is wrong
masks       cases on which mistakes hide: gain 1, bias 0, an upstream of ones, a batch of one
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ninja.op import Arguments, Op
from ninja.runs import Gradients, Run, complex_step, entries, generator, like, run_on, runs
from ninja.scale import scales
from ninja.shapes import shape_of


@dataclass(frozen=True)
class Trial:
    """One run, its true gradients, and the size of the terms in each gradient's line."""

    run: Run
    truth: Gradients
    reference: Gradients
    scale: dict[str, float]


def trial(run: Run, truth: Gradients | None = None) -> Trial:
    """The reference is the truth where none is given: the unmasking trials have proved it."""
    reference = run.backward()
    scope = {**run.names, **reference}
    scale = scales(run.op.program, scope, run.op.gradients)
    return Trial(run, truth or reference, reference, scale)


@lru_cache(maxsize=64)
def unmasking(op: Op) -> tuple[Trial, ...]:
    """The record's own cases, against the complex step."""
    return tuple(trial(run, complex_step(run)) for run in runs(op))


@lru_cache(maxsize=64)
def second(op: Op) -> tuple[Trial, ...]:
    """The first cases at other sizes; none when the operation has no named size to change."""
    changed = (_resized(t.run, lambda size: max(size - 1, 2)) for t in unmasking(op)[:4])
    return tuple(trial(run) for run in changed if run is not None)


@lru_cache(maxsize=64)
def square(op: Op) -> tuple[Trial, ...]:
    """The first case with all named sizes alike."""
    run = unmasking(op)[0].run
    smallest = min((s for s in _sizes(run).values() if s > 1), default=0)
    changed = _resized(run, lambda size: min(size, smallest)) if smallest else None
    return () if changed is None else (trial(changed),)


@lru_cache(maxsize=64)
def masks(op: Op) -> tuple[tuple[str, Trial], ...]:
    """Variants of the first case on which mistakes hide, each under the words that describe it."""
    return tuple(_masks(op, unmasking(op)[0].run))


def _masks(op: Op, run: Run) -> Iterator[tuple[str, Trial]]:
    ones = like(run.upstream, [1.0] * len(entries(run.upstream)))
    if len(entries(ones)) > 1:
        yield "an upstream of ones", _again(run, run.arguments, ones)
    for name, value in run.arguments.items():
        if name == op.wrt[0] or name not in op.wrt or not _is_vector(value):
            continue
        for number in (1.0, 0.0):
            same = like(value, [number] * len(entries(value)))
            yield f"{name} = {number:g}", _again(run, {**run.arguments, name: same})
    batch = _resized(run, lambda size: size, {"N": 1})
    if batch is not None:
        yield "a batch of one", trial(batch)


def _again(run: Run, arguments: Arguments, upstream: Any = None) -> Trial:
    given = run.upstream if upstream is None else upstream
    return trial(run_on(run.op, arguments, None, run.case, given))


def _is_vector(value: Any) -> bool:
    """True for gains and biases: as many entries as its longest axis."""
    shape = shape_of(value)
    return len(entries(value)) == max(shape, default=0) > 1


def _sizes(run: Run) -> dict[str, int]:
    sizes = run.op.signature.sizes(run.arguments)
    return {name: size for name, size in sizes.items() if isinstance(size, int)}


def _resized(run: Run, new: Callable[[int], int], only: dict[str, int] | None = None) -> Run | None:
    """The run with its named sizes changed, one after the other, where the forward accepts it."""
    arguments, changed = run.arguments, False
    sizes = _sizes(run)
    wanted = only if only is not None else {name: new(size) for name, size in sizes.items()}
    for name, size in wanted.items():
        if name not in sizes or sizes[name] <= size:
            continue
        smaller = {n: _cut(run.op, n, v, name, size) for n, v in arguments.items()}
        for attempt in (smaller, {n: _wrapped(v, size) for n, v in smaller.items()}):
            try:
                run.op.forward(**attempt)
            except (ValueError, IndexError):
                continue
            arguments, changed = attempt, True
            break
    if not changed:
        return None
    return run_on(run.op, arguments, generator(run.op, 1), run.case)


def _cut(op: Op, name: str, value: Any, size_name: str, size: int) -> Any:
    """An argument with the axes of that name cut to `size`."""
    spec = op.signature.inputs.get(name, "()")
    if isinstance(value, list):
        return value[:size] if size_name in spec else value
    dims = [d.strip() for d in spec.strip("()").split(",") if d.strip()]
    if size_name not in dims or any(d.startswith(("*", "...")) for d in dims):
        return value
    return value[tuple(slice(size if d == size_name else None) for d in dims)].copy()


def _wrapped(value: Any, size: int) -> Any:
    """Indices brought back below `size`."""
    is_index = getattr(getattr(value, "dtype", None), "kind", "") == "i"
    return value % size if is_index else value
