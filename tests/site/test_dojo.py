"""The exercises in a real browser, on the site as it was built.

Starting Python is what takes time, so nearly all tests share one tab per process, go from page to
page as a reader does, and leave it as they found it.  That tab has a content security policy.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from mkdocs.config import load_config

from ninja.exercises import EXERCISES
from tests.hostile import MLP, SURVIVED, TAME, WILD, Case

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules/axe-core/axe.min.js"
SITE = ROOT / "site"
SITE_URL = load_config(str(ROOT / "mkdocs.yml")).site_url
SCALAR = [name for name, exercise in EXERCISES.items() if exercise.op.scalar]
WITH_NUMPY = [name for name in EXERCISES if name not in SCALAR]
NEURON = EXERCISES["neuron"]
WAIT = 60_000  # ms until a test gives up; nothing is asserted about time
PATIENCE = 3_500  # ms until a reader presses Stop; Python ends its own loops before
EXERCISE, LIST = ".ninja.is-mounted .ninja-bar", ".ninja-progress.is-mounted"
ANSWERED = """box => {
    const said = box.querySelector(':scope > .ninja-status').textContent;
    const end = /^[✓✗]|^Stopped|^(Python|NumPy) (stopped|could)|^This/;
    return !box.hasAttribute('aria-busy') && end.test(said) && {result: window.checked};
}"""
# As a link does it: pages are exchanged, and what runs in the tab is kept.
GO = """address => {
    document.querySelector('article').dataset.left = '';
    const link = Object.assign(document.createElement('a'), {href: address});
    document.body.append(link);
    link.click();
    link.remove();
}"""
ARRIVED = (
    """ready => !document.querySelector('article[data-left]') && document.querySelector(ready)"""
)
LISTEN = """
window.checked = null;
document.addEventListener('ninja:checked', (event) => { window.checked = event.detail.result; });
"""
START = """box => {
    box.querySelector(':scope > .ninja-status').textContent = '';
    window.checked = null;
    box.querySelector('.cm-content').focus();
}"""

needs_numpy = pytest.mark.skipif(
    not list(SITE.glob("assets/dojo/numpy-*.zip")),
    reason="the site was built without a NumPy wheel (NINJA_WHEELS), so its exercises did not run",
)


class Desk:
    """A page with an exercise, and a reader at the keyboard."""

    def __init__(self, context: Any, address: str) -> None:
        self.address = address
        self.complaints: list[str] = []
        self.loaded: list[str] = []
        context.set_default_timeout(WAIT)
        # The theme exchanges pages that the sitemap has, which names the site's own host.
        here = (SITE / "sitemap.xml").read_text("utf-8").replace(str(SITE_URL), address)
        context.route("**/sitemap.xml", lambda route: route.fulfill(body=here))
        self.tab = context.new_page()
        self.tab.add_init_script(LISTEN)
        self.tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.tab.on("request", lambda request: self.loaded.append(urlsplit(request.url).path))

    def open(self, page: str, ready: str = EXERCISE) -> Desk:
        """Load a page from the beginning."""
        self.tab.goto(self.address + page)
        self.tab.wait_for_selector(ready)
        return self

    def go(self, page: str, ready: str = EXERCISE) -> Desk:
        """Follow a link to a page, unless it is this one."""
        if self.tab.url != self.address + page:
            self.tab.mouse.move(0, 0)  # so that it lies over nothing on the next page
            self.tab.evaluate(GO, self.address + page)
            self.tab.wait_for_function(ARRIVED, arg=ready)
        return self

    @property
    def box(self) -> Any:
        return self.tab.locator(".ninja").first

    @property
    def status(self) -> str:
        return str(self.box.locator("> .ninja-status").inner_text())

    def says(self, words: str) -> None:
        """Wait until the status says so."""
        self.box.locator("> .ninja-status", has_text=words).wait_for()

    def press(self, name: str) -> None:
        self.box.get_by_role("button", name=name, exact=True).click()

    def hint(self) -> Any:
        """The next rung of the ladder, open."""
        rungs = self.box.locator(".ninja-hints > li")
        count = rungs.count()
        self.press("Hint")
        rungs.nth(count).wait_for()
        return rungs.nth(count)

    def wake(self) -> None:
        """Bring the pointer to the code, which brings the editor."""
        content = self.box.locator(".cm-content")
        if not content.is_visible():
            self.box.locator("pre").first.hover()
            content.wait_for()

    def write(self, source: str) -> None:
        self.wake()
        self.box.locator(".cm-content").focus()
        self.tab.keyboard.press("Control+a")
        self.tab.keyboard.insert_text(source)

    def text(self) -> str:
        lines = self.box.locator(".cm-line").all_text_contents()
        return "\n".join(lines)

    def holds(self, text: str) -> None:
        """Wait until the editor holds this text."""
        self.tab.wait_for_function(
            "text => [...document.querySelector('.ninja').querySelectorAll('.cm-line')]"
            ".map(line => line.textContent).join('\\n') === text",
            arg=text,
        )

    def begin(self) -> None:
        """Press Ctrl+Enter."""
        self.box.evaluate(START)
        self.tab.keyboard.press("Control+Enter")

    def check(self) -> Any:
        """What Python answers, or None when there is no answer."""
        self.begin()
        return self.answer()

    def answer(self, wait: int = WAIT) -> Any:
        box = self.box.element_handle()
        found = self.tab.wait_for_function(ANSWERED, arg=box, timeout=wait)
        return found.json_value()["result"]

    def submit(self, source: str) -> Any:
        self.write(source)
        return self.check()

    def keep(self, key: str, value: str) -> None:
        """Put a value into the browser's storage."""
        put = "([key, value]) => localStorage.setItem(key, value)"
        self.tab.evaluate(put, [key, value])

    def kept(self, key: str) -> Any:
        return self.tab.evaluate("key => localStorage.getItem(key)", key)


