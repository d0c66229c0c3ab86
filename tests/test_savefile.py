"""Progress goes from the page to the terminal and back in one file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ninja import savefile
from ninja.cli import main
from ninja.exercises import EXERCISES
from ninja.savefile import FORMAT, NotProgress, Saved

NEURON, SOFTMAX = EXERCISES["neuron"], EXERCISES["softmax3"]
HALF_CHARACTER = "# \ud83d\n"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def exported(**exercises: Any) -> Path:
    """A file as the page writes it."""
    path = Path("page.json")
    data = {"format": FORMAT, "version": 1, "exercises": exercises, "bugs": {"neuron:x": {}}}
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def entry(code: str, **more: Any) -> dict[str, Any]:
    return {"code": code, "starter": "", "solved": False, "tries": 1, "hint": 0, **more}


def test_list_shows_what_the_page_exported(capsys: pytest.CaptureFixture[str]) -> None:
    path = exported(
        neuron=entry(NEURON.solution, solved=True, later="unknown keys are passed over"),
        softmax3=entry("def backward(): pass"),
        norm_list=entry(EXERCISES["norm_list"].starter),
        tanh=entry("# an older starter", starter="# an older starter"),
        retired=entry(""),
    )
    assert main(["list", "--progress", str(path)]) == 0
    shown = capsys.readouterr().out
    states = {row.split()[1]: row.split()[-1] for row in shown.splitlines() if row[:3] > "  !"}
    assert states["neuron"] == "solved"
    assert states["softmax3"] == "started"
    assert states["norm_list"] == states["tanh"] == states["relu"] == "new"
    assert "1 of" in shown
    assert "retired" in shown


def test_check_reads_the_code_out_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    path = exported(neuron=entry(NEURON.solution), softmax3=entry(SOFTMAX.starter))
    assert main(["check", "neuron", str(path)]) == 0
    assert main(["check", "softmax3", str(path), "--json"]) == 1
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["exercise"] == "softmax3"
    assert main(["check", "norm_list", str(path)]) == 2
    assert "no code for norm_list" in capsys.readouterr().err


def test_start_goes_on_with_it_and_overwrites_nothing(home: Path) -> None:
    path = exported(
        neuron=entry(NEURON.solution, solved=True, hint=3),
        softmax3=entry("# mine\n" + HALF_CHARACTER, hint=-7),
    )
    folder = home / "here"
    folder.mkdir()
    (folder / "norm_list.py").write_text("# kept", encoding="utf-8")
    assert main(["start", "here", "--progress", str(path)]) == 0
    assert (folder / NEURON.file_name).read_text("utf-8") == NEURON.solution
    assert (folder / SOFTMAX.file_name).read_text("utf-8").startswith("# mine\n")
    assert (folder / "norm_list.py").read_text("utf-8") == "# kept"
    assert (folder / "tanh.py").read_text("utf-8") == EXERCISES["tanh"].starter


def test_there_and_back_again(home: Path) -> None:
    code = "# ∂ by hand\ndef backward(dh): pass\n"
    path = exported(neuron=entry(NEURON.solution, solved=True), softmax3=entry(code, hint=2))
    assert main(["start", "here", "--progress", str(path)]) == 0
    assert main(["list", "here", "--export", "back.json"]) == 0
    assert savefile.read(home / "back.json") == {
        "neuron": Saved(NEURON.solution, NEURON.starter, solved=True),
        "softmax3": Saved(code, SOFTMAX.starter, hint=2),
    }
    assert [p.name for p in home.glob("back*")] == ["back.json"]


def test_a_file_that_an_editor_has_saved_anew_is_read(home: Path) -> None:
    path = exported(neuron=entry("# ∂", earlier=["the page's own"]))
    path.write_text(path.read_text("utf-8"), encoding="utf-8-sig")
    assert savefile.read(path) == {"neuron": Saved("# ∂", tries=1)}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "holds no progress"),
        ("{", "holds no progress"),
        ("null", "holds no progress"),
        ("[" * 100_000, "holds no progress"),
        ('{"exercises": {}}', "holds no progress"),
        ('{"format": "backprop-ninja progress", "exercises": []}', "holds no progress"),
        ('{"format": "backprop-ninja progress", "version": 2, "exercises": {}}', "version 2"),
        (json.dumps({"format": FORMAT, "version": 1, "exercises": {"tanh": []}}), "'tanh'"),
        (
            json.dumps({"format": FORMAT, "version": 1, "exercises": {"tanh": {"hint": "2"}}}),
            "'tanh'",
        ),
    ],
)
@pytest.mark.parametrize(
    "arguments", [("list", "--progress"), ("start", "here", "--progress"), ("check", "tanh")]
)
def test_a_foreign_or_broken_file_is_one_sentence(
    text: str, says: str, arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    path = Path("broken.json")
    path.write_text(text, encoding="utf-8")
    assert main([*arguments, str(path)]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert len(told.err.splitlines()) == 1
    assert says in told.err
    assert "broken.json" in told.err
    assert path.read_text("utf-8") == text
    assert not Path("here").exists()


def test_what_is_not_there_or_far_too_large(home: Path) -> None:
    large = home / "large.json"
    with large.open("wb") as file:
        file.truncate(savefile.LARGEST + 1)
    for path in (home / "missing.json", home, large):
        with pytest.raises(NotProgress, match="Export"):
            savefile.read(path)


def test_an_export_that_cannot_be_written_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["start", "here"]) == 0
    assert main(["list", "here", "--export", "no/such/folder.json"]) == 2
    assert "can't be written" in capsys.readouterr().err
    assert main(["list", "nowhere", "--export", "x.json"]) == 2
    assert not Path("x.json").exists()
