"""What the tests share: every record, its runs, and torch on one thread."""

from __future__ import annotations

import signal

import pytest

from ninja.records import NETS, OPS, RECORDS


def pytest_configure() -> None:
    """Hear Ctrl+C, which some tests press: a shell makes what it starts with `&` deaf to it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `op`, `net` or `record` runs once for each that discovery finds."""
    for name, records in {"op": OPS, "net": NETS, "record": RECORDS}.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, list(records.values()), ids=list(records))
