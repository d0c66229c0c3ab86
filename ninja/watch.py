"""`watch`: check on every save, and move on to the next exercise when one is solved."""

from __future__ import annotations

import os
import queue
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ninja import cli, sandbox
from ninja.exercises import EXERCISES, Exercise
from ninja.progress import Progress

POLL = 0.2  # seconds between two looks at the files
KEYS = "h for a hint, l for the list, c to check again, q to quit"

Stamp = tuple[int, int]


class Session:
    """One run of `watch`: the files as they were last seen, and the exercise that is on."""

    def __init__(self, known: Progress) -> None:
        self.known = known
        self.current = next(known.unsolved(), None)
        self.checked: dict[str, Stamp | None] = {}
        self.seen: dict[str, Stamp | None] = {}

    def run(self) -> int:
        """Watch until everything is solved, `q`, or Ctrl+C."""
        keys: queue.Queue[str] = queue.Queue()
        self.checked = self._stamps()
        self.seen = dict(self.checked)
        _say(f"Watching {self.known.folder}: every save is checked.")
        try:
            with single_keys():
                threading.Thread(target=_read_keys, args=(keys,), daemon=True).start()
                return self._loop(keys)
        except KeyboardInterrupt:
            _say("\nUntil next time.")
            return 0

    def _loop(self, keys: queue.Queue[str]) -> int:
        if self.current:
            self._check(self.current)
        while self.current:
            try:
                key = keys.get(timeout=POLL)
            except queue.Empty:
                key = ""
            if key == "q":
                _say("Until next time.")
                return 0
            self._answer(key)
            for exercise in self._saved():
                self._check(exercise)
        _say(f"Every exercise in {self.known.folder} is solved.")
        return 0

    def _answer(self, key: str) -> None:
        assert self.current is not None
        if key == "c":
            self._check(self.current)
        elif key == "l":
            cli.show_list(str(self.known.folder))
        elif key == "h":
            mark = self.known.mark(self.current)
            mark.hint = min(mark.hint + 1, len(self.current.hints))
            cli.save(self.known)
            _say("\n".join(cli.hint_lines(self.current, mark.hint)))

    def _check(self, exercise: Exercise) -> None:
        """Check one exercise: a wrong one is on from now, after a right one comes the next."""
        path = self.known.path(exercise)
        _say(f"\n{path}")
        result = sandbox.run(exercise, path)
        cli.show(result)
        if not result.passed:
            self.current = exercise
            _say(f"\nChange {path.name} and save it; {KEYS}.")
            return
        cli.mark_solved(self.known, exercise, path)
        if exercise is self.current or self.current is None:
            self.current = next(self.known.unsolved(), None)
        if self.current:
            _say(f"\nSolved. Next: {self.current.name}, in {self.known.path(self.current)}")

    def _saved(self) -> Iterator[Exercise]:
        """Exercises whose file is another than was checked, and no longer being written."""
        now = self._stamps()
        for exercise in EXERCISES.values():
            name = exercise.name
            settled = now[name] is not None and now[name] == self.seen[name]
            if settled and now[name] != self.checked[name]:
                self.checked[name] = now[name]
                yield exercise
        self.seen = now

    def _stamps(self) -> dict[str, Stamp | None]:
        return {e.name: _stamp(self.known.path(e)) for e in EXERCISES.values()}


def _stamp(path: Path) -> Stamp | None:
    """When the file was written, and its size; None where there is none (just now)."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _read_keys(keys: queue.Queue[str]) -> None:
    """Put every key into the queue; not through sys.stdin, whose lock would outlive us."""
    try:
        while typed := os.read(sys.stdin.fileno(), 64):
            for key in typed.decode(errors="ignore").lower():
                keys.put(key)
    except (OSError, ValueError, AttributeError):  # no standard input at all
        return


@contextmanager
def single_keys() -> Iterator[None]:
    """In a terminal, receive keys without Enter, where the system can do that."""
    try:
        import termios
        import tty

        fd = sys.stdin.fileno()
        before = termios.tcgetattr(fd)
    except (ImportError, OSError, ValueError, AttributeError):  # Windows, or no terminal
        yield
        return
    except termios.error:
        yield
        return
    tty.setcbreak(fd)
    try:
        yield
    finally:
        termios.tcsetattr(fd, termios.TCSADRAIN, before)


def _say(text: str) -> None:
    print(text, flush=True)
