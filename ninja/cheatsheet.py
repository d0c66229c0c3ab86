"""Every formula of the package on one page, from lines that run.

An operation's forward and backward lines stand here as they read best; a network's are its own.
`wrong` puts numbers into every one of them and holds the results against the package.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ninja import arrays
from ninja.audit import planted
from ninja.op import Mistake, Op
from ninja.proof import scaled_errors
from ninja.records import OPS
from ninja.runs import Run, runs
from ninja.typeset import tex

CLOSE = 1e-12  # how far a line may be from the package, of the size of its terms


@dataclass(frozen=True)
class Row:
    """One operation: lines that lead from its inputs to its output, and lines that lead back."""

    op: str
    forward: tuple[str, ...]
    backward: tuple[str, ...]


ROWS = (
    Row("add", ("y = a + b",), ("da = sum_to(dy, a.shape)", "db = sum_to(dy, b.shape)")),
    Row("mul", ("y = a * b",), ("da = sum_to(dy * b, a.shape)", "db = sum_to(dy * a, b.shape)")),
    Row(
        "sum",
        ("y = x.sum(axis=axis, keepdims=keepdims)",),
        ("dx = spread(dy, x, axis, keepdims)",),
    ),
    Row(
        "mean",
        ("y = x.mean(axis=axis, keepdims=keepdims)",),
        ("dx = spread(dy / count, x, axis, keepdims)",),
    ),
    Row("reshape", ("y = x.reshape(shape)",), ("dx = dy.reshape(x.shape)",)),
    Row(
        "concat",
        ("y = np.concatenate((a, b), axis)",),
        (
            "da = np.split(dy, [a.shape[axis]], axis)[0]",
            "db = np.split(dy, [a.shape[axis]], axis)[1]",
        ),
    ),
    Row(
        "linear",
        ("out = x @ W + b",),
        ("dx = dout @ W.T", "dW = x.T @ dout", "db = dout.sum(axis=0)"),
    ),
    Row("relu", ("y = np.maximum(x, 0)",), ("dx = dy * (x > 0)",)),
    Row("sigmoid", ("y = 1 / (1 + np.exp(-x))",), ("dx = dy * y * (1 - y)",)),
    Row("tanh", ("y = np.tanh(x)",), ("dx = dy * (1 - y**2)",)),
    Row("exp", ("y = np.exp(x)",), ("dx = dy * y",)),
    Row("log", ("y = np.log(x)",), ("dx = dy / x",)),
    Row("power", ("y = x**exponent",), ("dx = dy * exponent * x ** (exponent - 1)",)),
    Row(
        "max",
        ("y = x.max(axis=axis, keepdims=keepdims)",),
        ("dx = spread(dy, x, axis, keepdims) * chosen",),
    ),
    Row(
        "softmax",
        ("probs = np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)",),
        ("dz = probs * (dprobs - (dprobs * probs).sum(axis=-1, keepdims=True))",),
    ),
    Row(
        "log_softmax",
        ("logprobs = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))",),
        ("dz = dlogprobs - probs * dlogprobs.sum(axis=-1, keepdims=True)",),
    ),
    Row(
        "pick",
        ("loss = -(one_hot(targets, logprobs) * logprobs).sum() / N",),
        ("dlogprobs = -one_hot(targets, logprobs) / N * dloss",),
    ),
    Row(
        "cross_entropy",
        (
            "q = (1 - label_smoothing) * one_hot(targets, logits) + label_smoothing / C",
            "loss = -(q * np.log(probs) * counted[:, None]).sum() / n",
        ),
        ("dlogits = (probs - q) * counted[:, None] / n * dloss",),
    ),
    Row(
        "batchnorm",
        (
            "mean = x.mean(axis=0)",
            "var = ((x - mean) ** 2).sum(axis=0) / (N - correction)",
            "inv_std = (var + eps) ** -0.5",
            "xhat = (x - mean) * inv_std",
            "y = gain * xhat + bias",
        ),
        (
            "dx = gain * inv_std * (dy - dy.mean(axis=0)"
            " - xhat * (dy * xhat).sum(axis=0) / (N - correction))",
            "dgain = (dy * xhat).sum(axis=0)",
            "dbias = dy.sum(axis=0)",
        ),
    ),
    Row(
        "batchnorm_inference",
        ("inv_std = (var + eps) ** -0.5", "xhat = (x - mean) * inv_std", "y = gain * xhat + bias"),
        ("dx = gain * inv_std * dy", "dgain = (dy * xhat).sum(axis=0)", "dbias = dy.sum(axis=0)"),
    ),
    Row("embedding", ("out = table[indices]",), ("dtable = scatter_add(table, indices, dout)",)),
)
WHOLE = ("neuron", "makemore")  # networks whose every gradient is shown
SHORT = 84  # characters of TeX that stay on one line


def network(op: Op) -> Row:
    """The lines of a network's own backward pass; forward it is made of the operations above."""
    lines = [op.program.lines[op.program.targets[name]].text for name in op.gradients]
    return Row(op.name, (), tuple(lines))


def wrong(row: Row) -> Iterator[str]:
    """What is wrong with a row, in sentences: nothing, when its lines give the package's numbers.

    Every case of the record's example is tried; `proof` says how errors are scaled.
    """
    op = OPS[row.op]
    for run in runs(op):
        error = _apart(_forward(row, run), run.out)
        if not error <= CLOSE:
            yield f"{row.op}, {run.case}: the forward lines are off by {error:.0e}"
        for line in row.backward:
            got = planted(run, Mistake("cheat-sheet", line, ""))
            if got is None:
                yield f"{row.op}, {run.case}: {line!r} does not run"
                continue
            for name, off, _ in scaled_errors(run, got, run.backward()):
                if not off <= CLOSE:
                    yield f"{row.op}, {run.case}: {line!r} puts {name} off by {off:.0e}"


def _forward(row: Row, run: Run) -> Any:
    names = {**vars(arrays), "np": np, **run.names}
    output = names.pop(run.op.signature.output)
    for line in row.forward:
        exec(line, names)
    return names.get(run.op.signature.output, output)


def _apart(got: Any, want: Any) -> float:
    got, want = np.asarray(got), np.asarray(want)
    if got.shape != want.shape:
        return float("inf")
    return float(np.abs(got - want).max(initial=0) / max(1.0, np.abs(want).max(initial=0)))


@dataclass(frozen=True)
class Sheet:
    """Rows as a page shows them; `reference` is where the pages of the records are."""

    rows: tuple[Row, ...]
    reference: str = "../reference"

    def _repr_html_(self) -> str:
        return f'<div class="ninja-sheet">{"".join(map(self._row, self.rows))}</div>'

    def _row(self, row: Row) -> str:
        name = html.escape(row.op)
        return (
            f'<section><h3><a href="{self.reference}/{name}/">{name}</a></h3>'
            f"<div>{_formulas(row.forward)}</div>"
            f'<div class="is-back">{_formulas(row.backward)}</div></section>'
        )


def _formulas(lines: tuple[str, ...]) -> str:
    return "".join(f'<p><span class="arithmatex">\\({_set(line)}\\)</span></p>' for line in lines)


def _set(line: str) -> str:
    """A line's TeX as HTML. In braces KaTeX needs far less of it, but cannot break the line."""
    text = tex(line)
    return html.escape(f"{{{text}}}" if len(text) <= SHORT else text)
