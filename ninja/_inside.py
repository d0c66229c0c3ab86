"""Inside the sandbox: check one submission, write down the result, and end.

The parent (`ninja.sandbox`) starts this in a process of its own, with the folder that the two share
as its argument.  A learner's code runs here, so nothing can be relied on after it: all that is
needed to answer is fetched before.
"""

from __future__ import annotations

import faulthandler
import io
import json
import os
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ninja.check import check_source, failure
from ninja.exercises import EXERCISES
from ninja.guard import unpatched
from ninja.op import Op
from ninja.trials import unmasking
from ninja.verdict import Result

REQUEST, RESULT, TRACE = "request.json", "result.json", "trace.txt"


def main(folder: str) -> None:
    """Answer the request in `folder`, within its limits; ends the process."""
    request = json.loads(Path(folder, REQUEST).read_text(encoding="utf-8"))
    op = EXERCISES[request["exercise"]].op
    unmasking(op)  # our own share of the work, before the clock starts
    pid, leave, write = os.getpid, os._exit, _writer(Path(folder, RESULT))
    own = pid()
    sys.path.append(os.getcwd())  # last: helpers beside the file, but no `numpy.py` found there
    printed = _Beginning(request["printed"])  # kept: `print` does not hold what it writes to
    sys.stdout = sys.stderr = printed
    _limit_memory(request["megabytes"])
    _limit_time(request["seconds"], Path(folder, TRACE))
    try:
        with unpatched():
            result = checked(op, request["source"], request["filename"])
        if pid() == own:  # else a fork of the learner's has come this way, too
            write(result)
    finally:
        leave(0)


class _Beginning(io.TextIOBase):
    """Standard output up to a length, written at once, so that it is there after a crash.

    What follows goes nowhere, and fast: some code prints a million lines.
    """

    encoding = "utf-8"

    def __init__(self, room: int) -> None:
        self.room = room
        self.nowhere = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115

    def write(self, text: str) -> int:
        os.write(1, text[: self.room].encode("utf-8", "replace"))
        self.room -= len(text)
        if self.room <= 0:
            sys.stdout = sys.stderr = self.nowhere
        return len(text)

    def fileno(self) -> int:
        return 1


def checked(op: Op, source: str, filename: str) -> Result:
    """The result, whatever the learner's code raises."""
    try:
        return check_source(op, source, filename)
    except BaseException as error:  # KeyboardInterrupt, or an exception of the learner's making
        found = failure(error, filename)
        said = f"The code raised {found.type} itself. Let the function return instead."
        return Result(op.name, False, error=replace(found, message=said))


def _writer(path: Path) -> Any:
    """A function that writes a result, whatever has become of modules and open files by then."""
    encode, opened = json.JSONEncoder(default=float).encode, open

    def write(result: Result) -> None:
        with opened(path, "w", encoding="utf-8") as file:
            file.write(encode(asdict(result)))

    return write


def _limit_time(seconds: float, trace: Path) -> None:
    """After `seconds`, write down which line is running, and end: in a loop in C, too."""
    file = trace.open("w", encoding="utf-8")
    faulthandler.enable(file)
    faulthandler.dump_traceback_later(seconds, exit=True, file=file)


def _limit_memory(megabytes: int) -> None:
    """Let an allocation beyond the limit raise MemoryError, where the system can do that.

    On Linux only what is written to counts, so that the large libraries of torch may be mapped.
    """
    try:
        import resource
    except ImportError:  # Windows
        return
    kind = resource.RLIMIT_DATA if sys.platform == "linux" else resource.RLIMIT_AS
    try:
        resource.setrlimit(kind, (megabytes << 20, resource.getrlimit(kind)[1]))
    except (OSError, ValueError):  # refused: macOS, or a lower limit that is in force already
        return
