# ---
# description: Train the character model with a backward pass of your own, and turn the knobs.
# ---

# %% [markdown]
# # Lab: train it yourself
#
# You will write a training step for the character model from the first line to the last, train
# with it, listen to what it makes up, and find out what each knob does. About 60 minutes.
# { .ninja-lede }
#
# Cells called *your turn* run as they are, and wait for a line of yours.
# [Lesson 12](12-your-own-training-loop.md) has the derivations and the long results.
#
# ## What there is to learn from

# %%
import numpy as np
import torch

import ninja
from ninja import draw
from ninja.training import curve, data, network

names = data.prepare(data.read())  # your own list: data.read(Path("words.txt"))
X, Y = names.train.X, names.train.Y
sizes = network.Sizes(V=len(names.characters), T=3, E=10, H=200)
print(f"{len(X):,} examples, {sizes.count:,} parameters")

# %% [markdown]
# ## Forward
#
# In NumPy, one line after the other. What the backward pass will need is handed back by name.


# %%
def forward(Xb, Yb, C, W1, b1, W2, b2, bngain, bnbias):
    N = len(Xb)
    emb = C[Xb]  # (N, 3, 10)
    embcat = emb.reshape(N, -1)  # (N, 30)
    hprebn = embcat @ W1 + b1  # (N, 200)
    bndiff = hprebn - hprebn.mean(axis=0, keepdims=True)
    bnvar = (bndiff**2).sum(axis=0, keepdims=True) / (N - 1)
    bnvar_inv = (bnvar + 1e-5) ** -0.5  # (1, 200)
    bnraw = bndiff * bnvar_inv  # (N, 200)
    h = np.tanh(bngain * bnraw + bnbias)  # (N, 200)
    logits = h @ W2 + b2  # (N, 27)
    counts = np.exp(logits - logits.max(axis=1, keepdims=True))
    probs = counts / counts.sum(axis=1, keepdims=True)  # (N, 27)
    loss = -np.log(probs[np.arange(N), Yb]).mean()
    kept = {"embcat": embcat, "bnvar_inv": bnvar_inv, "bnraw": bnraw, "h": h, "probs": probs}
    return loss, kept


theta, stream = network.initial(sizes, seed=2147483647)
rows = stream.integers(len(X), (32,))
loss, kept = forward(X[rows], Y[rows], **sizes.views(theta))
print(f"loss {loss:.3f}, and knowing nothing costs {np.log(sizes.V):.3f}")

# %% [markdown]
# ## Backward
#
# [The tour, folded](11b-the-tour-folded.md), for the seven parameters. The lines are written here
# so that the lab runs; cover them, and write your own below.


# %%
def backward(Xb, Yb, C, W1, W2, bngain, embcat, bnvar_inv, bnraw, h, probs, **_):
    N = len(Xb)
    dlogits = probs.copy()
    dlogits[np.arange(N), Yb] -= 1
    dlogits /= N
    dh = dlogits @ W2.T
    dW2 = h.T @ dlogits
    db2 = dlogits.sum(axis=0)
    dhpreact = dh * (1 - h**2)
    dbngain = (dhpreact * bnraw).sum(axis=0, keepdims=True)
    dbnbias = dhpreact.sum(axis=0, keepdims=True)
    dhprebn = bngain * bnvar_inv * (dhpreact - dbnbias / N - bnraw * dbngain / (N - 1))
    dembcat = dhprebn @ W1.T
    dW1 = embcat.T @ dhprebn
    db1 = dhprebn.sum(axis=0)
    dC = np.zeros_like(C)
    np.add.at(dC, Xb.reshape(-1), dembcat.reshape(-1, C.shape[1]))
    return {
        "C": dC, "W1": dW1, "b1": db1, "W2": dW2, "b2": db2, "bngain": dbngain, "bnbias": dbnbias,
    }  # fmt: skip


# %% [markdown]
# Believe no gradient that nobody has checked. Torch's engine, in float64:

# %%
wide = {name: p.astype(float) for name, p in sizes.views(theta).items()}
_, kept = forward(X[rows], Y[rows], **wide)
ours = backward(X[rows], Y[rows], **wide, **kept)

