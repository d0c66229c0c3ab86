"""Addition with broadcasting.

a: (*A), b: (*B)  ->  y: broadcast(A, B)
"""

from ninja.arrays import sum_to
from ninja.op import Mistake, Op


def forward(a, b):
    """y = a + b, where axes that are missing or of size 1 are copied to the other's size."""
    y = a + b
    return y, {"a": a, "b": b}


def backward(dy, a, b):
    """Addition hands the upstream to both sides; what was copied receives the sum of its copies.

    da = dy, db = dy, each summed over the axes along which it was copied.   da: A, db: B

    For b (K,) added to every row of a (N, K): db_k = sum_n dy_nk.

    >>> import numpy as np
    >>> y, cache = forward(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([10.0, 20.0]))
    >>> da, db = backward(np.array([[1.0, 2.0], [30.0, 40.0]]), **cache)
    >>> da.tolist(), db.tolist()
    ([[1.0, 2.0], [30.0, 40.0]], [31.0, 42.0])
    """
    # y = a + b; the + 0 makes a new array where there is nothing to sum
    da = sum_to(dy, a.shape) + 0
    db = sum_to(dy, b.shape) + 0
    return da, db


def torch_reference(a, b):
    import torch

    return torch.add(a, b)


def example(rng):
    yield "b added to each row", _case(rng, (7, 5), (5,))
    yield "b added to each column", _case(rng, (7, 5), (7, 1))
    yield "a added to each row", _case(rng, (11,), (3, 11))
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
    example=example,
    hints=(
        "Shapes first: da has the shape of a, db the shape of b. Where dy has more axes or longer "
        "ones, something has to be summed away.",
        "If b (K,) is added to all rows, then b_k sits in y_0k, y_1k, ...: nudging it moves each "
        "of them by as much, so db_k = sum_n dy_nk.",
        "a = [1, 2], b = 10 (one number, copied twice), dy = [3, 4]: da = [3, 4] and db = 7.",
    ),
    reference="Goodfellow, Bengio and Courville, [Deep "
    "Learning](https://www.deeplearningbook.org/contents/mlp.html) (2016), section 6.5.6: what "
    "comes back on several paths is added up.",
    mistakes=(
        Mistake(
            "bcast-add-no-sum",
            "db = dy",
            "This is one gradient for each copy of b. The copies are one b: add theirs up until "
            "the shape is b's again.",
        ),
        Mistake(
            "bcast-add-mean",
            "db = sum_to(dy, b.shape) * b.size / dy.size",
            "You averaged over the copies of b. Nudging b moves all of them at once, so their "
            "gradients add up and nothing is divided.",
        ),
        Mistake(
            "bcast-add-first-copy",
            "db = dy[0]",
            "Only the first row of dy came back. b was copied to every row, and each copy has "
            "something to say.",
        ),
        Mistake(
            "bcast-add-times-copies",
            "db = dy[0] * len(dy)",
            "The first row times the number of rows is right only if all rows of dy are equal. "
            "Look at the other rows as well.",
        ),
        Mistake(
            "bcast-add-keepdims",
            "db = dy.sum(axis=0, keepdims=True)",
            "The numbers are there, but an axis of size 1 was kept that b does not have. Compare "
            "the shape with b.shape.",
        ),
        Mistake(
            "bcast-add-split",
            "da = sum_to(dy, a.shape) / 2",
            "The upstream is not shared out between the two addends: y moves one for one with a, "
            "whatever b does.",
        ),
    ),
)