def with_policy(route: Any) -> None:
    """Answer as a host does that sends a content security policy."""
    response = route.fetch()
    inline = re.findall(r"<script>(.*?)</script>", response.text(), re.DOTALL)
    hashes = [hashlib.sha256(text.encode()).digest() for text in inline]
    allowed = " ".join(f"'sha256-{base64.b64encode(h).decode()}'" for h in hashes)
    policy = f"script-src 'self' 'wasm-unsafe-eval' {allowed}"
    route.fulfill(
        response=response, headers={**response.headers, "content-security-policy": policy}
    )


def profile(browser: Any) -> Any:
    """A new browser profile."""
    return browser.new_context(reduced_motion="reduce", viewport={"width": 1280, "height": 900})


@pytest.fixture(scope="module")
def shared(browser: Any, address: str) -> Iterator[Desk]:
    """One desk for all tests that leave it as it was: Python is loaded once."""
    context = profile(browser)
    context.route(f"{address}practice/", with_policy)  # holds for the pages that follow, too
    context.route("**/worker-*.js", with_policy)
    yield Desk(context, address).open("practice/", LIST)
    context.close()


@pytest.fixture
def desk(shared: Desk) -> Iterator[Desk]:
    """That desk, of a reader who has never been here."""
    shared.go("practice/", LIST)
    shared.tab.evaluate("localStorage.clear()")
    yield shared.go("practice/neuron/")
    assert not shared.complaints


@pytest.fixture
def fresh(browser: Any, address: str) -> Iterator[Desk]:
    """A browser that has not loaded anything yet."""
    context = profile(browser)
    yield Desk(context, address)
    context.close()


# ---------------------------------------------------------------- every exercise


@pytest.mark.parametrize("name", SCALAR)
def test_scalar_exercises(shared: Desk, name: str) -> None:
    solves(shared, name)


@needs_numpy
@pytest.mark.parametrize("name", WITH_NUMPY)
def test_exercises_with_numpy(shared: Desk, name: str) -> None:
    solves(shared, name)


