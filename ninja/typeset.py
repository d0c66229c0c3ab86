"""A line of a backward pass as mathematics: Python in, TeX out.

The cheat sheet is typeset from lines that run, so that what is printed and what was checked cannot
drift apart.  Products entry by entry get a dot; matrix products stand side by side; a sum over
axis 0 runs over i, the rows, and one over axis 1 (or the last) over j, the columns.
"""

from __future__ import annotations

import ast
import math
import re
from fractions import Fraction

SIGNS = {"eps": r"\varepsilon", "label_smoothing": "s"}
FUNCTIONS = {"exp": r"\exp", "log": r"\log", "tanh": r"\tanh"}
SUM = r"\textstyle\sum"
ON_FIRST = {  # what else they are given says no more than the text around them does
    "one_hot": "onehot",
    "first_max": "firstmax",
    "amax": "max",
    "split": "split",
    "concatenate": "concat",
}
OPERATORS: dict[type[ast.operator], tuple[int, str]] = {
    ast.Add: (1, " + "),
    ast.Sub: (1, " - "),
    ast.Mult: (2, r" \cdot "),
    ast.Div: (2, " / "),
    ast.MatMult: (2, r"\, "),
}
MINUS, POWER, ATOM = 2, 4, 5  # how tightly each binds, beside the numbers above
RELATIONS: dict[type[ast.cmpop], str] = {ast.Gt: ">", ast.Eq: "=", ast.NotEq: r"\neq"}


def tex(line: str) -> str:
    r"""The TeX of one assignment.

    >>> print(tex("dx = dy * (1 - y**2)"))
    dx = dy \cdot (1 - y^{2})
    >>> print(tex("dW = x.T @ dout"))
    dW = x^{\top}\, \mathit{dout}
    >>> print(tex("db = dout.sum(axis=0)"))
    db = \textstyle\sum_{i} \mathit{dout}
    >>> print(tex("y = x.sum(axis=1) * -x"))
    y = (\textstyle\sum_{j} x) \cdot (-x)

    Raises ValueError for what it has no sign for.
    """
    statement = ast.parse(line).body[0]
    if not isinstance(statement, ast.Assign):
        raise ValueError(f"{line!r} should be an assignment, name = expression")
    return f"{_tex(statement.targets[0])[0]} = {_tex(statement.value)[0]}"


def name(word: str) -> str:
    r"""A name as it is set: `dW1` with an index, `xhat` with a hat, words in italics.

    >>> name("dW1"), name("dxhat"), name("dout")
    ('dW_{1}', 'd\\hat{x}', '\\mathit{dout}')
    """
    if word in SIGNS:
        return SIGNS[word]
    if found := re.fullmatch(r"(d?)([A-Za-z])(hat)?(\d*)", word):
        d, letter, hat, index = found.groups()
        base = rf"\hat{{{letter}}}" if hat else letter
        return d + base + (f"_{{{index}}}" if index else "")
    return rf"\mathit{{{word.replace('_', chr(92) + '_')}}}"


def _tex(node: ast.expr) -> tuple[str, int]:
    """TeX, and how tightly its outermost sign binds."""
    match node:
        case ast.Name(id=word):
            return name(word), ATOM
        case ast.Constant(value=int() | float() as value):
            return _number(value), ATOM
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return f"-{_within(operand, MINUS)}", MINUS
        case ast.BinOp(left=base, op=ast.Pow(), right=exponent):
            return f"{_within(base, ATOM)}^{{{_tex(exponent)[0]}}}", POWER
        case ast.BinOp(left=left, op=op, right=right):
            rank, sign = OPERATORS[type(op)]
            plain = isinstance(op, ast.Add | ast.Mult | ast.MatMult)
            last = _within(right, rank if plain else rank + 1)
            if isinstance(right, ast.UnaryOp):
                last = f"({_tex(right)[0]})"
            first = _within(left, rank)
            if isinstance(op, ast.Mult) and first.startswith(SUM):
                first = f"({first})"  # or the sum would seem to reach over what follows
            return f"{first}{sign}{last}", rank
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return f"[{_tex(left)[0]} {RELATIONS[type(op)]} {_tex(right)[0]}]", ATOM
        case ast.Attribute(value=value, attr="T"):
            return rf"{_within(value, ATOM)}^{{\top}}", POWER
        case ast.Subscript(value=value, slice=ast.Tuple(elts=[ast.Slice(), _])):
            return _tex(value)  # a column beside a matrix: the same numbers
        case ast.Subscript(value=value, slice=index):
            return f"{_within(value, ATOM)}[{_tex(index)[0]}]", ATOM
        case ast.Tuple(elts=parts):
            return ", ".join(_tex(part)[0] for part in parts), ATOM
        case ast.Call(func=ast.Attribute(value=ast.Name(id="np"), attr=function), args=args):
            return _call(function, args)
        case ast.Call(func=ast.Attribute(value=value, attr=method), keywords=keywords):
            return _reduced(value, method, {k.arg: k.value for k in keywords})
        case ast.Call(func=ast.Name(id=function), args=args):
            return _call(function, args)
    raise ValueError(f"{ast.unparse(node)!r} has no sign in mathematics yet; add it to {__file__}")


def _within(node: ast.expr, rank: int) -> str:
    """The TeX of a part, in parentheses where it binds less tightly than its place asks."""
    text, own = _tex(node)
    return text if own >= rank else f"({text})"


def _number(value: float) -> str:
    if 0 < abs(value) < 1e-3:
        return f"10^{{{round(math.log10(value))}}}"
    fraction = Fraction(value).limit_denominator(100)
    whole = fraction.denominator == 1
    return str(fraction.numerator) if whole else f"{fraction.numerator}/{fraction.denominator}"


def _reduced(value: ast.expr, method: str, options: dict[str | None, ast.expr]) -> tuple[str, int]:
    """Sums and means; other methods only change how the same numbers are laid out."""
    if method == "reshape":
        return rf"\operatorname{{reshape}}({_tex(value)[0]})", ATOM
    if method not in ("sum", "mean", "max"):
        raise ValueError(f"the method {method!r} has no sign in mathematics yet")
    axis = ast.unparse(options["axis"]) if "axis" in options else ""
    index = {"0": "_{i}", "1": "_{j}", "-1": "_{j}"}.get(axis, "")
    if method != "sum":
        return rf"\operatorname{{{method}}}{index}({_tex(value)[0]})", ATOM
    return rf"{SUM}{index} {_within(value, 2)}", 2


def _call(function: str, args: list[ast.expr]) -> tuple[str, int]:
    first = _tex(args[0])[0]
    match function:
        case "sum_to":  # the second argument is the shape to go back to
            return rf"{SUM}_{{\text{{copies}}}} {_within(args[0], 2)}", 2
        case "spread":  # the others say along which axis
            return rf"\operatorname{{copied}}({first})", ATOM
        case "scatter_add":
            index, gradient = (_tex(arg)[0] for arg in args[1:])
            return rf"{SUM}_{{i \,:\, {index}_i = v}} {gradient}_i", 2
        case "maximum":
            return rf"\max({first}, {_tex(args[1])[0]})", ATOM
        case _ if function in FUNCTIONS:
            return rf"{FUNCTIONS[function]}({first})", ATOM
        case _ if function in ON_FIRST:
            return rf"\operatorname{{{ON_FIRST[function]}}}({first})", ATOM
    given = ", ".join(_tex(arg)[0] for arg in args)
    return rf"\operatorname{{{function.replace('_', '')}}}({given})", ATOM
