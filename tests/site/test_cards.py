"""The flashcards in a browser: they turn, are studied over days, survive, and print by the card.

Most tests share one tab. What follows an action is waited for, with `expect`, never read at once.
"""

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

from tests.site.conftest import Visit

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
WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 375, "height": 700}
# Answers all that is due, without a keyboard: the grades `first` once each, then always `grade`.
ANSWER_ALL = """([grade, first]) => {
    const stage = document.querySelector('.ninja-stage');
    let answers = 0;
    for (; stage.querySelector('.ninja-card') && answers < 500; answers += 1) {
        const give = () => stage.querySelector(`[aria-keyshortcuts="${first[answers] ?? grade}"]`);
        if (!give()) stage.querySelector('summary').click();
        give().click();
    }
    return answers;
}"""

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


@pytest.fixture(scope="module")
def expect() -> Any:
    """Playwright's assertions: they wait for what they ask for."""
    return pytest.importorskip("playwright.sync_api").expect


@pytest.fixture(scope="module")
def shared(browser: Any, address: str) -> Iterator[Visit]:
    """One tab for most tests of this file: to begin one costs more than many of them."""
    context = browser.new_context(reduced_motion="reduce", viewport=WIDE)
    yield Visit(context, address + DECK, "load")
    context.close()


@pytest.fixture
def tab(shared: Visit, address: str, expect: Any) -> Iterator[Any]:
    """The page of a deck, new to the reader, in the morning of a day; it may not complain."""
    tab = shared.tab
    tab.evaluate("localStorage.clear()")
    tab.emulate_media(media="null", reduced_motion="reduce")
    tab.set_viewport_size(WIDE)
    tab.clock.set_fixed_time(MORNING)
    shared.go(address + DECK, "load")
    expect(tab.locator(".ninja-deck.is-mounted")).to_be_visible()
    yield tab
    # The icon may still be on its way when a page is loaded anew, which ends that request.
    assert not [said for said in shared.complaints if not said.endswith("favicon.svg")]


def press(tab: Any, name: str) -> None:
    tab.get_by_role("button", name=name).first.click()


def keys(tab: Any, *names: str) -> None:
    for name in names:
        tab.keyboard.press(name)


def on_stage(tab: Any, part: str = "") -> Any:
    """The card in the dialog, or a part of it."""
    return tab.locator(f".ninja-stage__table .ninja-card {part}")


def shown(tab: Any) -> str:
    """What is up in the dialog, once a card is."""
    text: str = on_stage(tab).inner_text()
    return text


def due_today(tab: Any) -> Any:
    return tab.get_by_role("button", name=re.compile("^Study"))


def reopen(tab: Any, expect: Any) -> None:
    tab.reload()
    expect(tab.locator(".ninja-deck.is-mounted")).to_be_visible()


def look_again(tab: Any) -> None:
    """As when another tab has written: the page reads anew what is kept, and the clock."""
    tab.evaluate("dispatchEvent(new Event('storage'))")


def close(tab: Any, expect: Any) -> None:
    keys(tab, "Escape")
    expect(tab.locator("dialog")).to_have_count(0)


def study(tab: Any, expect: Any, grade: str, first: str = "") -> int:
    """Study until nothing is left; the number of answers given."""
    press(tab, "Study")
    expect(tab.locator(".ninja-stage")).to_be_visible()
    answers: int = tab.evaluate(ANSWER_ALL, [grade, first])
    expect(tab.locator(".ninja-stage__end")).to_be_visible()
    close(tab, expect)
    return answers


def test_without_scripts_an_answer_unfolds(visit: Any, expect: Any) -> None:
    tab = visit(DECK, java_script_enabled=False).tab
    card = tab.locator(".ninja-card").first
    expect(card.locator(".ninja-card__back")).to_be_hidden()
    card.locator("summary").click()
    expect(card.locator(".ninja-card__back")).to_be_visible()
    expect(card.locator(".ninja-card__front")).to_be_visible()


