"""What a reader copies works alone: beside `import numpy as np`, or beside `import torch`."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest

from ninja import proof
from ninja.oracles import to_torch
from ninja.records import NETS
from ninja.runs import complex_step, runs
from ninja.text import copyable
from ninja.training.network import EPS


def alone(function, module_name):
    """The function that its copied text defines, in a namespace with one import and no more."""
    statement = {"numpy": "import numpy as np", "torch": "import torch"}[module_name]
    names: dict[str, Any] = {}
    exec(statement, names)
    text = copyable(function)
    exec(compile(text, "<copied>", "exec", dont_inherit=True), names)
    assert "ninja." not in text
    return names[function.__name__]


@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_copied_text_runs_alone(op, library):
    for function in (op.backward, op.backward_accurate):
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
def test_a_copied_forward_runs_alone(record, library):
    copied = alone(record.forward, library)
    for run in runs(record):
        given = run.arguments
        if library == "torch":
            given = {n: to_torch(v) for n, v in given.items()}
        out, cache = copied(**given)
        np.testing.assert_allclose(np.asarray(out), run.out, rtol=1e-12)
        assert cache.keys() == run.cache.keys()


def test_copied_networks_run_alone(net):
    copied = alone(net.backward, "numpy")
    for run in runs(net):
        got = dict(zip(net.gradients, copied(run.upstream, **run.cache), strict=True))
        for name, want in run.backward().items():
            np.testing.assert_array_equal(got[name], want)


def test_a_scalar_network_needs_nothing_at_all():
    names: dict[str, Any] = {}
    exec(copyable(NETS["neuron"].forward), names)
    assert names["forward"](0.5, 2.0, -0.5)[0] == NETS["neuron"](0.5, 2.0, -0.5)


def test_an_operation_that_a_network_calls_comes_along_without_its_cache():
    text = copyable(NETS["mlp"].forward)
    softmax = text[text.index("def softmax(z)") : text.index("def cross_entropy(")]
    assert "    return probs\n" in softmax


@pytest.mark.parametrize("engine", ["numpy", "torch"])
def test_a_copied_training_step_brings_its_imports_and_constants(engine):
    module = importlib.import_module(f"ninja.training.engines.{engine}")
    names: dict[str, Any] = {}
    exec(copyable(module.loss_and_gradients), names)
    assert names["EPS"] == EPS
    unbound = set(names["loss_and_gradients"].__code__.co_names) - names.keys() - {"len"}
    assert not [name for name in unbound if name in vars(module)]


def test_a_helper_comes_along_and_a_doctest_does_not():
    from ninja.ops import embedding

    text = copyable(embedding.backward)
    assert text.index("def scatter_add") < text.index("def backward")
    assert ">>>" not in text
