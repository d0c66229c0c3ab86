"""A training run: it can be stopped between any two steps, saved, and resumed to the bit."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from ninja.training import checkpoint, data, engines, network
from ninja.training.checkpoint import BadCheckpoint
from ninja.training.data import Data
from ninja.training.engines import Setup
from ninja.training.network import Model, Sizes
from ninja.training.recipes import Recipe

Array = np.ndarray[Any, Any]

FORMAT = "backprop-ninja training 2"  # when what is kept changes, so does the number
WORK = 2e9  # multiplications between two looks at whether to stop
MOST = 200  # steps between them
SMALL = 2e8  # multiplications in a step that are best left to one thread


@dataclass(frozen=True)
class Settings:
    """All that decides a run's numbers; the engine decides only how fast they come.

    data  a file of words, the shipped names when None
    seed  the lecture's
    """

    data: str | None = None
    steps: int = 200_000
    hidden: int = 200
    embedding: int = 10
    block: int = 3
    seed: int = 2147483647
    dtype: str = "float32"
    recipe: Recipe = field(default_factory=Recipe)

    def __post_init__(self) -> None:
        least = {"steps": 0, "hidden": 1, "embedding": 1, "block": 1}
        for name, low in least.items():
            if getattr(self, name) < low:
                raise ValueError(f"{name} should be at least {low}, but is {getattr(self, name)}")
        if self.recipe.batch < 2:
            raise ValueError("the batch should be at least 2: one example has no variance")
        if not self.recipe.rate >= 0:
            raise ValueError(f"the rate should not be negative, but is {self.recipe.rate}")
        if self.dtype not in ("float32", "float64"):
            raise ValueError(f"dtype should be float32 or float64, but is {self.dtype}")


class Diverged(ArithmeticError):
    """The loss is no longer a number: nothing more can be learned."""


class Training:
    """A run from its first step on, or from where it was saved.

    losses  the loss of each step taken so far
    """

    def __init__(self, settings: Settings, engine: str = "numpy", device: str = "cpu") -> None:
        path = None if settings.data is None else Path(settings.data)
        self.settings = settings
        self.data: Data = data.prepare(data.read(path), settings.block)
        self.sizes = Sizes(
            len(self.data.characters), settings.block, settings.embedding, settings.hidden
        )
        theta, self._stream = network.initial(self.sizes, settings.seed)
        optimiser = settings.recipe.build()
        self.engine_name = engine
        self.engine = engines.load(engine)(
            Setup(
                self.sizes, self.data.train, theta.astype(settings.dtype), optimiser,
                settings.recipe.batch, device,
            )
        )  # fmt: skip
        self.losses = np.empty(0, dtype=settings.dtype)

    @property
    def step(self) -> int:
        """How many steps have been taken."""
        return len(self.losses)

    @property
    def finished(self) -> bool:
        return self.step >= self.settings.steps

    def advance(self, steps: int) -> Array:
        """Take so many steps, or as many as are left; returns their losses.

        Raises Diverged when the loss overflows, or the parameters do.
        """
        recipe, first = self.settings.recipe, self.step
        last = min(first + steps, self.settings.steps)
        rates = [recipe.rate_at(n, self.settings.steps) for n in range(first, last)]
        batches = self._stream.integers(len(self.data.train), (len(rates), recipe.batch))
        with np.errstate(all="ignore"):  # Diverged says it once, and with the step
            losses = self.engine.run(batches, rates, first + 1).astype(self.losses.dtype)
        self.losses = np.append(self.losses, losses)
        if not np.isfinite(losses).all():
            n = first + int(np.isfinite(losses).argmin()) + 1
            raise Diverged(f"the loss is not a number from step {n} on: try a smaller rate.")
        if not np.isfinite(self.engine.vectors["theta"]).all():
            raise Diverged(f"the parameters overflow by step {last}: try a smaller rate.")
        return losses

    def run(
        self,
        told: Callable[[Training], None] = lambda training: None,
        stop: Callable[[], bool] = lambda: False,
    ) -> bool:
        """Take all steps that are left; returns whether they were taken.

        told  is called every now and then, and can look at the run or save it
        stop  is asked as often, and ends the run between two steps
        """
        cost = 6 * self.settings.recipe.batch * self.sizes.count
        stride = int(min(max(1, WORK // cost), MOST))
        with engines.one_thread() if cost < SMALL else nullcontext():
            while not self.finished:
                if self.engine.any(stop()):
                    return False
                self.advance(stride)
                told(self)
        return True

    # ------------------------------------------------------------ what was learned

    @property
    def parameters(self) -> dict[str, Array]:
        """The parameters by name, as they are now."""
        return self.sizes.views(self.engine.vectors["theta"])

    def model(self) -> Model:
        """The network as it is now, with batch statistics of the whole training set."""
        return network.calibrated(self.parameters, self.data.train)

    # ------------------------------------------------------------ keeping it

    def save(self, path: Path) -> None:
        """Write all that the next step depends on.  Raises BadCheckpoint when it can't."""
        tensors = {**self.engine.vectors, "losses": self.losses, "stream": self._stream.state}
        notes = {
            "format": FORMAT,
            "settings": json.dumps(asdict(self.settings)),
            "engine": self.engine_name,
            "characters": self.data.characters,
            "words": self.data.fingerprint,
        }
        checkpoint.write(path, tensors, notes)

    @classmethod
    def load(
        cls,
        path: Path,
        engine: str | None = None,
        device: str = "cpu",
        words: str | None = None,
    ) -> Training:
        """Go on from a file that `save` has written.

        engine  another engine than the one before goes on with the same numbers, to rounding
        words   where the list of words is now, if it has moved

        Raises BadCheckpoint for a damaged file, one of another kind or version, and when the
        words are not those of the run.
        """
        tensors, notes = checkpoint.read(path)
        if notes.get("format") != FORMAT:
            raise BadCheckpoint(
                f"{path} was saved by another version of this package (its format is "
                f"{notes.get('format')!r}, ours {FORMAT!r}): go on with that version."
            )
        settings = _settings(json.loads(notes["settings"]))
        settings = replace(settings, data=words or settings.data)
        training = cls(settings, engine or notes["engine"], device)
        if training.data.fingerprint != notes["words"]:
            raise BadCheckpoint(
                f"{path} was trained on other words than {settings.data or 'the shipped names'}: "
                "name its own list with --data."
            )
        training.engine.restore(tensors)
        training._stream.state = tensors["stream"]
        training.losses = tensors["losses"]
        return training


def _settings(told: dict[str, Any]) -> Settings:
    return Settings(**{**told, "recipe": Recipe(**told["recipe"])})
