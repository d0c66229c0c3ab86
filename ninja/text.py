"""Source text that stands alone: what the copy button gives, and whole wrong answers."""

from __future__ import annotations

import ast
import builtins
import inspect
import re
import sys
import textwrap
from collections.abc import Callable
from typing import Any

from ninja import arrays
from ninja.op import Mistake, Op


def copyable(function: Callable[..., Any]) -> str:
    """The text of a function with what it takes from its module: imports, constants, helpers, the
    operations that a network calls.  It runs beside `import numpy as np` or `import torch`.

    >>> from ninja import NETS
    >>> copied = copyable(NETS["neuron"].forward)
    >>> print(copied[copied.index("def tanh") :])
    def tanh(x):
        ...
        y = namespace(x).tanh(x)
        return y
    <BLANKLINE>
    <BLANKLINE>
    def forward(w, x, b):
        ...
        z = w * x + b
        h = tanh(z)
        return h, {"w": w, "x": x, "h": h}
    <BLANKLINE>
    """
    function = inspect.unwrap(function)  # what wraps it has other globals
    text = _plain(textwrap.dedent(inspect.getsource(function)))
    parts = _parts(text, function.__globals__, {}).values()
    functions = [part for part in parts if part.startswith("def ")]
    imports = sorted(part for part in parts if part.startswith(("import ", "from ")))
    constants = [part for part in parts if part not in functions and part not in imports]
    lines = "\n".join([*imports, *constants])
    return "\n\n".join([*([lines + "\n"] if lines else []), *functions, text])


def _parts(text: str, names: dict[str, Any], found: dict[str, str]) -> dict[str, str]:
    """The text that binds each name which `text`, or one of these parts, reads from its module;
    each before its first use.

    `names` is the global namespace in which `text` stands.
    """
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Name) or node.id not in names or node.id in found:
            continue
        value = names[node.id]
        function = value.plain_forward if isinstance(value, Op) else value
        if part := _part(node.id, value):
            found[node.id] = ""  # a function that calls itself is looked into once
            _parts(part, getattr(function, "__globals__", {}), found)
            del found[node.id]
            found[node.id] = part
    return found


def _part(name: str, value: Any) -> str:
    """The text that binds `name` to `value`; "" for what can't be written down."""
    if isinstance(value, Op):
        return _outcome(value, name)
    if isinstance(value, (int, float, str)):
        return f"{name} = {value!r}"
    home = value.__name__ if inspect.ismodule(value) else getattr(value, "__module__", None) or ""
    if home.partition(".")[0] == __package__:
        return _plain(inspect.getsource(value)) if inspect.isfunction(value) else ""
    if inspect.ismodule(value):
        return f"import {home}" + (f" as {name}" if home != name else "")
    return f"from {home} import {name}" if hasattr(sys.modules.get(home), name) else ""


def _outcome(op: Op, name: str) -> str:
    """The forward pass of an operation as a function `name` without its cache."""
    text = _plain(textwrap.dedent(inspect.getsource(op.plain_forward)))
    definition = ast.parse(text).body[0]
    assert isinstance(definition, ast.FunctionDef)
    final = definition.body[-1]
    assert isinstance(final, ast.Return)
    assert isinstance(final.value, ast.Tuple)
    out, cache = map(ast.unparse, final.value.elts)
    end = next(
        node.lineno
        for node in definition.body
        if node is final or (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == cache)
    )
    body = text.splitlines()[: end - 1]
    body[0] = body[0].replace("def forward(", f"def {name}(")
    return "\n".join([*body, f"    return {out}"]) + "\n"


def _plain(source: str) -> str:
    """A copy has no doctest, which calls the package, and no annotations, which need imports."""
    source = re.sub(r'\n\n\s*>>> .*?(?=\n\s*""")', "", source, flags=re.DOTALL)
    definition = ast.parse(source).body[0]
    assert isinstance(definition, ast.FunctionDef)
    arguments = [*definition.args.args, *definition.args.kwonlyargs]
    if any(a.annotation for a in arguments) or definition.returns:
        for argument in arguments:
            argument.annotation = None
        names = ast.unparse(definition.args)
        body = source.splitlines()[definition.body[0].lineno - 1 :]
        source = "\n".join([f"def {definition.name}({names}):", *body])
    return source.strip("\n") + "\n"


def answer(op: Op, mistake: Mistake | None = None) -> str:
    """A whole submission as a learner would type it: `backward` and the helpers it needs.

    Right when `mistake` is None, else with that one line in place of the right one.
    """
    source = op.program.source
    if mistake is not None:
        source = op.program.replaced(mistake.target, mistake.line)
    definition = ast.parse(source).body[0]
    assert isinstance(definition, ast.FunctionDef)
    first = definition.body[0]
    documented = ast.get_docstring(definition) is not None
    start = (first.end_lineno or first.lineno) if documented else first.lineno - 1
    body = "\n".join(source.splitlines()[start:])
    helpers = _parts(textwrap.dedent(body), {**vars(arrays), **op.program.globals}, {})
    free = _free_names(definition) - {op.upstream, *helpers}
    text = f"def backward({', '.join([op.upstream, *sorted(free)])}):\n{body}\n"
    return "\n\n".join([*helpers.values(), text])


def _free_names(definition: ast.FunctionDef) -> set[str]:
    """What the body reads and does not assign: the arguments and the helpers that it needs."""
    nodes = [n for statement in definition.body for n in ast.walk(statement)]
    names = [n for n in nodes if isinstance(n, ast.Name)]
    assigned = {n.id for n in names if isinstance(n.ctx, ast.Store)}
    return {n.id for n in names} - assigned - set(vars(builtins)) - {"np"}
