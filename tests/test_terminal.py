"""The command as a learner types it, in a folder of their own."""

from __future__ import annotations

import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ninja.exercises import EXERCISES
from ninja.progress import FILE

ROOT = Path(__file__).parent.parent
NEURON, LINEAR = EXERCISES["neuron"], EXERCISES["linear"]
ENVIRON = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "COLUMNS": "100"}
DEADLINE = 30.0  # seconds for something that takes one


def command(*arguments: str, module: str = "backprop_ninja") -> list[str]:
    return [sys.executable, "-m", module, *arguments]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ninja(*arguments: str, code: int = 0, **options: Any) -> str:
    """What a command prints, on either stream; its exit code must be `code`."""
    done: subprocess.CompletedProcess[str] = subprocess.run(
        command(*arguments), env=ENVIRON, text=True, stdin=subprocess.DEVNULL, timeout=DEADLINE,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, **options,
    )  # fmt: skip
    assert done.returncode == code, done.stdout
    assert "Traceback" not in done.stdout
    return done.stdout


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `start` writes, to copy from."""
    folder = tmp_path_factory.mktemp("fresh")
    ninja("start", cwd=folder)
    return folder / "ninja-exercises"


@pytest.fixture
def started(home: Path, fresh: Path) -> Path:
    return Path(shutil.copytree(fresh, home / "ninja-exercises"))


def test_without_a_command_it_says_which_there_are() -> None:
    assert "Begin with: backprop-ninja start" in ninja()


# ---------------------------------------------------------------- start and list


def test_start_writes_every_exercise_and_says_how_to_go_on(home: Path) -> None:
    told = ninja("start")
    folder = home / "ninja-exercises"
    assert {p.name for p in folder.iterdir()} == {e.file_name for e in EXERCISES.values()} | {FILE}
    assert f"{len(EXERCISES)} exercises" in told
    assert "ninja-exercises/neuron.py" in told
    assert "backprop-ninja watch" in told


def test_start_never_overwrites(started: Path) -> None:
    (started / "linear.py").write_text("# mine\n")
    (started / "tanh.py").unlink()
    told = ninja("start")
    assert (started / "linear.py").read_text() == "# mine\n"
    assert (started / "tanh.py").read_text(encoding="utf-8") == EXERCISES["tanh"].starter
    assert "1 exercises written" in told
    assert "Kept as they were" in told


def test_start_in_another_folder(home: Path) -> None:
    assert "backprop-ninja watch my/work" in ninja("start", "my/work")
    assert "backprop-ninja watch 'my other work'" in ninja("start", "my other work")
    assert (home / "my" / "work" / "neuron.py").exists()
    assert not (home / "ninja-exercises").exists()


def test_start_inside_the_folder_fills_it_up(started: Path) -> None:
    (started / "neuron.py").unlink()
    ninja("start", cwd=started)
    assert (started / "neuron.py").exists()
    assert not (started / "ninja-exercises").exists()


def test_start_where_a_file_is_in_the_way(home: Path) -> None:
    (home / "ninja-exercises").write_text("")
    assert "can't be made" in ninja("start", code=2)


def test_list_shows_solved_started_and_new_by_lesson(started: Path) -> None:
    (started / "neuron.py").write_text(NEURON.solution, encoding="utf-8")
    (started / "linear.py").write_text(LINEAR.starter + "# hm\n", encoding="utf-8")
    ninja("check", "neuron", str(started / "neuron.py"))
    told = ninja("list")
    assert state(told, "neuron") == "solved"
    assert state(told, "linear") == "started"
    assert state(told, "tanh") == "new"
    assert told.index("Lesson 1\n") < told.index("neuron") < told.index("Lesson 3\n")
    assert f"1 of {len(EXERCISES)} solved" in told
    assert told == ninja("list", cwd=started).replace(" in .", " in ninja-exercises").replace(
        "in add.py", "in ninja-exercises/add.py"
    )


def state(told: str, name: str) -> str:
    [words] = [line.split() for line in told.splitlines() if line.split()[1:2] == [name]]
    return words[-1]


def test_list_before_the_start_says_how_to(home: Path) -> None:
    told = ninja("list")
    assert state(told, "makemore") == "new"
    assert "backprop-ninja start" in told


def test_list_into_a_closed_pipe(started: Path) -> None:
    with subprocess.Popen(
        command("list"), env=ENVIRON, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as listing:
        assert listing.stdout is not None
        listing.stdout.close()
        assert listing.stderr is not None
        assert listing.stderr.read() == b""


# ---------------------------------------------------------------- check


def test_check_a_starter_a_wrong_and_a_right_answer(started: Path) -> None:
    file = started / "linear.py"
    told = ninja("check", "linear", str(file), code=1)
    assert "no gradient yet" in told
    assert "backprop-ninja hint linear" in told
    file.write_text(LINEAR.solution.replace("dout.sum(axis=0)", "dout.mean(axis=0)"))
    told = ninja("check", "linear", str(file), code=1)
    assert "2 of 3 right, to mend: db" in told
    assert "a sum, not a mean" in told
    assert "Entry (0,) is" in " ".join(told.split())
    file.write_text(LINEAR.solution)
    told = ninja("check", "linear", str(file))
    assert "all 3 right" in told
    assert "Next: neuron" in told
    assert state(ninja("list"), "linear") == "solved"


def test_check_shows_the_line_with_a_caret(started: Path) -> None:
    file = started / "linear.py"
    file.write_text("def backward(dout):\n    dx = (dout\n    return dx\n")
    rows = ninja("check", "linear", str(file), code=2).splitlines()
    [at] = [i for i, row in enumerate(rows) if "dx = (dout" in row]
    assert rows[at + 1].index("^") == rows[at].index("(")
    assert "in line 2" in rows[0]
    assert "never closed" in rows[at + 2]


def test_check_takes_any_file_and_leaves_other_folders_alone(home: Path) -> None:
    (home / "try.py").write_text(NEURON.solution)
    ninja("check", "neuron", "try.py")
    assert {p.name for p in home.iterdir()} == {"try.py"}


def test_check_finds_the_file_by_the_name_and_the_name_by_the_file(started: Path) -> None:
    (started / "linear.py").write_text(LINEAR.solution, encoding="utf-8")
    for words, cwd in [("linear", None), ("ninja-exercises/linear.py", None), ("linear", started)]:
        assert "all 3 right" in ninja("check", words, cwd=cwd)
    assert state(ninja("list"), "linear") == "solved"
    assert "backprop-ninja start" in ninja("check", "linear", cwd=started.parent / "..", code=2)


def test_check_a_name_with_a_slip_of_the_pen(home: Path) -> None:
    assert "did you mean linear?" in ninja("check", "linera", "x.py", code=2)


@pytest.mark.parametrize("name", ["nothing.py", "."])
def test_check_what_is_no_file(home: Path, name: str) -> None:
    told = ninja("check", "tanh", name, code=2)
    assert name in told
    assert "backprop-ninja list" in told


@pytest.mark.parametrize(
    ("source", "code"),
    [(NEURON.solution, 0), (NEURON.starter, 1), ("1 / 0\n", 2), ("print('{')\n1 / 0\n", 2)],
)
def test_json_is_one_object_and_nothing_else(home: Path, source: str, code: int) -> None:
    (home / "neuron.py").write_text(source, encoding="utf-8")
    answer = json.loads(ninja("check", "neuron", "neuron.py", "--json", code=code))
    assert {"exercise", "passed", "tensors", "error"} <= set(answer)
    assert answer["passed"] == (code == 0)
    assert (answer["error"] is not None) == (code == 2)
    fields = {"name", "verdict", "max_error", "shape", "want_shape", "mistake", "message"}
    assert all(set(t) == fields for t in answer["tensors"])


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        (["linera", "x.py"], "UnknownExercise"),
        (["linera"], "UnknownExercise"),
        (["linear"], "NoFolder"),
        (["linear", "x.json"], "NotProgress"),
    ],
)
def test_json_is_an_object_even_when_nothing_can_be_checked(
    home: Path, arguments: list[str], kind: str
) -> None:
    answer = json.loads(ninja("check", *arguments, "--json", code=2))
    assert answer["error"]["type"] == kind
    assert not answer["passed"]


def test_json_has_no_nan(home: Path) -> None:
    source = NEURON.solution.replace("dz * x", "dz * float('nan')")
    (home / "neuron.py").write_text(source, encoding="utf-8")
    told = ninja("check", "neuron", "neuron.py", "--json", code=1)
    json.loads(told, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


def test_check_needs_neither_numpy_nor_rich_to_answer_in_json(home: Path) -> None:
    (home / "linear.py").write_text(LINEAR.starter)
    script = (
        "import sys; from ninja.cli import main; "
        "code = main(['check', 'linear', 'linear.py', '--json']); "
        "sys.exit(code if not {'numpy', 'rich'} & set(sys.modules) else 99)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=ENVIRON, capture_output=True, check=False
    )
    assert done.returncode == 1, done.stderr


def test_an_exercise_of_plain_numbers_is_checked_without_numpy(home: Path) -> None:
    hidden = "import sys\nassert 'numpy' not in sys.modules\nsys.modules['numpy'] = None\n"
    (home / "neuron.py").write_text(hidden + NEURON.solution)
    ninja("check", "neuron", "neuron.py")


def test_both_ways_to_start_call_themselves_by_one_name(home: Path) -> None:
    for module in ("ninja", "backprop_ninja"):
        done = subprocess.run(
            command("--help", module=module),
            env=ENVIRON,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.startswith("usage: backprop-ninja ")


# ---------------------------------------------------------------- hint and progress


def test_hints_go_up_the_ladder_and_are_remembered(started: Path) -> None:
    total = len(EXERCISES["tanh"].hints)
    for number in range(1, total + 1):
        told = ninja("hint", "tanh")
        assert f"tanh, hint {number} of {total}" in told
    assert "the last hint" in told
    assert "dx = dy * (1 - y**2)" in told
    assert f"hint {total} of {total}" in ninja("hint", "tanh"), "it stays there"
    assert "hint 1 of" in ninja("hint", "tanh", "1")
    assert "hint 2 of" in ninja("hint", "tanh", cwd=started)
    assert "hint 1 of" in ninja("hint", "linear")


def test_a_hint_without_a_folder_says_how_to_get_the_next(home: Path) -> None:
    told = ninja("hint", "tanh")
    assert "hint 1 of" in told
    assert "backprop-ninja hint tanh 2" in told
    assert not any(home.iterdir())


@pytest.mark.parametrize("number", ["0", "99", "-1"])
def test_a_hint_that_does_not_exist(home: Path, number: str) -> None:
    assert "from 1 to 5" in ninja("hint", "tanh", "--", number, code=2)


@pytest.mark.parametrize("broken", ["{", "[]", '{"exercises": 3}', '{"exercises": {"mlp": 1}}'])
def test_a_broken_progress_file_is_kept_aside(started: Path, broken: str) -> None:
    (started / FILE).write_text(broken)
    told = ninja("list")
    assert "kept as .ninja-progress.json.broken-1" in told
    assert (started / f"{FILE}.broken-1").read_text() == broken
    (started / FILE).write_text("again")
    assert "broken-2" in ninja("start")
    assert (started / f"{FILE}.broken-1").read_text() == broken
    assert "broken" not in ninja("list")


def test_solved_stays_solved_when_the_file_changes(started: Path) -> None:
    file = started / "neuron.py"
    file.write_text(NEURON.solution)
    ninja("check", "neuron", str(file))
    file.write_text("# again, from the beginning\n")
    ninja("check", "neuron", str(file), code=2)
    assert state(ninja("list"), "neuron") == "solved"


# ---------------------------------------------------------------- watch


class Watch:
    """A `watch` that runs, its output line by line, and its keys."""

    def __init__(self, folder: Path, *, stdin: int = subprocess.PIPE) -> None:
        self.process = subprocess.Popen(
            command("watch", str(folder)), env=ENVIRON, text=True, encoding="utf-8", bufsize=1,
            stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.lines: queue.Queue[str | None] = queue.Queue()
        self.seen: list[str] = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def expect(self, text: str) -> None:
        """Read on until a line has `text`."""
        end = time.monotonic() + DEADLINE
        while (left := end - time.monotonic()) > 0:
            try:
                line = self.lines.get(timeout=left)
            except queue.Empty:
                break
            if line is None:
                break
            self.seen.append(line)
            if text in line:
                return
        pytest.fail(f"watch did not say {text!r}, but:\n{''.join(self.seen)}")

    def type(self, keys: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(keys)
        self.process.stdin.flush()

    def ends(self) -> int:
        return self.process.wait(DEADLINE)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self.reader.join()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                pipe.close()


@pytest.fixture
def watching(started: Path) -> Iterator[Watch]:
    watch = Watch(started)
    yield watch
    watch.close()


def test_watch_checks_on_save_and_moves_on_when_solved(started: Path, watching: Watch) -> None:
    watching.expect("neuron.py")
    watching.expect("no gradient yet")
    watching.expect("h for a hint")
    (started / "neuron.py").write_text(NEURON.solution.replace("dz * x", "dz * w"))
    watching.expect("3 of 4 right, to mend: dw")
    (started / "neuron.py").write_text(NEURON.solution)
    watching.expect("all 4 right")
    watching.expect("Solved. Next: add")
    (started / "add.py").write_text("def backward(dy):\n    return (dy\n")
    watching.expect("SyntaxError in line 2")
    watching.type("q\n")
    assert watching.ends() == 0
    assert state(ninja("list"), "neuron") == "solved"


def test_watch_follows_an_editor_that_writes_a_new_file(started: Path, watching: Watch) -> None:
    watching.expect("h for a hint")
    new = started / "neuron.py.tmp"
    new.write_text(NEURON.solution)
    new.replace(started / "neuron.py")
    watching.expect("all 4 right")


def test_watch_turns_to_whatever_is_saved(started: Path, watching: Watch) -> None:
    watching.expect("h for a hint")
    (started / "linear.py").write_text(LINEAR.solution.replace("x.T @ dout", "x.T @ dout * 2"))
    watching.expect("linear.py")
    watching.expect("to mend: dW")
    watching.type("h\n")
    watching.expect("linear, hint 1 of")
    watching.type("h\n")
    watching.expect("linear, hint 2 of")
    assert "hint 3 of" in ninja("hint", "linear")


def test_watch_lists_and_checks_again(watching: Watch) -> None:
    watching.expect("h for a hint")
    watching.type("l\n")
    watching.expect("Lesson 1")
    watching.type("c\n")
    watching.expect("no gradient yet")


def test_watch_lives_through_an_endless_loop_and_a_file_that_goes(
    started: Path, watching: Watch
) -> None:
    watching.expect("h for a hint")
    (started / "neuron.py").write_text("import os\nos._exit(0)\n")
    watching.expect("ended the whole process")
    (started / "neuron.py").unlink()
    (started / "add.py").write_text("0 / 0\n")
    watching.expect("ZeroDivisionError")


@pytest.mark.skipif(os.name != "posix", reason="Ctrl+C is sent as on POSIX")
def test_watch_ends_with_ctrl_c(watching: Watch) -> None:
    watching.expect("h for a hint")
    watching.process.send_signal(signal.SIGINT)
    watching.expect("Until next time")
    assert watching.ends() == 0


def test_watch_goes_on_without_an_input(started: Path) -> None:
    watch = Watch(started, stdin=subprocess.DEVNULL)
    try:
        watch.expect("h for a hint")
        (started / "neuron.py").write_text(NEURON.solution)
        watch.expect("Solved. Next: add")
    finally:
        watch.close()


@pytest.mark.skipif(os.name != "posix", reason="a terminal as on POSIX")
def test_watch_takes_single_keys_in_a_terminal(started: Path) -> None:
    ours, theirs = os.openpty()
    watch = Watch(started, stdin=theirs)
    try:
        watch.expect("h for a hint")
        os.write(ours, b"h")
        watch.expect("neuron, hint 1 of")
        os.write(ours, b"q")
        assert watch.ends() == 0
    finally:
        watch.close()
        os.close(ours)
        os.close(theirs)


def test_watch_has_an_end(home: Path) -> None:
    (home / "neuron.py").write_text(NEURON.starter)
    watch = Watch(home)
    try:
        watch.expect("h for a hint")
        (home / "neuron.py").write_text(NEURON.solution)
        watch.expect("is solved")
        assert watch.ends() == 0
    finally:
        watch.close()


def test_watch_without_exercises_says_how_to_get_them(home: Path) -> None:
    assert "backprop-ninja start" in ninja("watch", code=2)
    assert "backprop-ninja start here" in ninja("watch", "here", code=2)
