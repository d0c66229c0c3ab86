"""Exponential, elementwise.   x: (...)  ->  y: (...)"""

from ninja.arrays import namespace
from ninja.op import Mistake, Op


def forward(x):
    """y = e to the power of x, which is positive."""
    y = namespace(x).exp(x)
    return y, {"x": x, "y": y}


def backward(dy, x, y):
    """The exponential is its own derivative: exp′ = y.   dx: (...)

    >>> import numpy as np
    >>> y, cache = forward(np.array([0.0, 0.5]))
    >>> (dx,) = backward(np.array([1.0, 0.4]), **cache)
    >>> dx.round(4).tolist()
    [1.0, 0.6595]
    """
    # y = exp(x)
    dx = dy * y
    return (dx,)


def torch_reference(x):
    import torch

    return torch.exp(x)


def example(rng):
    yield "mixed signs", {"x": rng.standard_normal((7, 5))}
    with_zeros = 2 * rng.standard_normal((3, 5))
    with_zeros[1, [0, 3]] = 0
    yield "exact zeros", {"x": with_zeros}


OP = Op(
    forward,
    backward,
    wrt=("x",),
    lesson=6,
    example=example,
    hints=(
        "Elementwise: dx has the shape of x, and entry i needs only dy_i and y_i.",
        "The slope of e^x at x is e^x again, and that is the output y you already have.",
        "x = 0.5 gives y = 1.6487; with dy = 0.4, dx = 0.6595.",
    ),
    reference="NIST, [Digital Library of Mathematical Functions](https://dlmf.nist.gov/4.7), "
    "section 4.7(ii): derivatives of exponentials and powers.",
    mistakes=(
        Mistake(
            "exp-forgets-upstream",
            "dx = y",
            "That is the local slope alone. The chain rule multiplies it by the upstream dy.",
        ),
        Mistake(
            "exp-skipped",
            "dx = dy",
            "The upstream went through unchanged, as if y were x. The slope of e^x is 1 only at "
            "x = 0.",
        ),
        Mistake(
            "exp-uses-input",
            "dx = dy * x",
            "This takes the input x where the output belongs. The slope of e^x is never negative; "
            "yours is, wherever x is.",
        ),
        Mistake(
            "exp-twice",
            "dx = dy * np.exp(y)",
            "The exponential was taken twice: y is e^x already.",
        ),
        Mistake(
            "exp-power-rule",
            "dx = dy * x * np.exp(x - 1)",
            "x · e^(x-1) is the power rule, which holds for a fixed exponent. Here the exponent is "
            "what varies, and the base is fixed.",
        ),
    ),
)
