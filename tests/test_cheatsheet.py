"""Every formula of the cheat sheet, with numbers in it, beside the package."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ninja import NETS, OPS
from ninja.cheatsheet import BACKWARD, FORWARD, ROWS, WHOLE, Row, Sheet, network, wrong
from ninja.typeset import tex


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.op)
def test_lines_give_the_numbers_of_the_package(row: Row) -> None:
    assert list(wrong(row)) == []


def test_every_operation_and_every_gradient_has_its_line() -> None:
    assert {*FORWARD, *BACKWARD} <= {row.op for row in ROWS} == set(OPS)
    for row in ROWS:
        assert {line.partition(" =")[0] for line in row.backward} == set(OPS[row.op].gradients)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.op)
def test_a_wrong_line_is_noticed(row: Row) -> None:
    *lines, last = row.forward
    name, _, formula = last.partition(" = ")
    off = replace(row, forward=(*lines, f"{name} = 1e-9 + 1.001 * ({formula})"))
    assert any("forward" in sentence for sentence in wrong(off))
    for line in row.backward:
        name, _, formula = line.partition(" = ")
        assert list(wrong(replace(row, backward=(f"{name} = 1.001 * ({formula})",))))


@pytest.mark.parametrize("name", WHOLE)
def test_every_line_of_a_network_can_be_set(name: str) -> None:
    row = network(NETS[name])
    assert {line.partition(" =")[0] for line in row.backward} >= set(NETS[name].gradients)
    for line in row.forward + row.backward:
        assert " = " in tex(line)


def test_what_has_no_sign_is_said_and_shown_as_code() -> None:
    with pytest.raises(ValueError, match="lambda"):
        tex("y = lambda x: x")
    shown = Sheet((Row("tanh", ("y = lambda x: x",), ()),))._repr_html_()
    assert "<p><code>y = lambda x: x</code></p>" in shown


def test_what_was_written_for_the_sheet_is_all_formulas() -> None:
    written = tuple(row for row in ROWS if row.op in {*FORWARD, *BACKWARD})
    assert "<code>" not in Sheet(written)._repr_html_()
