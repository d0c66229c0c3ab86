"""Two arrays laid one after the other along an axis.

a: (*A), b: (*B)  ->  y: joined(A, B, axis)
"""

from ninja.arrays import namespace
from ninja.op import Mistake, Op


def forward(a, b, *, axis=0):
    """y = a followed by b along `axis`; along all other axes their sizes agree."""
    y = namespace(a).concatenate((a, b), axis=axis)
    return y, {"a": a, "b": b, "axis": axis}


def backward(dy, a, b, axis):
    """Cut the upstream where a ends: each part goes back to where it came from.   da: A, db: B

    For a (N, S) and b (N, R) along axis 1: da_ns = dy_ns and db_nr = dy_n(S+r).

    >>> import numpy as np
    >>> y, cache = forward(np.array([[1.0, 2.0]]), np.array([[3.0]]), axis=1)
    >>> da, db = backward(np.array([[10.0, 20.0, 30.0]]), **cache)
    >>> da.tolist(), db.tolist()
    ([[10.0, 20.0]], [[30.0]])
    """
    # y = concatenate((a, b), axis=axis), with that axis in front while cutting
    size = a.shape[axis]
    da = dy.swapaxes(0, axis)[:size].swapaxes(0, axis) + 0
    db = dy.swapaxes(0, axis)[size:].swapaxes(0, axis) + 0
    return da, db


def torch_reference(a, b, *, axis=0):
    import torch

    return torch.cat((a, b), dim=axis)


def example(rng):
    yield "side by side", _case(rng, (7, 3), (7, 5), 1)
    yield "one below the other", _case(rng, (11, 3), (5, 3), 0)
    yield "last axis", _case(rng, (5, 3, 11), (5, 3, 7), -1)
    yield "middle axis", _case(rng, (3, 5, 7), (3, 13, 7), 1)


def _case(rng, A, B, axis):
    return {"a": rng.standard_normal(A), "b": rng.standard_normal(B), "axis": axis}


OP = Op(
    forward,
    backward,
    wrt=("a", "b"),
    lesson=3,
    builds_on=("reshape",),
    example=example,
    hints=(
        "Shapes first: da has the shape of a and db that of b. Together they are as long as dy "
        "along the axis.",
        "Every entry of y is a copy of one entry of a or of b, so each entry of dy has exactly one "
        "place to go to. Where does b begin?",
        "a = [[1, 2]] and b = [[3]] side by side, dy = [[10, 20, 30]]: da = [[10, 20]] and "
        "db = [[30]].",
    ),
    reference="Griewank and Walther, [Evaluating "
    "Derivatives](https://doi.org/10.1137/1.9780898717761) (2nd edition, 2008), chapter 3: the "
    "reverse propagation of gradients.",
    mistakes=(
        Mistake(
            "concat-swapped",
            "da = np.split(dy, [b.shape[axis]], axis)[1]",
            "This is cut as if b came first. a was put in front, so its gradient is at the front "
            "of dy.",
        ),
        Mistake(
            "concat-whole",
            "da = dy",
            "a received the gradient of b as well. Take only the part of dy that lies where a was "
            "put.",
        ),
        Mistake(
            "concat-off-by-one",
            "da = np.split(dy, [1, a.shape[axis] + 1], axis)[1]",
            "The cut is one place too late at both ends: the first entry is lost and one that "
            "belongs to b comes along. Count from 0.",
        ),
        Mistake(
            "concat-halves",
            "da = np.split(dy, [y.shape[axis] // 2], axis)[0]",
            "Cut in the middle, which fits only when both parts are equally long. The cut is where "
            "a ends.",
        ),
    ),
)
