"""The verb `train`: a run in the terminal, with its loss, its rate, and the names it makes up."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from ninja.starter import COMMAND
from ninja.training import curve, network
from ninja.training.bench import this_machine
from ninja.training.checkpoint import BadCheckpoint
from ninja.training.engines import WorkerLost
from ninja.training.recipes import RECIPES, Recipe
from ninja.training.run import Diverged, Settings, Training

STOPPED = 130  # what a shell expects after Ctrl+C
WINDOW = 1000  # steps that the loss shown is a mean of


@dataclass(frozen=True)
class Options:
    """What the command line asks for beside the settings of the run."""

    engine: str | None = None
    device: str = "cpu"
    save: Path | None = None
    save_every: int = 10_000
    resume: Path | None = None
    words: str | None = None
    samples: int = 20
    sample_seed: int = 42
    temperature: float = 1.0
    svg: Path | None = None
    as_json: bool = False


SETTINGS = ("data", "steps", "hidden", "seed", "dtype")
RECIPE = tuple(f.name for f in fields(Recipe) if f.name != "options")
OPTIONS = tuple(f.name for f in fields(Options) if f.name != "words")


def from_options(given: dict[str, Any]) -> int:
    """The command, from its options as they were typed; None is what was not typed.

    Raises ValueError with a sentence for what does not fit.
    """
    settings, recipe, options = (
        {name: given[name] for name in names if given.get(name) is not None}
        for names in (SETTINGS, RECIPE, OPTIONS)
    )
    if options.get("resume"):
        fixed = (name for name in (*SETTINGS, *RECIPE, "recipe") if name != "data")
        changed = [f"--{name}" for name in fixed if given[name] is not None]
        if changed:
            raise ValueError(
                f"{' and '.join(changed)} can't change in the middle of a run: a resumed one keeps "
                "its settings."
            )
        return train(Settings(), Options(**options, words=given["data"]))
    name = given["recipe"] or "lecture"
    if name not in RECIPES:
        raise ValueError(f"there is no recipe {name!r}; there are {', '.join(RECIPES)}")
    chosen = replace(RECIPES[name], **recipe)
    return train(Settings(recipe=chosen, **settings), Options(**options))


def train(settings: Settings, options: Options) -> int:
    """Train, or go on training; returns the exit code.

    Raises ValueError with a sentence for whatever is wrong with the settings or a file.
    """
    if not 0 <= options.temperature < float("inf"):
        raise ValueError(f"the temperature should be 0 or more, but is {options.temperature}")
    if options.samples < 0 or options.sample_seed < 0 or options.save_every < 1:
        raise ValueError(
            "--samples and --sample-seed should be 0 or more, and --save-every at least 1"
        )
    training = _training(settings, options)
    leads = training.engine.leads
    console = Console(highlight=False, stderr=options.as_json, quiet=not leads)
    target = options.save or options.resume if leads else None
    if not training.finished:
        _introduce(training, console)
    begun, at = time.perf_counter(), training.step
    complaint = None
    with _interruptions() as interrupted, _watched(training, console) as told:
        try:
            training.run(_saving(told, target, options.save_every), interrupted)
        except (Diverged, WorkerLost) as problem:
            complaint = str(problem)
    seconds = time.perf_counter() - begun
    if complaint is None:
        target = _keep(training, target)
    else:
        print(f"{COMMAND}: {complaint}", file=sys.stderr)
        return 1
    if not leads:
        return STOPPED if not training.finished else 0
    report = outcome(training, options, seconds, training.step - at)
    if options.svg is not None:
        _draw(training, options.svg)
    if options.as_json:
        print(json.dumps(report, allow_nan=False))
    else:
        _show(training, report, console)
    if target is not None:
        if training.finished:
            console.print(f"\nKept in {target}.", soft_wrap=True)
        else:
            console.print(
                f"\nStopped. What was learned is in {target}; go on with:\n"
                f"    {COMMAND} train --resume {target}",
                soft_wrap=True,
            )
    return 0 if training.finished else STOPPED


def _training(settings: Settings, options: Options) -> Training:
    if options.save is not None and options.save != options.resume and options.save.exists():
        raise BadCheckpoint(
            f"{options.save} exists already: name another file, or go on with --resume "
            f"{options.save}."
        )
    if options.resume is not None:
        return Training.load(options.resume, options.engine, options.device, options.words)
    return Training(settings, options.engine or "numpy", options.device)


def _introduce(training: Training, console: Console) -> None:
    words = training.settings.data or "the shipped names"
    console.print(
        f"{training.sizes.count:,} parameters, {len(training.data.train):,} examples from {words}, "
        f"engine {training.engine_name}.",
        soft_wrap=True,
    )


def outcome(training: Training, options: Options, seconds: float, steps: int) -> dict[str, Any]:
    """The object that `--json` prints: settings, losses of all splits, speed and samples."""
    model = training.model()
    return {
        "engine": training.engine_name,
        "machine": this_machine(),
        "settings": asdict(training.settings),
        "parameters": training.sizes.count,
        "step": training.step,
        "finished": training.finished,
        "loss": {name: model.loss(split) for name, split in training.data.splits.items()},
        "seconds": seconds,
        "steps_per_second": steps / seconds if steps else None,
        "curve": [[step, loss] for step, loss in curve.points(training.losses)],
        "samples": network.sample(
            model, training.data, options.samples, options.sample_seed, options.temperature
        ),
    }


# ---------------------------------------------------------------- while it runs


@contextmanager
def _interruptions() -> Iterator[Callable[[], bool]]:
    """Ctrl+C asks the run to stop after the step it is at; the second time, it stops at once."""
    asked = False

    def ask(number: int, frame: Any) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _watched(training: Training, console: Console) -> Iterator[Callable[[Training], None]]:
    """A bar with the loss and the steps a second, where there is a terminal."""
    columns = (
        TextColumn("{task.fields[loss]}"), BarColumn(), MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"), TimeRemainingColumn(),
    )  # fmt: skip
    shown = console.is_terminal and not training.finished
    with Progress(*columns, console=console, transient=True, disable=not shown) as bar:
        task = bar.add_task(
            "", total=training.settings.steps, completed=training.step, loss="", rate=""
        )
        begun, at = time.perf_counter(), training.step

        def told(training: Training) -> None:
            rate = (training.step - at) / (time.perf_counter() - begun)
            loss = float(training.losses[-WINDOW:].mean())
            bar.update(
                task, completed=training.step, loss=f"loss {loss:.4f}", rate=f"{rate:,.0f} steps/s"
            )

        yield told


def _saving(
    told: Callable[[Training], None], target: Path | None, every: int
) -> Callable[[Training], None]:
    saved = 0

    def both(training: Training) -> None:
        nonlocal saved
        told(training)
        if target is not None and training.step // every > saved:
            saved = training.step // every
            training.save(target)

    return both


def _keep(training: Training, target: Path | None) -> Path | None:
    """Save what there is; a run that was stopped is kept even if nobody named a file."""
    if target is None and training.engine.leads and not training.finished and training.step:
        target = _unused(Path("ninja-train.safetensors"))
    if target is not None:
        training.save(target)
    return target


def _unused(path: Path) -> Path:
    numbered = (path.with_stem(f"{path.stem}-{n}") for n in range(2, sys.maxsize))
    return path if not path.exists() else next(p for p in numbered if not p.exists())


# ---------------------------------------------------------------- when it is over


def _show(training: Training, report: dict[str, Any], console: Console) -> None:
    if training.step:
        console.print()
        for line in curve.in_text(training.losses, min(console.width, 100)):
            console.print(line, soft_wrap=True)
    table = Table(title=f"After {training.step:,} steps", title_justify="left")
    for name in report["loss"]:
        table.add_column(name, justify="right")
    table.add_row(*(f"{loss:.4f}" for loss in report["loss"].values()))
    console.print()
    console.print(table)
    if report["steps_per_second"]:
        console.print(
            f"{report['seconds']:.1f} s, {report['steps_per_second']:,.0f} steps a second"
        )
    if report["samples"]:
        console.print("\nNames that it makes up:")
        names: Sequence[str] = report["samples"]
        console.print("  " + "  ".join(names), markup=False)


def _draw(training: Training, path: Path) -> None:
    try:
        path.write_text(curve.picture(training.losses).file(""), encoding="utf-8")
    except OSError as error:
        raise ValueError(f"{path} can't be written ({error.strerror}).") from None
