"""Bad input: each is refused in a sentence that names the argument, what was due and what came."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninja.op import Op
from ninja.records import OPS
from ninja.runs import run_on, runs

X = np.ones((7, 5))
T = np.array([0, 1, 2, 3, 4, 0, 1])


@pytest.mark.parametrize(
    ("name", "arguments", "error", "says"),
    [
        ("linear", (X, X, np.ones(3)), ValueError, ["W", "(D, K)", "D = 5", "(7, 5)"]),
        ("linear", (X, np.ones((5, 3)), np.ones(4)), ValueError, ["b", "(K,)", "K = 3", "(4,)"]),
        ("linear", (np.ones(5), np.ones((5, 3)), np.ones(3)), ValueError, ["x", "(N, D)", "(5,)"]),
        ("linear", (X, np.ones((5, 3)), np.ones((1, 3))), ValueError, ["b", "(K,)", "(1, 3)"]),
        ("linear", (np.ones((7, 5), int), np.ones((5, 3)), np.ones(3)), TypeError, ["x", "int64"]),
        ("linear", ([[1.0]], np.ones((1, 3)), np.ones(3)), TypeError, ["x", "array", "list"]),
        ("tanh", (np.array([True]),), TypeError, ["x", "floating-point", "bool"]),
        ("tanh", (), TypeError, ["tanh", "'x'"]),
        ("add", (X, np.ones(4)), ValueError, ["add", "(7, 5)", "(4,)"]),
        ("concat", (X, np.ones((6, 5))), None, []),
        ("cross_entropy", (X, T.astype(float)), TypeError, ["targets", "integers", "float64"]),
        ("cross_entropy", (X, T + 1), ValueError, ["targets", "0 ... 4", "(4,)", "5"]),
        ("cross_entropy", (X, T - 1), ValueError, ["targets", "0 ... 4", "(0,)", "-1"]),
        ("cross_entropy", (X, T[:6]), ValueError, ["targets", "N = 7", "(6,)"]),
        ("cross_entropy", (X[:0], T[:0]), ValueError, ["targets", "0 rows"]),
        ("cross_entropy", (X, T * 0 - 100), ValueError, ["none counted"]),
        ("pick", (X[:0], T[:0]), ValueError, ["logprobs", "at least one row"]),
        ("pick", (X, T + 1), ValueError, ["targets", "0 ... 4"]),
        ("batchnorm", (X[:0], np.ones(5), np.ones(5)), ValueError, ["x", "0 row", "at least 1"]),
        ("batchnorm", (X, np.ones(4), np.ones(5)), ValueError, ["gain", "D = 5", "(4,)"]),
        ("embedding", (X, T + 3), ValueError, ["indices", "0 ... 6", "7"]),
        ("embedding", (X, T * 1.0), TypeError, ["indices", "integers"]),
        ("log", (np.array([1.0, 0.0]),), ValueError, ["log", "x"]),
        ("mean", (X[:0],), ValueError, ["mean"]),
        ("max", (X[:0],), ValueError, ["max"]),
    ],
)  # fmt: skip
def test_bad_input_is_refused_by_name(name, arguments, error, says):
    if error is None:
        OPS[name].forward(*arguments)
        return
    with pytest.raises(error) as caught:
        OPS[name].forward(*arguments)
    assert all(part in str(caught.value) for part in [name, *says]), str(caught.value)


@pytest.mark.parametrize(
    ("name", "arguments", "options", "says"),
    [
        ("batchnorm", (X[:1], np.ones(5), np.ones(5)), {"correction": 1}, ["1 row", "at least 2"]),
        ("batchnorm", (X, np.ones(5), np.ones(5)), {"correction": 2}, ["correction", "0 or 1"]),
        ("batchnorm", (X, np.ones(5), np.ones(5)), {"eps": 0.0}, ["constant column", "eps"]),
        ("cross_entropy", (X, T), {"label_smoothing": 1.5}, ["label_smoothing", "[0, 1)", "1.5"]),
        ("sum", (X,), {"axis": 2}, ["axis 2", "(7, 5)"]),
        ("reshape", (X,), {"shape": (6, 6)}, ["(7, 5)", "35", "(6, 6)"]),
        ("power", (-X,), {"exponent": 0.5}, ["power", "x"]),
    ],
)
def test_bad_options_are_refused_by_name(name, arguments, options, says):
    with pytest.raises(ValueError, match=name) as caught:
        OPS[name].forward(*arguments, **options)
    assert all(part in str(caught.value) for part in says), str(caught.value)


def test_an_upstream_of_another_shape_is_never_broadcast(op: Op):
    """One more axis, one axis less, one more row: refused, although NumPy would take some."""
    for run in runs(op):
        upstream = np.asarray(run.upstream)
        others: list[object] = [upstream[None], np.ones((2, *upstream.shape))]
        if upstream.ndim:
            others += [np.float64(0.7), upstream[..., None], upstream.repeat(2, axis=0)]
        for other in others:
            with pytest.raises(ValueError, match="shape"):
                op.backward(other, **run.cache)


def test_an_integer_upstream_is_refused(op: Op):
    for run in runs(op):
        whole = np.asarray(run.upstream).astype(int)
        with pytest.raises(TypeError, match="floating-point"):
            op.backward(whole, **run.cache)


def test_a_cache_that_lacks_something_is_refused(op: Op):
    for run in runs(op):
        for name in run.cache:
            cache = {n: v for n, v in run.cache.items() if n != name}
            with pytest.raises(TypeError, match=op.name):
                op.backward(run.upstream, **cache)


@given(
    data=st.data(),
    name=st.sampled_from(sorted(OPS)),
    argument=st.integers(0, 5),
)
def test_an_extra_axis_in_front_is_refused_or_meant(data, name, argument):
    """Whatever argument gets one axis more: a ValueError that names it, or a gradient like it."""
    op = OPS[name]
    case = data.draw(st.sampled_from(list(runs(op))))
    names = list(op.signature.inputs)
    chosen = names[argument % len(names)]
    changed = {**case.arguments, chosen: np.asarray(case.arguments[chosen])[None]}
    try:
        run = run_on(op, changed, np.random.default_rng(0))
    except ValueError as error:
        said = str(error)
    else:
        said = op.name
        _like_the_inputs(run)
    assert op.name in said


def _like_the_inputs(run):
    for wrt, gradient in run.backward().items():
        assert np.shape(gradient) == np.shape(run.arguments[wrt[1:]])
