"""Small edits of a right line, from its own syntax tree: the slips that people make.

Nothing here knows an operation.  An edit is a description for the learner and a changed
expression; which names can stand where comes from what is in scope.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ninja.shapes import shape_of

Edit = tuple[str, ast.expr]
REDUCTIONS = {"sum": "mean", "mean": "sum"}


@dataclass(frozen=True)
class Names:
    """What can be written in a line: arrays, plain numbers that are sizes, other numbers."""

    arrays: tuple[str, ...]
    sizes: tuple[str, ...]
    floats: tuple[str, ...]

    @classmethod
    def of(cls, scope: dict[str, Any], without: str) -> Names:
        """The names of a scope, sorted by kind; `without` is the line's own target."""
        arrays, sizes, floats = [], [], []
        for name, value in scope.items():
            if name == without or name.startswith("_"):
                continue
            if isinstance(value, bool) or value is None:
                continue
            if isinstance(value, int):
                sizes.append(name)
            elif shape_of(value) and _is_numeric(value):
                arrays.append(name)
            elif isinstance(value, float) or (hasattr(value, "dtype") and _is_numeric(value)):
                floats.append(name)
        return cls(tuple(arrays), tuple(sizes), tuple(floats))


def _is_numeric(value: Any) -> bool:
    kind = getattr(getattr(value, "dtype", None), "kind", "f")
    return kind in "fbiu"


def parse(text: str) -> ast.expr:
    """An expression from its text."""
    return ast.parse(text, mode="eval").body


def edits(line: ast.expr, names: Names) -> Iterator[Edit]:
    """All single edits of an expression, the simplest kinds first."""
    yield from slips(line, names)
    yield from _whole(line, names)


def slips(node: ast.expr, names: Names) -> Iterator[Edit]:
    """Each single edit of this node or of one below it, put back into the whole."""
    yield from _local(node, names)
    for field, value in ast.iter_fields(node):
        if isinstance(node, ast.Call) and field == "func" and isinstance(value, ast.Name):
            continue
        if isinstance(value, ast.expr):
            for why, new in slips(value, names):
                yield why, _with(node, field, new)
        elif isinstance(value, list):
            for i, item in enumerate(value):
                if isinstance(item, ast.expr):
                    for why, new in slips(item, names):
                        yield why, _with(node, field, [*value[:i], new, *value[i + 1 :]])


def _with(node: ast.expr, field: str, value: Any) -> ast.expr:
    changed = copy.copy(node)
    setattr(changed, field, value)
    return changed


def _text(node: ast.expr) -> str:
    return f"`{ast.unparse(node)}`"


def _binary(left: ast.expr, op: ast.operator, right: ast.expr) -> ast.expr:
    return ast.BinOp(left, op, right)


def _constant(value: float) -> ast.expr:
    return ast.Constant(value)


def _transposed(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.Attribute) and node.attr == "T":
        return node.value
    return ast.Attribute(node, "T", ast.Load())


def _method(value: ast.expr, name: str, axis: int | None = None, keep: bool = False) -> ast.expr:
    keywords = []
    if axis is not None:
        keywords.append(ast.keyword("axis", _constant(axis)))
    if keep:
        keywords.append(ast.keyword("keepdims", ast.Constant(True)))
    return ast.Call(ast.Attribute(value, name, ast.Load()), [], keywords)