def solves(desk: Desk, name: str) -> None:
    """The starter is answered kindly, the solution passes."""
    exercise = EXERCISES[name]
    desk.go(f"practice/{name}/")
    found = desk.submit(exercise.starter)
    assert not found["passed"]
    assert found["error"] is None
    found = desk.submit(exercise.solution)
    assert found["passed"], found
    assert desk.status.startswith("✓")
    rows = desk.box.locator(".ninja-answer tbody tr:not(.ninja-more)")
    assert rows.count() == len(exercise.op.gradients)
    desk.box.locator(".ninja-onward", has_text="Solved.").wait_for()
    assert not desk.complaints


def test_a_mistake_is_named_and_what_follows_from_it_only_inherits(desk: Desk) -> None:
    found = desk.submit(NEURON.solution.replace("dh * (1 - h**2)", "dh * (1 - h)"))
    verdicts = {tensor["name"]: tensor["verdict"] for tensor in found["tensors"]}
    assert verdicts == {"dz": "wrong", "dw": "inherited", "dx": "inherited", "db": "inherited"}
    row = desk.box.locator("tr.is-wrong:not(.ninja-more)")
    assert row.count() == 1
    assert "✗" in row.inner_text()


def test_mistakes_are_remembered_for_the_flashcards(desk: Desk) -> None:
    slip = NEURON.solution.replace("dh * (1 - h**2)", "1 - h**2")
    (made,) = [t["mistake"] for t in desk.submit(slip)["tensors"] if t["mistake"]]
    desk.submit(slip)
    assert json.loads(desk.kept("ninja:mistakes"))[made]["count"] == 2
    desk.go("flashcards/01-a-tanh-neuron/", "article button")
    desk.tab.get_by_role("button", name="Study").click()
    dialog = desk.tab.locator("dialog[open]")
    dialog.wait_for()
    said = dialog.inner_text()
    assert "upstream" in said or "1 - h**2" in said
    desk.tab.keyboard.press("Escape")
    dialog.wait_for(state="detached")


# ---------------------------------------------------------------- hostile submissions


def in_32_bits(case: Case) -> Case:
    """What is different on WebAssembly: NumPy cannot count so many bytes; address 8 can be read."""
    different: dict[str, dict[str, Any]] = {
        "allocation": {"type": "ValueError"},
        "null pointer": {"exit": 0},
    }
    return replace(case, **different.get(case.name, {}))


@needs_numpy
@pytest.mark.parametrize("case", [in_32_bits(c) for c in TAME], ids=lambda c: c.name)
def test_tame_submissions(shared: Desk, case: Case) -> None:
    shared.go("practice/mlp/")
    found = shared.submit(case.source)
    assert found["passed"] == (case.exit == 0), found
    assert (found["error"] is not None) == (case.exit == 2), found
    if case.type:
        assert re.fullmatch(case.type, found["error"]["type"])
    if case.line and case.exit == 2:
        assert found["error"]["line"] == case.line
    assert case.says in json.dumps(found, ensure_ascii=False)


@needs_numpy
@pytest.mark.parametrize("case", [in_32_bits(c) for c in WILD], ids=lambda c: c.name)
def test_wild_submissions_leave_a_page_that_works(shared: Desk, case: Case) -> None:
    shared.go("practice/mlp/")
    shared.write(case.source)
    shared.begin()
    found = shared.answer() if case.name in SURVIVED else answer_or_stop(shared)
    assert shared.status
    assert not (case.exit and found and found["passed"])
    assert shared.submit(MLP)["passed"]
    assert not shared.complaints


def answer_or_stop(desk: Desk) -> Any:
    """The answer; a reader who waits for longer presses Stop."""
    timeout = pytest.importorskip("playwright.sync_api").TimeoutError
    try:
        return desk.answer(PATIENCE)
    except timeout:
        stop = desk.box.get_by_role("button", name="Stop", exact=True)
        if stop.is_visible():
            stop.click()
        return desk.answer()


def test_a_loop_is_stopped_with_its_line_and_python_stays(desk: Desk) -> None:
    loop = NEURON.solution.replace("    dz =", "    while True: pass\n    dz =")
    found = desk.submit(loop)
    assert found["error"]["type"] == "Timeout"
    assert "while True" in loop.splitlines()[found["error"]["line"] - 1]
    desk.press(f"Line {found['error']['line']}")
    for line in (".cm-activeLine", ".ninja-fault-line"):
        desk.box.locator(line, has_text="while True").wait_for()


