"""The command `backprop-ninja`."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from rich.console import Console
from rich.progress import track
from rich.table import Table

from ninja import proof
from ninja.records import NETS, OPS


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    parser = argparse.ArgumentParser(
        prog="backprop-ninja", description="Learn backpropagation by hand, and have it proved."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    bench = commands.add_parser("bench", help="measure every formula against every oracle")
    bench.add_argument("names", nargs="*", metavar="RECORD", help="only these operations")
    bench.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args(argv)
    return _bench(arguments.names, arguments.json)


def _bench(names: list[str], as_json: bool) -> int:
    records = [op for name, op in {**OPS, **NETS}.items() if not names or name in names]
    console = Console()
    quiet = as_json or not console.is_terminal
    rows: list[proof.Row] = []
    ulps: list[proof.UlpRow] = []
    for op in track(records, "measuring", disable=quiet, transient=True):
        rows += proof.measure(op)
        ulps += proof.ulps(op) if op.name in OPS else []
    if as_json:
        print(json.dumps({"proof": [asdict(r) for r in rows], "ulps": [asdict(u) for u in ulps]}))
    else:
        console.print(_proof_table(rows))
        console.print(_ulp_table(ulps))
    return 0 if rows and all(row.holds for row in rows) else 1


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