def _local(node: ast.expr, names: Names) -> Iterator[Edit]:
    match node:
        case ast.BinOp():
            yield from _of_operation(node, names)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            yield f"the minus before {_text(operand)} is lost", operand
        case ast.Attribute(value=value, attr="T"):
            yield f"{_text(value)} is not transposed", value
        case ast.Call(func=ast.Attribute(value=value, attr=attr)) if attr in REDUCTIONS:
            yield from _of_reduction(node, value, attr)
        case ast.Call(func=ast.Attribute(value=value)):
            yield f"{_text(node)} is just {_text(value)}", value
        case ast.Call(func=ast.Name(id=name)):
            yield from _of_helper(node, name)
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            yield from _of_comparison(left, op, right)
        case ast.Subscript(value=ast.Attribute(attr="shape")):
            for other in names.sizes:
                for near in (other, f"({other} - 1)", f"({other} + 1)"):
                    yield f"`{near}` stands where {_text(node)} belongs", parse(near)
            yield f"{_text(node)} is missing", _constant(1)
        case ast.Subscript(value=value):
            yield f"the index of {_text(value)} is lost", value
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            others = (value + 1, value - 1, 2 * value, value / 2, -value, 0, 1)
            for number in dict.fromkeys(others):
                if number != value:
                    yield f"{number:g} stands where {value:g} belongs", _constant(number)
        case ast.Name(id=name) if name in names.arrays or name in names.floats:
            yield from _of_name(node, name, names)
        case ast.Name(id=name) if name in names.sizes:
            for other in names.sizes:
                if other != name:
                    yield f"`{other}` stands where `{name}` belongs", parse(other)
            yield f"`{name} - 1` stands where `{name}` belongs", parse(f"({name} - 1)")
            yield f"`{name} + 1` stands where `{name}` belongs", parse(f"({name} + 1)")


def _of_operation(node: ast.BinOp, names: Names) -> Iterator[Edit]:
    left, right = node.left, node.right
    match node.op:
        case ast.Pow():
            yield f"the power of {_text(left)} is lost", left
            for power in (0.5, 1, 2, 3, -0.5, -1, -1.5, -2, -3):
                if ast.unparse(right) != str(power):
                    yield (
                        f"{_text(left)} has the power {power:g}",
                        _binary(left, ast.Pow(), _constant(power)),
                    )
            yield f"{_text(left)} is multiplied by its power", _binary(left, ast.Mult(), right)
        case ast.MatMult():
            for what, a, b in (
                (f"{_text(left)} needs another transpose", _transposed(left), right),
                (f"{_text(right)} needs another transpose", left, _transposed(right)),
                ("both factors need another transpose", _transposed(left), _transposed(right)),
                ("the factors have changed places", right, left),
                ("the factors have changed places", _transposed(right), _transposed(left)),
                ("the factors have changed places", _transposed(right), left),
                ("the factors have changed places", right, _transposed(left)),
            ):
                yield what, _binary(a, ast.MatMult(), b)
            yield "`*` stands where `@` belongs", _binary(left, ast.Mult(), right)
            yield f"{_text(right)} is missing from the product", left
            yield f"{_text(left)} is missing from the product", right
            ones = _binary(_binary(left, ast.Mult(), _constant(0)), ast.Add(), _constant(1))
            yield f"{_text(left)} is replaced by ones", _binary(ones, ast.MatMult(), right)
            for axis, kept in ((0, left), (1, left)):
                mean = _method(kept, "mean", axis, True)
                yield f"{_text(kept)} is averaged first", _binary(mean, ast.MatMult(), right)
        case ast.Add() | ast.Sub():
            yield f"{_text(right)} is missing", left
            yield f"{_text(left)} is missing", _negated(node)
            other: ast.operator = ast.Sub() if isinstance(node.op, ast.Add) else ast.Add()
            yield f"the sign before {_text(right)} is wrong", _binary(left, other, right)
            yield (
                f"{_text(left)} and {_text(right)} are multiplied",
                _binary(left, ast.Mult(), right),
            )
            if isinstance(node.op, ast.Sub):
                yield (
                    f"the difference of {_text(left)} and {_text(right)} has the wrong sign",
                    _binary(right, ast.Sub(), left),
                )
                if isinstance(right, ast.BinOp) and isinstance(right.op, ast.Pow):
                    inside = _binary(left, ast.Sub(), right.left)
                    yield (
                        "the power is taken after the difference",
                        _binary(inside, ast.Pow(), right.right),
                    )
            for weight in ("2", "0.5", *names.sizes):
                for w in (weight, f"1 / {weight}") if weight in names.sizes else (weight,):
                    scaled = _binary(parse(w), ast.Mult(), right)
                    yield f"{_text(right)} has the factor {w}", _binary(left, node.op, scaled)
                    scaled = _binary(parse(w), ast.Mult(), left)
                    yield f"{_text(left)} has the factor {w}", _binary(scaled, node.op, right)
        case ast.Mult() | ast.Div():
            yield from _without_parentheses(node)
            yield f"the factor {_text(right)} is missing", left
            yield (
                f"the factor {_text(left)} is missing",
                (
                    right
                    if isinstance(node.op, ast.Mult)
                    else _binary(_constant(1), ast.Div(), right)
                ),
            )
            other = ast.Div() if isinstance(node.op, ast.Mult) else ast.Mult()
            verb = "divided" if isinstance(node.op, ast.Mult) else "multiplied"
            yield f"it is {verb} by {_text(right)}", _binary(left, other, right)
            if isinstance(node.op, ast.Mult):
                yield f"it is divided by {_text(left)}", _binary(right, ast.Div(), left)
                yield "`+` stands where `*` belongs", _binary(left, ast.Add(), right)
                yield "`-` stands where `*` belongs", _binary(left, ast.Sub(), right)
                yield "`@` stands where `*` belongs", _binary(left, ast.MatMult(), right)
                yield (
                    "`@` stands where `*` belongs",
                    _binary(_transposed(left), ast.MatMult(), right),
                )
                yield (
                    "`@` stands where `*` belongs",
                    _binary(left, ast.MatMult(), _transposed(right)),
                )
            else:
                yield (
                    "numerator and denominator have changed places",
                    _binary(right, ast.Div(), left),
                )
            for factor in (left, right):
                squared = _binary(factor, ast.Mult(), node)
                yield f"the factor {_text(factor)} is there twice", squared


