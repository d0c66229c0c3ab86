"""`bench workers`: what a step costs on one, two and four processes, measured and worked out."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from ninja.training import bench, data, network
from ninja.training.engines import NoEngine
from ninja.training.network import Sizes

WORKERS = (1, 2, 4)
CASES = ((32, 200), (4096, 200), (4096, 1024))  # batch and hidden units
TURNS = 5
SECONDS = 120  # that one measurement may take
NUMBER = 4  # bytes of a float32


@dataclass(frozen=True)
class Row:
    """The median wall time of a step, beside that of the torch engine in one process alone."""

    workers: int
    batch: int
    hidden: int
    milliseconds: float
    times_faster: float
    bytes_sent: int


def bytes_sent(sizes: Sizes, workers: int) -> int:
    """What each worker sends in one step, when sums go round in a ring.

    A ring sends each number on 2 (w − 1) / w times for each worker: once round to add up, once
    round to tell the sum.  The statistics of batch normalization, two numbers for each hidden
    unit, go to each of the others.  Source: Patarasuk and Yuan, Bandwidth optimal all-reduce
    algorithms for clusters of workstations (2009).

    >>> bytes_sent(Sizes(V=27), 1), bytes_sent(Sizes(V=27), 2), bytes_sent(Sizes(V=27), 4)
    (0, 50788, 78582)
    """
    gradients = NUMBER * sizes.count * 2 * (workers - 1) // workers
    statistics_of_norm = NUMBER * 2 * sizes.H * (workers - 1)
    return gradients + statistics_of_norm


def step_seconds(
    sizes: Sizes, batch: int, workers: int, rate: float, latency: float, bandwidth: float
) -> float:
    """A step on paper: each worker's share of the arithmetic, then what passes between them.

    rate       multiplications and additions a second of one worker
    latency    seconds that a message takes, however short; a ring of w has 2 (w − 1) for each sum
    bandwidth  bytes a second between two workers

    Nothing is assumed to overlap, so this is what it costs at most.

    >>> alone = step_seconds(Sizes(V=27), 32, 1, rate=1e10, latency=5e-5, bandwidth=1e9)
    >>> four = step_seconds(Sizes(V=27), 32, 4, rate=1e10, latency=5e-5, bandwidth=1e9)
    >>> four > alone  # at the lecture's size, waiting costs more than computing
    True
    """
    arithmetic = 6 * batch * sizes.count / rate / workers
    rounds = 4 * 2 * (workers - 1) + (workers - 1)  # four sums, and the statistics
    return arithmetic + rounds * latency + bytes_sent(sizes, workers) / bandwidth


# ---------------------------------------------------------------- measuring


def run(as_json: bool) -> int:
    """Measure and print."""
    console = Console(stderr=as_json)
    rows = measure(quiet=not console.is_terminal)
    if as_json:
        found = {"machine": bench.this_machine(), "workers": [asdict(row) for row in rows]}
        print(json.dumps(found, indent=1))
        return 0
    table = Table(title="One step on several processes of this machine")
    for column in ("batch", "hidden", "workers", "ms", "times", "kB sent by each"):
        table.add_column(column, justify="right")
    for row in rows:
        table.add_row(
            str(row.batch), str(row.hidden), str(row.workers), f"{row.milliseconds:.2f}",
            f"{row.times_faster:.2f}", f"{row.bytes_sent / 1000:.0f}",
        )  # fmt: skip
    console.print(table)
    return 0


def measure(quiet: bool = True) -> list[Row]:
    """Each case on each number of processes, one after the other."""
    jobs = [(batch, hidden, workers) for batch, hidden in CASES for workers in WORKERS]
    rows = []
    alone = 0.0
    for batch, hidden, workers in track(jobs, "measuring", disable=quiet, transient=True):
        took = _started(workers, batch, hidden)
        alone = took if workers == 1 else alone
        sent = bytes_sent(Sizes(V=27, H=hidden), workers)
        rows.append(Row(workers, batch, hidden, 1000 * took, alone / took, sent))
    return rows


def _started(workers: int, batch: int, hidden: int) -> float:
    """Seconds of a step; for one worker of the torch engine, which has nobody to wait for."""
    engine = "torch" if workers == 1 else "distributed"
    job = ["-m", "ninja.training.workers", engine, str(batch), str(hidden)]
    launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={workers}"]
    command = [sys.executable, *(launcher if workers > 1 else []), *job]
    done = subprocess.run(
        command, env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True,
        timeout=SECONDS, check=False,
    )  # fmt: skip
    if done.returncode:
        raise NoEngine(f"{workers} processes can't be measured here: {done.stderr[-500:]}")
    return float(done.stdout)


def main(engine: str, batch: int, hidden: int) -> None:
    """One process's part in a measurement; the first one prints the seconds."""
    words = data.prepare(data.read())
    sizes = Sizes(len(words.characters), H=hidden)
    steps = max(2, min(50, int(1e9 / (6 * batch * sizes.count))))
    ready = bench.engine(engine, words, batch, sizes)
    batches: Any = network.initial(sizes, bench.SEED)[1].integers(len(words.train), (steps, batch))
    times = []
    for _ in range(TURNS):
        before = time.perf_counter()
        ready.run(batches, [0.1] * steps, 1)
        times.append((time.perf_counter() - before) / steps)
    if ready.leads:
        print(statistics.median(times))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
