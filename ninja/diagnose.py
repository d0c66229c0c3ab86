"""Which mistake is it?  A wrong gradient is explained by the simplest thing that fits every input.

The order: the catalogue's own mistakes; single edits of the right line; a factor alone; such edits
with a factor that has a name; weights of the line's branches; facts; and when nothing fits, an
honest word.  An explanation must reproduce the learner's numbers on every trial, to rounding, so
random or noisy numbers are never given a name.
"""

from __future__ import annotations

import ast
import math
import re
import warnings
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial
from itertools import chain, islice, permutations
from types import CodeType
from typing import Any

from ninja import arrays, compare
from ninja.branches import branches, sum_of
from ninja.edits import Names, edits, slips
from ninja.formulas import recognised, switched
from ninja.op import Mistake, Op
from ninja.shapes import shape_of

# What a line that does not suit its values raises; without NumPy also one that would need it.
FAILS = (ValueError, TypeError, IndexError, AttributeError, ZeroDivisionError, OverflowError,
         KeyError, NameError, ImportError)  # fmt: skip


@dataclass(frozen=True)
class Evidence:
    """One trial of one gradient: what was in scope, what the learner got, what their line owed."""

    names: dict[str, Any]
    got: Any
    right: Any
    size: float
    tolerance: float

    def fits(self, value: Any) -> bool:
        """Whether `value` reproduces what the learner got."""
        if shape_of(value) != shape_of(self.got):
            return False
        scale = max(self.largest, 1e-300)
        return compare.gap(value, self.got) <= self.tolerance * scale

    @cached_property
    def largest(self) -> float:
        """The largest entry that the learner got."""
        return max((abs(v) for v in compare.flat(self.got)), default=0.0)


@dataclass(frozen=True)
class Finding:
    """What was found out: the catalogue's ids, how, and the sentence."""

    mistake: str | list[str] | None
    message: str
    by: str


def diagnose(op: Op, target: str, evidence: list[Evidence], deep: bool = True) -> Finding:
    """Explain what the learner got for `target`; not `deep`, without the long searches."""
    evidence = [e for e in evidence if e.right is not None]
    if not evidence:
        return Finding(None, "", "")
    with quiet():
        shape = shape_advice(evidence[0])
        ids = catalogued(op, target, evidence)
        if ids:
            sentences = {m.id: m.sentence for m in op.mistakes}
            named = " Or: ".join(dict.fromkeys(sentences[i] for i in ids))
            mistake = ids[0] if len(ids) == 1 else ids
            return Finding(mistake, f"{shape} {named}".strip(), "catalogue")
        ratio = _ratio(op, target, evidence)
        edited = _edited(op, target, evidence, scaled=not ratio)
        if edited:
            return Finding(None, f"{shape} {edited}".strip(), "edit")
        if shape:
            return Finding(None, shape, "shape")
        if ratio:
            return Finding(None, ratio, "ratio")
        for explain, by in EXPLANATIONS if deep else QUICK:
            words = explain(op, target, evidence)
            if words:
                return Finding(None, words, by)
    return Finding(None, "This is not a mistake I know.", "")


def without_record(e: Evidence) -> str:
    """What can be said of a wrong gradient when nothing is known of where it comes from."""
    with quiet():
        if shape_advice(e):
            return shape_advice(e)
        size = len(compare.flat(e.got))
        rows = shape_of(e.got)[0] if shape_of(e.got) else size
        counts, meant = {"N": rows, "size": size}, {"N": "rows", "size": "entries"}
        factors = named_factors(Names((), tuple(counts), ()), [replace(e, names=counts)])
        words = _common_factor(lambda _: e.right, e.right, [e], factors)
        if words:
            used = [name for name in counts if name in re.findall(r"\w+", words)]
            told = [f"with {name} = {counts[name]} {meant[name]}" for name in used]
            return f"Right but for {', '.join([words, *told])}."
        factor = _factor(e.right, e.got)
        if factor is not None and size > 1 and _fits_scaled(e, e.right, factor):
            return f"Right but for the factor {factor:.6g}, the same everywhere."
        return _facts_of(e) or "This is not a mistake I know."


