"""The character model of the lecture, in atoms: every step of its forward pass has a name.

Xb: (N, T), Yb: (N,), C: (V, E), W1: (F, H), b1: (H,), bngain: (1, H),
bnbias: (1, H), W2: (H, V), b2: (V,)  ->  loss: ()

T characters of context are looked up in the embedding table C, laid side by side (F = T * E), sent
through a linear layer, batch normalization with Bessel's correction, tanh and a second linear
layer; the loss is the mean negative log likelihood of the next character.
"""

from ninja.arrays import first_max, one_hot, scatter_add, spread
from ninja.op import Mistake, Op
from ninja.ops.exp import OP as exp
from ninja.ops.log import OP as log
from ninja.ops.max import OP as amax
from ninja.ops.pick import OP as pick
from ninja.ops.tanh import OP as tanh


def expect_two_rows(N):
    """Raise ValueError for a batch of one: Bessel's correction divides by N - 1."""
    if N < 2:
        raise ValueError(f"Xb has {N} row(s), but the variance of a batch needs at least 2")


def forward(Xb, Yb, C, W1, b1, bngain, bnbias, W2, b2):
    """The loss of one batch of contexts Xb and next characters Yb, atom by atom."""
    N = len(Xb)
    expect_two_rows(N)
    emb = C[Xb]
    embcat = emb.reshape(N, -1)
    hprebn = embcat @ W1 + b1
    bnmeani = hprebn.sum(axis=0, keepdims=True) / N
    bndiff = hprebn - bnmeani
    bndiff2 = bndiff**2
    bnvar = bndiff2.sum(axis=0, keepdims=True) / (N - 1)
    bnvar_inv = (bnvar + 1e-5) ** -0.5
    bnraw = bndiff * bnvar_inv
    hpreact = bngain * bnraw + bnbias
    h = tanh(hpreact)
    logits = h @ W2 + b2
    logit_maxes = amax(logits, axis=1, keepdims=True)
    norm_logits = logits - logit_maxes
    counts = exp(norm_logits)
    counts_sum = counts.sum(axis=1, keepdims=True)
    counts_sum_inv = counts_sum**-1
    probs = counts * counts_sum_inv
    logprobs = log(probs)
    loss = pick(logprobs, Yb)
    cache = {
        "Xb": Xb, "Yb": Yb, "C": C, "emb": emb, "embcat": embcat, "W1": W1,
        "bndiff": bndiff, "bnvar": bnvar, "bnvar_inv": bnvar_inv, "bnraw": bnraw,
        "bngain": bngain, "h": h, "W2": W2, "logits": logits, "counts": counts,
        "counts_sum": counts_sum, "counts_sum_inv": counts_sum_inv, "probs": probs,
    }  # fmt: skip
    return loss, cache


def backward(
    dloss, Xb, Yb, C, emb, embcat, W1, bndiff, bnvar, bnvar_inv, bnraw, bngain, h, W2, logits,
    counts, counts_sum, counts_sum_inv, probs,
):  # fmt: skip
    """All 26 gradients, each from the line of the forward pass that it undoes.

    A value that is used twice receives the sum of both branches: counts, bndiff, logits, hprebn.
    A value that was broadcast receives the sum over its copies: biases, gains, sums and means.
    """
    N = len(Xb)
    # loss = -logprobs[range(N), Yb].mean()
    dlogprobs = -one_hot(Yb, probs) / N * dloss
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
    # logits = h @ W2 + b2
    dh = dlogits @ W2.T
    dW2 = h.T @ dlogits
    db2 = dlogits.sum(axis=0)
    # h = tanh(hpreact)
    dhpreact = dh * (1 - h**2)
    # hpreact = bngain * bnraw + bnbias
    dbngain = (dhpreact * bnraw).sum(axis=0, keepdims=True)
    dbnbias = dhpreact.sum(axis=0, keepdims=True)
    dbnraw = dhpreact * bngain
    # bnraw = bndiff * bnvar_inv
    dbnvar_inv = (dbnraw * bndiff).sum(axis=0, keepdims=True)
    # bnvar_inv = (bnvar + 1e-5) ** -0.5
    dbnvar = dbnvar_inv * -0.5 * (bnvar + 1e-5) ** -1.5
    # bnvar = bndiff2.sum(axis=0) / (N - 1)
    dbndiff2 = spread(dbnvar, bndiff, axis=0, keepdims=True) / (N - 1)
    # bndiff2 = bndiff**2, and bndiff goes into bnraw, too
    dbndiff = dbnraw * bnvar_inv + dbndiff2 * 2 * bndiff
    # bndiff = hprebn - bnmeani
    dbnmeani = -dbndiff.sum(axis=0, keepdims=True)
    # bnmeani = hprebn.sum(axis=0) / N, and hprebn goes into bndiff, too
    dhprebn = dbndiff + dbnmeani / N
    # hprebn = embcat @ W1 + b1
    dembcat = dhprebn @ W1.T
    dW1 = embcat.T @ dhprebn
    db1 = dhprebn.sum(axis=0)
    # embcat = emb.reshape(N, -1)
    demb = dembcat.reshape(emb.shape)
    # emb = C[Xb]
    dC = scatter_add(C, Xb, demb)
    return (
        dlogprobs, dprobs, dcounts_sum_inv, dcounts_sum, dcounts, dnorm_logits, dlogit_maxes,
        dlogits, dh, dW2, db2, dhpreact, dbngain, dbnbias, dbnraw, dbnvar_inv, dbnvar, dbndiff2,
        dbndiff, dbnmeani, dhprebn, dembcat, dW1, db1, demb, dC,
    )  # fmt: skip


