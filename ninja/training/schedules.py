"""How large each step is: the rate at step n of N, counted from 0, in terms of the first rate.

>>> [round(step(n, 200_000), 3) for n in (0, 99_999, 100_000)]
[1.0, 1.0, 0.1]
>>> [linear(n, 4) for n in range(4)]
[1.0, 0.75, 0.5, 0.25]
>>> [round(cosine(n, 4), 3) for n in range(4)]
[1.0, 0.854, 0.5, 0.146]
"""

from __future__ import annotations

import math
from collections.abc import Callable


def step(n: int, steps: int) -> float:
    """The lecture's: a tenth of the rate in the second half."""
    return 1.0 if n < steps / 2 else 0.1


def linear(n: int, steps: int) -> float:
    """Down to zero along a straight line."""
    return 1 - n / steps


def cosine(n: int, steps: int) -> float:
    """Down to zero along half a wave: slow at both ends.

    Source: Loshchilov and Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts (2017).
    """
    return (1 + math.cos(math.pi * n / steps)) / 2


SCHEDULES: dict[str, Callable[[int, int], float]] = {
    "step": step,
    "linear": linear,
    "cosine": cosine,
}
