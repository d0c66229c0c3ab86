"""Softmax and negative log likelihood of three logits, in plain numbers.

z: [3], target: ()  ->  loss: ()
"""

from ninja.arrays import namespace
from ninja.op import Mistake, Op


def _expect_class(target, z):
    if isinstance(target, bool) or not hasattr(target, "__index__"):
        kind = type(target).__name__
        raise TypeError(f"softmax3: target should be a whole number, but is a {kind}")
    if not 0 <= target < len(z):
        raise ValueError(f"softmax3: target should lie in 0 ... {len(z) - 1}, but is {target}")


def _minus_largest(values):
    largest = max(v.real for v in values)  # a constant: it changes nothing in p
    return _plus(values, [-largest] * len(values))


def _log(value):
    return namespace(value).log(value)


def _exp(values):
    return [namespace(v).exp(v) for v in values]


def _plus(a, b):
    return [v + w for v, w in zip(a, b, strict=True)]


def _times(a, b):
    return [v * w for v, w in zip(a, b, strict=True)]


def _only_at(place, value):
    return [value if i == place else 0.0 for i in range(3)]


def forward(z, target):
    """loss = -log p[target], with p = exp(z) / sum(exp(z)).

    The largest logit is subtracted first.  That changes nothing in p, and no exp can overflow.
    Raises TypeError unless target is a whole number, ValueError unless it is 0, 1 or 2.
    """
    _expect_class(target, z)
    shifted = _minus_largest(z)
    counts = _exp(shifted)
    total = sum(counts)
    log_total = _log(total)
    logprobs = _plus(shifted, [-log_total] * 3)
    loss = -logprobs[target]
    return loss, {"target": target, "counts": counts, "total": total}


def backward(dloss, target, counts, total):
    """Step by step; all together it is predicted minus true, dz = (p - onehot) * dloss.

    >>> loss, cache = forward([0.0, 0.0, 0.0], target=1)
    >>> dlogprobs, dlog_total, dtotal, dcounts, dshifted, dz = backward(1.0, **cache)
    >>> dlogprobs, dlog_total
    ([0.0, -1.0, 0.0], 1.0)
    >>> [round(d, 4) for d in dz]
    [0.3333, -0.6667, 0.3333]
    """
    # loss = -logprobs[target]
    dlogprobs = _only_at(target, -dloss)
    # logprobs = shifted - log_total, which is copied to all three
    dlog_total = -sum(dlogprobs)
    # log_total = log(total)
    dtotal = dlog_total / total
    # total = sum(counts)
    dcounts = [dtotal, dtotal, dtotal]
    # counts = exp(shifted), and shifted was used in logprobs too
    dshifted = _plus(dlogprobs, _times(dcounts, counts))
    # shifted = z - largest: dshifted sums to 0, so nothing goes through the largest
    dz = list(dshifted)
    return dlogprobs, dlog_total, dtotal, dcounts, dshifted, dz


def torch_reference(z, target):
    import torch

    shifted = z - z.amax()
    counts = shifted.exp()
    total = counts.sum()
    log_total = total.log()
    logprobs = shifted - log_total
    loss = torch.nn.functional.nll_loss(logprobs, torch.as_tensor(target))
    return loss, {
        "shifted": shifted,
        "counts": counts,
        "total": total,
        "log_total": log_total,
        "logprobs": logprobs,
    }


def example(rng):
    for target in (0, 2):
        yield f"target {target}", {"z": list(map(float, rng.standard_normal(3))), "target": target}
    yield "two logits tie", {"z": [1.5, -0.5, 1.5], "target": 1}


OP = Op(
    forward,
    backward,
    lesson=6,
    builds_on=("softmax", "log_softmax", "pick"),
    example=example,
    hints=(
        "dz, dshifted, dcounts and dlogprobs are lists of three numbers; dlog_total and dtotal are "
        "single numbers.",
        "Go back line by line. What was copied to three places gets the sum of what comes back; "
        "what was summed sends the same back to all three. shifted was used twice.",
        "z = [0, 0, 0], target 1, dloss = 1: counts = [1, 1, 1] and total = 3, so dlog_total = 1, "
        "dtotal = 1/3 and dz = [0 + 1/3, -1 + 1/3, 0 + 1/3].",
    ),
    reference="Bishop, *Pattern Recognition and Machine Learning* (2006), section 4.3.4, equations "
    "4.106 to 4.109.",
    mistakes=(
        Mistake(
            "softmax3-sign",
            "dlogprobs = _only_at(target, dloss)",
            "The minus of the negative log likelihood is gone: a likelier target lowers the loss.",
        ),
        Mistake(
            "softmax3-forgets-upstream",
            "dlogprobs = _only_at(target, -1.0)",
            "Right as long as dloss is 1. When the loss is scaled or added to another, the "
            "upstream is needed.",
        ),
        Mistake(
            "softmax3-every-class",
            "dlogprobs = [-dloss, -dloss, -dloss]",
            "Only one log-probability was picked. The other two can change without the loss "
            "noticing.",
        ),
        Mistake(
            "softmax3-copies-averaged",
            "dlog_total = -sum(dlogprobs) / 3",
            "log_total was subtracted from three numbers, so three gradients come back and add up: "
            "a sum, not a mean.",
        ),
        Mistake(
            "softmax3-log-skipped",
            "dtotal = dlog_total",
            "The step through the logarithm is missing: a large total moves its log only a little.",
        ),
        Mistake(
            "softmax3-second-use-missing",
            "dshifted = _times(dcounts, counts)",
            "shifted was used twice, in counts and directly in logprobs. Only the first use is "
            "here.",
        ),
        Mistake(
            "softmax3-normalizer-missing",
            "dshifted = list(dlogprobs)",
            "Only the picked logit gets a gradient. Each logit is in the total as well, so all "
            "three should move.",
        ),
        Mistake(
            "softmax3-exp-skipped",
            "dshifted = _plus(dlogprobs, dcounts)",
            "The step through exp is missing. Its slope is its own output. Check: the three should "
            "sum to 0.",
        ),
    ),
)
