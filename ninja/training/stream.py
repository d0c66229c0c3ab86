"""torch's random numbers without torch: those of `torch.Generator().manual_seed(seed)` on a CPU.

Both libraries draw from the Mersenne Twister, so integers come out the same to the bit.  Normal
numbers are made from it by Box and Muller's formula, whose logarithm and cosine torch computes
with approximations that depend on the machine: ours agree with them to rounding (float32).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

SEEDS = 2**32
BLOCK = 16  # normal numbers that torch makes at a time


class Stream:
    """One source of random numbers; its `state` can be kept and put back.

    Raises ValueError for a seed that is not in 0 ... 2³² − 1: torch uses 32 bits only.

    >>> Stream(2147483647).integers(27, (4,)).tolist()
    [0, 26, 16, 12]
    """

    def __init__(self, seed: int) -> None:
        if not 0 <= seed < SEEDS:
            raise ValueError(f"the seed should lie in 0 ... {SEEDS - 1}, but is {seed}")
        bits: Any = np.random.MT19937()
        bits.state = np.random.RandomState(seed).get_state(legacy=False)
        self._bits = bits
        self._kept: list[float] = []

    def integers(self, below: int, shape: tuple[int, ...]) -> Array:
        """What `torch.randint(0, below, shape, generator=g)` gives; one draw of (K, N) gives the
        numbers of K draws of (N,).
        """
        drawn = self._bits.random_raw(math.prod(shape)) % np.uint64(below)
        return np.asarray(drawn, dtype=np.intp).reshape(shape)

    def normal(self, shape: tuple[int, ...]) -> Array:
        """What `torch.randn(shape, generator=g)` gives, in float32.

        torch draws fewer than 16 numbers one by one, in double precision, and keeps the second of
        each pair for the next time.
        """
        count = math.prod(shape)
        if count < BLOCK:
            return np.array([self._one() for _ in range(count)], np.float32).reshape(shape)
        uniform = self._uniform(count)
        whole = count - count % BLOCK
        normal = np.empty(count, dtype=np.float32)
        normal[:whole] = box_muller(uniform[:whole])
        if count > whole:  # the last block is drawn once more, and reaches back
            normal[-BLOCK:] = box_muller(self._uniform(BLOCK))
        return normal.reshape(shape)

    def _one(self) -> float:
        if not self._kept:
            high, low = self._bits.random_raw(4).reshape(2, 2).T.tolist()
            u, v = (((h << 32 | x) % 2**53) / 2**53 for h, x in zip(high, low, strict=True))
            radius, angle = math.sqrt(-2 * math.log1p(-v)), 2 * math.pi * u
            self._kept = [radius * math.sin(angle), radius * math.cos(angle)]
        return self._kept.pop()

    def _uniform(self, count: int) -> Array:
        drawn = self._bits.random_raw(count) & np.uint64(2**24 - 1)
        return np.asarray(drawn, dtype=np.float32) / np.float32(2**24)

    @property
    def state(self) -> Array:
        """All that decides which integers come next.   (625,), uint32"""
        now = self._bits.state["state"]
        return np.array([*now["key"], now["pos"]], dtype=np.uint32)

    @state.setter
    def state(self, state: Array) -> None:
        now = {"key": state[:-1], "pos": int(state[-1])}
        self._bits.state = {"bit_generator": "MT19937", "state": now}


def box_muller(uniform: Array) -> Array:
    """Normal numbers from as many uniform ones in [0, 1), 16 at a time as torch pairs them.

    Source: Box and Muller, A Note on the Generation of Random Normal Deviates (1958).
    """
    pairs = uniform.reshape(-1, 2, BLOCK // 2)
    radius = np.sqrt(-2 * np.log(1 - pairs[:, 0]))
    angle = np.float32(2 * math.pi) * pairs[:, 1]
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).reshape(-1)
