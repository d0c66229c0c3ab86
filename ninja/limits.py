"""Limits on a learner's code where it runs in this very process: in the page.

The terminal gives it a process of its own (`ninja.sandbox`); a page's Python has neither processes
nor signals, so time is watched from inside, line by line, and only in the learner's lines.  A loop
inside of a library is beyond that: whoever owns the page's worker ends it.
"""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any

MORE = "\n... (more was printed)"


class TooLong(BaseException):
    """Raised in the learner's code, beyond the reach of its `except Exception`."""


class _Clock:
    """Counts the time between the learner's lines; what passes before a call of theirs is ours."""

    def __init__(self, seconds: float) -> None:
        self.left, self.last = seconds, 0.0

    def start(self, *_: Any) -> None:
        self.last = time.monotonic()

    def look(self, *_: Any) -> None:
        now = time.monotonic()
        self.left -= now - self.last
        self.last = now
        if self.left < 0:
            raise TooLong


@contextmanager
def time_limit(code: CodeType, seconds: float) -> Iterator[None]:
    """Within, lines of `code` and of the functions in it raise TooLong when they take longer."""
    clock = _Clock(seconds)
    watched = _monitored if sys.version_info >= (3, 12) else _traced
    with watched(code, clock):
        yield


@contextmanager
def _monitored(code: CodeType, clock: _Clock) -> Iterator[None]:
    """Follow every line, jump and call in these code objects, and in nothing else."""
    watching: Any = sys.monitoring  # type: ignore[attr-defined,unused-ignore]
    tool, events = watching.DEBUGGER_ID, watching.events
    watching.free_tool_id(tool)  # a run that was broken off may hold it
    watching.use_tool_id(tool, __name__)
    calls = {events.PY_START: clock.start, events.LINE: clock.look, events.JUMP: clock.look}
    for moment, called in calls.items():
        watching.register_callback(tool, moment, called)
    for one in _all_codes(code):
        watching.set_local_events(tool, one, sum(calls))
    try:
        yield
    finally:
        watching.free_tool_id(tool)


def _all_codes(code: CodeType) -> Iterator[CodeType]:
    """A code object and those of the functions and classes defined in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _all_codes(constant)


@contextmanager
def _traced(code: CodeType, clock: _Clock) -> Iterator[None]:
    """The same before Python 3.12, where one that catches everything is not stopped."""

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        if frame.f_code.co_filename != code.co_filename:
            return None
        frame.f_trace_opcodes = True  # a loop in a single line has no line events
        if event == "call":
            clock.start()
        else:
            clock.look()
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)


class Beginning(io.TextIOBase):
    r"""What is printed, up to a length; the rest goes nowhere, and fast.

    >>> out = Beginning(5)
    >>> print("1234567", file=out)
    >>> out.text
    '12345\n... (more was printed)'
    """

    encoding = "utf-8"

    def __init__(self, room: int) -> None:
        self.room, self.parts, self.more = room, list[str](), False

    def write(self, text: str) -> int:
        if self.room > 0:
            self.parts.append(text[: self.room])
        self.more = self.more or len(text) > self.room
        self.room -= min(len(text), self.room)
        return len(text)

    @property
    def text(self) -> str:
        return "".join(self.parts) + (MORE if self.more else "")
