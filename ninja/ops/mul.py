"""Multiplication, entry by entry, with broadcasting.

a: (*A), b: (*B)  ->  y: broadcast(A, B)
"""

from ninja.arrays import sum_to
from ninja.op import Mistake, Op


def forward(a, b):
    """y = a * b, where axes that are missing or of size 1 are copied to the other's size."""
    y = a * b
    return y, {"a": a, "b": b}


def backward(dy, a, b):
    """Each factor receives the upstream times its partner, then broadcasting is undone.

    da = dy * b, db = dy * a, each summed over the axes along which it was copied.   da: A, db: B

    For b (N, 1) against a (N, K): db_n = sum_k dy_nk a_nk.

    >>> import numpy as np
    >>> y, cache = forward(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[10.0], [20.0]]))
    >>> da, db = backward(np.array([[1.0, 1.0], [0.5, 2.0]]), **cache)
    >>> da.tolist(), db.tolist()
    ([[10.0, 10.0], [10.0, 40.0]], [[3.0], [9.5]])
    """
    # y = a * b
    da = sum_to(dy * b, a.shape)
    db = sum_to(dy * a, b.shape)
    return da, db


def torch_reference(a, b):
    import torch

    return torch.mul(a, b)


def example(rng):
    yield "one factor for each row", _case(rng, (7, 5), (7, 1))
    yield "one factor for each column", _case(rng, (7, 5), (5,))
    yield "a the smaller one", _case(rng, (11,), (3, 11))
    yield "both copied", _case(rng, (3, 1, 5), (7, 1))
    yield "b a single number", _case(rng, (5, 3), ())
    yield "same shape", _case(rng, (3, 7), (3, 7))


def _case(rng, A, B):
    return {"a": rng.standard_normal(A), "b": rng.standard_normal(B)}


OP = Op(
    forward,
    backward,
    wrt=("a", "b"),
    lesson=3,
    builds_on=("add",),
    example=example,
    hints=(
        "Shapes first: da has the shape of a, db the shape of b. The products with dy may be "
        "larger; then sum over the axes that were copied.",
        "Nudge a_i alone and y_i moves b_i times as far: the local slope of a factor is the other "
        "factor. For b (N, 1): db_n = sum_k dy_nk a_nk.",
        "a = [1, 2], b = 10 (one number, copied twice), dy = [3, 4]: da = [30, 40] and "
        "db = 3·1 + 4·2 = 11.",
    ),
    reference="CS231n, [Backpropagation, Intuitions](https://cs231n.github.io/optimization-2/), "
    "section “Patterns in backward flow”: the multiply gate hands each factor the other one.",
    mistakes=(
        Mistake(
            "bcast-mul-no-sum",
            "db = dy * a",
            "The product is right, but it still holds one entry for each copy of b. Sum over the "
            "axes along which b was copied.",
        ),
        Mistake(
            "bcast-mul-own-factor",
            "db = sum_to(dy * b, b.shape)",
            "Multiplied by b itself. How far y moves when b is nudged is set by its partner a.",
        ),
        Mistake(
            "bcast-mul-sum-first",
            "db = sum_to(dy, b.shape) * sum_to(a, b.shape)",
            "A product of sums is not the sum of the products: pair every dy with its own a "
            "first, and sum afterwards.",
        ),
        Mistake(
            "bcast-mul-mean",
            "db = sum_to(dy * a, b.shape) * b.size / dy.size",
            "You averaged over the copies of b. They are all the same b, so what they receive "
            "adds up.",
        ),
        Mistake(
            "bcast-mul-squeezed",
            "db = (dy * a).sum(axis=1)",
            "Summed over axis 1 and the axis is gone. A factor of shape (N, 1) needs its gradient "
            "as (N, 1), or a later step broadcasts it the wrong way.",
        ),
        Mistake(
            "bcast-mul-wrong-axis",
            "db = (dy * a).sum(axis=0)",
            "This sums over the rows. Ask along which axis b was copied; that is the one to sum.",
        ),
        Mistake(
            "bcast-mul-forgets-upstream",
            "db = sum_to((dy * 0 + 1) * a, b.shape)",
            "That is the gradient of the plain sum of y. Weigh each a by the upstream that "
            "arrives at its place.",
        ),
        Mistake(
            "bcast-mul-da-skips",
            "da = sum_to(dy, a.shape)",
            "The upstream went through as if b had been added. A factor of b on the way forward is "
            "a factor of b on the way back.",
        ),
    ),
)
