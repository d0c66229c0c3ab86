"""The built site in a browser: accessible, quiet, narrow, and readable without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.site.conftest import Visit

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules/axe-core/axe.min.js"
RULES = {  # of the two modes, the second differs in nothing but colours
    "default": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    "slate": ["color-contrast"],
}
FIRST_VISIT = 150_000  # bytes that a first visit to a page may load to show it


@pytest.fixture(scope="module")
def newcomer(browser: Any) -> Iterator[Visit]:
    """Somebody who goes from page to page and keeps nothing.

    One tab for all of them, because opening one takes a browser longer than showing a page.
    """
    context = browser.new_context(reduced_motion="reduce")
    visit = Visit(context, "about:blank", "load")
    context.new_cdp_session(visit.tab).send("Network.setCacheDisabled", {"cacheDisabled": True})
    yield visit
    context.close()


def test_a_page_is_sound(newcomer: Visit, address: str, page: str) -> None:
    """No complaint, no other host, as narrow as a phone, and nothing for axe to find."""
    found = newcomer
    found.tab.set_viewport_size({"width": 375, "height": 700})
    found.go(address + page.removesuffix("index.html"), "networkidle")
    problems = list(found.complaints)
    hosts = {urlsplit(r.url).netloc for r in found.responses if r.url.startswith("http")}
    problems += [f"asks {host}" for host in hosts - {urlsplit(address).netloc}]
    if (width := found.tab.evaluate("document.documentElement.scrollWidth")) > 375:
        problems.append(f"is {width} pixels wide on a phone of 375")
    # So tall that no target is hidden behind another for being scrolled.
    found.tab.set_viewport_size({"width": 1280, "height": 4000})
    found.tab.add_script_tag(path=str(AXE))
    for scheme, rules in RULES.items():
        found.tab.evaluate("name => { document.body.dataset.mdColorScheme = name }", scheme)
        problems += [f"{scheme}: {said}" for said in _axe(found.tab, rules)]
    assert not problems, "\n".join([page, *problems[:8]])


def _axe(tab: Any, rules: list[str]) -> list[str]:
    result = tab.evaluate("runOnly => axe.run(document, {runOnly})", rules)
    return [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]


@pytest.fixture(scope="module")
def without_scripts(browser: Any) -> Iterator[Any]:
    """A tab of a browser that runs no script."""
    context = browser.new_context(java_script_enabled=False)
    yield context.new_page()
    context.close()


def test_a_first_visit_is_light(visit: Any, page: str) -> None:
    """In a browser that knows nothing of the site yet."""
    assert visit(page, until="networkidle").weight() <= FIRST_VISIT


def test_readable_without_scripts(without_scripts: Any, address: str, page: str) -> None:
    tab = without_scripts
    tab.goto(address + page.removesuffix("index.html"))
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
    """Its index is heavy, and comes only then."""
    found = visit("", until="networkidle")
    tab = found.tab
    assert not [path for path in found.paths() if "search_index" in path]
    tab.keyboard.press("/")
    tab.keyboard.type("tanh")
    tab.wait_for_selector(".md-search-result__item a")
    assert [path for path in found.paths() if "search_index" in path]
    assert "tanh" in tab.locator(".md-search-result__item").first.inner_text().lower()


def test_an_address_that_searches_is_answered(visit: Any) -> None:
    tab = visit("?q=tanh", until="networkidle").tab
    tab.wait_for_selector(".md-search-result__item a", state="attached")


def test_the_mode_can_be_switched_and_stays(visit: Any) -> None:
    tab = visit("", color_scheme="light").tab
    paper = "getComputedStyle(document.body).backgroundColor"
    light = tab.evaluate(paper)
    tab.locator("label[for=__palette_1]").first.click()
    dark = tab.evaluate(paper)
    assert dark != light
    tab.reload()
    assert tab.evaluate(paper) == dark
