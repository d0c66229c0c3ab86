"""Multi-layer perceptrons with cross-entropy, for any number of hidden layers.

Each hidden layer adds the same two lines to the forward pass (a linear layer and its activation)
and the same lines to the backward pass (dh, dz and two parameter gradients).  `mlp` writes these
lines out, so that a deep network reads as plainly as the shallow one.
"""

import linecache
from itertools import pairwise
from typing import Any

from ninja.arrays import one_hot
from ninja.op import Mistake, Op
from ninja.ops.cross_entropy import OP as cross_entropy
from ninja.ops.relu import OP as relu
from ninja.ops.softmax import OP as softmax
from ninja.ops.tanh import OP as tanh

NAMES = {
    "one_hot": one_hot,
    "tanh": tanh,
    "relu": relu,
    "softmax": softmax,
    "cross_entropy": cross_entropy,
}
SLOPES = {"tanh": "(1 - {h}**2)", "relu": "({z} > 0)"}


def mlp(hidden: int = 1, activation: str = "tanh", name: str = "mlp") -> Op:
    """A perceptron with `hidden` hidden layers and the activation `tanh` or `relu`.

    Names: X, W1, b1, z1, h, W2, b2, z2 (and h2, W3, b3, z3, ...); the last z are the logits.
    Raises ValueError for fewer than one hidden layer or another activation.

    >>> mlp(hidden=2).gradients
    ('dz3', 'dW3', 'db3', 'dh2', 'dz2', 'dW2', 'db2', 'dh', 'dz1', 'dW1', 'db1')
    """
    if hidden < 1:
        raise ValueError(f"hidden should be at least 1, but is {hidden}")
    if activation not in SLOPES:
        raise ValueError(f"activation should be one of {', '.join(SLOPES)}, but is {activation!r}")
    source = _forward(hidden, activation) + "\n\n" + _backward(hidden, activation)
    file = f"<{name}: {hidden} hidden, {activation}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    scope: dict[str, Any] = {"__name__": __name__, **NAMES}
    exec(compile(source, file, "exec"), scope)

    def torch_reference(X, targets, **parameters):
        return _torch_reference(hidden, activation, X, targets, parameters)

    return Op(
        scope["forward"],
        scope["backward"],
        name=name,
        doc=f"{_title(hidden, activation)}\n\n{_shapes(hidden)}\n",
        lesson=13,
        example=lambda rng: _example(rng, hidden),
        torch_reference=torch_reference,
        hints=_hints(hidden),
        reference="Goodfellow, Bengio and Courville, [Deep "
        "Learning](https://www.deeplearningbook.org/contents/mlp.html) (2016), section 6.5.7, "
        "“Example: Back-Propagation for MLP Training”.",
        mistakes=_mistakes(hidden, activation),
    )


def _h(i: int) -> str:
    """The input of layer i + 1: X, h, h2, h3, ..."""
    return {0: "X", 1: "h"}.get(i, f"h{i}")


def _parameters(hidden: int) -> list[str]:
    return [f"{kind}{i}" for i in range(1, hidden + 2) for kind in "Wb"]


def _title(hidden: int, activation: str) -> str:
    layers = "one hidden layer" if hidden == 1 else f"{hidden} hidden layers"
    return f"A perceptron with {layers} ({activation}) and cross-entropy, averaged over the batch."


def _shapes(hidden: int) -> str:
    sizes = ["D", *("H" if i == 1 else f"H{i}" for i in range(1, hidden + 1)), "K"]
    layers = [
        f"W{i}: ({m}, {n}), b{i}: ({n},)" for i, (m, n) in enumerate(pairwise(sizes), start=1)
    ]
    return f"X: (N, D), targets: (N,), {', '.join(layers)}  ->  loss: ()"


def _forward(hidden: int, activation: str) -> str:
    last = hidden + 1
    lines = [f"def forward(X, targets, {', '.join(_parameters(hidden))}):"]
    for i in range(1, last + 1):
        lines.append(f"    z{i} = {_h(i - 1)} @ W{i} + b{i}")
        if i < last:
            lines.append(f"    {_h(i)} = {activation}(z{i})")
    lines += [
        f"    probs = softmax(z{last})",
        f"    loss = cross_entropy(z{last}, targets)",
        f"    cache = dict({', '.join(f'{n}={n}' for n in _cache(hidden))})",
        "    return loss, cache",
    ]
    return "\n".join(lines)


def _cache(hidden: int) -> list[str]:
    names = ["X", "targets", "probs"]
    for i in range(hidden, 0, -1):
        names += [f"W{i + 1}", _h(i), f"z{i}"]
    return names


def _backward(hidden: int, activation: str) -> str:
    last = hidden + 1
    lines = [
        f"def backward(dloss, {', '.join(_cache(hidden))}):",
        "    N = len(X)",
        f"    # loss = cross_entropy(z{last}, targets)",
        f"    dz{last} = (probs - one_hot(targets, probs)) / N * dloss",
    ]
    returned = [f"dz{last}"]
    for i in range(last, 0, -1):
        lines += [
            f"    # z{i} = {_h(i - 1)} @ W{i} + b{i}",
            f"    dW{i} = {_h(i - 1)}.T @ dz{i}",
            f"    db{i} = dz{i}.sum(axis=0)",
        ]
        returned += [f"dW{i}", f"db{i}"]
        if i > 1:
            slope = SLOPES[activation].format(h=_h(i - 1), z=f"z{i - 1}")
            lines += [
                f"    d{_h(i - 1)} = dz{i} @ W{i}.T",
                f"    # {_h(i - 1)} = {activation}(z{i - 1})",
                f"    dz{i - 1} = d{_h(i - 1)} * {slope}",
            ]
            returned += [f"d{_h(i - 1)}", f"dz{i - 1}"]
    lines.append(f"    return {', '.join(returned)}")
    return "\n".join(lines)