@pytest.mark.parametrize("how", ["click", "Enter", "Space"])
def test_a_card_turns(tab: Any, expect: Any, how: str) -> None:
    card = tab.locator(".ninja-card").nth(1)
    front, back = card.locator(".ninja-card__front"), card.locator(".ninja-card__back")
    for answer_is_up in (True, False):
        if how == "click":
            card.click(position={"x": 30, "y": 20})
        else:
            card.locator("summary").focus()
            keys(tab, how)
        expect(back).to_be_visible(visible=answer_is_up)
        expect(front).to_be_visible(visible=not answer_is_up)


def test_a_turn_moves_only_where_motion_is_wanted(tab: Any) -> None:
    moving = "document.getAnimations().filter(a => a.effect.target.matches('.ninja-card')).length"
    turn = f"(document.querySelector('.ninja-card summary').click(), {moving})"
    for motion, count in (("reduce", 0), ("no-preference", 1)):
        tab.emulate_media(reduced_motion=motion)
        assert tab.evaluate(turn) == count


def test_arrows_lead_from_card_to_card(tab: Any, expect: Any) -> None:
    summaries = tab.locator(".ninja-card summary")
    summaries.first.focus()
    keys(tab, "ArrowRight")
    expect(summaries.nth(1)).to_be_focused()
    keys(tab, "ArrowLeft", "ArrowLeft")
    expect(summaries.first).to_be_focused()


def test_one_at_a_time_by_keyboard(tab: Any, expect: Any) -> None:
    count = tab.locator(".ninja-card").count()
    where, front = tab.locator(".ninja-stage__where"), on_stage(tab, ".ninja-card__front")
    press(tab, "One at a time")
    for key, question_is_up in (("Space", False), ("Enter", True)):
        keys(tab, key)
        expect(front).to_be_visible(visible=question_is_up)

    def walk() -> list[str]:
        """Every card, and back to the first."""
        seen = []
        for at in range(1, count + 1):
            expect(where).to_have_text(f"Card {at} of {count}")
            seen.append(shown(tab))
            keys(tab, "ArrowRight")
        expect(where).to_have_text(f"Card 1 of {count}")
        return seen

    seen = walk()
    assert len(set(seen)) == count
    keys(tab, "ArrowLeft")
    expect(where).to_have_text(f"Card {count} of {count}")
    keys(tab, "s")
    mixed = walk()
    assert sorted(mixed) == sorted(seen)
    assert mixed != seen
    expect(tab.locator("#__search")).not_to_be_checked()  # `s` is the theme's key for search
    close(tab, expect)


def test_shuffle_keeps_every_card(tab: Any) -> None:
    ids = "[...document.querySelectorAll('.ninja-card')].map(card => card.id)"
    before = tab.evaluate(ids)
    press(tab, "Shuffle")
    tab.wait_for_function(f"before => String({ids}) !== String(before)", arg=before)
    assert sorted(tab.evaluate(ids)) == sorted(before)


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


def test_lessons_and_cards_link_to_each_other(hosted: Any, expect: Any) -> None:
    tools, dialog = hosted.locator(".ninja-deck__tools"), hosted.locator("dialog")
    hosted.locator("article").get_by_role("link", name="flashcards").first.click()
    for _ in range(2):
        expect(tools).to_have_count(1)
        press(hosted, "One at a time")
        expect(on_stage(hosted)).to_be_visible()
        keys(hosted, "n", ".", "Space")  # the theme would go to the next page
        expect(on_stage(hosted, ".ninja-card__back")).to_be_visible()
        dialog.get_by_role("link", name="Lesson 1").click()
        hosted.wait_for_url("**/lessons/01-a-tanh-neuron/")
        expect(dialog).to_have_count(0)
        expect(hosted.locator("article h1")).to_contain_text("neuron")
        hosted.go_back()
    expect(tools).to_have_count(1)


