"""Tanh, elementwise.   x: (...)  ->  y: (...)"""

from ninja.arrays import exp, namespace
from ninja.op import Mistake, Op


def forward(x):
    """y = tanh x, which lies between -1 and 1."""
    y = namespace(x).tanh(x)
    return y, {"x": x, "y": y}


def backward(dy, x, y):
    """The derivative of tanh, from its output: tanh′ = 1 - y².   dx: (...)

    >>> import numpy as np
    >>> y, cache = forward(np.array([0.0, 0.5]))
    >>> (dx,) = backward(np.array([1.0, 0.4]), **cache)
    >>> dx.round(4).tolist()
    [1.0, 0.3146]
    """
    # y = tanh(x)
    dx = dy * (1 - y**2)
    return (dx,)


def backward_accurate(dy, x, y):
    """The same without cancellation: 1 - tanh² x = 4e / (1 + e)² with e = exp(-2|x|).

    In float32, 1 - y² has no right digit left once |x| passes 9; this form keeps them all.
    """
    e = exp(-2 * abs(x))
    dx = dy * (4 * e / (1 + e) ** 2)
    return (dx,)


def torch_reference(x):
    import torch

    return torch.tanh(x)


def example(rng):
    yield "mixed signs", {"x": 1.5 * rng.standard_normal((7, 5))}
    yield "flat tails", {"x": 4 * rng.standard_normal((3, 2))}


OP = Op(
    forward,
    backward,
    wrt=("x",),
    lesson=5,
    example=example,
    hints=(
        "Elementwise: dx has the shape of x, and entry i needs only dy_i and y_i.",
        "The derivative of tanh is 1 - tanh², and tanh x is the output y you already have.",
        "x = 0.5 gives y = 0.4621 and 1 - y² = 0.7864; with dy = 0.4, dx = 0.3146.",
    ),
    reference="NIST, [Digital Library of Mathematical Functions](https://dlmf.nist.gov/4.34), "
    "section 4.34: d/dz tanh z = sech² z.",
    mistakes=(
        Mistake(
            "tanh-uses-input",
            "dx = dy * (1 - x**2)",
            "The square is of the output y, not of the input x. Near 0 the two look alike.",
        ),
        Mistake(
            "tanh-plus",
            "dx = dy * (1 + y**2)",
            "1 + y² belongs to the tangent, tan. For tanh it is 1 - y²: never more than 1.",
        ),
        Mistake(
            "tanh-forgets-one",
            "dx = dy * -(y**2)",
            "The 1 of 1 - y² is gone. At x = 0 the slope of tanh is 1, yours is 0.",
        ),
        Mistake(
            "tanh-sigmoid-rule",
            "dx = dy * y * (1 - y)",
            "y (1 - y) is the rule of the sigmoid. Tanh has 1 - y².",
        ),
        Mistake(
            "tanh-square-outside",
            "dx = dy * (1 - y) ** 2",
            "(1 - y)² is not 1 - y²: square y first, then subtract.",
        ),
        Mistake(
            "tanh-forgets-upstream",
            "dx = 1 - y**2",
            "That is the local slope only. The chain rule multiplies it by the upstream dy.",
        ),
        Mistake(
            "tanh-skipped",
            "dx = dy",
            "The upstream went through unchanged, as if tanh were not there. Multiply by 1 - y².",
        ),
        Mistake(
            "tanh-root",
            "dx = dy * (1 - y**2) ** 0.5",
            "A square root too many: the slope is 1 - y² itself.",
        ),
    ),
)
