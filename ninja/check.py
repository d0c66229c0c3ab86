"""Check a learner's `backward`: which gradients are right, which only inherit an error, and why.

The same code checks in the terminal, in a notebook and in the browser; scalar exercises are
checked without NumPy.  Nothing here raises for what a learner's code does.
"""

from __future__ import annotations

import ast
import inspect
import linecache
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib.util import find_spec
from types import CodeType, TracebackType
from typing import Any

from ninja import compare, diagnose, verdict
from ninja.compare import NotNumbers
from ninja.guard import unpatched
from ninja.op import Op
from ninja.shapes import shape_of, unravelled
from ninja.trace import watched
from ninja.trials import Trial, masks, second, square, unmasking
from ninja.verdict import Entry, Failure, Result, Tensor

FILE_NAME = "your_code.py"  # of a submission that comes as text


@dataclass(frozen=True)
class Attempt:
    """One call of the learner's function on one trial."""

    trial: Trial
    values: dict[str, Any] = field(default_factory=dict)  # gradients, by name, as they came
    local_names: dict[str, Any] = field(default_factory=dict)
    faults: tuple[str, ...] = ()  # what must change although the numbers may be right
    notes: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    failure: Failure | None = None

    @cached_property
    def scope(self) -> Scope:
        """What the learner's lines had at hand; worked out once, asked for by every gradient."""
        return learner_scope(self)


