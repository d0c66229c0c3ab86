"""A tanh neuron on plain numbers: one weight, one input, one bias.

w: (), x: (), b: ()  ->  h: ()
"""

from ninja.op import Mistake, Op
from ninja.ops.tanh import OP as tanh


def forward(w, x, b):
    """h = tanh(w * x + b)."""
    z = w * x + b
    h = tanh(z)
    return h, {"w": w, "x": x, "h": h}


def backward(dh, w, x, h):
    """Every number is one factor: through tanh first, then to the three inputs.

    dz = dh (1 - h²), dw = dz x, dx = dz w, db = dz

    >>> h, cache = forward(w=0.5, x=2, b=-0.5)
    >>> dz, dw, dx, db = backward(0.4, **cache)
    >>> round(h, 3), round(1 - h**2, 3)
    (0.462, 0.786)
    >>> round(dz, 4), round(dw, 2), round(dx, 2), round(db, 2)
    (0.3146, 0.63, 0.16, 0.31)
    """
    # h = tanh(z)
    dz = dh * (1 - h**2)
    # z = w * x + b
    dw = dz * x
    dx = dz * w
    db = dz
    return dz, dw, dx, db


def torch_reference(w, x, b):
    import torch

    z = torch.addcmul(b, w, x)
    h = torch.tanh(z)
    return h, {"z": z}


def example(rng):
    yield "the lesson's numbers", {"w": 0.5, "x": 2.0, "b": -0.5, "dh": 0.4}
    yield "a negative weight", {"w": -1.3 + 0.1 * rng.random(), "x": 0.7, "b": 0.4}
    yield "whole numbers", {"w": 3, "x": -1, "b": 2}


OP = Op(
    forward,
    backward,
    lesson=1,
    builds_on=("tanh",),
    example=example,
    hints=(
        "Everything is a single number. Go from the output to the inputs: dz first, then dw, dx "
        "and db from it.",
        "The slope of tanh, from its output, is 1 - h². In z = w x + b each of w, x and b has a "
        "slope of its own: what is it multiplied by?",
        "w = 0.5, x = 2, b = -0.5, dh = 0.4: z = 0.5, h = 0.4621, 1 - h² = 0.7864, so dz = 0.3146. "
        "dw is twice that, because x is 2.",
    ),
    reference="Rumelhart, Hinton and Williams, [Learning representations by back-propagating "
    "errors](https://doi.org/10.1038/323533a0) (1986), equations 4 to 7, with tanh for the "
    "logistic function.",
    mistakes=(
        Mistake(
            "neuron-dz-skips-tanh",
            "dz = dh",
            "The step through tanh is missing: z moves h only as much as tanh is steep there.",
        ),
        Mistake(
            "neuron-dz-uses-z",
            "dz = dh * (1 - z**2)",
            "The square is of the output h, not of z. Near 0 the two look alike.",
        ),
        Mistake(
            "neuron-dz-sigmoid-rule",
            "dz = dh * h * (1 - h)",
            "h (1 - h) is the rule of the sigmoid. Tanh has another one.",
        ),
        Mistake(
            "neuron-dz-forgets-upstream",
            "dz = 1 - h**2",
            "That is the slope of tanh only. The chain rule multiplies it by the upstream dh.",
        ),
        Mistake(
            "neuron-dw-uses-w",
            "dw = dz * w",
            "w is multiplied by x, so x is its slope. You used the value of w itself.",
        ),
        Mistake(
            "neuron-dw-skips-tanh",
            "dw = dh * x",
            "w acts on h through z. Start from dz, which has the slope of tanh in it, not from dh.",
        ),
        Mistake(
            "neuron-dx-uses-x",
            "dx = dz * x",
            "x is multiplied by w, so w is its slope. You used the value of x itself.",
        ),
        Mistake(
            "neuron-db-times-b",
            "db = dz * b",
            "b is added, not multiplied: its slope is 1, whatever its value.",
        ),
    ),
)
