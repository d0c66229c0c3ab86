"""Each way to explain a wrong line that no catalogue has, by one line that needs just this way."""

from __future__ import annotations

import numpy as np
import pytest

from ninja.check import check_source
from ninja.diagnose import Evidence, without_record
from ninja.op import Mistake
from ninja.quality import own_tensor, without_catalogue
from ninja.records import OPS
from ninja.text import answer

CASES = {
    "an edit": ("linear", "dW = -x.T @ dout", "edit", "one slip: the sign of `x` is wrong"),
    "an edit of another shape": ("linear", "db = dout", "edit", "A sum over the copies is missing"),
    "an edit and a factor": (
        "batchnorm", "dgain = (dy * x).sum(axis=0) * 2", "edit",
        "one slip: `x` stands where `xhat` belongs, and a factor 2.",
    ),
    "a factor that has a name": ("linear", "dW = x.T @ dout * len(x)", "ratio", "a factor N."),
    "a factor without a name": ("linear", "dW = x.T @ dout * 1.7", "ratio", "the factor 1.7, the"),
    "a number for a size": (
        "linear", "db = dout.sum(axis=0) * len(x) / 100", "ratio", "a factor N/100: is a number",
    ),
    "the weight of a branch": (
        "batchnorm", "dx = gain * inv_std * (dy - 3 * dy.mean(axis=0) - through_var)", "branches",
        "the part `gain * inv_std * -dy.mean(axis=0)` counts 3 times",
    ),
    "the order of axes": (
        "reshape", "dx = dy.reshape(x.shape[::-1]).T", "edit", "in the order of axes (2, 1, 0)",
    ),
    "another formula": ("tanh", "dx = dy * np.exp(-x)", "edit", "Your numbers are `exp(-x) * dy`"),
    "a switch": (
        "relu", "dx = dy * np.where(x > 0, 1, 0.01)", "edit",
        "`dy` times 1 where `x` is large, 0.01 elsewhere",
    ),
    "two slips": ("tanh", "dx = dy * (1 + y**3)", "edit", "two slips: the sign before `y ** 2`"),
    "facts": (
        "linear", "dW = x.T @ dout + 0.1 * (np.arange(dout.shape[1]) == 4)", "facts",
        "entries are right. The error is the same all along axis 0",
    ),
    "nothing": ("tanh", "dx = np.sin(17.3 * x) * np.cos(3.1 * dy)", "", "not a mistake I know"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "line", "by", "says"), CASES.values(), ids=CASES)
def test_each_explanation(name: str, line: str, by: str, says: str) -> None:
    mistake = Mistake("unknown", line, "")
    result = check_source(without_catalogue(OPS[name]), answer(OPS[name], mistake))
    found = own_tensor(OPS[name], mistake.target, result)
    assert found is not None
    assert (found.explained_by, found.mistake) == (by, None), found.message
    assert says in found.message


@pytest.mark.parametrize(
    ("got", "says"),
    [
        (np.zeros(3), "It is zero everywhere."),
        (np.array([1.0, 0.0, 3.0]), "2 of 3 entries are right. The others are zero"),
        (np.array([2.0, 3.0, 1.0]), "The right values are there, in other places"),
        (np.array([1.0, -2.0, 3.0]), "2 of 3 entries are right."),
        (np.array([-1.0, 2.0, -3.0]) * [1, -1, 1], "a factor -1."),
        (np.array([1.0, 2.0, 3.0]) / 3, "a factor 1/3."),
        (np.ones((3, 1)), "The shape is (3, 1), due is (3,). An axis of size 1 is too many."),
    ],
)
def test_what_is_said_where_only_the_right_numbers_are_known(got: np.ndarray, says: str) -> None:
    right = np.array([1.0, 2.0, 3.0])
    assert says in without_record(Evidence({}, got, right, 3.0, 1e-9))
