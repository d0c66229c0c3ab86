"""Check a submission in a process of its own, with limits on time and memory.

Whatever a learner's code does, the answer is a `Result`: an endless loop in Python or in C, a
crash, an allocation of terabytes, `os._exit`.  The other side of this is `ninja._inside`.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import replace
from importlib.util import decode_source
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import IO, Any

from ninja.exercises import Exercise
from ninja.starter import COMMAND
from ninja.verdict import Entry, Failure, Result, Tensor

SECONDS = 10.0
MEGABYTES = 4096
GRACE = 20.0  # seconds for Python, NumPy and ourselves, before and after the learner's code
PRINTED = 4096  # bytes of what was printed that are kept
LARGEST = 1 << 20  # bytes of a file that may be an answer
ROOT = Path(__file__).parent.parent  # the folder in which our package lies


class Unreadable(Exception):
    """A file from which no code can be taken."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.failure = Failure(kind, message)


def run(
    exercise: Exercise,
    code: Path | str,
    *,
    seconds: float = SECONDS,
    megabytes: int = MEGABYTES,
) -> Result:
    """Check a file, or the text of one.  Raises nothing for what is in it, or is not."""
    try:
        source = read(code) if isinstance(code, Path) else code
    except Unreadable as problem:
        return Result(exercise.name, False, error=problem.failure)
    home, name = Path.cwd(), "your_code.py"
    if isinstance(code, Path):
        home, name = code.resolve().parent, code.name
    folder = Path(mkdtemp(prefix="backprop-ninja-"))
    request = {
        "exercise": exercise.name,
        "source": source,
        "filename": name,
        "seconds": seconds,
        "megabytes": megabytes,
        "printed": PRINTED + 1,  # so that we see when it is more
    }
    try:
        (folder / "request.json").write_text(json.dumps(request), encoding="utf-8")
        printed, status = _process(folder, home, seconds + GRACE)
        result = _answer(folder)
        if result is None:
            # Python's own report of a crash is for us, not for the learner.
            printed = printed.partition("Fatal Python error:")[0]
            result = _silence(exercise, folder, source, name, status, seconds)
    finally:
        rmtree(folder, ignore_errors=True)
    return replace(result, printed=result.printed + printed)


def read(path: Path) -> str:
    """The text of a Python file.  Raises Unreadable, with a sentence that says what to do."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise Unreadable(
            "FileNotFoundError",
            f"There is no file {path}. Write the starters with `{COMMAND} start`, or check the "
            "path.",
        ) from None
    except IsADirectoryError:
        raise Unreadable(
            "IsADirectoryError", f"{path} is a folder: name the Python file in it."
        ) from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise Unreadable(type(error).__name__, f"{path} can't be read: {reason}.") from None
    if len(data) > LARGEST:
        raise Unreadable("ValueError", f"{path} has more than {LARGEST >> 20} MB: no answer has.")
    if b"\0" in data:
        raise Unreadable("UnicodeDecodeError", f"{path} is not text. Save it as Python in UTF-8.")
    try:
        source = decode_source(data)
    except (UnicodeDecodeError, SyntaxError) as error:
        raise _undecodable(path, data, error) from None
    if not source.strip():
        raise Unreadable(
            "ValueError", f"{path} is empty. Begin with `def backward(...):`, as the starters do."
        )
    return source


def _undecodable(path: Path, data: bytes, error: Exception) -> Unreadable:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as wrong:
        line = data[: wrong.start].count(b"\n") + 1
        said = f"Line {line} of {path} is not UTF-8 text. Save the file as UTF-8."
        return Unreadable("UnicodeDecodeError", said)
    return Unreadable("SyntaxError", f"{path}: {error}. Save it as UTF-8, without a declaration.")


def _process(folder: Path, home: Path, limit: float) -> tuple[str, int | None]:
    """What the process printed, and its exit status; None when it had to be stopped."""
    start = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import ninja; del sys.path[0]; "
        f"from ninja._inside import main; main({str(folder)!r})"
    )
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", start],
        cwd=home,
        env={**os.environ, **threads, "PYTHONUTF8": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    assert process.stdout is not None
    tap = _Tap(process.stdout)
    # In a thread: with a time limit, `wait` would look every 50 ms only.
    end = threading.Thread(target=process.wait, daemon=True)
    end.start()
    try:
        end.join(limit)
        status = process.returncode
    finally:
        _stop(process)
    tap.join(1)
    if not tap.is_alive():  # else some process that got away still holds the other end
        process.stdout.close()
    return tap.text(), status


class _Tap(threading.Thread):
    """Reads all that comes out of a pipe, and keeps the beginning."""

    def __init__(self, pipe: IO[bytes]) -> None:
        super().__init__(daemon=True)
        self.pipe, self.kept, self.more = pipe, b"", False
        self.start()

    def run(self) -> None:
        while data := os.read(self.pipe.fileno(), 1 << 16):
            self.more = self.more or len(self.kept) + len(data) > PRINTED
            self.kept += data[: PRINTED - len(self.kept)]

    def text(self) -> str:
        text = self.kept.decode("utf-8", errors="replace")
        return f"{text}\n... (more was printed)" if self.more else text


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the process and all that it has started."""
    with suppress(OSError):  # nothing is left of them
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
    process.wait()


