"""What the page asks of Python, and what Python answers: plain values that JSON can carry.

The page's worker calls `answer(method, arguments)`; the other functions are its methods.  A text
for people marks code with `backticks` and has a blank line between paragraphs; it is never HTML,
and may hold what the reader typed.  A number that JSON does not know comes as the string "NaN",
"Infinity" or "-Infinity", which JavaScript's `Number` reads.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import replace
from typing import Any

from ninja import compare, render, verdict
from ninja.check import (
    FILE_NAME,
    CanNotRun,
    attempt,
    check_function,
    compiled,
    failure,
    loaded,
)
from ninja.diagnose import quiet
from ninja.exercises import EXERCISES, Exercise, find
from ninja.guard import unpatched
from ninja.ladder import IDEA, NUMBERS, SHAPES
from ninja.limits import Beginning, TooLong, time_limit
from ninja.op import Op
from ninja.runs import nudged
from ninja.shapes import shape_of
from ninja.trials import Trial, unmasking
from ninja.verdict import Failure, Result, Tensor

Json = dict[str, Any]

SECONDS = 2.0  # that the lines of a reader may take; a loop in C is for the page to end
PRINTED = 4096  # characters of what the code prints
ENTRIES = 4096  # of a value that is drawn; what is due never has so many
STEP = 1e-5  # of the central difference, relative to the entry

_encode = json.JSONEncoder(allow_nan=False).encode  # kept: a reader may spoil that class


def answer(method: str, arguments: str) -> str:
    """Call one of the functions below by name, with JSON in and JSON out."""
    return _encode(METHODS[method](**json.loads(arguments)))


def check(exercise: str, source: str, seconds: float = SECONDS) -> Json:
    """Check a submission: the object of `check --json`, and what the page draws beside it.

    headline  the result in one line
    error     with `column` and `text` of the line, too
    ms        how long it took
    hint      the rung of the ladder to begin with, from 0
    next      the name of the exercise that follows, or null
    tensors   each with `mark` and `words` for its verdict, its `tone` (right, wrong or inherited),
              `explained_by`, and `picture`: null, or the trial that decided, under {"trial",
              "case", "shape", "truth", "yours_shape", "yours", "tolerance"}; truth and yours are
              flat lists (yours is null where it is no array of numbers, or a huge one), and
              entries that differ by no more than `tolerance` are alike
    """
    begun = time.perf_counter()
    known = find(exercise)
    unmasking(known.op)  # our own share of the work, before the clock starts
    printed = Beginning(PRINTED)
    pictures: dict[str, Json] = {}
    with _alone(printed):
        try:
            code = compiled(source)
            with time_limit(code, seconds), quiet():
                function = loaded(known.op, code, source)
                result = check_function(known.op, function)
                pictures = _pictures(known.op, function)
        except CanNotRun as reason:
            result = Result(known.name, False, error=reason.failure)
        except BaseException as error:
            result = Result(known.name, False, error=_stopped(error, seconds))
    result = replace(result, printed=printed.text)
    answered = result.as_json()
    for tensor, row in zip(result.tensors, answered["tensors"], strict=True):
        mark, words, _ = render.LOOKS[tensor.verdict]
        row |= {"mark": mark, "words": words, "tone": _tone(tensor)}
        row |= {"explained_by": tensor.explained_by, "picture": pictures.get(tensor.name)}
    if result.error is not None:
        answered["error"] |= {"column": result.error.column, "text": result.error.text}
    return answered | {
        "headline": render.headline(result).removeprefix(f"{known.name}: "),
        "ms": round(1000 * (time.perf_counter() - begun), 1),
        "hint": _rung(known, result),
        "next": _following(known),
    }


@contextmanager
def _alone(printed: Beginning) -> Iterator[None]:
    """Afterwards the modules are as they were, whatever the reader's code did to them."""
    modules = dict(sys.modules)
    limit = sys.getrecursionlimit()
    try:
        with unpatched(modules), redirect_stdout(printed), redirect_stderr(printed):
            yield
    finally:
        sys.modules.update(modules)
        sys.setrecursionlimit(limit)


def _stopped(error: BaseException, seconds: float) -> Failure:
    """Why a run was broken off: too long, or an exception that is no `Exception`."""
    found = failure(error, FILE_NAME)
    if isinstance(error, TooLong):
        said = (
            f"Still running after {seconds:g} seconds, in line {found.line}. Is there a loop that "
            "never ends?"
        )
        return replace(found, type="Timeout", message=said)
    if found.line is None:  # none of the reader's lines was running
        return replace(found, message=f"The check could not be finished: {found.message}")
    said = f"The code raised {found.type} itself. Let the function return instead."
    return replace(found, message=said)


