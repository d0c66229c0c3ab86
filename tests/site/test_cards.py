"""The flashcards in a browser: they turn, are studied over days, survive, and print by the card."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from mkdocs.config import load_config

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "site"
AXE = ROOT / "node_modules/axe-core/axe.min.js"
SCRIPT = SITE / "assets/cards/cards.js"
SCRIPT_PACKED = 15_000  # bytes of the script as it travels, FSRS included
DECK = "flashcards/01-a-tanh-neuron/"
MORNING = datetime(2030, 5, 6, 9, 0)
BLOCKED = "Object.defineProperty(window, 'localStorage', {get() { throw new Error('blocked') }})"
FULL = "Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError') }"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
STORED = "JSON.parse(localStorage.getItem('ninja:cards'))"

PAPERS = {  # as the dialog names them, with width and height in millimetres, and cards on a side
    "Index cards, 5 × 3 in": (127, 76.2, 1),
    "A6 cards": (148, 105, 1),
    "A4, one card on each": (297, 210, 1),
    "Letter, one card on each": (279.4, 215.9, 1),
    "A4, eight to cut out": (210, 297, 8),
    "Letter, eight to cut out": (215.9, 279.4, 8),
}
SIDES = {"Backs on the following page": 2, "Questions only": 1, "Question and answer": 1}


@pytest.fixture(autouse=True)
def _needs_decks() -> None:
    if not (SITE / DECK).is_dir():
        pytest.skip("there is no built site; `make site` builds it")


@pytest.fixture
def tab(visit: Any) -> Iterator[Any]:
    """The page of a deck, in the morning of a day; no complaint may be left when it is closed."""
    found = visit(DECK)
    found.tab.clock.set_fixed_time(MORNING)
    yield found.tab
    # The icon may still be on its way when a page is loaded anew, which ends that request.
    assert not [said for said in found.complaints if not said.endswith("favicon.svg")]


def press(tab: Any, name: str) -> None:
    tab.get_by_role("button", name=name).first.click()


def keys(tab: Any, *names: str) -> None:
    for name in names:
        tab.keyboard.press(name)


def shown(tab: Any) -> str:
    """What is up in the dialog."""
    text: str = tab.locator(".ninja-stage__table .ninja-card").inner_text()
    return text


def study(tab: Any, grade: str, first: str = "") -> int:
    """Study until nothing is left; the number of answers given.

    The grades `first` are given once, then always `grade`.
    """
    press(tab, "Study")
    answers = 0
    while tab.locator(".ninja-stage .ninja-card").count():
        keys(tab, "Space", first[answers] if answers < len(first) else grade)
        answers += 1
        assert answers < 200, "the session does not end"
    keys(tab, "Escape")
    return answers


def test_without_scripts_an_answer_unfolds(visit: Any) -> None:
    tab = visit(DECK, java_script_enabled=False).tab
    card = tab.locator(".ninja-card").first
    assert not card.locator(".ninja-card__back").is_visible()
    card.locator("summary").click()
    assert card.locator(".ninja-card__back").is_visible()
    assert card.locator(".ninja-card__front").is_visible()


@pytest.mark.parametrize("how", ["click", "Enter", "Space"])
def test_a_card_turns(tab: Any, how: str) -> None:
    card = tab.locator(".ninja-card").nth(1)
    front, back = card.locator(".ninja-card__front"), card.locator(".ninja-card__back")
    for answer_is_up in (True, False):
        if how == "click":
            card.click(position={"x": 30, "y": 20})
        else:
            card.locator("summary").focus()
            keys(tab, how)
        assert back.is_visible() == answer_is_up
        assert front.is_visible() != answer_is_up


def test_a_turn_moves_only_where_motion_is_wanted(tab: Any) -> None:
    moving = "document.getAnimations().filter(a => a.effect.target.matches('.ninja-card')).length"
    for motion, count in (("reduce", 0), ("no-preference", 1)):
        tab.emulate_media(reduced_motion=motion)
        tab.locator(".ninja-card").first.locator("summary").click()
        assert tab.evaluate(moving) == count


def test_arrows_lead_from_card_to_card(tab: Any) -> None:
    tab.locator(".ninja-card summary").first.focus()
    where = "document.activeElement.closest('.ninja-card').id"
    first = tab.evaluate(where)
    keys(tab, "ArrowRight")
    assert tab.evaluate(where) != first
    keys(tab, "ArrowLeft", "ArrowLeft")
    assert tab.evaluate(where) == first


def test_one_at_a_time_by_keyboard(tab: Any) -> None:
    count = tab.locator(".ninja-card").count()
    press(tab, "One at a time")
    first = shown(tab)
    keys(tab, "Space")
    assert shown(tab) != first
    keys(tab, "Enter")
    assert shown(tab) == first
    seen = []
    for _ in range(count):
        seen.append(shown(tab))
        keys(tab, "ArrowRight")
    assert shown(tab) == first
    assert len(set(seen)) == count
    keys(tab, "ArrowLeft")
    assert shown(tab) == seen[-1]
    keys(tab, "s")
    mixed = []
    for _ in range(count):
        mixed.append(shown(tab))
        keys(tab, "ArrowRight")
    assert sorted(mixed) == sorted(seen)
    assert mixed != seen
    assert not tab.locator("#__search").is_checked()  # `s` is the theme's key for search
    keys(tab, "Escape")
    tab.locator("dialog").wait_for(state="detached")


def test_shuffle_keeps_every_card(tab: Any) -> None:
    ids = "[...document.querySelectorAll('.ninja-card')].map(card => card.id)"
    before = tab.evaluate(ids)
    press(tab, "Shuffle")
    assert sorted(tab.evaluate(ids)) == sorted(before)
    assert tab.evaluate(ids) != before


@pytest.fixture
def hosted(browser: Any) -> Iterator[Any]:
    """A tab that finds the site at its real address, where the theme exchanges pages by itself."""
    address = load_config(str(ROOT / "mkdocs.yml")).site_url

    def hand_over(route: Any) -> None:
        path = SITE / route.request.url.partition("?")[0].removeprefix(address)
        path = path / "index.html" if path.is_dir() else path
        if path.is_file():
            route.fulfill(path=path)
        else:
            route.fulfill(status=404)

    context = browser.new_context(reduced_motion="reduce", viewport={"width": 1400, "height": 900})
    context.route("**/*", hand_over)
    tab = context.new_page()
    tab.goto(f"{address}lessons/01-a-tanh-neuron/", wait_until="networkidle")
    tab.evaluate("window.isTheSame = true")
    yield tab
    assert tab.evaluate("window.isTheSame"), "a page was loaded anew"
    context.close()


def test_lessons_and_cards_link_to_each_other(hosted: Any) -> None:
    hosted.locator("article").get_by_role("link", name="flashcards").first.click()
    hosted.wait_for_selector(".ninja-deck__tools")
    for _ in range(2):
        press(hosted, "One at a time")
        keys(hosted, "n", ".", "Space")  # the theme would go to the next page
        assert hosted.locator(".ninja-stage .ninja-card__back").is_visible()
        hosted.locator("dialog").get_by_role("link", name="Lesson 1").click()
        hosted.wait_for_selector("article h1:has-text('neuron') >> visible=true")
        hosted.wait_for_url("**/lessons/01-a-tanh-neuron/")
        hosted.wait_for_selector("dialog", state="detached")
        hosted.go_back()
        hosted.wait_for_selector(".ninja-deck__tools")
    assert hosted.locator(".ninja-deck__tools").count() == 1


def test_studying_over_days(tab: Any) -> None:
    count = tab.locator(".ninja-card").count()
    assert study(tab, "3") == 2 * count  # learned now, and once more in ten minutes
    state = tab.evaluate(STORED)
    assert len(state["cards"]) == count
    assert len(state["log"]) == 2 * count
    assert study(tab, "3") == 0

    gaps = []
    day = MORNING
    for _ in range(3):
        waits = [card["due"] for card in tab.evaluate(STORED)["cards"].values()]
        last = datetime.fromtimestamp(max(waits) / 1000)
        assert min(waits) / 1000 > day.timestamp()
        gaps.append(last - day)
        day = last.replace(hour=20)  # past the hour at which the last of them is due
        tab.clock.set_fixed_time(day)
        tab.reload()
        assert f"{count} for today" in tab.get_by_role("button", name="Study").inner_text()
        assert study(tab, "3") == count
    assert gaps == sorted(gaps)
    assert gaps[-1] > 3 * gaps[0]

    tab.clock.set_fixed_time(day + timedelta(days=400))
    tab.reload()
    assert study(tab, "3", first="1" * count) == 2 * count  # forgotten: each is asked once more
    lapses = [card["lapses"] for card in tab.evaluate(STORED)["cards"].values()]
    assert min(lapses) >= 1


def test_a_good_answer_waits_longer_than_a_poor_one(tab: Any) -> None:
    press(tab, "Study")
    for grade in "1234":
        keys(tab, "Space", grade)
    due = [card["due"] for card in tab.evaluate(STORED)["cards"].values()]
    assert due == sorted(due)
    assert due[0] < due[-1]


def test_undo_takes_back_answer_by_answer(tab: Any) -> None:
    press(tab, "Study")
    states = [tab.evaluate(STORED)]
    fronts = []
    for grade in "314":
        fronts.append(shown(tab))
        keys(tab, "Space", grade)
        states.append(tab.evaluate(STORED))
    assert states[-1] != states[-2]
    for before, front in zip(states[1:-1][::-1], fronts[::-1], strict=False):
        keys(tab, "u")
        assert tab.evaluate(STORED) == before
        assert shown(tab) == front
    keys(tab, "u")
    assert tab.evaluate(STORED)["cards"] == {}
    assert tab.get_by_role("button", name="Undo").count() == 0


def test_a_grade_needs_the_answer_to_be_up(tab: Any) -> None:
    press(tab, "Study")
    keys(tab, "3", "4")
    assert tab.evaluate("localStorage.getItem('ninja:cards')") is None


def test_all_decks_bring_twenty_new_cards_a_day(visit: Any) -> None:
    tab = visit("flashcards/").tab
    press(tab, "Study")
    tab.wait_for_selector(".ninja-stage .ninja-card")
    assert "20 left" in tab.locator(".ninja-stage__where").inner_text()
    for _ in range(20):
        keys(tab, "Space", "4")
    assert "all for today" in tab.locator(".ninja-stage").inner_text()
    press(tab, "Go on with new ones")
    assert "20 left" in tab.locator(".ninja-stage__where").inner_text()
    keys(tab, "Escape")
    tab.wait_for_function("/[1-9] begun/.test(document.querySelector('.ninja-decks').innerText)")
    begun = re.findall(r"(\d+) begun", tab.locator(".ninja-decks").inner_text())
    assert sum(map(int, begun)) == 20


def test_decks_that_cannot_be_fetched_are_said(visit: Any) -> None:
    found = visit("flashcards/")
    tab = found.tab
    tab.route("**/01-a-tanh-neuron/", lambda route: route.abort())
    press(tab, "One at a time")
    tab.wait_for_function("document.querySelector('.ninja-deck__said').textContent.includes('A')")
    said = tab.locator(".ninja-deck__said")
    tab.wait_for_function("!document.querySelector('.ninja-deck__said').textContent.includes('…')")
    assert "could not be fetched" in said.inner_text()
    tab.unroute("**/01-a-tanh-neuron/")
    press(tab, "One at a time")
    tab.wait_for_selector(".ninja-stage .ninja-card")


def test_changed_and_vanished_cards_keep_their_history(tab: Any) -> None:
    study(tab, "4")
    tab.evaluate(
        """() => {
            const state = JSON.parse(localStorage.getItem('ninja:cards'));
            const [id, record] = Object.entries(state.cards)[0];
            state.cards['a-card-of-old'] = {...record};
            record.seen = 'another';
            record.due = 0;
            localStorage.setItem('ninja:cards', JSON.stringify(state));
        }"""
    )
    before = tab.evaluate(STORED)["cards"]
    tab.reload()
    press(tab, "Study")
    assert "was changed since you last saw it" in tab.locator(".ninja-stage__note").inner_text()
    keys(tab, "Space", "3")
    after = tab.evaluate(STORED)["cards"]
    assert after["a-card-of-old"] == before["a-card-of-old"]
    changed = next(iter(before))
    assert after[changed]["reps"] == before[changed]["reps"] + 1
    assert after[changed]["seen"] != "another"


@pytest.mark.parametrize("broken", [BLOCKED, FULL])
def test_storage_that_fails_is_said_and_the_session_goes_on(visit: Any, broken: str) -> None:
    found = visit(DECK)
    found.tab.context.add_init_script(broken)
    found.tab.reload(wait_until="networkidle")
    found.complaints.clear()  # of the theme's own, which keeps the colour mode there
    tab = found.tab
    press(tab, "Study")
    first = shown(tab)
    keys(tab, "Space", "4")
    assert shown(tab) != first
    assert "does not keep your answers" in tab.locator(".ninja-stage__note").inner_text()
    keys(tab, "u")
    assert shown(tab) == first
    keys(tab, "Space", "4", "Escape")
    press(tab, "Progress")
    with tab.expect_download() as saved:
        press(tab, "Save as a file")
    assert len(json.loads(Path(saved.value.path()).read_text("utf-8"))["cards"]) == 1
    assert not found.complaints


@pytest.mark.parametrize(
    "text",
    ["{", "null", "[]", '{"version": 1}', '{"version": 2, "cards": {}, "log": []}', "\\ud800"],
)
def test_a_store_that_cannot_be_read_is_set_aside(tab: Any, text: str) -> None:
    tab.evaluate("text => localStorage.setItem('ninja:cards', text)", text)
    tab.reload()
    assert "set aside" in tab.locator(".ninja-deck__said").inner_text()
    assert tab.evaluate("localStorage.getItem('ninja:cards:unreadable')") == text
    study(tab, "4")
    tab.reload()
    assert tab.locator(".ninja-deck__said").inner_text() == ""
    assert len(tab.evaluate(STORED)["cards"]) == tab.locator(".ninja-card").count()


def test_a_record_that_makes_no_sense_is_a_new_card(tab: Any) -> None:
    study(tab, "4")
    tab.evaluate(
        """() => {
            const state = JSON.parse(localStorage.getItem('ninja:cards'));
            const ids = Object.keys(state.cards);
            state.cards[ids[0]].stability = 'much';
            state.cards[ids[1]] = null;
            state.cards[ids[2]].state = 9;
            state.log.push('x', [1], [1, 'a', 7, 0]);
            localStorage.setItem('ninja:cards', JSON.stringify(state));
        }"""
    )
    tab.reload()
    assert "3 for today" in tab.get_by_role("button", name="Study").inner_text()
    assert study(tab, "4") == 3


def test_progress_goes_to_a_file_and_back(visit: Any, tab: Any, tmp_path: Path) -> None:
    study(tab, "4")
    press(tab, "Progress")
    with tab.expect_download() as saved:
        press(tab, "Save as a file")
    assert saved.value.suggested_filename.endswith(".json")
    file = tmp_path / "saved.json"
    saved.value.save_as(file)
    was = tab.evaluate(STORED)

    other = visit(DECK).tab
    press(other, "Study")
    keys(other, "Space", "1", "Escape")  # today, in real time: before the saved answers
    newer_here = other.evaluate(STORED)
    press(other, "Progress")
    other.locator("dialog input[type=file]").set_input_files(file)
    other.wait_for_function("document.querySelector('dialog [role=status]').textContent")
    assert "read and merged" in other.locator("dialog [role=status]").inner_text()
    now = other.evaluate(STORED)
    assert now["cards"] == was["cards"]  # answered later than those that were here
    assert len(now["log"]) == len(was["log"]) + len(newer_here["log"])

    for text, said in (
        ("{", "not JSON"),
        ("{}", "no cards"),
        ('{"version": 7, "cards": {}, "log": []}', "version 7"),
    ):
        file.write_text(text, "utf-8")
        other.locator("dialog input[type=file]").set_input_files(file)
        other.wait_for_function(
            "said => document.querySelector('dialog [role=status]').textContent.includes(said)",
            arg=said,
        )
    assert other.evaluate(STORED) == now


def test_progress_is_drawn_and_told(tab: Any) -> None:
    answers = study(tab, "3")
    press(tab, "Progress")
    drawn = tab.locator("dialog svg[role=img]")
    assert drawn.count() == 2
    assert f"{answers} in all" in drawn.first.get_attribute("aria-label")
    assert drawn.first.locator("rect").count() == 30
    heights = drawn.first.evaluate("svg => [...svg.children].map(r => +r.getAttribute('height'))")
    assert heights[-1] > max(heights[:-1])


def test_a_mistake_in_an_exercise_brings_its_cards_forward(tab: Any) -> None:
    study(tab, "4")
    card = tab.locator(".ninja-card[data-about*='neuron-']").last
    about = card.get_attribute("data-about").split()[0]
    yesterday = int((MORNING - timedelta(days=1)).timestamp() * 1000)
    remember = "found => localStorage.setItem('ninja:mistakes', JSON.stringify(found))"
    tab.evaluate(remember, {about: {"count": 2, "last": yesterday}})
    tab.reload()
    assert "0 for today" in tab.get_by_role("button", name="Study").inner_text()  # asked since
    tab.clock.set_fixed_time(MORNING + timedelta(hours=24))
    tab.evaluate(remember, {about: {"count": 2, "last": yesterday + 26 * 3_600_000}})
    tab.reload()
    press(tab, "Study")
    note = tab.locator(".ninja-stage__note").inner_text()
    assert f"yesterday you made this mistake: {about}, 2 times so far" in note
    while about in tab.locator(".ninja-stage__note").inner_text():
        keys(tab, "Space", "3")
    for broken in ("[1]", "{", '{"a": null}'):
        tab.evaluate("text => localStorage.setItem('ninja:mistakes', text)", broken)
        tab.reload()


def test_numbers_change_from_time_to_time(tab: Any) -> None:
    card = tab.locator(".ninja-card:has(template)").first
    name = card.get_attribute("id").removeprefix("card-")
    fronts = set()
    for day in range(1, 4):
        tab.evaluate(
            """name => {
                const state = JSON.parse(localStorage.getItem('ninja:cards'));
                if (!state) return;
                for (const [id, record] of Object.entries(state.cards)) {
                    record.due = id === name ? 0 : 9e15;
                }
                localStorage.setItem('ninja:cards', JSON.stringify(state));
            }""",
            name,
        )
        tab.clock.set_fixed_time(MORNING + timedelta(days=100 * day))
        tab.reload()
        if day == 1:
            fronts.add(card.locator(".ninja-card__front").inner_text())
            study(tab, "4")
        else:
            press(tab, "Study")
            fronts.add(tab.locator(".ninja-stage .ninja-card__front").inner_text())
            keys(tab, "Space", "4", "Escape")
    assert len(fronts) > 1


def _print(tab: Any, paper: str, sides: str) -> bytes:
    tab.evaluate("window.print = () => { window.laidOut = true }; window.laidOut = false")
    press(tab, "Print …")
    tab.get_by_label(paper, exact=True).check()
    tab.get_by_label(sides).check()
    press(tab, "Print, or save as PDF")
    tab.wait_for_function("window.laidOut")
    spilled = tab.evaluate(
        "[...document.querySelectorAll('.ninja-face__text')]"
        ".filter(text => text.scrollHeight > text.clientHeight + 1).length"
    )
    assert spilled == 0, f"{paper}: {spilled} cards do not fit"
    printed: bytes = tab.pdf(prefer_css_page_size=True)
    assert tab.locator(".ninja-paper").count() == 0
    return printed


@pytest.mark.parametrize("sides", SIDES)
@pytest.mark.parametrize("paper", PAPERS)
def test_every_layout_has_its_pages(tab: Any, paper: str, sides: str) -> None:
    width, height, many = PAPERS[paper]
    count = tab.locator(".ninja-card").count()
    pdf = _print(tab, paper, sides)
    boxes = re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == -(-count // many) * SIDES[sides]
    for across, down in boxes:
        assert float(across) / 72 * 25.4 == pytest.approx(width, abs=0.2)
        assert float(down) / 72 * 25.4 == pytest.approx(height, abs=0.2)
    assert b"KaTeX_Math" in pdf


def test_each_back_lies_behind_its_front(tab: Any) -> None:
    tab.evaluate("window.print = () => { window.laidOut = true }")
    press(tab, "Print …")
    tab.get_by_label("A4, eight to cut out").check()
    press(tab, "Print, or save as PDF")
    tab.wait_for_function("window.laidOut")
    sides = tab.evaluate(
        """[...document.querySelectorAll('.ninja-leaf')].map(leaf => {
            const edge = leaf.getBoundingClientRect();
            return [...leaf.querySelectorAll('.ninja-face')].map(face => {
                const box = face.getBoundingClientRect();
                const count = face.querySelector('.ninja-card__foot span').textContent;
                return [count, box.left - edge.left, edge.right - box.right, box.top - edge.top];
            });
        })"""
    )
    assert len(sides) > 2
    for fronts, backs in zip(sides[::2], sides[1::2], strict=True):
        for front, back in zip(fronts, backs, strict=True):
            assert front[0] == back[0]
            assert front[1] == pytest.approx(back[2], abs=0.5)
            assert front[3] == pytest.approx(back[3], abs=0.5)
    columns = {round(face[1]) for face in sides[0]}
    assert len(columns) == 2


def test_all_decks_print_together(visit: Any) -> None:
    tab = visit("flashcards/").tab
    count = int(tab.locator(".ninja-deck__about").inner_text().split()[0])
    pdf = _print(tab, "Index cards, 5 × 3 in", "Backs on the following page")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 2 * count


def test_paper_is_light_when_the_screen_is_dark(visit: Any) -> None:
    tab = visit(DECK, color_scheme="dark").tab
    tab.evaluate("window.print = () => { window.laidOut = true }")
    press(tab, "Print …")
    press(tab, "Print, or save as PDF")
    tab.wait_for_function("window.laidOut")
    ink = tab.evaluate("getComputedStyle(document.querySelector('.ninja-face')).color")
    assert max(map(int, re.findall(r"\d+", ink)[:3])) < 80


@pytest.mark.parametrize("button", ["Study", "One at a time", "Print …", "Progress …"])
def test_axe_finds_nothing_in_the_dialogs(tab: Any, button: str) -> None:
    tab.add_script_tag(path=str(AXE))
    press(tab, button)
    for scheme in ("default", "slate"):
        tab.evaluate("name => { document.body.dataset.mdColorScheme = name }", scheme)
        for _ in range(2):
            found = tab.evaluate(f"axe.run('dialog', {{runOnly: {RULES}}})")
            said = [
                f"{v['id']}: {n['target']} {n['failureSummary']}"
                for v in found["violations"]
                for n in v["nodes"]
            ]
            assert not said, f"{scheme}: {said[:4]}"
            if tab.locator(".ninja-stage").count():
                keys(tab, "Space")


@pytest.mark.parametrize("button", ["Study", "One at a time", "Print …", "Progress …"])
def test_dialogs_fit_a_phone(visit: Any, button: str) -> None:
    tab = visit(DECK, viewport={"width": 375, "height": 700}).tab
    press(tab, button)
    if tab.locator(".ninja-stage").count():
        keys(tab, "Space")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 375
    assert (
        tab.evaluate("(d => d.scrollWidth - d.clientWidth)(document.querySelector('dialog'))") <= 0
    )


def test_the_script_is_light() -> None:
    assert len(gzip.compress(SCRIPT.read_bytes(), 9)) <= SCRIPT_PACKED
