"""The additive parts of a line: products multiplied out over sums, from the syntax tree alone."""

from __future__ import annotations

import ast

LINEAR = frozenset({"sum", "mean", "reshape", "swapaxes", "transpose"})  # of a sum: sum of each


def branches(line: ast.expr) -> list[ast.expr]:
    """The terms that add up to the line, each with its sign.

    >>> line = ast.parse("a * (b - c.sum(axis=0)) / n", mode="eval").body
    >>> [ast.unparse(term) for term in branches(line)]
    ['a * b / n', 'a * -c.sum(axis=0) / n']
    """
    match line:
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return branches(left) + branches(right)
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            return branches(left) + [_minus(term) for term in branches(right)]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return [_minus(term) for term in branches(operand)]
        case ast.BinOp(left=left, op=(ast.Mult() | ast.MatMult()) as op, right=right):
            return [ast.BinOp(a, op, b) for a in branches(left) for b in branches(right)]
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return [ast.BinOp(a, ast.Div(), right) for a in branches(left)]
        case ast.Call(func=ast.Attribute(value=value, attr=attr), args=args, keywords=keywords):
            if attr in LINEAR:
                return [
                    ast.Call(ast.Attribute(term, attr, ast.Load()), args, keywords)
                    for term in branches(value)
                ]
    return [line]


def sum_of(terms: list[ast.expr]) -> ast.expr:
    """The terms added up again."""
    whole = terms[0]
    for term in terms[1:]:
        whole = ast.BinOp(whole, ast.Add(), term)
    return whole


def _minus(term: ast.expr) -> ast.expr:
    if isinstance(term, ast.UnaryOp) and isinstance(term.op, ast.USub):
        return term.operand
    return ast.UnaryOp(ast.USub(), term)
