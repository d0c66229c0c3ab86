"""Every record against every oracle: the measurements behind the tests and the proof page."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ninja import oracles
from ninja.op import Op
from ninja.runs import Gradients, Run, complex_step, run_on, runs
from ninja.scale import largest, scales

TIGHT = 1e-12  # worst scaled error against the complex step and torch, in float64
SINGLE = 2e-6  # worst scaled error in float32
LOOSE = 1e-8  # five-point differences carry their own error


@dataclass(frozen=True)
class Row:
    """The worst scaled error of one record's gradients against one oracle."""

    record: str
    oracle: str
    library: str
    dtype: str
    worst_error: float
    worst_gradient: str
    entries: int
    tolerance: float

    @property
    def holds(self) -> bool:
        return self.worst_error <= self.tolerance


@dataclass(frozen=True)
class UlpRow:
    """Errors in float32, in units in the last place, against 50 digits on the same inputs."""

    record: str
    gradient: str
    textbook: float
    accurate: float | None
    torch: float


def scaled_errors(run: Run, got: Gradients, truth: Gradients) -> Iterator[tuple[str, float, int]]:
    """For each gradient: its name, its worst scaled error, how many entries were compared.

    An entry that the oracle leaves out is NaN in `truth`.  A gradient of another shape has an
    infinite error: nothing is broadcast here.
    """
    scope = {**run.scope, run.op.upstream: run.upstream, **run.backward()}
    scale = scales(run.op.program, scope, run.op.gradients)
    for name in run.op.gradients:
        want, have = _numbers(truth[name]), _numbers(got[name])
        if want.shape != have.shape:
            yield name, np.inf, want.size
            continue
        measured = ~np.isnan(want)
        size = max(scale[name], float(np.abs(want[measured]).max(initial=0.0)))
        if scale[name] == 0:  # all terms are zero, so what arrives is the measure
            size = largest(run.upstream)
        error = np.abs(have - want)[measured]
        worst = float(error.max(initial=0.0))
        yield name, worst / size if worst else 0.0, int(measured.sum())


def _numbers(x: Any) -> np.ndarray:
    return np.asarray(x.detach().cpu() if hasattr(x, "detach") else x, dtype=np.float64)


def _single(x: Any) -> Any:
    is_float = isinstance(x, (np.ndarray, np.floating)) and x.dtype.kind == "f"
    return x.astype(np.float32) if is_float else x


def doubled(arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments with every float array in float64, the numbers unchanged."""
    return {name: _double(value) for name, value in arguments.items()}


def _double(x: Any) -> Any:
    is_float = isinstance(x, (np.ndarray, np.floating)) and x.dtype.kind == "f"
    return x.astype(np.float64) if is_float else x


def exact_single(run: Run) -> Run:
    """The same run with inputs and upstream rounded to float32 and held in float64."""
    return rerun(run, lambda x: _double(_single(x)))


def rerun(run: Run, convert: Callable[[Any], Any]) -> Run:
    """The forward pass again on converted inputs, with the converted upstream."""
    arguments = {name: convert(value) for name, value in run.arguments.items()}
    rng = np.random.default_rng()  # nothing is drawn
    return run_on(run.op, arguments, rng, run.case, convert(run.upstream))


def on_torch(run: Run, dtype: str, device: str = "cpu") -> Gradients:
    """Our backward pass on torch tensors of our forward pass on torch tensors."""

    def convert(x: Any) -> Any:
        return oracles.to_torch(x, dtype, device)

    _, cache = run.op.forward(**{n: convert(v) for n, v in run.arguments.items()})
    upstream = convert(run.upstream)
    return dict(zip(run.op.gradients, run.op.backward(upstream, **cache), strict=True))


def measure(op: Op) -> list[Row]:
    """One record against every oracle that is installed."""
    worst: dict[tuple[str, str, str, float], tuple[float, str, int]] = {}

    def note(run: Run, key: tuple[str, str, str, float], got: Gradients, truth: Gradients) -> None:
        for name, error, count in scaled_errors(run, got, truth):
            seen, where, entries = worst.get(key, (-1.0, "", 0))
            worst[key] = (*((error, name) if error > seen else (seen, where)), entries + count)

    for run in runs(op):
        truth = complex_step(run)
        got = run.backward()
        note(run, ("complex step", "NumPy", "float64", TIGHT), got, truth)
        _, autograd = oracles.torch_autograd(run)
        note(run, ("torch autograd", "NumPy", "float64", TIGHT), got, autograd)
        note(run, ("differences", "NumPy", "float64", LOOSE), got, oracles.differences(run))
        note(run, ("50 digits", "NumPy", "float64", TIGHT), got, oracles.high_precision(run))
        if op.scalar:
            continue
        if importlib.util.find_spec("jax"):
            note(run, ("JAX", "NumPy", "float64", TIGHT), got, oracles.jax_vjp(run))
        note(run, ("complex step", "torch", "float64", TIGHT), on_torch(run, "float64"), truth)
        rounded = exact_single(run)
        truth = complex_step(rounded)
        single = rerun(rounded, _single).backward()
        note(rounded, ("complex step", "NumPy", "float32", SINGLE), single, truth)
        note(rounded, ("complex step", "torch", "float32", SINGLE), on_torch(run, "float32"), truth)
    return [
        Row(op.name, oracle, library, dtype, error, name, entries, tolerance)
        for (oracle, library, dtype, tolerance), (error, name, entries) in worst.items()
    ]


def ulps(op: Op) -> list[UlpRow]:
    """Worst error in float32 of each gradient, in units in the last place: ours beside torch's.

    Inputs and upstream are the same float32 numbers for all; the truth has 50 digits.
    """
    worst: dict[str, dict[str, float]] = {}
    for run in runs(op):
        rounded = exact_single(run)
        truth = oracles.high_precision(rounded)
        single = rerun(rounded, _single)
        _, torch_grads = oracles.torch_autograd(rounded, "float32")
        answers = {"textbook": single.backward(), "torch": torch_grads}
        if op.backward_accurate is not None:
            answers["accurate"] = single.backward(op.backward_accurate)
        for name in op.gradients:
            found = worst.setdefault(name, {})
            for who, grads in answers.items():
                found[who] = max(found.get(who, 0.0), _ulp_error(grads[name], truth[name]))
    return [
        UlpRow(op.name, name, found["textbook"], found.get("accurate"), found["torch"])
        for name, found in worst.items()
    ]


def _ulp_error(got: Any, truth: Any) -> float:
    want = _numbers(truth)
    measured = ~np.isnan(want)
    unit = np.spacing(np.abs(want[measured]).astype(np.float32)).astype(np.float64)
    return float((np.abs(_numbers(got)[measured] - want[measured]) / unit).max(initial=0.0))