def quiet() -> AbstractContextManager[Any]:
    """Wrong lines divide by zero and overflow; that is theirs to do, not to print."""
    import sys

    numpy = sys.modules.get("numpy")
    return numpy.errstate(all="ignore") if numpy else nullcontext()


# ---------------------------------------------------------------- running a line


def _helpers() -> dict[str, Any]:
    return {n: v for n, v in vars(arrays).items() if callable(v) and not n.startswith("_")} | {
        "overwritten": overwritten,
        "roll": roll,
        "first": first,
        "last": last,
    }


def overwritten(table: Any, indices: Any, rows: Any) -> Any:
    """`scatter_add` gone wrong: of rows that are named twice the last one stays."""
    total = table * 0
    total[indices.reshape(-1)] = rows.reshape(-1, table.shape[1])
    return total


def roll(x: Any, axis: int) -> Any:
    """Entries moved by one place."""
    import numpy as np

    return np.roll(x, 1, axis=axis)


def first(x: Any, axis: int) -> Any:
    """Zero but for the first slice along an axis."""
    return _slice(x, axis, slice(0, 1))


def last(x: Any, axis: int) -> Any:
    """Zero but for the last slice along an axis."""
    return _slice(x, axis, slice(-1, None))


def _slice(x: Any, axis: int, part: slice) -> Any:
    kept = x * 0
    where = [slice(None)] * x.ndim
    where[axis] = part
    kept[tuple(where)] = x[tuple(where)]
    return kept


@lru_cache(maxsize=64)
def _globals(op: Op) -> dict[str, Any]:
    names = {**_helpers(), **op.program.globals}
    if not op.scalar:
        import numpy as np

        names["np"] = np
    return names


def evaluated(text: str, op: Op, names: Mapping[str, Any], target: str) -> Any:
    """What `target` is after a statement has run in a scope; None when it can't run."""
    scope = dict(names)
    try:
        with quiet():
            exec(_compiled(text), _globals(op), scope)
            return compare.as_form_of(compare.numbers(scope.get(target)), names.get(target))
    except (*FAILS, compare.NotNumbers):
        return None


@lru_cache(maxsize=4096)
def _compiled(text: str) -> CodeType:
    return compile(text, "<line>", "exec")


def _value(code: CodeType, op: Op, evidence: Evidence) -> Any:
    """An expression's value in the evidence's scope, as numbers; None when it can't run."""
    try:
        value = eval(code, _globals(op), evidence.names)
        is_float = getattr(getattr(value, "dtype", None), "kind", "") == "f"
        return compare.as_form_of(value if is_float else _numbers(value), evidence.got)
    except (*FAILS, compare.NotNumbers):
        return None


def _numbers(value: Any) -> Any:
    if getattr(getattr(value, "dtype", None), "kind", "") in ("b", "i"):
        return value.astype("float64")
    return compare.numbers(value)


# ---------------------------------------------------------------- the catalogue


def catalogued(op: Op, target: str, evidence: list[Evidence]) -> list[str]:
    """The catalogue's mistakes that reproduce the numbers on every trial.

    A mistake in a helper line shows in the gradients that read it.
    """
    helpers = helper_lines(op, target)
    return [
        mistake.id
        for mistake in op.mistakes
        if mistake.target in (target, *helpers)
        and not mistake.harmless
        and _reproduces(partial(_with_mistake, op, target, mistake, helpers), evidence)
    ]


def _with_mistake(op: Op, target: str, mistake: Mistake, helpers: list[str], e: Evidence) -> Any:
    """The value of `target` when one line, its own or one of its helpers', is the mistake's."""
    if mistake.target == target:
        return evaluated(mistake.line, op, e.names, target)
    lines, places = op.program.lines, op.program.targets
    texts = [lines[places[name]].text for name in helpers if name != mistake.target]
    return evaluated(
        "\n".join([*texts, mistake.line, lines[places[target]].text]), op, e.names, target
    )