def torch_reference(Xb, Yb, C, W1, b1, bngain, bnbias, W2, b2):
    import torch
    from torch.nn import functional as F

    emb = F.embedding(Xb, C)
    embcat = emb.flatten(1)
    hprebn = F.linear(embcat, W1.T, b1)
    bnmeani = torch.mean(hprebn, 0, keepdim=True)
    bndiff = torch.sub(hprebn, bnmeani)
    bndiff2 = torch.square(bndiff)
    bnvar = torch.div(torch.sum(bndiff2, 0, keepdim=True), len(Xb) - 1)
    bnvar_inv = torch.rsqrt(bnvar + 1e-5)
    bnraw = torch.mul(bndiff, bnvar_inv)
    hpreact = torch.addcmul(bnbias, bngain, bnraw)
    h = torch.tanh(hpreact)
    logits = torch.addmm(b2, h, W2)
    logit_maxes = torch.max(logits, 1, keepdim=True).values
    norm_logits = torch.sub(logits, logit_maxes)
    counts = torch.exp(norm_logits)
    counts_sum = torch.sum(counts, 1, keepdim=True)
    counts_sum_inv = torch.reciprocal(counts_sum)
    probs = torch.mul(counts, counts_sum_inv)
    logprobs = torch.log(probs)
    loss = F.nll_loss(logprobs, Yb)
    return loss, locals()


def example(rng):
    N, T, V, E, H = 7, 3, 11, 5, 13
    Xb = rng.integers(0, V, (N, T))
    Xb[0] = Xb[0, 0]
    Xb[2] = Xb[1]
    yield (
        "distinct sizes, repeated characters",
        {
            "Xb": Xb,
            "Yb": rng.integers(0, V - 1, N),
            "C": rng.standard_normal((V, E)),
            "W1": rng.standard_normal((T * E, H)) / 4,
            "b1": rng.standard_normal(H),
            "bngain": 1 + 0.3 * rng.standard_normal((1, H)),
            "bnbias": 0.3 * rng.standard_normal((1, H)),
            "W2": rng.standard_normal((H, V)),
            "b2": rng.standard_normal(V),
        },
    )


