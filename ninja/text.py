"""Source text that stands alone: what the copy button gives, and whole wrong answers."""

from __future__ import annotations

import ast
import builtins
import inspect
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ninja import arrays
from ninja.op import Mistake, Op


def copyable(function: Callable[..., Any]) -> str:
    """The text of a function with the helpers, imports and constants it uses: beside
    `import numpy as np` or `import torch` it needs nothing else.  (A network's forward pass that
    calls an operation's record imports that.)

    >>> from ninja.ops.tanh import backward_accurate
    >>> print(copyable(backward_accurate).partition("(")[0])
    def exp
    """
    function = inspect.unwrap(function)  # a decorator has other globals
    source = textwrap.dedent(inspect.getsource(function))
    helpers = _helpers(source, function.__globals__, {})
    parts = {_plain(inspect.getsource(helper)): helper.__globals__ for helper in helpers}
    parts[_plain(source)] = function.__globals__
    given = sorted({line for text, names in parts.items() for line in _given(text, names)})
    constants = [line for line in given if " = " in line]
    imports = [line for line in given if " = " not in line]
    heads = ["\n".join(lines) + "\n" for lines in (imports, constants) if lines]
    return "\n\n".join([*heads, *parts])


def _given(source: str, names: dict[str, Any]) -> Iterator[str]:
    """The imports and constants that `source` reads, a line for each.

    `names` is the global namespace in which the source stands.
    """
    for name in sorted({n.id for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Name)}):
        value = names.get(name)
        if inspect.ismodule(value):
            yield f"import {value.__name__}" + f" as {name}" * (name != value.__name__)
        elif isinstance(value, int | float | str):
            yield f"{name} = {value!r}"
        elif isinstance(value, Op):
            yield f"from {value.plain_forward.__module__} import OP as {name}"
        elif callable(value) and not _is_helper(value):
            yield f"from {value.__module__} import {name}"


def _helpers(
    source: str, names: dict[str, Any], found: dict[str, Callable[..., Any]]
) -> Iterable[Callable[..., Any]]:
    """The package's functions that `source` reads and those they read, each before its first use.

    `names` is the global namespace in which the source stands.
    """
    for node in ast.walk(ast.parse(source)):
        helper: Any = names.get(node.id) if isinstance(node, ast.Name) else None
        if not _is_helper(helper) or helper.__name__ in found:
            continue
        found[helper.__name__] = helper
        _helpers(inspect.getsource(helper), helper.__globals__, found)
        found[helper.__name__] = found.pop(helper.__name__)  # after those that it needs
    return found.values()


def _is_helper(value: Any) -> bool:
    return inspect.isfunction(value) and value.__module__.startswith(__package__)


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
    names = {**vars(arrays), **op.program.globals}
    free = _free_names(definition, names) - {op.upstream}
    text = f"def backward({', '.join([op.upstream, *sorted(free)])}):\n{body}\n"
    helpers = map(inspect.getsource, _helpers(text, names, {}))
    return "\n\n".join([*map(_plain, helpers), text])


def _free_names(definition: ast.FunctionDef, known: dict[str, Any]) -> set[str]:
    """What the body reads and does not assign: the arguments that it needs."""
    nodes = [n for statement in definition.body for n in ast.walk(statement)]
    names = [n for n in nodes if isinstance(n, ast.Name)]
    assigned = {n.id for n in names if isinstance(n.ctx, ast.Store)}
    helpers = {name for name, value in known.items() if _is_helper(value)}
    return {n.id for n in names} - assigned - helpers - set(vars(builtins)) - {"np"}