def test_a_loop_in_c_is_ended_and_python_comes_back(desk: Desk) -> None:
    assert desk.submit("sum(iter(int, 1))\n" + NEURON.solution) is None
    assert desk.status.startswith("Stopped")
    assert desk.submit(NEURON.solution)["passed"]


def test_stop_ends_what_runs_but_a_double_click_does_not(desk: Desk) -> None:
    desk.write("sum(iter(int, 1))\ndef backward(dh): return 1\n")
    desk.box.evaluate(START)
    desk.box.get_by_role("button", name="Check", exact=True).dblclick()
    desk.says("Checking.")
    desk.tab.keyboard.press("Control+Enter")  # nor does this
    desk.press("Stop")
    assert desk.answer() is None
    assert "Stopped" in desk.status
    assert desk.submit(NEURON.solution)["passed"]


def test_code_cannot_reach_the_page_or_the_network(desk: Desk) -> None:
    run = "ctypes.CDLL(None).emscripten_run_script(b'self.postMessage(1)')"
    for reach in (
        "import js\njs.fetch('/')",
        "import js\njs.Object.constructor('return self')().fetch('/')",
        "import js\njs.setTimeout('import(\"/reached.js\")')",
        "import pyodide_js\npyodide_js.loadPackage('x')",
        "from pyodide.code import run_js\nrun_js('self.postMessage(1)')",
        "from pyodide.ffi import to_js\nto_js([1]).constructor.constructor('return self')()",
        "from pyodide.ffi import to_js\nto_js([1]).map.constructor('return self')()",
        f"import ctypes\n{run}",
    ):
        found = desk.submit(f"{reach}\ndef backward(dh): return 1\n")
        assert found is None or found["error"], reach
    assert desk.submit(NEURON.solution)["passed"]
    assert not [path for path in desk.loaded if "reached" in path]


def test_the_policy_of_these_tests_is_in_force(shared: Desk) -> None:
    ran = shared.tab.evaluate(
        """() => {
            const script = Object.assign(document.createElement('script'), {text: 'ran = 1'});
            document.body.append(script);
            script.remove();
            return 'ran' in window;
        }"""
    )
    assert not ran


# ---------------------------------------------------------------- loading


def test_nothing_loads_before_intent_and_python_only_for_a_check(fresh: Desk) -> None:
    fresh.open("practice/neuron/")
    fresh.tab.wait_for_load_state("networkidle")
    assert not [path for path in fresh.loaded if re.search(r"editor-|worker-|wasm|\.zip$", path)]
    fresh.wake()
    assert not [path for path in fresh.loaded if re.search(r"worker-|wasm|\.zip$", path)]
    assert fresh.submit(NEURON.solution)["passed"]
    assert not [path for path in fresh.loaded if "numpy" in path]


def test_what_does_not_load_is_replaced_or_tried_again(fresh: Desk) -> None:
    """The editor is lost, and so is Python at first."""
    fresh.tab.route("**/editor-*.js", lambda route: route.abort())
    fresh.tab.context.route("**/*.wasm", lambda route: route.abort())
    fresh.open("practice/neuron/")
    fresh.box.locator("pre").hover()
    field = fresh.box.locator("textarea.ninja-plain")
    field.fill(NEURON.solution)
    field.press("Control+Enter")
    fresh.says("Python could not be downloaded")
    fresh.tab.context.unroute("**/*.wasm")
    field.press("Control+Enter")
    fresh.says("✓")
    assert fresh.answer()["passed"]


