"""Shapes, dtypes and extremes that nobody thought of."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from ninja import proof
from ninja.oracles import to_torch
from ninja.records import OPS
from ninja.runs import complex_step, run_on, runs

ELEMENTWISE = sorted(n for n, op in OPS.items() if op.signature.text.startswith("x: (...)"))
extreme = st.floats(-1e4, 1e4, allow_subnormal=False)
moderate = st.floats(-8, 8, allow_subnormal=False)


def worst(op, arguments, seed=0):
    run = run_on(op, arguments, np.random.default_rng(seed))
    return max(error for _, error, _ in proof.scaled_errors(run, run.backward(), complex_step(run)))


@given(
    st.sampled_from(["tanh", "relu", "sigmoid", "exp"]),
    arrays(
        np.float64, array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4), elements=moderate
    ),
)
def test_elementwise_operations_take_any_shape(name, x):
    assert worst(OPS[name], {"x": np.asarray(x)}) <= 1e-12


@given(
    arrays(np.float64, st.tuples(st.integers(1, 4), st.integers(1, 5)), elements=extreme),
    st.integers(0, 4),
)
def test_huge_logits_stay_finite_and_right(logits, target):
    targets = np.full(len(logits), target % logits.shape[1])
    for name in ("softmax", "log_softmax"):
        assert worst(OPS[name], {"z": logits}) <= 1e-12
    run = run_on(
        OPS["cross_entropy"], {"logits": logits, "targets": targets}, np.random.default_rng(0)
    )
    (dlogits,) = run.backward().values()
    assert np.isfinite(run.out)
    assert np.isfinite(dlogits).all()
    np.testing.assert_allclose(dlogits.sum(axis=1), 0, atol=1e-15)
    (truth,) = complex_step(run).values()
    np.testing.assert_allclose(dlogits, truth, atol=1e-15)


@pytest.mark.parametrize(("name", "ends"), [("sigmoid", (0, 1)), ("tanh", (-1, 1))])
def test_far_from_zero_nothing_overflows_and_the_slope_is_zero(name, ends):
    run = run_on(OPS[name], {"x": np.array([-1e4, 1e4])}, np.random.default_rng(0))
    assert tuple(run.out) == ends
    assert (run.backward()["dx"] == 0).all()


@given(
    arrays(np.float64, st.tuples(st.integers(1, 4), st.integers(1, 5)),
           elements=st.sampled_from([-1.0, 0.0, 0.5, 1.0])),
    st.sampled_from([None, 0, 1, -1]),
    st.booleans(),
)  # fmt: skip
def test_ties_go_to_the_first(x, axis, keepdims):
    """max with ties everywhere: its gradient is the complex step's, one entry for each group."""
    op = OPS["max"]
    run = run_on(op, {"x": x, "axis": axis, "keepdims": keepdims}, np.random.default_rng(0))
    (dx,) = run.backward().values()
    np.testing.assert_allclose(dx, complex_step(run)["dx"], rtol=1e-15)
    assert (dx != 0).sum() == np.size(run.out)


@given(
    st.integers(2, 6), st.integers(1, 4), st.sampled_from([0, 1]),
    st.floats(-100, 100), st.floats(0.01, 100), st.integers(0, 2**32 - 1),
)  # fmt: skip
def test_batchnorm_at_any_size_and_place(N, D, correction, mean, std, seed):
    rng = np.random.default_rng(seed)
    arguments = {
        "x": mean + std * rng.standard_normal((N, D)),
        "gain": rng.standard_normal(D),
        "bias": rng.standard_normal(D),
        "correction": correction,
    }
    conditioning = 1 + (abs(mean) / std) ** 2  # x - mean loses these digits in any formula
    assert worst(OPS["batchnorm"], arguments) <= 1e-11 * conditioning


@given(st.integers(0, 4), st.integers(1, 5), st.integers(1, 4))
def test_linear_takes_a_batch_of_one_and_none(N, D, K):
    rng = np.random.default_rng(0)
    arguments = {
        "x": rng.standard_normal((N, D)),
        "W": rng.standard_normal((D, K)),
        "b": rng.standard_normal(K),
    }
    assert worst(OPS["linear"], arguments) <= 1e-12


@given(
    arrays(np.int64, st.tuples(st.integers(0, 4), st.integers(0, 3)), elements=st.integers(0, 4))
)
def test_embedding_adds_up_any_repeats(indices):
    table = np.random.default_rng(0).standard_normal((5, 2))
    assert worst(OPS["embedding"], {"table": table, "indices": indices}) <= 1e-12


def strided(x):
    """The same numbers, not contiguous: every second entry of a larger array, axes reversed."""
    if not isinstance(x, np.ndarray) or x.ndim == 0:
        return x
    wide = np.zeros([2 * n for n in x.T.shape], x.dtype)
    view = wide[tuple(slice(None, None, 2) for _ in x.shape)]
    view[...] = x.T
    return view.T


def test_memory_layout_does_not_matter(op):
    for run in runs(op):
        arguments = {n: strided(v) for n, v in run.arguments.items()}
        upstream = strided(run.upstream)
        out, cache = op.forward(**arguments)
        np.testing.assert_allclose(out, run.out, rtol=1e-12)
        got = dict(zip(op.gradients, op.backward(upstream, **cache), strict=True))
        errors = proof.scaled_errors(run, got, run.backward())
        assert max(error for _, error, _ in errors) <= proof.TIGHT


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_the_dtype_that_goes_in_comes_out(op, library, dtype):
    for run in runs(op):
        if library == "numpy":
            single = proof.rerun(run, lambda x: _as(x, dtype))
            results = [single.out, *single.backward().values()]
            assert {str(np.asarray(r).dtype) for r in results} == {dtype}
        else:
            convert = {n: to_torch(v, dtype) for n, v in run.arguments.items()}
            out, cache = op.forward(**convert)
            results = [out, *op.backward(to_torch(run.upstream, dtype), **cache)]
            assert {str(r.dtype) for r in results} == {f"torch.{dtype}"}


def _as(x, dtype):
    is_float = isinstance(x, (np.ndarray, np.floating)) and x.dtype.kind == "f"
    return x.astype(dtype) if is_float else x


def test_nothing_warns(record):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for run in runs(record):
            run.backward()


def test_import_needs_neither_numpy_nor_much_time():
    """`import ninja` with NumPy blocked; the scalar networks run."""
    import subprocess
    import sys

    program = (
        "import sys; sys.modules['numpy'] = None\n"
        "from ninja import NETS\n"
        "h, cache = NETS['neuron'].forward(0.5, 2, -0.5)\n"
        "print([round(d, 4) for d in NETS['neuron'].backward(0.4, **cache)])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[0.3146, 0.6292, 0.1573, 0.3146]"
