# ---
# description: The character model as a notebook; all 26 gradients, a line and a check each.
# ---

# %% [markdown]
# # Lab: the grand tour, line by line
#
# You will walk back through the whole character model with a line and a check for each of its 26
# gradients, then fold it to a few lines, and train it with what you wrote. About 90 minutes.
# { .ninja-lede }
#
# [Lesson 11](11-the-grand-tour.md) explains each of these lines; here you run them. Download this
# page as a notebook or open it in Colab (all that takes is a Google account). The best way to use
# it: **delete the right side of a line before you read it, write your own, and run the cell.**
#
# ## The network
#
# Three letters in, a guess at the fourth out. First a batch of 32 places in some names.

# %%
import torch

import ninja
from ninja.arrays import first_max, one_hot, scatter_add, spread

names = """olivia emma charlotte amelia sofia mia isabella ava evelyn luna harper camila scarlett
liam noah oliver theodore james henry mateo elijah lucas william benjamin levi ezra asher""".split()
signs = "." + "abcdefghijklmnopqrstuvwxyz"

contexts, targets = [], []
for name in names:
    row = "..." + name + "."
    for i in range(len(name) + 1):
        contexts.append([signs.index(c) for c in row[i : i + 3]])
        targets.append(signs.index(row[i + 3]))
contexts, targets = torch.tensor(contexts), torch.tensor(targets)

g = torch.Generator().manual_seed(2147483647)
chosen = torch.randperm(len(contexts), generator=g)[:32]
Xb, Yb = contexts[chosen], targets[chosen]
print(len(contexts), "places, of which we take", tuple(Xb.shape))

# %% [markdown]
# The parameters: 27 signs with 10 numbers each, 64 hidden units. Biases start near zero, but not at
# it, and gains near one: round numbers would hide mistakes.


# %%
def rand(*shape):
    return torch.randn(*shape, generator=g, dtype=torch.float64)


C = rand(27, 10)
W1, b1 = rand(30, 64) * (5 / 3) / 30**0.5, rand(64) * 0.1
bngain, bnbias = 1 + rand(1, 64) * 0.1, rand(1, 64) * 0.1
W2, b2 = rand(64, 27) * 0.1, rand(27) * 0.1

parameters = [C, W1, b1, bngain, bnbias, W2, b2]
for p in parameters:
    p.requires_grad = True
print(sum(p.numel() for p in parameters), "numbers to learn")

# %% [markdown]
# Forward, in atoms. Each line does one thing, and each value has a name, so that it can have a
# gradient.

# %%
torch.set_grad_enabled(True)  # for when you run this cell again
N = len(Xb)
emb = C[Xb]  # (32, 3, 10)
embcat = emb.reshape(N, -1)  # (32, 30)
hprebn = embcat @ W1 + b1  # (32, 64)
bnmeani = hprebn.sum(0, keepdim=True) / N  # (1, 64)
bndiff = hprebn - bnmeani  # (32, 64)
bndiff2 = bndiff**2  # (32, 64)
bnvar = bndiff2.sum(0, keepdim=True) / (N - 1)  # (1, 64)
bnvar_inv = (bnvar + 1e-5) ** -0.5  # (1, 64)
bnraw = bndiff * bnvar_inv  # (32, 64)
hpreact = bngain * bnraw + bnbias  # (32, 64)
h = torch.tanh(hpreact)  # (32, 64)
logits = h @ W2 + b2  # (32, 27)
logit_maxes = logits.amax(1, keepdim=True)  # (32, 1)
norm_logits = logits - logit_maxes  # (32, 27)
counts = norm_logits.exp()  # (32, 27)
counts_sum = counts.sum(1, keepdim=True)  # (32, 1)
counts_sum_inv = counts_sum**-1  # (32, 1)
probs = counts * counts_sum_inv  # (32, 27)
logprobs = probs.log()  # (32, 27)
loss = -logprobs[range(N), Yb].mean()  # ()
print(f"loss {loss.item():.3f}, and {torch.tensor(27.0).log().item():.3f} for knowing nothing")

# %% [markdown]
# Torch's engine finds the answers that you will be held against. The values in between are no
# leaves, so it must be asked to keep their gradients. From here on it is not needed any more.
#
# `cmp` prints one of two verdicts for a right gradient: *right*, bit for bit the same, or
# *rounding*, the same but for the last digits.

# %%
walk = """logprobs probs counts_sum_inv counts_sum counts norm_logits logit_maxes logits
h W2 b2 hpreact bngain bnbias bnraw bnvar_inv bnvar bndiff2 bndiff bnmeani hprebn
embcat W1 b1 emb C""".split()
for name in walk:
    globals()[name].retain_grad()
for p in parameters:
    p.grad = None
loss.backward()
torch.set_grad_enabled(False)


