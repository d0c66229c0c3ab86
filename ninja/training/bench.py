"""`bench train`: how fast the engines are and how much memory they need, beside torch's autograd.

Engines take turns, so that whatever else the machine does slows all of them alike; times are of
the processor, on one thread, and the figure is the median over the turns.
"""

from __future__ import annotations

import json
import math
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from ninja.render import figures
from ninja.training import data, engines, network
from ninja.training.engines import Engine, NoEngine, Setup
from ninja.training.network import Sizes
from ninja.training.optimisers import sgd

SEED = 2147483647
TURNS = 7
BASELINE = "autograd"
LARGEST = (4096, 1024)  # batch and hidden units where memory is compared
GROWTH = ((32, 64), (32, 200), (32, 1024), (256, 200), (256, 1024), (4096, 200), LARGEST)
BATCHES = (32, 256, 2048, 16384)  # for cross-entropy
CLASSES = 27


@dataclass(frozen=True)
class Speed:
    """The median time of one step, and how many times it goes into that of the baseline."""

    engine: str
    batch: int
    hidden: int
    microseconds: float
    times_faster: float


@dataclass(frozen=True)
class Memory:
    """What steps need beside the parameters and the data, and as a share of the baseline's."""

    engine: str
    batch: int
    hidden: int
    megabytes: float
    share: float


@dataclass(frozen=True)
class Fused:
    """Loss and gradient of cross-entropy at the logits: p − y by hand beside torch's own."""

    batch: int
    by_hand_microseconds: float
    torch_microseconds: float
    times_faster: float


@dataclass(frozen=True)
class Goal:
    """A figure and what it should be at least (or at most, for a share of memory)."""

    what: str
    found: float
    goal: float
    holds: bool


@dataclass(frozen=True)
class Report:
    """All figures, with the machine and the day that they come from."""

    machine: dict[str, str]
    speed: tuple[Speed, ...]
    memory: tuple[Memory, ...]
    cross_entropy: tuple[Fused, ...]

    @property
    def goals(self) -> list[Goal]:
        """What was hoped for, where it was measured."""
        at_32 = {(s.engine, s.hidden): s.times_faster for s in self.speed if s.batch == 32}
        wanted = {
            ("numpy", 200): 3.6, ("torch", 200): 2.4, ("numba", 200): 9.5, ("numba", 64): 14.0,
        }  # fmt: skip
        found = [
            Goal(f"{engine}, hidden {hidden}, times faster", at_32[engine, hidden], goal,
                 at_32[engine, hidden] >= goal)
            for (engine, hidden), goal in wanted.items()
            if (engine, hidden) in at_32
        ]  # fmt: skip
        found += [
            Goal(f"{m.engine}, share of autograd's memory", m.share, 0.52, m.share <= 0.52)
            for m in self.memory
            if m.engine != BASELINE
        ]
        if self.cross_entropy:
            slowest = min(row.times_faster for row in self.cross_entropy)
            found.append(Goal("p − y at 27 classes, times faster", slowest, 1.0, slowest >= 1.0))
        return found

    def as_json(self) -> dict[str, Any]:
        """The object that `bench train --json` prints."""
        return {**asdict(self), "goals": [asdict(goal) for goal in self.goals]}


def run(as_json: bool) -> int:
    """Measure and print; goals that are missed are shown, and decide nothing: machines differ."""
    console = Console(stderr=as_json)
    report = measure(quiet=not console.is_terminal)
    if as_json:
        print(json.dumps(report.as_json(), indent=1, allow_nan=False))
        return 0
    for table in _tables(report):
        console.print(table)
    return 0


def measure(quiet: bool = True, growth: Sequence[tuple[int, int]] = GROWTH) -> Report:
    """All figures; `growth` are the pairs of batch and hidden units."""
    words = data.prepare(data.read())
    speed: list[Speed] = []
    for batch, hidden in track(growth, "steps", disable=quiet, transient=True):
        speed += step_times(words, batch, hidden)
    usable = list(dict.fromkeys(row.engine for row in speed))
    return Report(this_machine(), tuple(speed), tuple(memory(usable)), tuple(cross_entropy()))


# ---------------------------------------------------------------- time


def step_times(words: data.Data, batch: int, hidden: int) -> list[Speed]:
    """The time of a step of every engine that can run here."""
    sizes = Sizes(len(words.characters), H=hidden)
    ready = dict(_engines(words, batch, sizes))
    stream = network.initial(sizes, SEED)[1]
    steps = max(1, min(300, int(1e9 / (6 * batch * sizes.count))))
    batches = stream.integers(len(words.train), (steps, batch))
    rates = [0.1] * steps
    jobs = {name: _job(ready[name], batches, rates) for name in ready}
    medians = interleaved(jobs, TURNS)
    base = medians.get(BASELINE, math.nan)
    return [
        Speed(name, batch, hidden, took / steps * 1e6, base / took)
        for name, took in medians.items()
    ]


def _job(engine: Engine, batches: Any, rates: list[float]) -> Callable[[], object]:
    return lambda: engine.run(batches, rates, 1)


def _engines(words: data.Data, batch: int, sizes: Sizes) -> Iterator[tuple[str, Engine]]:
    for name in engines.names():
        try:
            yield name, engine(name, words, batch, sizes)
        except NoEngine:  # not installed, or not alone
            continue