@needs_numpy
def test_without_numpy_scalar_exercises_go_on_and_it_is_tried_again(fresh: Desk) -> None:
    answers = {
        "lost": lambda route: route.abort(),
        "changed": lambda route: route.fulfill(body="something else"),
    }
    fresh.open("practice/neuron/")
    assert fresh.submit(NEURON.solution)["passed"]
    fresh.go("practice/tanh/")
    for answer in answers.values():
        fresh.tab.context.route("**/numpy-*.zip", answer)
        assert fresh.submit(EXERCISES["tanh"].solution) is None
        assert "NumPy could not be downloaded" in fresh.status
        fresh.tab.context.unroute("**/numpy-*.zip")
    fresh.go("practice/neuron/")
    assert fresh.submit(NEURON.solution)["passed"]
    fresh.go("practice/tanh/")
    assert fresh.submit(EXERCISES["tanh"].solution)["passed"]
    assert len([path for path in fresh.loaded if "worker-" in path]) == 1


def test_without_webassembly_a_sentence_says_so(fresh: Desk) -> None:
    fresh.tab.context.route(
        "**/worker-*.js",
        lambda route: route.fulfill(
            body="delete self.WebAssembly;" + route.fetch().text(), content_type="text/javascript"
        ),
    )
    fresh.open("practice/neuron/")
    assert fresh.submit(NEURON.solution) is None
    assert "WebAssembly" in fresh.status


# ---------------------------------------------------------------- what is kept


def another_tab(desk: Desk) -> Desk:
    """A second tab of the same reader; nothing is checked in it, so it needs no Python."""
    other = Desk(desk.tab.context, desk.address)
    other.tab.route("**/worker-*.js", lambda route: route.abort())
    return other.open("practice/neuron/")


def test_code_and_what_is_solved_survive_a_reload(desk: Desk) -> None:
    code = NEURON.solution + "# mine\n"
    assert desk.submit(code)["passed"]
    other = another_tab(desk)
    assert "# mine" in other.box.locator("pre").first.inner_text()
    other.wake()
    other.holds(code)
    other.open("practice/", LIST)
    other.tab.locator("[data-solves=neuron] .ninja-solved", has_text="solved").wait_for()
    other.tab.close()


def test_code_survives_new_versions_of_a_starter(desk: Desk) -> None:
    desk.go("practice/", LIST)
    entry = {"code": "older code", "starter": "older", "solved": True, "tries": 1, "hint": 0}
    desk.keep("ninja:1:neuron", json.dumps(entry | {"earlier": "oldest code"}))
    desk.go("practice/neuron/").wake()
    assert "Your lines go here" in desk.text()
    desk.write("new code")
    for text in ("older code", "oldest code", "new code", "older code"):
        desk.press("Exchange it")
        desk.holds(text)
    desk.press("Forget it")
    desk.press("Forget it")
    desk.box.locator(".ninja-offer").wait_for(state="hidden")
    desk.holds("older code")


def test_code_to_mend_leaves_the_exercise_s_own_alone(desk: Desk) -> None:
    desk.go("practice/", LIST)
    mine = {"code": "# mine", "starter": "", "solved": True, "tries": 1, "hint": 0}
    desk.keep("ninja:1:mlp", json.dumps(mine))
    desk.go("lessons/14-gotchas/").write("# mended")
    kept = "localStorage['ninja:1:bug:mlp:three-slips']"
    desk.tab.wait_for_function(f"() => {kept}?.includes('mended')")
    assert json.loads(desk.kept("ninja:1:mlp")) == mine


def test_a_value_that_cannot_be_read_is_set_aside(desk: Desk) -> None:
    bad = ["{", "null", "[]", '"x"', '{"code": 3}', '{"solved": "yes"}', '{"earlier": [1]}']
    values = dict(zip(["neuron", *list(EXERCISES)[1:]], bad, strict=False))
    desk.go("practice/", LIST)
    for name, value in values.items():
        desk.keep(f"ninja:1:{name}", value)
    desk.go("practice/neuron/")
    desk.write("def backward(): pass")
    desk.go("practice/", LIST)
    for name, value in values.items():
        assert desk.kept(f"ninja:1:aside:{name}:1") == value


