"""What a reader copies works alone: beside `import numpy as np`, or beside `import torch`."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

from ninja import proof
from ninja.oracles import to_torch
from ninja.runs import complex_step, runs
from ninja.text import copyable
from ninja.training import network


def alone(function, module_name):
    """The function that its copied text defines, in a namespace with one import and no more."""
    statement = {"numpy": "import numpy as np", "torch": "import torch"}[module_name]
    names: dict[str, object] = {}
    exec(statement, names)
    exec(compile(copyable(function), "<copied>", "exec", dont_inherit=True), names)
    assert "ninja." not in copyable(function)
    return names[function.__name__]


@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_copied_text_runs_alone(op, library):
    for function in (op.plain_backward, op.backward_accurate):
        if function is None:
            continue
        copied = alone(function, library)
        for run in runs(op):
            if library == "numpy":
                got = copied(run.upstream, **run.cache)
            else:
                _, cache = op.forward(**{n: to_torch(v) for n, v in run.arguments.items()})
                got = copied(to_torch(run.upstream), **cache)
            named = dict(zip(op.gradients, got, strict=True))
            errors = proof.scaled_errors(run, named, complex_step(run))
            assert max(error for _, error, _ in errors) <= proof.TIGHT


@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_a_copied_forward_runs_alone(op, library):
    copied = alone(op.plain_forward, library)
    for run in runs(op):
        given = run.arguments
        if library == "torch":
            given = {n: to_torch(v) for n, v in given.items()}
        out, _ = copied(**given)
        np.testing.assert_allclose(np.asarray(out), run.out, rtol=1e-12)


def test_copied_networks_run_alone(net):
    if net.scalar:
        return
    copied = alone(net.plain_backward, "numpy")
    for run in runs(net):
        got = dict(zip(net.gradients, copied(run.upstream, **run.cache), strict=True))
        for name, want in run.backward().items():
            np.testing.assert_array_equal(got[name], want)


def test_a_helper_comes_along_and_a_doctest_does_not():
    from ninja.ops import embedding

    text = copyable(embedding.backward)
    assert text.index("def scatter_add") < text.index("def backward")
    assert ">>>" not in text


@pytest.mark.parametrize("engine", ["numpy", "torch"])
def test_a_copied_training_step_runs_alone(engine):
    torch = pytest.importorskip("torch")
    module = importlib.import_module(f"ninja.training.engines.{engine}")
    theta, stream = network.initial(sizes := network.Sizes(V=5, H=4), seed=1)
    X, Y = stream.integers(5, (6, 3)), stream.integers(5, (6,))
    found = []
    for step in (module.loss_and_gradients, alone(module.loss_and_gradients, engine)):
        grad = np.zeros_like(theta)
        parameters, gradients = (list(sizes.views(vector).values()) for vector in (theta, grad))
        given = [X, Y, *parameters, *gradients]
        if engine == "torch":
            given = [torch.from_numpy(array) for array in given]  # in the same memory
        with torch.no_grad():
            loss = step(*given[:2], given[2:9], given[9:])
        found.append([float(loss), *grad])
    first, second = found
    assert first == second
    assert any(first[1:])
