"""Linear layer: a matrix product and a bias.

x: (N, D), W: (D, K), b: (K,)  ->  out: (N, K)
"""

from ninja.op import Mistake, Op


def forward(x, W, b):
    """out = x @ W + b, where b is copied to each of the N rows."""
    out = x @ W + b
    return out, {"x": x, "W": W, "b": b}


def backward(dout, x, W, b):
    """Gradients of a linear layer.

    dx_nd = sum_k dout_nk W_dk    dx = dout Wᵀ       (N, D)
    dW_dk = sum_n x_nd dout_nk    dW = xᵀ dout       (D, K)
    db_k  = sum_n dout_nk         db = row sum       (K,)

    >>> import numpy as np
    >>> out, cache = forward(np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]), np.array([5.0]))
    >>> dx, dW, db = backward(np.array([[10.0]]), **cache)
    >>> dx.tolist(), dW.tolist(), db.tolist()
    ([[30.0, 40.0]], [[10.0], [20.0]], [10.0])
    """
    # out = x @ W + b
    dx = dout @ W.T
    dW = x.T @ dout
    db = dout.sum(axis=0)
    return dx, dW, db


def torch_reference(x, W, b):
    import torch

    return torch.nn.functional.linear(x, W.T, b)


def example(rng):
    yield (
        "distinct sizes",
        {
            "x": rng.standard_normal((7, 5)),
            "W": rng.standard_normal((5, 11)),
            "b": rng.standard_normal(11),
        },
    )
    yield (
        "all sizes equal, so that no shape warns",
        {
            "x": rng.standard_normal((4, 4)),
            "W": rng.standard_normal((4, 4)),
            "b": rng.standard_normal(4),
        },
    )


OP = Op(
    forward,
    backward,
    wrt=("x", "W", "b"),
    lesson=4,
    example=example,
    hints=(
        "Shapes first: dx is (N, D) like x, dW is (D, K) like W, db is (K,) like b.",
        "out_nk = sum_d x_nd W_dk + b_k. Which entries of out does W_dk touch? All n, one k: "
        "dW_dk = sum_n x_nd dout_nk.",
        "x = [[1, 2]], dout = [[10]]: W_0 is multiplied by 1 and W_1 by 2, so dW = [[10], [20]].",
    ),
    reference="Goodfellow, Bengio and Courville, [Deep "
    "Learning](https://www.deeplearningbook.org/contents/mlp.html) (2016), section 6.5.6: the "
    "gradients of a matrix product.",
    mistakes=(
        Mistake(
            "linear-dw-swapped",
            "dW = dout.T @ x",
            "The factors are in the wrong order: this is dW transposed. With a square W the shapes "
            "do not warn you; compare entry (0, 1) with the sum over n of x_n0 dout_n1.",
        ),
        Mistake(
            "linear-dw-no-transpose",
            "dW = x @ dout",
            "x must be transposed: dW sums over the rows n, and those are the first axis of both.",
        ),
        Mistake(
            "linear-dw-mean",
            "dW = x.T @ dout / N",
            "Divided by the batch size once too often: if the loss is a mean, 1/N is in dout "
            "already.",
        ),
        Mistake(
            "linear-dw-forgets-upstream",
            "dW = x.T @ (dout * 0 + 1)",
            "This is the derivative of the sum of out. Each row counts as much as its dout says: "
            "multiply by the upstream.",
        ),
        Mistake(
            "linear-dx-no-transpose",
            "dx = dout @ W",
            "W must be transposed on the way back: forward it maps D to K, backward K to D.",
        ),
        Mistake(
            "linear-dx-forgets-upstream",
            "dx = (dout * 0 + 1) @ W.T",
            "This is the derivative of the sum of out. The upstream dout is missing from it.",
        ),
        Mistake(
            "linear-dx-mean",
            "dx = dout @ W.T / N",
            "Divided by the batch size once too often: if the loss is a mean, 1/N is in dout "
            "already.",
        ),
        Mistake(
            "linear-db-mean",
            "db = dout.mean(axis=0)",
            "The one bias was copied to N rows, so its gradients add up: a sum, not a mean.",
        ),
        Mistake(
            "linear-db-no-sum",
            "db = dout",
            "b was copied to every row. Undo the copy: sum over the rows, and the shape is b's.",
        ),
        Mistake(
            "linear-db-wrong-axis",
            "db = dout.sum(axis=1)",
            "Summed over the wrong axis: the copies of b are the N rows, axis 0.",
        ),
        Mistake(
            "linear-db-total-sum",
            "db = dout.sum()",
            "One number for all biases. Each of the K biases has its own column to sum.",
        ),
        Mistake(
            "linear-db-keepdims",
            "db = dout.sum(axis=0, keepdims=True)",
            "The numbers are right, the shape is not: b is (K,), so keep no axis of size 1.",
        ),
        Mistake(
            "linear-db-count",
            "db = dout.sum(axis=0) * 0 + N",
            "This counts the rows, as if every dout were 1. Sum the upstream instead.",
        ),
        Mistake(
            "linear-db-times-b",
            "db = b * dout.sum(axis=0)",
            "b is added, not multiplied: its own value does not appear in its gradient.",
        ),
    ),
)
