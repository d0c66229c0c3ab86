"""Batch normalization, atom by atom: mean, difference, square, variance, inverse root, gain, bias.

x: (N, D), gain: (D,), bias: (D,)  ->  y: (N, D)
"""

from ninja.arrays import spread
from ninja.op import Mistake, Op
from ninja.ops import batchnorm


def forward(x, gain, bias, *, eps=1e-5, correction=1):
    """The steps of `batchnorm`, each with its name; the variance divides by N - correction."""
    N = len(x)
    mean = x.sum(axis=0) / N
    diff = x - mean
    diff2 = diff**2
    var = diff2.sum(axis=0) / (N - correction)
    inv_std = (var + eps) ** -0.5
    xhat = diff * inv_std
    y = gain * xhat + bias
    cache = {
        "x": x, "gain": gain, "diff": diff, "var": var, "inv_std": inv_std, "xhat": xhat,
        "eps": eps, "correction": correction,
    }  # fmt: skip
    return y, cache


def backward(dy, x, gain, diff, var, inv_std, xhat, eps, correction):
    """One line for each line of the forward pass; diff and x are used twice and add up.

    dxhat, ddiff, ddiff2, dx: (N, D)    dgain, dbias, dinv_std, dvar, dmean: (D,)
    """
    N = len(x)
    # y = gain * xhat + bias
    dbias = dy.sum(axis=0)
    dgain = (dy * xhat).sum(axis=0)
    dxhat = dy * gain
    # xhat = diff * inv_std
    dinv_std = (dxhat * diff).sum(axis=0)
    # inv_std = (var + eps) ** -0.5
    dvar = dinv_std * -0.5 * (var + eps) ** -1.5
    # var = diff2.sum(axis=0) / (N - correction)
    ddiff2 = spread(dvar, diff, axis=0, keepdims=False) / (N - correction)
    # diff2 = diff**2, and diff goes into xhat, too
    ddiff = dxhat * inv_std + ddiff2 * 2 * diff
    # diff = x - mean
    dmean = -ddiff.sum(axis=0)
    # mean = x.sum(axis=0) / N, and x goes into diff, too
    dx = ddiff + dmean / N
    return dbias, dgain, dxhat, dinv_std, dvar, ddiff2, ddiff, dmean, dx


def torch_reference(x, gain, bias, *, eps=1e-5, correction=1):
    import torch

    mean = torch.mean(x, 0)
    diff = torch.sub(x, mean)
    diff2 = torch.square(diff)
    var = torch.div(torch.sum(diff2, 0), len(x) - correction)
    inv_std = torch.rsqrt(var + eps)
    xhat = torch.mul(diff, inv_std)
    y = torch.addcmul(bias, gain, xhat)
    return y, locals()


OP = Op(
    forward,
    backward,
    name="batchnorm-atoms",
    lesson=8,
    example=batchnorm.example,
    hints=(
        "Shapes first: mean, var, inv_std, gain and bias are (D,); all others are (N, D).",
        "What was copied to every row (gain, bias, inv_std, mean) receives a sum over the rows; "
        "what was summed over the rows (diff2 into var, x into mean) is copied back to each.",
        "inv_std = (var + eps) to the -1/2: with var + eps = 4 its slope is -1/2 / 8 = -0.0625.",
    ),
    reference="Ioffe and Szegedy, [Batch Normalization](https://arxiv.org/abs/1502.03167) (2015), "
    "section 3: the chain of partial derivatives below algorithm 1.",
    mistakes=(
        Mistake(
            "bna-dbias-mean",
            "dbias = dy.mean(axis=0)",
            "The one bias was copied to N rows, so its gradients add up: a sum, not a mean.",
        ),
        Mistake(
            "bna-dgain-no-sum",
            "dgain = dy * xhat",
            "gain was copied to all N rows. Sum over them.",
        ),
        Mistake(
            "bna-dxhat-gain-missing",
            "dxhat = dy * 1",
            "xhat is multiplied by the gain on the way forward, and so is its gradient.",
        ),
        Mistake(
            "bna-dinv-no-sum",
            "dinv_std = dxhat * diff",
            "inv_std is one number a column, copied to all rows. Sum over those copies.",
        ),
        Mistake(
            "bna-dinv-xhat",
            "dinv_std = (dxhat * xhat).sum(axis=0)",
            "inv_std multiplies diff. xhat is their product, already divided once.",
        ),
        Mistake(
            "bna-dvar-sign",
            "dvar = dinv_std * 0.5 * (var + eps) ** -1.5",
            "A larger variance makes the inverse root smaller: the exponent -1/2 brings a minus.",
        ),
        Mistake(
            "bna-dvar-power",
            "dvar = dinv_std * -0.5 * (var + eps) ** -0.5",
            "Lower the exponent by one: the derivative of v to the -1/2 has v to the -3/2.",
        ),
        Mistake(
            "bna-dvar-half",
            "dvar = dinv_std * -((var + eps) ** -1.5)",
            "The exponent -1/2 comes down as a factor; its 1/2 is missing.",
        ),
        Mistake(
            "bna-ddiff2-biased",
            "ddiff2 = spread(dvar, diff, axis=0, keepdims=False) / (N - 1 + correction)",
            "Divide by the same number as the forward pass does: N, or N - 1 with Bessel's "
            "correction.",
        ),
        Mistake(
            "bna-ddiff2-not-spread",
            "ddiff2 = dvar / (N - correction)",
            "Every row went into the sum, so every row receives it: the shape is that of diff2.",
        ),
        Mistake(
            "bna-ddiff-square-branch-missing",
            "ddiff = dxhat * inv_std",
            "diff is used twice, in xhat and squared in diff2. The second branch is missing.",
        ),
        Mistake(
            "bna-ddiff-two-lost",
            "ddiff = dxhat * inv_std + ddiff2 * diff",
            "The derivative of a square brings a factor 2.",
        ),
        Mistake(
            "bna-dmean-sign",
            "dmean = ddiff.sum(axis=0)",
            "The mean is subtracted, so its gradient carries a minus.",
        ),
        Mistake(
            "bna-dmean-direct-only",
            "dmean = -(dxhat * inv_std).sum(axis=0)",
            "Only the branch through xhat is summed. The other one, through the squares, sums to "
            "zero over the batch, so the result is right all the same.",
            harmless=True,
        ),
        Mistake(
            "bna-dx-mean-not-divided",
            "dx = ddiff + dmean",
            "The mean is a sum divided by N: the branch through it needs that 1/N.",
        ),
        Mistake(
            "bna-dx-mean-branch-missing",
            "dx = ddiff * 1",
            "x goes into diff and into the mean. The branch through the mean is missing.",
        ),
    ),
)
