"""Undo what a learner's code does to the modules that it shares with the checker."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import ModuleType

SHARED = ("builtins", "math", "cmath", "numpy", "numpy.linalg", "numpy.random", "torch")


@contextmanager
def unpatched(names: Iterable[str] = SHARED) -> Iterator[None]:
    """Afterwards, the names in these modules are what they were: `np.exp = None` goes away."""
    found = [sys.modules.get(name) for name in names]
    modules = [vars(module) for module in found if isinstance(module, ModuleType)]
    kept = [dict(module) for module in modules]
    try:
        yield
    finally:
        for module, before in zip(modules, kept, strict=True):
            module.update(before)