BROKEN = {
    "blocked": "Object.defineProperty(window, 'localStorage', {configurable: true, get: fail})",
    "full": "Storage.prototype.setItem = fail",
}
SPOIL = """() => {
    window.sound = [
        Object.getOwnPropertyDescriptor(window, 'localStorage'), Storage.prototype.setItem,
    ];
    const fail = () => { throw new DOMException('', 'QuotaExceededError') };
    %s;
}"""
MEND = """() => {
    Object.defineProperty(window, 'localStorage', window.sound[0]);
    Storage.prototype.setItem = window.sound[1];
}"""


@contextmanager
def broken_storage(desk: Desk, kind: str) -> Iterator[None]:
    """Meanwhile, the storage of the tab is blocked or full."""
    desk.tab.evaluate(SPOIL % BROKEN[kind])
    try:
        yield
    finally:
        desk.tab.evaluate(MEND)


@pytest.mark.parametrize("kind", BROKEN)
def test_storage_that_fails_is_said_and_breaks_nothing(desk: Desk, kind: str) -> None:
    desk.go("practice/", LIST)
    with broken_storage(desk, kind):
        desk.go("practice/neuron/")
        desk.complaints.clear()  # of the theme's own, which keeps the colour mode there
        desk.write("def backward(): pass")
        desk.says("until you leave")
        assert desk.submit(NEURON.solution)["passed"]
        assert not desk.complaints
    desk.write("# kept again")  # and what was not kept meanwhile is not lost either
    desk.tab.wait_for_function(
        "() => localStorage.getItem('ninja:1:neuron')?.includes('# kept again')"
    )


def test_two_tabs_do_not_lose_each_others_code(desk: Desk) -> None:
    desk.wake()
    other = another_tab(desk)
    other.write("# from the other tab")
    desk.holds("# from the other tab")
    # Both at once: what comes later is kept, and the other is on offer.
    entry = {"code": "# meanwhile", "starter": "", "solved": False, "tries": 0, "hint": 0}
    desk.keep("ninja:1:neuron", json.dumps(entry))
    desk.write("# from this tab")
    desk.press("Exchange it")
    desk.holds("# meanwhile")
    assert not other.complaints
    other.tab.close()


def test_export_and_import(desk: Desk, tmp_path: Path) -> None:
    assert desk.submit(NEURON.solution)["passed"]
    desk.go("practice/", LIST)
    with desk.tab.expect_download() as download:
        desk.tab.get_by_role("button", name="Export").click()
    file = tmp_path / "progress.json"
    download.value.save_as(file)
    exported = json.loads(file.read_text("utf-8"))
    assert exported["exercises"]["neuron"]["solved"]
    desk.tab.evaluate("localStorage.clear()")
    desk.keep("ninja:1:neuron", json.dumps({**exported["exercises"]["neuron"], "code": "# here"}))
    take = desk.tab.locator(".ninja-progress input[type=file]")
    said = desk.tab.locator(".ninja-progress [role=status]")
    damaged: dict[str, tuple[dict[str, Any], str]] = {
        "other.json": ({"format": "something else"}, "holds no progress"),
        "newer.json": ({**exported, "version": 2}, "of version 2"),
        "entry.json": ({**exported, "exercises": {"neuron": 5}}, "cannot be read"),
    }
    for name, (data, words) in damaged.items():
        (tmp_path / name).write_text(json.dumps(data), "utf-8")
        take.set_input_files(tmp_path / name)
        said.filter(has_text=words).wait_for()
    assert "# here" in desk.kept("ninja:1:neuron")
    take.set_input_files(file)
    said.filter(has_text="taken over").wait_for()
    desk.tab.wait_for_selector("[data-solves=neuron] .ninja-solved")
    desk.go("practice/neuron/").wake()
    desk.holds(NEURON.solution)
    desk.press("Exchange it")
    desk.holds("# here")


# ---------------------------------------------------------------- on the way