OP = Op(
    forward,
    backward,
    lesson=11,
    example=example,
    hints=(
        "Every gradient has the shape of its value: dcounts is (N, V) like counts, dbnmeani is "
        "(1, H) like bnmeani, db1 is (H,) like b1.",
        "Go up the forward pass line by line. Used twice (counts, logits, bndiff, hprebn): add "
        "both branches. Broadcast (biases, sums, means): sum over the copies.",
        "Two rows, targets 1 and 0, three characters, dloss = 1: dlogprobs is "
        "[[0, -0.5, 0], [-0.5, 0, 0]].",
    ),
    reference="Andrej Karpathy, [Building makemore Part 4: Becoming a Backprop "
    "Ninja](https://www.youtube.com/watch?v=q8SA3rM6ckI) (2022), exercise 1; the network: Bengio, "
    "Ducharme, Vincent and Jauvin, [A Neural Probabilistic Language "
    "Model](https://www.jmlr.org/papers/v3/bengio03a.html), JMLR 3 (2003), section 2.",
    mistakes=(
        Mistake(
            "mm-dlp-no-mean",
            "dlogprobs = -one_hot(Yb, probs) * dloss",
            "The loss is a mean over N rows, and its 1/N is missing.",
        ),
        Mistake(
            "mm-dlp-everywhere",
            "dlogprobs = -(probs * 0 + 1) / N * dloss",
            "The loss picks one entry of each row: only at Yb is the gradient not zero.",
        ),
        Mistake(
            "mm-dpr-multiplied",
            "dprobs = dlogprobs * probs",
            "The derivative of log p is 1/p: divide where you multiplied.",
        ),
        Mistake(
            "mm-dci-no-sum",
            "dcounts_sum_inv = dprobs * counts",
            "counts_sum_inv is one number a row, copied along the row. Sum over those copies.",
        ),
        Mistake(
            "mm-dcs-sign",
            "dcounts_sum = dcounts_sum_inv * counts_sum**-2",
            "The derivative of 1/s is negative: when the sum grows, its inverse shrinks.",
        ),
        Mistake(
            "mm-dct-first-branch-only",
            "dcounts = dprobs * counts_sum_inv",
            "counts is used twice, in probs and in counts_sum. The second branch is missing.",
        ),
        Mistake(
            "mm-dnl-exp-forgotten",
            "dnorm_logits = dcounts * 1",
            "The upstream went past exp unchanged. The derivative of exp is exp itself, counts.",
        ),
        Mistake(
            "mm-dmx-lost-minus",
            "dlogit_maxes = dnorm_logits.sum(axis=1, keepdims=True)",
            "logit_maxes is subtracted, so a minus belongs here. In this network the gradient is "
            "zero up to rounding (raising every logit of a row changes nothing), so it can't show.",
            harmless=True,
        ),
        Mistake(
            "mm-dlg-max-branch-missing",
            "dlogits = dnorm_logits * 1",
            "The branch through logit_maxes is left out. Its gradient is zero up to rounding, "
            "because raising every logit of a row changes nothing, so the result is right.",
            harmless=True,
        ),
        Mistake(
            "mm-dh-ones",
            "dh = (dlogits * 0 + 1) @ W2.T",
            "The upstream dlogits is missing: this is the derivative of the sum of the logits.",
        ),
        Mistake(
            "mm-dpre-input",
            "dhpreact = dh * (1 - hpreact**2)",
            "The slope of tanh is 1 minus the square of its output h, not of its input.",
        ),
        Mistake(
            "mm-dbg-no-sum",
            "dbngain = dhpreact * bnraw",
            "bngain was copied to all N rows. Sum over them and keep the axis: it is (1, H).",
        ),
        Mistake(
            "mm-draw-gain-missing",
            "dbnraw = dhpreact * 1",
            "bnraw is multiplied by the gain on the way forward, and so is its gradient.",
        ),
        Mistake(
            "mm-dd2-biased",
            "dbndiff2 = spread(dbnvar, bndiff, axis=0, keepdims=True) / N",
            "The forward pass divides by N - 1 (Bessel's correction), so the backward pass does.",
        ),
        Mistake(
            "mm-dd2-not-spread",
            "dbndiff2 = dbnvar / (N - 1)",
            "Every row went into the sum, so every row receives it: the shape is that of bndiff2.",
        ),
        Mistake(
            "mm-ddf-second-branch-missing",
            "dbndiff = dbnraw * bnvar_inv",
            "bndiff is used twice, in bnraw and squared in bndiff2. The second branch is missing.",
        ),
        Mistake(
            "mm-dmu-lost-minus",
            "dbnmeani = dbndiff.sum(axis=0, keepdims=True)",
            "The mean is subtracted, so its gradient carries a minus.",
        ),
        Mistake(
            "mm-dmu-first-branch-only",
            "dbnmeani = -(dbnraw * bnvar_inv).sum(axis=0, keepdims=True)",
            "Only the branch through bnraw is summed. The other one, through the squares, sums to "
            "zero over the batch, so the result is right all the same.",
            harmless=True,
        ),
        Mistake(
            "mm-dmu-keepdim-lost",
            "dbnmeani = -dbndiff.sum(axis=0)",
            "The numbers are right, the shape is (H,) where bnmeani is (1, H): keep the axis.",
        ),
        Mistake(
            "mm-dhp-mean-not-divided",
            "dhprebn = dbndiff + dbnmeani",
            "bnmeani is a sum divided by N: the branch through it needs that 1/N.",
        ),
        Mistake(
            "mm-db1-zero",
            "db1 = dhprebn.sum(axis=0) * 0",
            "Exactly zero, which is right: batch normalization subtracts the mean of the batch, "
            "and with it any constant that b1 adds.",
            harmless=True,
        ),
        Mistake(
            "mm-demb-order",
            "demb = dembcat.reshape(N, E, T).swapaxes(1, 2)",
            "The shape fits but the numbers are in another order: forward laid T blocks of E side "
            "by side, so split them the same way.",
        ),
        Mistake(
            "mm-dce-overwrite",
            "dC = C * 0; dC[Xb] = demb",
            "A character that occurs twice keeps only the last gradient. They must add up.",
        ),
        Mistake(
            "mm-dce-row-iadd",
            "dC = C * 0\nfor q in range(N): dC[Xb[q]] += demb[q]\ndC = dC * 1",
            "A character that occurs twice inside one context is counted once: += with an array of "
            "indices writes each row only once.",
        ),
    ),
)