def _without_parentheses(node: ast.BinOp) -> Iterator[Edit]:
    """`a * (b - c)` typed as `a * b - c`, and `(b - c) / a` as `b - c / a`."""
    left, right = node.left, node.right
    if _is_sum(right):
        yield f"parentheses are missing around {_text(right)}", _at_first(right, left, node.op)
    if _is_sum(left):
        assert isinstance(left, ast.BinOp)
        last = _binary(left.right, node.op, right)
        words = f"parentheses are missing around {_text(left)}"
        yield words, _binary(left.left, left.op, last)


def _is_sum(node: ast.expr) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub))


def _at_first(terms: ast.expr, factor: ast.expr, op: ast.operator) -> ast.expr:
    """The factor before the first of the terms alone."""
    if isinstance(terms, ast.BinOp) and _is_sum(terms):
        return _binary(_at_first(terms.left, factor, op), terms.op, terms.right)
    return _binary(factor, op, terms)


def _negated(node: ast.BinOp) -> ast.expr:
    if isinstance(node.op, ast.Sub):
        return ast.UnaryOp(ast.USub(), node.right)
    return node.right


def _of_reduction(node: ast.Call, value: ast.expr, attr: str) -> Iterator[Edit]:
    other = REDUCTIONS[attr]

    def again(v: ast.expr, name: str = attr) -> ast.expr:
        return ast.Call(ast.Attribute(v, name, ast.Load()), node.args, node.keywords)

    yield f"a {other} stands where a {attr} belongs", again(value, other)
    yield f"the {attr} over {_text(value)} is missing", value
    yield f"the {attr} of {_text(value)} goes over everything", _method(value, attr)
    for axis in (0, 1, 2, -1):
        for keep in (False, True):
            new = _method(value, attr, axis, keep)
            if ast.unparse(new) != ast.unparse(node):
                yield _axis_words(node, attr, axis, keep), new
                swapped = _method(value, other, axis, keep)
                yield f"a {other} over axis {axis} stands where a {attr} belongs", swapped
    for index in (0, -1):
        one = ast.Subscript(value, _constant(index), ast.Load())
        yield f"only one row of {_text(value)} is counted", one
    yield f"the largest of {_text(value)} is taken, not the {attr}", again(value, "max")
    absolute = ast.Call(ast.Name("abs", ast.Load()), [value], [])
    yield f"{_text(value)} loses its signs in the {attr}", again(absolute)
    yield f"{_text(value)} is squared in the {attr}", again(_binary(value, ast.Pow(), _constant(2)))
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Mult):
        a, b = value.left, value.right
        yield f"the factor {_text(b)} is missing in the {attr}", again(a)
        yield f"the factor {_text(a)} is missing in the {attr}", again(b)
        yield (
            f"each factor has its own {attr}, before they are multiplied",
            _binary(again(a), ast.Mult(), again(b)),
        )
        yield f"{_text(b)} is multiplied after the {attr}", _binary(again(a), ast.Mult(), b)
        yield f"{_text(a)} is multiplied after the {attr}", _binary(again(b), ast.Mult(), a)


