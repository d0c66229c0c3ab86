# ---
# description: Matrix multiply, batch norm and cross-entropy by hand, before three judges.
# ---

# %% [markdown]
# # Lab: three gradients, three judges
#
# You will write the backward pass of a matrix multiply, of batch norm and of cross-entropy, and
# hold each against autograd, the complex step and differences. About 40 minutes.
# { .ninja-lede }
#
# A lab is a notebook. Download it or open it in Colab (all that takes is a Google account), run its
# cells from the top, and change what you like. Cells called *your turn* run as they are, and wait
# for a line of yours.
#
# ## The judges
#
# A gradient is believed when judges that share no code agree on it. Two of them are short enough to
# write down. Both move one entry of `x` at a time, and look at what the number `f(x)` does.

# %%
import numpy as np
import torch

import ninja

rng = np.random.default_rng(9)


def moved(x, place, step):
    there = x.astype(np.result_type(x, step))
    there[place] += step
    return there


def differences(f, x, h=1e-5):
    slopes = [(f(moved(x, i, h)) - f(moved(x, i, -h))) / (2 * h) for i in np.ndindex(x.shape)]
    return np.reshape(slopes, x.shape)


def complex_step(f, x, h=1e-20):
    slopes = [f(moved(x, i, 1j * h)).imag / h for i in np.ndindex(x.shape)]
    return np.reshape(slopes, x.shape)


# %% [markdown]
# The third is torch's engine, on a forward pass that is torch's own. `verify` prints how far each
# of them is from a gradient of ours, relative to its largest entry, and stops at the first that
# disagrees.


# %%
def verify(forward, values, leaves, gradients):
    print(f"{'':10}autograd  complex step  differences")
    for name, gradient in gradients.items():

        def f(x, name=name):
            return forward(**{**values, name: x})

        x, scale = values[name], abs(gradient).max()
        judges = leaves[name].grad.numpy(), complex_step(f, x), differences(f, x)
        off = [abs(gradient - judge).max() / scale for judge in judges]
        print(f"d{name:<9}{off[0]:<10.0e}{off[1]:<14.0e}{off[2]:.0e}")
        assert gradient.shape == x.shape
        assert max(off) < 1e-7, f"d{name} is not what the judges say"


# %% [markdown]
# What to expect: autograd and the complex step agree with a right line to the last digit or two,
# about $10^{-16}$. Differences are a coarser tool. With this step they are good to about
# $10^{-10}$, so they find a bug, and never tell you that the last digits are right.
# [Lesson 2](02-checking-a-gradient.md) says why.
#
# ## Matrix multiply
#
# $D = AB + c$, with $A$ of shape (4, 3), $B$ (3, 5) and $c$ (5,), which is added to each row. To
# have a single number to differentiate, weigh the entries of $D$ with random numbers $G$ and add
# up: then the gradient that arrives at $D$ is $G$ itself.

# %%
values = {
    "A": rng.standard_normal((4, 3)),
    "B": rng.standard_normal((3, 5)),
    "c": rng.standard_normal(5),
}
G = rng.standard_normal((4, 5))


def matmul_loss(A, B, c):
    return ((A @ B + c) * G).sum()


A, B, c = values.values()
dA = G @ B.T  # (4, 5) (5, 3) -> (4, 3)
dB = A.T @ G  # (3, 4) (4, 5) -> (3, 5)
dc = G.sum(axis=0)  # copied to 4 rows on the way forward, so summed over them on the way back

leaves = {name: torch.tensor(x, requires_grad=True) for name, x in values.items()}
(torch.addmm(leaves["c"], leaves["A"], leaves["B"]) * torch.tensor(G)).sum().backward()
verify(matmul_loss, values, leaves, {"A": dA, "B": dB, "c": dc})

# %% [markdown]
# The shapes left no choice here: of `G`, `B` and their transposes only one product is (4, 3). That
# trick has a hole. Make every matrix square, and the wrong transpose fits, too. `ninja.cmp` is not
# fooled, for it compares numbers as well as shapes:

