"""Call a function with the names it asks for, and keep those that it assigned."""

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


def asked_for(function: Callable[..., Any], names: Mapping[str, Any]) -> dict[str, Any]:
    """Those of `names` that the function has arguments for.  Raises KeyError for one that is not.

    >>> asked_for(lambda w, h: w * h, {"w": 4, "h": 3, "N": 7})
    {'w': 4, 'h': 3}
    """
    code = function.__code__
    return {name: names[name] for name in code.co_varnames[: code.co_argcount]}


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
