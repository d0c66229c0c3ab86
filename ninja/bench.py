"""`bench checker`: how good and how fast the checker is, measured and printed.

The figures are those of `quality`; they are measured in several processes, the times afterwards,
when nothing else of ours runs.
"""

from __future__ import annotations

import importlib.util
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from ninja import quality
from ninja.check import check_source
from ninja.op import Mistake, Op
from ninja.quality import MutationRow, Share, unseen_rows
from ninja.records import OPS
from ninja.render import figures
from ninja.text import answer

Figure = Share | MutationRow
Job = Callable[[], Sequence[Figure]]
CHUNK = 250  # spoiled tensors in one job


@dataclass(frozen=True)
class Timing:
    """Median milliseconds of one thing that a learner waits for."""

    what: str
    median_ms: float
    slowest_ms: float
    goal_ms: float


@dataclass(frozen=True)
class Report:
    """All figures of the checker."""

    shares: tuple[Share, ...]
    mutation: tuple[MutationRow, ...]
    timings: tuple[Timing, ...]

    @property
    def holds(self) -> bool:
        """Whether each share reaches its goal and our own mutation score is 0 and 0.

        Times depend on the machine: they are shown, and decide nothing.
        """
        return all(s.holds for s in self.shares) and not any(
            row.wrong_accepted or row.right_rejected for row in self.ours
        )

    @property
    def ours(self) -> list[MutationRow]:
        return [row for row in self.mutation if row.checker.startswith("ours")]

    def as_json(self) -> dict[str, Any]:
        """The object that `bench checker --json` prints."""
        shares = [{**asdict(s), "share": s.share, "holds": s.holds} for s in self.shares]
        return {**asdict(self), "shares": shares, "holds": self.holds}


# ---------------------------------------------------------------- measuring


def measure(unseen: Path | None = None, quiet: bool = True) -> Report:
    """All figures; `unseen` is a JSON file of mistakes, the repository's own when None.

    Raises OSError or ValueError for a file that can't be read or does not fit the records.
    """
    unseen_rows(unseen)  # so that a bad file is refused here, not in another process
    figures = _all_figures(_jobs(unseen), quiet)
    mutation = [f for f in figures if isinstance(f, MutationRow)]
    return Report(
        tuple(merged(f for f in figures if isinstance(f, Share))),
        tuple(sorted(mutation, key=lambda row: row.checker.startswith("gradcheck"))),
        timings(unseen_rows(unseen)),
    )


