"""Sum over one axis, several, or all.

x: (*A)  ->  y: reduced(A, axis, keepdims)
"""

from ninja.arrays import spread
from ninja.op import Mistake, Op


def forward(x, *, axis=None, keepdims=False):
    """y = the sum of x over `axis` (None: over everything); keepdims leaves an axis of size 1.

    Raises ValueError when axis is (), which NumPy and torch read differently.
    """
    if axis == ():
        raise ValueError("sum: axis should name at least one axis, but is ()")
    y = x.sum(axis=axis, keepdims=keepdims)
    return y, {"x": x, "axis": axis, "keepdims": keepdims}


def backward(dy, x, axis, keepdims):
    """A sum forward is a copy backward: every summand moves the sum one for one.

    For y_n = sum_k x_nk: dx_nk = dy_n.   dx: A

    >>> import numpy as np
    >>> y, cache = forward(np.array([[1.0, 2.0], [3.0, 4.0]]), axis=1)
    >>> (dx,) = backward(np.array([10.0, 20.0]), **cache)
    >>> dx.tolist()
    [[10.0, 10.0], [20.0, 20.0]]
    """
    # y = x.sum(axis=axis, keepdims=keepdims)
    dx = spread(dy, x, axis, keepdims)
    return (dx,)


def torch_reference(x, *, axis=None, keepdims=False):
    import torch

    return torch.sum(x, dim=axis, keepdim=keepdims)


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
    builds_on=("add",),
    example=example,
    hints=(
        "Shapes first: dx has the shape of x, dy the shape of the sums. Each dy has to reach the "
        "whole group of entries that went into its sum.",
        "y_n = sum_k x_nk: x_nk moves y_n one for one and no other sum, so dx_nk = dy_n for "
        "every k.",
        "x = [1, 2, 3], y = 6, dy = 5: dx = [5, 5, 5], whatever the values of x are.",
    ),
    reference="Griewank and Walther, [Evaluating "
    "Derivatives](https://doi.org/10.1137/1.9780898717761) (2nd edition, 2008), chapter 3: the "
    "reverse propagation of gradients.",
    mistakes=(
        Mistake(
            "sum-as-mean",
            "dx = spread(dy, x, axis, keepdims) * dy.size / x.size",
            "Dividing by the number of summands is the rule of the mean. In a sum each entry "
            "counts fully.",
        ),
        Mistake(
            "sum-not-spread",
            "dx = dy",
            "dx still has the shape of the sums. Copy each dy to all entries that were summed into "
            "it, until the shape is that of x.",
        ),
        Mistake(
            "sum-weights-by-value",
            "dx = spread(dy, x, axis, keepdims) * x",
            "The entries were added, not multiplied: a large x moves the sum no faster than a "
            "small one, so its value plays no part.",
        ),
        Mistake(
            "sum-ones",
            "dx = x * 0 + 1",
            "1 is the local slope of every summand. The chain rule multiplies it by the dy of the "
            "sum it went into.",
        ),
    ),
)