class CanNotRun(Exception):
    """A submission that holds no `backward` to call; `failure` says why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


def check_source(op: Op, source: str, filename: str = FILE_NAME) -> Result:
    """Check the text of a submission: a module that defines `backward`."""
    try:
        return check_function(op, loaded(op, compiled(source, filename), source))
    except CanNotRun as reason:
        return _failed(op, reason.failure)


def compiled(source: str, filename: str = FILE_NAME) -> CodeType:
    """The code of a submission, not run yet.  Raises CanNotRun when it is not Python."""
    try:
        return compile(source, filename, "exec", dont_inherit=True)
    except SyntaxError as error:
        raise CanNotRun(_syntax_failure(error, source)) from None
    except ValueError as error:  # a null byte
        raise CanNotRun(Failure("ValueError", f"This is not Python text: {error}.")) from None


def loaded(op: Op, code: CodeType, source: str) -> Callable[..., Any]:
    """The `backward` that running a submission defines.  Raises CanNotRun when there is none."""
    filename = code.co_filename
    lines = source.splitlines(keepends=True)
    linecache.cache[filename] = (len(source), None, lines, filename)
    names: dict[str, Any] = {"__name__": "your_code", "__file__": filename}
    if not op.scalar:
        import numpy as np

        names |= {"np": np, "numpy": np}
    unmasking(op)  # the truth, before any of the learner's code runs
    try:
        with unpatched(), diagnose.quiet():
            exec(code, names)
    except (Exception, SystemExit) as error:
        raise CanNotRun(failure(error, filename)) from None
    function: Any = names.get("backward")
    if function is None:
        raise CanNotRun(_no_backward(op, source))
    if not callable(function):
        kind = type(function).__name__
        said = f"`backward` should be a function, but is a {kind}."
        raise CanNotRun(Failure("TypeError", said))
    return function  # type: ignore[no-any-return]


def check_function(op: Op, backward: Callable[..., Any]) -> Result:
    """Check a function, in this process."""
    with diagnose.quiet():
        return _checked(op, backward)


def _checked(op: Op, backward: Callable[..., Any]) -> Result:
    problem = _unfit(op, backward)
    if problem is not None:
        return _failed(op, problem)
    trials = unmasking(op)
    attempts = [attempt(backward, trial) for trial in trials]
    stopped = next((a for a in attempts if a.failure), None)
    if stopped is not None and stopped.failure is not None:
        failed = stopped.failure
        if not all(a.failure for a in attempts):
            case = stopped.trial.run.case
            failed = replace(failed, message=f"{failed.message} (On the case “{case}”.)")
        out_of_memory = failed.type == "MemoryError"  # trying again would only fill it again
        return _failed(op, failed, [] if out_of_memory else _best_effort(op, backward, attempts))
    faults = list(dict.fromkeys(fault for a in attempts for fault in a.faults))
    notes = list(dict.fromkeys(note for a in attempts for note in a.notes))
    if not any(a.values for a in attempts):
        missing = [Tensor(n, verdict.MISSING, want_shape=_due(op, n)) for n in op.gradients]
        return Result(op.name, False, tuple(missing), notes=(*faults, *notes))
    tensors = [_said_harmless(op, backward, t) for t in _verdicts(op, attempts)]
    if any(a.changed for a in attempts):  # what went wrong is that, not a catalogued mistake
        tensors = [t if t.passed else replace(t, mistake=None) for t in tensors]
    if not all(t.passed for t in tensors):
        tensors = _with_masks(op, backward, tensors)
    elif not faults:
        faults = _hidden_faults(op, backward, attempts)
    passed = all(t.passed for t in tensors) and not faults
    return Result(op.name, passed, tuple(tensors), notes=(*faults, *notes))


def _due(op: Op, name: str) -> tuple[int, ...]:
    return shape_of(unmasking(op)[0].truth[name])


# ---------------------------------------------------------------- calling the learner's code


def attempt(backward: Callable[..., Any], trial: Trial) -> Attempt:
    """Call the function on one trial, with NumPy arrays, or with tensors where it wants them."""
    wants_torch = _names_torch(backward) and find_spec("torch") is not None
    first = _call(backward, trial, as_torch=wants_torch)
    if first.failure and not wants_torch and "torch" in getattr(backward, "__globals__", {}):
        again = _call(backward, trial, as_torch=True)
        return first if again.failure else again
    return first


def _names_torch(backward: Callable[..., Any]) -> bool:
    code = getattr(backward, "__code__", None)
    return code is not None and "torch" in code.co_names


def _call(backward: Callable[..., Any], trial: Trial, as_torch: bool) -> Attempt:
    given = {name: _copied(value, as_torch) for name, value in _offered(trial).items()}
    wanted = {name: given[name] for name in _parameters(backward, given)}
    before = {name: _copied(value, False) for name, value in wanted.items()}
    found: dict[str, Any] = {}
    try:
        with unpatched(), watched(backward, found):
            returned = backward(**wanted)
    except (Exception, SystemExit) as error:
        assigned = {n: found[n] for n in trial.run.op.gradients if n in found}
        return Attempt(trial, assigned, found, failure=failure(error, _file_of(backward)))
    changed = [n for n, v in wanted.items() if _differs(v, before[n])]
    gathered = _gathered(trial, returned, found)
    if changed:
        faults = (*gathered.faults, _changed_in_place(changed))
        gathered = replace(gathered, faults=faults, changed=tuple(changed))
    return gathered


def _changed_in_place(names: list[str]) -> str:
    return (
        f"Your code changed {_listed(names)} in place. What came in must stay as it is: copy it "
        "first, or write the result under a new name."
    )


def _offered(trial: Trial) -> dict[str, Any]:
    """All names that a `backward` may ask for; `out` is the output under whatever name."""
    return {"out": trial.run.out, **trial.run.names}


def _copied(value: Any, as_torch: bool) -> Any:
    if as_torch:
        from ninja.oracles import to_torch

        value = to_torch(value)
    if hasattr(value, "clone"):
        return value.clone()
    return value.copy() if hasattr(value, "copy") else value


def _differs(value: Any, before: Any) -> bool:
    if not hasattr(value, "dtype") and not isinstance(value, list):
        return False
    try:
        return not compare.identical(_plain(value), _plain(before))
    except (TypeError, ValueError):
        return True


def _plain(value: Any) -> Any:
    return value.detach().cpu().numpy() if hasattr(value, "detach") else value


def _parameters(backward: Callable[..., Any], given: Mapping[str, Any]) -> list[str]:
    parameters = inspect.signature(backward).parameters.values()
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return list(given)
    return [p.name for p in parameters if p.name in given]


def _gathered(trial: Trial, returned: Any, found: dict[str, Any]) -> Attempt:
    """The gradients that came back, by name; what was only assigned counts as well."""
    op = trial.run.op
    assigned = {name: found[name] for name in op.gradients if name in found}
    in_order = ", ".join(op.gradients)
    if inspect.isgenerator(returned) or inspect.iscoroutine(returned):
        returned.close()
        kind = type(returned).__name__
        message = f"`backward` is a {kind}: use `return`, without `yield` or `async`."
        return Attempt(trial, failure=Failure("TypeError", message))
    if returned is None:
        return Attempt(trial, assigned, found, faults=(_returns_nothing(op, bool(assigned)),))
    if isinstance(returned, Mapping):
        known = {name: returned[name] for name in op.gradients if name in returned}
        unknown = [str(name) for name in returned if name not in op.gradients]
        notes = (_unknown_names(unknown, op),) if unknown else ()
        return Attempt(trial, {**assigned, **known}, found, notes=notes)
    if not isinstance(returned, (tuple, list)) or (isinstance(returned, list) and op.scalar):
        returned = (returned,)
    if len(returned) == len(op.gradients):
        return Attempt(trial, dict(zip(op.gradients, returned, strict=True)), found)
    own = [name for name in op.gradients if any(value is assigned.get(name) for value in returned)]
    others = [name for name in op.gradients if name not in own]
    between = all(name in assigned and name[1:] not in trial.run.arguments for name in others)
    if len(own) == len(returned) and between:  # intermediate values may stay inside
        note = f"Returned are {', '.join(own)}; the others were taken by their names."
        return Attempt(trial, assigned, found, notes=(note,))
    fault = (
        f"`backward` returned {len(returned)} value(s); due are {len(op.gradients)}, in this "
        f"order: {in_order}. Or return a dict by these names."
    )
    return Attempt(trial, assigned, found, faults=(fault,))


def _returns_nothing(op: Op, begun: bool) -> str:
    in_order = ", ".join(op.gradients)
    if begun:
        return f"`backward` returns nothing. End it with `return {in_order}`."
    if len(op.gradients) == 1:
        return f"`backward` returns nothing yet. Write a line for {in_order}, and return it."
    return (
        f"`backward` returns nothing yet. Write the lines for {in_order}, and return them in this "
        "order."
    )


def _unknown_names(unknown: list[str], op: Op) -> str:
    nearest = {name.lower(): name for name in op.gradients}
    meant = [nearest[name.lower()] for name in unknown if name.lower() in nearest]
    question = f" Do you mean {', '.join(meant[:6])}?" if meant else ""
    names = ", ".join(op.gradients)
    return f"Not asked for: {', '.join(unknown[:6])}.{question} The names are {names}."


# ---------------------------------------------------------------- verdicts

SEARCHED = 3  # wrong gradients that get the long searches; the others wait for these to be mended


def _verdicts(op: Op, attempts: list[Attempt]) -> list[Tensor]:
    """One verdict a gradient: the first trial on which it fails decides."""
    judged = [_judge(a) for a in attempts]
    decided: dict[str, Tensor] = {}
    searched = 0
    for name in (n for n in op.program.targets if n in op.gradients):
        seen = [tensors_of[name] for tensors_of in judged]
        worst = next((t for t in seen if not t.passed), None)
        if worst is None:
            order = [verdict.HARMLESS, verdict.ROUNDING, verdict.RIGHT]
            worst = _undone(op, min(seen, key=lambda t: order.index(t.verdict)), attempts, decided)
        elif worst.verdict in (verdict.WRONG, verdict.SHAPE, verdict.NAN):
            worst = _explained(op, worst, attempts, deep=searched < SEARCHED)
            searched += 1
        decided[name] = worst
    return [decided[name] for name in op.gradients]


def _undone(op: Op, tensor: Tensor, attempts: list[Attempt], above: dict[str, Tensor]) -> Tensor:
    """Right numbers from wrong ones: a second slip, known by name, that undoes the one above."""
    trial = attempts[0].trial
    slipped = [n for n, t in above.items() if not t.passed and _reads(trial, tensor.name, n)]
    ids = diagnose.catalogued(op, tensor.name, _evidence(tensor.name, attempts)) if slipped else []
    if not ids:
        return tensor
    sentences = " Or: ".join(m.sentence for m in op.mistakes if m.id in ids)
    message = f"{sentences} The numbers look right, as this undoes the slip in {_listed(slipped)}."
    mistake = ids[0] if len(ids) == 1 else ids
    return replace(
        tensor, verdict=verdict.WRONG, mistake=mistake, message=message, explained_by="catalogue"
    )


def _judge(attempt: Attempt) -> dict[str, Tensor]:
    """Each gradient of one attempt, in the order in which the backward pass computes them."""
    op = attempt.trial.run.op
    tensors: dict[str, Tensor] = {}
    env = attempt.scope
    for name in op.program.targets:
        if name in op.gradients:
            tensors[name] = _judge_one(attempt, name, env.local.get(name), tensors)
    return {name: tensors[name] for name in op.gradients}


@dataclass(frozen=True)
class Scope:
    """What the learner's lines had at hand, and what the reference lines make of it."""

    names: dict[str, Any]  # inputs, intermediates, the learner's own gradients
    local: dict[str, Any]  # each gradient by its reference line from the learner's own upstream


