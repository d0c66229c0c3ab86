"""Cross-entropy, atom by atom: from logits to the loss in eight named steps.

logits: (N, C), targets: (N,)  ->  loss: ()
"""

from ninja.arrays import first_max, one_hot
from ninja.op import Mistake, Op
from ninja.ops.exp import OP as exp
from ninja.ops.log import OP as log
from ninja.ops.max import OP as amax
from ninja.ops.pick import OP as pick


def forward(logits, targets):
    """logits, minus their row maximum, to counts, to probabilities, to the picked logs."""
    N = len(logits)
    logit_maxes = amax(logits, axis=1, keepdims=True)
    norm_logits = logits - logit_maxes
    counts = exp(norm_logits)
    counts_sum = counts.sum(axis=1, keepdims=True)
    counts_sum_inv = counts_sum**-1
    probs = counts * counts_sum_inv
    logprobs = log(probs)
    loss = pick(logprobs, targets)
    cache = {
        "logits": logits, "targets": targets, "counts": counts, "counts_sum": counts_sum,
        "counts_sum_inv": counts_sum_inv, "probs": probs, "N": N,
    }  # fmt: skip
    return loss, cache


def backward(dloss, logits, targets, counts, counts_sum, counts_sum_inv, probs, N):
    """One line for each line of the forward pass, from the last to the first.

    counts and logits are used twice: their two branches add up.   every gradient: (N, C) or (N, 1)
    """
    # loss = -logprobs[range(N), targets].mean()
    dlogprobs = -one_hot(targets, probs) / N * dloss
    # logprobs = log(probs)
    dprobs = dlogprobs / probs
    # probs = counts * counts_sum_inv
    dcounts_sum_inv = (dprobs * counts).sum(axis=1, keepdims=True)
    # counts_sum_inv = counts_sum**-1
    dcounts_sum = dcounts_sum_inv * -(counts_sum**-2)
    # counts_sum = counts.sum(axis=1, keepdims=True), and counts goes into probs, too
    dcounts = dprobs * counts_sum_inv + dcounts_sum
    # counts = exp(norm_logits)
    dnorm_logits = dcounts * counts
    # norm_logits = logits - logit_maxes
    dlogit_maxes = -dnorm_logits.sum(axis=1, keepdims=True)
    # logit_maxes = logits.max(axis=1), and logits goes into norm_logits, too
    dlogits = dnorm_logits + first_max(logits, axis=1) * dlogit_maxes
    return (
        dlogprobs, dprobs, dcounts_sum_inv, dcounts_sum, dcounts, dnorm_logits, dlogit_maxes,
        dlogits,
    )  # fmt: skip


def torch_reference(logits, targets):
    import torch
    from torch.nn import functional as F

    logit_maxes = torch.max(logits, 1, keepdim=True).values
    norm_logits = torch.sub(logits, logit_maxes)
    counts = torch.exp(norm_logits)
    counts_sum = torch.sum(counts, 1, keepdim=True)
    counts_sum_inv = torch.reciprocal(counts_sum)
    probs = torch.mul(counts, counts_sum_inv)
    logprobs = torch.log(probs)
    loss = F.nll_loss(logprobs, targets)
    return loss, locals()


def example(rng):
    yield (
        "distinct sizes",
        {"logits": 2 * rng.standard_normal((7, 5)), "targets": rng.integers(0, 4, 7)},
    )
    tied = rng.standard_normal((3, 4))
    tied[0, [1, 3]] = 2.0
    tied[1, [0, 2]] = 1.5, 1.55
    yield "a tie and a near-tie", {"logits": tied, "targets": rng.integers(0, 4, 3)}


SHIFT = (
    " In this network the gradient that arrives is zero up to rounding, because raising every "
    "logit of a row changes nothing; so here it cannot show."
)

