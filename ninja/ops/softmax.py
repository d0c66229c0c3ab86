"""Softmax over the last axis: numbers become probabilities.   z: (..., C)  ->  probs: (..., C)"""

from ninja.arrays import first_max, namespace
from ninja.op import Mistake, Op


def forward(z):
    """probs_i = exp(z_i) / sum_j exp(z_j), in each row on its own.

    The row's largest entry is subtracted first.  That changes nothing in the quotient, and no exp
    can overflow.  Raises ValueError when there is no class to choose from.
    """
    if z.shape[-1] == 0:
        raise ValueError(
            f"softmax: z should have at least one entry in its last axis, but has shape "
            f"{tuple(z.shape)}"
        )
    xp = namespace(z)
    counts = xp.exp(z - xp.amax(z.real, axis=-1, keepdims=True))
    probs = counts / counts.sum(axis=-1, keepdims=True)
    return probs, {"z": z, "probs": probs}


def backward(dprobs, z, probs):
    """Each z_j moves all probabilities of its row.   dz: (..., C)

    dprobs_i / dz_j = p_i ([i = j] - p_j), hence dz_j = p_j (dprobs_j - sum_i dprobs_i p_i):
    how much better class j is than the row's average, times its probability.

    >>> import numpy as np
    >>> probs, cache = forward(np.array([[0.0, 0.0]]))
    >>> (dz,) = backward(np.array([[1.0, 0.0]]), **cache)
    >>> dz.tolist()
    [[0.25, -0.25]]
    """
    # probs = exp(z) / exp(z).sum(axis=-1, keepdims=True)
    dz = probs * (dprobs - (dprobs * probs).sum(axis=-1, keepdims=True))
    return (dz,)


def backward_accurate(dprobs, z, probs):
    """The same with the upstream measured from its entry at the likeliest class.

    Only differences of the upstream matter.  When one probability is close to 1 the average is
    close to the upstream there, and subtracting the two loses every digit in float32; counted from
    that entry, both are small.
    """
    likeliest = first_max(probs, axis=-1)
    gap = dprobs - (dprobs * likeliest).sum(axis=-1, keepdims=True)
    dz = probs * (gap - (gap * probs).sum(axis=-1, keepdims=True))
    return (dz,)


def torch_reference(z):
    import torch

    return torch.softmax(z, dim=-1)


def example(rng):
    z = 2 * rng.standard_normal((7, 5))
    z[1, 3] = z[1, 0]
    yield "a row for each example", {"z": z}
    yield "three axes", {"z": rng.standard_normal((2, 7, 5))}
    yield "one row alone", {"z": rng.standard_normal(5)}


OP = Op(
    forward,
    backward,
    wrt=("z",),
    lesson=6,
    example=example,
    hints=(
        "dz has the shape of z. Rows do not mix, but within a row every z_j moves every p_i, "
        "because all share one denominator.",
        "dp_i / dz_j = p_i ([i = j] - p_j). Multiply by dprobs_i and sum over i: one term for "
        "class j itself, and one sum that is the same for the whole row.",
        "probs = [0.5, 0.5] and dprobs = [1, 0]: the average upstream is 0.5, so dz = "
        "[0.5 · (1 - 0.5), 0.5 · (0 - 0.5)] = [0.25, -0.25]. The row sums to 0.",
    ),
    reference="Bishop, *Pattern Recognition and Machine Learning* (2006), section 4.3.4, equation "
    "4.106: the derivatives of softmax.  Subtracting the largest entry: Blanchard, Higham and "
    "Higham, [Accurately computing the log-sum-exp and softmax "
    "functions](https://doi.org/10.1093/imanum/draa038) (2021).",
    mistakes=(
        Mistake(
            "softmax-diagonal-only",
            "dz = dprobs * probs * (1 - probs)",
            "The sigmoid's rule: it follows each z to its own probability only. Raising one z also "
            "lowers all other probabilities of the row.",
        ),
        Mistake(
            "softmax-missing-dot",
            "dz = dprobs * probs",
            "The path through the denominator is missing. Check: raising all of a row changes "
            "nothing, so each row of dz must sum to 0.",
        ),
        Mistake(
            "softmax-dot-mean",
            "dz = probs * (dprobs - (dprobs * probs).mean(axis=-1, keepdims=True))",
            "The probabilities are weights that add up to 1 already. Dividing by C once more makes "
            "the average too small.",
        ),
        Mistake(
            "softmax-wrong-axis",
            "dz = probs * (dprobs - (dprobs * probs).sum(axis=0, keepdims=True))",
            "Summed over the first axis, which mixes different examples. The denominator is shared "
            "along the last one.",
        ),
        Mistake(
            "softmax-pass-through",
            "dz = dprobs",
            "The upstream went through unchanged, as if softmax were not there.",
        ),
        Mistake(
            "softmax-sign",
            "dz = probs * ((dprobs * probs).sum(axis=-1, keepdims=True) - dprobs)",
            "Every sign is turned around: a class whose probability should grow has to have a "
            "larger z.",
        ),
        Mistake(
            "softmax-lost-p",
            "dz = dprobs - (dprobs * probs).sum(axis=-1, keepdims=True)",
            "The factor in front is missing: a class with hardly any probability can hardly move "
            "anything.",
        ),
        Mistake(
            "softmax-logsoftmax-rule",
            "dz = dprobs - probs * dprobs.sum(axis=-1, keepdims=True)",
            "This is the rule of log-softmax. It is right when the upstream belongs to the "
            "logarithms of the probabilities.",
        ),
        Mistake(
            "softmax-plus",
            "dz = probs * (dprobs + (dprobs * probs).sum(axis=-1, keepdims=True))",
            "The denominator grows with z and pushes every probability down: its path has a minus.",
        ),
    ),
)
