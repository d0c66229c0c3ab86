"""Backprop Ninja: hand-derived gradients, each one proved.

>>> from ninja import OPS
>>> import numpy as np
>>> x, W, b = np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]), np.array([5.0])
>>> out, cache = OPS["linear"].forward(x, W, b)
>>> dx, dW, db = OPS["linear"].backward(np.array([[10.0]]), **cache)
>>> dx
array([[30., 40.]])
"""

from typing import TYPE_CHECKING

from ninja.api import check, cmp
from ninja.op import Mistake, Op
from ninja.records import NETS, OPS

if not TYPE_CHECKING:  # a type checker should know our own names only
    from ninja._neighbour import build_tool_name as __getattr__  # noqa: F401

__all__ = ["NETS", "OPS", "Mistake", "Op", "check", "cmp"]
