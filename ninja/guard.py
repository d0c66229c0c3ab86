"""Undo what a learner's code does to the modules that it shares with the checker."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

SHARED = ("builtins", "math", "cmath", "numpy", "numpy.linalg", "numpy.random", "torch")


@contextmanager
def unpatched() -> Iterator[None]:
    """Afterwards, the names in shared modules are what they were: `np.exp = None` goes away."""
    modules = [vars(sys.modules[name]) for name in SHARED if sys.modules.get(name)]
    kept = [dict(names) for names in modules]
    try:
        yield
    finally:
        for names, before in zip(modules, kept, strict=True):
            names.update(before)
