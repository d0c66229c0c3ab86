"""The checker's verdicts, each on a submission as a learner would type it."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import ninja
from ninja.check import check_function, check_source
from ninja.records import NETS, OPS
from ninja.text import answer

LINEAR = """
def backward(dout, x, W):
    dx = dout @ W.T
    dW = x.T @ dout
    db = dout.sum(axis=0)
    return dx, dW, db
"""


def linear(old: str = "", new: str = ""):
    assert old in LINEAR
    return check_source(OPS["linear"], LINEAR.replace(old, new))


def verdicts(result) -> dict[str, str]:
    return {t.name: t.verdict for t in result.tensors}


def tensor(result, name):
    return next(t for t in result.tensors if t.name == name)


def test_every_reference_passes_and_is_right(record):
    result = check_source(record, answer(record))
    assert result.passed, result
    assert result.exit_code == 0
    assert set(verdicts(result).values()) <= {"right", "rounding", "harmless"}


def test_every_accurate_form_passes(op):
    if op.backward_accurate is not None:
        assert check_function(op, op.backward_accurate).passed


def test_right_to_rounding_is_said():
    result = linear("dx = dout @ W.T", "dx = (W @ dout.T).T * 3 / 3")
    assert result.passed
    assert tensor(result, "dx").verdict == "rounding"


def test_float32_is_right_to_rounding():
    result = linear("dx = dout @ W.T", "dx = (dout @ W.T).astype('float32')")
    assert verdicts(result)["dx"] == "rounding"


@pytest.mark.parametrize(
    ("off", "dtype", "want"),
    [
        (1e-9, "float64", "rounding"),
        (1e-6, "float64", "wrong"),
        (2e-5, "float32", "wrong"),
    ],
)
def test_what_is_more_than_rounding_is_wrong(off, dtype, want):
    result = linear("dx = dout @ W.T", f"dx = (dout @ W.T * (1 + {off})).astype('{dtype}')")
    assert tensor(result, "dx").verdict == want


def test_shapes_are_exact():
    result = linear("db = dout.sum(axis=0)", "db = dout.sum(axis=0, keepdims=True)")
    db = tensor(result, "db")
    assert (db.verdict, db.shape, db.want_shape) == ("shape", (1, 11), (11,))
    assert db.mistake == "linear-db-keepdims"


def test_a_later_tensor_inherits():
    result = check_source(NETS["mlp"], answer(NETS["mlp"]).replace("/ N * dloss", "* dloss"))
    assert verdicts(result)["dz2"] == "wrong"
    others = set(verdicts(result).values()) - {"wrong"}
    assert others == {"inherited"}
    assert "`dz2`" in tensor(result, "dW2").message


def test_a_mistake_that_undoes_the_one_above_is_found_all_the_same():
    op = NETS["norm_list"]
    planted = ("norm-list-root-half", "norm-list-square-without-two")
    text = answer(op)
    for mistake in (m for m in op.mistakes if m.id in planted):
        [row] = [r for r in text.splitlines() if r.startswith(f"    {mistake.target} = ")]
        text = text.replace(row, f"    {mistake.line}")
    found = tensor(check_source(op, text), "dcentred")
    assert found.mistake == "norm-list-square-without-two"
    assert "undoes the slip in `dvar`" in found.message


def test_a_name_must_fit_on_every_input():
    text = "dW = x.T @ dout / (len(x) if dout.shape[0] == 7 else 1.5)"
    found = tensor(linear("dW = x.T @ dout", text), "dW")
    assert (found.verdict, found.mistake) == ("wrong", None)


def test_two_mistakes_are_both_found():
    text = answer(NETS["mlp"]).replace("/ N * dloss", "* dloss").replace("(1 - h**2)", "1")
    found = verdicts(check_source(NETS["mlp"], text))
    assert [n for n, v in found.items() if v == "wrong"] == ["dz2", "dz1"]


def test_the_upstream_s_error_is_not_hidden_by_a_nan():
    text = answer(NETS["mlp"]).replace("dh = dz2 @ W2.T", "dh = dz2 @ W2.T\n    dh[0, 0] = np.nan")
    result = check_source(NETS["mlp"], text)
    assert verdicts(result)["dh"] == "nan"
    assert verdicts(result)["dW1"] == "inherited"
    assert "`dh`[0, 0] is nan" in tensor(result, "dh").message


def test_nan_is_traced_to_where_it_starts():
    text = "def backward(dy, x):\n    slope = np.log(-abs(x))\n    dx = dy * slope\n    return dx"
    result = check_source(OPS["tanh"], text)
    assert "It starts in `slope`" in tensor(result, "dx").message


def test_the_first_differing_entry_has_both_numbers():
    result = linear("db = dout.sum(axis=0)", "db = dout.sum(axis=0) + (np.arange(11) == 4) * 0.3")
    entry = tensor(result, "db").entry
    assert entry is not None
    assert entry.index == (4,)
    assert entry.got == pytest.approx(entry.want + 0.3)


@pytest.mark.parametrize("factor", ["2", "3", "1 / 3"])
def test_a_factor_alone_is_said_before_a_factor_with_a_slip(factor):
    found = tensor(linear("dW = x.T @ dout", f"dW = x.T @ dout * ({factor})"), "dW")
    assert found.explained_by == "ratio"
    assert f"Right but for a factor {factor.replace(' ', '')}." in found.message


def test_a_nan_needs_no_other_explanation():
    found = tensor(linear("dW = x.T @ dout", "dW = x.T @ dout * np.nan"), "dW")
    assert found.message.endswith("or a huge exp.")


def test_a_hidden_second_size_catches_a_number_typed_in():
    op = OPS["cross_entropy"]
    text = answer(op).replace("probs.shape[1]", "5")
    result = check_source(op, text)
    assert not result.passed
    assert "a number typed in" in result.notes[0]


def test_masking_inputs_are_explained():
    op = OPS["batchnorm"]
    mistake = next(m for m in op.mistakes if m.id == "bn-dgain-times-gain")
    result = check_source(op, answer(op, mistake))
    assert "gain = 1" in tensor(result, "dgain").message.partition(" With an ")[2]


def test_state_from_call_to_call_is_noticed():
    text = (
        "calls = 0\n"
        "def backward(dy, y):\n"
        "    global calls\n"
        "    calls += 1\n"
        "    return dy * (1 - y**2) + (calls > 2)\n"
    )
    result = check_source(OPS["tanh"], text)
    assert not result.passed
    assert "second call" in " ".join(result.notes)


def test_changing_an_input_is_not_right():
    result = linear("dx = dout @ W.T", "dx = dout @ W.T\n    x *= 2\n    x = x / 2")
    assert not result.passed
    assert any("changed `x` in place" in note for note in result.notes)


def test_what_a_changed_input_does_to_the_numbers_is_no_mistake_of_a_line():
    text = (
        "def backward(dout, x, W):\n"
        "    dout /= len(x)\n"
        "    return dout @ W.T, x.T @ dout, dout.sum(axis=0)\n"
    )
    result = check_source(OPS["linear"], text)
    assert "in place" in result.notes[0]
    assert [t.mistake for t in result.tensors if not t.passed] == [None] * 3


@pytest.mark.parametrize(
    ("returned", "says"),
    [
        ("", "returns nothing. End it with"),
        ("return dx, dW", "returned 2 value(s); due are 3"),
    ],
)
def test_what_is_assigned_counts_but_must_be_returned(returned, says):
    result = linear("return dx, dW, db", returned)
    assert not result.passed
    assert result.exit_code == 1
    assert all(v in ("right", "rounding") for v in verdicts(result).values())
    assert says in result.notes[0]


def test_a_dict_and_a_dict_of_everything_are_taken():
    assert linear("return dx, dW, db", "return {'db': db, 'dW': dW, 'dx': dx}").passed
    names = NETS["mlp"].gradients
    every = f"return dict({', '.join(f'{n}={n}' for n in names)})"
    text = answer(NETS["mlp"]).replace(f"return {', '.join(names)}", every)
    assert every in text
    assert check_source(NETS["mlp"], text).passed


def test_a_misspelt_name_is_answered():
    result = linear("return dx, dW, db", "del db\n    return dict(dx=dx, dW=dW, dB=1.0)")
    assert verdicts(result)["db"] == "missing"
    assert any("Do you mean db?" in note for note in result.notes)


def test_an_empty_body_is_answered_kindly():
    result = check_source(OPS["linear"], "def backward(dout, x, W):\n    pass")
    assert result.exit_code == 1
    assert result.error is None
    assert "returns nothing yet" in result.notes[0]
    assert set(verdicts(result).values()) == {"missing"}


def test_torch_is_welcome():
    text = LINEAR.replace("axis=0", "0, keepdim=False").replace("\ndef", "import torch\ndef")
    assert check_source(OPS["linear"], text).passed
    text = "import torch\ndef backward(dy, x):\n    return dy * (1 - torch.tanh(x) ** 2)"
    assert check_source(OPS["tanh"], text).passed


@pytest.mark.parametrize("line", ["    import torch\n", ""])
@pytest.mark.parametrize("installed", [True, False])
def test_torch_that_is_not_there(monkeypatch, line, installed):
    if not installed:
        monkeypatch.setitem(sys.modules, "torch", None)
    text = f"def backward(dy, x):\n{line}    return dy * (1 - torch.tanh(x) ** 2)"
    result = check_source(OPS["tanh"], text)
    assert result.passed == (installed and bool(line))
    if not result.passed:
        assert result.error is not None
        assert result.error.line == 2
        advice = (
            "`import torch` above" if installed else "not installed here: what comes in is NumPy's"
        )
        assert advice in result.error.message


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("None", "None"),
        ("dout.sum(axis=0).astype(int)", "int64"),
        ("dout.sum(axis=0) + 0j", "complex"),
        ("np.array([None] * 11)", "object"),
        ("[1.0, [2.0], 3.0]", "rows differ"),
        ("'db'", "str"),
    ],
)
def test_what_is_no_gradient_is_said(value, says):
    result = linear("dout.sum(axis=0)\n", value + "\n")
    assert tensor(result, "db").verdict == "wrong"
    assert says in tensor(result, "db").message


def test_a_list_of_numbers_is_taken():
    assert linear("db = dout.sum(axis=0)", "db = dout.sum(axis=0).tolist()").passed


def test_an_exception_names_the_line_and_the_mistake_all_the_same():
    result = linear("dout @ W.T", "dout @ W")
    assert result.exit_code == 2
    assert result.error is not None
    assert (result.error.type, result.error.line) == ("ValueError", 3)
    assert result.error.text == "dx = dout @ W"
    assert tensor(result, "dx").mistake == "linear-dx-no-transpose"


def test_an_unknown_argument_is_answered_with_the_names():
    result = check_source(OPS["linear"], "def backward(grad, x):\n    return x")
    assert result.error is not None
    assert "`grad`" in result.error.message
    assert "dout, " in result.error.message or ", dout" in result.error.message


def test_numpy_stays_what_it_is():
    check_source(OPS["tanh"], "np.exp = None\n" + answer(OPS["tanh"]))
    assert callable(np.exp)


def test_scalar_exercises_are_checked_without_numpy():
    import subprocess
    import sys

    program = (
        "import sys; sys.modules['numpy'] = None\n"
        "from ninja.records import NETS\n"
        "from ninja.check import check_source\n"
        "from ninja.text import answer\n"
        "for name, net in NETS.items():\n"
        "    if net.scalar:\n"
        "        assert check_source(net, answer(net)).passed, name\n"
        "        for m in net.mistakes:\n"
        "            result = check_source(net, answer(net, m))\n"
        "            assert not result.passed and m.id in str(result), (name, m.id)\n"
        "        print(name)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [n for n, net in NETS.items() if net.scalar]


def test_the_notebook_s_check_shows_itself():
    shown = ninja.check("linear", OPS["linear"].plain_backward)
    assert shown
    assert "dW" in repr(shown)
    assert "<table" in shown._repr_html_()
    with pytest.raises(LookupError, match="linear"):
        ninja.check("liner", OPS["linear"].plain_backward)


def test_cmp_has_three_verdicts():
    import torch

    x = torch.randn(5, 3, dtype=torch.float64, requires_grad=True)
    (x * 2).sum().backward()
    two = torch.full((5, 3), 2.0, dtype=torch.float64)

    def verdict_of(gradient):
        return ninja.cmp("x", gradient, x).result.tensors[0]

    assert verdict_of(two).verdict == "right"
    assert verdict_of(two + 1e-12).verdict == "rounding"
    wrong = verdict_of(two * 5)
    assert wrong.verdict == "wrong"
    assert "factor" in wrong.message
    assert verdict_of(two[0]).verdict == "shape"
    assert "factor 7" in verdict_of(two * 7).message
    fresh = torch.ones(2, requires_grad=True)
    for without_gradient in (fresh, fresh * 2):
        with pytest.raises(ValueError, match=r"loss.backward\(\)"):
            ninja.cmp("fresh", fresh.detach(), without_gradient)


def test_intermediate_gradients_may_stay_inside():
    """A tuple of the parameters' gradients is enough, where the others are assigned by name."""
    net = NETS["mlp"]
    text = answer(net).replace(
        "return dz2, dW2, db2, dh, dz1, dW1, db1", "return dW2, db2, dW1, db1"
    )
    result = check_source(net, text)
    assert result.passed
    assert "dW2, db2, dW1, db1" in result.notes[0]


def test_targets_come_with_their_ignored_rows():
    """What a learner is handed are the inputs themselves, whatever the forward makes of them."""
    text = """
def backward(dloss, logits, targets, ignore_index, label_smoothing):
    N, C = logits.shape
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    keep = targets != ignore_index
    q = np.full((N, C), label_smoothing / C)
    q[np.arange(N), np.where(keep, targets, 0)] += 1 - label_smoothing
    return (p - q) * keep[:, None] / keep.sum() * dloss
"""
    assert check_source(OPS["cross_entropy"], text).passed
