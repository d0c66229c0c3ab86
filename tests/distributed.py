"""One process's part in tests/test_distributed.py, started by torchrun; it writes what it found.

python -m torch.distributed.run --nproc-per-node 2 tests/distributed.py FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import distributed as dist
from torch.distributed.nn import functional as passing
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel

from ninja.training import data, engines, network
from ninja.training.engines import Setup
from ninja.training.network import EPS, Sizes
from ninja.training.optimisers import adamw, sgd

BATCH, STEPS = 10, 8  # a batch that 4 processes can't share evenly
WORDS = ["anna", "bob", "carla", "dan", "eve", "frida", "gus", "hal", "ida", "joe", "kim", "leo"]


def setup(optimiser: Any = None) -> tuple[Setup, Any]:
    """What every process starts from, and the batches of all steps."""
    words = data.prepare(WORDS)
    sizes = Sizes(len(words.characters), H=6)
    theta, stream = network.initial(sizes, 1)
    batches = stream.integers(len(words.train), (STEPS, BATCH))
    return Setup(sizes, words.train, theta.astype("float64"), optimiser or sgd(), BATCH), batches


class Synchronised(torch.nn.Module):
    """The network as autograd sees it, with sums over all processes that it can go back through."""

    def __init__(self, setup: Setup) -> None:
        super().__init__()
        views = setup.sizes.views(setup.theta)
        self.p = torch.nn.ParameterDict({n: torch.tensor(v) for n, v in views.items()})

    def forward(self, Xb: torch.Tensor, Yb: torch.Tensor, N: int) -> torch.Tensor:
        p = self.p
        hprebn = p["C"][Xb].view(len(Xb), -1) @ p["W1"] + p["b1"]
        mean = passing.all_reduce(hprebn.sum(0)) / N
        var = passing.all_reduce(((hprebn - mean) ** 2).sum(0)) / (N - 1)
        hpreact = p["bngain"] * (hprebn - mean) / torch.sqrt(var + EPS) + p["bnbias"]
        logits = torch.tanh(hpreact) @ p["W2"] + p["b2"]
        # DistributedDataParallel takes the mean over the processes, we want the mean over the rows
        return F.cross_entropy(logits, Yb, reduction="sum") / N * dist.get_world_size()


def by_library(setup: Setup, rows: Any) -> dict[str, Any]:
    """The gradients of one batch, from DistributedDataParallel."""
    rank, workers = dist.get_rank(), dist.get_world_size()
    model = DistributedDataParallel(Synchronised(setup))
    Xb, Yb = (torch.tensor(x[rows[rank::workers]]) for x in (setup.train.X, setup.train.Y))
    model(Xb, Yb, len(rows)).backward()
    return {f"library.{n}": p.grad.numpy() for n, p in model.module.p.items()}


def main(folder: Path) -> None:
    """Compute everything, and write it to a file of this process's own."""
    found: dict[str, Any] = {}
    for name, optimiser in (("sgd", sgd()), ("adamw", adamw())):
        start, batches = setup(optimiser)
        engine = engines.load("distributed")(start)
        loss, gradients = engine.gradients(batches[0])
        found |= {f"ours.{n}": g for n, g in gradients.items()}
        found["loss"] = loss
        found[f"losses.{name}"] = engine.run(batches, [0.1] * STEPS, 1)
        found[f"theta.{name}"] = engine.vectors["theta"]
    found |= by_library(start, batches[0])
    found["any"] = [engine.any(engine.leads), engine.any(False)]
    found["leads"] = engine.leads
    np.savez(folder / f"{dist.get_rank()}.npz", **found)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
