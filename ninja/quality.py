"""How good the checker is, measured: on the catalogue, on mistakes it never saw, on noise.

Every wrong answer goes through the entry point that a learner's file goes through.  Each figure
brings the list of what failed, so that it can be mended.
"""

from __future__ import annotations

import copy
import importlib.util
import json
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations, islice
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ninja import verdict
from ninja.check import check_function, check_source
from ninja.exercises import find
from ninja.gradcheck import accepts
from ninja.op import Mistake, Op
from ninja.records import OPS, RECORDS
from ninja.text import answer, copyable
from ninja.trace import asked_for
from ninja.verdict import Failure, Result, Tensor

ALL = tuple(RECORDS.values())
BROKEN = frozenset({verdict.WRONG, verdict.SHAPE, verdict.NAN})
IN_SUBSTANCE = frozenset({"catalogue", "edit", "branches", "ratio", "shape"})
BUILT_IN = Path(__file__).parents[1] / "tests" / "unseen.py"

T = TypeVar("T")


@dataclass(frozen=True)
class Unseen:
    """A wrong line that no record lists: it takes the place of the line of `target`."""

    exercise: str
    target: str
    line: str
    kind: str = ""
    held_out: bool = False

    @property
    def op(self) -> Op:
        return RECORDS[self.exercise]

    @property
    def mistake(self) -> Mistake:
        """The row in the form that a submission is built from."""
        return Mistake("unseen", self.line, "")

    def __str__(self) -> str:
        """What a list of failures shows: a row that is held out keeps its line to itself."""
        return f"{self.exercise}: {'a line held out' if self.held_out else repr(self.line)}"


@dataclass(frozen=True)
class Share:
    """So many out of so many, what is hoped for, and those that fell short."""

    what: str
    good: int
    of: int
    goal: float
    failures: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        return self.good / self.of if self.of else 1.0

    @property
    def holds(self) -> bool:
        return self.share >= self.goal


@dataclass(frozen=True)
class MutationRow:
    """How many wrong rules one checker accepts, and how many right ones it rejects."""

    checker: str
    wrong: int
    wrong_accepted: int
    right: int
    right_rejected: int
    failures: tuple[str, ...] = ()


def share(what: str, goal: float, judged: Iterable[tuple[str, str]]) -> Share:
    """Count (name, complaint) pairs: an empty complaint is a success."""
    pairs = list(judged)
    failures = tuple(f"{name}: {complaint}" for name, complaint in pairs if complaint)
    return Share(what, len(pairs) - len(failures), len(pairs), goal, failures)


# ---------------------------------------------------------------- wrong answers


@cache
def submitted(op: Op, mistake: Mistake | None = None) -> Result:
    """The verdict on a whole answer with this one wrong line."""
    return _checked(check_source, op, answer(op, mistake))


def _checked(check: Callable[[Op, T], Result], op: Op, submission: T) -> Result:
    """The verdict on a text or a function; where the checker itself breaks, a result that says so.

    One crash is one failure in a list, and does not hide the figures of all other answers.
    """
    try:
        return check(op, submission)
    except Exception as error:
        said = f"the checker itself raised {type(error).__name__}: {error}"
        return Result(op.name, False, error=Failure("CheckerError", said))


def wrong_mistakes(records: Sequence[Op] = ALL) -> list[tuple[Op, Mistake]]:
    """Every catalogued mistake that is one."""
    return [(op, m) for op in records for m in op.mistakes if not m.harmless]


def harmless_variants(records: Sequence[Op] = ALL) -> list[tuple[Op, Mistake]]:
    """Every catalogued variant that is right in truth."""
    return [(op, m) for op in records for m in op.mistakes if m.harmless]


def own_tensor(op: Op, target: str, result: Result) -> Tensor | None:
    """The gradient to blame for a wrong line of `target`: its own, or the first that reads it.

    Where that one is well (the line changed what later lines read, say), the first broken one.
    """
    found = {t.name: t for t in result.tensors}
    own = found.get(_gradient_of(op, target))
    if own is not None and own.verdict in BROKEN:
        return own
    in_order = (found[n] for n in op.program.targets if n in found)
    return next((t for t in in_order if t.verdict in BROKEN), own)


def _gradient_of(op: Op, target: str) -> str:
    if target in op.gradients:
        return target
    lines = op.program.lines[op.program.targets[target] + 1 :]
    return next(_gradient_of(op, line.target) for line in lines if target in line.reads)


def ids(tensor: Tensor | None) -> set[str]:
    """The mistakes that a tensor was given the names of."""
    named = tensor.mistake if tensor is not None else None
    return set() if named is None else {named} if isinstance(named, str) else set(named)