def learner_scope(attempt: Attempt) -> Scope:
    """Recompute every line from what the learner has above it."""
    trial = attempt.trial
    program = trial.run.op.program
    names, local = dict(trial.run.names), {}
    for line in program.lines:
        try:
            value = program.evaluate(line.target, names)
        except (ValueError, TypeError, IndexError, ZeroDivisionError, OverflowError):
            value = None
        if line.target not in trial.truth:
            names[line.target] = value
            continue
        local[line.target] = value
        names[line.target] = _usable(attempt, line.target)
    return Scope(names, local)


def _usable(attempt: Attempt, name: str) -> Any:
    """The learner's value of a gradient where it can be computed with, else the true one."""
    truth = attempt.trial.reference[name]
    if name not in attempt.values:
        return truth
    try:
        return compare.as_form_of(compare.numbers(attempt.values[name]), truth)
    except NotNumbers:
        return truth


def _judge_one(attempt: Attempt, name: str, local: Any, above: dict[str, Tensor]) -> Tensor:
    trial = attempt.trial
    truth = trial.truth[name]
    due = shape_of(truth)
    blank = Tensor(name, verdict.MISSING, want_shape=due)
    if name not in attempt.values:
        return replace(blank, message=f"`{name}` is neither returned nor assigned.")
    raw = attempt.values[name]
    try:
        got = compare.as_form_of(compare.numbers(raw), truth)
    except NotNumbers as reason:
        return replace(blank, verdict=verdict.WRONG, message=f"`{name}` is no gradient: {reason}.")
    shape = shape_of(got)
    found = replace(blank, shape=shape)
    tolerance = compare.SINGLE if compare.is_single(raw) else compare.TOLERANCE
    size = trial.scale[name] or 1.0
    error = compare.gap(got, truth) / size
    same_as_local = local is not None and _matches(got, local, tolerance, size)
    wrong_above = [t.name for t in above.values() if not t.passed and _reads(trial, name, t.name)]
    if error <= tolerance:
        return _right(attempt, name, got, local, replace(found, max_error=error))
    finite_error = None if error == float("inf") else error
    if same_as_local and wrong_above:
        return replace(
            found, verdict=verdict.INHERITED, max_error=finite_error,
            message=f"Its own line is right; it inherits the error of {_listed(wrong_above)}.",
        )  # fmt: skip
    if local is None and wrong_above:
        return replace(
            found, verdict=verdict.INHERITED, max_error=finite_error,
            message=f"It can't be judged before {_listed(wrong_above)}: mend that first.",
        )  # fmt: skip
    if shape != due:
        return replace(found, verdict=verdict.SHAPE)
    if not compare.is_finite(got):
        return replace(found, verdict=verdict.NAN, message=_where_nan_starts(attempt, name, got))
    index, mine, right = next(
        compare.differing(got, truth if local is None else local, tolerance * size), (due, 0.0, 0.0)
    )
    return replace(
        found, verdict=verdict.WRONG, max_error=finite_error, entry=Entry(index, mine, right)
    )


