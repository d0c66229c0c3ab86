"""What a reader copies works alone: beside `import numpy as np`, or beside `import torch`."""

from __future__ import annotations

import builtins
import importlib
import re
from pathlib import Path
from types import CodeType
from typing import Any

import numpy as np
import pytest

from ninja import proof
from ninja.oracles import to_torch
from ninja.runs import complex_step, runs
from ninja.text import copyable
from ninja.training import network
from ninja.training.network import Sizes

ROOT = Path(__file__).parent.parent
SHOWN = re.compile(r"<!-- ninja:source (ninja/[\w/]+)\.py:(\w+) ")


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


def shown():
    """The functions of the package that lessons and pages show by name."""
    pages = [*ROOT.glob("lessons/*.md"), *ROOT.glob("docs/**/*.md")]
    return sorted({found for page in pages for found in SHOWN.findall(page.read_text("utf-8"))})


def globals_read(code: CodeType):
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from globals_read(constant)


@pytest.mark.parametrize(("module", "name"), shown())
def test_whatever_a_page_shows_brings_all_the_names_it_reads(module, name):
    function = getattr(importlib.import_module(module.replace("/", ".")), name)
    text = copyable(function)
    names: dict[str, Any] = {}
    exec(compile(text, "<copied>", "exec", dont_inherit=True), names)
    read = set(globals_read(names[name].__code__))
    missing = read & vars(importlib.import_module(function.__module__)).keys() - names.keys()
    assert not missing - vars(builtins).keys()


@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_a_copied_training_step_gives_the_same_numbers(library):
    engine = importlib.import_module(f"ninja.training.engines.{library}")
    sizes = Sizes(V=7, H=5)
    theta, stream = network.initial(sizes, 1)
    Xb, Yb = stream.integers(7, (6, 3)), stream.integers(7, (6,))
    found = []
    for step in (engine.loss_and_gradients, alone(engine.loss_and_gradients, library)):
        grad = np.zeros_like(theta)
        given = [Xb, Yb, theta.copy(), grad]
        if library == "torch":
            given = [to_torch(array) for array in given]
        Xs, Ys, parameters, gradients = given
        views = [list(sizes.views(vector).values()) for vector in (parameters, gradients)]
        found.append((float(step(Xs, Ys, *views)), np.asarray(gradients)))
    assert found[0][0] == found[1][0]
    assert (found[0][1] == found[1][1]).all()
    assert found[0][1].any()


def test_a_helper_comes_along_and_a_doctest_does_not():
    from ninja.ops import embedding

    text = copyable(embedding.backward)
    assert text.index("def scatter_add") < text.index("def backward")
    assert ">>>" not in text
