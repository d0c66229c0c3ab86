"""Every record, every oracle; and the properties that any gradient has."""

from __future__ import annotations

import copy
import importlib.util

import numpy as np
import pytest

from ninja import oracles, proof
from ninja.records import NETS, OPS
from ninja.runs import complex_step, entries, like, random_like, run_on, runs
from ninja.scale import largest


def test_every_gradient_agrees_with_every_oracle(record):
    rows = proof.measure(record)
    assert {"complex step", "torch autograd", "differences", "50 digits"} <= {
        row.oracle for row in rows
    }
    assert [row for row in rows if not row.holds] == []


@pytest.mark.skipif(
    not importlib.util.find_spec("jax"), reason="JAX is optional: make EXTRAS=dev,jax test"
)
def test_jax_agrees_too():
    rows = [row for op in OPS.values() for row in proof.measure(op) if row.oracle == "JAX"]
    assert len(rows) == len(OPS)
    assert [row for row in rows if not row.holds] == []


def test_our_forward_is_the_library_s(record):
    for run in runs(record):
        out, _ = oracles.torch_autograd(run)
        np.testing.assert_allclose(np.asarray(run.out), out, rtol=1e-12, atol=1e-13)


def test_the_accurate_form_is_the_same_gradient(record):
    if record.backward_accurate is None:
        return
    for run in runs(record):
        accurate = run.backward(record.backward_accurate)
        errors = proof.scaled_errors(run, accurate, complex_step(run))
        assert max(error for _, error, _ in errors) <= proof.TIGHT


def test_the_accurate_form_keeps_the_digits_that_float32_loses():
    """Where the textbook line subtracts nearly equal numbers: flat tails, confident logits."""
    x = np.linspace(4, 9, 41, dtype=np.float32)
    for name in ("tanh", "sigmoid"):
        textbook, accurate = _median_ulps(name, {"x": x if name == "tanh" else 2 * x})
        assert accurate < 8 < 100 < textbook
    logits = np.zeros((8, 5), np.float32)
    logits[:, 1] = np.linspace(10, 17, 8)
    given = {"logits": logits, "targets": np.ones(8, np.int64)}
    textbook, accurate = _median_ulps("cross_entropy", given, entry=(slice(None), 1))
    assert accurate < 8 < 100 < textbook


def _median_ulps(name, arguments, entry=...):
    op = OPS[name]
    run = proof.rerun(run_on(op, arguments, np.random.default_rng(0)), lambda x: x)
    out = np.asarray(run.out)
    upstream = np.ones(out.shape, np.float32)[()]
    truth_run = run_on(op, proof.doubled(arguments), np.random.default_rng(0), "", upstream)
    truth = oracles.high_precision(truth_run)[op.gradients[0]]
    single = run_on(op, arguments, np.random.default_rng(0), "", upstream)
    found = []
    for backward in (op.backward, op.backward_accurate):
        got = single.backward(backward)[op.gradients[0]]
        assert got.dtype == np.float32
        want = np.asarray(truth[entry], dtype=np.float64)
        unit = np.spacing(np.abs(want).astype(np.float32)).astype(np.float64)
        found.append(float(np.nanmedian(np.abs(got[entry] - want) / unit)))
    return found


def test_a_gradient_is_linear_in_its_upstream(record):
    """backward(2u - 3v) = 2 backward(u) - 3 backward(v), with u and v of mixed signs."""
    rng = np.random.default_rng(1)
    for run in runs(record):
        u, v = run.upstream, random_like(run.out, rng)
        mixed = like(run.out, [2 * a - 3 * b for a, b in zip(entries(u), entries(v), strict=True)])
        parts = [record.backward(w, **run.cache) for w in (mixed, u, v)]
        for name, m, a, b in zip(record.gradients, *parts, strict=True):
            whole = np.asarray(m, float)
            sum_of_parts = 2 * np.asarray(a, float) - 3 * np.asarray(b, float)
            size = max(largest(a), largest(b), 1.0)
            np.testing.assert_allclose(
                whole, sum_of_parts, rtol=1e-9, atol=1e-11 * size, err_msg=name
            )


