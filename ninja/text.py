"""Source text that stands alone: what the copy button gives, and whole wrong answers."""

from __future__ import annotations

import ast
import builtins
import inspect
import re
import textwrap
from collections.abc import Callable
from typing import Any

from ninja import arrays
from ninja.op import Mistake, Op


def copyable(function: Callable[..., Any]) -> str:
    """The text of a backward pass with the helpers it uses: it runs beside `import numpy as np`
    or `import torch` and needs nothing else.

    >>> from ninja.ops.tanh import backward_accurate
    >>> print(copyable(backward_accurate).partition("(")[0])
    def exp
    """
    function = inspect.unwrap(function)  # a decorator has other globals
    source = textwrap.dedent(inspect.getsource(function))
    helpers = _helper_sources(source, function.__globals__, {}).values()
    parts = [_plain(part) for part in (*helpers, source)]
    return "\n\n".join([*_imports(source, function.__globals__), *parts])


def _imports(source: str, names: dict[str, Any]) -> list[str]:
    """The standard library's names that `source` reads, as one block of imports."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        value = names.get(node.id) if isinstance(node, ast.Name) else None
        if inspect.ismodule(value):
            found.add(f"import {value.__name__}")
        elif inspect.isclass(value):
            found.add(f"from {value.__module__} import {value.__name__}")
    return ["\n".join(sorted(found)) + "\n"] if found else []


def _helper_sources(source: str, names: dict[str, Any], found: dict[str, str]) -> dict[str, str]:
    """The package's functions that `source` reads and those they read, each before its first use.

    `names` is the global namespace in which the source stands.
    """
    for node in ast.walk(ast.parse(source)):
        helper: Any = names.get(node.id) if isinstance(node, ast.Name) else None
        if not _is_helper(helper) or helper.__name__ in found:
            continue
        found[helper.__name__] = ""
        text = inspect.getsource(helper)
        _helper_sources(text, helper.__globals__, found)
        del found[helper.__name__]
        found[helper.__name__] = text
    return found


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
    helpers = _helper_sources(text, names, {}).values()
    return "\n\n".join([*map(_plain, helpers), text])


def _free_names(definition: ast.FunctionDef, known: dict[str, Any]) -> set[str]:
    """What the body reads and does not assign: the arguments that it needs."""
    nodes = [n for statement in definition.body for n in ast.walk(statement)]
    names = [n for n in nodes if isinstance(n, ast.Name)]
    assigned = {n.id for n in names if isinstance(n.ctx, ast.Store)}
    helpers = {name for name, value in known.items() if _is_helper(value)}
    return {n.id for n in names} - assigned - helpers - set(vars(builtins)) - {"np"}
