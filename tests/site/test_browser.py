"""The built site in a browser: accessible, quiet, narrow, and readable without scripts."""

from __future__ import annotations

import contextlib
import functools
import gzip
import http.server
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from mkdocs.config import load_config

sync_api = pytest.importorskip("playwright.sync_api")

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "site"
AXE = ROOT / "node_modules/axe-core/axe.min.js"
FIRST_VISIT = 150_000  # bytes that a first visit to a page may load to show it
SHOWING = {"document", "stylesheet", "script", "font", "image"}
BASE = urlsplit(load_config(str(ROOT / "mkdocs.yml")).site_url or "/").path
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


def _find_browser() -> str | None:
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    path = _find_browser()
    if path is None:
        pytest.skip(f"no browser found ({', '.join(NAMES)})")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=FLAGS)
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
        self.tab.goto(url, wait_until=until)

    def _note(self, message: Any) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def weight(self) -> int:
        """What showing the page takes. The search index is fetched later, and only once."""
        shown = [r for r in self.responses if r.request.resource_type in SHOWING]
        return sum(map(_travelling, {r.url: r for r in shown}.values()))


def _travelling(response: Any) -> int:
    body = response.body()
    packed = urlsplit(response.url).path.endswith((".woff2", ".png"))
    return len(body if packed else gzip.compress(body, 9))


@pytest.fixture
def visit(browser: Any, address: str) -> Iterator[Any]:
    with contextlib.ExitStack() as stack:

        def open_page(page: str, until: str = "load", **options: Any) -> Visit:
            context = browser.new_context(reduced_motion="reduce", **options)
            stack.callback(context.close)
            return Visit(context, address + page.removesuffix("index.html"), until)

        yield open_page


def test_a_page_is_sound(visit: Any, address: str, page: str) -> None:
    """No complaint, no other host, light, as narrow as a phone, and nothing for axe to find."""
    found = visit(page, until="networkidle", viewport={"width": 375, "height": 700})
    problems = list(found.complaints)
    hosts = {urlsplit(r.url).netloc for r in found.responses if r.url.startswith("http")}
    problems += [f"asks {host}" for host in hosts - {urlsplit(address).netloc}]
    if (weight := found.weight()) > FIRST_VISIT:
        problems.append(f"a first visit loads {weight} bytes, the limit is {FIRST_VISIT}")
    if (width := found.tab.evaluate("document.documentElement.scrollWidth")) > 375:
        problems.append(f"is {width} pixels wide on a phone of 375")
    # So tall that no target is hidden behind another for being scrolled.
    found.tab.set_viewport_size({"width": 1280, "height": 4000})
    found.tab.add_script_tag(path=str(AXE))
    for scheme in ("default", "slate"):
        found.tab.evaluate("name => { document.body.dataset.mdColorScheme = name }", scheme)
        problems += [f"{scheme}: {said}" for said in _axe(found.tab)]
    assert not problems, "\n".join([page, *problems[:8]])


def _axe(tab: Any) -> list[str]:
    result = tab.evaluate(
        "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})"
    )
    return [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]


def test_readable_without_scripts(visit: Any, page: str) -> None:
    tab = visit(page, java_script_enabled=False).tab
    assert tab.locator("article h1").is_visible()
    assert tab.locator("article").inner_text().strip()
    for summary in tab.locator("article details > summary").all()[:1]:
        summary.click()
        assert summary.evaluate("e => e.parentElement.open")


def test_the_skip_link_comes_first(visit: Any) -> None:
    tab = visit("").tab
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.matches('.md-skip')")
    assert tab.locator(".md-skip").is_visible()
    tab.keyboard.press("Enter")
    assert urlsplit(tab.url).fragment


def test_the_keyboard_reaches_search(visit: Any) -> None:
    tab = visit("", until="networkidle").tab
    tab.keyboard.press("/")
    tab.keyboard.type("tanh")
    tab.wait_for_selector(".md-search-result__item a", timeout=5000)
    assert "tanh" in tab.locator(".md-search-result__item").first.inner_text().lower()


def test_the_mode_can_be_switched_and_stays(visit: Any) -> None:
    tab = visit("", color_scheme="light").tab
    paper = "getComputedStyle(document.body).backgroundColor"
    light = tab.evaluate(paper)
    tab.locator("label[for=__palette_1]").first.click()
    dark = tab.evaluate(paper)
    assert dark != light
    tab.reload()
    assert tab.evaluate(paper) == dark
