"""One forward pass with everything it computed, and the gradients that it should have.

No NumPy is imported here: the scalar networks are run and checked without it.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from ninja.op import Arguments, Op
from ninja.trace import call

Gradients = dict[str, Any]
Along = Callable[[Any], Any]  # step -> the output with that step added to one entry
Stencil = Callable[[Along, Any], Any]  # (along, the entry) -> one derivative
STEP = 1e-20  # of the complex step: its square vanishes beside 1, so nothing is cancelled


@dataclass(frozen=True)
class Run:
    """One forward pass on one case: what went in, what came out, every name on the way."""

    op: Op
    case: str
    arguments: Arguments
    out: Any
    cache: Arguments
    scope: Arguments
    upstream: Any

    @property
    def inputs(self) -> Arguments:
        """The arguments that are differentiated."""
        return {n: v for n, v in self.arguments.items() if n in self.op.wrt}

    @property
    def names(self) -> Arguments:
        """Every name that an answer may use: sizes, inputs, intermediates, output, upstream."""
        sizes = self.op.signature.sizes(self.arguments)
        plain = {name: size for name, size in sizes.items() if isinstance(size, int)}
        own = {self.op.signature.output: self.out, self.op.upstream: self.upstream}
        return {**plain, **self.scope, **own}

    def backward(self, function: Callable[..., Any] | None = None) -> Gradients:
        """The gradients by `function`, or by the record's backward pass, by name."""
        grads = (function or self.op.backward)(self.upstream, **self.cache)
        return dict(zip(self.op.gradients, grads, strict=True))

    def weighted(self, out: Any) -> Any:
        """sum(upstream * out): the number whose derivatives are the gradients."""
        return sum(u * o for u, o in zip(entries(self.upstream), entries(out), strict=True))

    def function_of(self, name: str) -> tuple[Any, Callable[[Any], Any]]:
        """The value of `name`, and the output as a function of it, all else as in this run."""
        if name in self.arguments:
            rest = self.arguments
            return rest[name], lambda v: self.op.forward(**{**rest, name: v})[0]
        program, output = self.op.forward_program, self.op.signature.output
        return self.scope[name], lambda v: program.moved(self.scope, name, v, output)


class _Numbers(random.Random):
    """The few draws that the scalar networks' examples need, without NumPy."""

    def standard_normal(self, n: int) -> list[float]:
        """`n` signed random numbers."""
        return [self.gauss(0.0, 1.0) for _ in range(n)]


def generator(op: Op, seed: int) -> Any:
    """What `example` draws from: NumPy's generator, or plain Python's for scalar networks."""
    if op.scalar:
        return _Numbers(seed)
    import numpy as np

    return np.random.default_rng(seed)


def runs(op: Op, seed: int = 0) -> Iterator[Run]:
    """The operation's cases, each with its upstream or a signed random one (0.7 for a number)."""
    rng = generator(op, seed)
    for case, arguments in op.example(rng):
        values = dict(arguments)
        upstream = values.pop(op.upstream, None)
        yield run_on(op, values, rng, case, upstream)


def run_on(op: Op, arguments: Arguments, rng: Any, case: str = "", upstream: Any = None) -> Run:
    """One forward pass; where no upstream is given, one is drawn for its output."""
    out, cache = op.forward(**arguments)
    _, found = call(op.plain_forward, {**defaults(op), **arguments})
    scope = {name: value for name, value in found.items() if not isinstance(value, ModuleType)}
    if upstream is None:
        upstream = random_like(out, rng)
    return Run(op, case, arguments, out, cache, {**scope, **cache}, upstream)


def defaults(op: Op) -> Arguments:
    """The options of an operation at their defaults."""
    parameters = op.parameters.parameters.values()
    return {p.name: p.default for p in parameters if p.default is not p.empty}


def random_like(out: Any, rng: Any) -> Any:
    """A signed random upstream for `out`: an array, a list, or 0.7 for a single number."""
    if isinstance(out, list):
        return list(rng.standard_normal(len(out)))
    if not hasattr(out, "dtype"):
        return 0.7
    import numpy as np

    return rng.standard_normal(out.shape) if out.shape else np.float64(0.7)


def entries(x: Any) -> list[Any]:
    """The numbers of an array, a list or a number, in order."""
    if isinstance(x, list):
        return x
    return list(x.ravel()) if hasattr(x, "ravel") else [x]


def nudged(x: Any, index: int, step: Any) -> Any:
    """A copy of `x` with `step` added to one entry."""
    if isinstance(x, list):
        return [v + step if i == index else v for i, v in enumerate(x)]
    if not hasattr(x, "__setitem__"):
        return x + step
    moved = x.astype(complex) if isinstance(step, complex) else x.copy()
    moved.reshape(-1)[index] += step
    return moved


def like(x: Any, values: list[Any]) -> Any:
    """`values` in the form of `x`: array, list or number."""
    if isinstance(x, list):
        return values
    if not hasattr(x, "__setitem__"):
        return values[0]
    shaped = x.astype(object)
    shaped.reshape(-1)[:] = values
    return shaped if x.dtype == object else shaped.astype(float)


def derivative(
    value: Any, function: Callable[[Any], Any], stencil: Stencil, limit: int | None = None
) -> Any:
    """`stencil` applied to each entry of `value` in turn; in the form of `value`.

    With `limit`, at most so many entries are measured, evenly spread; the others are NaN.
    """
    found: list[Any] = []
    numbers = entries(value)
    stride = max(1, math.ceil(len(numbers) / limit)) if limit else 1
    for index in range(len(numbers)):
        if index % stride:
            found.append(math.nan)
            continue

        def along(step: Any, index: int = index) -> Any:
            return function(nudged(value, index, step))

        found.append(stencil(along, numbers[index]))
    return like(value, found)


def complex_step(run: Run) -> Gradients:
    """Im f(x + ih) / h for every entry of everything that is differentiated.

    Exact to machine precision: nothing is subtracted, and ties and kinks do not disturb it
    (Squire and Trapp, Using complex variables to estimate derivatives of real functions, 1998).
    """

    def stencil(f: Along, x: Any) -> float:
        return float(run.weighted(f(1j * STEP)).imag) / STEP

    return {
        "d" + name: derivative(value, function, stencil)
        for name in run.op.wrt
        for value, function in [run.function_of(name)]
    }
