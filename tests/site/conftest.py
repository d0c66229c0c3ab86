"""Where the built site is, and the pages it has."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "site"


def pages() -> list[str]:
    """Every page of the built site, relative to it."""
    return sorted(path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "page" in metafunc.fixturenames:
        metafunc.parametrize("page", pages() or [None])


@pytest.fixture(autouse=True)
def _needs_the_site(request: pytest.FixtureRequest) -> None:
    if "page" in request.fixturenames and not pages():
        pytest.skip("there is no built site; `make site` builds it")
