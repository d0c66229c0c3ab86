"""Gradients from sources that share no code with the backward passes.

complex_step    (ninja.runs) the imaginary part of a forward pass at x + ih
differences     five-point central differences: independent of complex arithmetic, but blind at
                kinks, which it leaves out (Abramowitz and Stegun, 25.3.6)
torch_autograd  torch's engine on an independent forward pass from torch's own library
high_precision  central differences of our forward pass at 50 digits (mpmath)
jax_vjp         JAX's engine on our forward pass

Each takes a `Run` and answers {gradient name: array} for every name in `wrt`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from ninja.runs import STEP, Along, Gradients, Run, defaults, derivative, entries
from ninja.trace import call


def differences(run: Run, step: float = 1e-3) -> Gradients:
    """Five-point central differences, with a step relative to the entry; NaN at a kink.

    About six hundred entries are measured, evenly spread over the tensors; the others are NaN.
    """

    def stencil(f: Along, x: Any) -> float:
        h = step * min(1.0, max(abs(float(x)), 1e-3))

        @cache
        def at(k: float) -> float:
            return float(run.weighted(f(k * h)))

        if _kink(at):
            return math.nan
        return (at(-2) - 8 * at(-1) + 8 * at(1) - at(2)) / (12 * h)

    return {
        "d" + name: derivative(value, function, stencil, sample(run, 600))
        for name in run.op.wrt
        for value, function in [run.function_of(name)]
    }


def sample(run: Run, entries: int) -> int:
    """How many entries of each tensor to measure, so that all together are about `entries`."""
    return max(4, entries // len(run.op.wrt))


def _kink(at: Callable[[float], Any]) -> bool:
    """Whether the slopes to the left and to the right differ, and go on differing close by.

    On a smooth function the second difference shrinks fourfold when the step is halved, at a kink
    only twofold.  Anything below 1e-12 of the value is rounding.
    """
    here = at(0)
    wide, narrow = (abs(at(k) + at(-k) - 2 * here) for k in (1.0, 0.5))
    return bool(wide > 1e-12 * (abs(here) + 1) and narrow > 0.35 * wide)


def to_torch(x: Any, dtype: str = "float64", device: str = "cpu") -> Any:
    """An array, number or list of numbers as a tensor; anything else as it is."""
    import torch

    if isinstance(x, np.ndarray) and x.dtype.kind != "f":
        return torch.as_tensor(x, device=device)
    if isinstance(x, (np.ndarray, np.floating)):
        return torch.as_tensor(x, dtype=getattr(torch, dtype), device=device)
    return x


def torch_autograd(run: Run, dtype: str = "float64") -> tuple[Any, Gradients]:
    """The output and the gradients of the operation's `torch_reference`, by torch's engine.

    Raises ValueError when the operation has no torch_reference.
    """
    import torch

    if run.op.torch_reference is None:
        raise ValueError(f"{run.op.name}: write torch_reference, a forward from torch's library")
    arguments = {n: to_torch(v, dtype) for n, v in run.arguments.items()}
    for name in run.inputs:
        leaf = torch.as_tensor(arguments[name], dtype=getattr(torch, dtype))
        arguments[name] = leaf.clone().requires_grad_()
    result = run.op.torch_reference(**arguments)
    out, named = result if isinstance(result, tuple) else (result, {})
    wanted = [arguments.get(name, named.get(name)) for name in run.op.wrt]
    upstream = torch.as_tensor(run.upstream, dtype=out.dtype)
    grads = torch.autograd.grad(out, wanted, upstream)
    values = (g.numpy().astype(np.float64) for g in grads)
    return out.detach().numpy(), dict(zip(run.op.gradients, values, strict=True))


def high_precision(run: Run, digits: int = 50) -> Gradients:
    """Central differences at `digits` digits: good to about two thirds of them (mpmath).

    About sixty entries are measured, evenly spread over the tensors; the others are NaN.
    """
    import mpmath

    with mpmath.workdps(digits):
        exact = precise(run)
        step = mpmath.mpf(10) ** (-digits // 3)

        here = exact.weighted(exact.out)

        def stencil(f: Along, x: Any) -> Any:
            left, right = (exact.weighted(f(k * step)) for k in (-1, 1))
            bend = abs(left + right - 2 * here)  # about step² where smooth, step at a kink
            kink = bend > step ** mpmath.mpf(1.5) * (abs(here) + 1)
            return math.nan if kink else (right - left) / (2 * step)

        return {
            "d" + name: derivative(value, function, stencil, sample(run, 60))
            for name in run.op.wrt
            for value, function in [exact.function_of(name)]
        }


def precise(run: Run) -> Run:
    """The same run on 50-digit numbers: inputs and upstream hold exactly the same values."""
    import mpmath

    def convert(x: Any) -> Any:
        if isinstance(x, np.ndarray) and x.dtype.kind == "f":
            numbers = np.array([mpmath.mpf(float(v)) for v in x.ravel()], dtype=object)
            return numbers.reshape(x.shape).view(Precise)
        if isinstance(x, list):
            return [mpmath.mpf(v) for v in x]
        return mpmath.mpf(float(x)) if isinstance(x, (float, np.floating)) else x

    inputs = {n: convert(v) if n in run.inputs else v for n, v in run.arguments.items()}
    out, cache = run.op.forward(**inputs)
    _, scope = call(run.op.plain_forward, {**defaults(run.op), **inputs})
    return Run(run.op, run.case, inputs, out, cache, {**scope, **cache}, convert(run.upstream))


class Precise(np.ndarray):
    """An array of mpmath numbers on which NumPy's exp, log, tanh, ... keep every digit."""

    FUNCTIONS = frozenset({"exp", "log", "tanh", "sqrt"})

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        import mpmath

        plain = [x.view(np.ndarray) if isinstance(x, Precise) else x for x in inputs]
        if "out" in kwargs:
            kwargs["out"] = tuple(
                x.view(np.ndarray) if isinstance(x, Precise) else x for x in kwargs["out"]
            )
        if ufunc.__name__ in self.FUNCTIONS:
            ufunc = np.frompyfunc(getattr(mpmath, ufunc.__name__), 1, 1)
        result = getattr(ufunc, method)(*plain, **kwargs)
        return result.view(Precise) if isinstance(result, np.ndarray) else result