leaves = {name: torch.tensor(p, requires_grad=True) for name, p in wide.items()}
x = leaves["C"][torch.tensor(X[rows])].flatten(1) @ leaves["W1"] + leaves["b1"]
var, mean = torch.var_mean(x, 0)
h = torch.tanh(leaves["bngain"] * (x - mean) * (var + 1e-5).rsqrt() + leaves["bnbias"])
logits = h @ leaves["W2"] + leaves["b2"]
torch.nn.functional.cross_entropy(logits, torch.tensor(Y[rows])).backward()

for name, leaf in leaves.items():
    off = abs(ours[name] - leaf.grad.numpy()).max()
    print(f"d{name:<7} off by {off:.0e}")
    assert off < 1e-12

# %% [markdown]
# ### Your turn
#
# From a blank page: `ninja.check` judges it on sizes that you have not seen, and says which line to
# mend. A dict of what you have so far is enough.


# %% title="Your turn"
def mine(dloss, Xb, Yb, C, W1, W2, bngain, emb, embcat, bnvar_inv, bnraw, h, probs):
    """Return a dict, such as {"dlogits": dlogits, "dh": dh}."""
    # your lines


ninja.check("makemore-fused", mine)

# %% [markdown]
# ## The loop
#
# A batch, the gradient, a step. `theta` is one vector, and the parameters are windows into it.


# %%
def train(steps, rate=0.1, batch=32, backward=backward, sizes=sizes, seed=2147483647):
    theta, stream = network.initial(sizes, seed)
    parameters, losses = sizes.views(theta), []
    for n in range(steps):
        rows = stream.integers(len(X), (batch,))
        loss, kept = forward(X[rows], Y[rows], **parameters)
        gradients = backward(X[rows], Y[rows], **parameters, **kept)
        now = rate if n < steps / 2 else rate / 10
        for name, p in parameters.items():
            p -= now * gradients[name]
        losses.append(loss)
    return parameters, np.array(losses)


parameters, losses = train(3000)
curve.picture(losses)

# %% [markdown]
# Batch norm gets statistics of the whole training set, once, and the model may speak:

# %%
model = network.calibrated(parameters, names.train)
print(f"train {model.loss(names.train):.3f}   dev {model.loss(names.dev):.3f}")
for temperature in (0.5, 1.0, 1.5):
    print(temperature, *network.sample(model, names, 5, seed=1, temperature=temperature))

# %% [markdown]
# Cold, it says what is likely; hot, it says anything. Three thousand steps are few. In a terminal
# 200,000 of them take a minute or two: `backprop-ninja train`.
#
# ## Turning knobs
#
# The same number of steps, one knob at a time. Guess before you run it.


# %%
def dev_loss(**knobs):
    parameters, _ = train(1000, **knobs)
    return network.calibrated(parameters, names.train).loss(names.dev)


trials = [{}, {"rate": 0.01}, {"rate": 1.0}, {"batch": 128}, {"seed": 1}]
for knobs in trials:
    print(f"{knobs!s:<17} dev {dev_loss(**knobs):.3f}")

# %% [markdown]
# The rate matters most, by far; over so few steps one ten times larger even wins, and only a longer
# run can say whether it still does. A larger batch costs more a step, and gives a steadier
# direction. And the last line says how much is luck: a difference smaller than that is none.
#
# ### Your turn
#
# Break the backward pass on purpose, as below, and see whether the curve would have told you. Then
# try it without the `/ N`, without the path through the mean, with `=` for `+=` in the embedding.


# %% title="Your turn"
def broken(Xb, Yb, C, **rest):
    gradients = backward(Xb, Yb, C, **rest)
    gradients["C"] = np.zeros_like(C)  # the table never learns
    return gradients


lines = []
for name, pass_back, role in (("right", backward, "right"), ("broken", broken, "wrong")):
    _, found = train(1000, backward=pass_back)
    print(f"{name:<7} loss {found[-200:].mean():.3f}")
    steps, means = np.transpose(curve.points(found, 50))
    lines.append(draw.Curve(steps, means, role, name))
draw.curves(
    lines, x="step", y="loss", width=440,
    alt="Two losses fall side by side; the one whose table never learns stays a little higher.",
)  # fmt: skip

# %% [markdown]
# A little worse, and still falling: a curve says no more about a table that never learns. This is
# why the check came first.
#
# Next: [an MLP, audited](13-an-mlp-audited.md), or how the same step becomes
# [faster than autograd](15-faster-than-autograd.md).
