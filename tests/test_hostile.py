"""Whatever a file holds: one clear sentence, the right exit code, and no harm after it."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path

import pytest

from ninja import render, sandbox
from ninja.check import check_source
from ninja.exercises import EXERCISES
from ninja.verdict import Result
from tests.hostile import MLP, TAME, WILD, Case

MLP_EXERCISE = EXERCISES["mlp"]
MEGABYTES = 500


def judged(case: Case, result: Result) -> None:
    shown = render.plain(result)
    assert result.exit_code == case.exit, shown
    assert (result.error.type if result.error else "") in case.type.split("|"), shown
    if case.line is not None:
        assert result.error is not None
        assert result.error.line == case.line, shown
    assert case.says.lower() in shown.lower()
    assert "Traceback" not in shown
    assert "ninja/" not in shown


@pytest.mark.parametrize("case", TAME, ids=lambda case: case.name)
def test_broken_and_careless_code(case: Case) -> None:
    judged(case, check_source(MLP_EXERCISE.op, case.source, "mlp.py"))
    assert check_source(MLP_EXERCISE.op, MLP, "mlp.py").passed, "the next check works"


@pytest.mark.skipif(os.name != "posix", reason="limits and signals as on POSIX")
@pytest.mark.parametrize("case", WILD, ids=lambda case: case.name)
def test_hostile_code(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "GRACE", 3.0)
    judged(case, sandbox.run(MLP_EXERCISE, case.source, seconds=case.limit, megabytes=MEGABYTES))


def test_a_result_comes_out_of_the_sandbox_as_it_went_in() -> None:
    wrong = MLP.replace("db1 = dz1.sum", "db1 = dz1.mean").replace("X.T @ dz1", "dz1.T @ X")
    inside = check_source(MLP_EXERCISE.op, wrong)
    assert sandbox.run(MLP_EXERCISE, wrong) == inside
    assert sandbox.restored(asdict(inside)) == inside


def test_code_that_clears_its_folder_harms_itself_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    code = f"import shutil\nshutil.rmtree({str(tmp_path)!r})\n" + MLP
    result = sandbox.run(MLP_EXERCISE, code)
    assert result.exit_code == 2
    assert result.error is not None
    assert "before the check was done" in result.error.message


FILES = {
    "missing": (None, "FileNotFoundError", "start"),
    "empty": (b"", "ValueError", "empty"),
    "blank": (b"\n  \n", "ValueError", "empty"),
    "binary": (bytes(range(256)), "UnicodeDecodeError", "not text"),
    "UTF-16": ("backward = 1".encode("utf-16"), "UnicodeDecodeError", "UTF-8"),
    "latin-1": ("# ok\n# caf\xe9\n".encode("latin-1"), "UnicodeDecodeError", "Line 2"),
    "unknown coding": (b"# coding: no-such\n", "SyntaxError", "no-such"),
    "huge": (b"# " + b"x" * (2 << 20), "ValueError", "MB"),
}


@pytest.mark.parametrize(("data", "kind", "says"), FILES.values(), ids=FILES)
def test_files_that_hold_no_code(data: bytes | None, kind: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "mlp.py"
    if data is not None:
        path.write_bytes(data)
    result = sandbox.run(MLP_EXERCISE, path)
    assert result.exit_code == 2
    assert result.error is not None
    assert result.error.type == kind
    assert says in result.error.message


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    result = sandbox.run(MLP_EXERCISE, tmp_path)
    assert result.error is not None
    assert "is a folder" in result.error.message


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("mit Lücke ü.py", MLP.encode()),
        ("bom.py", b"\xef\xbb\xbf" + MLP.encode()),
        ("declared.py", b"# coding: latin-1\n# caf\xe9\n" + MLP.encode()),
        ("numpy.py", MLP.encode()),
        ("json.py", MLP.encode()),
    ],
)
def test_files_of_any_name_and_coding(name: str, data: bytes, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    assert sandbox.run(MLP_EXERCISE, path).passed


def test_the_line_of_an_endless_loop_is_known_under_any_name(tmp_path: Path) -> None:
    path = tmp_path / "schön (1).py"
    path.write_text("\n\nwhile True: pass\n", encoding="utf-8")
    result = sandbox.run(MLP_EXERCISE, path, seconds=0.3)
    assert result.error is not None
    assert (result.error.type, result.error.line) == ("Timeout", 3)


def test_helpers_may_lie_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "my_helpers.py").write_text("def rows(x):\n    return x.sum(axis=0)\n")
    path = tmp_path / "mlp.py"
    path.write_text("from my_helpers import rows\n" + MLP.replace("dz1.sum(axis=0)", "rows(dz1)"))
    assert sandbox.run(MLP_EXERCISE, path).passed


def test_what_is_printed_comes_back_and_is_cut() -> None:
    printing = MLP.replace("    N = len(X)\n", "    N = len(X)\n    print('N is', N)\n")
    assert "N is 7\n" in sandbox.run(MLP_EXERCISE, printing).printed
    long = MLP.replace("    N = len(X)\n", "    N = len(X)\n    print('x' * 9999)\n")
    printed = sandbox.run(MLP_EXERCISE, long).printed
    assert len(printed) < 4200
    assert printed.endswith("(more was printed)")


def test_what_is_printed_before_a_crash_comes_back_too() -> None:
    result = sandbox.run(MLP_EXERCISE, "import os\nprint('so far')\nos._exit(7)\n")
    assert result.printed == "so far\n"
    assert result.error is not None
    assert "exit status 7" in result.error.message


def test_codes_for_the_terminal_are_not_passed_on() -> None:
    result = sandbox.run(MLP_EXERCISE, "print('\\x1b[2Jgone')\n" + MLP)
    assert "\x1b" in result.printed
    assert "\x1b" not in render.plain(result)


def test_html_shows_code_as_text() -> None:
    source = MLP.replace("N = len(X)", "N = len('<script>') + no_such_name")
    page = render.html(check_source(MLP_EXERCISE.op, source))
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("case", [c for c in TAME if c.exit < 2], ids=lambda case: case.name)
def test_html_and_text_say_the_same(case: Case) -> None:
    result = check_source(MLP_EXERCISE.op, case.source, "mlp.py")
    page, shown = render.html(result), render.plain(result, 1000)
    assert render.headline(result) in shown
    for tensor in [] if render.nothing_yet(result) else result.tensors:
        assert f"<code>{tensor.name}</code>" in page
        for sentence in render.details(tensor):
            assert sentence in shown
