"""Cross-entropy of logits, averaged over the batch: softmax and negative log likelihood in one.

logits: (N, C), targets: (N)  ->  loss: ()
"""

from ninja.arrays import namespace, one_hot
from ninja.op import Mistake, Op, expect_indices


def forward(logits, targets, *, ignore_index=-100, label_smoothing=0.0):
    """loss = mean over the counted rows of -sum_c q_c log p_c, with p = softmax(logits).

    q is 1 at the target and 0 elsewhere; with label smoothing s it is 1 - s at the target, and
    every class gets s / C on top.  Rows whose target is `ignore_index` do not count.

    Raises TypeError unless targets are integers; ValueError when one is out of range, when no row
    counts, or when label_smoothing is not in [0, 1).
    """
    N, C = logits.shape
    if not 0 <= label_smoothing < 1:
        raise ValueError(
            f"cross_entropy: label_smoothing should lie in [0, 1), but is {label_smoothing}"
        )
    expect_indices("cross_entropy: targets", targets, C, ignore=ignore_index)
    counted = targets != ignore_index
    n = int(counted.sum())
    if n == 0:
        raise ValueError(f"cross_entropy: targets has no row to average ({N} rows, none counted)")
    classes = targets * counted  # an ignored row points at class 0, and counts nothing
    xp = namespace(logits)
    z = logits - xp.amax(logits.real, axis=1, keepdims=True)
    logprobs = z - xp.log(xp.exp(z).sum(axis=1, keepdims=True))
    probs = xp.exp(logprobs)
    picked = logprobs[namespace(classes).arange(N), classes]
    smoothed = (1 - label_smoothing) * picked + label_smoothing * logprobs.mean(axis=1)
    loss = -(smoothed * counted).sum() / n
    cache = {
        "logits": logits,
        "targets": targets,
        "probs": probs,
        "counted": counted,
        "n": n,
        "label_smoothing": label_smoothing,
    }
    return loss, cache


def backward(dloss, logits, targets, probs, counted, n, label_smoothing):
    """Predicted minus true, averaged: dlogits = (p - q) / n, and 0 in rows that do not count.

    From L = log sum_k exp z_k - z_y: dL/dz_c = p_c - [c = y].   dlogits: (N, C)

    >>> import numpy as np
    >>> loss, cache = forward(np.zeros((1, 4)), np.array([2]))
    >>> (dlogits,) = backward(np.array(1.0), **cache)
    >>> dlogits.tolist()
    [[0.25, 0.25, -0.75, 0.25]]
    """
    # loss = mean of -sum(q * log(softmax(logits)))
    q = (1 - label_smoothing) * one_hot(targets * counted, probs) + label_smoothing / probs.shape[1]
    dlogits = (probs - q) * counted[:, None] / n * dloss
    return (dlogits,)


def backward_accurate(dloss, logits, targets, probs, counted, n, label_smoothing):
    """The same without cancellation: at the target, p - 1 is minus the sum of the other p.

    In float32 a confident and right prediction rounds p to 1, and p - 1 loses every digit.
    """
    onehot = one_hot(targets * counted, probs)
    others = probs * (1 - onehot)
    hard = others - onehot * others.sum(axis=1, keepdims=True)
    soft = label_smoothing * (onehot - 1 / probs.shape[1])
    dlogits = (hard + soft) * counted[:, None] / n * dloss
    return (dlogits,)


def torch_reference(logits, targets, *, ignore_index=-100, label_smoothing=0.0):
    import torch

    return torch.nn.functional.cross_entropy(
        logits, targets, ignore_index=ignore_index, label_smoothing=label_smoothing
    )


def example(rng):
    yield (
        "plain",
        {"logits": 2 * rng.standard_normal((7, 5)), "targets": rng.integers(0, 4, 7)},
    )
    ignored = rng.integers(0, 4, 7)
    ignored[[0, 1, 4, 6]] = -1  # 3 rows count: as many as neither rows nor classes
    yield (
        "four rows ignored",
        {"logits": rng.standard_normal((7, 5)), "targets": ignored, "ignore_index": -1},
    )
    yield (
        "label smoothing",
        {
            "logits": rng.standard_normal((7, 5)),
            "targets": rng.integers(0, 4, 7),
            "label_smoothing": 0.2,
        },
    )