def helper_lines(op: Op, target: str) -> list[str]:
    """The lines that `target` reads, directly or not, and that are no gradients themselves."""
    program, todo = op.program, [target]
    found: list[str] = []
    while todo:
        for name in program.lines[program.targets[todo.pop()]].reads:
            if name in program.targets and name not in op.gradients and name not in found:
                found.append(name)
                todo.append(name)
    return sorted(found, key=lambda name: program.targets[name])


def _reproduces(value_of: Callable[[Evidence], Any], evidence: list[Evidence]) -> bool:
    """The same numbers on every trial, and wrong ones on at least one."""
    differs = False
    for e in evidence:
        value = value_of(e)
        if value is None or not e.fits(value):
            return False
        differs = differs or not _is_right(e, value)
    return differs


def _is_right(e: Evidence, value: Any) -> bool:
    return shape_of(value) == shape_of(e.right) and (
        compare.gap(value, e.right) <= e.tolerance * max(e.size, 1e-300)
    )


# ---------------------------------------------------------------- edits of the right line


@dataclass(frozen=True)
class Candidate:
    """One edited line, ready to run."""

    why: str
    code: CodeType


@lru_cache(maxsize=256)
def _candidates(op: Op, target: str, names: Names) -> tuple[Candidate, ...]:
    line = right_line(op, target)
    found: dict[str, Candidate] = {}
    as_written = op.program.lines[op.program.targets[target]].value
    expanded = sum_of(branches(line))
    tried = (edits(line, names), slips(expanded, names), edits(as_written, names))
    for why, expression in chain(*tried):
        tree = ast.fix_missing_locations(ast.Expression(expression))
        try:
            key = ast.dump(expression)
            if key not in found:
                found[key] = Candidate(why, _runnable(tree))
        except (ValueError, TypeError, SyntaxError):
            continue
    return tuple(found.values())


def _runnable(tree: ast.Expression) -> CodeType:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)  # an index on what is no array
        return compile(tree, "<edit>", "eval")


