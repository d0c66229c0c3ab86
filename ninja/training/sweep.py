"""`bench recipes`: every recipe trained from several seeds, for the table that the course shows."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from ninja.training import engines
from ninja.training.bench import this_machine
from ninja.training.engines import NoEngine
from ninja.training.recipes import RECIPES, Recipe
from ninja.training.run import Settings, Training

SEEDS = (2147483647, 1, 2, 3, 4)  # the lecture's, and four more


@dataclass(frozen=True)
class Row:
    """The losses of one recipe, in the order of the seeds, and how long one run took."""

    name: str
    recipe: Recipe
    train: tuple[float, ...]
    dev: tuple[float, ...]
    seconds: float

    @property
    def mean(self) -> float:
        return statistics.mean(self.dev)

    @property
    def spread(self) -> float:
        return statistics.stdev(self.dev) if len(self.dev) > 1 else 0.0


def run(as_json: bool) -> int:
    """Measure all recipes and print what came of them."""
    console = Console(stderr=as_json)
    rows = measure(quiet=not console.is_terminal)
    if as_json:
        print(json.dumps(as_object(rows), indent=1))
    else:
        console.print(table(rows))
    return 0


def measure(
    seeds: Sequence[int] = SEEDS, steps: int = Settings.steps, quiet: bool = True
) -> list[Row]:
    """Every recipe, with the quickest engine there is."""
    engine = quickest()
    runs = [(name, seed) for seed in seeds for name in RECIPES]
    train: dict[str, list[float]] = {name: [] for name in RECIPES}
    dev: dict[str, list[float]] = {name: [] for name in RECIPES}
    seconds: dict[str, list[float]] = {name: [] for name in RECIPES}
    for name, seed in track(runs, "training", disable=quiet, transient=True):
        training = Training(Settings(steps=steps, seed=seed, recipe=RECIPES[name]), engine)
        before = time.process_time()
        training.run()
        seconds[name].append(time.process_time() - before)
        model = training.model()
        train[name].append(model.loss(training.data.train))
        dev[name].append(model.loss(training.data.dev))
    return [
        Row(name, recipe, tuple(train[name]), tuple(dev[name]), statistics.median(seconds[name]))
        for name, recipe in RECIPES.items()
    ]


def quickest() -> str:
    """numba where it is installed, else NumPy."""
    try:
        engines.load("numba")
    except NoEngine:
        return "numpy"
    return "numba"


def as_object(rows: Sequence[Row]) -> dict[str, Any]:
    """What `bench recipes --json` prints."""
    found = [{**asdict(row), "mean": row.mean, "spread": row.spread} for row in rows]
    return {"machine": this_machine(), "seeds": SEEDS, "recipes": found}


def table(rows: Sequence[Row]) -> Table:
    """The recipes, the best one last."""
    shown = Table(title="Loss on the dev words, over the seeds")
    for column in ("recipe", "optimiser", "schedule", "rate", "batch"):
        shown.add_column(column)
    for column in ("mean", "spread", "seconds"):
        shown.add_column(column, justify="right")
    for row in sorted(rows, key=lambda row: -row.mean):
        recipe = row.recipe
        shown.add_row(
            row.name, recipe.optimiser, recipe.schedule, f"{recipe.rate:g}", str(recipe.batch),
            f"{row.mean:.4f}", f"{row.spread:.4f}", f"{row.seconds:.0f}",
        )  # fmt: skip
    return shown
