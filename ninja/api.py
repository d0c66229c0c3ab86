"""What a notebook or a REPL calls: `ninja.check` and `ninja.cmp`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from ninja import compare, diagnose, verdict
from ninja.check import check_function
from ninja.compare import NotNumbers
from ninja.diagnose import Evidence
from ninja.exercises import find
from ninja.shapes import shape_of
from ninja.verdict import Result, Tensor


@dataclass(frozen=True)
class Shown:
    """A check's result that shows itself: a table in Jupyter, text elsewhere.

    `shown.result` holds the verdicts; `bool(shown)` is True when all is right.
    """

    result: Result

    def __bool__(self) -> bool:
        return self.result.passed

    def __repr__(self) -> str:
        from ninja.render import plain

        return plain(self.result)

    def _repr_html_(self) -> str:
        from ninja.render import html

        return html(self.result)


def check(exercise: str, backward: Callable[..., Any]) -> Shown:
    """Check a function against an exercise, in this process.

    Raises UnknownExercise, a LookupError, that says which exercise may be meant.

    >>> def backward(dout, x, W):
    ...     return dout @ W.T, x.T @ dout, dout.sum(axis=0)
    >>> bool(check("linear", backward))
    True
    """
    return Shown(check_function(find(exercise).op, backward))


def cmp(name: str, gradient: Any, tensor: Any) -> Shown:
    """Compare a hand-written gradient with the one that torch's engine left on `tensor`.

    `tensor` is a torch tensor after `backward()` (an intermediate one after `retain_grad()`), or
    the right gradient itself as an array.  Shapes must be exactly alike: nothing is broadcast.
    Three verdicts: bit-identical, right to rounding, wrong; a wrong one is looked into.

    Raises ValueError when the tensor has no gradient yet.

    >>> import numpy as np
    >>> bool(cmp("db", np.ones(3), np.ones(3)))
    True
    >>> cmp("db", np.ones((1, 3)), np.ones(3)).result.tensors[0].verdict
    'shape'
    """
    right = _right_gradient(name, tensor)
    return Shown(Result(name, *_compared(name, gradient, right)))


def _right_gradient(name: str, tensor: Any) -> Any:
    if hasattr(tensor, "requires_grad"):
        grad = tensor.grad if tensor.is_leaf or tensor.retains_grad else None
        if grad is None and tensor.requires_grad:
            raise ValueError(
                f"{name} has no gradient yet: call loss.backward() first, and before that "
                f"{name}.retain_grad() if it is an intermediate value"
            )
        return tensor if grad is None else grad
    return tensor


def _compared(name: str, gradient: Any, right: Any) -> tuple[bool, tuple[Tensor, ...]]:
    want = compare.numbers(right)
    single = compare.is_single(right) or compare.is_single(gradient)
    tolerance = compare.SINGLE if single else compare.TOLERANCE
    try:
        got = compare.as_form_of(compare.numbers(gradient), want)
    except NotNumbers as reason:
        tensor = Tensor(name, verdict.WRONG, message=f"`{name}` is no gradient: {reason}.")
        return False, (tensor,)
    largest = max(map(abs, compare.flat(want)), default=0.0)
    error = compare.gap(got, want) / (largest or 1.0)
    found = Tensor(
        name, verdict.WRONG, None if error == float("inf") else error, shape_of(got),
        shape_of(want),
    )  # fmt: skip
    if compare.identical(got, want):
        return True, (replace(found, verdict=verdict.RIGHT, message="Bit for bit the same."),)
    if error <= tolerance:
        said = f"The same to rounding ({error:.1e})."
        return True, (replace(found, verdict=verdict.ROUNDING, message=said),)
    kind = verdict.WRONG if shape_of(got) == shape_of(want) else verdict.SHAPE
    finding = diagnose.without_record(Evidence({}, got, want, largest, tolerance))
    return False, (replace(found, verdict=kind, message=finding),)
