"""The same entries in the same order under another shape.

x: (*A)  ->  y: reshaped(A, shape)
"""

from ninja.op import Mistake, Op


def forward(x, *, shape):
    """y = a copy of x with shape `shape`, in which one size may be -1 (what is left over).

    Both are read row by row: the last axis runs fastest.
    """
    # torch and NumPy would hand out a view, and a later write to y would change x
    y = x.reshape(shape) + 0
    return y, {"x": x, "shape": shape}


def backward(dy, x, shape):
    """Nothing was computed, so the upstream goes back into the shape that x had.   dx: A

    For x (N, T, E) laid out as y (N, T*E): dx_nte = dy_nj with j = t*E + e.

    >>> import numpy as np
    >>> y, cache = forward(np.array([[[1.0, 2.0], [3.0, 4.0]]]), shape=(1, 4))
    >>> (dx,) = backward(np.array([[10.0, 20.0, 30.0, 40.0]]), **cache)
    >>> dx.tolist()
    [[[10.0, 20.0], [30.0, 40.0]]]
    """
    # y = x.reshape(shape)
    dx = dy.reshape(x.shape) + 0
    return (dx,)


def torch_reference(x, *, shape):
    import torch

    return torch.reshape(x, shape)


def example(rng):
    yield "context laid out in a row", {"x": rng.standard_normal((7, 3, 5)), "shape": (7, 15)}
    yield "size -1", {"x": rng.standard_normal((3, 7, 5)), "shape": (3, -1)}


OP = Op(
    forward,
    backward,
    wrt=("x",),
    lesson=3,
    example=example,
    hints=(
        "Shapes first: dx has the shape of x, and as many entries as dy.",
        "For x (N, T, E) and y (N, T*E), entry x_nte is y_nj with j = t*E + e. Follow one entry "
        "forward, then its gradient back along the same way.",
        "x = [[[1, 2], [3, 4]]] becomes y = [[1, 2, 3, 4]]; dy = [[10, 20, 30, 40]] goes back as "
        "dx = [[[10, 20], [30, 40]]].",
    ),
    reference="Griewank and Walther, [Evaluating "
    "Derivatives](https://doi.org/10.1137/1.9780898717761) (2nd edition, 2008), chapter 3: the "
    "reverse propagation of gradients.",
    mistakes=(
        Mistake(
            "reshape-order-swapped",
            "N, T, E = x.shape; dx = dy.reshape(N, E, T).transpose(0, 2, 1)",
            "The shape is right and the order is not: T and E have changed places. Forward, the "
            "last axis of x ran fastest; it has to do so on the way back.",
            same_as=("reshape-fortran",),
        ),
        Mistake(
            "reshape-batch-swapped",
            "N, T, E = x.shape; dx = dy.reshape(T, N, E).transpose(1, 0, 2)",
            "The shape is right, but rows of the batch are mixed: an example received entries of "
            "another one's gradient. Row n of dy belongs to x[n] alone.",
        ),
        Mistake(
            "reshape-fortran",
            "dx = dy.reshape(x.shape, order='F')",
            "Read column by column (order 'F'), while the forward pass went row by row. Both "
            "directions need the same order.",
            same_as=("reshape-order-swapped",),
        ),
        Mistake(
            "reshape-not-restored",
            "dx = dy",
            "The numbers are right, but they still lie in the shape of y. Give them the shape of "
            "x again.",
        ),
    ),
)
