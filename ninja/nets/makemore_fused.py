"""The character model of the lecture, with cross-entropy and batch normalization in one step each.

Xb: (N, T), Yb: (N,), C: (V, E), W1: (F, H), b1: (H,), bngain: (1, H),
bnbias: (1, H), W2: (H, V), b2: (V,)  ->  loss: ()
"""

from ninja.arrays import one_hot, scatter_add
from ninja.nets.makemore import example, expect_two_rows
from ninja.op import Mistake, Op
from ninja.ops.cross_entropy import OP as cross_entropy
from ninja.ops.softmax import OP as softmax
from ninja.ops.tanh import OP as tanh


def forward(Xb, Yb, C, W1, b1, bngain, bnbias, W2, b2):
    """The loss of one batch; the same numbers as in atoms, in twelve lines instead of twenty."""
    N = len(Xb)
    expect_two_rows(N)
    emb = C[Xb]
    embcat = emb.reshape(N, -1)
    hprebn = embcat @ W1 + b1
    bndiff = hprebn - hprebn.mean(axis=0, keepdims=True)
    bnvar = (bndiff**2).sum(axis=0, keepdims=True) / (N - 1)
    bnvar_inv = (bnvar + 1e-5) ** -0.5
    bnraw = bndiff * bnvar_inv
    hpreact = bngain * bnraw + bnbias
    h = tanh(hpreact)
    logits = h @ W2 + b2
    probs = softmax(logits)
    loss = cross_entropy(logits, Yb)
    cache = {
        "Xb": Xb, "Yb": Yb, "C": C, "emb": emb, "embcat": embcat, "W1": W1, "bngain": bngain,
        "bnvar_inv": bnvar_inv, "bnraw": bnraw, "h": h, "W2": W2, "probs": probs,
    }  # fmt: skip
    return loss, cache


def backward(dloss, Xb, Yb, C, emb, embcat, W1, bngain, bnvar_inv, bnraw, h, W2, probs):
    """The 13 gradients that are left when softmax, loss and normalization are one step each."""
    N = len(Xb)
    # loss = cross_entropy(logits, Yb)
    dlogits = (probs - one_hot(Yb, probs)) / N * dloss
    # logits = h @ W2 + b2
    dh = dlogits @ W2.T
    dW2 = h.T @ dlogits
    db2 = dlogits.sum(axis=0)
    # h = tanh(hpreact)
    dhpreact = dh * (1 - h**2)
    # hpreact = bngain * bnraw + bnbias
    dbngain = (dhpreact * bnraw).sum(axis=0, keepdims=True)
    dbnbias = dhpreact.sum(axis=0, keepdims=True)
    # bnraw = (hprebn - mean) / sqrt(var + 1e-5), with the variance over N - 1
    through_var = bnraw * (dhpreact * bnraw).sum(axis=0) / (N - 1)
    dhprebn = bngain * bnvar_inv * (dhpreact - dhpreact.mean(axis=0) - through_var)
    # hprebn = embcat @ W1 + b1
    dembcat = dhprebn @ W1.T
    dW1 = embcat.T @ dhprebn
    db1 = dhprebn.sum(axis=0)
    # embcat = emb.reshape(N, -1)
    demb = dembcat.reshape(emb.shape)
    # emb = C[Xb]
    dC = scatter_add(C, Xb, demb)
    return (
        dlogits, dh, dW2, db2, dhpreact, dbngain, dbnbias, dhprebn, dembcat, dW1, db1, demb, dC,
    )  # fmt: skip


def torch_reference(Xb, Yb, C, W1, b1, bngain, bnbias, W2, b2):
    import torch
    from torch.nn import functional as F

    emb = F.embedding(Xb, C)
    embcat = emb.flatten(1)
    hprebn = F.linear(embcat, W1.T, b1)
    var, mean = torch.var_mean(hprebn, dim=0, correction=1)
    hpreact = torch.addcmul(bnbias, bngain, (hprebn - mean) * torch.rsqrt(var + 1e-5))
    h = torch.tanh(hpreact)
    logits = F.linear(h, W2.T, b2)
    loss = F.cross_entropy(logits, Yb)
    return loss, locals()


OP = Op(
    forward,
    backward,
    name="makemore-fused",
    lesson=11,
    builds_on=("makemore",),
    example=example,
    hints=(
        "Every gradient has the shape of its value: dlogits (N, V), dhprebn (N, H), dC (V, E).",
        "Predicted minus true gives dlogits. Batch normalization has three paths: direct, through "
        "the mean, through the variance.",
        "N = 1 and probs = [0.2, 0.5, 0.3] with target 1 give dlogits = [0.2, -0.5, 0.3].",
    ),
    reference="Andrej Karpathy, [Building makemore Part 4: Becoming a Backprop "
    "Ninja](https://www.youtube.com/watch?v=q8SA3rM6ckI) (2022), exercises 2 to 4; Ioffe and "
    "Szegedy, [Batch Normalization](https://arxiv.org/abs/1502.03167) (2015), section 3.",
    mistakes=(
        Mistake(
            "mmf-no-mean",
            "dlogits = (probs - one_hot(Yb, probs)) * dloss",
            "The loss is a mean over N rows, and its 1/N is missing.",
        ),
        Mistake(
            "mmf-sign",
            "dlogits = (one_hot(Yb, probs) - probs) / N * dloss",
            "The sign slipped: the gradient is predicted minus true.",
        ),
        Mistake(
            "mmf-tanh-input",
            "dhpreact = dh * (1 - hpreact**2)",
            "The slope of tanh is 1 minus the square of its output h, not of its input.",
        ),
        Mistake(
            "mmf-tanh-skipped",
            "dhpreact = dh * 1",
            "The upstream went past tanh unchanged: multiply by its slope.",
        ),
        Mistake(
            "mmf-dbngain-keepdims",
            "dbngain = (dhpreact * bnraw).sum(axis=0)",
            "The numbers are right, the shape is (H,) where bngain is (1, H): keep the axis.",
        ),
        Mistake(
            "mmf-mean-path-missing",
            "dhprebn = bngain * bnvar_inv * (dhpreact - through_var)",
            "The mean of the batch was treated as a constant: the path through it is missing.",
        ),
        Mistake(
            "mmf-var-path-missing",
            "dhprebn = bngain * bnvar_inv * (dhpreact - dhpreact.mean(axis=0))",
            "The variance of the batch was treated as a constant: the path through it is missing.",
        ),
        Mistake(
            "mmf-bessel-mismatch",
            "through_var = bnraw * (dhpreact * bnraw).sum(axis=0) / N",
            "The forward pass divides the variance by N - 1, so this path does, too.",
        ),
        Mistake(
            "mmf-gain-missing",
            "dhprebn = bnvar_inv * (dhpreact - dhpreact.mean(axis=0) - through_var)",
            "The gain multiplies the normalized value on the way forward; here it is missing.",
        ),
        Mistake(
            "mmf-std-missing",
            "dhprebn = bngain * (dhpreact - dhpreact.mean(axis=0) - through_var)",
            "Normalizing divides by the standard deviation, and so does its gradient.",
        ),
        Mistake(
            "mmf-dc-overwrite",
            "dC = C * 0; dC[Xb] = demb",
            "A character that occurs twice keeps only the last gradient. They must add up.",
        ),
    ),
)