def test_python_is_kept_when_the_page_is_exchanged(desk: Desk) -> None:
    assert desk.submit(NEURON.solution)["passed"]
    started = len([path for path in desk.loaded if "worker-" in path])
    desk.tab.evaluate("window.same = true")
    desk.tab.locator("[data-md-component=tabs] a[href*=practice]").click()
    desk.tab.wait_for_selector(LIST)
    desk.tab.locator("article a[data-solves=norm_list]").click()
    desk.tab.wait_for_selector("[data-exercise=norm_list].is-mounted .ninja-bar")
    assert desk.submit(EXERCISES["norm_list"].solution)["passed"]
    assert desk.tab.evaluate("window.same")
    desk.tab.go_back()
    desk.tab.wait_for_selector(LIST)
    desk.tab.go_back()
    desk.tab.wait_for_selector("[data-exercise=neuron].is-mounted .ninja-bar")
    assert desk.submit(NEURON.solution)["passed"]
    assert len([path for path in desk.loaded if "worker-" in path]) == started


def test_what_was_solved_counts_although_the_reader_left(desk: Desk) -> None:
    desk.write("import time\ntime.sleep(0.5)\n" + NEURON.solution)
    desk.begin()
    desk.go("practice/", LIST)
    desk.tab.locator("[data-solves=neuron] .ninja-solved", has_text="solved").wait_for()


def test_everything_by_keyboard(desk: Desk) -> None:
    keys = desk.tab.keyboard
    desk.box.locator("pre").focus()
    desk.tab.wait_for_function("() => document.activeElement.classList.contains('cm-content')")
    keys.press("Control+a")
    keys.insert_text("def backward(dh): return dh, dh, dh, dh")
    keys.press("Escape")
    keys.press("Tab")
    assert desk.tab.evaluate("document.activeElement.textContent") == "Check"
    keys.press("Enter")
    assert not desk.answer()["passed"]
    keys.press("Tab")
    keys.press("Enter")  # Hint
    desk.tab.wait_for_function("() => document.activeElement.tagName === 'SUMMARY'")
    assert desk.box.locator(".ninja-hints details[open]").count() == 1


def test_hints_start_where_the_diagnosis_says_and_the_pieces_move(desk: Desk) -> None:
    found = desk.submit(NEURON.solution.replace("dh * (1 - h**2)", "(dh - h) ** 3 + 7"))
    assert found["hint"] > 0, found
    desk.hint()
    assert desk.box.locator(".ninja-hints > li").count() == found["hint"] + 1
    while not desk.box.locator(".ninja-piece").count():
        desk.hint()
    pieces = desk.box.locator(".ninja-piece code").all_inner_texts()
    lines = [line.strip() for line in NEURON.solution.splitlines()]
    right = sorted(pieces, key=lines.index)
    assert right != pieces
    for wanted, piece in enumerate(right):
        now = desk.box.locator(".ninja-piece code").all_inner_texts().index(piece)
        desk.box.locator(".ninja-piece").nth(now).focus()
        for _ in range(now - wanted):
            desk.tab.keyboard.press("ArrowUp")
    desk.press("Put them into the editor")
    desk.says("Your order stands in the editor")
    assert desk.check()["passed"]


def test_pieces_can_be_dragged(desk: Desk) -> None:
    while not desk.box.locator(".ninja-piece").count():
        desk.hint()
    before = desk.box.locator(".ninja-piece code").all_inner_texts()
    first, last = desk.box.locator(".ninja-piece").first, desk.box.locator(".ninja-piece").last
    last.scroll_into_view_if_needed()
    first.drag_to(last)
    after = [*before[1:], before[0]]
    desk.tab.wait_for_function(
        "after => [...document.querySelectorAll('.ninja-piece code')]"
        ".map(code => code.textContent).join() === after.join()",
        arg=after,
    )


def test_the_solution_waits_and_nothing_that_was_written_is_lost(desk: Desk) -> None:
    desk.write("# mine")
    desk.press("Solution")
    desk.says("A try or a hint first helps more.")
    desk.press("Solution")
    desk.press("Put it into the editor")
    desk.holds(NEURON.solution)
    desk.press("Reset")
    desk.holds(NEURON.starter)
    for text in (NEURON.solution, "# mine", NEURON.solution):
        desk.press("Exchange it")
        desk.holds(text)


