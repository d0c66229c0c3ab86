"""Logistic sigmoid, elementwise.   x: (...)  ->  y: (...)"""

from ninja.arrays import exp, namespace
from ninja.op import Mistake, Op


def forward(x):
    """y = 1 / (1 + exp(-x)), which lies between 0 and 1.

    Computed from e = exp(-|x|), which cannot overflow: 1 / (1 + e) where x is positive and
    e / (1 + e) where it is negative.
    """
    xp = namespace(x)
    negative = x.real < 0
    one = xp.ones_like(x.real)
    e = xp.exp(xp.where(negative, one, -one) * x)
    y = xp.where(negative, e, one) / (1 + e)
    return y, {"x": x, "y": y}


def backward(dy, x, y):
    """The derivative of the sigmoid, from its output: σ′ = y (1 - y).   dx: (...)

    >>> import numpy as np
    >>> y, cache = forward(np.array([0.0, 2.0]))
    >>> (dx,) = backward(np.array([0.4, 1.0]), **cache)
    >>> dx.round(4).tolist()
    [0.1, 0.105]
    """
    # y = 1 / (1 + exp(-x))
    dx = dy * y * (1 - y)
    return (dx,)


def backward_accurate(dy, x, y):
    """The same without cancellation: y (1 - y) = e / (1 + e)² with e = exp(-|x|).

    In float32, 1 - y has no right digit left once x passes 17; this form keeps them all.
    """
    e = exp(-abs(x))
    dx = dy * (e / (1 + e) ** 2)
    return (dx,)


def torch_reference(x):
    import torch

    return torch.sigmoid(x)


def example(rng):
    x = 1.5 * rng.standard_normal((7, 5))
    x[3, 2] = 0.0
    yield "mixed signs and a zero", {"x": x}
    yield "flat tails", {"x": 8 * rng.standard_normal((3, 2))}


OP = Op(
    forward,
    backward,
    wrt=("x",),
    lesson=5,
    example=example,
    hints=(
        "Elementwise: dx has the shape of x, and entry i needs only dy_i and y_i.",
        "Differentiate (1 + exp(-x))^-1, then look for y in the result: one factor is y, the other "
        "is what y lacks to 1.",
        "x = 0 gives y = 0.5, where the slope is 0.25, the steepest there is; with dy = 0.4, "
        "dx = 0.1.",
    ),
    reference="Bishop, *Pattern Recognition and Machine Learning* (2006), section 4.3.2, equation "
    "4.88: dσ/da = σ (1 - σ).",
    mistakes=(
        Mistake(
            "sigmoid-uses-input",
            "dx = dy * x * (1 - x)",
            "The rule reads y (1 - y), with the output y. You put in the input x.",
        ),
        Mistake(
            "sigmoid-twice",
            "s = 1 / (1 + exp(-y)); dx = dy * s * (1 - s)",
            "The sigmoid was taken of y, which is a sigmoid already. Use y as it is.",
        ),
        Mistake(
            "sigmoid-tanh-rule",
            "dx = dy * (1 - y**2)",
            "1 - y² is the rule of tanh. The sigmoid's slope is at most 1/4, yours reaches 1.",
        ),
        Mistake(
            "sigmoid-lost-factor",
            "dx = dy * y",
            "Half of the rule is missing: for large x the sigmoid is flat, and this slope is 1.",
        ),
        Mistake(
            "sigmoid-plus",
            "dx = dy * y * (1 + y)",
            "The slope has to vanish in both flat tails. With a plus it is 2 where y is 1.",
        ),
        Mistake(
            "sigmoid-forgets-upstream",
            "dx = y * (1 - y)",
            "That is the local slope only. The chain rule multiplies it by the upstream dy.",
        ),
    ),
)