def _axis_words(node: ast.Call, attr: str, axis: int, keep: bool) -> str:
    given = {k.arg: ast.unparse(k.value) for k in node.keywords}
    if given.get("axis") == str(axis):
        kept = "an axis of size 1 is kept" if keep else "the kept axis of size 1 is lost"
        return f"{kept} in the {attr}"
    return f"the {attr} goes over axis {axis}"


def _of_helper(node: ast.Call, name: str) -> Iterator[Edit]:
    words = _text(node)
    for argument in node.args:
        yield f"{words} is just {_text(argument)}", argument
    yield f"{words} is missing", _constant(1.0)
    match name, node.args:
        case "one_hot", [indices, like]:
            yield f"{words} is 1 everywhere", parse(f"({ast.unparse(like)} * 0 + 1)")
            yield f"{words} and its opposite are confused", _binary(_constant(1), ast.Sub(), node)
        case "scatter_add", [table, indices, rows]:
            arguments = ", ".join(ast.unparse(a) for a in node.args)
            ones = parse(f"({ast.unparse(rows)} * 0 + 1)")
            yield (
                "occurrences are counted, gradients are not added up",
                ast.Call(node.func, [table, indices, ones], []),
            )
            yield (
                "a row that occurs twice keeps only its last gradient",
                parse(f"overwritten({arguments})"),
            )
        case "spread", [g, *_]:
            yield f"{_text(g)} is not copied back to every entry", g
        case "first_max", [x, *_]:
            flipped = {"0": 1, "1": 0, "-1": 0}
            for keyword in node.keywords:
                if keyword.arg == "axis" and ast.unparse(keyword.value) in flipped:
                    axis = flipped[ast.unparse(keyword.value)]
                    yield (
                        "the largest is taken along the wrong axis",
                        ast.Call(node.func, node.args, [ast.keyword("axis", _constant(axis))]),
                    )
            yield (
                "the smallest is taken, not the largest",
                ast.Call(node.func, [ast.UnaryOp(ast.USub(), x), *node.args[1:]], node.keywords),
            )


def _of_comparison(left: ast.expr, op: ast.cmpop, right: ast.expr) -> Iterator[Edit]:
    for other, words in (
        (ast.GtE(), ">="),
        (ast.Gt(), ">"),
        (ast.Lt(), "<"),
        (ast.LtE(), "<="),
    ):
        if type(other) is not type(op):
            yield f"`{words}` stands in the comparison", ast.Compare(left, [other], [right])
    yield "the comparison is missing, its left side stands there", left


def _of_name(node: ast.expr, name: str, names: Names) -> Iterator[Edit]:
    pool = names.arrays if name in names.arrays else names.floats
    for other in pool:
        if other != name:
            yield f"`{other}` stands where `{name}` belongs", parse(other)
    for text, words in (
        (f"({name} * 0 + 1)", f"`{name}` is missing, as if it were 1"),
        (f"(1 - {name})", f"`1 - {name}` stands where `{name}` belongs"),
        (f"({name} - 1)", f"`{name} - 1` stands where `{name}` belongs"),
        (f"(1 + {name})", f"`1 + {name}` stands where `{name}` belongs"),
        (f"({name} ** 2)", f"`{name}` is squared"),
        (f"({name} ** 3)", f"`{name}` has the power 3"),
        (f"({name} ** -2)", f"`{name}` has the power -2"),
        (f"abs({name}) ** 0.5", f"the square root of `{name}` is taken"),
        (f"(1 / {name})", f"`{name}` should not be inverted"),
        (f"(-{name})", f"the sign of `{name}` is wrong"),
        (f"abs({name})", f"`{name}` loses its sign"),
        (f"({name} * ({name} > 0))", f"the negative part of `{name}` is cut off"),
        (f"({name} > 0)", f"only whether `{name}` is positive counts"),
        (f"({name} >= 0)", f"only whether `{name}` is not negative counts"),
        (f"{name}.T", f"`{name}` is transposed"),
    ):
        yield words, parse(text)
    if name in names.arrays:
        for axis in (0, 1, -1):
            for reduction in ("sum", "mean"):
                yield (
                    f"`{name}` is reduced by a {reduction} first",
                    _method(node, reduction, axis, True),
                )
        yield f"only the first row of `{name}` is used", parse(f"{name}[0]")
        yield f"`{name}` is reversed", parse(f"{name}[::-1]")
        yield f"the mean of `{name}` is subtracted", parse(f"({name} - {name}.mean(axis=0))")
        yield f"`{name}` is clipped to -1 ... 1", parse(f"{name}.clip(-1, 1)")
    for other in (*names.arrays, *names.floats):
        yield f"there is a factor `{other}` too many", _binary(node, ast.Mult(), parse(other))


