"""A fixed power, elementwise.   x: (...)  ->  y: (...)"""

from numbers import Real

from ninja.op import Mistake, Op


def forward(x, *, exponent):
    """y = x to the power of `exponent`, one number for all entries.

    Raises TypeError unless exponent is a real number; ValueError where there is no real power
    (negative x, fractional exponent) or no finite slope (x = 0, exponent below 1).
    """
    if not isinstance(exponent, Real):
        raise TypeError(f"power: exponent should be a real number, but is {exponent!r}")
    # a NumPy scalar would turn float32 into float64
    exponent = float(exponent)
    if exponent % 1 and (x.real < 0).any():
        raise ValueError(
            f"power: x should not be negative when exponent is a fraction ({exponent}), but its "
            f"smallest entry is {x.real.min()}"
        )
    if exponent < 1 and (x.real == 0).any():
        raise ValueError(
            f"power: x should have no entry 0 when exponent is below 1 ({exponent}), but has one, "
            "and x ** (exponent - 1) divides by it"
        )
    y = x**exponent
    return y, {"x": x, "exponent": exponent}


def backward(dy, x, exponent):
    """The power rule: (x ** exponent)′ = exponent * x ** (exponent - 1).   dx: (...)

    exponent 2 is the square (2x), -1 the inverse (-1/x²), -0.5 the inverse root (-x^-1.5 / 2).

    >>> import numpy as np
    >>> y, cache = forward(np.array([1.0, 4.0]), exponent=-0.5)
    >>> (dx,) = backward(np.array([1.0, 2.0]), **cache)
    >>> dx.tolist()
    [-0.5, -0.125]
    """
    # y = x**exponent
    dx = dy * exponent * x ** (exponent - 1)
    return (dx,)


def torch_reference(x, *, exponent):
    import torch

    return torch.pow(x, exponent)


def example(rng):
    for exponent in (0.5, -0.5):
        yield f"exponent {exponent}", {"x": 0.4 + 2 * rng.random((7, 5)), "exponent": exponent}
    for exponent in (-1, -2):
        signed = rng.choice([-1.0, 1.0], (5, 3)) * (0.5 + rng.random((5, 3)))
        yield f"exponent {exponent}", {"x": signed, "exponent": exponent}
    for exponent in (2, 3):
        with_zeros = rng.standard_normal((3, 5))
        with_zeros[1, [0, 3]] = 0
        yield f"exponent {exponent}", {"x": with_zeros, "exponent": exponent}


OP = Op(
    forward,
    backward,
    wrt=("x",),
    lesson=6,
    example=example,
    hints=(
        "Elementwise: dx has the shape of x, and entry i needs only dy_i, x_i and the exponent.",
        "Power rule: the exponent comes down as a factor, and what stays above is one less. For "
        "-0.5 one less is -1.5.",
        "x = 4, exponent = -0.5: y = 0.5 and the slope is -0.5 · 4^-1.5 = -0.0625; with dy = 2, "
        "dx = -0.125.",
    ),
    reference="NIST, [Digital Library of Mathematical Functions](https://dlmf.nist.gov/4.7), "
    "section 4.7(ii): derivatives of exponentials and powers.",
    mistakes=(
        Mistake(
            "power-forgets-upstream",
            "dx = exponent * x ** (exponent - 1)",
            "That is the local slope alone. The chain rule multiplies it by the upstream dy.",
        ),
        Mistake(
            "power-not-lowered",
            "dx = dy * exponent * x**exponent",
            "The exponent came down as a factor but stayed as it was above. It goes down by one.",
        ),
        Mistake(
            "power-not-brought-down",
            "dx = dy * x ** (exponent - 1)",
            "The exponent was lowered, but it is also a factor: x² has the slope 2x, and not x.",
        ),
        Mistake(
            "power-negative-sign",
            "dx = dy * abs(exponent) * x ** (exponent - 1)",
            "The minus of a negative exponent got lost. For positive x, 1/x falls when x grows: "
            "its slope is negative.",
        ),
        Mistake(
            "power-raised",
            "dx = dy * exponent * x ** (exponent + 1)",
            "The exponent went up by one, as in an integral. Going down from -1 leads to -2, "
            "further from zero.",
        ),
    ),
)