OP = Op(
    forward,
    backward,
    name="cross_entropy-atoms",
    lesson=6,
    builds_on=("max", "exp", "log", "pick"),
    example=example,
    hints=(
        "Shapes first: counts_sum, counts_sum_inv and logit_maxes are (N, 1); all others (N, C).",
        "counts goes into probs and into counts_sum; logits goes into norm_logits and into "
        "logit_maxes. Add the two branches.",
        "One row, probs = [0.2, 0.5, 0.3], target 1, dloss = 1: dlogprobs = [0, -1, 0] and "
        "dprobs = [0, -2, 0].",
    ),
    reference="Goodfellow, Bengio and Courville, [Deep "
    "Learning](https://www.deeplearningbook.org/contents/mlp.html) (2016), sections 6.2.2.3 "
    "(softmax) and 6.5 (back-propagation); the maximum as a router: CS231n, [Backpropagation, "
    "Intuitions](https://cs231n.github.io/optimization-2/), section “Patterns in backward flow”.",
    mistakes=(
        Mistake(
            "normalise-dinv-no-sum",
            "dcounts_sum_inv = dprobs * counts",
            "counts_sum_inv is one number a row, copied along the row. Sum over those copies.",
        ),
        Mistake(
            "normalise-ds-sign",
            "dcounts_sum = dcounts_sum_inv * counts_sum**-2",
            "The derivative of 1/s is negative: when the sum grows, its inverse shrinks.",
        ),
        Mistake(
            "normalise-ds-power",
            "dcounts_sum = dcounts_sum_inv * -(counts_sum**-1)",
            "The power went down by too little: the derivative of s to the -1 has s to the -2.",
        ),
        Mistake(
            "normalise-direct-only",
            "dcounts = dprobs * counts_sum_inv",
            "counts is used twice, in probs and in counts_sum. The second branch is missing.",
        ),
        Mistake(
            "normalise-sum-only",
            "dcounts = dcounts_sum + counts * 0",
            "The branch through the sum replaced the direct one. Used twice means: add both.",
        ),
        Mistake(
            "normalise-overcount",
            "dcounts = dprobs * counts_sum_inv + dcounts_sum * C",
            "Broadcasting gives every entry of the row its copy already; no factor C is needed.",
        ),
        Mistake(
            "logitmax-lost-minus",
            "dlogit_maxes = dnorm_logits.sum(axis=1, keepdims=True)",
            "logit_maxes is subtracted, so a minus belongs here." + SHIFT,
            harmless=True,
        ),
        Mistake(
            "logitmax-no-sum",
            "dlogit_maxes = -dnorm_logits",
            "logit_maxes is one number a row, copied along the row. Sum over those copies.",
        ),
        Mistake(
            "logitmax-mean",
            "dlogit_maxes = -dnorm_logits.mean(axis=1, keepdims=True)",
            "Copies add up, they do not average." + SHIFT,
            harmless=True,
        ),
        Mistake(
            "logitmax-branch-missing",
            "dlogits = dnorm_logits * 1",
            "The branch through logit_maxes is left out." + SHIFT,
            harmless=True,
        ),
        Mistake(
            "logitmax-direct-missing",
            "dlogits = first_max(logits, axis=1) * dlogit_maxes",
            "The branch through the maximum replaced the direct one. Used twice means: add both.",
        ),
        Mistake(
            "logitmax-wrong-axis",
            "dlogits = dnorm_logits + first_max(logits, axis=0) * dlogit_maxes",
            "The maximum was taken along each row, not down each column." + SHIFT,
            harmless=True,
        ),
        Mistake(
            "logitmax-value-router",
            "dlogits = dnorm_logits + first_max(logits, axis=1) * logits * dlogit_maxes",
            "A maximum passes its gradient on unscaled, times 1, not times the value." + SHIFT,
            harmless=True,
        ),
        Mistake(
            "logitmax-ties-doubled",
            "dlogits = dnorm_logits + (logits == logit_maxes) * dlogit_maxes",
            "With a tie, each tied entry gets all of it; one entry, the first, is enough." + SHIFT,
            harmless=True,
        ),
    ),
)
