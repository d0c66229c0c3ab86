"""The shape line of a docstring, read and enforced.

Every operation starts with one line such as

    x: (N, D), W: (D, K), b: (K,)  ->  out: (N, K)

It is documentation, and it is also what bad input is held against: a `Signature` binds the sizes
to what came and says in one sentence which argument does not fit.

    N, 3                a size with a name (bound by its first use), a fixed size
    ...                 any number of leading axes, the same for every argument of the line
    *A                  any number of axes under a name of its own
    ()                  a single number;   [n]   a Python list of n numbers
    broadcast(A, B)     the output's shape, computed by a function of this module
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Shape = tuple[int, ...]

_PART = re.compile(r"(\w+): (\([^()]*\)|\[\w+\]|\w+\([^()]*\))")
_ANY = "*..."


def shape_of(x: Any) -> Shape:
    """The shape of an array or tensor; () for a number, (n, ...) for a list.

    >>> shape_of(0.5), shape_of([1.0, 2.0])
    ((), (2,))
    """
    if isinstance(x, list):
        return (len(x), *(shape_of(x[0]) if x else ()))
    return tuple(getattr(x, "shape", ()))


def unravelled(place: int, shape: Shape) -> Shape:
    """The index of entry number `place` of an array of this shape.

    >>> unravelled(4, (2, 3))
    (1, 1)
    """
    index: Shape = ()
    for size in reversed(shape):
        place, i = divmod(place, size)
        index = (i, *index)
    return index


def broadcast(a: Shape, b: Shape) -> Shape:
    """The common shape of two that broadcast.  Raises ValueError when they do not.

    >>> broadcast((32, 27), (32, 1))
    (32, 27)
    """
    width = max(len(a), len(b))
    pairs = zip((1,) * (width - len(a)) + a, (1,) * (width - len(b)) + b, strict=True)
    sizes = []
    for m, n in pairs:
        if m != n and 1 not in (m, n):
            raise ValueError(f"shapes {a} and {b} do not broadcast: {m} against {n}")
        sizes.append(n if m == 1 else m)
    return tuple(sizes)


def reduced(a: Shape, axis: int | tuple[int, ...] | None, keepdims: bool) -> Shape:
    """What is left of a shape after a reduction over `axis` (None: over all of it).

    >>> reduced((32, 27), axis=1, keepdims=True), reduced((32, 27), axis=None, keepdims=False)
    ((32, 1), ())
    """
    given = range(len(a)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = [_axis(i, a) for i in given]
    if len(set(axes)) < len(axes):
        raise ValueError(f"axis {axis} names an axis of shape {a} twice")
    if keepdims:
        return tuple(1 if i in axes else size for i, size in enumerate(a))
    return tuple(size for i, size in enumerate(a) if i not in axes)


def joined(a: Shape, b: Shape, axis: int) -> Shape:
    """The shape of two arrays laid one after the other along `axis`.

    >>> joined((4, 3), (4, 2), axis=1)
    (4, 5)
    """
    axis = _axis(axis, a)
    if len(a) != len(b) or any(
        m != n for i, (m, n) in enumerate(zip(a, b, strict=True)) if i != axis
    ):
        raise ValueError(f"shapes {a} and {b} differ in more than axis {axis}")
    return (*a[:axis], a[axis] + b[axis], *a[axis + 1 :])


def reshaped(a: Shape, shape: Shape) -> Shape:
    """`shape`, when it holds as many entries as `a`; one of its sizes may be -1.

    >>> reshaped((32, 3, 10), (32, -1))
    (32, 30)
    """
    given: Any = shape
    if not isinstance(given, (tuple, list)) or any(n < -1 for n in given):
        raise ValueError(f"shape should be a tuple of sizes, at most one of them -1, not {shape}")
    have, known = math.prod(a), math.prod(n for n in shape if n != -1)
    unknown = list(shape).count(-1)
    if unknown == 1 and known and have % known == 0:
        return tuple(have // known if n == -1 else n for n in shape)
    if unknown or have != known:
        raise ValueError(f"{a} has {have} entries and can't become {tuple(shape)}")
    return tuple(shape)


def _axis(axis: int, shape: Shape) -> int:
    if not isinstance(axis, int):
        raise ValueError(f"axis should be an integer, a tuple of them or None, not {axis!r}")
    if not -len(shape) <= axis < len(shape):
        raise ValueError(f"axis {axis} is outside shape {shape}")
    return axis % len(shape)


_RULES: dict[str, Callable[..., Shape]] = {
    "broadcast": broadcast,
    "reduced": reduced,
    "joined": joined,
    "reshaped": reshaped,
}


@dataclass(frozen=True)
class Signature:
    """One shape line: what each input looks like, and the name and the shape of the output."""

    text: str
    inputs: Mapping[str, str]
    output: str
    result: str

    @classmethod
    def of(cls, docstring: str) -> Signature:
        """Read the first paragraph with `->` of a docstring; ValueError when there is none."""
        paragraphs = (" ".join(p.split()) for p in docstring.split("\n\n"))
        line = next((p for p in paragraphs if "->" in p), "")
        before, _, after = line.partition("->")
        inputs, outputs = _PART.findall(before), _PART.findall(after)
        if not inputs or len(outputs) != 1:
            raise ValueError(
                "the module docstring needs a shape line such as 'x: (N, D)  ->  y: (N,)'; "
                f"found {line.strip()!r}"
            )
        start = _PART.search(before)
        assert start is not None
        shapes = f"{before[start.start() :].strip()}  ->  {after.strip()}"
        return cls(shapes, dict(inputs), *outputs[0])

    def sizes(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Bind every size to the inputs; ValueError names the argument that does not fit."""
        bound: dict[str, Any] = {}
        came: dict[str, str] = {}
        for name, spec in self.inputs.items():
            if name in values:
                self._bind(name, spec, values[name], bound, came)
        return bound

    def output_shape(self, bound: Mapping[str, Any], options: Mapping[str, Any]) -> Shape | None:
        """The output's shape under the sizes `bound`; None when they do not determine it."""
        rule, _, arguments = self.result.partition("(")
        rule = "" if rule.startswith("[") else rule
        names = [n.strip() for n in arguments.rstrip(")").split(",") if n.strip()]
        scope = {**options, **bound}
        if rule:
            if not all(n in scope or f"*{n}" in scope for n in names):
                return None
            return _RULES[rule](*(scope[n] if n in scope else scope[f"*{n}"] for n in names))
        shape: Shape = ()
        for dim in self._dims(self.result):
            value = int(dim) if dim.isdigit() else scope.get(dim)
            if value is None:
                return None
            shape += value if isinstance(value, tuple) else (value,)
        return shape

    @staticmethod
    def _dims(spec: str) -> list[str]:
        dims = [d.strip() for d in spec.strip("()[]").split(",") if d.strip()]
        return [_ANY if d == "..." else d for d in dims]

    def _bind(
        self, name: str, spec: str, value: Any, bound: dict[str, Any], came: dict[str, str]
    ) -> None:
        shape, dims = shape_of(value), self._dims(spec)
        if spec.startswith("[") != isinstance(value, list):
            kind = "a Python list of numbers" if spec.startswith("[") else "an array"
            raise TypeError(f"{name} should be {kind}, but is {type(value).__name__}")
        star = next((i for i, d in enumerate(dims) if d.startswith("*")), None)
        free = len(shape) - len(dims) + 1 if star is not None else 0
        if (star is None and len(shape) != len(dims)) or free < 0:
            raise ValueError(f"{name} should have shape {spec}, but has shape {shape}")
        axis = 0
        for dim in dims:
            if dim.startswith("*"):
                size: Any = shape[axis : axis + free]
                axis += free
            else:
                size = shape[axis]
                axis += 1
            expected = int(dim) if dim.isdigit() else bound.setdefault(dim, size)
            if size != expected:
                source = (
                    f" ({dim.lstrip('*')} = {expected} from {came[dim]})" if dim in came else ""
                )
                raise ValueError(f"{name} should have shape {spec}{source}, but has shape {shape}")
            came.setdefault(dim, name)