# ---------------------------------------------------------------- catalogue


def catalogue(records: Sequence[Op] = ALL) -> tuple[Share, Share, Share]:
    """Named exactly or as the group of aliases; nothing named wrongly; harmless ones accepted."""
    named, rightly = [], []
    for op, mistake in wrong_mistakes(records):
        result = submitted(op, mistake)
        group = {mistake.id, *mistake.same_as}
        known = ids(own_tensor(op, mistake.target, result))
        name = f"{op.name} {mistake.id}"
        ok = mistake.id in known and known <= group and not result.passed
        named.append((name, "" if ok else f"named {sorted(known) or 'nothing'}"))
        others = set().union(*map(ids, result.tensors)) - group
        rightly.append((name, f"also named {sorted(others)}" if others else ""))
    return (
        share("catalogue named exactly or as its alias group", 1.0, named),
        share("catalogue: no other name given", 1.0, rightly),
        share("harmless variants accepted and said", 1.0, _harmless(records)),
    )


def _harmless(records: Sequence[Op]) -> Iterator[tuple[str, str]]:
    for op, mistake in harmless_variants(records):
        result = submitted(op, mistake)
        tensor = next((t for t in result.tensors if t.name == mistake.target), None)
        said = mistake.id in ids(tensor) and bool(tensor and tensor.message)
        complaint = "rejected" if not result.passed else "" if said else "not said"
        yield f"{op.name} {mistake.id}", complaint


@cache
def without_catalogue(op: Op) -> Op:
    """The same record with nothing to look mistakes up in."""
    bare = copy.copy(op)
    object.__setattr__(bare, "mistakes", ())
    return bare


def bare(step: int = 1) -> Share:
    """Every Mistake removed from the records: how much of the catalogue is still explained.

    With a `step`, only every so manyth mistake is tried.
    """
    judged = []
    for op, mistake in wrong_mistakes()[::step]:
        result = _checked(check_source, without_catalogue(op), answer(op, mistake))
        judged.append((f"{op.name} {mistake.id}", _unexplained(op, mistake.target, result)))
    return share("explained with every Mistake removed", 0.6, judged)


# ---------------------------------------------------------------- mistakes never seen


def unseen_rows(file: Path | None = None) -> tuple[Unseen, ...]:
    """The rows of a JSON file, [{exercise, target, line}, ...], or the repository's own.

    Raises ValueError for a row that no record can take, FileNotFoundError without any file.
    """
    if file is not None:
        rows = json.loads(file.read_text(encoding="utf-8"))
        return tuple(_row(file, i, row) for i, row in enumerate(rows))
    if not BUILT_IN.exists():
        raise FileNotFoundError(
            f"{BUILT_IN}: the built-in rows come with the repository, not with the installed "
            "package; give others with --unseen FILE.json"
        )
    spec = importlib.util.spec_from_file_location("ninja_unseen", BUILT_IN)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    rows = module.UNSEEN
    assert isinstance(rows, tuple)
    return rows


def _row(file: Path, index: int, row: dict[str, str]) -> Unseen:
    try:
        name = find(row["exercise"]).name
        found = Unseen(name, row["target"], row["line"], row.get("kind", ""))
        target = found.mistake.target
        known = found.op.program.targets
    except (LookupError, TypeError, ValueError, SyntaxError) as error:
        raise ValueError(f"{file}, row {index}: {type(error).__name__}: {error}") from error
    if target != found.target or target not in known:
        raise ValueError(
            f"{file}, row {index}: the line should end by assigning {found.target}, one of "
            f"{', '.join(known)}; it assigns {target}"
        )
    return found


def _unexplained(op: Op, target: str, result: Result) -> str:
    """Why a wrong answer does not count as explained in substance; "" when it does."""
    tensor = own_tensor(op, target, result)
    if result.passed:
        return "accepted"
    if tensor is not None and tensor.explained_by in IN_SUBSTANCE:
        return ""
    if any("in place" in note for note in result.notes):
        return ""
    if tensor is None:
        return f"stopped: {result.error.message}" if result.error else "no verdict"
    return f"{tensor.name} {tensor.verdict}, {tensor.explained_by or 'no explanation'}"


def unseen(rows: Sequence[Unseen]) -> tuple[Share, ...]:
    """Explained in substance, on the rows that may be tuned on and on those held out."""
    explained, named = [], []
    for row in rows:
        result = submitted(row.op, row.mistake)
        explained.append((row, _unexplained(row.op, row.target, result)))
        wrongly = ids(own_tensor(row.op, row.target, result))
        named.append((str(row), f"named {sorted(wrongly)}" if wrongly else ""))
    halves = {"tuned on": False, "held out": True} if any(r.held_out for r in rows) else {}
    return (
        share("unseen mistakes explained", 0.85, [(str(r), c) for r, c in explained]),
        *(
            share(f"unseen, {half}", 0.85, [(str(r), c) for r, c in explained if r.held_out is out])
            for half, out in halves.items()
        ),
        share("unseen: no catalogue name given", 1.0, named),
    )