def _pictures(op: Op, function: Callable[..., Any]) -> dict[str, Json]:
    """What came and what is due of each gradient, on the first trial where they differ."""
    drawn: dict[str, Json] = {}
    with redirect_stdout(Beginning(0)), redirect_stderr(Beginning(0)):
        tried = [attempt(function, trial) for trial in unmasking(op)]
    for name in op.gradients:
        each = [_picture(i, a.trial, name, a.values) for i, a in enumerate(tried)]
        drawn[name] = next((p for p, alike in each if not alike), each[0][0])
    return drawn


def _picture(index: int, trial: Trial, name: str, values: dict[str, Any]) -> tuple[Json, bool]:
    """One gradient on one trial, and whether it is as it should be."""
    truth = trial.truth[name]
    tolerance = compare.TOLERANCE * (trial.scale[name] or 1.0)
    drawn: Json = {
        "trial": index,
        "case": trial.run.case,
        "shape": list(shape_of(truth)),
        "truth": _numbers(truth),
        "tolerance": tolerance,
        "yours_shape": None,
        "yours": None,
    }
    try:
        yours = compare.as_form_of(compare.numbers(values.get(name)), truth)
    except compare.NotNumbers:
        return drawn, False
    if compare.is_single(values[name]):
        drawn["tolerance"] = tolerance = tolerance * compare.SINGLE / compare.TOLERANCE
    shape = shape_of(yours)
    drawn["yours_shape"] = list(shape)
    if math.prod(shape) <= ENTRIES:
        drawn["yours"] = _numbers(yours)
    return drawn, compare.gap(yours, truth) <= tolerance


def _numbers(x: Any) -> list[float | str]:
    return [_number(v) for v in compare.flat(x)]


def _number(x: float) -> float | str:
    """A number that JSON can carry."""
    if math.isfinite(x):
        return x
    return "NaN" if x != x else "Infinity" if x > 0 else "-Infinity"


def _tone(tensor: Tensor) -> str:
    if tensor.passed:
        return "right"
    return "inherited" if tensor.verdict == verdict.INHERITED else "wrong"


def _rung(exercise: Exercise, result: Result) -> int:
    """The hint to begin with: what is missing or misshapen is helped by shapes, a wrong line whose
    mistake is not known by tiny numbers, any other by the idea.
    """
    own = [t for t in result.tensors if not t.passed and t.verdict != verdict.INHERITED]
    if not own or own[0].verdict in (verdict.MISSING, verdict.SHAPE):
        kind = SHAPES
    elif own[0].explained_by in ("", "facts"):
        kind = NUMBERS
    else:
        kind = IDEA
    return [hint.kind for hint in exercise.hints].index(kind)


def _following(exercise: Exercise) -> str | None:
    names = list(EXERCISES)
    return next(iter(names[names.index(exercise.name) + 1 :]), None)


def probe(exercise: str, tensor: str, index: list[int], trial: int = 0) -> Json:
    """One entry of a gradient, measured by two forward passes, its value moved up and down.

    {"name", "index", "value", "step", "up", "down", "slope", "truth", "output"}: slope is
    (up - down) / (2 step), truth is the complex step's, and up and down are the sums of
    upstream times output.
    """
    of = unmasking(find(exercise).op)[trial]
    name, run = tensor.removeprefix("d"), of.run
    value, function = run.function_of(name)
    place = _place(index, shape_of(value))
    x = compare.flat(value)[place]
    step = STEP * max(1.0, abs(x))
    up, down = (float(run.weighted(function(nudged(value, place, s)))) for s in (step, -step))
    return {
        "name": name,
        "index": index,
        "value": x,
        "step": step,
        "up": up,
        "down": down,
        "slope": (up - down) / (2 * step),
        "truth": compare.flat(of.truth[tensor])[place],
        "output": run.op.signature.output,
    }


def _place(index: list[int], shape: tuple[int, ...]) -> int:
    place = 0
    for i, size in zip(index, shape, strict=True):
        place = place * size + i
    return place


def describe(exercise: str) -> Json:
    """What the page needs to know of an exercise before anything was typed.

    {"name", "title", "file_name", "starter", "solution", "gradients", "needs_numpy", "next",
    "hints": [{"kind", "title", "text"}], "pieces", "frame"}: the pieces are what the shuffled hint
    shows, and the frame is the solution's text before and after them.
    """
    known = find(exercise)
    return {
        "name": known.name,
        "title": known.title,
        "file_name": known.file_name,
        "starter": known.starter,
        "solution": known.solution,
        "gradients": list(known.op.gradients),
        "needs_numpy": not known.op.scalar,
        "next": _following(known),
        "hints": [vars(hint) for hint in known.hints],
        "pieces": known.pieces,
        "frame": known.frame,
    }


METHODS: dict[str, Callable[..., Json]] = {
    "check": check,
    "probe": probe,
    "describe": describe,
}