def _torch_reference(hidden, activation, X, targets, parameters):
    import torch
    from torch.nn import functional as F

    values = {}
    h = X
    for i in range(1, hidden + 2):
        z = values[f"z{i}"] = F.linear(h, parameters[f"W{i}"].T, parameters[f"b{i}"])
        if i <= hidden:
            h = values[_h(i)] = getattr(torch, activation)(z)
    return F.cross_entropy(z, targets), values


def _example(rng, hidden):
    for name, N, sizes in (
        ("distinct sizes", 7, [5, *(11, 13, 9, 15)[:hidden], 3]),
        ("the lesson's own", 4, [3, *(5, 4, 6, 7)[:hidden], 3]),
    ):
        arguments = {
            "X": rng.standard_normal((N, sizes[0])),
            "targets": rng.integers(0, sizes[-1], N),
        }
        for i, (m, n) in enumerate(pairwise(sizes), start=1):
            arguments[f"W{i}"] = rng.standard_normal((m, n)) / m**0.5
            arguments[f"b{i}"] = 0.3 * rng.standard_normal(n)
        yield name, arguments


def _hints(hidden: int) -> tuple[str, ...]:
    last = hidden + 1
    return (
        f"Every gradient has the shape of its value: dW{last} is like W{last}, db1 is (H,), dz1 "
        "and dh are (N, H).",
        f"dz{last} is predicted minus true, over N. Then the same for each layer: a linear layer "
        "gives dW, db and the gradient of its input, an activation multiplies by its slope.",
        f"N = 1 and probs = [0.2, 0.5, 0.3] with target 1 give dz{last} = [0.2, -0.5, 0.3], and "
        f"db{last} is the same three numbers.",
    )


def _mistakes(hidden: int, activation: str) -> tuple[Mistake, ...]:
    last = hidden + 1
    dz, W, h = f"dz{last}", f"W{last}", _h(hidden)
    z = f"z{hidden}"
    slope = SLOPES[activation].format(h=h, z=z)
    on_input = {"tanh": f"(1 - {z}**2)", "relu": f"(d{h} > 0)"}[activation]
    on_input_sentence = {
        "tanh": f"The square is of the activation's output {h}, not of its input {z}.",
        "relu": f"The mask comes from the forward pass, where {z} was positive, not from d{h}.",
    }[activation]
    return (
        Mistake(
            "mlp-activation-skipped",
            f"d{z} = d{h} * 1",
            f"The upstream went past {activation} unchanged: multiply by its slope.",
        ),
        Mistake(
            "mlp-activation-on-preact" if activation == "tanh" else "mlp-masks-gradient",
            f"d{z} = d{h} * {on_input}",
            on_input_sentence,
        ),
        Mistake(
            "mlp-dw2-preact",
            f"d{W} = {z}.T @ {dz}",
            f"The input of this layer is {h}, after the activation; {z} is before it.",
        ),
        Mistake(
            "mlp-updated-w2",
            f"d{h} = {dz} @ ({W} - 0.1 * d{W}).T",
            f"{W} was already changed by an update. The backward pass needs the {W} that the "
            "forward pass used: update after all gradients are done.",
        ),
        Mistake(
            "mlp-ce-no-mean",
            f"{dz} = (probs - one_hot(targets, probs)) * dloss",
            "The loss is a mean over N rows, and its 1/N is missing.",
        ),
        Mistake(
            "mlp-db1-mean",
            "db1 = dz1.mean(axis=0)",
            "The one bias was copied to N rows, so its gradients add up: a sum, not a mean.",
        ),
        Mistake(
            "mlp-db2-total",
            f"db{last} = {dz}.sum(axis=0) * 0 + {dz}.sum()",
            "One number for all classes, and it is always about zero, because each row of "
            f"{dz} sums to zero. Each class has its own column to sum.",
        ),
        Mistake(
            "mlp-dh-no-transpose",
            f"d{h} = {dz} @ {W}",
            f"{W} must be transposed on the way back: forward it maps H to K, backward K to H.",
        ),
        Mistake(
            "mlp-w1-from-dh",
            f"d{_parameters(hidden)[2 * hidden - 2]} = {_h(hidden - 1)}.T @ d{h}",
            f"This layer's output is {z}, so its gradient comes from d{z}, after the "
            f"activation's slope {slope}, not from d{h}.",
        ),
        Mistake(
            "mlp-sign",
            f"{dz} = (one_hot(targets, probs) - probs) / N * dloss",
            "The sign slipped: the gradient is predicted minus true.",
        ),
    )


MLP = mlp()
MLP_RELU = mlp(activation="relu", name="mlp-relu")
MLP_DEEP = mlp(hidden=2, name="mlp-deep")
