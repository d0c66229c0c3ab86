"""Named settings of a training run, and the losses that were measured with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ninja.training.optimisers import OPTIMISERS, Optimiser
from ninja.training.schedules import SCHEDULES


@dataclass(frozen=True)
class Recipe:
    """How the parameters move: an update rule, the first step's size, and how it shrinks."""

    optimiser: str = "sgd"
    rate: float = 0.1
    schedule: str = "step"
    batch: int = 32
    options: dict[str, float] = field(default_factory=dict)

    def build(self) -> Optimiser:
        """The update rule.

        Raises ValueError for an optimiser or a schedule that does not exist.
        """
        for kind, name, known in (
            ("optimiser", self.optimiser, OPTIMISERS), ("schedule", self.schedule, SCHEDULES),
        ):  # fmt: skip
            if name not in known:
                raise ValueError(f"there is no {kind} {name!r}; there are {', '.join(known)}")
        return OPTIMISERS[self.optimiser](**self.options)

    def rate_at(self, n: int, steps: int) -> float:
        """The size of step n of `steps`, counted from 0."""
        shrink: Callable[[int, int], float] = SCHEDULES[self.schedule]
        return self.rate * shrink(n, steps)


# Measured by `backprop-ninja bench recipes`; measured/recipes.json has what came of it.
RECIPES = {
    "lecture": Recipe(),
    "linear": Recipe(schedule="linear"),
    "cosine": Recipe(schedule="cosine"),
    "momentum": Recipe("momentum", 0.01, "linear"),
    "adamw": Recipe("adamw", 0.002, "linear"),
    "best": Recipe("adamw", 0.005, "linear", batch=256),
}