def cmp(name, dt, t):
    """ninja.cmp: one line when it is right, the whole story when it is not."""
    shown = ninja.cmp("d" + name, dt, t)
    if not shown:
        return shown
    (one,) = shown.result.tensors
    print(f"✓ {one.verdict:<9} {one.name} {tuple(dt.shape)}")
    return None


print(len(walk), "gradients to find")

# %% [markdown]
# ## The loss and the logarithm
#
# The loss reads one entry of each row, and takes the mean of 32 of them. Everything else in
# `logprobs` has no say in it, and gets zero.

# %%
dlogprobs = -one_hot(Yb, logprobs) / N
cmp("logprobs", dlogprobs, logprobs)

# %% [markdown]
# The slope of the logarithm is $1/p$: the less likely the right letter was thought to be, the
# harder the pull.

# %%
dprobs = dlogprobs / probs
cmp("probs", dprobs, probs)

# %% [markdown]
# ## Normalising
#
# `probs = counts * counts_sum_inv` is a product, so each factor gets the other one.
# `counts_sum_inv` is (32, 1), copied along its row on the way forward, and so it is summed along
# the row on the way back.

# %%
dcounts_sum_inv = (dprobs * counts).sum(1, keepdim=True)
cmp("counts_sum_inv", dcounts_sum_inv, counts_sum_inv)

# %%
dcounts_sum = dcounts_sum_inv * -(counts_sum**-2)
cmp("counts_sum", dcounts_sum, counts_sum)

# %% [markdown]
# `counts` was used twice: in the product, and in the sum. Both branches add up, and the second is
# the same number for all 27 entries of a row.

# %%
dcounts = dprobs * counts_sum_inv + dcounts_sum
cmp("counts", dcounts, counts)

# %%
dnorm_logits = dcounts * counts  # exp is its own slope
cmp("norm_logits", dnorm_logits, norm_logits)

# %% [markdown]
# ## The largest logit
#
# It is subtracted from its whole row, which gives a minus and a sum. What arrives is zero, because
# raising all logits of a row changes no probability. In floats it is rounding, and two roundings
# have nothing in common; so we compare what is left at twelve digits.

# %%
dlogit_maxes = -dnorm_logits.sum(1, keepdim=True)
print(f"at most {dlogit_maxes.abs().max():.0e}")
cmp("logit_maxes", dlogit_maxes.round(decimals=12), logit_maxes.grad.round(decimals=12))

# %% [markdown]
# `logits` was used twice as well. Whatever comes through the maximum goes to the one entry that was
# the largest.

# %%
dlogits = dnorm_logits + first_max(logits, axis=1) * dlogit_maxes
cmp("logits", dlogits, logits)

# %% [markdown]
# ### Your turn: eight lines in one
#
# All that from `dlogprobs` to `dlogits` can be multiplied out on paper. What remains is *predicted
# minus true*, divided by the number of rows. Write it in one line, from `probs`, `Yb` and `N`
# alone; [lesson 7](07-cross-entropy-in-one-step.md) has the way there.

# %% title="Your turn"
dlogits_at_once = None  # your line
ninja.cmp("dlogits", dlogits_at_once, logits)

# %% [markdown]
# ## The second linear layer
#
# `logits = h @ W2 + b2`. Three gradients, and the shapes lead the way: (32, 64), (64, 27), (27,).

# %%
dh = dlogits @ W2.T
cmp("h", dh, h)

# %%
dW2 = h.T @ dlogits
cmp("W2", dW2, W2)

# %%
db2 = dlogits.sum(0)
cmp("b2", db2, b2)

# %% [markdown]
# ## tanh
#
# Its slope comes from its own output: $1 - h^2$. Here is what happens to somebody who takes the
# input instead.

# %%
wrong = dh * (1 - hpreact**2)
cmp("hpreact", wrong, hpreact)

# %%
dhpreact = dh * (1 - h**2)
cmp("hpreact", dhpreact, hpreact)

# %% [markdown]
# ## Batch norm: gain and bias
#
# One gain and one bias for each column, shared by all rows: sum over the rows, and keep the axis.

# %%
dbngain = (dhpreact * bnraw).sum(0, keepdim=True)
cmp("bngain", dbngain, bngain)

# %%
dbnbias = dhpreact.sum(0, keepdim=True)
cmp("bnbias", dbnbias, bnbias)

# %%
dbnraw = dhpreact * bngain
cmp("bnraw", dbnraw, bnraw)

# %% [markdown]
# ## Batch norm: the variance
#
# `bnraw = bndiff * bnvar_inv` is a product again. We take the second factor first; `bndiff` has to
# wait, for it has another branch that is not known yet.

