"""Our rules under torch's own numerical check, `torch.autograd.gradcheck`, for comparison.

The forward and the backward pass run in NumPy, wrapped into a `torch.autograd.Function` on double
tensors, so that gradcheck sees exactly the rule that our checker sees.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from ninja.op import Op
from ninja.runs import Run, run_on, runs
from ninja.trace import asked_for


def accepts(op: Op, text: str, fast: bool) -> bool:
    """Whether gradcheck, with its own settings, takes the `backward` of `text` on every case."""
    import torch

    names: dict[str, Any] = {"np": np}
    exec(compile(text, f"<{op.name}>", "exec"), names)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return all(
                torch.autograd.gradcheck(
                    _rule(run, names["backward"]),
                    [_leaf(value) for value in run.inputs.values()],
                    fast_mode=fast,
                    raise_exception=False,
                )
                for run in runs(op)
            )
        except Exception:  # whatever a wrong rule raises, gradcheck has not accepted it
            return False


def _leaf(value: Any) -> Any:
    import torch

    return torch.tensor(np.asarray(value), dtype=torch.float64, requires_grad=True)


def _number(tensor: Any) -> Any:
    """A copy as a NumPy array, or as a NumPy number where there is one entry and no axis."""
    return tensor.detach().numpy().copy()[()]


def _rule(run: Run, backward: Callable[..., Any]) -> Callable[..., Any]:
    """The operation as a differentiable torch function of its differentiable inputs."""
    import torch

    op = run.op

    class Rule(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, *tensors: Any) -> Any:
            moved = {n: _number(t) for n, t in zip(run.inputs, tensors, strict=True)}
            ctx.arguments, ctx.names = {**run.arguments, **moved}, None
            return torch.tensor(np.asarray(op.plain_forward(**ctx.arguments)[0]))

        @staticmethod
        def backward(ctx: Any, upstream: Any) -> Any:
            if ctx.names is None:  # for one forward pass there are many backward passes
                ctx.names = run_on(op, ctx.arguments, None, run.case, run.upstream).names
            given = {**ctx.names, op.upstream: _number(upstream)}
            with np.errstate(all="ignore"):
                grads = backward(**asked_for(backward, given))
            found = dict(zip(op.gradients, grads, strict=True))
            return tuple(torch.tensor(np.asarray(found["d" + n], float)) for n in run.inputs)

    def function(*tensors: Any) -> Any:
        return Rule.apply(*tensors)

    return function
