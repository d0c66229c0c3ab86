"""Where the built site is, the pages it has, and a browser that visits them."""

from __future__ import annotations

import contextlib
import functools
import gzip
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from mkdocs.config import load_config

from publish import chromium
from tests.site.tiny import Tiny

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "site"
PACKED = {".zip", ".png", ".woff2"}  # compressed already
BASE = urlsplit(load_config(str(ROOT / "mkdocs.yml")).site_url or "/").path


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


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api")
    path = chromium.find()
    if path is None:
        pytest.skip(f"no browser found ({', '.join(chromium.NAMES)})")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=chromium.FLAGS)
        yield started
        started.close()


class _Host(http.server.SimpleHTTPRequestHandler):
    """Serves the site at the path it has on its real host: 404.html has absolute links."""

    def translate_path(self, path: str) -> str:
        return super().translate_path("/" + path.removeprefix(BASE))

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    if not SITE.is_dir():
        pytest.skip("there is no built site; `make site` builds it")
    handler = functools.partial(_Host, directory=str(SITE))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}{BASE}"
        server.shutdown()
        thread.join()


class Visit:
    """One page, opened, with all that it loaded and all that it complained of."""

    def __init__(self, context: Any, url: str, until: str) -> None:
        self.complaints: list[str] = []
        self.responses: list[Any] = []
        self.tab = context.new_page()
        self.tab.on("console", self._note)
        self.tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.tab.on("response", lambda response: self.responses.append(response))
        self.tab.on("requestfailed", lambda request: self.complaints.append(request.url))
        self.go(url, until)

    def go(self, url: str, until: str) -> None:
        """On to another page; what the one before said is forgotten."""
        self.tab.goto("about:blank")
        self.complaints.clear()
        self.responses.clear()
        self.tab.goto(url, wait_until=until)

    def _note(self, message: Any) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def weight(self) -> int:
        """What the page took to come, in bytes."""
        return sum(len(packed(_file(path))) for path in self.paths())

    def paths(self) -> set[str]:
        return {unquote(urlsplit(response.url).path) for response in self.responses}


def _file(path: str) -> Path:
    """The file of the site that an address leads to."""
    file = SITE / path.removeprefix(BASE)
    return file / "index.html" if file.is_dir() else file


@functools.cache
def packed(path: Path) -> bytes:
    """A file as it travels, packed as a host packs it."""
    data = path.read_bytes()
    return data if path.suffix in PACKED else gzip.compress(data, 9)


@pytest.fixture
def visit(browser: Any, address: str) -> Iterator[Any]:
    with contextlib.ExitStack() as stack:

        def open_page(page: str, until: str = "load", **options: Any) -> Visit:
            context = browser.new_context(reduced_motion="reduce", **options)
            stack.callback(context.close)
            return Visit(context, address + page.removesuffix("index.html"), until)

        yield open_page


@pytest.fixture
def tiny(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Tiny:
    return Tiny(tmp_path, caplog)
