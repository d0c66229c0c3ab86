"""The lecture's network in torch with the gradients by hand, on a CPU or a GPU."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.nn.functional import nll_loss

from ninja.training.engines import NoEngine, Setup
from ninja.training.network import EPS

Array = np.ndarray[Any, Any]


def loss_and_gradients(
    Xb: torch.Tensor, Yb: torch.Tensor, parameters: Any, gradients: Any
) -> torch.Tensor:
    """The loss of one batch; writes the gradient of each parameter into `gradients`.

    Xb: (N, T), Yb: (N,), C: (V, E), W1: (T·E, H), b1: (H,), W2: (H, V), b2: (V,),
    bngain: (1, H), bnbias: (1, H)  ->  loss: ()

    What is not needed again is overwritten, and each call of torch does as much as it can: a step
    of this size is mostly the time that the calls take.  Source: Andrej Karpathy, Building
    makemore Part 4: Becoming a Backprop Ninja (2022), exercise 4.
    """
    C, W1, b1, W2, b2, bngain, bnbias = parameters
    dC, dW1, db1, dW2, db2, dbngain, dbnbias = gradients
    N = len(Xb)

    embcat = C[Xb].view(N, -1)
    hprebn = torch.addmm(b1, embcat, W1)
    hprebn.sub_(hprebn.sum(0), alpha=1 / N)
    # torch.var takes ten times as long at this size
    bnvar_inv = ((hprebn * hprebn).sum(0) / (N - 1) + EPS).rsqrt()
    bnraw = hprebn.mul_(bnvar_inv)
    # tanh(z) = 2 sigmoid(2z) - 1, in half the time that torch.tanh takes
    h = torch.addcmul(bnbias, bngain, bnraw).mul_(2).sigmoid_().mul_(2).sub_(1)
    logits = torch.addmm(b2, h, W2)
    loss, dlogits = cross_entropy(logits, Yb, out=logits)

    torch.mm(h.T, dlogits, out=dW2)
    torch.sum(dlogits, 0, out=db2)
    dhpreact = dlogits @ W2.T
    dhpreact.addcmul_(dhpreact, h.mul_(h), value=-1)  # dh - dh h²
    torch.sum(dhpreact, 0, keepdim=True, out=dbnbias)
    torch.sum(torch.mul(dhpreact, bnraw, out=h), 0, keepdim=True, out=dbngain)
    dhprebn = dhpreact.sub_(dbnbias, alpha=1 / N).addcmul_(bnraw, dbngain, value=-1 / (N - 1))
    dhprebn *= bngain * bnvar_inv
    torch.mm(embcat.T, dhprebn, out=dW1)
    torch.sum(dhprebn, 0, out=db1)
    demb = (dhprebn @ W1.T).view(Xb.numel(), -1)
    dC.zero_().index_add_(0, Xb.view(-1), demb)
    return loss


def cross_entropy(
    logits: torch.Tensor, Yb: torch.Tensor, out: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """The mean loss, and p − y over the batch.   (N, V), (N,)  ->  (), (N, V)

    p − y is written into `out`, which may be the logits themselves: with many rows, new memory
    takes longer than the arithmetic.
    """
    logprobs = torch.log_softmax(logits, 1, out=out)
    loss = nll_loss(logprobs, Yb)
    dlogits = logprobs.exp_()
    dlogits.scatter_add_(1, Yb[:, None], dlogits.new_full((len(Yb), 1), -1.0))
    dlogits *= 1 / len(Yb)
    return loss, dlogits


class Engine:
    """Takes steps in torch, in the dtype of the parameters, where `device` says."""

    leads = True

    def __init__(self, setup: Setup) -> None:
        try:
            torch.empty(0, dtype=torch.float64, device=setup.device)
        except (RuntimeError, AssertionError, TypeError):
            raise NoEngine(
                f"torch can't compute on {setup.device!r} here: --device is cpu, or cuda where "
                "torch finds a GPU"
            ) from None
        self._sizes, self._update = setup.sizes, setup.optimiser.update
        self._X = torch.as_tensor(setup.train.X, device=setup.device)
        self._Y = torch.as_tensor(setup.train.Y, device=setup.device)
        self._theta = torch.tensor(setup.theta, device=setup.device)
        self._grad = torch.zeros_like(self._theta)
        self._memory = [torch.zeros_like(self._theta) for _ in range(setup.optimiser.memory)]
        self._parameters = list(setup.sizes.views(self._theta).values())
        self._gradients = list(setup.sizes.views(self._grad).values())

    @torch.inference_mode()  # nothing is recorded, and each value is freed once it is used
    def run(self, batches: Array, rates: list[float], first: int) -> Array:
        losses = []
        X, Y = self._examples(batches)
        for n, (Xb, Yb, rate) in enumerate(zip(X, Y, rates, strict=True)):
            losses.append(loss_and_gradients(Xb, Yb, self._parameters, self._gradients))
            self._update(self._theta, self._grad, rate, first + n, *self._memory)
        return torch.stack(losses).cpu().numpy()

    @torch.inference_mode()
    def gradients(self, rows: Array) -> tuple[float, dict[str, Array]]:
        loss = loss_and_gradients(*self._examples(rows), self._parameters, self._gradients)
        return float(loss), self._sizes.views(self._grad.cpu().numpy().copy())

    def _examples(self, rows: Array) -> tuple[torch.Tensor, torch.Tensor]:
        indices = torch.as_tensor(rows, device=self._X.device)
        return self._X[indices], self._Y[indices]

    @property
    def vectors(self) -> dict[str, Array]:
        memory = {f"memory{n}": vector for n, vector in enumerate(self._memory)}
        kept = {"theta": self._theta, **memory}
        return {name: vector.cpu().numpy().copy() for name, vector in kept.items()}

    def restore(self, vectors: dict[str, Array]) -> None:
        self._theta.copy_(torch.as_tensor(vectors["theta"]))
        for n, vector in enumerate(self._memory):
            vector.copy_(torch.as_tensor(vectors[f"memory{n}"]))

    def any(self, flag: bool) -> bool:
        return flag
