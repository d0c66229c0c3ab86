"""A function that is a straight line, taken apart into its lines.

Forward and backward passes assign each name once and then return.  Because of that a line can be
run on its own, replaced by a wrong one, or started from the middle with one value moved: that is
how mistakes are planted, how single lines are checked, and how the gradient of an intermediate
value is measured.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import CodeType
from typing import Any


@dataclass(frozen=True)
class Line:
    """One statement: the names it reads, the name it assigns ("" for a bare check), its text."""

    target: str
    text: str
    reads: frozenset[str]
    code: CodeType
    value: ast.expr
    first: int  # the statement's place in the function's source, counted from 0
    last: int


class Program:
    """The lines of `function`, and what can be done with them one at a time.

    >>> from ninja.ops.linear import backward
    >>> program = Program(backward)
    >>> [line.text for line in program.lines]
    ['dx = dout @ W.T', 'dW = x.T @ dout', 'db = dout.sum(axis=0)']
    >>> program.returned
    ('dx', 'dW', 'db')
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        """Raises ValueError, naming file and line, where the function is not a straight line."""
        self.function = function
        self.source = textwrap.dedent(inspect.getsource(function))
        definition = ast.parse(self.source).body[0]
        assert isinstance(definition, ast.FunctionDef)
        self.definition = definition
        body = definition.body[1:] if ast.get_docstring(definition) is not None else definition.body
        *lines, final = body
        if not isinstance(final, ast.Return) or final.value is None:
            raise self._not_straight(final)
        self.lines = tuple(self._line(node) for node in lines)
        self.final = final
        self.globals: dict[str, Any] = getattr(function, "__globals__", {})

    def _line(self, node: ast.stmt) -> Line:
        match node:
            case ast.Assign(targets=[ast.Name(id=target)], value=value):
                pass
            case ast.Expr(value=value):
                target = ""
            case _:
                raise self._not_straight(node)
        module = ast.Module([node], [])
        return Line(
            target,
            ast.unparse(node),
            frozenset(n.id for n in ast.walk(value) if isinstance(n, ast.Name)),
            compile(module, f"<{self.definition.name}>", "exec"),
            value,
            node.lineno - 1,
            (node.end_lineno or node.lineno) - 1,
        )

    def _not_straight(self, node: ast.AST) -> ValueError:
        code = getattr(self.function, "__code__", None)
        place = f"{code.co_filename}:{code.co_firstlineno + node.lineno - 1}" if code else "source"  # type: ignore[attr-defined]
        return ValueError(
            f"{place}: {self.definition.name} should be a straight line (name = expression, then "
            f"return), but has {ast.unparse(node)!r}; move a choice or a loop into a helper"
        )

    @cached_property
    def targets(self) -> dict[str, int]:
        """Where each name is assigned."""
        return {line.target: i for i, line in enumerate(self.lines) if line.target}

    @cached_property
    def returned(self) -> tuple[str, ...]:
        """The names that are returned, in order."""
        value = self.final.value
        items = value.elts if isinstance(value, ast.Tuple) else [value]
        return tuple(item.id for item in items if isinstance(item, ast.Name))

    def run(self, scope: Mapping[str, Any], start: int = 0) -> dict[str, Any]:
        """All names after running the lines from `start` on, beginning with those of `scope`."""
        names = dict(scope)
        for line in self.lines[start:]:
            exec(line.code, self.globals, names)
        return names

    def moved(self, scope: Mapping[str, Any], name: str, value: Any, result: str) -> Any:
        """`result` when `name` is given `value` and the lines after its assignment run again."""
        start = self.targets[name] + 1
        return self.run({**scope, name: value}, start)[result]

    def evaluate(self, target: str, scope: Mapping[str, Any]) -> Any:
        """The line that assigns `target`, run alone in `scope`."""
        names = dict(scope)
        exec(self.lines[self.targets[target]].code, self.globals, names)
        return names[target]

    def replaced(self, target: str, text: str) -> str:
        """The source with the line of `target` replaced by `text` (one or more statements)."""
        line = self.lines[self.targets[target]]
        rows = self.source.splitlines()
        indent = rows[line.first][: len(rows[line.first]) - len(rows[line.first].lstrip())]
        new = textwrap.indent(text, indent).splitlines()
        return "\n".join(rows[: line.first] + new + rows[line.last + 1 :]) + "\n"
