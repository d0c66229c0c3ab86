"""The same answers in the page's Python: one Node process asks Pyodide what CPython is asked."""

from __future__ import annotations

import json
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ninja import dojo, hunt
from ninja.exercises import EXERCISES
from publish.bundle import PYODIDE, hosted_wheel
from tests.hostile import MLP, SURVIVED, TAME, WILD

ROOT = Path(__file__).parent.parent
SECONDS = 1.0
HOSTILE = {case.name: case for case in (*TAME, *(c for c in WILD if c.name in SURVIVED))}

# What is asked, by a name for it: (exercise, source).
QUESTIONS = {
    **{f"solution {name}": (name, exercise.solution) for name, exercise in EXERCISES.items()},
    **{
        f"bug {bug.name}": (name, bug.source)
        for name, exercise in EXERCISES.items()
        for bug in hunt.bugs(exercise.op)
    },
    **{f"hostile {name}": ("mlp", case.source) for name, case in HOSTILE.items()},
    "after them all": ("mlp", MLP),
}


def _scalar(question: str) -> bool:
    return EXERCISES[QUESTIONS[question][0]].op.scalar


@cache
def _numpy() -> Path | None:
    lock = json.loads((PYODIDE / "pyodide-lock.json").read_text("utf-8"))
    return hosted_wheel(lock["packages"]["numpy"]["file_name"])


@pytest.fixture(scope="module")
def answers() -> dict[str, Any]:
    """What Pyodide answers to each question, in one process."""
    node = shutil.which("node")
    if node is None or not PYODIDE.exists():
        pytest.skip("needs Node and node_modules/pyodide; `make setup` puts both in place")
    wheel = _numpy()
    asked = [name for name in QUESTIONS if wheel or _scalar(name)]
    given = [QUESTIONS[name] for name in asked]
    questions = [
        ["check", {"exercise": name, "source": source, "seconds": SECONDS}]
        for name, source in given
    ]
    command = [node, str(ROOT / "tests" / "pyodide.mjs"), str(PYODIDE), str(ROOT)]
    done = subprocess.run(
        [*command, *([str(wheel)] if wheel else [])],
        input=json.dumps(questions), capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(zip(asked, json.loads(done.stdout), strict=True))


def answer(answers: dict[str, Any], question: str) -> Any:
    if question not in answers:
        pytest.skip("needs NumPy's wheel for Pyodide in ~/.cache/backprop-ninja or $NINJA_WHEELS")
    return answers[question]


def said(result: Any) -> list[Any]:
    return [(t["name"], t["verdict"], t["mistake"], t["picture"]["trial"]) for t in result]


@pytest.mark.parametrize("name", EXERCISES)
def test_the_solution_passes_and_each_bug_is_named_as_elsewhere(
    name: str, answers: dict[str, Any]
) -> None:
    assert answer(answers, f"solution {name}")["passed"]
    for bug in hunt.bugs(EXERCISES[name].op):
        there = answer(answers, f"bug {bug.name}")
        here = dojo.check(name, bug.source)
        assert not there["passed"]
        assert said(there["tensors"]) == said(here["tensors"]), bug.name


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_code_is_answered(name: str, answers: dict[str, Any]) -> None:
    case, found = HOSTILE[name], answer(answers, f"hostile {name}")
    kind = found["error"]["type"] if found["error"] else ""
    too_large = "MemoryError" in case.type and kind == "ValueError"  # of an address in 32 bits
    assert kind in case.type.split("|") or too_large, found
    assert found["passed"] == (case.exit == 0), found
    if case.line is not None:
        assert found["error"]["line"] == case.line


def test_all_is_well_after_that(answers: dict[str, Any]) -> None:
    assert answer(answers, "after them all")["passed"]
