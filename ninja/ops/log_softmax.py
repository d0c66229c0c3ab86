"""Log-softmax over the last axis.   z: (..., C)  ->  logprobs: (..., C)"""

from ninja.arrays import first_max, namespace
from ninja.op import Mistake, Op


def forward(z):
    """logprobs_i = z_i - log(sum_j exp(z_j)), in each row on its own.

    The row's largest entry is subtracted first, so that no exp overflows and the log never sees a
    zero.  Raises ValueError when there is no class to choose from.
    """
    if z.shape[-1] == 0:
        raise ValueError(
            f"log_softmax: z should have at least one entry in its last axis, but has shape "
            f"{tuple(z.shape)}"
        )
    xp = namespace(z)
    shifted = z - xp.amax(z.real, axis=-1, keepdims=True)
    logprobs = shifted - xp.log(xp.exp(shifted).sum(axis=-1, keepdims=True))
    probs = xp.exp(logprobs)
    return logprobs, {"z": z, "probs": probs}


def backward(dlogprobs, z, probs):
    """Each z_j counts for itself, and in the row's normalizer.   dz: (..., C)

    dlogprobs_i / dz_j = [i = j] - p_j, hence dz_j = dlogprobs_j - p_j sum_i dlogprobs_i.

    >>> import numpy as np
    >>> logprobs, cache = forward(np.array([[0.0, 0.0]]))
    >>> (dz,) = backward(np.array([[3.0, 1.0]]), **cache)
    >>> dz.tolist()
    [[1.0, -1.0]]
    """
    # logprobs = z - log(exp(z).sum(axis=-1, keepdims=True))
    dz = dlogprobs - probs * dlogprobs.sum(axis=-1, keepdims=True)
    return (dz,)


def backward_accurate(dlogprobs, z, probs):
    """The same without cancellation at the likeliest class.

    dz_j = dlogprobs_j (1 - p_j) - p_j (sum of the other dlogprobs).  When p_j is close to 1,
    float32 rounds it to 1; but 1 - p_j is the sum of the other probabilities, which are accurate.
    """
    likeliest = first_max(probs, axis=-1)
    rest = likeliest == 0
    dz_rest = dlogprobs - probs * dlogprobs.sum(axis=-1, keepdims=True)
    other_probs = (probs * rest).sum(axis=-1, keepdims=True)
    other_upstreams = (dlogprobs * rest).sum(axis=-1, keepdims=True)
    dz_likeliest = dlogprobs * other_probs - probs * other_upstreams
    dz = dz_rest * rest + dz_likeliest * likeliest
    return (dz,)


def torch_reference(z):
    import torch

    return torch.log_softmax(z, dim=-1)


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
    builds_on=("softmax",),
    example=example,
    hints=(
        "dz has the shape of z. Rows do not mix; within a row, z_j is in its own log-probability "
        "and in the normalizer of all.",
        "The derivative of log(sum_k exp z_k) by z_j is p_j, a probability. All C entries of the "
        "row subtract that normalizer, so it receives minus the sum of their upstreams.",
        "probs = [0.5, 0.5] and dlogprobs = [3, 1]: the sum is 4, of which each z takes half, so "
        "dz = [3 - 2, 1 - 2] = [1, -1]. The row sums to 0.",
    ),
    reference="Blanchard, Higham and Higham, [Accurately computing the log-sum-exp and softmax "
    "functions](https://doi.org/10.1093/imanum/draa038) (2021): the gradient of log-sum-exp is "
    "softmax.",
    mistakes=(
        Mistake(
            "logsoftmax-softmax-rule",
            "dz = probs * (dlogprobs - (dlogprobs * probs).sum(axis=-1, keepdims=True))",
            "This is the rule of softmax. Here the upstream belongs to the logarithms, and the "
            "rule is shorter.",
        ),
        Mistake(
            "logsoftmax-sum-lost",
            "dz = dlogprobs - probs",
            "That holds only when the upstreams of a row add up to 1. How much the normalizer "
            "receives depends on their sum.",
        ),
        Mistake(
            "logsoftmax-uses-logp",
            "dz = dlogprobs - logprobs * dlogprobs.sum(axis=-1, keepdims=True)",
            "The derivative of the normalizer is a probability; you put in its logarithm.",
        ),
        Mistake(
            "logsoftmax-mean",
            "dz = dlogprobs - probs * dlogprobs.mean(axis=-1, keepdims=True)",
            "The normalizer was copied to all C entries, so their upstreams add up: a sum, not a "
            "mean.",
        ),
        Mistake(
            "logsoftmax-wrong-axis",
            "dz = dlogprobs - probs * dlogprobs.sum(axis=0, keepdims=True)",
            "Summed over the first axis, which mixes different examples. Each row has a "
            "normalizer of its own.",
        ),
        Mistake(
            "logsoftmax-weighted",
            "dz = dlogprobs - probs * (dlogprobs * probs).sum(axis=-1, keepdims=True)",
            "One factor too many inside the sum: the normalizer is subtracted from every entry "
            "alike, whatever its probability.",
        ),
    ),
)
