"""The command `backprop-ninja`.

Each command is a function from its arguments to an exit code: 0 right, 1 wrong, 2 could not run.
What only some commands need (rich, NumPy) is imported where it is used, so that `check` answers
at once.
"""

from __future__ import annotations

import argparse
import importlib
import io
import json
import os
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ninja import progress, sandbox, savefile
from ninja.exercises import EXERCISES, Exercise, UnknownExercise, find
from ninja.progress import FILE, FOLDER, NoFolder, Progress
from ninja.savefile import NotProgress
from ninja.starter import COMMAND
from ninja.verdict import Failure, Result

if TYPE_CHECKING:
    from rich.console import Console

CAN_NOT_RUN = 2
# What `bench` measures of the training, and the module that does.
TRAINING = {"train": "bench", "recipes": "sweep", "workers": "workers", "killed": "killed"}
MARKS = {progress.SOLVED: "✓", progress.STARTED: "…", progress.NEW: "·"}


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # one that can't show ✓ shows ? and goes on
            stream.reconfigure(errors="replace")
    words = sys.argv[1:] if argv is None else argv
    arguments = vars(_parser().parse_args(words or ["--help"]))
    command: Callable[..., int] = arguments.pop("run")
    try:
        code = command(**arguments)
        sys.stdout.flush()
    except (UnknownExercise, NoFolder, NotProgress) as problem:
        return _refuse(str(problem))
    except BrokenPipeError:  # `backprop-ninja list | head`: nobody reads on
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=COMMAND,
        description="Learn backpropagation by hand, and have it proved.",
        epilog=f"Begin with: {COMMAND} start",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(run: Callable[..., int], name: str, told: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=told, description=f"{told[0].upper()}{told[1:]}.")
        added.set_defaults(run=run)
        return added

    def takes_exercise(added: argparse.ArgumentParser) -> None:
        added.add_argument("exercise", help=f"its name, as in `{COMMAND} list`")

    def takes_saved(added: argparse.ArgumentParser, told: str) -> None:
        added.add_argument("--progress", type=Path, metavar="FILE", dest="saved", help=told)

    added = command(show_list, "list", "the exercises, and which are solved")
    added.add_argument("folder", nargs="?", metavar="DIR", help="where the exercises are")
    added.add_argument("--export", type=Path, metavar="FILE", help="save it, for the practice page")
    takes_saved(added, "show what that page exported instead")
    added = command(start, "start", "write the exercises into a folder to work in")
    added.add_argument("folder", nargs="?", metavar="DIR", help=f"else {FOLDER}")
    takes_saved(added, "begin with the code that the practice page exported")
    added = command(check, "check", "check a file")
    takes_exercise(added)
    told = "a Python file with `backward`, or what the practice page exported (.json); else its own"
    added.add_argument("file", type=Path, nargs="?", metavar="FILE", help=told)
    added.add_argument("--json", action="store_true", dest="as_json", help="print one JSON object")
    added = command(watch, "watch", "check on every save, and move on when solved")
    added.add_argument("folder", nargs="?", metavar="DIR", help="where the exercises are")
    added = command(hint, "hint", "the next hint for an exercise")
    takes_exercise(added)
    added.add_argument("number", nargs="?", type=int, metavar="N", help="a certain hint, from 1")
    added = command(train, "train", "train a network with gradients by hand, and sample names")
    _takes_training(added)
    added = command(bench, "bench", "measure the formulas, the checker or the training")
    added.add_argument(
        "which", nargs="?", default="all", choices=("proof", "checker", "all", *TRAINING),
        help="all: proof and checker; the rest takes longer and is measured when named",
    )  # fmt: skip
    added.add_argument("names", nargs="*", metavar="RECORD", help="proof of these records only")
    added.add_argument("--unseen", type=Path, metavar="FILE", help="wrong lines for the checker")
    added.add_argument("--json", action="store_true", dest="as_json", help="print one JSON object")
    return parser


def _takes_training(added: argparse.ArgumentParser) -> None:
    """The options of `train`; what is not given is the lecture's."""
    run = added.add_argument_group("the run")
    run.add_argument("--steps", type=int, metavar="N", help="how many steps (200000)")
    run.add_argument("--hidden", type=int, metavar="N", help="hidden units (200)")
    run.add_argument("--data", metavar="FILE", help="words, one a line (names that come with us)")
    run.add_argument("--seed", type=int, metavar="N", help="of parameters and batches (2147483647)")
    run.add_argument("--dtype", metavar="TYPE", help="float32 (the default) or float64")
    recipe = added.add_argument_group("how the parameters move")
    recipe.add_argument("--recipe", metavar="NAME", help="a named set of these (lecture)")
    recipe.add_argument("--optimiser", metavar="NAME", help="sgd, momentum or adamw")
    recipe.add_argument("--schedule", metavar="NAME", help="step, linear or cosine")
    recipe.add_argument("--rate", type=float, metavar="X", help="the first step's size")
    recipe.add_argument("--batch", type=int, metavar="N", help="examples in a step (32)")
    how = added.add_argument_group("how it is computed and kept")
    how.add_argument("--engine", metavar="NAME", help="numpy (the default), numba, torch, ...")
    how.add_argument("--device", default="cpu", metavar="NAME", help="for torch: cpu or cuda")
    how.add_argument("--save", type=Path, metavar="FILE", help="keep the run here")
    how.add_argument("--save-every", type=int, default=10_000, metavar="N", help="steps (10000)")
    how.add_argument("--resume", type=Path, metavar="FILE", help="go on with a run that was kept")
    told = added.add_argument_group("what it tells")
    told.add_argument("--samples", type=int, default=20, metavar="N", help="names to make up (20)")
    told.add_argument("--sample-seed", type=int, default=42, metavar="N", help="of the names (42)")
    told.add_argument("--temperature", type=float, default=1.0, metavar="X", help="0 is sure (1)")
    told.add_argument("--svg", type=Path, metavar="FILE", help="draw the loss into a file")
    told.add_argument("--json", action="store_true", dest="as_json", help="print one JSON object")


