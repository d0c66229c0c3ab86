"""The text of a starter: the forward pass, the shapes of all that is in scope, the task.

Shapes are written with the names of the sizes.  They are read off a run of the record's first
example, whose sizes are distinct, so that 7 can only be N.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from ninja.op import LAST, Op
from ninja.runs import Run, defaults, runs
from ninja.shapes import shape_of

COMMAND = "backprop-ninja"
WIDTH = 88  # of prose and code in a starter
INDENT = "    "


def text(op: Op, file_name: str) -> str:
    """The whole file.  Its `backward` names all that is useful, and returns None."""
    lesson = "" if op.lesson == LAST else f" (lesson {op.lesson})"
    names = ", ".join(op.gradients)
    parts = [
        f"{op.name}{lesson}",
        textwrap.fill(title(op), WIDTH),
        f"Forward pass\n\n{_indented(forward_text(op))}",
        f"Given\n\n{_indented(_table(op, arguments(op)))}",
        f"To return{_form(op)}\n\n{_indented(_table(op, op.gradients))}",
        f"To check it:  {COMMAND} check {op.name} {file_name}\n"
        f"For a hint:   {COMMAND} hint {op.name}",
    ]
    # Not used yet, and by some answers never.
    imports = "" if op.scalar else "import numpy as np  # noqa: F401\n\n\n"
    todo = textwrap.fill(f'"""Return {names}.', WIDTH)
    todo += '\n"""' if "\n" in todo else '"""'
    return (
        '"""' + "\n\n".join(parts) + f'\n"""\n\n{imports or chr(10)}{_definition(op)}\n'
        + _indented(f"{todo}\n# Your lines go here.") + "\n"
    )  # fmt: skip


def title(op: Op) -> str:
    """What the operation is, in one sentence: the docstring up to its shape line.

    >>> from ninja.records import OPS
    >>> title(OPS["tanh"])
    'Tanh, elementwise.'
    """
    before = op.doc.partition("->")[0]
    first = re.split(r"\s\w+: [(\[]", before, maxsplit=1)[0]
    return " ".join(first.split())


def arguments(op: Op) -> tuple[str, ...]:
    """What the starter's `backward` takes: the upstream, the inputs, what forward kept."""
    return tuple(dict.fromkeys([op.upstream, *op.signature.inputs, *_first(op).cache]))


def shape(op: Op, name: str) -> str:
    """What a value looks like, `(N, D)` for instance; a gradient looks like its value."""
    run, signature, options = _first(op), op.signature, defaults(op)
    if name == op.upstream:
        return f"{_shape(run, signature.output)}, the gradient that arrives"
    if name not in run.names:
        return f"{_shape(run, name[1:])}, like {name[1:]}"
    if name in options:
        return f"an option of the forward pass, {options[name]!r} unless given"
    return _shape(run, name)


def forward_text(op: Op) -> str:
    """The forward pass for people: the formula, the steps that have names, the helpers in them."""
    lines = "\n".join(steps(op))
    called = _plain(op, "\n".join(helpers(op.plain_forward, lines)))
    return "\n\n".join(part for part in (_formula(op), lines, called) if part)


def _plain(op: Op, code: str) -> str:
    """Without what serves torch, complex numbers and the strictness of this package."""
    code = re.sub(r"\bxp\.|\bnamespace\(\w+\)\.", "" if op.scalar else "np.", code)
    return code.replace(".real", "").replace(", strict=True", "")


def helpers(function: Callable[..., Any], code: str) -> list[str]:
    """One line for each of the package's own functions that `code` calls."""
    names = sorted({n.id for n in ast.walk(ast.parse(code)) if isinstance(n, ast.Name)})
    found = {n: function.__globals__.get(n) for n in names}
    return [line for n, f in found.items() if inspect.isfunction(f) for line in _helper(f)]


def _helper(function: Callable[..., Any]) -> list[str]:
    call = f"{function.__name__}({', '.join(inspect.signature(function).parameters)})"
    if function.__doc__:
        sentence = re.split(r"\n\n| {3}", inspect.cleandoc(function.__doc__))[0]
        told = f"{call}: {' '.join(sentence.split()).replace('`', '')}"
        return [textwrap.fill(told, WIDTH - len(INDENT), subsequent_indent=INDENT)]
    body = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    assert isinstance(body, ast.FunctionDef)
    last = body.body[-1]
    if len(body.body) > 1 or not isinstance(last, ast.Return) or last.value is None:
        return []
    return [f"{call}: {ast.unparse(last.value)}"]


def _formula(op: Op) -> str:
    """The forward docstring, without what it says about errors."""
    told = inspect.getdoc(op.plain_forward) or ""
    told = re.split(r"Raises ", told, maxsplit=1)[0].strip()
    return "\n\n".join(textwrap.fill(p, WIDTH - len(INDENT)) for p in told.split("\n\n"))


def steps(op: Op) -> list[str]:
    """The assignments of the forward pass as people read them, line by line."""
    source = textwrap.dedent(inspect.getsource(op.plain_forward))
    definition = ast.parse(source).body[0]
    assert isinstance(definition, ast.FunctionDef)
    return [
        _plain(op, ast.get_source_segment(source, node) or "")
        for node in definition.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id not in ("cache", "xp")
    ]


def _table(op: Op, names: Iterable[str]) -> str:
    width = max(len(name) for name in arguments(op) + op.gradients)
    return "\n".join(f"{name:<{width}}  {shape(op, name)}" for name in names)


def _form(op: Op) -> str:
    if len(op.gradients) == 1:
        return ""
    first = op.gradients[0]
    return f', as a tuple in this order or as a dict {{"{first}": {first}, ...}}'


def _definition(op: Op) -> str:
    line = f"def backward({', '.join(arguments(op))}):"
    if len(line) <= WIDTH + 4:
        return line
    inner = textwrap.fill(", ".join(arguments(op)) + ",", WIDTH, break_on_hyphens=False)
    return f"def backward(\n{_indented(inner)}\n):"


def _indented(block: str) -> str:
    return textwrap.indent(block, INDENT)


@lru_cache(maxsize=64)
def _first(op: Op) -> Run:
    return next(iter(runs(op)))


def _shape(run: Run, name: str) -> str:
    """The shape of a value, with what is in it where those are not floats."""
    value, signature = run.names[name], run.op.signature
    if isinstance(value, tuple):
        return "a tuple of whole numbers"
    specs = {**signature.inputs, signature.output: signature.result}
    if isinstance(value, int) and name not in specs:
        return "a whole number"
    spec = specs.get(name) or _in_sizes(run, value)
    if spec == "()":
        return "a number"
    if spec.startswith("["):
        return f"a list of {spec.strip('[]')} numbers"
    kind = getattr(getattr(value, "dtype", None), "kind", "f")
    words = {"i": " of integers", "b": " of True and False"}.get(kind, "")
    return ("any shape " + spec.strip("(*)") if spec.startswith("(*") else spec) + words


def _in_sizes(run: Run, value: Any) -> str:
    """The shape of a value that the signature does not describe, in the names of the sizes."""
    actual, signature = shape_of(value), run.op.signature
    for name, spec in {**signature.inputs, signature.output: signature.result}.items():
        if actual == shape_of(run.names[name]):
            return spec
    sizes = {v: k for k, v in signature.sizes(run.arguments).items() if isinstance(v, int)}
    dims = [str(sizes.get(n, n)) for n in actual]
    if isinstance(value, list):
        return f"[{dims[0]}]"
    return f"({', '.join(dims)}{',' if len(dims) == 1 else ''})"
