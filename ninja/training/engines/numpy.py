"""The lecture's network in NumPy, forward and backward in thirty lines, nothing else needed."""

from __future__ import annotations

from typing import Any

import numpy as np

from ninja.training.engines import Setup, refuse_device
from ninja.training.network import EPS

Array = np.ndarray[Any, Any]


def loss_and_gradients(Xb: Array, Yb: Array, parameters: Any, gradients: Any) -> float:
    """The loss of one batch; writes the gradient of each parameter into `gradients`.

    Xb: (N, T), Yb: (N,), C: (V, E), W1: (T·E, H), b1: (H,), W2: (H, V), b2: (V,),
    bngain: (1, H), bnbias: (1, H)  ->  loss: ()

    Arrays that are not needed again are overwritten: a step of this size is mostly the time that
    it takes to walk through memory.  Source: Andrej Karpathy, Building makemore
    Part 4: Becoming a Backprop Ninja (2022), exercise 4.
    """
    C, W1, b1, W2, b2, bngain, bnbias = parameters
    dC, dW1, db1, dW2, db2, dbngain, dbnbias = gradients
    N = len(Xb)
    rows, ones = np.arange(N), np.ones((1, N), dtype=C.dtype)  # ones @ x sums the rows of x

    embcat = C[Xb].reshape(N, -1)
    hprebn = embcat @ W1 + b1
    hprebn -= ones @ hprebn / N
    bnvar_inv = 1 / np.sqrt(ones @ hprebn**2 / (N - 1) + EPS)
    bnraw = hprebn
    bnraw *= bnvar_inv
    h = bngain * bnraw + bnbias
    np.tanh(h, out=h)
    norm_logits = h @ W2 + b2
    norm_logits -= norm_logits.max(axis=1, keepdims=True)
    picked = norm_logits[rows, Yb]
    counts = np.exp(norm_logits, out=norm_logits)
    counts_sum = counts.sum(axis=1, keepdims=True)
    loss = (np.log(counts_sum[:, 0]) - picked).mean()  # not log p: p may underflow
    probs = counts
    probs /= counts_sum

    dlogits = probs
    dlogits[rows, Yb] -= 1
    dlogits /= N
    dW2[:] = h.T @ dlogits
    db2[:] = ones @ dlogits
    dhpreact = dlogits @ W2.T
    dhpreact -= dhpreact * h**2
    dbnbias[:] = ones @ dhpreact
    dbngain[:] = ones @ (dhpreact * bnraw)
    dhprebn = dhpreact
    dhprebn -= dbnbias / N
    dhprebn -= bnraw * (dbngain / (N - 1))
    dhprebn *= bngain * bnvar_inv
    dW1[:] = embcat.T @ dhprebn
    db1[:] = ones @ dhprebn
    demb = (dhprebn @ W1.T).reshape(Xb.size, -1)
    dC[:] = one_hot(Xb, C).T @ demb
    return float(loss)


def one_hot(indices: Array, table: Array) -> Array:
    """1 in the column that each index names.   indices: (...), table: (V, E)  ->  (size, V)

    Its transpose times the rows of a gradient adds each to the row of the table that it came
    from.  With 27 characters this is quicker than `np.add.at`; with thousands it would not be.
    """
    return np.asarray(np.eye(len(table), dtype=table.dtype)[indices.reshape(-1)])


class Engine:
    """Takes steps in NumPy, in the dtype of the parameters."""

    leads = True

    def __init__(self, setup: Setup) -> None:
        refuse_device(setup)
        self._train, self._update = setup.train, setup.optimiser.update
        self._sizes = setup.sizes
        self._theta = setup.theta.copy()
        self._grad = np.zeros_like(self._theta)
        self._memory = [np.zeros_like(self._theta) for _ in range(setup.optimiser.memory)]
        self._parameters = list(setup.sizes.views(self._theta).values())
        self._gradients = list(setup.sizes.views(self._grad).values())

    def run(self, batches: Array, rates: list[float], first: int) -> Array:
        losses = np.empty(len(batches))
        X, Y = self._train.X[batches], self._train.Y[batches]
        for n, (Xb, Yb, rate) in enumerate(zip(X, Y, rates, strict=True)):
            losses[n] = loss_and_gradients(Xb, Yb, self._parameters, self._gradients)
            self._update(self._theta, self._grad, rate, first + n, *self._memory)
        return losses

    def gradients(self, rows: Array) -> tuple[float, dict[str, Array]]:
        Xb, Yb = self._train.X[rows], self._train.Y[rows]
        loss = loss_and_gradients(Xb, Yb, self._parameters, self._gradients)
        return loss, self._sizes.views(self._grad.copy())

    @property
    def vectors(self) -> dict[str, Array]:
        memory = {f"memory{n}": vector.copy() for n, vector in enumerate(self._memory)}
        return {"theta": self._theta.copy(), **memory}

    def restore(self, vectors: dict[str, Array]) -> None:
        self._theta[:] = vectors["theta"]
        for n, vector in enumerate(self._memory):
            vector[:] = vectors[f"memory{n}"]

    def any(self, flag: bool) -> bool:
        return flag
