"""Call a function in a fresh process that has the heavy libraries loaded already.

A page must not see what another page did, and `mkdocs serve` must see today's package. A new
interpreter for each would import NumPy and torch again and again (seconds each). So one server
process imports them once, and every call runs in its own fork of it, where `ninja` is imported
anew (some ten milliseconds). Where there is no fork, each call starts an interpreter.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from typing import Any

# Heavy and unchanging. What is not installed is left out; `ninja` and `publish` are never here.
PRELOADED = ["numpy", "torch", "matplotlib.pyplot", "IPython.core.interactiveshell"]

# One number in, one number out, whichever machine builds: no hash order, no thread count.
ENVIRONMENT = {"PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1", "MPLBACKEND": "agg"}
_ENVIRONMENT_IS_OURS = threading.Lock()


class Died(RuntimeError):
    """The process ended, or was ended, without an answer."""


def call(function: Callable[..., Any], *args: Any, seconds: float = 300) -> Any:
    """`function(*args)`, in a process of its own; the answer and the arguments are pickled.

    Raises Died when there is no answer after `seconds`, RuntimeError with the other side's
    traceback when the function raised.
    """
    context = _context()
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(sender, function, args))  # type: ignore[attr-defined]
    with _environment():
        process.start()
    sender.close()
    try:
        if not receiver.poll(seconds):
            raise Died(f"no end after {seconds:g} seconds")
        fine, value = receiver.recv()
    except EOFError:
        process.join()
        raise Died(f"the process ended with exit code {process.exitcode}") from None
    finally:
        receiver.close()
        process.kill()
        process.join()
        process.close()
    if not fine:
        raise RuntimeError(value)
    return value


def _answer(sender: Connection, function: Callable[..., Any], args: tuple[Any, ...]) -> None:
    try:
        sender.send((True, function(*args)))
    except Exception:
        sender.send((False, traceback.format_exc()))


def _context() -> BaseContext:
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context


@contextmanager
def _environment() -> Iterator[None]:
    """The server takes its environment from us when the first call starts it."""
    with _ENVIRONMENT_IS_OURS:
        before = dict(os.environ)
        os.environ.update(ENVIRONMENT)
        try:
            yield
        finally:
            for name in ENVIRONMENT:
                if name in before:
                    os.environ[name] = before[name]
                else:
                    del os.environ[name]