def _matches(got: Any, want: Any, tolerance: float, size: float) -> bool:
    if compare.identical(got, want):
        return True
    grown = max(size, max(map(abs, compare.flat(want)), default=0.0))
    return compare.gap(got, want) <= tolerance * grown


def _reads(trial: Trial, name: str, above: str) -> bool:
    """Whether the line of `name` reads `above`, directly or through a helper line."""
    program = trial.run.op.program
    todo, seen = [name], set()
    while todo:
        for read in program.lines[program.targets[todo.pop()]].reads:
            if read == above:
                return True
            if read in program.targets and read not in trial.truth and read not in seen:
                seen.add(read)
                todo.append(read)
    return False


def _right(attempt: Attempt, name: str, got: Any, local: Any, tensor: Tensor) -> Tensor:
    reference = attempt.trial.reference[name]
    if compare.identical(got, reference) or (local is not None and compare.identical(got, local)):
        return replace(tensor, verdict=verdict.RIGHT)
    op, names = attempt.trial.run.op, attempt.scope.names
    same = [
        mistake
        for mistake in op.mistakes
        if mistake.harmless and mistake.target == name
        for variant in [diagnose.evaluated(mistake.line, op, names, name)]
        if variant is not None and compare.identical(got, variant)
    ]
    if same:
        ids = [m.id for m in same]
        sentence = " Or: ".join(dict.fromkeys(m.sentence for m in same))
        known = ids[0] if len(ids) == 1 else ids
        return replace(tensor, verdict=verdict.HARMLESS, mistake=known, message=sentence)
    return replace(tensor, verdict=verdict.ROUNDING)


