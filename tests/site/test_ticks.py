"""The study plan: a list without its script, ticks that stay, no harm when they cannot."""

from __future__ import annotations

from typing import Any

import pytest

BLOCKED = "Object.defineProperty(window, 'localStorage', {get() { throw new Error('blocked') }})"
FULL = "Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError') }"


def test_without_scripts_it_is_a_list(visit: Any) -> None:
    tab = visit("study-plan/", java_script_enabled=False).tab
    assert tab.locator(".ninja-ticks li[id]").count() > 5
    assert tab.locator(".ninja-ticks input").count() == 0


def test_a_tick_stays_and_can_be_set_by_keyboard(visit: Any) -> None:
    tab = visit("study-plan/").tab
    box = tab.locator(".ninja-ticks input").nth(1)
    box.focus()
    tab.keyboard.press("Space")
    assert "1 of" in tab.locator("[role=status]").first.inner_text()
    name = tab.locator(".ninja-ticks li > span").nth(1).inner_text()
    assert tab.get_by_role("checkbox", name=name).is_checked()
    tab.reload()
    assert tab.locator(".ninja-ticks input:checked").count() == 1


@pytest.mark.parametrize("broken", [BLOCKED, FULL])
def test_storage_that_fails_is_said_and_breaks_nothing(visit: Any, broken: str) -> None:
    found = visit("study-plan/")
    found.tab.context.add_init_script(broken)
    found.tab.reload()
    found.complaints.clear()  # of the theme's own, which keeps the colour mode there
    found.tab.locator(".ninja-ticks input").first.check()
    assert "until you leave" in found.tab.locator("[role=status]").first.inner_text()
    assert not found.complaints