# ---------------------------------------------------------------- noise


def random_tensors(count: int, seed: int = 0) -> Share:
    """No name for gradients that are random numbers of the right size."""
    rng = np.random.default_rng(seed)
    judged = islice(_misnamed(lambda g: _random(g, rng)), count)
    return share("random tensors: no false name", 1.0, judged)


def noisy_tensors(count: int, seed: int = 0) -> Share:
    """No name for right gradients with noise on them, or with their entries shuffled."""
    rng = np.random.default_rng(seed)

    def spoil(g: Any) -> Any:
        return _shuffled(g, rng) if rng.random() < 0.5 else _noisy(g, rng)

    return share("noisy or shuffled tensors: no false name", 1.0, islice(_misnamed(spoil), count))


def last_bits(seed: int = 0) -> Share:
    """Right gradients summed in another order, so that their last bits differ, are accepted."""
    return share("other last bits accepted", 1.0, _rounded(np.random.default_rng(seed)))


def _misnamed(spoil: Callable[[Any], Any]) -> Iterator[tuple[str, str]]:
    for op, tensor in _rounds(spoil):
        falsely = ids(tensor) or tensor.explained_by not in ("facts", "")
        by = f"{tensor.mistake or 'no id'} by {tensor.explained_by}: {tensor.message}"
        yield f"{op.name} {tensor.name}", by if falsely else ""


def _rounds(spoil: Callable[[Any], Any]) -> Iterator[tuple[Op, Tensor]]:
    """Every gradient of every record spoiled, again and again; those that are not right."""
    while True:
        for op in ALL:
            result = _checked(check_function, op, _spoiled(op, spoil))
            yield from ((op, t) for t in result.tensors if t.verdict in BROKEN)
            if result.error is not None:
                yield op, Tensor("*", verdict.WRONG, message=result.error.message, explained_by="-")


def _spoiled(op: Op, spoil: Callable[[Any], Any]) -> Callable[..., Any]:
    """The right backward pass with each gradient spoiled after it is done."""

    def backward(**names: Any) -> tuple[Any, ...]:
        return tuple(spoil(g) for g in op.plain_backward(**asked_for(op.plain_backward, names)))

    return backward


def _spread_over(g: Any, change: Callable[[np.ndarray], np.ndarray]) -> Any:
    """`change` applied to the numbers of an array, a list or a single number, in its form."""
    changed = change(np.asarray(g, dtype=float))
    if isinstance(g, list):
        return changed.tolist()
    return changed if isinstance(g, np.ndarray) else float(changed)


def _random(g: Any, rng: np.random.Generator) -> Any:
    return _spread_over(g, lambda x: (np.abs(x).max() or 1.0) * rng.standard_normal(x.shape))


def _noisy(g: Any, rng: np.random.Generator) -> Any:
    """Every entry off by a few per mille of the largest."""
    return _spread_over(
        g, lambda x: x + 3e-3 * (np.abs(x).max() or 1.0) * rng.standard_normal(x.shape)
    )


def _shuffled(g: Any, rng: np.random.Generator) -> Any:
    return _spread_over(g, lambda x: rng.permutation(x.ravel()).reshape(x.shape))


def _rounded(rng: np.random.Generator) -> Iterator[tuple[str, str]]:
    """What another order of summation does: the last few bits differ."""

    def moved(g: Any) -> Any:
        return _spread_over(g, lambda x: x * (1 + 4e-16 * rng.integers(-2, 3, x.shape)))

    for op in ALL:
        result = _checked(check_function, op, _spoiled(op, moved))
        bad = [t.name for t in result.tensors if not t.passed]
        yield op.name, f"{bad} rejected" if bad else ""


# ---------------------------------------------------------------- two at once


