"""The lecture's network as loops that numba compiles to machine code, for one size at a time.

NumPy spends most of a small step on calling functions and on walking through memory once for each
of them.  A loop does several things to a number while it is at hand.  The sizes are constants of
the compiled code, so that the compiler unrolls and vectorizes even the textbook's triple loop.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numba
import numpy as np

from ninja.training.engines import Setup, refuse_device
from ninja.training.network import EPS, Sizes

Array = np.ndarray[Any, Any]
Function = Callable[..., Any]

# Sums may be reordered and multiplications fused, but NaN and infinity stay what they are.
compiled = numba.njit(fastmath={"reassoc", "contract", "arcp", "nsz"}, error_model="numpy")
BLOCK = 8  # rows of B that a pass over two rows of a product takes in
TILE = 32  # rows that are turned into columns at a time


def product(M: int, K: int, J: int, transposed: bool = False) -> Function:
    """C = A @ B, or C = A.T @ B.   A: (M, K) or (K, M), B: (K, J)  ->  C: (M, J)

    Two rows of C at once use each number of B twice when it is loaded.  The arrays are flat: with
    constants for distances, the compiler sees at once that nothing overlaps.
    """
    whole = K // BLOCK * BLOCK
    pair = min(M, 2)  # a single row is computed as both of a pair
    down, right = (1, M) if transposed else (K, 1)  # from a row of A to the next, and in a row

    @compiled
    def multiply(A: Array, B: Array, C: Array) -> None:
        a, b, c = A.reshape(-1), B.reshape(-1), C.reshape(-1)
        for first in range(0, M, pair):
            i = min(first, M - pair)  # an odd last row is computed with the one before it
            below = i + pair - 1
            for j in range(pair * J):
                c[i * J + j] = 0
            for start in range(0, whole, BLOCK):
                for j in range(J):
                    upper, lower = c[i * J + j], c[below * J + j]
                    for k in range(start, start + BLOCK):
                        upper += a[i * down + k * right] * b[k * J + j]
                        lower += a[below * down + k * right] * b[k * J + j]
                    c[i * J + j], c[below * J + j] = upper, lower
            for j in range(J):
                upper, lower = c[i * J + j], c[below * J + j]
                for k in range(whole, K):
                    upper += a[i * down + k * right] * b[k * J + j]
                    lower += a[below * down + k * right] * b[k * J + j]
                c[i * J + j], c[below * J + j] = upper, lower

    return multiply


def product_of_rows(M: int, K: int, J: int) -> Function:
    """C = A @ B.T.   A: (M, J), B: (K, J)  ->  C: (M, K)

    Computed as (B @ A.T).T, some columns at a time: a sum along a row is slow, because it ends
    with adding up the parts of a vector.
    """
    width = min(M, TILE)
    multiply_tile = product(K, J, width)

    @compiled
    def multiply(A: Array, B: Array, C: Array) -> None:
        columns, tile = np.empty((J, width), A.dtype), np.empty((K, width), A.dtype)
        for first in range(0, M, width):
            start = min(first, M - width)  # the last tile may overlap the one before it
            for j in range(J):
                for i in range(width):
                    columns[j, i] = A[start + i, j]
            multiply_tile(B, columns, tile)
            for i in range(width):
                for k in range(K):
                    C[start + i, k] = tile[k, i]

    return multiply


@compiled
def exp32(x: Any) -> Any:
    """e^x in float32, from operations that a vector unit has: 2^k e^r with |r| <= ln(2) / 2.

    Source: S. Moshier, Cephes Mathematical Library, expf.
    """
    x = min(max(x, np.float32(-87)), np.float32(88))
    k = np.floor(x * np.float32(1 / math.log(2)) + np.float32(0.5))
    r = x - k * np.float32(0.693359375) + k * np.float32(2.12194440e-4)
    p = np.float32(1.9875691500e-4)
    p = p * r + np.float32(1.3981999507e-3)
    p = p * r + np.float32(8.3334519073e-3)
    p = p * r + np.float32(4.1665795894e-2)
    p = p * r + np.float32(1.6666665459e-1)
    p = p * r + np.float32(5.0000001201e-1)
    power = np.int32((np.int32(k) + np.int32(127)) << np.int32(23)).view(np.float32)
    return (p * r * r + r + np.float32(1)) * power


@cache
def compile_step(sizes: Sizes, N: int, dtype: Any) -> Function:
    """The function (Xb, Yb, parameters, gradients, work) -> loss, for these sizes.

    W2 and its gradient are transposed, (V, H): each class has its weights in one row.
    """
    V, T, E, H = sizes.V, sizes.T, sizes.E, sizes.H
    number = np.dtype(dtype).type
    exp = exp32 if number is np.float32 else math.exp
    one, mean, bessel, eps = number(1), number(1 / N), number(1 / (N - 1)), number(EPS)
    hidden, outputs = product(N, T * E, H), product_of_rows(N, V, H)
    into_h, into_W2 = product(N, V, H), product(V, N, H, transposed=True)
    into_emb, into_W1 = product_of_rows(N, T * E, H), product(T * E, N, H, transposed=True)

    @compiled
    def loss_and_gradients(Xb: Array, Yb: Array, parameters: Any, gradients: Any, work: Any) -> Any:
        C, W1, _, W2, b2, bngain, bnbias = parameters  # b1 cancels in the batch norm
        dC, dW1, db1, dW2, db2, dbngain, dbnbias = gradients
        embcat, bnraw, h, probs, dh, demb, mu, inv, scale = work

        # forward
        for i in range(N):
            for t in range(T):
                for e in range(E):
                    embcat[i, t * E + e] = C[Xb[i, t], e]
        hidden(embcat, W1, bnraw)
        for j in range(H):
            mu[j] = 0
            inv[j] = 0
        for i in range(N):
            for j in range(H):
                mu[j] += bnraw[i, j]
        for i in range(N):
            for j in range(H):
                difference = bnraw[i, j] - mean * mu[j]
                bnraw[i, j] = difference
                inv[j] += difference * difference
        for j in range(H):
            inv[j] = one / np.sqrt(inv[j] * bessel + eps)
        for i in range(N):
            for j in range(H):
                bnraw[i, j] *= inv[j]
                z = bngain[0, j] * bnraw[i, j] + bnbias[0, j]
                h[i, j] = one - number(2) / (exp(number(2) * z) + one)  # tanh
        outputs(h, W2, probs)
        loss = number(0)
        for i in range(N):
            largest = probs[i, 0] + b2[0]
            for v in range(V):
                probs[i, v] += b2[v]
                largest = max(largest, probs[i, v])
            loss += largest - probs[i, Yb[i]]
            total = number(0)
            for v in range(V):
                probs[i, v] = exp(probs[i, v] - largest)
                total += probs[i, v]
            loss += np.log(total)
            # dlogits, from here on
            for v in range(V):
                probs[i, v] *= mean / total
            probs[i, Yb[i]] -= mean

        # backward
        into_W2(probs, h, dW2)
        into_h(probs, W2, dh)
        for v in range(V):
            db2[v] = 0
        for i in range(N):
            for v in range(V):
                db2[v] += probs[i, v]
        for j in range(H):
            dbngain[0, j] = 0
            dbnbias[0, j] = 0
        for i in range(N):
            for j in range(H):
                dhpreact = dh[i, j] * (one - h[i, j] * h[i, j])
                dh[i, j] = dhpreact
                dbnbias[0, j] += dhpreact
                dbngain[0, j] += dhpreact * bnraw[i, j]
        for j in range(H):
            scale[j] = bngain[0, j] * inv[j]
            db1[j] = 0
        for i in range(N):
            for j in range(H):
                centred = dh[i, j] - mean * dbnbias[0, j] - bnraw[i, j] * bessel * dbngain[0, j]
                dh[i, j] = scale[j] * centred
                db1[j] += dh[i, j]
        into_W1(embcat, dh, dW1)
        into_emb(dh, W1, demb)
        for v in range(V):
            for e in range(E):
                dC[v, e] = 0
        for i in range(N):
            for t in range(T):
                for e in range(E):
                    dC[Xb[i, t], e] += demb[i, t * E + e]
        return loss * mean

    return loss_and_gradients


class Engine:
    """Takes all steps of a call in compiled code; the first one compiles, for some seconds."""

    leads = True

    def __init__(self, setup: Setup) -> None:
        refuse_device(setup)
        self._setup = setup
        sizes = setup.sizes
        places = sizes.views(np.arange(sizes.count))
        places["W2"] = places["W2"].T
        self._order = np.concatenate([place.reshape(-1) for place in places.values()])
        self._theta = setup.theta[self._order]
        self._grad = np.zeros_like(self._theta)
        self._memory = tuple(np.zeros_like(self._theta) for _ in range(setup.optimiser.memory))
        self._loss_and_gradients = compile_step(sizes, setup.batch, self._theta.dtype)
        self._steps = compile_steps(self._loss_and_gradients, setup.optimiser.update)
        self._parameters, self._gradients = self._views(self._theta), self._views(self._grad)
        N, F, H = setup.batch, sizes.T * sizes.E, sizes.H
        shapes = [(N, F), (N, H), (N, H), (N, sizes.V), (N, H), (N, F), (H,), (H,), (H,)]
        self._work = tuple(np.empty(shape, self._theta.dtype) for shape in shapes)

    def run(self, batches: Array, rates: list[float], first: int) -> Array:
        X, Y = self._setup.train.X[batches], self._setup.train.Y[batches]
        steps = np.array(rates, dtype=self._theta.dtype)
        losses = np.empty_like(steps)
        self._steps(
            X, Y, steps, first, losses, self._theta, self._grad, self._memory, self._parameters,
            self._gradients, self._work,
        )  # fmt: skip
        return losses

    def gradients(self, rows: Array) -> tuple[float, dict[str, Array]]:
        Xb, Yb = self._setup.train.X[rows], self._setup.train.Y[rows]
        loss = self._loss_and_gradients(Xb, Yb, self._parameters, self._gradients, self._work)
        return float(loss), self._setup.sizes.views(self._in_order(self._grad))

    @property
    def vectors(self) -> dict[str, Array]:
        memory = {f"memory{n}": vector for n, vector in enumerate(self._memory)}
        kept = {"theta": self._theta, **memory}
        return {name: self._in_order(vector) for name, vector in kept.items()}

    def restore(self, vectors: dict[str, Array]) -> None:
        self._theta[:] = vectors["theta"][self._order]
        for n, vector in enumerate(self._memory):
            vector[:] = vectors[f"memory{n}"][self._order]

    def any(self, flag: bool) -> bool:
        return flag

    def _in_order(self, vector: Array) -> Array:
        found = np.empty_like(vector)
        found[self._order] = vector
        return found

    def _views(self, vector: Array) -> tuple[Array, ...]:
        """Windows into a vector of ours, where W2 lies transposed."""
        sizes = self._setup.sizes
        windows = sizes.views(vector)
        windows["W2"] = windows["W2"].reshape(sizes.V, sizes.H)
        return tuple(windows.values())


@cache
def compile_steps(loss_and_gradients: Function, update: Function) -> Function:
    """The function that takes as many steps as there are rates, and writes their losses."""
    update = compiled(update)

    @compiled
    def steps(
        X: Array, Y: Array, rates: Array, first: int, losses: Array, theta: Array, grad: Array,
        memory: Any, parameters: Any, gradients: Any, work: Any,
    ) -> None:  # fmt: skip
        for n in range(len(rates)):
            losses[n] = loss_and_gradients(X[n], Y[n], parameters, gradients, work)
            update(theta, grad, rates[n], first + n, *memory)

    return steps
