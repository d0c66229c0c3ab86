"""The lecture's training loop with `loss.backward()`: what the other engines are measured against.

Source: Andrej Karpathy, Building makemore Part 4: Becoming a Backprop Ninja (2022), the loop of
exercise 4 with the line `loss.backward()` that it keeps for comparison.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from ninja.training.engines import Setup
from ninja.training.engines import torch as by_hand
from ninja.training.network import EPS

Array = np.ndarray[Any, Any]


class Engine(by_hand.Engine):
    """Takes steps with gradients from torch's engine, one parameter at a time as the lecture."""

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        self._remembered = [
            list(parts)
            for parts in zip(
                *(setup.sizes.views(vector).values() for vector in self._memory), strict=True
            )
        ] or [[] for _ in self._parameters]
        for p in self._parameters:
            p.requires_grad_()

    def loss_and_gradients(self, rows: torch.Tensor) -> torch.Tensor:
        loss = self.loss(rows)
        for p in self._parameters:
            p.grad = None
        loss.backward()
        return loss

    def loss(self, rows: torch.Tensor) -> torch.Tensor:
        Xb, Yb = self._X[rows], self._Y[rows]
        C, W1, b1, W2, b2, bngain, bnbias = self._parameters
        emb = C[Xb]
        embcat = emb.view(emb.shape[0], -1)
        hprebn = embcat @ W1 + b1
        bnmean = hprebn.mean(0, keepdim=True)
        bnvar = hprebn.var(0, keepdim=True, correction=1)
        bnvar_inv = (bnvar + EPS) ** -0.5
        bnraw = (hprebn - bnmean) * bnvar_inv
        hpreact = bngain * bnraw + bnbias
        h = torch.tanh(hpreact)
        logits = h @ W2 + b2
        return F.cross_entropy(logits, Yb)

    def run(self, batches: Array, rates: list[float], first: int) -> Array:
        losses = []
        for n, (rows, rate) in enumerate(zip(torch.as_tensor(batches), rates, strict=True)):
            loss = self.loss_and_gradients(rows)
            for p, memory in zip(self._parameters, self._remembered, strict=True):
                self._update(p.data, p.grad, rate, first + n, *memory)
            losses.append(loss.item())
        return np.array(losses)

    def gradients(self, rows: Array) -> tuple[float, dict[str, Array]]:
        loss = self.loss_and_gradients(torch.as_tensor(rows, device=self._X.device))
        named = zip(self._sizes.shapes, self._parameters, strict=True)
        return loss.item(), {name: p.grad.cpu().numpy() for name, p in named}