def two_at_once(limit: int = 200) -> tuple[Share, Share]:
    """Pairs of mistakes on different lines of the networks: both found, both named."""
    located, named = [], []
    for op, a, b in _pairs(limit):
        result = _checked(check_source, op, _both(op, a, b))
        tensors = {t.name: t for t in result.tensors}
        own = {_gradient_of(op, m.target): m for m in (a, b)}
        if len(own) < 2 or _stops(op, a) or _stops(op, b):
            continue
        name = f"{op.name} {a.id} + {b.id}"
        missed = [n for n in own if n not in tensors or tensors[n].verdict not in BROKEN]
        others = [n for n, t in tensors.items() if t.verdict in BROKEN and n not in own]
        complaint = f"not found: {missed}" if missed else f"also blamed: {others}" if others else ""
        located.append((name, complaint))
        for gradient, mistake in own.items():
            if mistake.id in ids(own_tensor(op, mistake.target, submitted(op, mistake))):
                said = mistake.id in ids(tensors.get(gradient))
                named.append((f"{name}, {gradient}", "" if said else "not named"))
    return (
        share("two at once: both located", 0.95, located),
        share("two at once: named when each alone would be", 0.95, named),
    )


def _pairs(limit: int) -> list[tuple[Op, Mistake, Mistake]]:
    """Random pairs, as many from the MLPs as from makemore."""
    rng = random.Random(0)
    chosen: list[tuple[Op, Mistake, Mistake]] = []
    for family in ("mlp", "makemore"):
        pairs = [
            (op, a, b)
            for op in ALL
            if op.name.partition("-")[0] == family
            for a, b in combinations([m for m in op.mistakes if not m.harmless], 2)
            if a.target != b.target
        ]
        chosen += rng.sample(pairs, min(limit // 2, len(pairs)))
    return chosen


def _both(op: Op, a: Mistake, b: Mistake) -> str:
    """A whole answer with both wrong lines: the later one is put in place first."""
    first, later = sorted((a, b), key=lambda m: op.program.targets[m.target])
    twice = copy.copy(op.program)
    twice.source = op.program.replaced(later.target, later.line)
    mixed = copy.copy(op)
    mixed.__dict__["program"] = twice
    return answer(mixed, first)


def _stops(op: Op, mistake: Mistake) -> bool:
    return submitted(op, mistake).error is not None


# ---------------------------------------------------------------- mutation score


def mutation(
    rows: Sequence[Unseen], records: Sequence[Op] = ALL
) -> tuple[MutationRow, MutationRow]:
    """Wrong rules that our checker accepts and right ones that it rejects.

    The second row is on the operations alone, for comparison with `mutation_by_torch`.
    """
    wrong, right = _rules(rows, records)
    return (
        _score("ours, everything", wrong, right, _accepted),
        _score("ours, operations", _of_ops(wrong), _of_ops(right), _accepted),
    )


def mutation_by_torch(rows: Sequence[Unseen], fast: bool) -> MutationRow:
    """The same rules and inputs under torch's gradcheck.

    It takes operations, not networks with named intermediates.  Raises ImportError without torch.
    """

    def accepted(op: Op, mistake: Mistake | None) -> bool:
        return accepts(op, answer(op, mistake), fast)

    wrong, right = _rules(rows, ALL)
    name = f"gradcheck, {'fast' if fast else 'slow'}"
    return _score(name, _of_ops(wrong), _of_ops(right), accepted)


def _rules(
    rows: Sequence[Unseen], records: Sequence[Op]
) -> tuple[list[tuple[Op, Mistake]], list[tuple[Op, Mistake | None]]]:
    """All wrong rules, and all right ones: the references (None) and the harmless variants."""
    right: list[tuple[Op, Mistake | None]] = [(op, None) for op in records]
    right += harmless_variants(records)
    return [*wrong_mistakes(records), *((row.op, row.mistake) for row in rows)], right


def _of_ops(rules: Sequence[tuple[Op, T]]) -> list[tuple[Op, T]]:
    return [(op, rule) for op, rule in rules if op.name in OPS]


def _accepted(op: Op, mistake: Mistake | None) -> bool:
    return submitted(op, mistake).passed


def _score(
    checker: str,
    wrong: Sequence[tuple[Op, Mistake]],
    right: Sequence[tuple[Op, Mistake | None]],
    accepted: Callable[[Op, Mistake | None], bool],
) -> MutationRow:
    let_through = [
        f"{op.name}: {mistake.line!r} accepted" for op, mistake in wrong if accepted(op, mistake)
    ]
    refused = [
        f"{op.name}: {mistake.line if mistake else 'the reference'!r} rejected"
        for op, mistake in right
        if not accepted(op, mistake)
    ]
    return MutationRow(
        checker, len(wrong), len(let_through), len(right), len(refused), (*let_through, *refused)
    )


def accurate_forms() -> Share:
    """The forms with better accuracy in float32 are right answers, too."""
    judged = []
    for op in ALL:
        if op.backward_accurate is not None:
            text = copyable(op.backward_accurate).replace("def backward_accurate", "def backward")
            passed = _checked(check_source, op, text).passed
            judged.append((op.name, "" if passed else "rejected"))
    return share("accurate forms accepted", 1.0, judged)
