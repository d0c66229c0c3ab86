"""Every exercise as a learner meets it: a starter that fails politely, a solution, a ladder."""

from __future__ import annotations

import ast
import io
import subprocess
import sys
import tokenize

import pytest

from ninja import verdict
from ninja.check import check_source
from ninja.exercises import EXERCISES, Exercise, UnknownExercise, find
from ninja.records import NETS, OPS
from ninja.starter import arguments
from ninja.trials import unmasking


@pytest.fixture(params=list(EXERCISES.values()), ids=list(EXERCISES))
def exercise(request: pytest.FixtureRequest) -> Exercise:
    found = request.param
    assert isinstance(found, Exercise)
    return found


def test_every_record_is_an_exercise_with_a_file_of_its_own() -> None:
    assert set(EXERCISES) == {*OPS, *NETS}
    files = [e.file_name for e in EXERCISES.values()]
    assert len(set(files)) == len(files)
    assert all(file.removesuffix(".py").isidentifier() for file in files)


def test_the_starter_fails_politely(exercise: Exercise) -> None:
    result = check_source(exercise.op, exercise.starter, exercise.file_name)
    assert (result.passed, result.error, result.exit_code) == (False, None, 1)
    assert {t.verdict for t in result.tensors} == {verdict.MISSING}
    [note] = result.notes
    assert "return" in note


def test_the_starter_says_what_there_is_and_what_is_due(exercise: Exercise) -> None:
    tree = ast.parse(exercise.starter)
    told, function = ast.get_docstring(tree), tree.body[-1]
    assert told is not None
    assert isinstance(function, ast.FunctionDef)
    assert [a.arg for a in function.args.args] == list(arguments(exercise.op))
    listed = {line.split()[0] for line in told.splitlines() if line.startswith("    ")}
    assert {*arguments(exercise.op), *exercise.op.gradients} <= listed
    assert f"check {exercise.name} {exercise.file_name}" in told


def test_the_starter_names_only_what_the_check_offers(exercise: Exercise) -> None:
    for trial in unmasking(exercise.op):
        assert set(arguments(exercise.op)) <= set(trial.run.names)


def test_the_starter_is_well_formed(exercise: Exercise) -> None:
    assert max(map(len, exercise.starter.splitlines())) <= 100
    assert "namespace" not in exercise.starter
    assert "..." not in exercise.starter.split('"""')[-1]


def test_all_starters_are_clean(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("starters")
    for exercise in EXERCISES.values():
        (folder / exercise.file_name).write_text(exercise.starter, encoding="utf-8")
    select = "--select=E,F,W,I,UP,B,SIM,RUF,D1,D2,D3,D419"
    ignore = "--ignore=D203,D205,D208,D212,D213,RUF001,RUF002"
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--isolated", "--line-length=100", select, ignore,
         str(folder)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_shapes_are_written_in_the_names_of_the_sizes() -> None:
    told = EXERCISES["makemore"].starter
    rows = {" ".join(line.split()) for line in told.splitlines()}
    assert {
        "demb (N, T, E), like emb",
        "counts_sum (N, 1)",
        "Xb (N, T) of integers",
        "dbngain (1, H), like bngain",
    } <= rows


def test_scalar_starters_need_no_numpy() -> None:
    assert "import numpy" not in EXERCISES["neuron"].starter
    assert "np." not in EXERCISES["softmax3"].starter


def test_the_solution_passes(exercise: Exercise) -> None:
    result = check_source(exercise.op, exercise.solution, exercise.file_name)
    assert result.passed, result
    assert result.exit_code == 0


def test_the_ladder_has_every_rung_and_ends_in_the_answer(exercise: Exercise) -> None:
    titles = [hint.title for hint in exercise.hints]
    assert titles[0] == "shapes"
    assert "idea" in titles
    assert "tiny numbers" in titles
    assert sum("shuffled" in title for title in titles) == 1
    assert all(hint.text.strip() for hint in exercise.hints)
    assert all(f"{d}:" in exercise.hints[0].text for d in exercise.op.gradients)
    after = exercise.hints[titles.index(next(t for t in titles if "shuffled" in t)) + 1 :]
    shown = "".join(_tokens(hint.text.split("\n\n")[0]) for hint in after)
    assert shown == "".join(_tokens(line.text) for line in exercise.op.program.lines)


def _tokens(code: str) -> str:
    """Code without blanks and needless brackets, so that two ways to write a line agree."""
    return ast.unparse(ast.parse(code))


def test_the_answer_is_not_given_away_before_its_rung(exercise: Exercise) -> None:
    lines = exercise.op.program.lines
    early = [hint for hint in exercise.hints if not hint.title.startswith(("line ", "the line"))]
    shuffled = early.pop()
    in_order = "\n".join(line.text for line in lines)
    assert shuffled.text != in_order
    if len(lines) == 1:
        assert _words(lines[0].text) == _words(shuffled.text)
        assert lines[0].text not in shuffled.text


def _words(code: str) -> list[str]:
    tokens = tokenize.generate_tokens(io.StringIO(code.strip()).readline)
    return sorted(t.string for t in tokens if t.string.strip() and t.string not in "()")


def test_the_shuffled_lines_are_the_same_every_time() -> None:
    one, two = Exercise(OPS["linear"]), Exercise(OPS["linear"])
    assert one.hints == two.hints


@pytest.mark.parametrize("name", ["mlp-relu", "mlp_relu", "mlp_relu.py", "MLP-relu"])
def test_hyphens_underscores_and_file_names_find_an_exercise(name: str) -> None:
    assert find(name).name == "mlp-relu"


def test_a_slip_of_the_pen_is_met_with_a_suggestion() -> None:
    with pytest.raises(UnknownExercise, match="did you mean linear"):
        find("liner")
    with pytest.raises(UnknownExercise, match="backprop-ninja list"):
        find("zzzzzz")