OP = Op(
    forward,
    backward,
    wrt=("logits",),
    lesson=7,
    builds_on=("softmax",),
    example=example,
    hints=(
        "dlogits is (N, C) like logits. Rows do not mix: row n depends on its own probabilities "
        "and its own target.",
        "For one row, loss = log(sum_k exp z_k) - z_y. Differentiate both parts by z_c: the first "
        "gives a probability, the second touches the target only. Then comes the average.",
        "z = [0, 0, 0, 0] and target 2, one row: every probability is 0.25, so dlogits is "
        "[0.25, 0.25, -0.75, 0.25]. It sums to 0: raising all logits changes nothing.",
    ),
    reference="Bishop, *Pattern Recognition and Machine Learning* (2006), section 4.3.4, equation "
    "4.109: the error is prediction minus target.  Label smoothing: Szegedy and others, "
    "[Rethinking the Inception Architecture](https://arxiv.org/abs/1512.00567) (2016), section 7.",
    mistakes=(
        Mistake(
            "ce-no-mean",
            "dlogits = (probs - q) * counted[:, None] * dloss",
            "The loss is a mean: each row that counts has only its share of it, one n-th.",
        ),
        Mistake(
            "ce-sign",
            "dlogits = (q - probs) * counted[:, None] / n * dloss",
            "Predicted minus true, not true minus predicted: a larger logit of a wrong class makes "
            "the loss larger.",
        ),
        Mistake(
            "ce-divides-by-classes",
            "dlogits = (probs - q) * counted[:, None] / C * dloss",
            "Divided by the number of classes. The mean runs over the rows.",
        ),
        Mistake(
            "ce-divides-by-all",
            "dlogits = (probs - q) * counted[:, None] / (n * C) * dloss",
            "Divided by the number of all entries. Each row gives one loss, and the mean is over "
            "those.",
        ),
        Mistake(
            "ce-double-mean",
            "dlogits = (probs - q) * counted[:, None] / n**2 * dloss",
            "The division by the number of rows happened twice. It belongs to the mean, once.",
        ),
        Mistake(
            "ce-onehot-only",
            "dlogits = -q * counted[:, None] / n * dloss",
            "That is the gradient of the log-probabilities. One step is left: back through "
            "log-softmax to the logits.",
        ),
        Mistake(
            "ce-subtracts-everywhere",
            "dlogits = (probs - 1) * counted[:, None] / n * dloss",
            "The 1 was subtracted from all classes. Only one class of each row is the true one.",
        ),
        Mistake(
            "ce-double-softmax",
            "g = (probs - q) * counted[:, None] / n * dloss\n"
            "dlogits = probs * (g - (g * probs).sum(axis=1, keepdims=True))",
            "The softmax was undone twice. Predicted minus true already is the gradient of the "
            "logits.",
        ),
        Mistake(
            "ce-times-p1p",
            "dlogits = (probs - q) * probs * (1 - probs) * counted[:, None] / n * dloss",
            "p (1 - p) is a habit from squared errors. Here it has cancelled against the "
            "derivative of the logarithm.",
        ),
        Mistake(
            "ce-uses-logits",
            "dlogits = (logits - q) * counted[:, None] / n * dloss",
            "Logits are no probabilities: apply softmax before comparing them with the targets.",
        ),
        Mistake(
            "ce-softmax-wrong-axis",
            "p = exp(logits) / exp(logits).sum(axis=0)\n"
            "dlogits = (p - q) * counted[:, None] / n * dloss",
            "These probabilities add up to 1 down the batch. They should do so across the classes "
            "of each row.",
        ),
        Mistake(
            "ce-global-normaliser",
            "p = exp(logits) / exp(logits).sum()\ndlogits = (p - q) * counted[:, None] / n * dloss",
            "One sum for the whole batch. Each row needs a denominator of its own, kept as a "
            "column.",
        ),
        Mistake(
            "ce-forgets-upstream",
            "dlogits = (probs - q) * counted[:, None] / n",
            "Right as long as dloss is 1. When the loss is scaled or added to another, the "
            "upstream is needed.",
        ),
        Mistake(
            "ce-mse-habit",
            "dlogits = 2 * (probs - q) * counted[:, None] / n * dloss",
            "The 2 comes from squared errors. Nothing is squared in a cross-entropy.",
        ),
        Mistake(
            "ceignore-divides-by-batch",
            "dlogits = (probs - q) * counted[:, None] / N * dloss",
            "Divided by all rows. Ignored rows are not in the mean, so they do not count in its "
            "denominator.",
        ),
        Mistake(
            "ceignore-not-zeroed",
            "dlogits = (probs - q) / n * dloss",
            "Ignored rows still pull on the logits. Their loss is not counted, so their gradient "
            "is 0.",
        ),
        Mistake(
            "ceignore-p-leaks",
            "dlogits = (probs - q * counted[:, None]) / n * dloss",
            "Only the true class was removed from ignored rows, the prediction is still there. The "
            "whole row is 0.",
        ),
        Mistake(
            "ce-smoothing-forgotten",
            "dlogits = (probs - one_hot(targets, probs)) * counted[:, None] / n * dloss",
            "Compared with hard targets. With label smoothing, the true distribution gives a "
            "little to every class.",
        ),
        Mistake(
            "ce-smoothing-not-spread",
            "dlogits = (probs - (1 - label_smoothing) * one_hot(targets, probs))"
            " * counted[:, None] / n * dloss",
            "Smoothing took some weight from the target, and it is spread over all classes. Here "
            "it is lost, and the rows no longer sum to 0.",
        ),
    ),
)
