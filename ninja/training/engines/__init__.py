"""How one training step is computed: one file per engine, found by its name.

Each file has a class `Engine` that keeps the parameters and takes steps.  Engines differ in speed
and in what they need; the numbers are the same to rounding.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ninja.training.data import Examples
from ninja.training.network import Sizes
from ninja.training.optimisers import Optimiser

Array = np.ndarray[Any, Any]


class NoEngine(ValueError):
    """An engine that does not exist or cannot run here; the message says what to do."""


class WorkerLost(RuntimeError):
    """One of several processes that train together is gone; the message says how to go on."""


@dataclass(frozen=True)
class Setup:
    """What an engine starts from.

    theta   all parameters in one vector, as `Sizes.views` lays them out; its dtype is the run's
    batch   examples in one step
    device  where torch computes, "cpu" or "cuda"
    """

    sizes: Sizes
    train: Examples
    theta: Array
    optimiser: Optimiser
    batch: int = 32
    device: str = "cpu"


class Engine(Protocol):
    """Takes training steps from a Setup."""

    leads: bool  # whether this process prints and saves; one of several does

    def __init__(self, setup: Setup) -> None: ...

    def run(self, batches: Array, rates: list[float], first: int) -> Array:
        """Take one step for each row of `batches` and return the losses.

        batches  which training examples each step sees   (K, batch), integers
        rates    K step sizes
        first    the number of the first step, from 1
        """
        ...

    def gradients(self, rows: Array) -> tuple[float, dict[str, Array]]:
        """The loss of some training examples and its gradients, without a step."""
        ...

    @property
    def vectors(self) -> dict[str, Array]:
        """A copy of all that the next step depends on: theta, memory0, memory1, ..."""
        ...

    def restore(self, vectors: dict[str, Array]) -> None:
        """Go on from what `vectors` once gave."""
        ...

    def any(self, flag: bool) -> bool:
        """Whether the flag is up in any of the processes that train together."""
        ...


@contextmanager
def one_thread() -> Iterator[None]:
    """torch on one thread: in small steps, sharing the work costs many times what it gains."""
    torch = sys.modules.get("torch")
    if torch is None:
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def refuse_device(setup: Setup) -> None:
    """For an engine that computes on the processor only.  Raises NoEngine for another device."""
    if setup.device != "cpu":
        raise NoEngine(f"this engine can't use {setup.device}: --engine torch can, if it is there")


def names() -> list[str]:
    """The engines there are."""
    return sorted(found.name for found in pkgutil.iter_modules(__path__))


def load(name: str) -> type[Engine]:
    """The engine's class.  Raises NoEngine when there is none, or a package for it is missing."""
    if name not in names():
        raise NoEngine(f"there is no engine {name!r}; there are {', '.join(names())}")
    try:
        module = importlib.import_module(f"{__name__}.{name}")
    except ModuleNotFoundError as error:
        raise NoEngine(
            f"the engine {name} needs {error.name}, which is not installed: "
            f"python -m pip install 'backprop-ninja[{error.name}]'"
        ) from None
    found: type[Engine] = module.Engine
    return found