@lru_cache(maxsize=256)
def right_line(op: Op, target: str) -> ast.expr:
    """The expression of a gradient, with the helper lines that it reads written out in place."""
    program = op.program
    helpers = {
        line.target: line.value
        for line in program.lines
        if line.target not in op.gradients and not _is_size(line.value)
    }

    class WrittenOut(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            if node.id not in helpers:
                return node
            copied = ast.parse(ast.unparse(helpers[node.id]), mode="eval").body
            return self.visit(copied)  # type: ignore[no-any-return]

    text = ast.unparse(program.lines[program.targets[target]].value)
    return WrittenOut().visit(ast.parse(text, mode="eval").body)  # type: ignore[no-any-return]


def _is_size(value: ast.expr) -> bool:
    text = ast.unparse(value)
    return text.startswith("len(") or ".shape" in text


MANY = 8  # entries below which a formula could fit by chance


def _edited(op: Op, target: str, evidence: list[Evidence], scaled: bool) -> str:
    """The sentence for the first edit that fits alone, or if `scaled` with a factor of a name."""
    start = evidence[0]
    names = Names.of(start.names, without=target)
    factors = named_factors(names, evidence)
    exact: list[str] = []
    with_factor: list[str] = []
    for candidate in _candidates(op, target, names):
        value = _value(candidate.code, op, start)
        if value is None or shape_of(value) != shape_of(start.got):
            continue

        def value_of(e: Evidence, code: CodeType = candidate.code) -> Any:
            return _value(code, op, e)

        if start.fits(value):
            if _reproduces(value_of, evidence):
                exact.append(candidate.why)
                if len(exact) == 2:
                    break
        elif scaled and not exact and not with_factor:
            words = _common_factor(value_of, value, evidence, factors)
            if words:
                with_factor.append(f"{candidate.why}, and {words}")
    return _sentence(exact or with_factor)


def _sentence(whys: list[str]) -> str:
    if not whys:
        return ""
    said = "; or, with the same numbers: ".join(dict.fromkeys(whys))
    return f"Your numbers are those of the right line with one slip: {said}."


# ---------------------------------------------------------------- factors with a name


def named_factors(names: Names, evidence: list[Evidence]) -> dict[str, tuple[float, ...]]:
    """Numbers that a line may be off by, under their names, with their value on each trial."""
    scopes = [e.names for e in evidence]
    count = len(scopes)
    found = {"2": 2.0, "1/2": 0.5, "-1": -1.0, "-2": -2.0, "-1/2": -0.5, "4": 4.0, "1/4": 0.25,
             "3": 3.0, "1/3": 1 / 3}  # fmt: skip
    factors = {name: (value,) * count for name, value in found.items()}
    for name, sizes in _all_sizes(names, scopes).items():
        if all(size > 0 for size in sizes):
            factors |= _powers(name, sizes)
        if all(size > 1 for size in sizes):
            factors[f"{name}/({name} - 1)"] = tuple(s / (s - 1) for s in sizes)
            factors[f"({name} - 1)/{name}"] = tuple((s - 1) / s for s in sizes)
            factors |= _powers(f"({name} - 1)", [s - 1 for s in sizes])
    for name in names.floats:
        values = [_number(scope.get(name)) for scope in scopes]
        if all(values):
            factors |= _powers(name, values)
    for a in names.sizes:
        for b in names.sizes:
            pairs = [(float(s.get(a, 0)), float(s.get(b, 0))) for s in scopes]
            if a < b and all(x and y for x, y in pairs):
                factors[f"{a}·{b}"] = tuple(x * y for x, y in pairs)
                factors[f"1/({a}·{b})"] = tuple(1 / (x * y) for x, y in pairs)
            if a != b and all(x and y for x, y in pairs):
                factors[f"{a}/{b}"] = tuple(x / y for x, y in pairs)
    return factors | {
        f"-{name}": tuple(-v for v in values)
        for name, values in factors.items()
        if not name.startswith("-")
    }


def _all_sizes(names: Names, scopes: list[dict[str, Any]]) -> dict[str, list[float]]:
    """The named sizes, and those of arrays whose axes have no name."""
    found = {name: [float(scope.get(name, 0)) for scope in scopes] for name in names.sizes}
    for name in names.arrays:
        shapes = [shape_of(scope.get(name)) for scope in scopes]
        if all(shapes):
            found[f"{name}.size"] = [float(math.prod(shape)) for shape in shapes]
            found[f"len({name})"] = [float(shape[0]) for shape in shapes]
            found[f"{name}.shape[-1]"] = [float(shape[-1]) for shape in shapes]
    distinct: dict[tuple[float, ...], str] = {}
    for name, sizes in found.items():
        distinct.setdefault(tuple(sizes), name)
    return {name: list(sizes) for sizes, name in distinct.items()}


def _powers(name: str, values: list[float]) -> dict[str, tuple[float, ...]]:
    return {
        name: tuple(values),
        f"1/{name}": tuple(1 / v for v in values),
        f"{name}²": tuple(v * v for v in values),
        f"1/{name}²": tuple(1 / (v * v) for v in values),
        f"√{name}": tuple(math.sqrt(abs(v)) for v in values),
        f"1/√{name}": tuple(1 / math.sqrt(abs(v)) for v in values),
    }


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return 0.0


def _common_factor(
    value_of: Callable[[Evidence], Any],
    value: Any,
    evidence: list[Evidence],
    factors: dict[str, tuple[float, ...]],
) -> str:
    """Words for the one named factor between `value_of` and what the learner got, on all trials."""
    factor = _factor(value, evidence[0].got)
    if factor is None:
        return ""
    for name, values in factors.items():
        if abs(factor - values[0]) > 1e-6 * abs(values[0]):
            continue
        if all(_fits_scaled(e, value_of(e), values[i]) for i, e in enumerate(evidence)):
            return f"a factor {name}"
    return ""


def _typed_in(factors: dict[str, tuple[float, ...]], found: list[float]) -> str:
    """Words for a factor that is a name over a whole number: the number stands for the name."""
    for name, values in factors.items():
        if len(set(values)) < 2 or name.startswith(("-", "√", "1/√")):
            continue
        typed = [v / f for v, f in zip(values, found, strict=True)]
        for number, words in ((typed[0], f"{name}/{{}}"), (1 / typed[0], f"{name}·{{}}")):
            whole = round(number)
            same = all(abs(t - typed[0]) < 1e-6 * abs(typed[0]) for t in typed)
            if same and 1 < whole < 100_000 and abs(number - whole) < 1e-6 * whole:
                return f"a factor {words.format(whole)}: is a number typed in for a size?"
    return ""


def _fits_scaled(e: Evidence, value: Any, factor: float) -> bool:
    return (
        value is not None and shape_of(value) == shape_of(e.got) and e.fits(_times(factor, value))
    )


def _times(factor: float, value: Any) -> Any:
    if isinstance(value, list):
        return [_times(factor, v) for v in value]
    return factor * value


def _factor(value: Any, got: Any) -> float | None:
    """The number c with got = c * value, judged at the largest entry; None when there is none."""
    if shape_of(value) != shape_of(got):
        return None
    if isinstance(value, list):
        a, b = compare.flat(value), compare.flat(got)
        place = max(range(len(a)), key=lambda i: abs(a[i]), default=None)
        x, y = (a[place], b[place]) if place is not None else (0.0, 0.0)
    elif hasattr(value, "ravel"):
        if value.size == 0:
            return None
        flat = value.ravel()
        place = int(abs(flat).argmax())
        x, y = float(flat[place]), float(got.ravel()[place])
    else:
        x, y = float(value), float(got)
    if not (math.isfinite(x) and math.isfinite(y)) or x == 0 or y == 0:
        return None
    return y / x


def _ratio(op: Op, target: str, evidence: list[Evidence]) -> str:
    """A factor alone: the right line times a number that has a name, or that has none."""
    names = Names.of(evidence[0].names, without=target)
    factors = named_factors(names, evidence)
    words = _common_factor(lambda e: e.right, evidence[0].right, evidence, factors)
    if words:
        return f"Right but for {words}."
    found = [_factor(e.right, e.got) for e in evidence]
    own = [f for f in found if f is not None]
    if len(own) < len(evidence) or not all(
        _fits_scaled(e, e.right, f) for e, f in zip(evidence, own, strict=True)
    ):
        return ""
    if len(evidence) > 1 and max(own) - min(own) <= 1e-6 * abs(own[0]):
        return f"Right but for the factor {own[0]:.6g}, the same on all inputs."
    typed = _typed_in(factors, own)
    return f"Right but for {typed}" if typed else ""


# ---------------------------------------------------------------- formulas of the names in scope


def _formula(op: Op, target: str, evidence: list[Evidence]) -> str:
    """Whether the learner's numbers are a short formula of what is in scope."""
    if op.scalar or sum(len(compare.flat(e.got)) for e in evidence) < MANY:
        return ""
    names = Names.of(evidence[0].names, without=target)
    factors = {"1": (1.0,) * len(evidence)} | named_factors(names, evidence)

    def evaluate(text: str, number: int) -> Any:
        return _value(_term_code(text), op, evidence[number])

    for text in recognised(evidence[0].got, names, evaluate):
        values = [evaluate(text, i) for i in range(len(evidence))]
        if any(value is None or shape_of(value) != shape_of(e.got)
               for value, e in zip(values, evidence, strict=True)):  # fmt: skip
            continue
        by_case = dict(zip(map(id, evidence), values, strict=True))
        words = _common_factor(partial(_of_case, by_case), values[0], evidence, factors)
        if words:
            factor = words.removeprefix("a factor ")
            times = "" if factor == "1" else f", times {factor}"
            return f"Your numbers are `{text}`{times}: hold that against your derivation."
    return ""


def _of_case(values: dict[int, Any], e: Evidence) -> Any:
    return values[id(e)]


def _switch(op: Op, target: str, evidence: list[Evidence]) -> str:
    """Whether they are an array times one of two numbers, chosen by where a name is large."""
    if op.scalar or sum(len(compare.flat(e.got)) for e in evidence) < MANY:
        return ""
    arrays_of = Names.of(evidence[0].names, without=target).arrays
    shape = shape_of(evidence[0].got)
    same = [n for n in arrays_of if shape_of(evidence[0].names[n]) == shape]
    named = [{n: e.names[n] for n in same} for e in evidence]
    bases = [("the right value", [e.right for e in evidence])]
    bases += [(f"`{n}`", [e.names[n] for e in evidence]) for n in same]
    for words, values in bases:
        found = switched([(e.got, v, n) for e, v, n in zip(evidence, values, named, strict=True)])
        if found:
            return f"Your numbers are {words} times {found}."
    return ""


def _order(op: Op, target: str, evidence: list[Evidence]) -> str:
    """Whether the right values lie there in the order of other axes."""
    axis_counts = {len(shape_of(e.right)) for e in evidence}
    if (
        op.scalar
        or len(axis_counts) > 1
        or any(shape_of(e.got) != shape_of(e.right) for e in evidence)
    ):
        return ""
    for axes in permutations(range(*axis_counts)):
        turned = [_laid_out(e.right, axes) for e in evidence]
        if all(e.fits(t) for e, t in zip(evidence, turned, strict=True)) and any(
            not _is_right(e, t) for e, t in zip(evidence, turned, strict=True)
        ):
            return (
                f"The right values are there, laid out in the order of axes {axes}: a reshape "
                "goes row by row, so split the axes as they were joined."
            )
    return ""


def _laid_out(x: Any, axes: tuple[int, ...]) -> Any:
    """`x` read in plain order into an array whose axes are then put back in their places."""
    shape = [x.shape[axis] for axis in axes]
    back = sorted(range(len(axes)), key=lambda i: axes[i])
    return x.reshape(shape).transpose(back)


def _two_edits(op: Op, target: str, evidence: list[Evidence]) -> str:
    """Two slips in one line: one of its structure after another."""
    start = evidence[0]
    for candidate in _double_candidates(op, target):
        value = _value(candidate.code, op, start)
        if value is None or not start.fits(value):
            continue
        if _reproduces(partial(_value, candidate.code, op), evidence):
            return f"Your numbers are those of the right line with two slips: {candidate.why}."
    return ""


@lru_cache(maxsize=64)
def _double_candidates(op: Op, target: str) -> tuple[Candidate, ...]:
    nothing = Names((), (), ())
    found: dict[str, Candidate] = {}
    for first_why, first_line in islice(slips(right_line(op, target), nothing), 60):
        for second_why, line in slips(first_line, nothing):
            key = ast.dump(line)
            if key not in found:
                tree = ast.fix_missing_locations(ast.Expression(line))
                found[key] = Candidate(f"{first_why}, and {second_why}", _runnable(tree))
            if len(found) >= 2000:
                return tuple(found.values())
    return tuple(found.values())


# ---------------------------------------------------------------- weights of the branches


def _weighted(op: Op, target: str, evidence: list[Evidence]) -> str:
    """Whether the learner's numbers are the line's own branches, added with wrong weights."""
    if op.scalar:
        return ""
    import numpy as np

    terms = branches(right_line(op, target))
    if len(terms) < 2:
        return ""
    named = named_factors(Names.of(evidence[0].names, without=target), evidence)
    factors = {"0": (0.0,) * len(evidence), "1": (1.0,) * len(evidence)} | named
    per_trial = []
    for e in evidence:
        columns = []
        for term in terms:
            value = _value(_term_code(ast.unparse(term)), op, e)
            if value is None:
                return ""
            columns.append(np.broadcast_to(value, shape_of(e.right)).ravel())
        matrix = np.stack(columns, axis=1)
        got = np.asarray(e.got).ravel()
        if shape_of(e.got) != shape_of(e.right) or np.linalg.matrix_rank(matrix) < len(terms):
            return ""
        weights = np.linalg.lstsq(matrix, got, rcond=None)[0]
        if not e.fits((matrix @ weights).reshape(shape_of(e.got))):
            return ""
        per_trial.append(weights)
    said = []
    for i, term in enumerate(terms):
        found = tuple(float(weights[i]) for weights in per_trial)
        name = _named(found, factors) or _typed_in(named, list(found)).removeprefix("a factor ")
        if not name:
            return ""
        if name == "0":
            said.append(f"the part `{ast.unparse(term)}` is missing")
        elif name != "1":
            said.append(f"the part `{ast.unparse(term)}` counts {name} times")
    return f"Right but for its parts: {', and '.join(said)}." if said else ""


def _named(found: tuple[float, ...], factors: dict[str, tuple[float, ...]]) -> str | None:
    for name, values in factors.items():
        if all(abs(a - b) <= 1e-6 * max(1.0, abs(b)) for a, b in zip(found, values, strict=True)):
            return name
    return None


@lru_cache(maxsize=512)
def _term_code(text: str) -> CodeType:
    return compile(text, "<part>", "eval")


# ---------------------------------------------------------------- shapes and facts


def shape_advice(e: Evidence) -> str:
    """What a wrong shape says by itself; "" when the shape is right."""
    got, due = shape_of(e.got), shape_of(e.right)
    if got == due:
        return ""
    said = f"The shape is {got}, due is {due}."
    if tuple(reversed(got)) == due:
        return f"{said} It is transposed."
    if [n for n in got if n != 1] == [n for n in due if n != 1]:
        extra = len(got) > len(due)
        return (
            f"{said} {'An axis of size 1 is too many' if extra else 'An axis of size 1 is lost'}."
        )
    if got == ():
        return f"{said} Everything was summed to one number."
    if len(got) > len(due) and due in (got[1:], got[: len(due)]):
        return f"{said} A sum over the copies is missing: what was broadcast receives a sum."
    if len(got) == len(due) and any(d == 1 < g for g, d in zip(got, due, strict=True)):
        return f"{said} A sum with keepdims over the broadcast axis is missing."
    if len(got) < len(due):
        return f"{said} It was reduced too far, or not copied back to every entry."
    if len(got) == len(due) == 1:
        return f"{said} It looks like a sum over the wrong axis."
    return f"{said} A gradient has the shape of its value."


def _facts(op: Op, target: str, evidence: list[Evidence]) -> str:
    return _facts_of(evidence[0])


def _facts_of(e: Evidence) -> str:
    """What can be said for certain about the numbers, whatever the reason."""
    got, right = compare.flat(e.got), compare.flat(e.right)
    if len(got) < 2 or not compare.is_finite(e.got):
        return ""
    tolerance = e.tolerance * max(e.size, max(map(abs, right), default=0.0))
    off = [i for i in range(len(got)) if abs(got[i] - right[i]) > tolerance]
    said = []
    if all(v == 0 for v in got):
        said.append("It is zero everywhere.")
    elif len(off) < len(got):
        said.append(f"{len(got) - len(off)} of {len(got)} entries are right.")
        if all(got[i] == 0 for i in off):
            said.append("The others are zero: something is lost there.")
        elif all(abs(right[i]) <= tolerance for i in off):
            said.append("The others should be zero: something leaks in there.")
    elif _close(sorted(got), sorted(right), tolerance):
        said.append("The right values are there, in other places: look at the order.")
    elif _close(sorted(map(abs, got)), sorted(map(abs, right)), tolerance):
        said.append("The sizes are right, some signs are not.")
    constant = _constant_along(e)
    if constant:
        said.append(constant)
    return " ".join(said)


def _close(a: list[float], b: list[float], tolerance: float) -> bool:
    return all(abs(x - y) <= tolerance for x, y in zip(a, b, strict=True))


def _constant_along(e: Evidence) -> str:
    """An error that does not change along an axis comes from a reduction over that axis."""
    if not hasattr(e.got, "ravel"):
        return ""
    error = e.got - e.right
    for axis in range(error.ndim):
        spread = abs(error - error.mean(axis=axis, keepdims=True)).max()
        if error.shape[axis] > 1 and spread <= 10 * e.tolerance * e.size:
            return f"The error is the same all along axis {axis}: look at what is reduced there."
    return ""


EXPLANATIONS: tuple[tuple[Callable[[Op, str, list[Evidence]], str], str], ...] = (
    (_weighted, "branches"),
    (_order, "edit"),
    (_formula, "edit"),
    (_switch, "edit"),
    (_two_edits, "edit"),
    (_facts, "facts"),
)
QUICK = tuple(e for e in EXPLANATIONS if e[0] not in (_formula, _switch, _two_edits))