def show_list(folder: str | None, export: Path | None = None, saved: Path | None = None) -> int:
    """The exercises by lesson, with what is solved, started and new."""
    if saved is not None:
        return _list_saved(saved)
    try:
        known = load(progress.locate(folder))
    except NoFolder:
        if folder is not None or export is not None:
            raise
        known = None
    if known is not None and export is not None:
        return _export(known, export)
    states = {e.name: known.state(e) if known else progress.NEW for e in EXERCISES.values()}
    _console().print(_overview(states), soft_wrap=True)
    if known is None:
        print(f"\nWrite them into a folder:  {COMMAND} start")
        return 0
    print(f"\n{_solved(states)} in {known.folder}.", end="  ")
    following = next(known.unsolved(), None)
    if following:
        print(f"Next: {following.name}, in {known.path(following)}")
    else:
        print(f"Nothing is left to do here; {COMMAND} start adds what is new.")
    return 0


def _solved(states: dict[str, str]) -> str:
    return f"{list(states.values()).count(progress.SOLVED)} of {len(states)} solved"


def _list_saved(path: Path) -> int:
    found = savefile.read(path)
    nothing = savefile.Saved()
    states = {e.name: found.get(e.name, nothing).state(e) for e in EXERCISES.values()}
    _console().print(_overview(states), soft_wrap=True)
    print(f"\n{_solved(states)} in {path}.", end="  ")
    print(f"To go on with it here:  {COMMAND} start --progress {shlex.quote(str(path))}")
    if unknown := [name for name in found if name not in EXERCISES]:
        print(f"Not among the exercises of this version: {', '.join(map(ascii, unknown))}.")
    return 0


def _export(known: Progress, path: Path) -> int:
    try:
        count = savefile.write(known, path)
    except OSError as error:
        return _refuse(f"{path} can't be written: {error.strerror}.")
    print(f"{count} exercises of {known.folder} saved in {path}: import it on the practice page.")
    return 0


def _overview(states: dict[str, str]) -> Any:
    from rich.text import Text

    styles = {progress.SOLVED: "green", progress.STARTED: "yellow", progress.NEW: "dim"}
    width = max(map(len, states))
    text, lesson = Text(), ""
    for exercise in EXERCISES.values():
        if exercise.lesson != lesson:
            text.append(f"{chr(10) if lesson else ''}{exercise.lesson}\n", style="bold")
            lesson = exercise.lesson
        state = states[exercise.name]
        text.append(f"  {MARKS[state]} {exercise.name:<{width}}  ")
        text.append(f"{state}\n", style=styles[state])
    text.rstrip()
    return text


def start(folder: str | None, saved: Path | None) -> int:
    """Write every starter, or the code saved of it, and keep every file that is there."""
    brought = savefile.read(saved) if saved else {}
    home = Path(folder or ("." if Path(FILE).exists() else FOLDER))
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return _refuse(f"{home} can't be made ({error.strerror}): name another folder.")
    known, kept, written = load(home), [], 0
    for exercise in EXERCISES.values():
        found = brought.get(exercise.name, savefile.Saved())
        text = found.code or exercise.starter
        try:
            with known.path(exercise).open("x", encoding="utf-8") as file:
                file.write(text)
        except FileExistsError:
            kept.append(exercise.file_name)
            continue
        except OSError as error:
            return _refuse(f"{known.path(exercise)} can't be written: {error.strerror}.")
        written += 1
        mark = known.mark(exercise)
        mark.starter = progress.digest(found.starter or exercise.starter)
        mark.hint = max(0, min(found.hint, len(exercise.hints)))
        if found.solved:
            mark.solved = progress.digest(text)
    save(known)
    print(f"{written} exercises written into {home}.")
    if kept:
        names = ", ".join(kept[:5]) + (f" and {len(kept) - 5} more" if len(kept) > 5 else "")
        print(f"Kept as they were, because they exist: {names}.")
    following = next(known.unsolved(), None)
    if following:
        print(f"\nNext: open {known.path(following)} in your editor, and beside it run")
        print(f"    {COMMAND} watch{f' {shlex.quote(folder)}' if folder else ''}")
    return 0


