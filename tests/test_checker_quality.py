"""The figures of the checker as assertions; `bench checker` prints them, with times."""

from __future__ import annotations

import copy
import dataclasses
import json
import warnings
from typing import Any

import numpy as np
import pytest

from ninja import bench, gradcheck, quality
from ninja.audit import SEEN, agree, planted
from ninja.op import Mistake, Op
from ninja.proof import scaled_errors
from ninja.quality import MutationRow, Share, Unseen
from ninja.records import NETS, OPS, RECORDS
from ninja.runs import Gradients, Run
from ninja.text import answer
from ninja.trials import square, unmasking
from ninja.verdict import WRONG, Result, Tensor

ROWS = quality.unseen_rows()


def said(share: Share) -> str:
    return "\n".join([f"{share.what}: {share.good} of {share.of}", *share.failures])


# ---------------------------------------------------------------- the rows themselves


def gradients(run: Run, mistake: Mistake) -> Gradients | None:
    """What an answer with that line returns; the run itself stays as it is, come what may."""
    fields = ("arguments", "scope", "cache", "upstream", "out")
    own = dataclasses.replace(run, **{f: copy.deepcopy(getattr(run, f)) for f in fields})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        try:
            return planted(own, mistake)
        except TypeError:
            return None


def alike(op: Op, some: list[Gradients | None], others: list[Gradients | None]) -> bool:
    return all(
        x is y if x is None or y is None else all(_same(x[d], y[d]) for d in op.gradients)
        for x, y in zip(some, others, strict=True)
    )


def _same(x: Any, y: Any) -> bool:
    with np.errstate(invalid="ignore"):
        return np.shape(x) == np.shape(y) and agree(x, y)


def error(run: Run, got: Gradients | None, truth: Gradients) -> float:
    if got is None:
        return np.inf
    with np.errstate(invalid="ignore"):
        return max(worst for _, worst, _ in scaled_errors(run, got, truth))


def test_the_rows_are_many_and_none_is_there_twice():
    assert len(ROWS) >= 250
    assert {row.exercise for row in ROWS} <= set(RECORDS)
    assert len({(row.exercise, row.line) for row in ROWS}) == len(ROWS)
    assert abs(sum(row.held_out for row in ROWS) - len(ROWS) / 2) <= 1


def test_each_row_is_wrong_runs_somewhere_and_is_no_catalogued_mistake(record):
    trials = [*unmasking(record), *square(record)]
    known = {m.id: [gradients(t.run, m) for t in trials] for m in record.mistakes if not m.harmless}
    for row in ROWS:
        if row.op is not record:
            continue
        got = [gradients(t.run, row.mistake) for t in trials]
        shown = [error(t.run, g, t.truth) for t, g in zip(trials, got, strict=True)]
        unmasked = shown[: len(unmasking(record))]
        assert not max(unmasked) < SEEN, f"{row.line} is right"
        assert any(g is not None for g in got), f"{row.line} stops on every case"
        same = [name for name, values in known.items() if alike(record, got, values)]
        assert same == [], f"{row.line} is the catalogue's {same}"


# ---------------------------------------------------------------- the figures


def test_every_mistake_is_caught_and_named(record):
    """Through the real entry point: by its id, or as one of a group that no input tells apart."""
    for share in quality.catalogue([record]):
        assert share.holds, said(share)


@pytest.mark.parametrize("held_out", [False, True])
def test_unseen_mistakes_are_caught_and_most_explained_in_substance(held_out):
    """And never under the name of another mistake."""
    rows = [row for row in ROWS if row.held_out is held_out]
    for share in quality.unseen(rows):
        assert share.holds, said(share)
    assert [str(row) for row in rows if quality.submitted(row.op, row.mistake).passed] == []


def test_without_the_catalogue_most_of_it_is_explained_all_the_same():
    share = quality.bare(step=2)
    assert share.holds, said(share)


def test_no_name_is_given_to_noise():
    for share in (quality.random_tensors(100), quality.noisy_tensors(100), quality.last_bits()):
        assert share.holds, said(share)


def test_two_mistakes_at_once_are_both_found():
    for share in quality.two_at_once(100):
        assert share.holds, said(share)


def test_forms_that_are_more_accurate_are_accepted():
    assert quality.accurate_forms().holds


# ---------------------------------------------------------------- the measuring itself


def test_gradcheck_takes_what_is_right_and_misses_a_missing_sum():
    linear = OPS["linear"]
    by_id = {m.id: m for m in linear.mistakes}
    for fast in (False, True):
        assert gradcheck.accepts(linear, answer(linear), fast)
        assert not gradcheck.accepts(linear, answer(linear, by_id["linear-dw-mean"]), fast)
        assert gradcheck.accepts(linear, answer(linear, by_id["linear-db-no-sum"]), fast)


