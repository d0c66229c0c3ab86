"""Mean over one axis, several, or all.

x: (*A)  ->  y: reduced(A, axis, keepdims)
"""

import math

from ninja.arrays import spread
from ninja.op import Mistake, Op


def forward(x, *, axis=None, keepdims=False):
    """y = the mean of x over `axis` (None: over everything); keepdims leaves an axis of size 1.

    Raises ValueError when there is nothing to average, or when axis is (), which NumPy and torch
    read differently.
    """
    if axis == ():
        raise ValueError("mean: axis should name at least one axis, but is ()")
    axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    count = math.prod(x.shape[i] for i in axes)
    if count == 0:
        raise ValueError(
            f"mean: x should have entries to average over axis {axis}, but has shape "
            f"{tuple(x.shape)}"
        )
    y = x.mean(axis=axis, keepdims=keepdims)
    return y, {"x": x, "axis": axis, "keepdims": keepdims, "count": count}


def backward(dy, x, axis, keepdims, count):
    """A mean is a sum divided by `count`, so each entry receives its share of the upstream.

    For y_n = sum_k x_nk / K: dx_nk = dy_n / K.   dx: A

    >>> import numpy as np
    >>> y, cache = forward(np.array([[1.0, 2.0], [3.0, 4.0]]), axis=1)
    >>> (dx,) = backward(np.array([10.0, 20.0]), **cache)
    >>> dx.tolist()
    [[5.0, 5.0], [10.0, 10.0]]
    """
    # y = x.sum(axis=axis, keepdims=keepdims) / count
    dx = spread(dy / count, x, axis, keepdims)
    return (dx,)


def torch_reference(x, *, axis=None, keepdims=False):
    import torch

    return torch.mean(x, dim=axis, keepdim=keepdims)


def example(rng):
    for axis in (None, 0, 1, -1):
        for keepdims in (False, True):
            yield (
                f"axis {axis}, keepdims {keepdims}",
                {"x": rng.standard_normal((7, 5, 3)), "axis": axis, "keepdims": keepdims},
            )
    yield "two axes of three", {"x": rng.standard_normal((3, 7, 5)), "axis": (0, -1)}


OP = Op(
    forward,
    backward,
    wrt=("x",),
    lesson=3,
    builds_on=("sum",),
    example=example,
    hints=(
        "Shapes first: dx has the shape of x, dy the shape of the means. Each dy reaches the whole "
        "group of entries that were averaged.",
        "y_n = (x_n1 + ... + x_nK) / K: nudging one x_nk moves y_n by 1/K of the nudge. `count` is "
        "that K, however many axes were averaged.",
        "x = [1, 2, 3, 6], y = 3, dy = 8: four entries share the 8, so dx = [2, 2, 2, 2].",
    ),
    reference="Griewank and Walther, [Evaluating "
    "Derivatives](https://doi.org/10.1137/1.9780898717761) (2nd edition, 2008), chapter 3: the "
    "reverse propagation of gradients.",
    mistakes=(
        Mistake(
            "mean-as-sum",
            "dx = spread(dy, x, axis, keepdims)",
            "That is the rule of the sum. A mean of many entries is moved less by each of them: "
            "divide by how many there were.",
        ),
        Mistake(
            "mean-by-rows",
            "dx = spread(dy / len(x), x, axis, keepdims)",
            "Divided by the number of rows. What counts is the length of the axis that was "
            "averaged.",
        ),
        Mistake(
            "mean-by-all",
            "dx = spread(dy / x.size, x, axis, keepdims)",
            "Divided by the number of all entries. Each mean was taken over one group only: use "
            "the size of that group.",
        ),
        Mistake(
            "mean-by-kminus1",
            "dx = spread(dy / max(count - 1, 1), x, axis, keepdims)",
            "One less than the count is Bessel's correction, which belongs to a variance. The mean "
            "divides by the full count.",
        ),
    ),
)
