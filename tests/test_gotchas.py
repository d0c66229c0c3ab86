"""The exercise of the gotchas: a backward pass with three slips, neither fewer nor more."""

from __future__ import annotations

from pathlib import Path

from ninja import NETS
from ninja.check import check_source
from ninja.verdict import PASSING
from publish.fences import fences

PAGE = Path(__file__).resolve().parents[1] / "lessons" / "14-gotchas.md"
MENDED = {
    "(probs - onehot) * dloss": "(probs - onehot) / N * dloss",
    "(1 - z1**2)": "(1 - h**2)",
    "dz1.mean(axis=0)": "dz1.sum(axis=0)",
}


def test_three_lines_are_to_be_mended() -> None:
    [starter] = [f.code for f in fences(PAGE.read_text("utf-8")) if "exercise" in f.options]
    left = dict(MENDED)
    for wrong, right in MENDED.items():
        assert starter.count(wrong) == 1
        assert not check_source(NETS["mlp"], starter).passed
        starter = starter.replace(wrong, right)
        left.pop(wrong)
        result = check_source(NETS["mlp"], starter)
        assert result.passed == (not left)
        failing = {t.name for t in result.tensors if t.verdict not in PASSING}
        assert len(failing) >= len(left)
