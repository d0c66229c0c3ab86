"""The verb `train`: a run in the terminal, with its loss, its rate, and the names it makes up."""

from __future__ import annotations

import json
import os
import shlex
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from ninja.starter import COMMAND
from ninja.training import checkpoint, curve, network
from ninja.training.bench import this_machine
from ninja.training.checkpoint import BadCheckpoint
from ninja.training.engines import WorkerLost
from ninja.training.recipes import RECIPES, Recipe
from ninja.training.run import Diverged, Settings, Training

FAILED = 1
STOPPED = 130  # what a shell expects after Ctrl+C
WINDOW = 1000  # steps that the loss shown is a mean of
IMPATIENT = b"\nStopping, and keeping what was learned. Once more: end at once, and keep nothing.\n"


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

    Raises ValueError with a sentence for whatever is wrong with the settings or a file, before
    the first step is taken.  What goes wrong later costs nothing that was learned.
    """
    _check(options)
    training = _training(settings, options)
    leads = training.engine.leads
    console = Console(highlight=False, stderr=options.as_json, quiet=not leads)
    target = options.save or (None if training.finished else options.resume)
    if not leads:
        target = None
    if target is not None:
        checkpoint.check(target)
    if not training.finished:
        _introduce(training, console)
    with _interruptions(aloud=leads) as interrupted:
        begun, at = time.perf_counter(), training.step
        try:
            with _watched(training, console) as told:
                training.run(_saving(training, told, target, options, console), interrupted)
        except (Diverged, WorkerLost, MemoryError) as problem:
            _complain(problem)
            return FAILED
        seconds = time.perf_counter() - begun
        failed = leads and _finish(training, options, console, target, seconds, training.step - at)
    if failed:
        return FAILED
    return 0 if training.finished else STOPPED


def _finish(
    training: Training,
    options: Options,
    console: Console,
    target: Path | None,
    seconds: float,
    steps: int,
) -> bool:
    """Keep what was learned, then show it; returns whether something went wrong."""
    failed = False
    try:
        target = _keep(training, target)
    except BadCheckpoint as problem:
        target, failed = None, _complain(problem)
    try:
        report = outcome(training, options, seconds, steps)
    except Diverged as problem:
        return _complain(problem)
    if options.as_json:
        print(json.dumps(report, allow_nan=False))
    else:
        _show(training, report, console)
    if options.svg is not None:
        failed |= _draw(training, options.svg)
    if target is not None:
        _say_where(target, training.finished, console)
    return failed


def _check(options: Options) -> None:
    if not 0 <= options.temperature < float("inf"):
        raise ValueError(f"the temperature should be 0 or more, but is {options.temperature}")
    if options.samples < 0 or options.sample_seed < 0 or options.save_every < 1:
        raise ValueError(
            "--samples and --sample-seed should be 0 or more, and --save-every at least 1"
        )
    if options.save is not None and options.save != options.resume and options.save.exists():
        raise BadCheckpoint(
            f"{options.save} exists already: name another file, or go on with --resume "
            f"{shlex.quote(str(options.save))}."
        )
    if options.svg is not None and (options.svg.is_dir() or not options.svg.parent.is_dir()):
        raise ValueError(f"{options.svg} can't be written: name a file in a folder that exists.")


def _training(settings: Settings, options: Options) -> Training:
    try:
        if options.resume is not None:
            return Training.load(options.resume, options.engine, options.device, options.words)
        return Training(settings, options.engine or "numpy", options.device)
    except MemoryError as problem:
        raise ValueError(f"the memory here is not enough for that: {problem}") from None


def _complain(problem: object) -> bool:
    print(f"{COMMAND}: {problem}", file=sys.stderr)
    return True


def _introduce(training: Training, console: Console) -> None:
    words = training.settings.data or "the shipped names"
    console.print(
        f"{training.sizes.count:,} parameters, {len(training.data.train):,} examples from {words}, "
        f"engine {training.engine_name}.",
        soft_wrap=True,
    )


def outcome(training: Training, options: Options, seconds: float, steps: int) -> dict[str, Any]:
    """The object that `--json` prints: settings, losses of all splits, speed and samples.

    Raises Diverged when the parameters are so large that the losses overflow.
    """
    with np.errstate(all="ignore"):  # Diverged says it
        model = training.model()
        loss = {name: model.loss(split) for name, split in training.data.splits.items()}
    if not np.isfinite(list(loss.values())).all():
        raise Diverged("what was learned has no loss that is a number: try a smaller rate.")
    return {
        "engine": training.engine_name,
        "machine": this_machine(),
        "settings": asdict(training.settings),
        "parameters": training.sizes.count,
        "step": training.step,
        "finished": training.finished,
        "loss": loss,
        "seconds": seconds,
        "steps_per_second": steps / seconds if steps else None,
        "curve": [[step, loss] for step, loss in curve.points(training.losses)],
        "samples": network.sample(
            model, training.data, options.samples, options.sample_seed, options.temperature
        ),
    }


# ---------------------------------------------------------------- while it runs


@contextmanager
def _interruptions(aloud: bool) -> Iterator[Callable[[], bool]]:
    """Ctrl+C asks the run to stop after the steps it is at, and to keep what was learned.

    Whoever presses it a second time is told so, and with the third it all ends at once.
    """
    asked = 0

    def ask(number: int, frame: Any) -> None:
        nonlocal asked
        asked += 1
        if asked == 2 and aloud:
            os.write(2, IMPATIENT)  # print could be interrupted in its own middle
        if asked > 2:
            raise KeyboardInterrupt

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: asked > 0
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
    training: Training,
    told: Callable[[Training], None],
    target: Path | None,
    options: Options,
    console: Console,
) -> Callable[[Training], None]:
    """Tell, and save every now and then.  A disk that is full is no reason to stop learning."""
    saved = training.step // options.save_every

    def both(training: Training) -> None:
        nonlocal saved
        told(training)
        if target is not None and training.step // options.save_every > saved:
            saved = training.step // options.save_every
            try:
                training.save(target)
            except BadCheckpoint as problem:
                console.print(f"{problem} The run goes on without.", soft_wrap=True)

    return both


def _keep(training: Training, target: Path | None) -> Path | None:
    """Save what there is; a run that was stopped is kept even if nobody named a file.

    Raises BadCheckpoint when it can't.
    """
    if target is None and not training.finished and training.step:
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


def _say_where(kept: Path, finished: bool, console: Console) -> None:
    if finished:
        console.print(f"\nKept in {kept}.", soft_wrap=True)
    else:
        console.print(
            f"\nStopped. What was learned is in {kept}; go on with:\n"
            f"    {_command()} train --resume {shlex.quote(str(kept))}",
            soft_wrap=True,
        )


def _command() -> str:
    """How this was started, alone or by torchrun, which tells its workers how many they are."""
    workers = os.environ.get("LOCAL_WORLD_SIZE")
    return f"torchrun --nproc-per-node {workers} -m backprop_ninja" if workers else COMMAND


def _draw(training: Training, path: Path) -> bool:
    """Returns whether that failed, and says so."""
    try:
        path.write_text(curve.picture(training.losses).file(""), encoding="utf-8")
    except (OSError, ValueError) as problem:
        return _complain(f"{path} can't be written: {problem}")
    return False