def _said_harmless(op: Op, backward: Callable[..., Any], tensor: Tensor) -> Tensor:
    """A harmless variant whose numbers are the reference's own is known by its text alone."""
    variants = [m for m in op.mistakes if m.harmless and m.target == tensor.name]
    if tensor.verdict != verdict.RIGHT or not variants:
        return tensor
    written = _statements(backward)
    for mistake in variants:
        if ast.dump(ast.parse(mistake.line).body[-1]) in written:
            return replace(
                tensor, verdict=verdict.HARMLESS, mistake=mistake.id, message=mistake.sentence
            )
    return tensor


def _statements(backward: Callable[..., Any]) -> set[str]:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(backward)))
    except (OSError, TypeError, SyntaxError):
        return set()
    return {ast.dump(node) for node in ast.walk(tree) if isinstance(node, ast.stmt)}


def _listed(names: list[str]) -> str:
    return " and ".join(f"`{n}`" for n in names)


def _where_nan_starts(attempt: Attempt, name: str, got: Any) -> str:
    """The first of the learner's own names, in the order of the code, that is not finite."""
    place = next(i for i, v in enumerate(compare.flat(got)) if v - v != 0)
    where = f"`{name}`{list(unravelled(place, shape_of(got)))} is {compare.flat(got)[place]}"
    for own, value in attempt.local_names.items():
        if own in attempt.trial.run.names or own == name:
            continue
        try:
            finite = compare.is_finite(compare.numbers(value))
        except NotNumbers:
            continue
        if not finite:
            return f"{where}. It starts in `{own}`: look there for 0/0, log(0) or a huge exp."
    return f"{where}. Look in its line for 0/0, log(0) or a huge exp."