def test_a_mutation_score_counts_what_is_accepted_and_what_is_rejected(monkeypatch):
    tanh, net = OPS["tanh"], NETS["neuron"]
    rows = [row for row in ROWS if row.op is tanh]
    everything, operations = quality.mutation(rows, [tanh, net])
    wrong, of_tanh = len(quality.wrong_mistakes([tanh, net])), len(quality.wrong_mistakes([tanh]))
    assert (everything.wrong, operations.wrong) == (wrong + len(rows), of_tanh + len(rows))
    assert (everything.wrong_accepted, everything.right_rejected) == (0, 0), everything.failures
    turned = {True: Result("", False), False: Result("", True)}
    honest = quality.submitted
    monkeypatch.setattr(quality, "submitted", lambda *rule: turned[honest(*rule).passed])
    everything, _ = quality.mutation(rows, [tanh, net])
    assert everything.wrong_accepted == everything.wrong
    assert everything.right_rejected == everything.right > 1
    assert len(everything.failures) == everything.wrong + everything.right


def test_the_blame_goes_to_the_gradient_that_reads_a_helper_line():
    op = OPS["batchnorm"]
    result = Result(op.name, False, tuple(Tensor(name, WRONG) for name in op.gradients))
    blamed = quality.own_tensor(op, "through_var", result)
    assert blamed is not None
    assert blamed.name == "dx"


def test_a_crash_of_the_checker_is_a_failure_and_not_the_end(monkeypatch):
    def broken(op: Op, text: str) -> Result:
        raise AttributeError("planted")

    monkeypatch.setattr(quality, "check_source", broken)
    share = quality.accurate_forms()
    assert not share.holds
    assert share.good == 0


def test_a_share_counts_complaints():
    share = quality.share("some", 0.6, [("a", ""), ("b", "no"), ("c", "")])
    assert (share.good, share.of, share.failures) == (2, 3, ("b: no",))
    assert share.holds
    assert not dataclasses.replace(share, goal=0.7).holds


def test_parts_of_one_figure_are_added_up():
    parts = [Share("a", 1, 2, 0.5, ("x",)), Share("b", 1, 1, 1.0), Share("a", 3, 3, 0.5)]
    assert bench.merged(parts) == [Share("a", 4, 5, 0.5, ("x",)), Share("b", 1, 1, 1.0)]


def test_the_report_says_what_fell_short(monkeypatch, capsys):
    good = MutationRow("ours, everything", 9, 0, 3, 0)
    torch = MutationRow("gradcheck, slow", 9, 2, 3, 1, ("linear: 'db = dout' accepted",))
    report = bench.Report((Share("some", 3, 4, 0.7, ("tanh: 'dx = y'",)),), (good, torch), ())
    monkeypatch.setattr(bench, "measure", lambda unseen, quiet: report)
    assert bench.checker() == 0
    assert "tanh: 'dx = y'" in capsys.readouterr().out
    assert report.as_json()["shares"][0]["share"] == 0.75
    for worse in (
        dataclasses.replace(report, shares=(Share("some", 3, 4, 0.8),)),
        dataclasses.replace(report, mutation=(dataclasses.replace(good, wrong_accepted=1),)),
        dataclasses.replace(report, mutation=(dataclasses.replace(good, right_rejected=1),)),
    ):
        assert not worse.holds


def test_rows_from_a_file(tmp_path):
    file = tmp_path / "rows.json"
    row = {"exercise": "mlp_relu", "target": "dz1", "line": "dz1 = dh * h"}
    file.write_text(json.dumps([row]))
    assert quality.unseen_rows(file) == (Unseen("mlp-relu", "dz1", "dz1 = dh * h"),)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"exercise": "tanhh"}, "row 0: UnknownExercise"),
        ({"line": "dx = dy *"}, "row 0: SyntaxError"),
        ({"line": "dy"}, "end the line in an assignment"),
        ({"target": "dy"}, "should end by assigning dy"),
        ({"line": "dq = dy", "target": "dq"}, "one of dx"),
    ],
)
def test_a_row_that_fits_no_record_is_refused(tmp_path, change, says):
    row = {"exercise": "tanh", "target": "dx", "line": "dx = dy"}
    file = tmp_path / "rows.json"
    file.write_text(json.dumps([{**row, **change}]))
    with pytest.raises(ValueError, match=says):
        quality.unseen_rows(file)
