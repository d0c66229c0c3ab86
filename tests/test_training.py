"""Training: the same numbers from every engine, every optimiser, every interruption."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from ninja.cli import main
from ninja.nets.makemore_fused import OP as makemore_fused
from ninja.training import bench, checkpoint, curve, data, engines, measured, network, sweep
from ninja.training.checkpoint import BadCheckpoint
from ninja.training.data import BadData
from ninja.training.engines import NoEngine, Setup
from ninja.training.engines import numba as compiled
from ninja.training.engines.torch import cross_entropy
from ninja.training.network import Sizes
from ninja.training.optimisers import OPTIMISERS
from ninja.training.recipes import RECIPES, Recipe
from ninja.training.run import Diverged, Settings, Training
from ninja.training.stream import Stream

ROOT = Path(__file__).parent.parent
ENVIRON = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "COLUMNS": "100"}
ALONE = [name for name in engines.names() if name != "distributed"]
SEED = 2147483647
TINY = Settings(steps=40, hidden=16, dtype="float64")


@pytest.fixture(scope="module")
def words() -> data.Data:
    return data.prepare(data.read())


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def train(tmp_path, monkeypatch, capsys):
    """The command in a folder of its own; returns what it prints, or why it refuses."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def run(*arguments: str, code: int = 0) -> str:
        given = main(["train", *arguments])
        out, err = capsys.readouterr()
        assert given == code, out + err
        return str(out if code in (0, 130) else err)

    return run


# ---------------------------------------------------------------- data


def test_the_shipped_names_are_what_the_lecture_has_about_as_many_of(words):
    names = data.read()
    assert 25_000 < len(names) < 35_000
    assert len(set(names)) == len(names)
    assert words.characters == ".abcdefghijklmnopqrstuvwxyz"


def test_examples_are_those_of_the_lecture_s_loop():
    found = data.examples(["emma", "x"], ".aemx")
    X, Y = [], []
    for word in ["emma", "x"]:
        context = [0, 0, 0]
        for character in word + ".":
            X.append(context)
            Y.append(".aemx".index(character))
            context = [*context[1:], Y[-1]]
    assert found.X.tolist() == X
    assert found.Y.tolist() == Y


@pytest.mark.parametrize("block", [1, 2, 5])
def test_any_length_of_context(block):
    found = data.examples(["ab", "c"], ".abc", block)
    assert found.Y.tolist() == [1, 2, 0, 3, 0]
    assert found.X.shape == (5, block)
    assert found.X[:, -1].tolist() == [0, 1, 2, 0, 3]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "list.txt has 0 words"),
        (b"\n\n \n", "list.txt has 0 words"),
        (b"\xef\xbb\xbfab\r\n", "list.txt has 1 word:"),
        (b"ab\nb\n", "list.txt has 2 words"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "no text in UTF-8 (byte 0 is 0x89)"),
        (b"ab\nc\x00d\n", "line 2: the character U+0000"),
        (b"mr. x\n", "line 1: 'mr. x' has a '.'"),
        (b"a" * 101, "line 1: this word has 101 characters"),
    ],
)
def test_a_bad_list_of_words_is_refused_with_the_reason(content, said, tmp_path, train):
    path = tmp_path / "list.txt"
    path.write_bytes(content)
    with pytest.raises(BadData) as refused:
        data.prepare(data.read(path))
    assert said in str(refused.value)
    assert said in train("--data", str(path), code=2)


@pytest.mark.parametrize(
    ("path", "reason"), [("nowhere.txt", "No such file"), (".", "Is a directory")]
)
def test_a_list_that_can_t_be_read(path, reason, train):
    assert f"{path} can't be read ({reason}" in train("--data", path, code=2)


def test_a_list_in_python_may_not_be_too_short_either():
    with pytest.raises(BadData, match="only 9 words"):
        data.prepare(["ab"] * 9)


