"""Every formula of the package on one page, from lines that run.

The lines are those of the records; a few stand here in the form that reads best.
`wrong` puts numbers into every one of them and holds the results against the package.
"""

from __future__ import annotations

import ast
import html
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ninja import arrays, starter
from ninja.audit import planted
from ninja.diagnose import right_line
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


# Lines that read better than those of the code, which also serves rounding, copies and bad input.
FORWARD = {
    "mean": ("y = x.mean(axis=axis, keepdims=keepdims)",),
    "reshape": ("y = x.reshape(shape)",),
    "concat": ("y = np.concatenate((a, b), axis)",),
    "relu": ("y = np.maximum(x, 0)",),
    "sigmoid": ("y = 1 / (1 + np.exp(-x))",),
    "power": ("y = x**exponent",),
    "max": ("y = x.max(axis=axis, keepdims=keepdims)",),
    "softmax": ("probs = np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)",),
    "log_softmax": ("logprobs = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))",),
    "pick": ("loss = -(one_hot(targets, logprobs) * logprobs).sum() / N",),
    "cross_entropy": (
        "q = (1 - label_smoothing) * one_hot(targets, logits) + label_smoothing / C",
        "loss = -(q * np.log(probs) * counted[:, None]).sum() / n",
    ),
    "batchnorm": (
        "mean = x.mean(axis=0)",
        "var = ((x - mean) ** 2).sum(axis=0) / (N - correction)",
        "inv_std = (var + eps) ** -0.5",
        "xhat = (x - mean) * inv_std",
        "y = gain * xhat + bias",
    ),
    "embedding": ("out = table[indices]",),
}
BACKWARD = {
    "add": ("da = sum_to(dy, a.shape)", "db = sum_to(dy, b.shape)"),
    "reshape": ("dx = dy.reshape(x.shape)",),
    "concat": (
        "da = np.split(dy, [a.shape[axis]], axis)[0]",
        "db = np.split(dy, [a.shape[axis]], axis)[1]",
    ),
    "cross_entropy": ("dlogits = (probs - q) * counted[:, None] / n * dloss",),
}
WHOLE = ("neuron", "makemore")  # networks whose every gradient is shown
SHORT = 84  # characters of TeX that stay on one line


def operation(op: Op) -> Row:
    """An operation's lines: those written for the sheet, else its own."""
    forward = FORWARD.get(op.name) or tuple(starter.steps(op))
    return Row(op.name, forward, BACKWARD.get(op.name) or _gradient_lines(op))


def network(op: Op) -> Row:
    """The lines of a network's own backward pass; forward it is made of the operations above."""
    return Row(op.name, (), _gradient_lines(op))


def _gradient_lines(op: Op) -> tuple[str, ...]:
    """One line for each gradient, the helper lines that it reads written out in place."""
    return tuple(f"{name} = {ast.unparse(right_line(op, name))}" for name in op.gradients)


ROWS = tuple(map(operation, OPS.values()))


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
    names = {**vars(arrays), **run.op.plain_forward.__globals__, "np": np, **run.names}
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
    return "".join(f"<p>{_set(line)}</p>" for line in lines)


def _set(line: str) -> str:
    """A line as a formula, or as code where mathematics has no sign for what it says.

    In braces KaTeX needs far less HTML, but cannot break the line.
    """
    try:
        text = tex(line)
    except ValueError:
        return f"<code>{html.escape(line)}</code>"
    formula = html.escape(f"{{{text}}}" if len(text) <= SHORT else text)
    return f'<span class="arithmatex">\\({formula}\\)</span>'
