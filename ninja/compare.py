"""Comparing a learner's numbers with the right ones: exact shapes, nothing is ever broadcast."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from ninja.shapes import shape_of, unravelled

TOLERANCE = 1e-7  # of float64 numbers, relative to the largest term of the line
SINGLE = 2e-6  # of numbers that were rounded to float32 on the way


class NotNumbers(Exception):
    """What came is no array of real floating-point numbers; the message says what it is."""


def numbers(x: Any) -> Any:
    """A learner's value as floats: a NumPy array of float64, or Python numbers and lists of them.

    Raises NotNumbers, with a sentence that says what came, for anything that holds no floats.
    """
    if x is None:
        raise NotNumbers("it is None")
    if hasattr(x, "detach"):
        x = x.detach().cpu().numpy()
    if hasattr(x, "dtype"):
        return _array(x)
    if isinstance(x, bool) or not isinstance(x, (int, float, list, tuple)):
        raise NotNumbers(f"it is of type {type(x).__name__}, not an array of numbers")
    if isinstance(x, (int, float)):
        return float(x)
    parts = [numbers(v) for v in x]
    if len({shape_of(part) for part in parts}) > 1:
        raise NotNumbers("it is a list whose rows differ in length")
    return parts


def _array(x: Any) -> Any:
    kind = x.dtype.kind
    if kind in "biu":
        raise NotNumbers(
            f"it holds {x.dtype}, which cuts off what follows the decimal point; start from floats"
        )
    if kind == "c":
        raise NotNumbers("it holds complex numbers; a gradient of real numbers is real")
    if kind != "f":
        raise NotNumbers(f"it holds {x.dtype}, not floating-point numbers")
    return x.astype("float64")


def as_form_of(x: Any, want: Any) -> Any:
    """A list of a learner's as an array where an array is due, and an array as a list.

    A single number stays one whether it comes as float, as 0-d array or as NumPy scalar.
    """
    if hasattr(want, "dtype") and not hasattr(x, "dtype"):
        import numpy as np

        return np.asarray(x, dtype="float64")
    if not hasattr(want, "dtype") and hasattr(x, "tolist"):
        return x.tolist()
    return x


def is_single(x: Any) -> bool:
    """True for arrays and tensors that were rounded to float32 or less."""
    return str(getattr(x, "dtype", "")).removeprefix("torch.") in ("float32", "float16", "bfloat16")


def flat(x: Any) -> list[float]:
    """All numbers, in order."""
    if isinstance(x, list):
        return [v for part in x for v in flat(part)]
    return list(x.ravel().tolist()) if hasattr(x, "ravel") else [float(x)]


def gap(a: Any, b: Any) -> float:
    """The largest difference of two values of one form; infinite when shapes or NaNs differ."""
    if shape_of(a) != shape_of(b):
        return math.inf
    if hasattr(a, "ravel") or hasattr(b, "ravel"):
        difference = abs(a - b)
        worst = float(difference.max()) if difference.size else 0.0
    else:
        worst = max((abs(x - y) for x, y in zip(flat(a), flat(b), strict=True)), default=0.0)
    return worst if math.isfinite(worst) else math.inf


def identical(a: Any, b: Any) -> bool:
    """Same shape and the same bits (two NaN count as the same)."""
    if shape_of(a) != shape_of(b):
        return False
    return all(x == y or (x != x and y != y) for x, y in zip(flat(a), flat(b), strict=True))


def is_finite(x: Any) -> bool:
    """True when no entry is NaN or infinite."""
    return all(map(math.isfinite, flat(x)))


def differing(a: Any, b: Any, tolerance: float) -> Iterator[tuple[tuple[int, ...], float, float]]:
    """Index and both numbers of every entry that differs by more than `tolerance`, in order."""
    shape = shape_of(b)
    for place, (x, y) in enumerate(zip(flat(a), flat(b), strict=True)):
        if not abs(x - y) <= tolerance:
            yield unravelled(place, shape), x, y