def test_studying_over_days(tab: Any, expect: Any) -> None:
    count = tab.locator(".ninja-card").count()
    assert study(tab, expect, "3") == 2 * count  # learned now, and once more in ten minutes
    state = tab.evaluate(STORED)
    assert len(state["cards"]) == count
    assert len(state["log"]) == 2 * count
    assert study(tab, expect, "3") == 0

    gaps = []
    day = MORNING
    for _ in range(3):
        waits = [card["due"] for card in tab.evaluate(STORED)["cards"].values()]
        last = datetime.fromtimestamp(max(waits) / 1000)
        assert min(waits) / 1000 > day.timestamp()
        gaps.append(last - day)
        day = last.replace(hour=20)  # past the hour at which the last of them is due
        tab.clock.set_fixed_time(day)
        look_again(tab)
        expect(due_today(tab)).to_contain_text(f"{count} for today")
        assert study(tab, expect, "3") == count
    assert gaps == sorted(gaps)
    assert gaps[-1] > 3 * gaps[0]

    tab.clock.set_fixed_time(day + timedelta(days=400))
    reopen(tab, expect)
    answers = study(tab, expect, "3", first="1" * count)
    assert answers == 2 * count  # forgotten: each is asked once more
    lapses = [card["lapses"] for card in tab.evaluate(STORED)["cards"].values()]
    assert min(lapses) >= 1


def test_a_good_answer_waits_longer_than_a_poor_one(tab: Any, expect: Any) -> None:
    press(tab, "Study")
    for given, grade in enumerate("1234", 1):
        keys(tab, "Space", grade)
        expect(tab.locator(".ninja-stage__where")).to_contain_text(f"{given} answer")
    due = [card["due"] for card in tab.evaluate(STORED)["cards"].values()]
    assert due == sorted(due)
    assert due[0] < due[-1]


def test_undo_takes_back_answer_by_answer(tab: Any, expect: Any) -> None:
    where = tab.locator(".ninja-stage__where")
    press(tab, "Study")
    states, fronts = [], []
    for given, grade in enumerate("314", 1):
        fronts.append(shown(tab))
        states.append(tab.evaluate(STORED))
        keys(tab, "Space", grade)
        expect(where).to_contain_text(f"{given} answer")
    assert tab.evaluate(STORED) != states[-1]
    for given, (state, front) in reversed(list(enumerate(zip(states, fronts, strict=True)))):
        keys(tab, "u")
        expect(where).to_contain_text(f"{given} answer")
        assert tab.evaluate(STORED) == (state or {"version": 1, "cards": {}, "log": []})
        assert shown(tab) == front
    expect(tab.get_by_role("button", name="Undo")).to_have_count(0)


def test_a_grade_needs_the_answer_to_be_up(tab: Any, expect: Any) -> None:
    press(tab, "Study")
    keys(tab, "3", "4", "Space")
    expect(tab.get_by_role("button", name="Good")).to_be_visible()  # so all keys have been heard
    assert tab.evaluate("localStorage.getItem('ninja:cards')") is None


def test_two_tabs_study_at_once(tab: Any, expect: Any, address: str) -> None:
    count = tab.locator(".ninja-card").count()
    other = tab.context.new_page()
    other.goto(address + DECK)
    press(tab, "Study")
    press(other, "Study")
    first, where = shown(tab), ".ninja-stage__where"
    for page in (tab, other):  # each has the same card up, and each answers it
        keys(page, "Space", "3")
        expect(page.locator(where)).to_contain_text("1 answer")
    assert [entry[2] for entry in tab.evaluate(STORED)["log"]] == [3, 3]
    tab.clock.set_fixed_time(MORNING + timedelta(minutes=1))
    keys(other, "Space", "4")
    expect(other.locator(where)).to_contain_text("2 answers")
    keys(other, "u", "u")
    expect(other.locator(where)).to_contain_text("0 answers")
    keys(tab, "u")
    expect(tab.locator(where)).to_contain_text("0 answers")
    assert shown(tab) == first
    close(tab, expect)
    assert other.evaluate(ANSWER_ALL, ["4", ""]) == count
    expect(due_today(tab)).to_contain_text("0 for today")  # it has heard of it
    other.close()


def test_all_decks_bring_twenty_new_cards_a_day(visit: Any, expect: Any) -> None:
    tab = visit("flashcards/").tab
    where = tab.locator(".ninja-stage__where")
    press(tab, "Study")
    for more in range(2):
        if more:
            press(tab, "Go on with new ones")
        expect(where).to_contain_text("20 left")
        assert tab.evaluate(ANSWER_ALL, ["4", ""]) == 20
        expect(tab.locator(".ninja-stage__end")).to_contain_text("all for today")
    close(tab, expect)
    rows = tab.locator(".ninja-decks")
    expect(rows).to_contain_text(re.compile("[1-9] begun"))
    assert sum(map(int, re.findall(r"(\d+) begun", rows.inner_text()))) == 40


