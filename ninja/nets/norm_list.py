"""Batch normalization of a short list of plain numbers.

x: [n], gain: (), bias: ()  ->  y: [n]
"""

from ninja.op import Mistake, Op


def _expect_some(x):
    if not x:
        raise ValueError("norm_list: x should hold at least one number, but is empty")


def _shift(values, by):
    return [v + by for v in values]


def _scale(values, by):
    return [v * by for v in values]


def _plus(a, b):
    return [v + w for v, w in zip(a, b, strict=True)]


def _dot(a, b):
    return sum(v * w for v, w in zip(a, b, strict=True))


def forward(x, gain, bias, *, eps=1e-5):
    """y_i = gain * (x_i - mean) / sqrt(var + eps) + bias, with var divided by n.

    Raises ValueError for an empty list.
    """
    _expect_some(x)
    mean = sum(x) / len(x)
    centred = _shift(x, -mean)
    var = _dot(centred, centred) / len(x)
    inv_std = (var + eps) ** -0.5
    xhat = _scale(centred, inv_std)
    y = _shift(_scale(xhat, gain), bias)
    return y, {"x": x, "gain": gain, "centred": centred, "inv_std": inv_std, "xhat": xhat}


def backward(dy, x, gain, centred, inv_std, xhat):
    """Step by step; centred and the mean are where the paths of x meet.

    dvar = -½ inv_std³ dinv_std, dcentred = dxhat inv_std + centred 2 dvar / n,
    dx = dcentred + dmean / n

    >>> y, cache = forward([0.0, 2.0, 4.0], gain=1.0, bias=0.0, eps=0.0)
    >>> dbias, dgain, *between, dx = backward([1.0, 0.0, 0.0], **cache)
    >>> dbias, round(dgain, 4), [round(d, 4) for d in dx]
    (1.0, -1.2247, [0.1021, -0.2041, 0.1021])
    """
    n = len(x)
    # y = gain * xhat + bias
    dbias = sum(dy)
    dgain = _dot(dy, xhat)
    dxhat = _scale(dy, gain)
    # xhat = centred * inv_std
    dinv_std = _dot(dxhat, centred)
    # inv_std = (var + eps) ** -0.5
    dvar = -0.5 * inv_std**3 * dinv_std
    # xhat = centred * inv_std, and var = sum(centred²) / n
    dcentred = _plus(_scale(dxhat, inv_std), _scale(centred, 2 * dvar / n))
    # centred = x - mean
    dmean = -sum(dcentred)
    # centred = x - mean, and mean = sum(x) / n
    dx = _shift(dcentred, dmean / n)
    return dbias, dgain, dxhat, dinv_std, dvar, dcentred, dmean, dx


def torch_reference(x, gain, bias, *, eps=1e-5):
    import torch

    mean = x.mean()
    centred = x - mean
    var = torch.nn.functional.mse_loss(centred, torch.zeros_like(centred))
    inv_std = torch.rsqrt(var + eps)
    xhat = centred * inv_std
    y = torch.addcmul(bias, gain, xhat)
    return y, {"mean": mean, "centred": centred, "var": var, "inv_std": inv_std, "xhat": xhat}


def example(rng):
    yield (
        "five numbers",
        {
            "x": [float(3 + 0.3 * v) for v in rng.standard_normal(5)],
            "gain": -1.7,
            "bias": 0.6,
            "eps": 1e-3,
        },
    )
    yield "three numbers", {"x": [0.0, 2.0, 4.5], "gain": 0.8, "bias": -0.3}


OP = Op(
    forward,
    backward,
    lesson=8,
    builds_on=("batchnorm",),
    example=example,
    hints=(
        "dx, dcentred and dxhat are lists as long as x; all others are single numbers.",
        "A number that was used for every entry (gain, bias, inv_std, mean) gets a sum over the "
        "list. A list that was used twice (centred) gets two gradients, and they add up.",
        "x = [0, 2, 4], gain 1, bias 0, eps 0: mean 2, var 8/3, xhat = [-1.2247, 0, 1.2247]. With "
        "dy = [1, 0, 0], dbias = 1, dgain = -1.2247 and dx = [0.1021, -0.2041, 0.1021].",
    ),
    reference="Ioffe and Szegedy, [Batch Normalization](https://arxiv.org/abs/1502.03167) (2015), "
    "section 3: the chain rule, line by line.",
    mistakes=(
        Mistake(
            "norm-list-dbias-averaged",
            "dbias = sum(dy) / n",
            "The one bias was added to all n numbers, so its gradients add up: a sum, not a mean.",
        ),
        Mistake(
            "norm-list-dgain-uses-x",
            "dgain = _dot(dy, x)",
            "The gain multiplies xhat, not x: use the normalized values.",
        ),
        Mistake(
            "norm-list-gain-skipped",
            "dxhat = list(dy)",
            "The gain stands between xhat and y, so it scales what comes back. With gain 1 you "
            "would not notice.",
        ),
        Mistake(
            "norm-list-root-power",
            "dvar = -0.5 * inv_std * dinv_std",
            "The exponent -½ goes down by one when it is differentiated. Here the old power is "
            "still in place.",
        ),
        Mistake(
            "norm-list-root-half",
            "dvar = -(inv_std**3) * dinv_std",
            "The factor ½ of the root is missing: the exponent comes down in front.",
        ),
        Mistake(
            "norm-list-var-path-missing",
            "dcentred = _scale(dxhat, inv_std)",
            "centred was used twice, in xhat and in the variance. Only the first use is here.",
        ),
        Mistake(
            "norm-list-square-without-two",
            "dcentred = _plus(_scale(dxhat, inv_std), _scale(centred, dvar / n))",
            "Squaring has the slope two times its input. That two is missing from the variance's "
            "part.",
        ),
        Mistake(
            "norm-list-mean-path-missing",
            "dx = list(dcentred)",
            "The mean was taken for a constant. Every x moves it, and with it all entries. Check: "
            "dx sums to 0.",
        ),
    ),
)
