"""Binary cross-entropy of a sigmoid, in plain numbers.

x: (), target: ()  ->  loss: ()
"""

from ninja.arrays import exp, namespace
from ninja.op import Mistake, Op


def _expect_probability(target):
    if not 0 <= target <= 1:
        raise ValueError(f"sigmoid_bce: target should lie in 0 ... 1, but is {target}")


def _exp(value):
    return namespace(value).exp(value)


def _log_sigmoid(x):
    """log(1 / (1 + exp(-x))) = min(x, 0) - log(1 + e), with e = exp(-|x|), which can't overflow.

    log(1 + e) is 2 atanh(e / (2 + e)), which keeps its digits where 1 + e is rounded to 1.
    """
    positive = x.real > 0
    e = _exp(-x if positive else x)
    log_1_plus_e = 2 * namespace(e).atanh(e / (2 + e))
    return -log_1_plus_e if positive else x - log_1_plus_e


def forward(x, target):
    """loss = -(target log p + (1 - target) log q), with p = sigmoid(x) and q = 1 - p.

    q is sigmoid(-x), and both logarithms are taken without p and q, which may be rounded to 0.
    Raises ValueError unless target lies in [0, 1].
    """
    _expect_probability(target)
    log_p = _log_sigmoid(x)
    log_q = _log_sigmoid(-x)
    loss = -(target * log_p + (1 - target) * log_q)
    return loss, {"target": target, "log_p": log_p, "log_q": log_q}


def backward(dloss, target, log_p, log_q):
    """Step by step; all together it is predicted minus true, dx = (p - target) * dloss.

    d log p / dx = q and d log q / dx = -p, from the sigmoid's slope p q.

    >>> loss, cache = forward(0.0, target=1)
    >>> dlog_p, dlog_q, dx = backward(1.0, **cache)
    >>> round(loss, 4), dlog_p, dx
    (0.6931, -1.0, -0.5)
    """
    # loss = -(target * log_p + (1 - target) * log_q)
    dlog_p = -target * dloss
    dlog_q = -(1 - target) * dloss
    # log_p = log(sigmoid(x)) and log_q = log(sigmoid(-x))
    p = exp(log_p)
    q = exp(log_q)
    dx = dlog_p * q - dlog_q * p
    return dlog_p, dlog_q, dx


def torch_reference(x, target):
    import torch

    log_p = torch.nn.functional.logsigmoid(x)
    log_q = torch.nn.functional.logsigmoid(-x)
    loss = -torch.lerp(log_q, log_p, torch.as_tensor(target, dtype=x.dtype, device=x.device))
    return loss, {"log_p": log_p, "log_q": log_q}


def example(rng):
    yield "true", {"x": -0.8 + 0.1 * rng.random(), "target": 1}
    yield "false", {"x": -1.9 + 0.1 * rng.random(), "target": 0}
    yield "in between", {"x": 1.3 + 0.1 * rng.random(), "target": 0.3}


OP = Op(
    forward,
    backward,
    lesson=7,
    builds_on=("sigmoid",),
    example=example,
    hints=(
        "Everything is a single number. dlog_p and dlog_q come from the loss; dx collects both.",
        "p = sigmoid(x) has the slope p q, and a logarithm divides by its input. So log p has the "
        "slope q, and log q has the slope -p.",
        "x = 0, target 1, dloss = 1: p = q = 0.5, dlog_p = -1, dlog_q = 0, so dx = -0.5, which is "
        "p - target.",
    ),
    reference="Bishop, *Pattern Recognition and Machine Learning* (2006), section 4.3.2, equations "
    "4.88 to 4.91: the error is prediction minus target.",
    mistakes=(
        Mistake(
            "sigmoid-bce-sign",
            "dlog_p = target * dloss",
            "The minus in front of the loss is gone: a likelier true class lowers it.",
        ),
        Mistake(
            "sigmoid-bce-forgets-upstream",
            "dlog_p = -target",
            "Right as long as dloss is 1. The chain rule multiplies by the upstream.",
        ),
        Mistake(
            "sigmoid-bce-other-class-missing",
            "dlog_q = 0 * dloss",
            "The second half of the loss is missing. Whatever weight the target leaves pushes on "
            "log q.",
        ),
        Mistake(
            "sigmoid-bce-other-class-weight",
            "dlog_q = -target * dloss",
            "log q is weighted by what the target leaves of 1, not by the target itself.",
        ),
        Mistake(
            "sigmoid-bce-slopes-swapped",
            "dx = dlog_p * p - dlog_q * q",
            "p and q have changed places. A log-probability close to 0 can hardly grow: log p has "
            "a small slope where p is large.",
        ),
        Mistake(
            "sigmoid-bce-plus",
            "dx = dlog_p * q + dlog_q * p",
            "When x grows, p grows and q shrinks: the two paths have opposite signs.",
        ),
        Mistake(
            "sigmoid-bce-times-p1p",
            "dx = (dlog_p * q - dlog_q * p) * p * q",
            "The sigmoid's slope p (1 - p) was applied once more. It is in the slopes of the "
            "logarithms already.",
        ),
        Mistake(
            "sigmoid-bce-logs-skipped",
            "dx = (dlog_p - dlog_q) * p * q",
            "This goes back through the sigmoid but not through the logarithm, which divides by "
            "its input.",
        ),
    ),
)