def test_all_decks_count_what_a_mistake_brings_forward(visit: Any, expect: Any) -> None:
    tab = visit("flashcards/").tab
    tab.evaluate(
        """() => {
            const made = {'linear-dw-mean': {count: 1, last: Date.now() - 1}};
            localStorage.setItem('ninja:mistakes', JSON.stringify(made));
        }"""
    )
    look_again(tab)
    expect(due_today(tab)).not_to_contain_text("20 for today")
    count = int(re.findall(r"\d+", due_today(tab).inner_text())[0])
    press(tab, "Study")
    expect(tab.locator(".ninja-stage__where")).to_contain_text(f"{count} left")


def test_decks_that_cannot_be_fetched_are_said(visit: Any, expect: Any) -> None:
    tab = visit("flashcards/").tab
    tab.route("**/01-a-tanh-neuron/", lambda route: route.abort())
    press(tab, "One at a time")
    expect(tab.locator(".ninja-deck__said")).to_contain_text("could not be fetched")
    tab.unroute("**/01-a-tanh-neuron/")
    press(tab, "One at a time")
    expect(on_stage(tab)).to_be_visible()


def test_changed_and_vanished_cards_keep_their_history(tab: Any, expect: Any) -> None:
    study(tab, expect, "4")
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
    reopen(tab, expect)
    press(tab, "Study")
    note = tab.locator(".ninja-stage__note")
    expect(note).to_contain_text("was changed since you last saw it")
    keys(tab, "Space", "3")
    expect(tab.locator(".ninja-stage__where")).to_contain_text("1 answer")
    after = tab.evaluate(STORED)["cards"]
    assert after["a-card-of-old"] == before["a-card-of-old"]
    changed = next(iter(before))
    assert after[changed]["reps"] == before[changed]["reps"] + 1
    assert after[changed]["seen"] != "another"


@pytest.mark.parametrize("broken", [BLOCKED, FULL])
def test_storage_that_fails_is_said_and_the_session_goes_on(
    visit: Any, expect: Any, broken: str
) -> None:
    found = visit(DECK)
    found.tab.context.add_init_script(broken)
    found.tab.reload(wait_until="networkidle")
    found.complaints.clear()  # of the theme's own, which keeps the colour mode there
    tab = found.tab
    where = tab.locator(".ninja-stage__where")
    press(tab, "Study")
    first = shown(tab)
    keys(tab, "Space", "4")
    expect(where).to_contain_text("1 answer")
    assert shown(tab) != first
    expect(tab.locator(".ninja-stage__note")).to_contain_text("does not keep your answers")
    keys(tab, "u")
    expect(where).to_contain_text("0 answers")
    assert shown(tab) == first
    keys(tab, "Space", "4")
    expect(where).to_contain_text("1 answer")
    close(tab, expect)
    press(tab, "Progress")
    with tab.expect_download() as saved:
        press(tab, "Save as a file")
    assert len(json.loads(Path(saved.value.path()).read_text("utf-8"))["cards"]) == 1
    assert not found.complaints


def test_a_store_that_cannot_be_read_is_set_aside(tab: Any, expect: Any) -> None:
    said = tab.locator(".ninja-deck__said")
    texts = ["{", "null", "[]", '{"version": 1}', '{"version": 2, "cards": {}, "log": []}', "\\ud"]
    for n, text in enumerate(texts, 1):
        tab.evaluate("text => localStorage.setItem('ninja:cards', text)", text)
        look_again(tab)
        expect(said).to_contain_text(f"set aside as “ninja:cards:unreadable:{n}”")
    aside = "n => localStorage.getItem(`ninja:cards:unreadable:${n}`)"
    assert [tab.evaluate(aside, n) for n in range(1, len(texts) + 1)] == texts  # none is lost
    study(tab, expect, "4")
    reopen(tab, expect)
    expect(said).to_have_text("")
    assert len(tab.evaluate(STORED)["cards"]) == tab.locator(".ninja-card").count()


