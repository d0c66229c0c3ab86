"""`bench`: the figures of the formulas and of the checker, as tables or as one JSON object."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from ninja import bench, proof
from ninja.exercises import find
from ninja.records import OPS, RECORDS


def run(which: str, names: list[str], unseen: Path | None, as_json: bool) -> int:
    """Measure `proof`, `checker` or `all`; 0 when every figure is as good as it should be.

    Raises UnknownExercise for a name of no record, OSError and ValueError for a bad file of
    unseen mistakes.
    """
    if as_json:
        return _json(which, names, unseen)
    codes = []
    if which != "checker":
        codes.append(_proof(names))
    if which != "proof":
        codes.append(bench.checker(unseen))
    return max(codes)


def _json(which: str, names: list[str], unseen: Path | None) -> int:
    figures: dict[str, Any] = {}
    holds = True
    if which != "checker":
        rows, ulps = _measured(names, quiet=True)
        figures = {"proof": [asdict(r) for r in rows], "ulps": [asdict(u) for u in ulps]}
        holds = all(row.holds for row in rows)
    if which != "proof":
        found = bench.measure(unseen)
        figures["checker"] = found.as_json()
        holds = holds and found.holds
    print(json.dumps(figures))
    return 0 if holds else 1


def _proof(names: list[str]) -> int:
    console = Console()
    rows, ulps = _measured(names, quiet=not console.is_terminal)
    console.print(_proof_table(rows))
    console.print(_ulp_table(ulps))
    return 0 if all(row.holds for row in rows) else 1


def _measured(names: list[str], quiet: bool) -> tuple[list[proof.Row], list[proof.UlpRow]]:
    chosen = {find(name).name for name in names}
    records = [op for name, op in RECORDS.items() if not names or name in chosen]
    rows: list[proof.Row] = []
    ulps: list[proof.UlpRow] = []
    for op in track(records, "measuring", disable=quiet, transient=True):
        rows += proof.measure(op)
        ulps += proof.ulps(op) if op.name in OPS else []
    return rows, ulps


def _proof_table(rows: list[proof.Row]) -> Table:
    table = Table(title="Worst scaled error of each record's gradients")
    for column in ("record", "oracle", "on", "error", "gradient", "entries", ""):
        table.add_column(column, justify="right" if column in ("error", "entries") else "left")
    for row in rows:
        verdict = "right" if row.holds else f"more than {row.tolerance:.0e}"
        table.add_row(
            row.record, row.oracle, f"{row.library} {row.dtype}", f"{row.worst_error:.1e}",
            row.worst_gradient, str(row.entries), verdict,
        )  # fmt: skip
    return table


def _ulp_table(rows: list[proof.UlpRow]) -> Table:
    table = Table(title="float32: worst error in units in the last place, against 50 digits")
    for column in ("record", "gradient", "textbook", "accurate form", "torch"):
        table.add_column(column, justify="left" if column in ("record", "gradient") else "right")
    for row in rows:
        accurate = "" if row.accurate is None else f"{row.accurate:.3g}"
        table.add_row(row.record, row.gradient, f"{row.textbook:.3g}", accurate, f"{row.torch:.3g}")
    return table
