"""What the page is told: verdicts, pictures, hints; and that nothing outlives its check."""

from __future__ import annotations

import builtins
import json
import math
import subprocess
import sys
import textwrap
from typing import Any

import numpy as np
import pytest

from ninja import dojo, hunt, ladder
from ninja.check import check_source
from ninja.exercises import EXERCISES
from ninja.op import Op
from ninja.runs import entries
from ninja.trials import unmasking

NEURON, TANH, LINEAR = EXERCISES["neuron"], EXERCISES["tanh"], EXERCISES["linear"]


def asked(method: str, **arguments: Any) -> Any:
    """The answer as the page receives it; what JSON does not know is refused."""
    return json.loads(dojo.answer(method, json.dumps(arguments)), parse_constant=pytest.fail)


def check(exercise: str, source: str, **more: Any) -> Any:
    return asked("check", exercise=exercise, source=source, **more)


def tensors(answer: Any) -> dict[str, Any]:
    return {tensor["name"]: tensor for tensor in answer["tensors"]}


def differing(picture: Any) -> int:
    pairs = zip(picture["yours"], picture["truth"], strict=True)
    return sum(not abs(float(x) - float(y)) <= picture["tolerance"] for x, y in pairs)


def test_the_page_is_told_what_the_terminal_prints(record: Op) -> None:
    for source in (EXERCISES[record.name].solution, hunt.bugs(record)[-1].source):
        printed = check_source(record, source).as_json()
        answer = check(record.name, source)
        for one, other in zip(printed["tensors"], answer["tensors"], strict=True):
            assert one.items() <= other.items()
        wanted = {key: value for key, value in printed.items() if key not in ("tensors", "error")}
        assert wanted.items() <= answer.items()
        assert (printed["error"] is None) == (answer["error"] is None)


def test_a_picture_differs_exactly_where_a_tensor_is_not_right(record: Op) -> None:
    answer = check(record.name, hunt.bugs(record)[-1].source)
    for tensor in answer["tensors"]:
        picture = tensor["picture"]
        assert len(picture["truth"]) == math.prod(picture["shape"]) <= dojo.ENTRIES
        if picture["yours_shape"] == picture["shape"]:
            assert (differing(picture) == 0) == (tensor["tone"] == "right"), tensor["name"]


def test_a_probe_measures_what_the_truth_says(record: Op) -> None:
    for trial, of in enumerate(unmasking(record)[:1]):
        for name, truth in of.truth.items():
            index = [0] * np.ndim(truth)
            found = asked("probe", exercise=record.name, tensor=name, index=index, trial=trial)
            assert found["truth"] == entries(truth)[0]
            size = max(1.0, *map(abs, entries(truth)))
            assert found["slope"] == pytest.approx(found["truth"], abs=1e-5 * size), name
            assert (found["up"] - found["down"]) / (2 * found["step"]) == found["slope"]


def test_the_pieces_in_order_are_the_answer(record: Op) -> None:
    page = asked("describe", exercise=record.name)
    before, after = page["frame"]
    pieces = ladder.pieces(record)
    assert sorted(page["pieces"]) == sorted(pieces)
    assert page["pieces"] != pieces or len(set(pieces)) == 1
    if before.endswith("= "):
        lines = " ".join(pieces) + "\n"
    else:
        lines = textwrap.indent("\n".join(pieces) + "\n", "    ")
    assert check(record.name, before + lines + after)["passed"]


def test_every_bug_is_one_and_has_a_name_of_its_own(record: Op) -> None:
    bugs = hunt.bugs(record)
    assert len({bug.name for bug in bugs}) == len(bugs) > 0
    for bug in bugs:
        assert bug.wrong, bug.name
        assert bug.mistake.line.strip().splitlines()[-1].strip() in bug.source


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        (LINEAR.starter, ladder.SHAPES),
        ("def backward(:", ladder.SHAPES),
        (LINEAR.solution.replace(".sum(axis=0)", ".sum()"), ladder.SHAPES),
        (LINEAR.solution.replace("dout.sum", "dout.mean"), ladder.IDEA),
        (LINEAR.solution.replace("x.T @ dout", "(x.T @ dout) ** 3 + 7"), ladder.NUMBERS),
    ],
)
def test_the_ladder_begins_where_the_diagnosis_says(source: str, kind: str) -> None:
    answer = check("linear", source)
    assert LINEAR.hints[answer["hint"]].kind == kind, answer


def test_numbers_that_json_does_not_know() -> None:
    source = "def backward(dy):\n    return dy * np.array([np.nan, np.inf, -np.inf, 1, 1])\n"
    [tensor] = check("tanh", source)["tensors"]
    assert tensor["verdict"] == "nan"
    assert {"NaN", "Infinity", "-Infinity"} <= set(map(str, tensor["picture"]["yours"]))


@pytest.mark.parametrize("value", ["np.zeros((1000, 1000))", "'text'", "None", "[[1], [2, 3]]"])
def test_what_cannot_be_drawn_is_not_drawn(value: str) -> None:
    [tensor] = check("tanh", f"def backward(dy):\n    dx = {value}\n    return (dx,)\n")["tensors"]
    assert tensor["tone"] == "wrong"
    assert tensor["picture"]["yours"] is None
    assert tensor["picture"]["truth"]