def test_no_input_and_no_cache_is_changed(record):
    for run in runs(record):
        arguments, cache = copy.deepcopy((run.arguments, run.cache))
        upstream = copy.deepcopy(run.upstream)
        record.forward(**run.arguments)
        record.backward(run.upstream, **run.cache)
        np.testing.assert_equal(run.arguments, arguments)
        np.testing.assert_equal(run.cache, cache)
        np.testing.assert_equal(run.upstream, upstream)


def test_no_gradient_shares_memory_with_what_came_in(record):
    """A learner who updates a gradient in place must not change the cache with it."""
    for run in runs(record):
        given = [run.upstream, *run.arguments.values(), *run.cache.values()]
        arrays = [x for x in given if isinstance(x, np.ndarray)]
        for name, gradient in run.backward().items():
            if isinstance(gradient, np.ndarray):
                assert not any(np.shares_memory(gradient, x) for x in arrays), name


def test_rows_of_the_cross_entropy_gradient_sum_to_zero():
    for run in runs(OPS["cross_entropy"]):
        (dlogits,) = run.backward().values()
        np.testing.assert_allclose(dlogits.sum(axis=1), 0, atol=1e-16)


def test_each_line_of_a_network_is_right_for_any_upstream(net):
    """Inside a network some gradients are zero whatever their line says; alone they are not."""
    rng = np.random.default_rng(2)
    for run in runs(net):
        forward, backward = net.forward_program, net.program
        for line in backward.lines:
            if not (line.target.startswith("d") and line.target[1:] in run.scope):
                continue
            read = {n for n in line.reads if n.startswith("d") and n[1:] in forward.targets}
            upstreams = {n: random_like(run.scope[n[1:]], rng) for n in sorted(read)}
            local = {**run.scope, net.upstream: run.upstream, **upstreams}
            for earlier in backward.lines:  # sizes and shared terms that the line reads
                if earlier.target not in local:
                    exec(earlier.code, backward.globals, local)
            got = backward.evaluate(line.target, local)
            want = oracles.local_truth(run, line.target, upstreams)
            np.testing.assert_allclose(
                np.asarray(got, float), np.asarray(want, float), rtol=1e-9, atol=1e-11,
                err_msg=f"{net.name}: {line.text}",
            )  # fmt: skip


@pytest.mark.skipif("not __import__('torch').cuda.is_available()", reason="no GPU on this machine")
def test_the_same_text_runs_on_a_gpu():
    for run in (run for op in OPS.values() for run in runs(op)):
        truth = complex_step(run)
        errors = proof.scaled_errors(run, proof.on_torch(run, "float64", "cuda"), truth)
        assert max(error for _, error, _ in errors) <= proof.TIGHT


def test_the_lecture_s_own_sizes():
    """26 gradients at batch 32, 27 characters, 10 dimensions, 64 hidden units, against torch."""
    rng = np.random.default_rng(3)
    N, T, V, E, H = 32, 3, 27, 10, 64
    arguments = {
        "Xb": rng.integers(0, V, (N, T)),
        "Yb": rng.integers(0, V, N),
        "C": rng.standard_normal((V, E)),
        "W1": rng.standard_normal((T * E, H)) * (5 / 3) / (T * E) ** 0.5,
        "b1": rng.standard_normal(H) * 0.1,
        "bngain": rng.standard_normal((1, H)) * 0.1 + 1,
        "bnbias": rng.standard_normal((1, H)) * 0.1,
        "W2": rng.standard_normal((H, V)) * 0.1,
        "b2": rng.standard_normal(V) * 0.1,
    }
    for name, count in {"makemore": 26, "makemore-fused": 13}.items():
        run = run_on(NETS[name], arguments, rng)
        got = run.backward()
        assert len(got) == count
        _, truth = oracles.torch_autograd(run)
        errors = proof.scaled_errors(run, got, truth)
        assert max(error for _, error, _ in errors) <= proof.TIGHT