def test_lines_may_end_as_on_windows(tmp_path):
    for name, end in (("unix", "\n"), ("windows", "\r\n"), ("old", "\r")):
        (tmp_path / name).write_bytes(f"anna{end}bob{end}{end}".encode() * 5)
        assert data.read(tmp_path / name) == ["anna", "bob"] * 5


def test_words_of_any_alphabet(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("﻿" + "żółw\nÉmile\nO'Neil\n日本\n" * 5, encoding="utf-8")
    run = Training(Settings(data=str(path), steps=20, hidden=16))
    assert run.run()
    assert "ż" in run.data.characters


# ---------------------------------------------------------------- torch's stream


def test_the_stream_is_torch_s():
    ours, theirs = Stream(SEED), torch.Generator().manual_seed(SEED)
    for shape in [
        (27, 10),
        (30, 200),
        (200,),
        (200, 27),
        (27,),
        (1,),
        (16,),
        (3,),
        (17,),
        (4,),
        (15,),
    ]:
        want = torch.randn(shape, generator=theirs).numpy()
        assert np.abs(ours.normal(shape) - want).max() < 2e-6
    want = torch.randint(0, 182_625, (500, 32), generator=theirs).numpy()
    assert (ours.integers(182_625, (200, 32)) == want[:200]).all()
    assert (ours.integers(182_625, (300, 32)) == want[200:]).all()


def test_a_stream_goes_on_from_its_state():
    stream = Stream(7)
    stream.integers(10, (700,))
    state = stream.state
    want = stream.integers(1000, (700,))
    other = Stream(8)
    other.state = state
    assert (other.integers(1000, (700,)) == want).all()


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_that_torch_would_cut_off_is_refused(seed, train):
    with pytest.raises(ValueError, match="seed should lie in"):
        Stream(seed)
    assert "seed should lie in" in train("--seed", str(seed), code=2)


# ---------------------------------------------------------------- engines


@pytest.mark.parametrize("name", [name for name in ALONE if name != "autograd"])
@pytest.mark.parametrize("optimiser", list(OPTIMISERS))
def test_every_engine_takes_the_steps_of_autograd(name, optimiser, words):
    """Step by step, in float64, with every optimiser: losses, gradients and parameters."""
    sizes = Sizes(len(words.characters), H=16)
    theta, stream = network.initial(sizes, SEED)
    setup = Setup(sizes, words.train, theta.astype("float64"), OPTIMISERS[optimiser](), 8)
    ours, theirs = engines.load(name)(setup), engines.load("autograd")(setup)
    rows = stream.integers(len(words.train), (8,))
    loss, gradients = ours.gradients(rows)
    want_loss, want = theirs.gradients(rows)
    assert abs(loss - want_loss) < 1e-12
    for parameter, gradient in gradients.items():
        assert gradient.shape == want[parameter].shape
        assert np.abs(gradient - want[parameter]).max() < 1e-12, parameter
    batches, rates = stream.integers(len(words.train), (10, 8)), [0.1] * 5 + [0.01] * 5
    for n in range(10):
        losses = ours.run(batches[n : n + 1], rates[n : n + 1], n + 1)
        want_losses = theirs.run(batches[n : n + 1], rates[n : n + 1], n + 1)
        assert np.abs(losses - want_losses).max() < 1e-12
        # b1 has no gradient but rounding, which AdamW scales up to whole steps; it cancels.
        skipped = sizes.parts["b1"] if optimiser == "adamw" else slice(0, 0)
        apart = np.abs(ours.vectors["theta"] - theirs.vectors["theta"])
        apart[skipped] = 0
        assert apart.max() < 1e-12


def test_the_package_s_own_network_gives_these_gradients(words):
    sizes = Sizes(len(words.characters), H=16)
    theta, stream = network.initial(sizes, SEED)
    setup = Setup(sizes, words.train, theta.astype("float64"), OPTIMISERS["sgd"](), 8)
    rows = stream.integers(len(words.train), (8,))
    loss, gradients = engines.load("numpy")(setup).gradients(rows)
    parameters = sizes.views(setup.theta)
    want_loss, cache = makemore_fused.forward(
        Xb=words.train.X[rows], Yb=words.train.Y[rows], **parameters
    )
    named = zip(makemore_fused.gradients, makemore_fused.backward(1.0, **cache), strict=True)
    want = dict(named)
    assert abs(loss - want_loss) < 1e-12
    for name, gradient in gradients.items():
        assert np.abs(gradient - want[f"d{name}"]).max() < 1e-12, name


@pytest.mark.parametrize("name", ALONE)
def test_float32_stays_float32(name, words):
    sizes = Sizes(len(words.characters), H=16)
    theta, stream = network.initial(sizes, SEED)
    for optimiser in OPTIMISERS.values():
        engine = engines.load(name)(Setup(sizes, words.train, theta, optimiser(), 8))
        engine.run(stream.integers(len(words.train), (3, 8)), [0.1] * 3, 1)
        assert all(vector.dtype == np.float32 for vector in engine.vectors.values())


@pytest.mark.parametrize(("M", "K", "J"), [(1, 1, 1), (33, 9, 40), (65, 16, 3)])
def test_compiled_products_of_sizes_that_no_block_divides(M, K, J):
    rng = np.random.default_rng(0)
    A, B = rng.normal(size=(M, K)), rng.normal(size=(K, J))
    columns, rows = np.ascontiguousarray(A.T), np.ascontiguousarray(B.T)
    for multiply, left, right in (
        (compiled.product(M, K, J), A, B),
        (compiled.product(M, K, J, transposed=True), columns, B),
        (compiled.product_of_rows(M, J, K), A, rows),
    ):
        C = np.full((M, J), np.nan)
        multiply(left, right, C)
        assert np.abs(C - A @ B).max() < 1e-12


def test_engines_in_float32_learn_the_same(words):
    losses = {name: _trained(name).losses for name in ALONE}
    for name, found in losses.items():
        assert np.abs(found - losses["autograd"]).max() < 1e-4, name


@pytest.mark.parametrize("name", ALONE)
def test_a_loss_may_be_larger_than_the_logarithm_of_any_number(name, words):
    """What is certain and wrong has a probability that is 0 in float64, and still a loss."""
    sizes = Sizes(len(words.characters), H=16)
    theta, stream = network.initial(sizes, SEED)
    theta = theta.astype("float64")
    sizes.views(theta)["W2"][...] *= 1e4
    rows = stream.integers(len(words.train), (8,))
    setup = Setup(sizes, words.train, theta, OPTIMISERS["sgd"](), 8)
    loss, _ = engines.load(name)(setup).gradients(rows)
    want, _ = engines.load("autograd")(setup).gradients(rows)
    assert want > 1000
    assert abs(loss - want) < 1e-11 * want


@pytest.mark.parametrize("N", [1, 2, 33, 5000])
@pytest.mark.parametrize("kind", [torch.float32, torch.float64])
def test_p_minus_y_may_be_written_over_the_logits(N, kind):
    generator = torch.Generator().manual_seed(N)
    logits = 5 * torch.randn((N, 27), dtype=kind, generator=generator)
    targets = torch.randint(0, 27, (N,), generator=generator)
    leaf = logits.clone().requires_grad_()
    torch.nn.functional.cross_entropy(leaf, targets).backward()
    loss, fresh = cross_entropy(logits, targets)
    assert leaf.grad is not None
    assert (fresh - leaf.grad).abs().max() < 4 * torch.finfo(kind).eps / N
    for out in (torch.empty_like(logits), logits):
        again, written = cross_entropy(logits, targets, out=out)
        assert written.data_ptr() == out.data_ptr()
        assert again == loss
        assert (written == fresh).all()


def _trained(engine: str) -> Training:
    run = Training(Settings(steps=300, hidden=16, recipe=Recipe(batch=8)), engine)
    run.run()
    return run


def test_small_steps_keep_torch_to_one_thread_and_give_the_others_back():
    torch.set_num_threads(2)
    seen = []
    run = Training(TINY, "torch")
    run.run(lambda training: seen.append(torch.get_num_threads()))
    assert set(seen) == {1}
    assert torch.get_num_threads() == 2


def test_an_engine_that_does_not_exist_or_cannot_run(tmp_path, monkeypatch):
    with pytest.raises(NoEngine, match="there is no engine 'jax'; there are autograd"):
        engines.load("jax")
    with pytest.raises(NoEngine, match="started with torchrun"):
        Training(TINY, "distributed")
    for name in ALONE:
        with pytest.raises(NoEngine, match=r"can't (use|compute on) '?magic"):
            Training(TINY, name, device="magic")
    monkeypatch.setitem(sys.modules, "numba", None)
    monkeypatch.delitem(sys.modules, "ninja.training.engines.numba", raising=False)
    with pytest.raises(NoEngine, match=r"needs numba.*backprop-ninja\[numba\]"):
        engines.load("numba")


def test_the_command_needs_neither_torch_nor_numba(tmp_path):
    code = (
        "import sys; sys.modules.update(torch=None, numba=None)\n"
        "from ninja.cli import main\n"
        "sys.exit(main(['train', '--steps', '20', '--hidden', '16', '--json']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=ENVIRON, text=True, capture_output=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["step"] == 20


# ---------------------------------------------------------------- optimisers and schedules


@pytest.mark.parametrize(
    ("name", "options", "theirs"),
    [
        ("sgd", {}, lambda p: torch.optim.SGD(p, lr=0.05)),
        ("momentum", {"beta": 0.8}, lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.8)),
        ("adamw", {}, lambda p: torch.optim.AdamW(p, lr=0.05)),
        (
            "adamw",
            {"beta1": 0.8, "beta2": 0.95, "eps": 1e-3, "decay": 0.2},
            lambda p: torch.optim.AdamW(p, lr=0.05, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.2),
        ),
    ],
)
@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_the_optimisers_are_torch_s(name, options, theirs, library):
    rng = np.random.default_rng(0)
    start = rng.standard_normal(50)
    leaf = torch.tensor(start, requires_grad=True)
    their = theirs([leaf])
    optimiser = OPTIMISERS[name](**options)
    theta = start.copy() if library == "numpy" else torch.tensor(start)
    memory = [theta * 0 for _ in range(optimiser.memory)]
    for step in range(1, 21):
        gradient = rng.standard_normal(50)
        leaf.grad = torch.tensor(gradient)
        their.step()
        given = gradient if library == "numpy" else torch.tensor(gradient)
        optimiser.update(theta, given, 0.05, step, *memory)
        assert np.abs(np.asarray(theta) - leaf.detach().numpy()).max() < 1e-14


def test_every_recipe_can_be_built_and_shrinks_its_steps():
    for recipe in RECIPES.values():
        recipe.build()
        rates = [recipe.rate_at(n, 1000) for n in range(1000)]
        assert rates[0] == recipe.rate
        assert rates == sorted(rates, reverse=True)
        assert 0 < rates[-1] <= 0.1 * recipe.rate


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--recipe", "magic"], "there is no recipe 'magic'; there are lecture"),
        (["--optimiser", "lion"], "there is no optimiser 'lion'; there are sgd"),
        (["--schedule", "flat"], "there is no schedule 'flat'; there are step"),
        (["--batch", "1"], "one example has no variance"),
        (["--steps", "-1"], "steps should be at least 0"),
        (["--hidden", "0"], "hidden should be at least"),
        (["--rate", "nan"], "the rate should"),
        (["--dtype", "float16"], "dtype should be float32 or float64"),
        (["--engine", "jax"], "there is no engine 'jax'"),
        (["--temperature", "-1"], "the temperature should be"),
        (["--save", "no/such/folder/run.safetensors"], "can't be written"),
        (["--resume", "nowhere"], "--steps and --hidden can't change in the middle of a run"),
    ],
)
def test_what_does_not_fit_is_said(arguments, said, train):
    assert said in train("--steps", "10", "--hidden", "16", *arguments, code=2)