def test_progress_goes_to_a_file_and_back(
    visit: Any, tab: Any, expect: Any, tmp_path: Path
) -> None:
    study(tab, expect, "4")
    press(tab, "Progress")
    with tab.expect_download() as saved:
        press(tab, "Save as a file")
    assert saved.value.suggested_filename.endswith(".json")
    file = tmp_path / "saved.json"
    saved.value.save_as(file)
    was = tab.evaluate(STORED)

    other = visit(DECK).tab
    press(other, "Study")
    keys(other, "Space", "1")  # today, in real time: before the saved answers
    expect(other.locator(".ninja-stage__where")).to_contain_text("1 answer")
    close(other, expect)
    newer_here = other.evaluate(STORED)
    press(other, "Progress")
    brought, said = other.locator("dialog input[type=file]"), other.locator("dialog [role=status]")
    brought.set_input_files(file)
    expect(said).to_contain_text("read and merged")
    now = other.evaluate(STORED)
    assert now["cards"] == was["cards"]  # answered later than those that were here
    assert len(now["log"]) == len(was["log"]) + len(newer_here["log"])

    for text, reason in (
        ("{", "not JSON"),
        ("{}", "no cards"),
        ('{"version": 7, "cards": {}, "log": []}', "version 7; this page reads 1. Reload it"),
        ('{"version": 1, "cards": {"a": {"due": 1}}, "log": [1]}', "since damaged: 2."),
    ):
        file.write_text(text, "utf-8")
        brought.set_input_files(file)
        expect(said).to_contain_text(reason)
    assert other.evaluate(STORED) == now


def test_progress_is_drawn_and_told(tab: Any, expect: Any) -> None:
    answers = study(tab, expect, "3")
    press(tab, "Progress")
    drawn = tab.locator("dialog svg[role=img]")
    expect(drawn).to_have_count(2)
    expect(drawn.first).to_have_attribute("aria-label", re.compile(f"{answers} in all"))
    heights = drawn.first.evaluate("svg => [...svg.children].map(r => +r.getAttribute('height'))")
    assert len(heights) == 30
    assert heights[-1] > max(heights[:-1])


def test_a_mistake_in_an_exercise_brings_its_cards_forward(tab: Any, expect: Any) -> None:
    study(tab, expect, "4")
    name = tab.locator(".ninja-card[data-about*='neuron-']:not(:has(pre))").first
    about = name.get_attribute("data-about").split()[0]
    yesterday = int((MORNING - timedelta(days=1)).timestamp() * 1000)
    remember = "found => localStorage.setItem('ninja:mistakes', JSON.stringify(found))"
    tab.evaluate(remember, {about: {"count": 2, "last": yesterday}})
    look_again(tab)
    expect(due_today(tab)).to_contain_text("0 for today")  # asked since
    tab.clock.set_fixed_time(MORNING + timedelta(hours=24))
    tab.evaluate(remember, {about: {"count": 2, "last": yesterday + 26 * 3_600_000}})
    look_again(tab)
    press(tab, "Study")
    note = tab.locator(".ninja-stage__note")
    expect(note).to_contain_text("You made this mistake in an exercise yesterday, 2 times so far.")
    expect(note).not_to_contain_text("“")  # that would give the answer away
    keys(tab, "Space")
    said = json.loads(tab.locator(".ninja-deck").get_attribute("data-mistakes"))
    expect(note).to_contain_text(f"“{said[about]}”")
    brought = int(tab.locator(".ninja-stage__where").inner_text().split()[0])
    assert tab.evaluate(ANSWER_ALL, ["4", ""]) == brought
    close(tab, expect)
    for broken in ("[1]", "{", '{"a": null}'):
        tab.evaluate("text => localStorage.setItem('ninja:mistakes', text)", broken)
        look_again(tab)
        expect(due_today(tab)).to_contain_text("0 for today")


