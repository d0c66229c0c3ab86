"""Negative log likelihood: pick each row's log-probability at its target, then average.

logprobs: (N, C), targets: (N)  ->  loss: ()
"""

from ninja.arrays import namespace, one_hot
from ninja.op import Mistake, Op, expect_indices


def forward(logprobs, targets):
    """loss = -(1/N) sum_n logprobs[n, targets[n]].

    Raises TypeError unless targets are integers; ValueError when one is out of range, or when
    there is no row to average.
    """
    N, C = logprobs.shape
    if N == 0:
        raise ValueError("pick: logprobs should have at least one row to average, but has none")
    expect_indices("pick: targets", targets, C)
    picked = logprobs[namespace(targets).arange(N), targets]
    loss = -picked.sum() / N
    return loss, {"logprobs": logprobs, "targets": targets}


def backward(dloss, logprobs, targets):
    """Only the picked entries count, each for one N-th.   dlogprobs: (N, C)

    dlogprobs_nc = -[c = targets_n] / N, times dloss.

    >>> import numpy as np
    >>> loss, cache = forward(np.log(np.full((2, 3), 1 / 3)), np.array([2, 0]))
    >>> (dlogprobs,) = backward(np.array(1.0), **cache)
    >>> abs(dlogprobs).tolist()
    [[0.0, 0.0, 0.5], [0.5, 0.0, 0.0]]
    """
    N = len(targets)
    # loss = -(1/N) sum_n logprobs[n, targets[n]]
    dlogprobs = -one_hot(targets, logprobs) / N * dloss
    return (dlogprobs,)


def torch_reference(logprobs, targets):
    import torch

    return torch.nn.functional.nll_loss(logprobs, targets)


def example(rng):
    # the last class is never a target, and with 7 rows for 4 classes some target comes twice
    yield (
        "a class that is never a target",
        {"logprobs": rng.standard_normal((7, 5)) - 2, "targets": rng.integers(0, 4, 7)},
    )
    yield (
        "more classes than rows",
        {"logprobs": rng.standard_normal((3, 11)) - 2, "targets": rng.integers(0, 10, 3)},
    )


OP = Op(
    forward,
    backward,
    wrt=("logprobs",),
    lesson=6,
    builds_on=("log_softmax",),
    example=example,
    hints=(
        "dlogprobs is (N, C) like logprobs, although only N of its entries can be other than 0.",
        "loss = -(1/N) sum_n logprobs[n, targets[n]]. An entry that is not picked can change "
        "without the loss noticing. A picked one counts with the factor in front of the sum.",
        "Two rows, three classes, targets = [2, 0], dloss = 1: dlogprobs is -1/2 at (0, 2) and at "
        "(1, 0), and 0 elsewhere.",
    ),
    reference="Goodfellow, Bengio and Courville, [Deep "
    "Learning](https://www.deeplearningbook.org/contents/mlp.html) (2016), section 6.2.1.1: "
    "learning conditional distributions with maximum likelihood.",
    mistakes=(
        Mistake(
            "nll-no-mean",
            "dlogprobs = -one_hot(targets, logprobs) * dloss",
            "The loss is a mean over the N rows: each row counts for one N-th of it.",
        ),
        Mistake(
            "nll-sign",
            "dlogprobs = one_hot(targets, logprobs) / N * dloss",
            "The minus of the negative log likelihood is gone: a likelier target lowers the loss.",
        ),
        Mistake(
            "nll-divides-by-classes",
            "dlogprobs = -one_hot(targets, logprobs) / C * dloss",
            "Divided by the number of classes. One entry of each row was picked, so the mean runs "
            "over the rows.",
        ),
        Mistake(
            "nll-divides-by-all",
            "dlogprobs = -one_hot(targets, logprobs) / (N * C) * dloss",
            "Divided by the number of all entries. Only N of them were picked and averaged.",
        ),
        Mistake(
            "nll-column-index",
            "columns = logprobs * 0\ncolumns[:, targets] = -dloss / N\ndlogprobs = columns",
            "The colon selects every row, so whole columns are filled. Pair each row's number with "
            "its own target.",
        ),
        Mistake(
            "nll-weights-by-logp",
            "dlogprobs = -one_hot(targets, logprobs) * logprobs / N * dloss",
            "The loss is linear in the log-probabilities, so their values do not appear in the "
            "gradient.",
        ),
        Mistake(
            "nll-forgets-upstream",
            "dlogprobs = -one_hot(targets, logprobs) / N",
            "Right as long as dloss is 1. When the loss is scaled or added to another, the "
            "upstream is needed.",
        ),
    ),
)