def test_a_checkpoint_that_is_not_there_is_said(train):
    said = train("--resume", "nowhere", code=2)
    assert "nowhere is no checkpoint that can be read" in said


# ---------------------------------------------------------------- stopping and going on


@pytest.mark.parametrize("name", ALONE)
@pytest.mark.parametrize("optimiser", list(OPTIMISERS))
def test_a_resumed_run_is_the_same_to_the_bit(name, optimiser, tmp_path):
    settings = Settings(steps=60, hidden=16, recipe=Recipe(optimiser, 0.01, "cosine", batch=8))
    whole = Training(settings, name)
    whole.run()
    first = Training(settings, name)
    first.advance(23)
    first.save(tmp_path / "run")
    second = Training.load(tmp_path / "run")
    assert (second.step, second.engine_name) == (23, name)
    second.run()
    assert (second.losses == whole.losses).all()
    for vector, values in whole.engine.vectors.items():
        assert (second.engine.vectors[vector] == values).all()


def test_another_engine_can_go_on(tmp_path):
    run = Training(TINY, "numpy")
    run.advance(20)
    run.save(tmp_path / "run")
    other = Training.load(tmp_path / "run", engine="torch")
    run.run()
    other.run()
    assert np.abs(run.losses - other.losses).max() < 1e-12


