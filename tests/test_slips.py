"""A mistake that is shown failing fails: its numbers come from running its line."""

from __future__ import annotations

import pytest

from ninja import NETS, OPS
from ninja.op import Mistake
from ninja.slips import Slips, reach


def test_every_mistake_shows_a_wrong_number_or_does_not_run(record):
    slips = Slips(record).slips
    assert [s.mistake for s in slips] == [m for m in record.mistakes if not m.harmless]
    for slip in slips:
        differing = [g for g in slip.gradients if g.got != g.want]
        assert differing or not slip.gradients, slip.mistake.id


def test_the_neuron_s_numbers_stand_beside_the_right_ones():
    slip = {s.mistake.id: s for s in Slips(NETS["neuron"]).slips}["neuron-dw-uses-w"]
    shown = {g.name: (g.got, g.want, g.verdict) for g in slip.gradients}
    assert shown["dw"] == ("0.157", "0.629", "wrong")
    assert shown["dx"][2] == "right"
    assert slip.right == "dw = dz * x"


def test_what_only_inherits_is_told_apart():
    slip = {s.mistake.id: s for s in Slips(NETS["neuron"]).slips}["neuron-dz-skips-tanh"]
    assert {g.name: g.verdict for g in slip.gradients} == {
        "dz": "wrong",
        "dw": "inherited",
        "dx": "inherited",
        "db": "inherited",
    }


def test_a_mistake_that_no_example_shows_is_an_error():
    same = Mistake("same", "dw = x * dz", "It is the same.")
    with pytest.raises(ValueError, match="no example shows same"):
        _ = Slips(replace_mistakes(NETS["neuron"], same)).slips


def replace_mistakes(op, *mistakes):
    changed = object.__new__(type(op))
    changed.__dict__.update({**op.__dict__, "mistakes": mistakes})
    return changed


def test_text_and_table_say_the_same():
    slips = Slips(OPS["linear"])
    for slip in slips.slips:
        assert slip.mistake.line in repr(slips)
        for gradient in slip.gradients:
            assert gradient.got in repr(slips)
            assert gradient.got in slips._repr_html_()


def test_reach_tells_the_line_to_mend_from_what_it_spoils_and_what_it_spares():
    atoms = NETS["batchnorm-atoms"]
    [row] = reach(atoms, "bna-dvar-power").splitlines()
    target, signs = row.split()
    marked = dict(zip(atoms.gradients, signs, strict=True))
    assert target == "dvar"
    assert [name for name, sign in marked.items() if sign == "✗"] == ["dvar"]
    assert {name for name, sign in marked.items() if sign == "→"} == {"ddiff2", "ddiff", "dx"}
    with pytest.raises(ValueError, match="bna-none"):
        reach(atoms, "bna-none")
