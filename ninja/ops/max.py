"""Maximum over one axis or all: a router.

x: (*A)  ->  y: reduced(A, axis, keepdims)
"""

import math

from ninja.arrays import first_max, namespace, spread
from ninja.op import Mistake, Op


def forward(x, *, axis=None, keepdims=False):
    """y = the largest entry of x along `axis` (None: of all); of equals the first is chosen.

    Raises TypeError for several axes; ValueError when there is no entry to choose from.
    """
    if isinstance(axis, tuple):
        raise TypeError(f"max: axis should be one axis or None, but is {axis}")
    choices = math.prod(x.shape) if axis is None else x.shape[axis]
    if choices == 0:
        raise ValueError(
            f"max: x should have entries to choose from along axis {axis}, but has shape "
            f"{tuple(x.shape)}"
        )
    chosen = first_max(x, axis)
    # one entry of each group is left, and adding zeros to it is exact
    y = namespace(x).where(chosen, x, 0).sum(axis=axis, keepdims=keepdims)
    return y, {"x": x, "axis": axis, "keepdims": keepdims, "chosen": chosen}


def backward(dy, x, axis, keepdims, chosen):
    """The chosen entry is the output, so it receives the upstream; all others receive 0.

    For y_n = max_k x_nk: dx_nk = dy_n if k was chosen, else 0.   dx: A

    >>> import numpy as np
    >>> y, cache = forward(np.array([[3.0, 5.0, 5.0], [4.0, 1.0, 2.0]]), axis=1)
    >>> (dx,) = backward(np.array([10.0, 20.0]), **cache)
    >>> dx.tolist()
    [[0.0, 10.0, 0.0], [20.0, 0.0, 0.0]]
    """
    # y = x.max(axis=axis, keepdims=keepdims)
    dx = spread(dy, x, axis, keepdims) * chosen
    return (dx,)


def torch_reference(x, *, axis=None, keepdims=False):
    import torch

    if axis is None:
        y = x.flatten()[x.argmax()]
        return y.reshape((1,) * x.ndim) if keepdims else y
    y = torch.take_along_dim(x, x.argmax(axis, keepdim=True), axis)
    return y if keepdims else y.squeeze(axis)


def example(rng):
    for axis in (None, 0, 1, -1):
        for keepdims in (False, True):
            x = rng.standard_normal((7, 5, 3))
            # a tie for the largest along each axis, a near-tie, and zeros that tie
            x[[2, 2, 4, 2], [1, 3, 1, 1], [0, 0, 0, 2]] = 4
            x[5, 0, [1, 2]] = 3, 3.05
            x[0, 4] = 0
            yield f"axis {axis}, keepdims {keepdims}", {"x": x, "axis": axis, "keepdims": keepdims}


OP = Op(
    forward,
    backward,
    wrt=("x",),
    lesson=6,
    builds_on=("sum",),
    example=example,
    hints=(
        "Shapes first: dx has the shape of x. Each dy belongs to one group of x, and within it to "
        "one entry only.",
        "Nudge an entry that is not the largest: y does not move. Nudge the largest: y moves one "
        "for one. `chosen` is True at that entry.",
        "x = [3, 5, 5], y = 5, dy = 2: the first of the two fives was chosen, so dx = [0, 2, 0].",
    ),
    reference="CS231n, [Backpropagation, Intuitions](https://cs231n.github.io/optimization-2/), "
    "section “Patterns in backward flow”: the max gate routes the gradient.",
    mistakes=(
        Mistake(
            "max-spread",
            "dx = spread(dy, x, axis, keepdims)",
            "Every entry got the upstream: that is the rule of the sum. Only the one that was "
            "chosen can move the maximum.",
        ),
        Mistake(
            "max-as-mean",
            "dx = spread(dy, x, axis, keepdims) * dy.size / x.size",
            "Every entry got an equal share: that is the rule of the mean. The chosen one gets "
            "all, the others nothing.",
        ),
        Mistake(
            "max-value-router",
            "dx = spread(dy, x, axis, keepdims) * chosen * x",
            "The right entry, but multiplied by its own value. The maximum copies that entry, so "
            "its slope is 1.",
        ),
        Mistake(
            "max-wrong-axis",
            "dx = spread(dy, x, axis, keepdims) * first_max(x, axis=0)",
            "The largest was looked up along axis 0. It has to be the axis that the maximum was "
            "taken over.",
        ),
        Mistake(
            "max-ties-doubled",
            "dx = spread(dy, x, axis, keepdims) * (x == spread(y, x, axis, keepdims))",
            "Where several entries are equally large, each of them got the whole upstream, so more "
            "came out than went in. Only the first was chosen.",
        ),
        Mistake(
            "max-softmax-router",
            "dx = spread(dy, x, axis, keepdims) * np.exp(x) / np.exp(x).sum(axis, keepdims=True)",
            "The softmax shares the upstream out among all entries. The maximum is hard: the "
            "chosen one takes it all.",
        ),
        Mistake(
            "max-forgets-upstream",
            "dx = chosen * 1.0",
            "This says which entry was chosen, and that is the local slope. Multiply it by the "
            "upstream dy of its group.",
        ),
    ),
)