def test_a_run_goes_on_only_with_its_own_words(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("anna\nbob\ncarl\n" * 5)
    run = Training(Settings(data=str(path), steps=20, hidden=16))
    run.advance(10)
    run.save(tmp_path / "run")
    moved = path.rename(tmp_path / "moved.txt")
    assert Training.load(tmp_path / "run", words=str(moved)).step == 10
    moved.write_text("anna\nbob\ncleo\n" * 5)
    with pytest.raises(BadCheckpoint, match="trained on other words"):
        Training.load(tmp_path / "run", words=str(moved))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no checkpoint that can be read"),
        (b"no checkpoint", "no checkpoint that can be read"),
        (b"\x08\0\0\0\0\0\0\0{}      ", "not a run saved by"),
    ],
)
def test_another_file_is_no_checkpoint(content, said, tmp_path):
    (tmp_path / "run").write_bytes(content)
    with pytest.raises(BadCheckpoint, match=f"run is .*{said}"):
        Training.load(tmp_path / "run")
    with pytest.raises(BadCheckpoint, match="it is a folder"):
        Training.load(tmp_path)


def test_every_byte_of_a_checkpoint_counts(tmp_path):
    path = tmp_path / "run"
    Training(Settings(steps=2, hidden=4)).save(path)
    whole = path.read_bytes()
    for place in range(0, len(whole), len(whole) // 50):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(BadCheckpoint, match="run is"):
            Training.load(path)
        path.write_bytes(whole[:place])
        with pytest.raises(BadCheckpoint, match="run is no checkpoint that can be read"):
            Training.load(path)


def test_a_checkpoint_of_another_version_is_said_to_be_one(tmp_path, train):
    Training(Settings(steps=2, hidden=4)).save(tmp_path / "run")
    tensors, notes = checkpoint.read(tmp_path / "run")
    checkpoint.write(tmp_path / "run", tensors, {**notes, "format": "backprop-ninja training 99"})
    said = train("--resume", "run", code=2)
    assert "run was saved by another version" in said
    assert "training 99" in said


def full(descriptor: int) -> None:
    raise OSError(28, "No space left on device")


def test_a_checkpoint_is_whole_or_not_there(tmp_path, monkeypatch):
    run = Training(TINY)
    run.advance(10)
    run.save(tmp_path / "run")
    before = (tmp_path / "run").read_bytes()
    run.advance(10)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(BadCheckpoint, match="No space left"):
        run.save(tmp_path / "run")
    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run.save(tmp_path / "run")
    assert (tmp_path / "run").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def interrupted(descriptor: int) -> None:
    raise KeyboardInterrupt


def test_a_full_disk_does_not_stop_the_learning(tmp_path, train, monkeypatch, capsys):
    monkeypatch.setattr(os, "fsync", full)
    arguments = ("--steps", "400", "--hidden", "4", "--save", "run", "--save-every", "200")
    assert main(["train", *arguments]) == 1
    told, said = capsys.readouterr()
    assert "run can't be written (No space left on device). The run goes on" in told
    assert "After 400 steps" in told
    assert "Names that it makes up" in told
    assert "run can't be written (No space left" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", ["no/folder/loss.svg", "."])
def test_a_picture_that_can_t_be_written_is_said_before_the_run(path, train):
    said = train("--steps", "5", "--hidden", "4", "--svg", path, code=2)
    assert f"{path} can't be written" in said


def test_a_picture_that_fails_at_the_end_costs_nothing_else(tmp_path, train, monkeypatch, capsys):
    monkeypatch.setattr(Path, "write_text", lambda *_, **__: full(0))
    arguments = ("--steps", "5", "--hidden", "4", "--svg", "loss.svg", "--save", "run")
    assert main(["train", *arguments]) == 1
    told, said = capsys.readouterr()
    assert "After 5 steps" in told
    assert "Kept in run" in told
    assert "loss.svg can't be written" in said
    assert "no curve" in train("--steps", "0", "--hidden", "4", "--svg", "loss.svg", code=1)


def test_nothing_that_exists_is_overwritten(tmp_path, train):
    (tmp_path / "mine").write_text("mine")
    said = train("--steps", "5", "--hidden", "16", "--save", "mine", code=2)
    assert "mine exists already" in said
    assert (tmp_path / "mine").read_text() == "mine"


def test_a_finished_run_is_shown_even_where_nothing_can_be_written(train, monkeypatch):
    train("--steps", "5", "--hidden", "4", "--save", "run")
    monkeypatch.setattr(os, "fsync", full)
    assert "After 5 steps" in train("--resume", "run")


def test_a_resumed_run_keeps_its_settings(train):
    train("--steps", "5", "--hidden", "16", "--save", "run")
    said = train("--resume", "run", "--hidden", "32", "--rate", "1", code=2)
    assert "--hidden and --rate can't change" in said
    assert json.loads(train("--resume", "run", "--json"))["step"] == 5


@pytest.mark.parametrize("pressed", [1, 2])
@pytest.mark.parametrize("during", ["advance", "save"])
def test_ctrl_c_keeps_what_was_learned(pressed, during, tmp_path, monkeypatch, capfd):
    """While steps are taken and while they are saved, and when somebody presses it twice."""
    monkeypatch.chdir(tmp_path)
    _press(monkeypatch, during, pressed)
    command = ["--hidden", "4", "--save", "run", "--save-every", "200", "--json"]
    assert main(["train", *command]) == 130
    told, said = capfd.readouterr()
    report = json.loads(told)
    assert not report["finished"]
    assert 200 <= report["step"] < 2000
    assert len(report["samples"]) == 20
    assert "--resume run" in said
    assert ("Once more" in said) == (pressed == 2)
    assert Training.load(tmp_path / "run").step == report["step"]


@pytest.mark.parametrize("during", ["advance", "save"])
def test_pressing_it_three_times_ends_at_once(during, train, tmp_path, monkeypatch):
    train("--hidden", "4", "--steps", "10", "--save", "run")
    before = (tmp_path / "run").read_bytes()
    _press(monkeypatch, during, 3)
    assert main(["train", "--hidden", "4", "--save", "other", "--save-every", "200"]) == 130
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    assert (tmp_path / "run").read_bytes() == before
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def _press(monkeypatch, during: str, times: int) -> None:
    """Ctrl+C so many times, once, in the middle of a method of a run."""
    method, left = getattr(Training, during), [signal.SIGINT] * times

    def pressed(*arguments: object) -> object:
        while left:
            signal.raise_signal(left.pop())
        return method(*arguments)

    monkeypatch.setattr(Training, during, pressed)


def test_what_is_stopped_is_kept_even_if_nobody_named_a_file(train, tmp_path, monkeypatch):
    for name in ("ninja-train.safetensors", "ninja-train-2.safetensors"):
        _press(monkeypatch, "advance", 1)
        assert name in train("--hidden", "4", code=130)
        assert Training.load(tmp_path / name).step == 200


def test_ctrl_c_from_outside(tmp_path):
    command = [sys.executable, "-m", "backprop_ninja", "train", "--hidden", "16", "--save", "run"]
    with subprocess.Popen(
        [*command, "--save-every", "200"], cwd=tmp_path, env=ENVIRON, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        deadline = time.monotonic() + 60
        while not (tmp_path / "run").exists() and time.monotonic() < deadline:
            os.sched_yield()
        process.send_signal(signal.SIGINT)
        told, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "--resume run" in told
    assert not said


def test_a_loss_that_overflows_ends_the_run_and_keeps_the_last_good_checkpoint(tmp_path, train):
    said = train("--steps", "2000", "--hidden", "16", "--rate", "1e30", "--save", "run", code=1)
    assert "the loss is not a number from step" in said
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", ALONE)
def test_every_engine_tells_that_a_run_diverged(name):
    with pytest.raises(Diverged, match="from step 2 on"):
        Training(Settings(steps=9, hidden=16, recipe=Recipe(rate=1e38, batch=8)), name).run()


def test_what_overflows_in_the_last_step_is_not_kept_either(tmp_path, train):
    said = train("--steps", "1", "--hidden", "4", "--rate", "1e39", "--save", "run", code=1)
    assert "the parameters overflow by step 1" in said
    assert not (tmp_path / "run").exists()
    said = train("--steps", "1", "--hidden", "4", "--rate", "1e38", "--json", code=1)
    assert "no loss that is a number" in said


# ---------------------------------------------------------------- what was learned


def test_calibration_is_batch_norm_over_the_whole_training_set(words):
    sizes = Sizes(len(words.characters), H=16)
    theta, _ = network.initial(sizes, SEED)
    p = sizes.views(theta.astype("float64"))
    model = network.calibrated(p, words.train)
    before = p["C"][words.train.X].reshape(len(words.train), -1) @ p["W1"] + p["b1"]
    assert np.allclose(model.mean, before.mean(axis=0), rtol=0, atol=1e-12)
    assert np.allclose(model.variance, before.var(axis=0, ddof=1), rtol=1e-12, atol=0)
    logits = torch.tensor(model.logits(words.dev.X))
    want = torch.nn.functional.cross_entropy(logits, torch.tensor(words.dev.Y)).item()
    assert abs(model.loss(words.dev) - want) < 1e-12


def test_samples_follow_their_seed_and_the_temperature(words, monkeypatch):
    run = Training(Settings(steps=1500, hidden=64))
    run.run()
    model = run.model()
    names = network.sample(model, run.data, 30, seed=1)
    assert network.sample(model, run.data, 10, seed=1) == names[:10]
    assert network.sample(model, run.data, 30, seed=2) != names
    assert len(set(network.sample(model, run.data, 30, seed=1, temperature=0))) == 1
    assert network.sample(model, run.data, 0, seed=1) == []
    sure = network.sample(model, run.data, 5, seed=1, temperature=1e-310)
    assert sure == network.sample(model, run.data, 5, seed=1, temperature=0)
    network.sample(model, run.data, 5, seed=1, temperature=1e308)
    monkeypatch.setattr(network, "ROWS", 7)  # in groups, the words are the same
    assert network.sample(model, run.data, 30, seed=1) == names
    wild = network.sample(model, run.data, 300, seed=1, temperature=100.0)
    lengths = [np.mean([len(name) for name in some]) for some in (names, wild)]
    assert lengths[1] > 2 * lengths[0]  # every character is as likely as the end


def test_characters_are_drawn_with_their_probabilities():
    logits = np.log(np.array([[0.1, 0.6, 0.3]]))
    uniform = (np.arange(1000) + 0.5) / 1000
    drawn = network._chosen(np.repeat(logits, 1000, axis=0), uniform, 1.0)
    assert np.bincount(drawn).tolist() == [100, 600, 300]


def test_it_learns(tmp_path, train):
    report = json.loads(train("--steps", "2000", "--json"))
    assert report["parameters"] == 12297
    assert 2.3 < report["loss"]["dev"] < 2.4
    assert report["loss"]["train"] < report["loss"]["dev"]
    assert list(tmp_path.iterdir()) == []


def test_the_loss_is_drawn(tmp_path, train):
    told = train("--steps", "400", "--hidden", "16", "--svg", "loss.svg")
    assert "█" in told
    assert "Names that it makes up" in told
    assert (tmp_path / "loss.svg").read_text("utf-8").startswith("<svg")
    assert "from 3" in curve.picture(np.array([3.0, 2.0])).alt


def test_no_steps_at_all(train):
    report = json.loads(train("--steps", "0", "--hidden", "16", "--json"))
    assert report["curve"] == []
    assert report["loss"]["dev"] > 3
    train("--steps", "0", "--hidden", "16")


def test_the_shipped_list_is_plain_sorted_ascii():
    raw = gzip.decompress(data.SHIPPED.read_bytes())
    names = raw.decode("ascii").splitlines()
    assert names == sorted(names)
    assert all(name.isalpha() and name.islower() for name in names)


# ---------------------------------------------------------------- what is measured


def test_the_bench_compares_every_engine_that_runs_here(monkeypatch):
    monkeypatch.setattr(bench, "BATCHES", (16,))
    monkeypatch.setattr(bench, "TURNS", 1)
    monkeypatch.setattr(bench, "memory", lambda names: [bench.Memory("torch", 1, 1, 2.0, 0.6)])
    report = bench.measure(growth=((8, 16),))
    assert {row.engine for row in report.speed} == set(ALONE)
    assert next(row for row in report.speed if row.engine == "autograd").times_faster == 1
    assert [(row.batch, row.times_faster > 0) for row in report.cross_entropy] == [(16, True)]
    assert [goal.holds for goal in report.goals if "memory" in goal.what] == [False]
    json.dumps(report.as_json(), allow_nan=False)
    assert len(list(bench._tables(report))) == 4


def test_memory_is_measured_in_another_process():
    if not Path("/proc/self/clear_refs").exists():
        pytest.skip("only Linux tells the peak of a process")
    found = {m.engine: m for m in bench.memory(["autograd", "numpy"], 4096, 256)}
    assert found["autograd"].share == 1
    assert 0 < found["numpy"].share < 1


def test_a_sweep_trains_every_recipe_from_every_seed(monkeypatch):
    monkeypatch.setattr(sweep, "quickest", lambda: "numpy")
    monkeypatch.setattr(sweep, "RECIPES", {name: RECIPES[name] for name in ("lecture", "best")})
    rows = sweep.measure(seeds=(1, 2), steps=3)
    assert [row.name for row in rows] == ["lecture", "best"]
    assert all(len(row.dev) == len(set(row.dev)) == 2 for row in rows)
    told = sweep.as_object(rows)
    assert told["recipes"][0]["mean"] == pytest.approx(sum(rows[0].dev) / 2)
    json.dumps(told, allow_nan=False)


def test_what_is_recorded_says_where_and_when():
    for path in Path(measured.__file__).parent.glob("*.json"):
        machine = measured.recorded(path.stem)["machine"]
        assert machine["date"] > "2026"
        assert machine["processor"]
    said = r"magic\.json is not recorded: the docstring of .* has the command"
    with pytest.raises(ValueError, match=said):
        measured.recorded("magic")