def engine(name: str, words: data.Data, batch: int, sizes: Sizes) -> Engine:
    """An engine as the lecture's run begins.  Raises NoEngine when it can't run here."""
    theta, _ = network.initial(sizes, SEED)
    return engines.load(name)(Setup(sizes, words.train, theta, sgd(), batch))


def interleaved(jobs: Mapping[str, Callable[[], object]], turns: int) -> dict[str, float]:
    """The median processor time of each job in seconds; a first turn, to warm up, is left out."""
    with engines.one_thread():
        times: dict[str, list[float]] = {name: [] for name in jobs}
        for turn in range(turns + 1):
            for name, job in jobs.items():
                before = time.process_time()
                job()
                if turn:
                    times[name].append(time.process_time() - before)
    return {name: statistics.median(found) for name, found in times.items()}


def cross_entropy() -> Iterator[Fused]:
    """Loss and p − y by hand in torch, beside `F.cross_entropy` and its backward pass.

    By hand, they are written into memory that is there from one step to the next.
    """
    try:
        from ninja.training.engines import torch as by_hand
    except ModuleNotFoundError:
        return
    import torch
    from torch.nn import functional as F

    for batch in BATCHES:
        logits = torch.randn((batch, CLASSES), generator=torch.Generator().manual_seed(SEED))
        targets = torch.arange(batch) % CLASSES
        leaf = logits.clone().requires_grad_()
        kept = torch.empty_like(logits)
        repeat = max(3, 200_000 // batch)

        def hand(logits: Any = logits, targets: Any = targets, kept: Any = kept) -> None:
            by_hand.cross_entropy(logits, targets, out=kept)

        def library(leaf: Any = leaf, targets: Any = targets) -> None:
            leaf.grad = None
            F.cross_entropy(leaf, targets).backward()

        jobs = {"hand": _repeated(hand, repeat), "library": _repeated(library, repeat)}
        took = interleaved(jobs, TURNS)
        by_hand_us, library_us = (took[name] / repeat * 1e6 for name in jobs)
        yield Fused(batch, by_hand_us, library_us, library_us / by_hand_us)


def _repeated(job: Callable[[], object], times: int) -> Callable[[], object]:
    return lambda: [job() for _ in range(times)]


# ---------------------------------------------------------------- memory

# Run in a process of its own: the highest memory use that Linux remembers, beyond what there was.
PROBE = """
import sys
from pathlib import Path
from ninja.training import bench, data, network

def used(what):
    status = Path("/proc/self/status").read_text().split()
    return int(status[status.index(what) + 1]) / 1024

name, batch, hidden = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
words = data.prepare(data.read())
sizes = network.Sizes(len(words.characters), H=hidden)
engine = bench.engine(name, words, batch, sizes)
rows = network.initial(sizes, bench.SEED)[1].integers(len(words.train), (2, batch))
engine.run(rows[:1, :32] if name != "numba" else rows[:0], [0.1] * (name != "numba"), 1)
Path("/proc/self/clear_refs").write_text("5")
before = used("VmRSS:")
engine.run(rows, [0.1, 0.1], 1)
print(used("VmHWM:") - before)
"""


def memory(names: Iterable[str], batch: int = LARGEST[0], hidden: int = LARGEST[1]) -> list[Memory]:
    """What two steps of each engine need at their peak; nothing where there is no /proc."""
    if not Path("/proc/self/clear_refs").exists():
        return []
    peaks = {}
    for name in names:
        command = [sys.executable, "-c", PROBE, name, str(batch), str(hidden)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"the memory of {name} can't be measured: {done.stderr}")
        peaks[name] = float(done.stdout)
    base = peaks.get(BASELINE, math.nan)
    return [Memory(name, batch, hidden, peak, peak / base) for name, peak in peaks.items()]


# ---------------------------------------------------------------- report


def this_machine() -> dict[str, str]:
    """What a figure depends on beside the code, and the day."""
    found = {
        "date": datetime.now(UTC).date().isoformat(),
        "processor": _processor(),
        "python": platform.python_version(),
    }
    for package in ("numpy", "numba", "torch"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0]}, {len(names)} cores" if names else platform.machine()


def _tables(report: Report) -> Iterator[Table]:
    title = ", ".join(f"{name} {value}" for name, value in report.machine.items())
    table = figures(f"One training step ({title})", "engine", "batch", "hidden", "µs", "times")
    for s in report.speed:
        table.add_row(
            s.engine, str(s.batch), str(s.hidden), f"{s.microseconds:.1f}", f"{s.times_faster:.2f}"
        )
    yield table
    table = figures("Memory at the peak", "engine", "batch", "hidden", "MB", "of autograd's")
    for m in report.memory:
        table.add_row(m.engine, str(m.batch), str(m.hidden), f"{m.megabytes:.0f}", f"{m.share:.2f}")
    yield table
    table = figures("p − y, 27 classes", "batch", "by hand µs", "torch µs", "times")
    for row in report.cross_entropy:
        table.add_row(
            str(row.batch), f"{row.by_hand_microseconds:.1f}", f"{row.torch_microseconds:.1f}",
            f"{row.times_faster:.2f}",
        )  # fmt: skip
    yield table
    table = figures("Goals", "figure", "found", "goal", "")
    for goal in report.goals:
        table.add_row(
            goal.what, f"{goal.found:.2f}", f"{goal.goal:.2f}", "" if goal.holds else "missed"
        )
    yield table
