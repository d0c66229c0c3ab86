"""The claims of each record, tried; and records that lie, each caught by a sentence."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from typing import Any

import pytest

from ninja import nets, ops
from ninja.audit import audit
from ninja.op import Mistake, Op, discover, unknown_prerequisites
from ninja.ops import linear, tanh
from ninja.records import NETS, OPS, RECORDS


def test_a_record_keeps_its_word(record):
    assert audit(record) == []


def test_no_module_is_an_orphan():
    for package, records in ((ops, OPS), (nets, NETS)):
        for found in pkgutil.iter_modules(package.__path__):
            module = importlib.import_module(f"{package.__name__}.{found.name}")
            owned = [r for r in records.values() if r.plain_forward.__module__ == module.__name__]
            assert owned, f"{module.__name__} defines no Op"


def test_teaching_order():
    names = list(OPS)
    assert unknown_prerequisites(RECORDS.values(), RECORDS) == []
    assert names.index("add") < names.index("linear") < names.index("cross_entropy")
    for op in OPS.values():
        assert all(names.index(before) < names.index(op.name) for before in op.builds_on)


def test_a_pass_called_through_the_record_shows_its_own_text(record):
    for checked, plain in (
        (record.forward, record.plain_forward),
        (record.backward, record.plain_backward),
    ):
        assert inspect.signature(checked) == inspect.signature(plain)
        assert inspect.getsource(checked) == inspect.getsource(plain)
        assert checked.__doc__ == plain.__doc__


def test_every_mistake_has_a_sentence_for_the_learner(record):
    for mistake in record.mistakes:
        assert mistake.sentence.endswith((".", "?")), mistake.id
        assert mistake.line not in mistake.sentence, f"{mistake.id} gives a line away"


def test_every_backward_has_a_doctest(op):
    assert ">>>" in (op.plain_backward.__doc__ or "")


def lying(**changes: Any) -> Op:
    """`tanh` with something changed."""
    given: dict[str, Any] = {
        "wrt": ("x",),
        "example": tanh.example,
        "hints": tanh.OP.hints,
        "reference": tanh.OP.reference,
        "backward": tanh.backward,
    }
    given.update(changes)
    backward = given.pop("backward")
    return Op(tanh.forward, backward, **given)


def twice_too_large(dy, x, y):
    dx = 2 * dy * (1 - y**2)
    return (dx,)


WRONG = Mistake("tanh-skipped", "dx = dy * 1", "Not so.")


@pytest.mark.parametrize(
    ("liar", "message"),
    [
        (lying(), None),
        (lying(backward=twice_too_large), "derive its line again: dx = 2 * dy * (1 - y ** 2)"),
        (lying(mistakes=(Mistake("r", "dx = dy - dy * y**2", "So."),)), "mark it harmless=True"),
        (
            lying(example=lambda rng: iter([("zero", {"x": rng.standard_normal(3) * 0})]),
                  mistakes=(Mistake("tanh-uses-input", "dx = dy * (1 - x**2)", "Not so."),)),
            "else add a case that unmasks it",
        ),
        (
            lying(mistakes=(WRONG, Mistake("again", "dx = dy + 0 * x", "Not so."))),
            "name each in the other's same_as",
        ),
        (
            lying(mistakes=(
                Mistake("a", "dx = dy * 1", "Not so.", same_as=("b",)),
                Mistake("b", "dx = dy * 2", "Not so.", same_as=("a",)),
            )),
            "take them out of same_as",
        ),
        (lying(mistakes=(Mistake("a", "dx = dy", "So.", harmless=True),)), "take harmless=True"),
        (lying(mistakes=(WRONG, WRONG)), "give one of them another id"),
        (lying(mistakes=(Mistake("a", "dz = dy", "Not so."),)), "let its line end in one of dx"),
        (lying(hints=()), "give hints"),
        (lying(reference=""), "name the book or paper"),
        (lying(example=lambda rng: iter(())), "yield at least one"),
    ],
)  # fmt: skip
def test_a_record_that_lies_is_told_what_to_do(liar: Op, message: str | None):
    complaints = audit(liar)
    if message is None:
        assert complaints == []
    else:
        assert any(message in complaint for complaint in complaints), complaints


def test_a_record_without_torch_reference_is_told_so():
    op = lying()
    object.__setattr__(op, "torch_reference", None)
    assert "write torch_reference" in audit(op)[0]


def test_discovery_refuses_two_of_one_name(tmp_path, monkeypatch):
    package = tmp_path / "twins"
    package.mkdir()
    (package / "__init__.py").write_text("")
    text = (
        '"""Twin.   x: (...)  ->  y: (...)"""\n'
        "from ninja.op import Op\n"
        "def forward(x):\n    return x, {}\n"
        "def backward(dy):\n    dx = dy\n    return (dx,)\n"
        'OP = Op(forward, backward, wrt=("x",), example=lambda rng: [], reference="", name="t")\n'
    )
    (package / "a.py").write_text(text)
    (package / "b.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ValueError, match="a record named 't' exists already"):
        discover(importlib.import_module("twins"))


def test_a_backward_that_is_not_a_straight_line_is_refused():
    def backward(dy, x):
        if dy is None:
            return (x,)
        return (dy,)

    op = lying(backward=backward)
    with pytest.raises(
        ValueError, match=r"test_records.py:\d+: backward should be a straight line"
    ):
        assert op.program.lines


def test_the_square_weights_unmask_a_transpose():
    """The example of `linear` has a case in which a wrong transpose has the right shape."""
    shapes = [arguments["W"].shape for _, arguments in linear.example(_generator())]
    assert any(m == n for m, n in shapes)


def _generator():
    import numpy as np

    return np.random.default_rng(0)