@pytest.mark.parametrize("where", ["practice/neuron/", "practice/bug-hunt/neuron/"])
def test_downloads_bring_the_code_along(desk: Desk, where: str) -> None:
    desk.go(where)
    desk.write("# mine")
    desk.press("Download")
    for name in ("neuron.py", "Notebook"):
        link = desk.box.locator(".ninja-downloads a[href^='blob:']", has_text=name)
        with desk.tab.expect_download() as download:
            link.click()
        assert "# mine" in Path(download.value.path()).read_text("utf-8")


def test_one_number_has_its_two_forward_runs_too(desk: Desk) -> None:
    desk.submit(NEURON.solution.replace("dh * (1 - h**2)", "dh * (1 - h)"))
    desk.tab.get_by_role("button", name="Compare dz with the truth").click()
    said = desk.box.locator(".ninja-entry", has_text="Two forward runs").inner_text()
    assert said.startswith("dz: yours 0.2")


@needs_numpy
def test_the_map_of_differences_by_key_and_pointer(desk: Desk) -> None:
    desk.go("practice/linear/")
    wrong = EXERCISES["linear"].solution.replace("x.T @ dout", "2 * (x.T @ dout)")
    assert not desk.submit(wrong)["passed"]
    desk.tab.get_by_role("button", name="Compare dW with the truth").click()
    desk.box.locator(".ninja-heat").focus()
    desk.tab.keyboard.press("ArrowRight")
    entry = desk.box.locator(".ninja-entry")
    said = entry.filter(has_text="dW[0, 1]").filter(has_text="Two forward runs").inner_text()
    yours, truth = map(float, re.findall(r"(?:yours|truth) (\S+),", said))
    assert yours == pytest.approx(2 * truth, rel=1e-3)
    desk.box.locator(".ninja-heat canvas").click(position={"x": 3, "y": 3})
    entry.filter(has_text="dW[0, 0]").wait_for()


def test_a_bug_hunt(desk: Desk) -> None:
    desk.go("practice/bug-hunt/neuron/")
    desk.box.locator(".ninja-choices input").first.wait_for()
    desk.press("Show me")
    result = desk.answer()
    assert not result["passed"]
    red = [t["name"] for t in result["tensors"] if t["tone"] != "right"]
    said = desk.box.locator(".ninja-prediction")
    said.filter(has_text=", ".join(red)).wait_for()
    for name in red:
        desk.box.locator(f".ninja-choices input[value={name}]").check()
    desk.press("Show me")
    said.filter(has_text="Exactly").wait_for()
    assert desk.submit(NEURON.solution)["passed"]
    desk.box.locator(".ninja-onward", has_text="More bugs to hunt").wait_for()


@pytest.mark.parametrize("where", ["", "lessons/01-a-tanh-neuron/"])
def test_on_the_home_page_and_in_a_lesson(desk: Desk, where: str) -> None:
    desk.go(where)
    assert desk.submit(NEURON.solution)["passed"]


@pytest.mark.parametrize("width", [375, 1280])
def test_axe_finds_nothing_in_an_answer(desk: Desk, width: int) -> None:
    desk.tab.set_viewport_size({"width": width, "height": 900})
    try:
        desk.submit(NEURON.solution.replace("h**2", "h"))
        desk.hint()
        desk.tab.get_by_role("button", name="Compare dz with the truth").click()
        desk.press("Download")
        desk.box.locator(".ninja-downloads").wait_for()
        assert desk.tab.evaluate("document.documentElement.scrollWidth") <= width
        desk.tab.set_viewport_size({"width": width, "height": 4000})
        desk.tab.evaluate(AXE.read_text("utf-8"))
        for scheme in ("default", "slate"):
            desk.tab.evaluate("name => { document.body.dataset.mdColorScheme = name }", scheme)
            found = desk.tab.evaluate("axe.run('.ninja')")["violations"]
            assert not found, [(v["id"], [n["html"] for n in v["nodes"]]) for v in found]
    finally:
        desk.tab.set_viewport_size({"width": 1280, "height": 900})
        desk.tab.evaluate("document.body.dataset.mdColorScheme = 'default'")