# %%
square = rng.standard_normal((4, 4))
x = torch.tensor(rng.standard_normal((4, 4)), requires_grad=True)
upstream = torch.tensor(rng.standard_normal((4, 4)))
((x @ torch.tensor(square)) * upstream).sum().backward()

wrong = upstream.numpy() @ square  # B where its transpose is due
ninja.cmp("dx", wrong, x)

# %% [markdown]
# ### Your turn
#
# A matrix that is multiplied by itself: in $S = X^\top X$ the same $X$, of shape (4, 3), stands
# twice. Write `dX` in one line; `U`, (3, 3), is the gradient that arrives at $S$. Two branches meet
# here, so expect a sum.

# %% title="Your turn"
X = torch.tensor(rng.standard_normal((4, 3)), requires_grad=True)
U = torch.tensor(rng.standard_normal((3, 3)))
((X.T @ X) * U).sum().backward()

dX = None  # your line
ninja.cmp("dX", dX, X)

# %% [markdown]
# ## Batch norm
#
# Each of the columns of $x$, shape (8, 5), is brought to mean 0 and variance 1, then stretched by a
# gain $\gamma$ and shifted by a bias $\beta$. The variance is the one of the lecture, with Bessel's
# $n - 1$:
#
# $$\begin{aligned}
# \hat x_{ij} &= (x_{ij} - \mu_j)\, s_j \\
# s_j &= (\sigma_j^2 + \varepsilon)^{-1/2} \\
# y_{ij} &= \gamma_j\, \hat x_{ij} + \beta_j
# \end{aligned}$$
#
# An entry reaches the output on three ways: directly, through the mean of its column and through
# the variance. All three together, as [lesson 9](09-batch-norm-in-one-step.md) derives it, with $g$
# for the gradient that arrives:
#
# $$\begin{aligned}
# dx_{ij} = \gamma_j s_j \Big( &g_{ij} - \tfrac1n \textstyle\sum_k g_{kj} \\
# &- \tfrac{1}{n - 1}\, \hat x_{ij} \textstyle\sum_k g_{kj}\, \hat x_{kj} \Big)
# \end{aligned}$$

# %%
n = 8
values = {
    "x": 3 + 0.5 * rng.standard_normal((n, 5)),
    "gain": 1 + 0.3 * rng.standard_normal(5),
    "bias": rng.standard_normal(5),
}
G = rng.standard_normal((n, 5))


def batchnorm_loss(x, gain, bias):
    diff = x - x.mean(axis=0)
    var = (diff**2).sum(axis=0) / (n - 1)  # not np.var, which takes no complex step
    return ((gain * diff * (var + 1e-5) ** -0.5 + bias) * G).sum()


x, gain, bias = values.values()
inv = (x.var(axis=0, ddof=1) + 1e-5) ** -0.5
xhat = (x - x.mean(axis=0)) * inv

dgain = (G * xhat).sum(axis=0)
dbias = G.sum(axis=0)
dx = gain * inv * (G - G.mean(axis=0) - xhat * (G * xhat).sum(axis=0) / (n - 1))

leaves = {name: torch.tensor(v, requires_grad=True) for name, v in values.items()}
var, mean = torch.var_mean(leaves["x"], dim=0, correction=1)
normal = (leaves["x"] - mean) * torch.rsqrt(var + 1e-5)
((leaves["gain"] * normal + leaves["bias"]) * torch.tensor(G)).sum().backward()
verify(batchnorm_loss, values, leaves, {"x": dx, "gain": dgain, "bias": dbias})

# %% [markdown]
# Now plant the mistake that everybody makes once: leave out the path through the mean. With a
# random upstream it shows at once.

# %%
planted = gain * inv * (G - xhat * (G * xhat).sum(axis=0) / (n - 1))
result = ninja.cmp("dx", planted, leaves["x"])
assert not result
result

# %% [markdown]
# A check can also be too kind. If `G` happens to have columns that sum to zero, the missing path
# carries nothing, and the planted line passes. **A check is as good as its inputs.**

