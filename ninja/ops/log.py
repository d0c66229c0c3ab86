"""Natural logarithm, elementwise.   x: (...)  ->  y: (...)"""

from ninja.arrays import namespace
from ninja.op import Mistake, Op


def forward(x):
    """y = log x, to base e.

    Raises ValueError unless every entry of x is greater than 0.
    """
    if not (x.real > 0).all():
        raise ValueError(
            f"log: x should be greater than 0 everywhere, but its smallest entry is {x.real.min()}"
        )
    y = namespace(x).log(x)
    return y, {"x": x}


def backward(dy, x):
    """The derivative of the logarithm is the reciprocal: log′ = 1/x.   dx: (...)

    >>> import numpy as np
    >>> y, cache = forward(np.array([0.5, 4.0]))
    >>> (dx,) = backward(np.array([1.0, 2.0]), **cache)
    >>> dx.tolist()
    [2.0, 0.5]
    """
    # y = log(x)
    dx = dy / x
    return (dx,)


def torch_reference(x):
    import torch

    return torch.log(x)


def example(rng):
    yield "probabilities", {"x": 0.05 + 0.9 * rng.random((7, 5))}
    yield "below and above 1", {"x": 0.3 + 4 * rng.random((5, 3))}


OP = Op(
    forward,
    backward,
    wrt=("x",),
    lesson=6,
    builds_on=("exp",),
    example=example,
    hints=(
        "Elementwise: dx has the shape of x, and entry i needs only dy_i and x_i.",
        "log undoes exp, so its slope is one over the slope of exp at the same point: at "
        "x = e^y, that is one over e^y.",
        "x = 4 has the slope 0.25; with dy = 2, dx = 0.5. That log 4 is 1.3863 does not matter.",
    ),
    reference="NIST, [Digital Library of Mathematical Functions](https://dlmf.nist.gov/4.7), "
    "section 4.7(i): derivatives of logarithms.",
    mistakes=(
        Mistake(
            "log-forgets-reciprocal",
            "dx = dy * x",
            "Multiplied where it should be divided: the logarithm is steep for small x and flat "
            "for large x, yours is the reverse.",
        ),
        Mistake(
            "log-forgets-upstream",
            "dx = 1 / x",
            "That is the local slope alone. The chain rule multiplies it by the upstream dy.",
        ),
        Mistake(
            "log-skipped",
            "dx = dy",
            "The upstream went through unchanged, as if y were x. The slope of the logarithm is 1 "
            "only at x = 1.",
        ),
        Mistake(
            "log-uses-output",
            "dx = dy / y",
            "This divides by the output log x. The slope is told by the input x.",
        ),
        Mistake(
            "log-minus",
            "dx = -dy / x",
            "The sign is turned: the logarithm rises everywhere. The minus of a negative log "
            "likelihood is another step, and it is in dy already.",
        ),
    ),
)
