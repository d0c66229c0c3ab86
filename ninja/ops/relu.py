"""Rectified linear unit, elementwise.   x: (...)  ->  y: (...)"""

from ninja.arrays import namespace
from ninja.op import Mistake, Op


def forward(x):
    """y = x where x is positive, else 0."""
    y = namespace(x).where(x.real <= 0, 0, x)
    return y, {"x": x}


def backward(dy, x):
    """A gate: the upstream passes where x was positive, and nowhere else.   dx: (...)

    At x = 0 any slope from 0 to 1 could be argued for; like most libraries we take 0.

    >>> import numpy as np
    >>> y, cache = forward(np.array([-2.0, 0.0, 3.0]))
    >>> (dx,) = backward(np.array([5.0, 5.0, -5.0]), **cache)
    >>> dx.tolist()
    [0.0, 0.0, -5.0]
    """
    # y = x where x > 0, else 0
    dx = dy * (x > 0)
    return (dx,)


def torch_reference(x):
    import torch

    return torch.relu(x)


def example(rng):
    x = rng.standard_normal((7, 5))
    x[2, 1:4] = 0.0
    x[5, 0] = -0.0
    yield "mixed signs and exact zeros", {"x": x}
    yield "three axes", {"x": rng.standard_normal((2, 5, 3))}


OP = Op(
    forward,
    backward,
    wrt=("x",),
    lesson=5,
    example=example,
    hints=(
        "Elementwise: dx has the shape of x, and entry i needs only dy_i and x_i.",
        "Where x is positive, y moves exactly as x does. Elsewhere y stays 0 whatever x does, and "
        "at 0 itself we agree on the slope 0. Multiply by 1 or 0 accordingly.",
        "x = [-2, 0, 3] and dy = [5, 5, -5]: only the last entry was let through, so dx is "
        "[0, 0, -5].",
    ),
    reference="Goodfellow, Bengio and Courville, [Deep "
    "Learning](https://www.deeplearningbook.org/contents/mlp.html) (2016), section 6.3: the slope "
    "at 0 may be taken from either side.",
    mistakes=(
        Mistake(
            "relu-masks-gradient",
            "dx = dy * (dy > 0)",
            "The gate looks at the upstream, but it was x that opened or closed it on the way "
            "forward. A negative gradient may pass, too.",
            same_as=("relu-of-gradient",),
        ),
        Mistake(
            "relu-of-gradient",
            "dx = np.maximum(dy, 0)",
            "This applies ReLU to the gradient. The backward pass is no ReLU: it multiplies by the "
            "slope of the forward one, which depends on x.",
            same_as=("relu-masks-gradient",),
        ),
        Mistake(
            "relu-ge-input",
            "dx = dy * (x >= 0)",
            "Right everywhere but at exactly 0, where the agreed slope is 0. Zeros are common "
            "after an earlier ReLU or padding.",
        ),
        Mistake(
            "relu-ge-output",
            "dx = dy * (y >= 0)",
            "y is never negative, so this mask is always true and nothing is gated.",
            same_as=("relu-skipped",),
        ),
        Mistake(
            "relu-skipped",
            "dx = dy",
            "The upstream went through unchanged, as if every x were positive. Where x was "
            "negative, y did not move at all.",
            same_as=("relu-ge-output",),
        ),
        Mistake(
            "relu-leaky",
            "dx = dy * np.where(x > 0, 1, 0.01)",
            "A slope of 0.01 on the negative side belongs to the leaky ReLU. Here that side is "
            "flat.",
        ),
        Mistake(
            "relu-guided",
            "dx = dy * (x > 0) * (dy > 0)",
            "Two gates in a row. Blocking negative gradients makes pretty pictures (guided "
            "backpropagation), but it is not the derivative.",
        ),
        Mistake(
            "relu-sign",
            "dx = dy * np.sign(x)",
            "That is the slope of |x|. For negative x, ReLU is flat; it does not turn around.",
        ),
        Mistake(
            "relu-forgets-upstream",
            "dx = (x > 0) * 1.0",
            "That is the local slope only. The chain rule multiplies it by the upstream dy.",
        ),
        Mistake(
            "relu-mask-from-output",
            "dx = dy * (y > 0)",
            "Right: y is positive exactly where x is. It even saves memory, since x need not be "
            "kept.",
            harmless=True,
        ),
    ),
)
