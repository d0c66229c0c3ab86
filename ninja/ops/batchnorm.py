"""Batch normalization in training: every column gets mean 0 and variance 1, then gain and bias.

x: (N, D), gain: (D,), bias: (D,)  ->  y: (N, D)
"""

from ninja.op import Mistake, Op


def forward(x, gain, bias, *, eps=1e-5, correction=0):
    """y = gain * (x - mean) / sqrt(var + eps) + bias, with the batch's own mean and variance.

    var divides by N - correction: 0 is what training uses, 1 is Bessel's correction.
    Raises ValueError for a batch of `correction` rows or fewer (it has no variance), and for a
    constant column when eps is 0.
    """
    N = len(x)
    if correction not in (0, 1):
        raise ValueError(f"batchnorm: correction should be 0 or 1, but is {correction}")
    if correction >= N:
        raise ValueError(
            f"batchnorm: x has {N} row(s), but a variance with correction={correction} needs at "
            f"least {correction + 1}"
        )
    mean = x.mean(axis=0)
    centred = x - mean
    var = (centred**2).sum(axis=0) / (N - correction)
    if not (var.real + eps > 0).all():
        raise ValueError(f"batchnorm: x has a constant column; then eps should be > 0, not {eps}")
    inv_std = (var + eps) ** -0.5
    xhat = centred * inv_std
    y = gain * xhat + bias
    cache = {"x": x, "gain": gain, "xhat": xhat, "inv_std": inv_std, "correction": correction}
    return y, cache


def backward(dy, x, gain, xhat, inv_std, correction):
    """Three paths lead from x to y: the direct one, one through the mean, one through the variance.

    dx = gain * inv_std * (dy - mean(dy) - xhat * sum(dy * xhat) / (N - correction))   (N, D)
    dgain = sum over rows of dy * xhat, dbias = sum over rows of dy                    (D,)

    >>> import numpy as np
    >>> x = np.array([[0.0], [2.0], [4.0]])
    >>> y, cache = forward(x, np.ones(1), np.zeros(1), eps=0.0)
    >>> dx, dgain, dbias = backward(np.array([[1.0], [0.0], [0.0]]), **cache)
    >>> dx.ravel().round(4).tolist(), dbias.tolist()
    ([0.1021, -0.2041, 0.1021], [1.0])
    """
    N = len(x)
    # y = gain * xhat + bias
    dbias = dy.sum(axis=0)
    dgain = (dy * xhat).sum(axis=0)
    # xhat = (x - mean) * inv_std: direct, through the mean, through the variance
    through_var = xhat * (dy * xhat).sum(axis=0) / (N - correction)
    dx = gain * inv_std * (dy - dy.mean(axis=0) - through_var)
    return dx, dgain, dbias


def torch_reference(x, gain, bias, *, eps=1e-5, correction=0):
    import torch

    if correction == 0:
        return torch.nn.functional.batch_norm(x, None, None, gain, bias, training=True, eps=eps)
    var, mean = torch.var_mean(x, dim=0, correction=correction)
    return (x - mean) / torch.sqrt(var + eps) * gain + bias


def example(rng):
    for correction in (0, 1):
        yield (
            f"correction {correction}",
            {
                "x": 3 + 0.3 * rng.standard_normal((7, 5)),
                "gain": rng.standard_normal(5),
                "bias": rng.standard_normal(5),
                "eps": 1e-3,
                "correction": correction,
            },
        )


