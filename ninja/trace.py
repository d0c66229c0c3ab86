"""Call a function and keep the names it assigned."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any


def call(function: Callable[..., Any], arguments: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The result of `function(**arguments)`, and its local names at the moment it returned.

    >>> def area(w, h):
    ...     half = w / 2
    ...     return half * h
    >>> call(area, {"w": 4, "h": 3})
    (6.0, {'w': 4, 'h': 3, 'half': 2.0})
    """
    found: dict[str, Any] = {}
    with watched(function, found):
        return function(**arguments), found


@contextmanager
def watched(function: Callable[..., Any], found: dict[str, Any]) -> Iterator[None]:
    """Within, a call of `function` leaves its local names in `found`, even when it raises."""
    code = getattr(function, "__code__", None)

    def watch(frame: FrameType, event: str, _: Any) -> None:
        if event == "return" and frame.f_code is code:
            found.update(frame.f_locals)

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        yield
    finally:
        sys.setprofile(before)
