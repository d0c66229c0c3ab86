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

from ninja.nets.makemore_fused import OP as makemore_fused
from ninja.training import bench, checkpoint, curve, data, engines, measured, network, sweep
from ninja.training.checkpoint import BadCheckpoint
from ninja.training.data import BadData
from ninja.training.engines import NoEngine, Setup
from ninja.training.engines import numba as compiled
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


def train(*arguments: str, cwd: Path, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "backprop_ninja", "train", *arguments], cwd=cwd, env=ENVIRON,
        text=True, capture_output=True, timeout=60, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout if code in (0, 130) else done.stderr


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
        (b"", "0 words"),
        (b"\n\n \n", "0 words"),
        (b"ab\nb\n", "2 words"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "no text in UTF-8 (byte 0 is 0x89)"),
        (b"ab\nc\x00d\n", "line 2: the character U+0000"),
        (b"mr. x\n", "line 1: 'mr. x' has a '.'"),
        (b"a" * 101, "line 1: this word has 101 characters"),
    ],
)
def test_a_bad_list_of_words_is_refused_with_the_reason(content, said, tmp_path):
    path = tmp_path / "list.txt"
    path.write_bytes(content)
    with pytest.raises(BadData) as refused:
        data.prepare(data.read(path))
    assert said in str(refused.value)
    assert said in train("--data", str(path), cwd=tmp_path, code=2)


def test_a_list_that_is_not_there(tmp_path):
    assert "nowhere.txt can't be read" in train("--data", "nowhere.txt", cwd=tmp_path, code=2)


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
def test_a_seed_that_torch_would_cut_off_is_refused(seed, tmp_path):
    with pytest.raises(ValueError, match="seed should lie in"):
        Stream(seed)
    assert "seed should lie in" in train("--seed", str(seed), cwd=tmp_path, code=2)


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


@pytest.mark.parametrize(("M", "K", "J"), [(1, 1, 1), (3, 7, 5), (33, 9, 40), (65, 16, 3)])
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


def _trained(engine: str) -> Training:
    run = Training(Settings(steps=300, hidden=16), engine)
    run.run()
    return run


def test_an_engine_that_does_not_exist_or_cannot_run(tmp_path, monkeypatch):
    with pytest.raises(NoEngine, match="there is no engine 'jax'; there are autograd"):
        engines.load("jax")
    with pytest.raises(NoEngine, match="started with torchrun"):
        Training(TINY, "distributed")
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
def test_what_does_not_fit_is_said(arguments, said, tmp_path):
    assert said in train("--steps", "10", "--hidden", "16", *arguments, cwd=tmp_path, code=2)


def test_a_checkpoint_that_is_not_there_is_said(tmp_path):
    said = train("--resume", "nowhere", cwd=tmp_path, code=2)
    assert "nowhere is no checkpoint that can be read" in said


# ---------------------------------------------------------------- stopping and going on


@pytest.mark.parametrize("name", ALONE)
@pytest.mark.parametrize("optimiser", list(OPTIMISERS))
def test_a_resumed_run_is_the_same_to_the_bit(name, optimiser, tmp_path):
    settings = Settings(steps=60, hidden=16, recipe=Recipe(optimiser, 0.01, "cosine"))
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


@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"\x08\0\0\0\0\0\0\0{}      "])
def test_another_file_is_no_checkpoint(content, tmp_path):
    (tmp_path / "run").write_bytes(content)
    with pytest.raises(BadCheckpoint, match="run"):
        Training.load(tmp_path / "run")


@pytest.mark.parametrize("lost", ["settings", "engine", "words", "theta", "stream", "losses"])
def test_a_checkpoint_with_a_part_missing_is_said_to_be_damaged(lost, tmp_path):
    path = tmp_path / "run"
    Training(Settings(steps=2, hidden=16)).save(path)
    tensors, notes = checkpoint.read(path)
    checkpoint.write(
        path,
        {name: tensor for name, tensor in tensors.items() if name != lost},
        {name: note for name, note in notes.items() if name != lost},
    )
    with pytest.raises(BadCheckpoint, match="is damaged"):
        Training.load(path)


def test_a_checkpoint_is_whole_or_not_there(tmp_path, monkeypatch):
    run = Training(TINY)
    run.advance(10)
    run.save(tmp_path / "run")
    before = (tmp_path / "run").read_bytes()
    run.advance(10)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(BadCheckpoint, match="No space left"):
        run.save(tmp_path / "run")
    assert (tmp_path / "run").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_nothing_that_exists_is_overwritten(tmp_path):
    (tmp_path / "mine").write_text("mine")
    said = train("--steps", "5", "--hidden", "16", "--save", "mine", cwd=tmp_path, code=2)
    assert "mine exists already" in said
    assert (tmp_path / "mine").read_text() == "mine"


