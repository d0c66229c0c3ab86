"""`bench killed`: what a job of two processes says when one is killed, and how it goes on."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

from ninja.training.bench import this_machine

KEPT = "names.safetensors"
TRAIN = "train --engine distributed"
FIRST = f"{TRAIN} --steps 3000 --save {KEPT} --save-every 1000"
AGAIN = f"{TRAIN} --resume {KEPT} --samples 5"
LAUNCHER = "torchrun --standalone --nproc-per-node 2"
PATIENCE = 120  # seconds until the first checkpoint
ACCOUNT = re.compile(r"[EWI]\d{4} |\(\[")  # where torch and torchrun begin to tell their side
COLUMNS = 64


def run(as_json: bool) -> int:
    """Show it, or print it as an object."""
    shown = terminal()
    print(
        json.dumps({"machine": this_machine(), "terminal": shown}, indent=1) if as_json else shown
    )
    return 0


def terminal() -> str:
    """Start the job, kill a worker once there is a checkpoint, and resume."""
    with tempfile.TemporaryDirectory() as folder:
        job = _start(FIRST, folder)
        _wait_for(Path(folder) / KEPT, job)
        worker = _workers_of(job.pid)[-1]
        os.kill(worker, signal.SIGKILL)
        first = job.communicate()[0]
        again = _start(AGAIN, folder).communicate()[0]
    said = ((FIRST, first), (AGAIN, again))
    return "\n".join(line for command, output in said for line in _shown(command, output))


def _start(command: str, folder: str) -> subprocess.Popen[str]:
    launcher = [sys.executable, "-m", "torch.distributed.run", *LAUNCHER.split()[1:]]
    return subprocess.Popen(
        [*launcher, "-m", "backprop_ninja", *command.split()], cwd=folder, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": str(COLUMNS)},
    )  # fmt: skip


def _wait_for(file: Path, job: subprocess.Popen[str]) -> None:
    """Raises RuntimeError when the job ends, or the time, before there is a checkpoint."""
    end = time.monotonic() + PATIENCE
    while not file.exists():
        if job.poll() is not None or time.monotonic() > end:
            job.kill()
            raise RuntimeError(f"the job has kept nothing in {file.name}: {job.communicate()[0]}")
        time.sleep(0.1)


def _workers_of(pid: int) -> list[int]:
    """The processes that torchrun has started, in order."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8")
    return [int(child) for child in found.split()]


def _shown(command: str, output: str) -> Iterator[str]:
    """The command and what it printed, up to where torchrun explains that it has failed."""
    yield f"$ {LAUNCHER} \\"
    yield f"    -m backprop_ninja {command}"
    for line in output.splitlines():
        if ACCOUNT.match(line):
            yield "..."
            return
        yield from textwrap.wrap(line, COLUMNS) or [""]
