"""Data parallel training in torch with the gradients by hand, for as many processes as you like.

    torchrun --nproc-per-node 2 -m backprop_ninja train --engine distributed

Every process has all parameters and a share of each batch.  Two things have to pass between them:
the gradients, which are summed, and the statistics of batch normalization, forward and backward,
because each row's output depends on the whole batch.  Then all take the same step.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import numpy as np
import torch
from torch import distributed as dist
from torch.nn.functional import nll_loss

from ninja.training.engines import NoEngine, Setup, WorkerLost
from ninja.training.engines import torch as alone
from ninja.training.network import EPS

Array = np.ndarray[Any, Any]

PATIENCE = timedelta(minutes=2)  # with a process that is silent
SIGNS_OF_LOSS = ("onnection", "imed out", "imeout")  # in what gloo and nccl say of it
# Parameters whose gradients are known at the same moment of the backward pass: each bucket is on
# its way while the next is computed.
BUCKETS = (("W2", "b2"), ("bngain", "bnbias"), ("W1", "b1"), ("C",))


class Engine(alone.Engine):
    """Takes this process's part in each step; `leads` is true in the first process."""

    def __init__(self, setup: Setup) -> None:
        self.rank, self.workers = join(setup.device)
        if setup.batch < self.workers:
            raise NoEngine(f"a batch of {setup.batch} has no rows for {self.workers} processes")
        super().__init__(setup)
        self.leads = self.rank == 0
        parts = setup.sizes.parts
        self._buckets = [
            self._grad[parts[names[0]].start : parts[names[-1]].stop] for names in BUCKETS
        ]
        self._shares = torch.tensor(
            [[len(range(n, setup.batch, self.workers))] for n in range(self.workers)],
            dtype=self._grad.dtype, device=self._grad.device,
        )  # fmt: skip

    def run(self, batches: Array, rates: list[float], first: int) -> Array:
        losses = []
        X, Y = self._examples(batches[:, self.rank :: self.workers])
        with _heard():
            for n, (Xb, Yb, rate) in enumerate(zip(X, Y, rates, strict=True)):
                losses.append(self._loss_and_gradients(Xb, Yb, batches.shape[1]))
                self._update(self._theta, self._grad, rate, first + n, *self._memory)
            total = torch.stack(losses)
            dist.all_reduce(total)
        return total.cpu().numpy()

    def gradients(self, rows: Array) -> tuple[float, dict[str, Array]]:
        with _heard():
            Xb, Yb = self._examples(rows[self.rank :: self.workers])
            loss = self._loss_and_gradients(Xb, Yb, len(rows))
            dist.all_reduce(loss)
        return float(loss), self._sizes.views(self._grad.cpu().numpy().copy())

    def any(self, flag: bool) -> bool:
        raised = torch.tensor([float(flag)], device=self._grad.device)
        with _heard():
            dist.all_reduce(raised)
        return bool(raised.item())

    @torch.no_grad()
    def _loss_and_gradients(self, Xb: torch.Tensor, Yb: torch.Tensor, N: int) -> torch.Tensor:
        """This share's part of the loss of N rows; leaves the gradients of all N in `_grad`.

        Xb: (n, T), Yb: (n,) with n rows of N  ->  loss: ()
        """
        C, W1, b1, W2, b2, bngain, bnbias = self._parameters
        dC, dW1, db1, dW2, db2, dbngain, dbnbias = self._gradients
        outputs, norm, hidden, embeddings = self._buckets
        n = len(Xb)

        embcat = C[Xb].view(n, -1)
        hprebn = embcat @ W1 + b1
        mean, squares = self._statistics(hprebn, N)
        bnvar_inv = (squares / (N - 1) + EPS).rsqrt()
        bnraw = (hprebn - mean) * bnvar_inv
        h = torch.tanh(bngain * bnraw + bnbias)
        logprobs = torch.log_softmax(h @ W2 + b2, 1)
        loss = nll_loss(logprobs, Yb, reduction="sum") / N

        dlogits = logprobs.exp()
        dlogits.scatter_add_(1, Yb[:, None], dlogits.new_full((n, 1), -1.0))
        dlogits /= N
        torch.mm(h.T, dlogits, out=dW2)
        torch.sum(dlogits, 0, out=db2)
        sent = [_send(outputs)]
        dhpreact = (dlogits @ W2.T) * (1 - h * h)
        torch.sum(dhpreact, 0, keepdim=True, out=dbnbias)
        torch.sum(dhpreact * bnraw, 0, keepdim=True, out=dbngain)
        dist.all_reduce(norm)  # the paths through mean and variance need the sums over all rows
        dhprebn = bngain * bnvar_inv * (dhpreact - dbnbias / N - bnraw * dbngain / (N - 1))
        torch.mm(embcat.T, dhprebn, out=dW1)
        torch.sum(dhprebn, 0, out=db1)
        sent.append(_send(hidden))
        demb = (dhprebn @ W1.T).view(Xb.numel(), -1)
        dC.zero_().index_add_(0, Xb.reshape(-1), demb)
        sent.append(_send(embeddings))
        for bucket in sent:
            bucket.wait()
        return loss

    def _statistics(self, hprebn: torch.Tensor, N: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean of all rows, and the sum of their squared distances from it.   (n, H)  ->  2 × (H,)

        Each share's own mean and sum of squares are merged, which loses no digits as a sum of
        plain squares would.  Source: Chan, Golub and LeVeque, Algorithms for Computing the Sample
        Variance (1983).
        """
        own = hprebn.mean(0)
        mine = torch.stack([own, ((hprebn - own) ** 2).sum(0)])
        everyone = mine.new_empty((self.workers, *mine.shape))
        dist.all_gather(list(everyone.unbind()), mine)
        means, squares = everyone[:, 0], everyone[:, 1]
        mean = (self._shares * means).sum(0) / N
        return mean, squares.sum(0) + (self._shares * (means - mean) ** 2).sum(0)


def join(device: str) -> tuple[int, int]:
    """Meet the other processes that torchrun has started; the number of this one and of all.

    On GPUs, each process of a machine takes one of its own.
    """
    if not dist.is_initialized():
        if not dist.is_torchelastic_launched():
            raise NoEngine(
                "the engine distributed is started with torchrun: "
                "torchrun --nproc-per-node 2 -m backprop_ninja train --engine distributed"
            )
        if device == "cuda":
            local, there = int(os.environ["LOCAL_RANK"]), torch.cuda.device_count()
            if local >= there:
                raise NoEngine(f"process {local} of this machine finds {there} GPUs: start fewer")
            torch.cuda.set_device(local)
        dist.init_process_group("nccl" if device == "cuda" else "gloo", timeout=PATIENCE)
        atexit.register(dist.destroy_process_group)
    return dist.get_rank(), dist.get_world_size()


def _send(bucket: torch.Tensor) -> Any:
    """Begin to sum a part of the gradient over all processes."""
    return dist.all_reduce(bucket, async_op=True)


@contextmanager
def _heard() -> Iterator[None]:
    """What torch raises when another process is gone, in a sentence."""
    try:
        yield
    except RuntimeError as error:
        if not any(sign in str(error) for sign in SIGNS_OF_LOSS):
            raise
        raise WorkerLost(
            f"worker {dist.get_rank()} can't reach another one, which has died or hangs: the job "
            f"ends here. Start it again with --resume and the file from --save.\n({error})"
        ) from error
