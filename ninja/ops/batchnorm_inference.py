"""Batch normalization in use: with the running mean and variance it is a plain affine map.

x: (N, D), gain: (D,), bias: (D,), mean: (D,), var: (D,)  ->  y: (N, D)
"""

from ninja.op import Mistake, Op


def forward(x, gain, bias, mean, var, *, eps=1e-5):
    """y = gain * (x - mean) / sqrt(var + eps) + bias, where mean and var are given constants.

    Raises ValueError unless var + eps is positive in every column.
    """
    if (var + eps <= 0).any():
        raise ValueError(
            f"batchnorm_inference: var + eps should be positive, but its smallest entry is "
            f"{float((var + eps).min())}"
        )
    inv_std = (var + eps) ** -0.5
    xhat = (x - mean) * inv_std
    y = gain * xhat + bias
    return y, {"x": x, "gain": gain, "xhat": xhat, "inv_std": inv_std}


def backward(dy, x, gain, xhat, inv_std):
    """One path only: mean and var do not depend on the batch, so rows do not touch each other.

    dx = dy * gain * inv_std                                           (N, D)
    dgain = sum over rows of dy * xhat, dbias = sum over rows of dy    (D,)

    >>> import numpy as np
    >>> one = np.ones(1)
    >>> y, cache = forward(np.array([[5.0]]), 10 * one, 0 * one, 3 * one, 4 * one, eps=0.0)
    >>> dx, dgain, dbias = backward(np.array([[1.0]]), **cache)
    >>> y.tolist(), dx.tolist(), dgain.tolist(), dbias.tolist()
    ([[10.0]], [[5.0]], [1.0], [1.0])
    """
    # y = gain * xhat + bias
    dbias = dy.sum(axis=0)
    dgain = (dy * xhat).sum(axis=0)
    # xhat = (x - mean) * inv_std
    dx = gain * inv_std * dy
    return dx, dgain, dbias


def torch_reference(x, gain, bias, mean, var, *, eps=1e-5):
    import torch

    return torch.nn.functional.batch_norm(x, mean, var, gain, bias, training=False, eps=eps)


def example(rng):
    # running statistics near those of the batch, as in real use, but never equal to them
    yield (
        "running statistics",
        {
            "x": 3 + 0.3 * rng.standard_normal((7, 5)),
            "gain": rng.standard_normal(5),
            "bias": rng.standard_normal(5),
            "mean": 3 + 0.1 * rng.standard_normal(5),
            "var": 0.05 + 0.1 * rng.random(5),
            "eps": 1e-3,
        },
    )
    yield (
        "one row",
        {
            "x": rng.standard_normal((1, 3)),
            "gain": rng.standard_normal(3),
            "bias": rng.standard_normal(3),
            "mean": rng.standard_normal(3),
            "var": 0.5 + rng.random(3),
        },
    )


OP = Op(
    forward,
    backward,
    wrt=("x", "gain", "bias"),
    lesson=9,
    builds_on=("batchnorm",),
    example=example,
    hints=(
        "dx is (N, D) like x; dgain and dbias are (D,): one number for each column.",
        "mean and var are constants here, so column d is a straight line in x with the slope "
        "gain_d / sqrt(var_d + eps). gain and bias were copied to all N rows.",
        "x = 5, mean = 3, var = 4, eps = 0, gain = 10: xhat = (5 - 3) / 2 = 1. With dy = 1, "
        "dgain = 1, dbias = 1 and dx = 10 / 2 = 5.",
    ),
    reference="Ioffe and Szegedy, [Batch Normalization](https://arxiv.org/abs/1502.03167) (2015), "
    "section 3.1: with fixed statistics, normalization is a linear transform.",
    mistakes=(
        Mistake(
            "bneval-train-rule",
            "dx = gain * inv_std * (dy - dy.mean(axis=0) - xhat * (dy * xhat).mean(axis=0))",
            "This is the rule for training. The running statistics do not depend on this x, so no "
            "path leads through them.",
        ),
        Mistake(
            "bneval-gain-missing",
            "dx = inv_std * dy",
            "The gain stands between xhat and y, so it scales what comes back as well. With gain 1 "
            "you would not notice.",
        ),
        Mistake(
            "bneval-batch-std",
            "batch_var = ((x - x.mean(axis=0)) ** 2).mean(axis=0)\n"
            "dx = gain * (batch_var + eps) ** -0.5 * dy",
            "Divided by the spread of this batch. The forward pass divided by the running one.",
        ),
        Mistake(
            "bneval-dgain-batch-xhat",
            "centred = x - x.mean(axis=0)\n"
            "batch_xhat = centred * ((centred**2).mean(axis=0) + eps) ** -0.5\n"
            "dgain = (dy * batch_xhat).sum(axis=0)",
            "Normalized with the batch's own mean and variance. The gain multiplied the xhat made "
            "from the running ones.",
        ),
    ),
)