def _explained(op: Op, tensor: Tensor, attempts: list[Attempt], deep: bool) -> Tensor:
    """Add the diagnosis, from every trial on which the learner has numbers for this gradient."""
    if tensor.message and tensor.verdict != verdict.NAN:
        return tensor
    found = diagnose.diagnose(op, tensor.name, _evidence(tensor.name, attempts), deep)
    where_it_starts = tensor.message  # of a NaN, which needs no other explanation
    known = found.message if found.by or not where_it_starts else ""
    message = " ".join(part for part in (where_it_starts, known, _first(tensor)) if part)
    return replace(tensor, mistake=found.mistake, message=message, explained_by=found.by)


def _evidence(name: str, attempts: list[Attempt]) -> list[diagnose.Evidence]:
    evidence = []
    for attempt in attempts:
        try:
            got = compare.numbers(attempt.values[name])
        except (KeyError, NotNumbers):
            continue
        got = compare.as_form_of(got, attempt.trial.truth[name])
        scope = attempt.scope
        single = compare.is_single(attempt.values[name])
        tolerance = compare.SINGLE if single else compare.TOLERANCE
        right, size = scope.local.get(name), attempt.trial.scale[name]
        evidence.append(diagnose.Evidence(scope.names, got, right, size, tolerance))
    return evidence


def _first(tensor: Tensor) -> str:
    """The first entry that differs, with both numbers."""
    if tensor.entry is None:
        return ""
    index, got, want = tensor.entry.index, tensor.entry.got, tensor.entry.want
    return f"{f'Entry {index}' if index else 'It'} is {got:.6g}; due is {want:.6g}."


# ---------------------------------------------------------------- what numbers alone do not show


def _hidden_faults(op: Op, backward: Callable[..., Any], attempts: list[Attempt]) -> list[str]:
    """Right on these inputs; on other sizes, and when called twice?"""
    for trial in second(op):
        other = attempt(backward, trial)
        bad = [n for n, t in _judge(other).items() if not t.passed] if not other.failure else []
        if other.failure or bad:
            which = _listed(bad) if bad else other.failure.message if other.failure else ""
            return [
                "Right for the sizes shown, but not for others: "
                f"{which}. Is a number typed in where a size such as `len(x)` belongs?"
            ]
    again = attempt(backward, attempts[0].trial)
    for name, value in again.values.items():
        if _differs(value, attempts[0].values.get(name)):
            return [
                f"The second call on the same inputs gave another `{name}`: something is kept "
                "from call to call. Let `backward` depend on its arguments alone."
            ]
    return []


def _with_masks(op: Op, backward: Callable[..., Any], tensors: list[Tensor]) -> list[Tensor]:
    """Say on which tempting inputs a wrong gradient would have passed."""
    passing: dict[str, list[str]] = {}
    for words, easier in masks(op):
        tried = attempt(backward, easier)
        if tried.failure is None:
            for name, tensor in _judge(tried).items():
                if tensor.passed:
                    passing.setdefault(name, []).append(words)
    return [
        replace(
            t, message=f"{t.message} With {' or '.join(passing[t.name])} it would pass.".strip()
        )
        if t.verdict in (verdict.WRONG, verdict.SHAPE) and t.name in passing
        else t
        for t in tensors
    ]


def _best_effort(op: Op, backward: Callable[..., Any], attempts: list[Attempt]) -> list[Tensor]:
    """The code stops on some inputs: judge it where it runs, all sizes alike included.

    Where it runs nowhere, what it had assigned before it stopped is judged.
    """
    everywhere = [*attempts, *(attempt(backward, trial) for trial in square(op))]
    running = [a for a in everywhere if a.failure is None]
    if running:
        return [_stops(op, t, attempts) for t in _verdicts(op, running)]
    return [t for t in _verdicts(op, attempts) if t.verdict != verdict.MISSING]


