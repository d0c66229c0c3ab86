"""Several processes train as one: the same numbers, and a clear end when one of them dies."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from ninja.training import engines
from ninja.training.network import Sizes
from ninja.training.optimisers import adamw, sgd
from ninja.training.run import Training
from ninja.training.workers import bytes_sent, step_seconds

HERE = Path(__file__).parent
ENVIRON = {**os.environ, "PYTHONPATH": str(HERE.parent), "OMP_NUM_THREADS": "1"}
WORKER = HERE / "distributed.py"
DEADLINE = 240


def torchrun(workers: int, *arguments: str) -> list[str]:
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    return [*launcher, f"--nproc-per-node={workers}", *arguments]


def worker_module():
    spec = importlib.util.spec_from_file_location("distributed_worker", WORKER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("workers", [2, 4])
def test_several_processes_are_as_one(workers, tmp_path):
    """One job for all that is asked: most of its time is the start of the processes."""
    done = subprocess.run(
        torchrun(workers, str(WORKER), str(tmp_path)), env=ENVIRON, text=True, capture_output=True,
        timeout=DEADLINE, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = [dict(np.load(tmp_path / f"{rank}.npz")) for rank in range(workers)]
    the_gradients_are_those_of_the_gathered_batch(found)
    the_gradients_are_those_of_distributed_data_parallel(found)
    many_steps_are_those_of_one_process(found, sgd)
    many_steps_are_those_of_one_process(found, adamw)
    one_leads_and_a_flag_reaches_all(found)


def the_gradients_are_those_of_the_gathered_batch(found):
    setup, batches = worker_module().setup()
    loss, want = engines.load("autograd")(setup).gradients(batches[0])
    for worker in found:
        assert abs(worker["loss"] - loss) < 1e-12
        for name, gradient in want.items():
            assert np.abs(worker[f"ours.{name}"] - gradient).max() < 1e-12, name


def the_gradients_are_those_of_distributed_data_parallel(found):
    for worker in found:
        for name in worker_module().setup()[0].sizes.shapes:
            assert np.abs(worker[f"ours.{name}"] - worker[f"library.{name}"]).max() < 1e-12, name


def many_steps_are_those_of_one_process(found, optimiser):
    name = optimiser.__name__
    setup, batches = worker_module().setup(optimiser())
    alone = engines.load("torch")(setup)
    losses = alone.run(batches, [0.1] * len(batches), 1)
    for worker in found:
        assert np.abs(worker[f"losses.{name}"] - losses).max() < 1e-12
        apart = np.abs(worker[f"theta.{name}"] - alone.vectors["theta"])
        if name == "adamw":  # b1's gradient is rounding, which AdamW makes whole steps of
            apart[setup.sizes.parts["b1"]] = 0
        assert apart.max() < 1e-12
        assert (worker[f"theta.{name}"] == found[0][f"theta.{name}"]).all()


def one_leads_and_a_flag_reaches_all(found):
    assert [bool(worker["leads"]) for worker in found] == [True] + [False] * (len(found) - 1)
    assert all(worker["any"].tolist() == [True, False] for worker in found)


def test_a_worker_that_dies_ends_the_job_which_can_be_resumed(tmp_path):
    train = ["-m", "backprop_ninja", "train", "--engine", "distributed"]
    settings = ["--hidden", "16", "--batch", "8", "--save", "run", "--save-every", "200"]
    with (tmp_path / "log").open("w") as log:
        job = subprocess.Popen(
            torchrun(2, *train, *settings), env=ENVIRON, cwd=tmp_path, stdout=log, stderr=log
        )
    deadline = time.monotonic() + DEADLINE
    while not (tmp_path / "run").exists() and time.monotonic() < deadline:
        os.sched_yield()
    os.kill(_children(job.pid)[-1], signal.SIGKILL)
    assert job.wait(DEADLINE) == 1
    assert "can't reach another one, which has died or hangs" in (tmp_path / "log").read_text()
    reached = Training.load(tmp_path / "run", engine="torch")
    assert reached.step >= 200
    assert reached.step % 200 == 0
    assert reached.advance(10).shape == (10,)


def _children(pid: int) -> list[int]:
    told = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in told.split()]


def test_on_paper_more_workers_pay_only_when_there_is_enough_to_do():
    network = {"rate": 1e10, "latency": 5e-5, "bandwidth": 1e9}
    small, large = Sizes(V=27), Sizes(V=27, H=4096)
    assert step_seconds(small, 32, 4, **network) > step_seconds(small, 32, 1, **network)
    assert step_seconds(large, 4096, 4, **network) < 0.3 * step_seconds(large, 4096, 1, **network)
    assert bytes_sent(large, 1) == 0