# %%
kind = G - G.mean(axis=0)
full = gain * inv * (kind - kind.mean(axis=0) - xhat * (kind * xhat).sum(axis=0) / (n - 1))
without = gain * inv * (kind - xhat * (kind * xhat).sum(axis=0) / (n - 1))
ninja.cmp("dx", without, full)

# %% [markdown]
# ### Your turn
#
# Write the backward pass of batch norm as a function and hand it to `ninja.check`. It picks the
# inputs itself, and it knows the wrong lines that people write. `correction` is 1 or 0: what is
# divided by in the variance is `n - correction`. As it stands the function returns nothing, which
# is said kindly.


# %% title="Your turn"
def backward(dy, gain, xhat, inv_std, correction):
    """Return dx, dgain, dbias."""
    # your lines


ninja.check("batchnorm", backward)

# %% [markdown]
# ## Cross-entropy
#
# Six rows of nine logits, and one target each. With $p$ for the softmax of a row and $n$ rows,
#
# $$\begin{aligned}
# L &= -\frac1n \sum_i \log p_{i, y_i} \\
# \mathrm{dlogits}_{ij} &= \frac{p_{ij} - [\,j = y_i\,]}{n}
# \end{aligned}$$
#
# Predicted minus true, over $n$. $[\ldots]$ is 1 where it is true, else 0.

# %%
values = {"logits": 2 * rng.standard_normal((6, 9))}
targets = rng.integers(0, 9, 6)
rows = np.arange(6)


def cross_entropy_loss(logits):
    counts = np.exp(logits - logits.real.max(axis=1, keepdims=True))
    probs = counts / counts.sum(axis=1, keepdims=True)
    return -np.log(probs[rows, targets]).mean()


counts = np.exp(values["logits"] - values["logits"].max(axis=1, keepdims=True))
probs = counts / counts.sum(axis=1, keepdims=True)
dlogits = probs.copy()
dlogits[rows, targets] -= 1
dlogits /= 6

leaves = {"logits": torch.tensor(values["logits"], requires_grad=True)}
torch.nn.functional.cross_entropy(leaves["logits"], torch.tensor(targets)).backward()
verify(cross_entropy_loss, values, leaves, {"logits": dlogits})

# %% [markdown]
# There is one more judge, and it is free: each row of `dlogits` sums to zero, for raising all
# logits of a row alike changes no probability.

# %%
print("largest sum of a row:", abs(dlogits.sum(axis=1)).max())

# %% [markdown]
# ### Three verdicts
#
# “Equal” is not a useful question about floats. `ninja.cmp` tells apart three answers: bit for bit
# the same, the same to rounding, and wrong. Then it says what it can about the last kind.

# %%
again = leaves["logits"].grad.clone()
for gradient in again, dlogits, -dlogits, dlogits[:, :8]:
    (one,) = ninja.cmp("dlogits", gradient, leaves["logits"]).result.tensors
    print(f"{one.verdict:9} {one.message}")

# %% [markdown]
# ### Your turn
#
# Give the softmax a temperature: $p = \mathrm{softmax}(\mathrm{logits} / \tau)$ with $\tau = 2$.
# How does `dlogits` change? Find `probs` anew, then the gradient; one factor is easily forgotten.

# %% title="Your turn"
tau = 2.0
warm = torch.tensor(values["logits"], requires_grad=True)
torch.nn.functional.cross_entropy(warm / tau, torch.tensor(targets)).backward()

dwarm = dlogits  # your lines
ninja.cmp("dlogits", dwarm, warm)

# %% [markdown]
# ## What you have now
#
# Three backward passes, each confirmed by judges who do not know each other, and a feeling for what
# each judge can see. Take the judges with you, from `moved` to `verify`: some twenty lines, which
# work on any function of yours.
#
# Next: [the embedding](10-embedding.md), and then the whole network, in
# [lesson 11](11-the-grand-tour.md) and [its lab](11-the-grand-tour-lab.py).