def test_numbers_change_from_time_to_time(tab: Any, expect: Any) -> None:
    name = tab.locator(".ninja-card:has(template)").first.get_attribute("id")
    fronts = {tab.locator(f"#{name} .ninja-card__front").inner_text()}
    study(tab, expect, "4")
    for day in (100, 200):
        tab.evaluate(
            """name => {
                const state = JSON.parse(localStorage.getItem('ninja:cards'));
                for (const [id, record] of Object.entries(state.cards)) {
                    record.due = `card-${id}` === name ? 0 : 8e15;
                }
                localStorage.setItem('ninja:cards', JSON.stringify(state));
            }""",
            name,
        )
        tab.clock.set_fixed_time(MORNING + timedelta(days=day))
        press(tab, "Study")
        fronts.add(on_stage(tab, ".ninja-card__front").inner_text())
        assert tab.evaluate(ANSWER_ALL, ["4", ""]) == 1
        close(tab, expect)
    assert len(fronts) > 1


def _lay_out(tab: Any, paper: str, sides: str) -> None:
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


def _printed(tab: Any, expect: Any) -> tuple[bytes, int]:
    """What was laid out as a PDF file, and the number of its pages."""
    pdf: bytes = tab.pdf(prefer_css_page_size=True)
    expect(tab.locator(".ninja-paper")).to_have_count(0)
    return pdf, len(re.findall(rb"/Type\s*/Page\b", pdf))


@pytest.mark.parametrize("paper", PAPERS)
def test_every_layout_has_its_pages(tab: Any, expect: Any, paper: str) -> None:
    width, height, many = PAPERS[paper]
    count = tab.locator(".ninja-card").count()
    for sides, times in SIDES.items():
        _lay_out(tab, paper, sides)
        pdf, pages = _printed(tab, expect)
        assert pages == -(-count // many) * times, sides
        boxes = re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", pdf)
        for across, down in boxes:
            assert float(across) / 72 * 25.4 == pytest.approx(width, abs=0.2)
            assert float(down) / 72 * 25.4 == pytest.approx(height, abs=0.2)
        assert boxes
        assert b"KaTeX_Math" in pdf


def test_each_back_lies_behind_its_front(tab: Any) -> None:
    _lay_out(tab, "A4, eight to cut out", "Backs on the following page")
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


def test_all_decks_print_together(visit: Any, expect: Any) -> None:
    tab = visit("flashcards/").tab
    count = int(tab.locator(".ninja-deck__about").inner_text().split()[0])
    _lay_out(tab, "A4, eight to cut out", "Questions only")
    assert _printed(tab, expect)[1] == -(-count // 8)


def test_paper_is_light_when_the_screen_is_dark(tab: Any) -> None:
    tab.evaluate("document.body.dataset.mdColorScheme = 'slate'")
    _lay_out(tab, "A6 cards", "Questions only")
    tab.emulate_media(media="print")
    for what, dark in (("color", True), ("backgroundColor", False)):
        found = tab.evaluate(
            "what => getComputedStyle(document.querySelector('.ninja-paper'))[what]", what
        )
        assert (max(map(int, re.findall(r"\d+", found)[:3])) < 80) == dark


@pytest.mark.parametrize("button", ["Study", "One at a time", "Print …", "Progress …"])
def test_a_dialog_fits_a_phone_and_axe_finds_nothing(tab: Any, expect: Any, button: str) -> None:
    tab.add_script_tag(path=str(AXE))
    tab.set_viewport_size(PHONE)
    press(tab, button)
    expect(tab.locator("dialog")).to_be_visible()
    for side in range(2 if tab.locator(".ninja-stage").count() else 1):
        if side:
            keys(tab, "Space")
            expect(on_stage(tab, ".ninja-card__back")).to_be_visible()
        assert tab.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        over = "(d => d.scrollWidth - d.clientWidth)(document.querySelector('dialog'))"
        assert tab.evaluate(over) <= 0
        for scheme in ("default", "slate"):
            tab.evaluate("name => { document.body.dataset.mdColorScheme = name }", scheme)
            found = tab.evaluate(f"axe.run('dialog', {{runOnly: {RULES}}})")
            said = [
                f"{v['id']}: {n['target']} {n['failureSummary']}"
                for v in found["violations"]
                for n in v["nodes"]
            ]
            assert not said, f"{scheme}: {said[:4]}"


def test_the_script_is_light() -> None:
    assert len(gzip.compress(SCRIPT.read_bytes(), 9)) <= SCRIPT_PACKED