def test_a_resumed_run_keeps_its_settings(tmp_path):
    train("--steps", "5", "--hidden", "16", "--save", "run", cwd=tmp_path)
    said = train("--resume", "run", "--hidden", "32", "--rate", "1", cwd=tmp_path, code=2)
    assert "--hidden and --rate can't change" in said
    assert json.loads(train("--resume", "run", "--json", cwd=tmp_path))["step"] == 5


def test_ctrl_c_keeps_what_was_learned(tmp_path):
    command = [
        sys.executable, "-m", "backprop_ninja", "train", "--hidden", "16", "--json",
        "--save", "run", "--save-every", "200",
    ]  # fmt: skip
    with subprocess.Popen(
        command, cwd=tmp_path, env=ENVIRON, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        deadline = time.monotonic() + 60
        while not (tmp_path / "run").exists() and time.monotonic() < deadline:
            os.sched_yield()
        process.send_signal(signal.SIGINT)
        told, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    report = json.loads(told)
    assert not report["finished"]
    assert 200 <= report["step"] < 200_000
    assert report["step"] == len(report["curve"]) or report["step"] > len(report["curve"])
    assert len(report["samples"]) == 20
    assert "--resume run" in said
    assert Training.load(tmp_path / "run").step == report["step"]


def test_a_loss_that_overflows_ends_the_run_and_keeps_the_last_good_checkpoint(tmp_path):
    said = train(
        "--steps", "2000", "--hidden", "16", "--rate", "1e30", "--save", "run", cwd=tmp_path, code=1
    )
    assert "the loss is not a number from step" in said
    assert not (tmp_path / "run").exists()
    with pytest.raises(Diverged, match="from step 2"):
        Training(Settings(steps=100, hidden=16, recipe=Recipe(rate=float("inf")))).run()


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


def test_samples_follow_their_seed_and_the_temperature(words):
    run = Training(Settings(steps=1500, hidden=64))
    run.run()
    model = run.model()
    names = network.sample(model, run.data, 30, seed=1)
    assert network.sample(model, run.data, 10, seed=1) == names[:10]
    assert network.sample(model, run.data, 30, seed=2) != names
    assert len(set(network.sample(model, run.data, 30, seed=1, temperature=0))) == 1
    assert network.sample(model, run.data, 0, seed=1) == []
    wild = network.sample(model, run.data, 300, seed=1, temperature=100.0)
    lengths = [np.mean([len(name) for name in some]) for some in (names, wild)]
    assert lengths[1] > 2 * lengths[0]  # every character is as likely as the end


def test_characters_are_drawn_with_their_probabilities():
    logits = np.log(np.array([[0.1, 0.6, 0.3]]))
    uniform = (np.arange(1000) + 0.5) / 1000
    drawn = network._chosen(np.repeat(logits, 1000, axis=0), uniform, 1.0)
    assert np.bincount(drawn).tolist() == [100, 600, 300]


def test_it_learns(tmp_path):
    report = json.loads(train("--steps", "2000", "--json", cwd=tmp_path))
    assert report["parameters"] == 12297
    assert 2.3 < report["loss"]["dev"] < 2.4
    assert report["loss"]["train"] < report["loss"]["dev"]
    assert list(tmp_path.iterdir()) == []


def test_the_loss_is_drawn(tmp_path):
    told = train("--steps", "400", "--hidden", "16", "--svg", "loss.svg", cwd=tmp_path)
    assert "█" in told
    assert "Names that it makes up" in told
    assert (tmp_path / "loss.svg").read_text("utf-8").startswith("<svg")
    assert "from 3" in curve.picture(np.array([3.0, 2.0])).alt


def test_no_steps_at_all(tmp_path):
    report = json.loads(train("--steps", "0", "--hidden", "16", "--json", cwd=tmp_path))
    assert report["curve"] == []
    assert report["loss"]["dev"] > 3
    train("--steps", "0", "--hidden", "16", cwd=tmp_path)


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
    report = bench.measure(growth=((4, 16),))
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
    rows = sweep.measure(seeds=(1, 2), steps=3)
    assert [row.name for row in rows] == list(RECIPES)
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