def _renamed(line: ast.expr, name: str, other: str) -> ast.expr:
    class Rename(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.Name:
            return ast.Name(other, node.ctx) if node.id == name else node

    return Rename().visit(parse(ast.unparse(line)))  # type: ignore[no-any-return]


def _whole(line: ast.expr, names: Names) -> Iterator[Edit]:
    """Edits of the line as a whole."""
    text = ast.unparse(line)
    read = [n.id for n in ast.walk(line) if isinstance(n, ast.Name)]
    for name in dict.fromkeys(n for n in read if read.count(n) > 1 and n in names.arrays):
        for other in names.arrays:
            if other != name:
                yield f"`{other}` stands where `{name}` belongs", _renamed(line, name, other)
    for other in (*names.arrays, *names.floats):
        yield f"it equals `{other}`, as if this step did nothing", parse(other)
        yield f"there is a factor `{other}` too many", parse(f"({text}) * {other}")
        yield f"it is divided by `{other}`", parse(f"({text}) / {other}")
        yield f"`{other}` is added", parse(f"({text}) + {other}")
        yield f"`{other}` is subtracted", parse(f"({text}) - {other}")
    for changed, words in (
        (f"({text}) ** 2", "it is squared"),
        (f"abs({text})", "all signs are lost"),
        (f"({text}) * (({text}) > 0)", "the negative part is cut off"),
        (f"({text}).clip(-1, 1)", "it is clipped to -1 ... 1"),
        (f"({text}).clip(-0.5, 0.5)", "it is clipped"),
        (f"(({text}) > 0) * 2.0 - 1", "only its sign is left"),
        (f"({text}) * 0", "it is zero everywhere"),
        (f"({text}) * 0 + 1", "it is one everywhere"),
        (f"({text}).T", "it is transposed"),
        (f"({text})[::-1]", "its rows are in reverse order"),
        (f"({text})[..., ::-1]", "its columns are in reverse order"),
        (f"({text}) + 1", "1 is added"),
        (f"({text}) - 1", "1 is subtracted"),
        (f"({text}).cumsum(axis=0)", "rows are added up as they come"),
        (f"({text}).sum()", "it is summed to one number"),
        (f"({text}).mean()", "it is averaged to one number"),
    ):
        yield words, parse(changed)
    for axis in (0, 1, -1):
        for name in ("sum", "mean"):
            for keep in (False, True):
                yield (
                    f"a {name} over axis {axis} is taken at the end",
                    _method(line, name, axis, keep),
                )
        yield (
            f"its mean over axis {axis} is subtracted",
            parse(f"({text}) - ({text}).mean(axis={axis}, keepdims=True)"),
        )
        yield (
            f"it is divided by its sum over axis {axis}",
            parse(f"({text}) / ({text}).sum(axis={axis}, keepdims=True)"),
        )
        yield f"it is rolled along axis {axis}", parse(f"roll({text}, {axis})")
        yield f"only its first slice along axis {axis} is kept", parse(f"first({text}, {axis})")
        yield f"only its last slice along axis {axis} is kept", parse(f"last({text}, {axis})")