OP = Op(
    forward,
    backward,
    wrt=("x", "gain", "bias"),
    lesson=9,
    example=example,
    hints=(
        "dx is (N, D) like x; dgain and dbias are (D,): one number for each column.",
        "gain and bias were copied to all rows. x reaches y on three paths: directly, through the "
        "mean of its column, and through the variance. Find each, then add them up.",
        "One column x = [0, 2, 4], gain 1, bias 0, eps 0, correction 0: xhat = "
        "[-1.2247, 0, 1.2247]. With dy = [1, 0, 0], dbias = 1, dgain = -1.2247 and dx = "
        "[0.1021, -0.2041, 0.1021], which sums to 0.",
    ),
    reference="Ioffe and Szegedy, [Batch Normalization](https://arxiv.org/abs/1502.03167) (2015), "
    "section 3.",
    mistakes=(
        Mistake(
            "bn-mean-path-missing",
            "dx = gain * inv_std * (dy - through_var)",
            "The mean was taken for a constant. Every x of a column moves that column's mean, and "
            "with it all N rows.",
        ),
        Mistake(
            "bn-var-path-missing",
            "dx = gain * inv_std * (dy - dy.mean(axis=0))",
            "The variance was taken for a constant. Every x of a column changes its spread, and "
            "all N rows are divided by that.",
        ),
        Mistake(
            "bn-gain-direct-only",
            "dx = inv_std * (gain * dy - dy.mean(axis=0) - through_var)",
            "The gain scales only the direct path here. All three paths lead through xhat, and the "
            "gain comes after it.",
        ),
        Mistake(
            "bnu-gain-missing",
            "dx = inv_std * (dy - dy.mean(axis=0) - through_var)",
            "The gain stands between xhat and y, so it scales what comes back as well. With gain 1 "
            "you would not notice.",
        ),
        Mistake(
            "bn-std-missing",
            "dx = gain * (dy - dy.mean(axis=0) - through_var)",
            "x was divided by the standard deviation on the way forward. The gradient is, too.",
        ),
        Mistake(
            "bn-std-multiplied",
            "dx = gain / inv_std * (dy - dy.mean(axis=0) - through_var)",
            "Multiplied by the standard deviation where it should divide: a narrow column makes y "
            "move more, not less.",
        ),
        Mistake(
            "bn-mean-path-sign",
            "dx = gain * inv_std * (dy + dy.mean(axis=0) - through_var)",
            "The mean is subtracted, so its path has a minus. Check: shifting a column changes "
            "nothing, hence each column of dx sums to 0.",
        ),
        Mistake(
            "bn-var-path-sign",
            "dx = gain * inv_std * (dy - dy.mean(axis=0) + through_var)",
            "The sign of the variance's path: a larger variance makes y smaller, and the "
            "derivative of v^-½ is negative.",
        ),
        Mistake(
            "bn-var-path-half",
            "dx = gain * inv_std * (dy - dy.mean(axis=0) - 0.5 * through_var)",
            "The variance's path at half its strength: squaring brings down a 2, which cancels the "
            "½ of the root.",
        ),
        Mistake(
            "bn-var-path-double",
            "dx = gain * inv_std * (dy - dy.mean(axis=0) - 2 * through_var)",
            "The variance's path at twice its strength: the exponent -½ of the root has to come "
            "down, and it cancels the 2 of the square.",
        ),
        Mistake(
            "bnu-var-wrong-power",
            "squeeze = (dy * centred).sum(axis=0) / (N - correction)\n"
            "dx = gain * inv_std * (dy - dy.mean(axis=0) - centred * squeeze)",
            "The derivative of v^-½ has the power -3/2. Here the variance's path is divided by the "
            "standard deviation once; it should be three times.",
        ),
        Mistake(
            "bn-sum-not-mean",
            "dx = gain * inv_std * (dy - dy.sum(axis=0) - N * through_var)",
            "Mean and variance are averages: one x is only an N-th of each. These paths are N "
            "times too strong.",
        ),
        Mistake(
            "bn-wrong-axis",
            "along_row = (dy * xhat).mean(axis=1, keepdims=True) * N / (N - correction)\n"
            "dx = gain * inv_std * (dy - dy.mean(axis=1, keepdims=True) - xhat * along_row)",
            "Averaged across the features of a row. That is layer norm; batch norm averages down "
            "the rows of a column.",
        ),
        Mistake(
            "bn-eps-missing",
            "inv = var**-0.5\n"
            "h = centred * inv\n"
            "through = h * (dy * h).sum(axis=0) / (N - correction)\n"
            "dx = gain * inv * (dy - dy.mean(axis=0) - through)",
            "Computed again without eps. The error is small and grows where a column hardly "
            "varies: take the one from the forward pass.",
        ),
        Mistake(
            "bn-eps-not-scaled",
            "mixed = (dy * centred).sum(axis=0) / (N - correction) * var**-0.5\n"
            "dx = gain * inv_std * (dy - dy.mean(axis=0) - xhat * mixed)",
            "Two different roots in one line, with eps and without. The forward pass used one; use "
            "it everywhere.",
        ),
        Mistake(
            "bn-bessel-mismatch",
            "through = xhat * (dy * xhat).sum(axis=0) / (N - 1)\n"
            "dx = gain * inv_std * (dy - dy.mean(axis=0) - through)",
            "Divided by N - 1, while this variance divides by N. Backward has to use the divisor "
            "of the forward pass.",
        ),
        Mistake(
            "bnu-bessel-mismatch",
            "dx = gain * inv_std * (dy - dy.mean(axis=0) - xhat * (dy * xhat).mean(axis=0))",
            "Divided by N, while this variance divides by N - 1. Backward has to use the divisor "
            "of the forward pass.",
        ),
        Mistake(
            "bn-var-through-mean-missing",
            "dvar = (dy * gain * centred).sum(axis=0) * -0.5 * inv_std**3\n"
            "dmean = -(dy * gain).sum(axis=0) * inv_std\n"
            "dx = dy * gain * inv_std + dvar * 2 * centred / (N - correction) + dmean / N",
            "Right: the variance does depend on the mean, but that path adds up to 0, because the "
            "centred column sums to 0.",
            harmless=True,
        ),
        Mistake(
            "bn-dgain-uses-x",
            "dgain = (dy * x).sum(axis=0)",
            "The gain multiplies xhat, not x: use the normalized values.",
        ),
        Mistake(
            "bnu-dgain-uses-y",
            "dgain = (dy * y).sum(axis=0)",
            "The gain multiplies xhat; y already has gain and bias in it. At the start, with gain "
            "1 and bias 0, the two look alike.",
        ),
        Mistake(
            "bn-dgain-unscaled",
            "dgain = (dy * centred).sum(axis=0)",
            "Centred, but not yet divided by the standard deviation: the gain multiplies xhat.",
        ),
        Mistake(
            "bn-dgain-times-gain",
            "dgain = (dy * xhat * gain).sum(axis=0)",
            "The gain's own value does not appear in its gradient. With gain 1 you would not "
            "notice.",
        ),
        Mistake(
            "bn-dgain-no-sum",
            "dgain = dy * xhat",
            "The gain was copied to every row. Undo the copy: sum over the rows.",
        ),
        Mistake(
            "bn-dgain-mean",
            "dgain = (dy * xhat).mean(axis=0)",
            "The one gain was copied to N rows, so its gradients add up: a sum, not a mean.",
        ),
        Mistake(
            "bn-dgain-sums-dy",
            "dgain = dy.sum(axis=0)",
            "That is the gradient of the bias. The gain is multiplied by something first.",
        ),
        Mistake(
            "bn-dbias-mean",
            "dbias = dy.mean(axis=0)",
            "The one bias was copied to N rows, so its gradients add up: a sum, not a mean.",
        ),
        Mistake(
            "bn-dbias-no-sum",
            "dbias = dy",
            "The bias was copied to every row. Undo the copy: sum over the rows.",
        ),
        Mistake(
            "bn-dbias-times-gain",
            "dbias = (dy * gain).sum(axis=0)",
            "The bias is added after the gain, so the gain does not touch it.",
        ),
    ),
)
