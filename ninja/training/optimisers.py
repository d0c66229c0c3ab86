"""What a step does with the gradient: SGD, momentum and AdamW, by hand.

Each is one function on the vector of all parameters that changes `theta` and its own memory in
place.  The same text runs on NumPy arrays and torch tensors, and numba compiles it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any


@dataclass(frozen=True)
class Optimiser:
    """An update rule and how many vectors it remembers from step to step.

    update(theta, grad, rate, step, *memory) changes theta and memory; the first step is 1.
    """

    update: Callable[..., None]
    memory: int = 0


@cache  # one function for one rule, so that numba compiles it once
def sgd() -> Optimiser:
    """Stochastic gradient descent: a step against the gradient, nothing remembered."""

    def update(theta: Any, grad: Any, rate: float, step: int) -> None:
        theta -= rate * grad

    return Optimiser(update)


@cache
def momentum(beta: float = 0.9) -> Optimiser:
    """The step follows a sum of all gradients, each worth `beta` times less with every step.

    v = beta v + grad, theta = theta − rate v; the same as torch.optim.SGD(momentum=beta).
    Source: Polyak, Some methods of speeding up the convergence of iteration methods (1964).
    """

    def update(theta: Any, grad: Any, rate: float, step: int, velocity: Any) -> None:
        velocity *= beta
        velocity += grad
        theta -= rate * velocity

    return Optimiser(update, memory=1)


@cache
def adamw(
    beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8, decay: float = 0.01
) -> Optimiser:
    """Each parameter has its own step, scaled by how large its gradients usually are.

    m and v are running means of the gradient and of its square, which begin at zero: dividing by
    1 − beta^step makes up for that.  Weights decay apart from the gradient, which is the W.
    The same as torch.optim.AdamW.  Source: Loshchilov and Hutter, Decoupled Weight Decay
    Regularization (2019).
    """

    def update(theta: Any, grad: Any, rate: float, step: int, m: Any, v: Any) -> None:
        m *= beta1
        m += (1 - beta1) * grad
        v *= beta2
        v += (1 - beta2) * grad**2
        spread = (v / (1 - beta2**step)) ** 0.5 + eps
        theta *= 1 - rate * decay
        theta -= rate / (1 - beta1**step) * m / spread

    return Optimiser(update, memory=2)


OPTIMISERS: dict[str, Callable[..., Optimiser]] = {
    "sgd": sgd,
    "momentum": momentum,
    "adamw": adamw,
}