def _answer(folder: Path) -> Result | None:
    """The result that the process wrote down, if it came to that."""
    try:
        data = json.loads((folder / "result.json").read_text(encoding="utf-8"))
        return restored(data)
    except (OSError, ValueError, TypeError, KeyError):
        return None


def restored(data: dict[str, Any]) -> Result:
    """A result again, from what `dataclasses.asdict` made of it and JSON carried over."""
    tensors = [
        Tensor(
            **{
                **tensor,
                "shape": None if tensor["shape"] is None else tuple(tensor["shape"]),
                "want_shape": tuple(tensor["want_shape"]),
                "entry": tensor["entry"] and _entry(**tensor["entry"]),
            }
        )
        for tensor in data["tensors"]
    ]
    error = data["error"] and Failure(**data["error"])
    notes = tuple(data["notes"])
    return Result(**{**data, "tensors": tuple(tensors), "error": error, "notes": notes})


def _entry(index: list[int], got: float, want: float) -> Entry:
    return Entry(tuple(index), got, want)


def _silence(
    exercise: Exercise, folder: Path, source: str, name: str, status: int | None, seconds: float
) -> Result:
    """What to say of a process that ended, or was ended, without a result."""
    trace = ""
    with suppress(OSError):
        trace = (folder / "trace.txt").read_text(encoding="utf-8", errors="replace")
    line = _line_of(trace, name)
    rows = source.splitlines()
    text = rows[line - 1].strip() if line and line <= len(rows) else ""
    at = f" in line {line}" if line else ""
    if status is None or trace.startswith("Timeout"):
        kind = "Timeout"
        said = f"Still running after {seconds:g} seconds{at}. Is there a loop that never ends?"
    elif status < 0:
        kind, said = _signal_words(-status, at)
    else:
        kind = "SystemExit"
        said = (
            f"The code ended the whole process with exit status {status}, before the check was "
            "done. Take os._exit() or the like away, and let the function return."
        )
    return Result(exercise.name, False, error=Failure(kind, said, line, text=text))


def _line_of(trace: str, name: str) -> int | None:
    """The learner's innermost line in a dump of all threads; the main thread comes last."""
    written = re.escape(name.encode("ascii", "backslashreplace").decode())
    for thread in reversed(re.split(r"\n\n|^(?=Thread |Current )", trace, flags=re.MULTILINE)):
        found = re.search(rf'File "{written}", line (\d+) in ', thread)
        if found:
            return int(found[1])
    return None


def _signal_words(number: int, at: str) -> tuple[str, str]:
    try:
        kind = signal.Signals(number).name
    except ValueError:
        kind = f"signal {number}"
    if kind == "SIGKILL":
        return kind, (
            "The system killed the process, mostly because no memory was left. Look at the sizes "
            "of the arrays that you make."
        )
    return kind, (
        f"Python itself crashed ({kind}){at}. Code outside NumPy's usual functions does that: "
        "ctypes, os.abort, or a recursion without end."
    )