def jax_vjp(run: Run) -> Gradients:
    """JAX's engine on our forward pass, in float64."""
    import jax
    import jax.numpy as jnp

    with jax.enable_x64(True):
        traced = {n: jnp.asarray(v) if n in run.inputs else v for n, v in run.arguments.items()}
        scope = {n: jnp.asarray(v) if n in run.op.wrt else v for n, v in run.scope.items()}
        here = replace(run, arguments=traced, scope=scope)
        found = {}
        for name in run.op.wrt:
            value, function = here.function_of(name)
            _, vjp = jax.vjp(function, value)
            (gradient,) = vjp(jnp.asarray(run.upstream))
            found["d" + name] = np.asarray(gradient)
        return found


def local_truth(run: Run, target: str, upstreams: Gradients) -> Any:
    """What one line of a network's backward pass should give, for any upstream values it reads.

    A line alone is tested with random upstreams, because inside its network some gradients are
    zero whatever the line says.  `target` is dX; its line reads dY, dZ, ... given in `upstreams`;
    the truth is the complex step of sum(dY * Y) + sum(dZ * Z) + ..., where Y and Z follow from X
    by the forward lines but not from each other.
    """
    lines = run.op.forward_program.lines
    name = target[1:]
    start = run.op.forward_program.targets.get(name, -1) + 1

    def total(value: Any) -> Any:
        scope, parts = {**run.scope, name: value}, []
        for line in lines[start:]:
            exec(line.code, run.op.forward_program.globals, scope)
            if "d" + line.target in upstreams:
                pair = zip(
                    entries(upstreams["d" + line.target]), entries(scope[line.target]), strict=True
                )
                parts.append(sum(u * v for u, v in pair))
                scope[line.target] = run.scope[line.target]
        return sum(parts)

    def stencil(f: Along, x: Any) -> float:
        return float(f(1j * STEP).imag) / STEP

    return derivative(run.scope[name], total, stencil)