# %%
dbnvar_inv = (dbnraw * bndiff).sum(0, keepdim=True)
cmp("bnvar_inv", dbnvar_inv, bnvar_inv)

# %%
dbnvar = dbnvar_inv * -0.5 * (bnvar + 1e-5) ** -1.5
cmp("bnvar", dbnvar, bnvar)

# %% [markdown]
# A sum on the way forward is a copy on the way back: each row receives the gradient of the
# variance, over $N - 1$.

# %%
dbndiff2 = spread(dbnvar, bndiff2, axis=0, keepdims=True) / (N - 1)
cmp("bndiff2", dbndiff2, bndiff2)

# %% [markdown]
# Now both branches of `bndiff` are there: through `bnraw`, and through its square.

# %%
dbndiff = dbnraw * bnvar_inv + dbndiff2 * 2 * bndiff
cmp("bndiff", dbndiff, bndiff)

# %% [markdown]
# ## Batch norm: the mean
#
# Subtracted from all rows of its column: a minus and a sum.

# %%
dbnmeani = -dbndiff.sum(0, keepdim=True)
cmp("bnmeani", dbnmeani, bnmeani)

# %%
dhprebn = dbndiff + dbnmeani / N
cmp("hprebn", dhprebn, hprebn)

# %% [markdown]
# ### Your turn: seven lines in one
#
# From `dhpreact` to `dhprebn` in one line, with `bngain`, `bnvar_inv`, `bnraw` and `N`. It has
# three terms, one for each path; [lesson 9](09-batch-norm-in-one-step.md) simplifies them.

# %% title="Your turn"
dhprebn_at_once = None  # your line
ninja.cmp("dhprebn", dhprebn_at_once, hprebn)

# %% [markdown]
# ## The first linear layer

# %%
dembcat = dhprebn @ W1.T
cmp("embcat", dembcat, embcat)

# %%
dW1 = embcat.T @ dhprebn
cmp("W1", dW1, W1)

# %% [markdown]
# The second gradient that is zero. Batch norm takes the mean of each column away, and with it
# whatever `b1` has added: a bias before batch norm learns nothing.

# %%
db1 = dhprebn.sum(0)
print(f"at most {db1.abs().max():.0e}")
cmp("b1", db1.round(decimals=12), b1.grad.round(decimals=12))

# %% [markdown]
# ## Back into the table

# %%
demb = dembcat.reshape(emb.shape)
cmp("emb", demb, emb)

# %% [markdown]
# A letter that occurs in several places collects what comes from all of them. An assignment keeps
# only the last:

# %%
overwritten = torch.zeros_like(C)
overwritten[Xb] = demb
cmp("C", overwritten, C)

# %%
dC = scatter_add(C, Xb, demb)
cmp("C", dC, C)

# %% [markdown]
# ## All of them at once
#
# That was the last one. To be sure that nothing was left out, the package's own
# `ninja/nets/makemore.py` runs on the very same tensors, and each of its 26 gradients is held
# against yours.

# %%
net = ninja.NETS["makemore"]
_, cache = net.forward(Xb, Yb, *parameters)
theirs = dict(zip(net.gradients, net.backward(1.0, **cache), strict=True))
apart = {name: (globals()[name] - theirs[name]).abs().max().item() for name in theirs}
assert list(theirs) == ["d" + name for name in walk]
assert max(apart.values()) < 1e-12
print(f"{len(theirs)} gradients, at most {max(apart.values()):.0e} apart")

# %% [markdown]
# ## And now it learns
#
# The proof of a gradient is a loss that falls. Fifty steps on all places at once, with no engine:
# forward, your lines (here as the package has them), and a step downhill.

# %%
for step in range(50):
    loss, cache = net.forward(contexts, targets, *parameters)
    if step % 10 == 0:
        print(f"step {step:2}  loss {loss.item():.3f}")
    found = dict(zip(net.gradients, net.backward(1.0, **cache), strict=True))
    for name, p in zip(["C", "W1", "b1", "bngain", "bnbias", "W2", "b2"], parameters, strict=True):
        p -= 0.5 * found["d" + name]
print(f"step 50  loss {net.forward(contexts, targets, *parameters)[0].item():.3f}")

# %% [markdown]
# ### Your turn
#
# Put your two folded lines in place of the fifteen that they stand for, and write one function that
# returns the gradients of the seven parameters. `ninja.check` judges it on sizes that you have not
# seen.


# %% title="Your turn"
def backward(dloss, Xb, Yb, C, W1, W2, bngain, emb, embcat, bnvar_inv, bnraw, h, probs):
    """Return a dict, such as {"dlogits": dlogits, "dh": dh}."""
    # your lines


ninja.check("makemore-fused", backward)

# %% [markdown]
# Next: [an MLP, audited](13-an-mlp-audited.md), where you do the same with no help at all.