def _stops(op: Op, tensor: Tensor, attempts: list[Attempt]) -> Tensor:
    """The first gradient that a stopping run does not reach is not right, wherever it may pass."""
    stopped = next(a for a in attempts if a.failure)
    in_order = [name for name in op.program.targets if name in op.gradients]
    unreached = [name for name in in_order if name not in stopped.local_names]
    if not tensor.passed or tensor.name != next(iter(unreached), None) or not stopped.failure:
        return tensor
    where = f"On the case “{stopped.trial.run.case}” the code stops here: {stopped.failure.message}"
    return replace(tensor, verdict=verdict.SHAPE, message=where, explained_by="shape")


# ---------------------------------------------------------------- failures


def _failed(op: Op, error: Failure, tensors: list[Tensor] | None = None) -> Result:
    return Result(op.name, False, tuple(tensors or ()), error=error)


def _unfit(op: Op, backward: Callable[..., Any]) -> Failure | None:
    """Why a function can't be called by keyword with the names of this exercise."""
    try:
        parameters = inspect.signature(backward).parameters.values()
    except (TypeError, ValueError):
        return Failure("TypeError", "`backward` should be a Python function.")
    offered = _offered(unmasking(op)[0])
    required = [
        p.name
        for p in parameters
        if p.default is p.empty and p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)
    ]
    unknown = [name for name in required if name not in offered]
    if not unknown:
        return None
    known = [n for n in offered if n != "out" and len(n) < 16]
    return Failure(
        "TypeError",
        f"`backward` asks for {_listed(unknown)}, which {op.name} does not have. "
        f"It has {', '.join(known)}.",
        line=getattr(getattr(backward, "__code__", None), "co_firstlineno", None),
    )


def _file_of(backward: Callable[..., Any]) -> str:
    code = getattr(backward, "__code__", None)
    return code.co_filename if code is not None else ""


def failure(error: BaseException, filename: str) -> Failure:
    """An exception as the learner should see it: their own lines only, and what to look at."""
    line = _last_line(error.__traceback__, filename)
    text = linecache.getline(filename, line).strip() if line else ""
    if isinstance(error, SystemExit):
        said = "The code calls exit(): take it away, and let the function return."
        return Failure("SystemExit", said, line, text=text)
    try:
        message = str(error).strip() or type(error).__name__
    except Exception:  # an exception whose own text raises
        message = "it has no readable message"
    advice = _advice(error, message)
    return Failure(type(error).__name__, f"{message}{advice}", line, text=text)


def _last_line(traceback: TracebackType | None, filename: str) -> int | None:
    line = None
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == filename:
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line


def _advice(error: BaseException, message: str) -> str:
    if isinstance(error, RecursionError):
        return ". A function calls itself without end."
    if isinstance(error, MemoryError) or "array is too big" in message:  # in 32 bits
        return ". That array is far too large: look at the sizes it is made from."
    if isinstance(error, ValueError) and ("matmul" in message or "broadcast" in message):
        return ". The shapes do not fit: write the shape of every factor beside it."
    if isinstance(error, (EOFError, OSError)):
        return ". No input and no files are needed here: use the arguments."
    missing = getattr(error, "name", None) or ""
    if isinstance(error, (ImportError, NameError)) and missing.split(".")[0] == "torch":
        if find_spec("torch") is None:
            return ". Torch is not installed here: what comes in is NumPy's, or plain numbers."
        return ". Write `import torch` above the function."
    return ""


def _syntax_failure(error: SyntaxError, source: str) -> Failure:
    line = error.lineno
    lines = source.splitlines()
    text = lines[line - 1] if line and line <= len(lines) else (error.text or "").rstrip("\n")
    return Failure(type(error).__name__, f"{error.msg}.", line, error.offset, text)


def _no_backward(op: Op, source: str) -> Failure:
    names = [n.name for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef)]
    there = f"it defines {', '.join(names[:5])}" if names else "it defines no function"
    return Failure(
        "NameError",
        f"There is no function `backward`: {there}. "
        f"Begin with `def backward({op.upstream}, ...):`.",
    )
