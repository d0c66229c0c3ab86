"""What NumPy arrays, torch tensors, Python numbers and lists have in common, under one name.

`namespace` serves the forward passes.  The helpers after it serve the backward passes: each is
written with what NumPy and torch share.  What they import, they import inside, so that the text of
each can be copied and works alone.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any


def namespace(x: Any) -> ModuleType:
    """The module whose `exp`, `log`, `tanh`, `where`, `amax`, ... take `x`.

    torch for tensors, jax.numpy for JAX arrays, mpmath for its numbers, for Python's own numbers
    math (cmath when complex), and NumPy for everything else, subclasses of its arrays included.

    >>> namespace(0.5).__name__, namespace(0.5j).__name__
    ('math', 'cmath')
    """
    import cmath
    import math
    import sys

    home = type(x).__module__.partition(".")[0]
    if home == "builtins":
        return cmath if isinstance(x, complex) else math
    homes = {"torch": "torch", "jax": "jax.numpy", "jaxlib": "jax.numpy", "mpmath": "mpmath"}
    return sys.modules[homes.get(home, "numpy")]


def sum_to(g: Any, shape: tuple[int, ...]) -> Any:
    """Undo broadcasting: sum `g` over every axis that was added or stretched.   g: (...) -> shape

    A value that was copied on the way forward receives the sum of what its copies receive.

    >>> import numpy as np
    >>> sum_to(np.ones((32, 27)), (32, 1)).shape
    (32, 1)
    """
    g = g + 0
    while g.ndim > len(shape):
        g = g.sum(axis=0)
    for axis, size in enumerate(shape):
        if size == 1:
            g = g.sum(axis=axis, keepdims=True)
    return g


def spread(g: Any, x: Any, axis: int | tuple[int, ...] | None, keepdims: bool) -> Any:
    """Copy `g`, one number for each group of `x` that was reduced over `axis`, to all of its group.

    Raises ValueError when `g` does not have the shape of that reduction.

    >>> import numpy as np
    >>> spread(np.array([10.0, 20.0]), np.zeros((2, 3)), axis=1, keepdims=False)
    array([[10., 10., 10.],
           [20., 20., 20.]])
    """
    given = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = [a % x.ndim for a in given]
    kept = tuple(1 if a in axes else size for a, size in enumerate(x.shape))
    reduced = tuple(size for a, size in enumerate(x.shape) if a not in axes)
    expected = kept if keepdims else reduced
    came = tuple(getattr(g, "shape", ()))
    if came != expected:
        raise ValueError(f"the upstream should have shape {expected}, but has {came}")
    everywhere = x + 0
    everywhere[...] = g.reshape(kept) if came else g
    return everywhere


def first_max(x: Any, axis: int | None) -> Any:
    """True at the first largest entry of `x` along `axis` (None: of all of `x`), else False.

    >>> import numpy as np
    >>> first_max(np.array([[3.0, 5.0, 5.0]]), axis=1)
    array([[False,  True, False]])
    """
    values = x.real
    if axis is None:
        return first_max(values.reshape(-1), axis=0).reshape(values.shape)
    maximum = values.amax if hasattr(values, "amax") else values.max
    ties = (values == maximum(axis=axis, keepdims=True)) | (values != values)  # NaN wins
    return ties & (ties.cumsum(axis=axis) == 1)


def one_hot(indices: Any, like: Any) -> Any:
    """1 in the column that each index names, else 0.   indices: (N,), like: (N, C)  ->  (N, C)

    The result has the dtype and the device of `like`, whose values do not matter.

    >>> import numpy as np
    >>> one_hot(np.array([2, 0]), np.zeros((2, 3)))
    array([[0., 0., 1.],
           [1., 0., 0.]])
    """
    hot = like + 0
    hot[...] = 0
    hot[range(len(indices)), indices] = 1
    return hot


def scatter_add(table: Any, indices: Any, rows: Any) -> Any:
    """Zeros like `table` (V, D), with each of `rows` (..., D) added where `indices` (...) says.

    Rows that are named twice receive both, which `zeros[indices] += rows` would not do.

    >>> import numpy as np
    >>> scatter_add(np.zeros((3, 1)), np.array([2, 0, 2]), np.array([[1.0], [10.0], [100.0]]))
    array([[ 10.],
           [  0.],
           [101.]])
    """
    total = table + 0
    total[...] = 0
    names = indices.reshape(-1)
    rows = rows.reshape(len(names), table.shape[1])
    if hasattr(total, "index_add_"):
        return total.index_add_(0, names, rows)
    import numpy as np

    np.add.at(total, names, rows)
    return total


def exp(x: Any) -> Any:
    """e to the power of every entry, for backward passes that need it."""
    if hasattr(x, "exp"):  # torch
        return x.exp()
    if type(x) is float:
        import math

        return math.exp(x)
    import numpy as np

    return np.exp(x)