def _jobs(unseen: Path | None, count: int = 1000) -> list[Job]:
    """What can be measured side by side, the longest first."""
    jobs: list[Job] = []
    if importlib.util.find_spec("torch"):
        jobs += [partial(_by_torch, unseen, fast) for fast in (False, True)]
    jobs.append(partial(_single_answers, unseen))
    for seed in range(count // CHUNK):
        jobs += [partial(_random, seed), partial(_noisy, seed)]
    return [*jobs, _others]


def _by_torch(unseen: Path | None, fast: bool) -> list[Figure]:
    return [quality.mutation_by_torch(unseen_rows(unseen), fast)]


def _single_answers(unseen: Path | None) -> list[Figure]:
    """What reads the same verdicts, each of which is computed once in a process."""
    rows = unseen_rows(unseen)
    return [
        *quality.catalogue(),
        *quality.unseen(rows),
        *quality.two_at_once(),
        *quality.mutation(rows),
    ]


def _random(seed: int) -> list[Figure]:
    return [quality.random_tensors(CHUNK, seed)]


def _noisy(seed: int) -> list[Figure]:
    return [quality.noisy_tensors(CHUNK, seed)]


def _others() -> list[Figure]:
    return [quality.bare(), quality.last_bits(), quality.accurate_forms()]


def _all_figures(jobs: Sequence[Job], quiet: bool) -> list[Figure]:
    """The figures of all jobs, measured on every core."""
    context = multiprocessing.get_context("spawn")  # threads of this process are not copied
    with ProcessPoolExecutor(os.cpu_count() or 1, mp_context=context) as pool:
        futures = [pool.submit(job) for job in jobs]
        done = track(as_completed(futures), "measuring", len(jobs), disable=quiet, transient=True)
        for future in done:
            future.result()  # a failed job is heard of at once
    return [figure for future in futures for figure in future.result()]


def merged(shares: Iterable[Share]) -> list[Share]:
    """Shares of the same thing added up."""
    found: dict[str, Share] = {}
    for share in shares:
        same = found.get(share.what, Share(share.what, 0, 0, share.goal))
        found[share.what] = Share(
            share.what, same.good + share.good, same.of + share.of, share.goal,
            same.failures + share.failures,
        )  # fmt: skip
    return list(found.values())


# ---------------------------------------------------------------- time


def timings(rows: Sequence[quality.Unseen]) -> tuple[Timing, ...]:
    """How long a learner waits for a check with its diagnosis of a wrong answer, warm.

    Medians over the mistakes of each record: those of the catalogue, which are found at once, and
    every fourth one never seen, for which all of the diagnosis runs.  At last `ninja check`, cold.
    """
    kinds = {
        "catalogue": quality.wrong_mistakes(),
        "never seen": [(row.op, row.mistake) for row in rows[::4]],
    }
    table: list[Timing] = []
    for kind, mistakes in kinds.items():
        took = _times(mistakes)
        ops = {name: times for name, times in took.items() if name in OPS}
        if ops:
            slowest = max(ops, key=lambda name: statistics.median(ops[name]))
            alike = [t for times in ops.values() for t in times]
            table.append(_timing(f"an operation, {kind}", alike, 50))
            table.append(_timing(f"the slowest, {slowest}, {kind}", ops[slowest], 50))
        nets = [name for name in took if name.startswith("makemore")]
        table += [_timing(f"{name}, {kind}", took[name], 300) for name in nets]
    return (*table, _timing("`ninja check` as a process", _process_times(), 700))


def _timing(what: str, times: Sequence[float], goal: float) -> Timing:
    return Timing(what, statistics.median(times), max(times), goal)


def _times(mistakes: Iterable[tuple[Op, Mistake]]) -> dict[str, list[float]]:
    """Milliseconds of the second check of each answer, by record."""
    found: dict[str, list[float]] = {}
    for op, mistake in mistakes:
        text = answer(op, mistake)
        quality.submitted(op, mistake)
        before = time.perf_counter()
        check_source(op, text)
        found.setdefault(op.name, []).append(1000 * (time.perf_counter() - before))
    return found


def _process_times(repeat: int = 7) -> list[float]:
    op = OPS["linear"]
    times = []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "linear.py"
        file.write_text(answer(op, op.mistakes[0]), encoding="utf-8")
        command = [sys.executable, "-m", "ninja", "check", op.name, str(file)]
        for _ in range(repeat):
            before = time.perf_counter()
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            times.append(1000 * (time.perf_counter() - before))
            if done.returncode != 1:
                raise RuntimeError(f"{' '.join(command)} exited {done.returncode}: {done.stderr}")
    return times


# ---------------------------------------------------------------- report


def checker(unseen: Path | None = None) -> int:
    """Print all figures and what fell short; exit code 0 when each reaches its goal."""
    console = Console()
    report = measure(unseen, quiet=not console.is_terminal)
    for table in _tables(report):
        console.print(table)
    rows: list[Share | MutationRow] = [*report.shares, *report.ours]
    for row in rows:
        if row.failures:
            what = row.what if isinstance(row, Share) else row.checker
            console.print(f"\n[bold]{what}[/]", highlight=False)
            for failure in row.failures:
                console.print(f"  {failure}", markup=False, highlight=False, soft_wrap=True)
    return 0 if report.holds else 1


def _tables(report: Report) -> Iterator[Table]:
    table = figures("The checker", "figure", "good", "of", "share", "goal")
    for s in report.shares:
        table.add_row(s.what, str(s.good), str(s.of), f"{s.share:.1%}", f"{s.goal:.0%}")
    yield table
    table = figures(
        "Mutation score", "checker", "wrong rules", "accepted", "right rules", "rejected"
    )
    for m in report.mutation:
        numbers = (m.wrong, m.wrong_accepted, m.right, m.right_rejected)
        table.add_row(m.checker, *map(str, numbers))
    yield table
    table = figures("Time", "what", "median ms", "slowest ms", "goal ms")
    for t in report.timings:
        table.add_row(t.what, f"{t.median_ms:.0f}", f"{t.slowest_ms:.0f}", f"{t.goal_ms:.0f}")
    yield table