def test_a_picture_is_of_the_trial_that_decided() -> None:
    source = "def backward(dy, y):\n    return dy * (1 - y**2) * (1 if y.shape == (7, 5) else 2)\n"
    source += "calls = []\n"
    trials = unmasking(TANH.op)
    names = [trial.run.case for trial in trials]
    wrong = next(i for i, trial in enumerate(trials) if trial.run.out.shape != (7, 5))
    [tensor] = check("tanh", source)["tensors"]
    assert tensor["picture"]["trial"] == wrong
    assert tensor["picture"]["case"] == names[wrong]
    assert differing(tensor["picture"]) > 0


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("def backward(dh):\n    while True:\n        dh = dh\n", (2, 3)),
        ("def backward(dh):\n    while True: pass\n", (2,)),
        ("while True:\n    pass\n", (1, 2)),
        ("def f():\n    while 1:\n        yield\n\ndef backward(dh):\n    list(f())\n", (2, 3, 6)),
        ("def backward(dh):\n    try:\n        while 1: pass\n    except Exception:\n  "
         "      pass\n", (2, 3)),
    ],
)  # fmt: skip
def test_an_endless_loop_is_ended_and_its_line_named(source: str, line: tuple[int, ...]) -> None:
    answer = check("neuron", source, seconds=0.2)
    assert answer["error"]["type"] == "Timeout"
    assert answer["error"]["line"] in line
    assert check("neuron", NEURON.solution)["passed"]


VANDALS = [
    "np.exp = np.tanh = None",
    "import numpy\ndel numpy.sum",
    "import builtins\nbuiltins.len = builtins.print = None",
    "import sys\nsys.stdout = sys.stderr = None",
    "import sys\nsys.modules.clear()",
    "import sys\nsys.setrecursionlimit(60)",
    "import ninja.compare\nninja.compare.TOLERANCE = 1e9",
    "import ninja.check as c\nc.attempt = c.compare = None",
    "import json, time, random, math\njson.dumps = time.monotonic = random.Random = math.tanh = 1",
    "np.seterr(all='raise')",
]


@pytest.mark.parametrize("code", VANDALS)
@pytest.mark.parametrize("where", ["at once", "when called"])
def test_nothing_that_code_does_outlives_its_check(code: str, where: str) -> None:
    before = {name: dict(vars(sys.modules[name])) for name in ("numpy", "builtins", "ninja.check")}
    limit, errors = sys.getrecursionlimit(), np.geterr()
    body = "    return None\n"
    if where == "at once":
        source = f"{code}\ndef backward(dy, y):\n{body}"
    else:
        source = f"def backward(dy, y):\n{textwrap.indent(code, '    ')}\n{body}"
    assert not check("tanh", source)["passed"]
    for name, names in before.items():
        changed = [n for n, v in names.items() if vars(sys.modules[name]).get(n) is not v]
        assert changed == []
    assert (sys.getrecursionlimit(), np.geterr()) == (limit, errors)
    assert vars(builtins)["len"]([1]) == 1
    assert check("tanh", TANH.solution)["passed"]
    wrong = check("tanh", hunt.bugs(TANH.op)[0].source)
    assert wrong["tensors"][0]["mistake"]


@pytest.mark.parametrize("name", ["KeyboardInterrupt", "GeneratorExit", "BaseException"])
def test_code_that_raises_what_nobody_should(name: str) -> None:
    answer = check("neuron", f"def backward(dh):\n    raise {name}\n")
    assert answer["error"]["type"] == name
    assert answer["error"]["line"] == 2


def test_a_million_prints_are_cut() -> None:
    answer = check("neuron", "def backward(dh):\n    print('x' * 100000)\n    print('y')\n")
    assert answer["printed"].startswith("xxx")
    assert answer["printed"].endswith("(more was printed)")
    assert len(answer["printed"]) < dojo.PRINTED + 100


def test_what_is_printed_comes_once() -> None:
    answer = check("mlp", "print('hello')\n" + EXERCISES["mlp"].solution)
    assert answer["printed"] == "hello\n"


def test_one_exercise_leads_to_the_next_until_the_last() -> None:
    name, seen = next(iter(EXERCISES)), []
    while name is not None:
        seen.append(name)
        name = asked("describe", exercise=name)["next"]
    assert seen == list(EXERCISES)


WITHOUT_NUMPY = """
import json, re, sys
sys.modules["numpy"] = None
from ninja import dojo
from ninja.exercises import EXERCISES
for name in (name for name, exercise in EXERCISES.items() if exercise.op.scalar):
    solution = EXERCISES[name].solution
    for line, right in re.findall(r"^    (d\\w+ = (.+))$", solution, re.M):
        for wrong in ("7", "True", "None", "[1, 2]", "1j", f"7.3 * ({right})", f"[{right}]"):
            source = solution.replace(line, line.replace(right, wrong))
            asked = json.dumps({"exercise": name, "source": source})
            found = json.loads(dojo.answer("check", asked))
            if not found["passed"] and (found["error"] or {"line": 1})["line"] is None:
                print(name, line.replace(right, wrong), found["error"])
"""


def test_what_nobody_knows_is_answered_without_numpy_too() -> None:
    command = [sys.executable, "-c", WITHOUT_NUMPY]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == ""


def test_an_error_of_ours_is_not_said_to_be_the_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(dojo, "check_function", broken)
    error = check("neuron", NEURON.solution)["error"]
    assert error["line"] is None
    assert error["message"] == "The check could not be finished: a fault of ours"