def check(exercise: str, file: Path | None, as_json: bool) -> int:
    """Check one file, and mark it in the folder that it lies in.

    Without `file` that is the exercise's own in the reader's folder; and `exercise` can be a path.
    """
    if file is None and exercise.endswith(".py"):
        file = Path(exercise)
        exercise = file.name
    try:
        found = find(exercise)
        file = file or progress.locate() / found.file_name
        saved = savefile.code_of(found, file) if file.suffix == ".json" else None
    except (UnknownExercise, NoFolder, NotProgress) as problem:
        if not as_json:
            raise
        error = Failure(type(problem).__name__, str(problem))
        return _answer(Result(exercise, False, error=error))
    result = sandbox.run(found, file if saved is None else saved)
    known = None
    if saved is None and (file.parent / FILE).exists():
        known = load(file.parent, quiet=as_json)
        if result.passed:
            mark_solved(known, found, file, quiet=as_json)
    if as_json:
        return _answer(result)
    show(result)
    print(f"\n{_next_step(result, found, known, file)}")
    return result.exit_code


def _answer(result: Result) -> int:
    """Print a result as the one object that `--json` promises."""
    print(json.dumps(result.as_json(), allow_nan=False))
    return result.exit_code


def show(result: Result) -> None:
    """Print a result, in colour where there is any."""
    from ninja import render

    console = _console()
    if console.is_terminal:
        console.print(render.text(result))
    else:
        print(render.plain(result, console.width))


def mark_solved(known: Progress, exercise: Exercise, file: Path, quiet: bool = False) -> None:
    """Write down that the text in `file` solves the exercise."""
    with suppress(OSError):  # it was there a moment ago
        known.mark(exercise).solved = progress.digest(file.read_bytes())
    save(known, quiet)


def _next_step(result: Result, exercise: Exercise, known: Progress | None, file: Path) -> str:
    if file.suffix == ".json":
        return f"All exercises:  {COMMAND} list --progress {shlex.quote(str(file))}"
    if not file.is_file():
        return f"All exercises:  {COMMAND} list"
    if not result.passed:
        return f"Change {file.name} and check again.  A hint:  {COMMAND} hint {exercise.name}"
    following = next(known.unsolved(), None) if known else None
    if known and following:
        return f"Next: {following.name}, in {known.path(following)}"
    return f"All exercises:  {COMMAND} list"


def watch(folder: str | None) -> int:
    """Check on every save until all is solved or the learner quits."""
    from ninja.watch import Session

    return Session(load(progress.locate(folder))).run()


def hint(exercise: str, number: int | None) -> int:
    """Show the next hint of an exercise, or a certain one."""
    found = find(exercise)
    try:
        known: Progress | None = load(progress.locate())
    except NoFolder:
        known = None
    last = known.mark(found).hint if known else 0
    total = len(found.hints)
    wanted = min(last + 1, total) if number is None else number
    if not 1 <= wanted <= total:
        return _refuse(f"{found.name} has {total} hints: ask for one from 1 to {total}")
    for line in hint_lines(found, wanted):
        print(line)
    if known:
        known.mark(found).hint = wanted
        save(known)
    more = f"{COMMAND} hint {found.name}" + ("" if known else f" {wanted + 1}")
    print(f"\nThe next one:  {more}" if wanted < total else "\nThat was the last hint.")
    return 0


def hint_lines(exercise: Exercise, number: int) -> Iterator[str]:
    """One hint as it is printed, number 1 first."""
    import textwrap

    shown = exercise.hints[number - 1]
    yield f"{exercise.name}, hint {number} of {len(exercise.hints)}: {shown.title}"
    yield ""
    for line in shown.text.splitlines():
        yield from (
            f"  {row}" for row in textwrap.wrap(line, 88, subsequent_indent=" " * 4) or [""]
        )


def train(**options: Any) -> int:
    """Train the lecture's network, or go on with a run that was kept."""
    from ninja.training import command

    try:
        return command.from_options(options)
    except ValueError as error:
        return _refuse(str(error))


def bench(which: str, names: list[str], unseen: Path | None, as_json: bool) -> int:
    """Measure the formulas and the checker."""
    try:
        if which in TRAINING:
            module = importlib.import_module(f"ninja.training.{TRAINING[which]}")
            code: int = module.run(as_json)
            return code
        from ninja import report

        return report.run(which, names, unseen, as_json)
    except (OSError, ValueError) as error:
        return _refuse(str(error))


def load(folder: Path, quiet: bool = False) -> Progress:
    """The progress in a folder; says so when its file is broken."""
    known = Progress.load(folder)
    if known.complaint and not quiet:
        print(known.complaint, file=sys.stderr)
    return known


def save(known: Progress, quiet: bool = False) -> None:
    """Keep the progress, or say why that is not possible."""
    try:
        known.save()
    except OSError as error:
        if not quiet:
            print(f"What is solved can't be kept: {error.strerror}.", file=sys.stderr)


def _console() -> Console:
    from rich.console import Console

    return Console(highlight=False)


def _refuse(message: str) -> int:
    print(f"{COMMAND}: {message}", file=sys.stderr)
    return CAN_NOT_RUN
