"""How large the terms are that a line adds up: the size that its rounding error is measured by.

A gradient can be exactly zero because large terms cancel (the bias before batch normalization).
Its error must then be compared with the terms, not with the zero.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from typing import Any

from ninja.program import Program


class _Magnitude(ast.NodeTransformer):
    """Every subtraction becomes an addition; exponents, denominators and indices stay."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.BinOp:
        left = self.visit(node.left)
        if isinstance(node.op, (ast.Pow, ast.Div)):
            return ast.BinOp(left, node.op, node.right)
        op = ast.Add() if isinstance(node.op, ast.Sub) else node.op
        return ast.BinOp(left, op, self.visit(node.right))

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        negated = isinstance(node.op, ast.USub) and not isinstance(node.operand, ast.Constant)
        operand: ast.expr = self.visit(node.operand)
        return operand if negated else ast.UnaryOp(node.op, operand)

    def visit_Subscript(self, node: ast.Subscript) -> ast.Subscript:
        return ast.Subscript(self.visit(node.value), node.slice, node.ctx)


def magnitude(x: Any) -> Any:
    """|x| for anything that holds floating-point numbers; all else unchanged."""
    if isinstance(x, list):
        return [magnitude(v) for v in x]
    dtype = getattr(x, "dtype", None)
    is_float = isinstance(x, float) or "float" in str(dtype)
    return abs(x) if is_float else x


def largest(x: Any) -> float:
    """The largest absolute value in an array, a list or a number; 0 when it is empty."""
    if isinstance(x, list):
        return max((largest(v) for v in x), default=0.0)
    if getattr(x, "size", 1) == 0:
        return 0.0
    return float(abs(x).max()) if hasattr(x, "max") else float(abs(x))


def scales(program: Program, scope: Mapping[str, Any], targets: Iterable[str]) -> dict[str, float]:
    """For each of the lines that assign `targets`, the largest sum of its terms' magnitudes.

    Names that `scope` lacks (a size, a helper value) come from the program's own lines.
    """
    values, found = dict(scope), {}
    for line in program.lines:
        if line.target not in values:
            exec(line.code, program.globals, values)
        if line.target in targets:
            magnitudes = {n: magnitude(values[n]) for n in line.reads if n in values}
            value = _Magnitude().visit(ast.parse(ast.unparse(line.value), mode="eval").body)
            tree = ast.fix_missing_locations(ast.Expression(value))
            term = eval(compile(tree, "<scale>", "eval"), program.globals, magnitudes)
            found[line.target] = largest(term)
    return found
