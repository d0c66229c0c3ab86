"""The exercises in a real browser, on the site as it was built."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from mkdocs.config import load_config

from ninja.exercises import EXERCISES
from tests.hostile import MLP, TAME, WILD, Case

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules/axe-core/axe.min.js"
SITE = ROOT / "site"
SITE_URL = load_config(str(ROOT / "mkdocs.yml")).site_url
SCALAR = [name for name, exercise in EXERCISES.items() if exercise.op.scalar]
WITH_NUMPY = [name for name in EXERCISES if name not in SCALAR]
WAIT = 40_000  # ms until a test gives up; nothing is asserted about time
ANSWERED = """box => {
    const said = box.querySelector(':scope > .ninja-status').textContent;
    const end = /^[✓✗]|^Stopped|^Python (stopped|could)|^This/;
    return !box.hasAttribute('aria-busy') && end.test(said);
}"""
GO = """address => {
    const link = Object.assign(document.createElement('a'), {href: address});
    document.body.append(link);
    link.click();
    link.remove();
}"""
LISTEN = """
window.checked = null;
document.addEventListener('ninja:checked', (event) => { window.checked = event.detail.result; });
"""

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

    def open(self, page: str) -> Desk:
        self.tab.goto(self.address + page)
        self.tab.wait_for_selector(".ninja.is-mounted .ninja-bar")
        return self

    def go(self, name: str) -> Desk:
        """To the page of an exercise; from another page as a link does it, with Python kept."""
        if self.tab.url == "about:blank":
            self.open("practice/neuron/")
        if not self.tab.url.endswith(f"/practice/{name}/"):
            self.tab.evaluate(GO, f"{self.address}practice/{name}/")
            self.tab.wait_for_selector(f"[data-exercise={name}].is-mounted .ninja-bar")
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

    def write(self, source: str) -> None:
        self.wake()
        self.box.locator(".cm-content").click()
        self.tab.keyboard.press("Control+a")
        self.tab.keyboard.insert_text(source)

    def wake(self) -> None:
        self.box.get_by_role("button", name="Check", exact=True).hover()
        self.box.locator(".cm-content").wait_for()

    def text(self) -> str:
        return str(
            self.tab.evaluate(
                "[...document.querySelector('.ninja').querySelectorAll('.cm-line')]"
                ".map(line => line.textContent).join('\\n')"
            )
        )

    def begin(self) -> None:
        """Press Ctrl+Enter."""
        said = self.box.locator("> .ninja-status")
        said.evaluate("said => { said.textContent = ''; window.checked = null }")
        self.box.locator(".cm-content").focus()
        self.tab.keyboard.press("Control+Enter")

    def check(self) -> Any:
        """What Python answers, or None when there is no answer."""
        self.begin()
        return self.answer()

    def answer(self) -> Any:
        self.tab.wait_for_function(ANSWERED, arg=self.box.element_handle())
        return self.tab.evaluate("window.checked")

    def submit(self, source: str) -> Any:
        self.write(source)
        return self.check()


@pytest.fixture(scope="module")
def shared(browser: Any, address: str) -> Iterator[Desk]:
    """One desk for all tests that leave it as it was: Python is loaded once."""
    context = browser.new_context(reduced_motion="reduce", viewport={"width": 1280, "height": 900})
    yield Desk(context, address)
    context.close()


@pytest.fixture
def desk(browser: Any, address: str) -> Iterator[Desk]:
    """A new browser profile."""
    context = browser.new_context(reduced_motion="reduce", viewport={"width": 1280, "height": 900})
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
    """The starter is answered kindly, a known mistake is named, the solution passes."""
    exercise = EXERCISES[name]
    desk.go(name)
    desk.write(exercise.starter)
    found = desk.check()
    assert not found["passed"]
    assert found["error"] is None
    found = desk.submit(exercise.solution)
    assert found["passed"], found
    assert desk.status.startswith("✓")
    rows = desk.box.locator(".ninja-answer tbody tr:not(.ninja-more)")
    assert rows.count() == len(exercise.op.gradients)
    desk.box.locator(".ninja-onward", has_text="Solved.").wait_for()
    assert not desk.complaints


def test_a_mistake_is_named_and_what_follows_from_it_only_inherits(shared: Desk) -> None:
    shared.go("neuron")
    found = shared.submit(EXERCISES["neuron"].solution.replace("dh * (1 - h**2)", "dh * (1 - h)"))
    verdicts = {tensor["name"]: tensor["verdict"] for tensor in found["tensors"]}
    assert verdicts == {"dz": "wrong", "dw": "inherited", "dx": "inherited", "db": "inherited"}
    row = shared.box.locator("tr.is-wrong:not(.ninja-more)")
    assert row.count() == 1
    assert "✗" in row.inner_text()


def test_mistakes_are_remembered_for_the_flashcards(desk: Desk) -> None:
    desk.open("practice/neuron/")
    slip = EXERCISES["neuron"].solution.replace("dh * (1 - h**2)", "1 - h**2")
    (made,) = [t["mistake"] for t in desk.submit(slip)["tensors"] if t["mistake"]]
    desk.submit(slip)
    kept = json.loads(desk.tab.evaluate("localStorage.getItem('ninja:mistakes')"))
    assert kept[made]["count"] == 2
    desk.tab.goto(f"{desk.address}flashcards/01-a-tanh-neuron/")
    desk.tab.get_by_role("button", name="Study").click()
    dialog = desk.tab.locator("dialog[open]")
    dialog.wait_for()
    assert "upstream" in dialog.inner_text() or "1 - h**2" in dialog.inner_text()


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
    shared.go("mlp")
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
    shared.go("mlp")
    found = shared.submit(case.source)
    assert shared.status
    assert not (case.exit and found and found["passed"])
    assert shared.submit(MLP)["passed"]
    assert not shared.complaints


def test_a_loop_is_stopped_with_its_line_and_python_stays(shared: Desk) -> None:
    shared.go("neuron")
    loop = EXERCISES["neuron"].solution.replace("    dz =", "    while True: pass\n    dz =")
    found = shared.submit(loop)
    assert found["error"]["type"] == "Timeout"
    assert "while True" in loop.splitlines()[found["error"]["line"] - 1]
    shared.press(f"Line {found['error']['line']}")
    for line in (".cm-activeLine", ".ninja-fault-line"):
        assert "while True" in shared.box.locator(line).inner_text()


def test_stop_ends_what_runs(shared: Desk) -> None:
    shared.go("neuron")
    shared.write("sum(iter(int, 1))\ndef backward(dh): return 1\n")
    shared.begin()
    shared.tab.wait_for_function(
        "document.querySelector('.ninja-status').textContent == 'Checking.'"
    )
    shared.press("Stop")
    assert shared.answer() is None
    assert "Stopped" in shared.status
    assert shared.submit(EXERCISES["neuron"].solution)["passed"]


def test_code_cannot_reach_the_page_or_the_network(shared: Desk) -> None:
    shared.go("neuron")
    for reach in (
        "import js\njs.fetch('/')",
        "import js\njs.Object.constructor('return self')().fetch('/')",
        "import js\njs.Object.constructor('return self')().postMessage(1)",
        "import pyodide_js\npyodide_js.loadPackage('x')",
        "from pyodide.code import run_js\nrun_js('self.postMessage(1)')",
        "import js\njs.XMLHttpRequest.new()",
    ):
        found = shared.submit(f"{reach}\ndef backward(dh): return 1\n")
        assert found["error"], reach
    assert shared.submit(EXERCISES["neuron"].solution)["passed"]


# ---------------------------------------------------------------- loading


def test_nothing_loads_before_intent_and_python_only_for_a_check(desk: Desk) -> None:
    desk.open("practice/neuron/")
    desk.tab.wait_for_load_state("networkidle")
    assert not [path for path in desk.loaded if re.search(r"editor-|worker-|wasm|\.zip$", path)]
    desk.box.locator("pre").hover()
    desk.box.locator(".cm-content").wait_for()
    assert not [path for path in desk.loaded if re.search(r"worker-|wasm|\.zip$", path)]
    assert desk.submit(EXERCISES["neuron"].solution)["passed"]
    assert not [path for path in desk.loaded if "numpy" in path]


def test_without_the_editor_there_is_a_text_field(desk: Desk) -> None:
    desk.tab.route("**/editor-*.js", lambda route: route.abort())
    desk.open("practice/neuron/")
    desk.box.get_by_role("button", name="Check", exact=True).hover()
    field = desk.box.locator("textarea.ninja-plain")
    field.fill(EXERCISES["neuron"].solution)
    field.press("Control+Enter")
    assert desk.answer()["passed"]


def test_a_failed_download_is_said_and_can_be_tried_again(desk: Desk) -> None:
    desk.tab.context.route("**/*.wasm", lambda route: route.abort())
    desk.open("practice/neuron/")
    assert desk.submit(EXERCISES["neuron"].solution) is None
    assert "could not be downloaded" in desk.status
    desk.tab.context.unroute("**/*.wasm")
    assert desk.check()["passed"]


@needs_numpy
@pytest.mark.parametrize("fault", ["lost", "changed"])
def test_without_numpy_scalar_exercises_go_on(desk: Desk, fault: str) -> None:
    def answer(route: Any) -> None:
        route.abort() if fault == "lost" else route.fulfill(body="something else")

    desk.tab.context.route("**/numpy-*.zip", answer)
    desk.open("practice/tanh/")
    assert desk.submit(EXERCISES["tanh"].solution) is None
    assert "could not be downloaded" in desk.status
    desk.open("practice/neuron/")
    assert desk.submit(EXERCISES["neuron"].solution)["passed"]


def test_without_webassembly_a_sentence_says_so(desk: Desk) -> None:
    desk.tab.context.route(
        "**/worker-*.js",
        lambda route: route.fulfill(
            body="delete self.WebAssembly;" + route.fetch().text(), content_type="text/javascript"
        ),
    )
    desk.open("practice/neuron/")
    assert desk.submit(EXERCISES["neuron"].solution) is None
    assert "WebAssembly" in desk.status


def test_a_content_security_policy_can_be_added(desk: Desk) -> None:
    def with_policy(route: Any) -> None:
        response = route.fetch()
        inline = re.findall(r"<script>(.*?)</script>", response.text(), re.DOTALL)
        hashes = [hashlib.sha256(text.encode()).digest() for text in inline]
        allowed = " ".join(f"'sha256-{base64.b64encode(h).decode()}'" for h in hashes)
        policy = f"script-src 'self' 'wasm-unsafe-eval' {allowed}"
        route.fulfill(
            response=response, headers={**response.headers, "content-security-policy": policy}
        )

    desk.tab.context.route("**/practice/**", with_policy)
    desk.tab.context.route("**/worker-*.js", with_policy)
    desk.open("practice/neuron/")
    assert desk.submit(EXERCISES["neuron"].solution)["passed"]
    assert not desk.complaints


# ---------------------------------------------------------------- what is kept


def test_code_and_what_is_solved_survive_a_reload(desk: Desk) -> None:
    desk.open("practice/neuron/")
    code = EXERCISES["neuron"].solution + "# mine\n"
    assert desk.submit(code)["passed"]
    desk.tab.reload()
    desk.tab.wait_for_selector(".ninja.is-mounted .ninja-bar")
    assert "# mine" in desk.box.locator("pre").first.inner_text()
    desk.wake()
    assert desk.text() == code
    desk.tab.goto(f"{desk.address}practice/")
    desk.tab.wait_for_selector("[data-solves=neuron] .ninja-solved")
    assert "solved" in desk.tab.locator("[data-solves=neuron]").first.inner_text()


def test_a_new_starter_offers_the_old_code(desk: Desk) -> None:
    desk.open("practice/neuron/")
    entry = {"code": "my old code", "starter": "old", "solved": True, "tries": 1, "hint": 0}
    keep(desk, "ninja:1:neuron", json.dumps(entry))
    desk.tab.reload()
    desk.tab.wait_for_selector(".ninja-offer:not([hidden])")
    desk.wake()
    assert "Your lines go here" in desk.text()
    desk.press("Exchange it")
    assert desk.text() == "my old code"


def test_code_to_mend_leaves_the_exercise_s_own_alone(desk: Desk) -> None:
    desk.open("practice/neuron/")
    mine = {"code": "# mine", "starter": "", "solved": True, "tries": 1, "hint": 0}
    keep(desk, "ninja:1:mlp", json.dumps(mine))
    desk.open("lessons/14-gotchas/").write("# mended")
    desk.tab.wait_for_function("localStorage['ninja:1:bug:mlp:three-slips']?.includes('mended')")
    assert json.loads(desk.tab.evaluate("localStorage['ninja:1:mlp']")) == mine


def keep(desk: Desk, key: str, value: str) -> None:
    desk.tab.evaluate("([key, value]) => localStorage.setItem(key, value)", [key, value])


@pytest.mark.parametrize("value", ["{", "null", "[]", '"x"', '{"code": 3}', '{"solved": "yes"}'])
def test_a_value_that_cannot_be_read_is_set_aside(desk: Desk, value: str) -> None:
    desk.open("practice/neuron/")
    keep(desk, "ninja:1:neuron", value)
    desk.tab.reload()
    desk.tab.wait_for_selector(".ninja.is-mounted .ninja-bar")
    assert desk.tab.evaluate("localStorage.getItem('ninja:1:aside:neuron:1')") == value
    desk.write("def backward(): pass")
    assert not desk.complaints


BLOCKED = "Object.defineProperty(window, 'localStorage', {get() { throw new Error('blocked') }})"
FULL = "Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError') }"


@pytest.mark.parametrize("broken", [BLOCKED, FULL])
def test_storage_that_fails_is_said_and_breaks_nothing(desk: Desk, broken: str) -> None:
    desk.tab.add_init_script(broken)
    desk.open("practice/neuron/")
    desk.complaints.clear()  # of the theme's own, which keeps the colour mode there
    desk.write("def backward(): pass")
    desk.says("until you leave")
    assert desk.submit(EXERCISES["neuron"].solution)["passed"]
    assert not desk.complaints


def test_two_tabs_do_not_lose_each_others_code(desk: Desk, address: str) -> None:
    desk.open("practice/neuron/")
    desk.wake()
    other = Desk(desk.tab.context, address).open("practice/neuron/")
    other.write("# from the other tab")
    desk.tab.wait_for_function(
        "document.querySelector('.cm-content').textContent === '# from the other tab'"
    )
    # Both at once: what comes later is kept, and the other is on offer.
    entry = {"code": "# meanwhile", "starter": "", "solved": False, "tries": 0, "hint": 0}
    keep(desk, "ninja:1:neuron", json.dumps(entry))
    desk.write("# from this tab")
    desk.press("Exchange it")
    assert desk.text() == "# meanwhile"
    assert not desk.complaints + other.complaints


def test_export_and_import(desk: Desk, browser: Any, address: str, tmp_path: Path) -> None:
    desk.open("practice/neuron/")
    assert desk.submit(EXERCISES["neuron"].solution)["passed"]
    desk.tab.goto(f"{address}practice/")
    with desk.tab.expect_download() as download:
        desk.tab.get_by_role("button", name="Export").click()
    file = tmp_path / "progress.json"
    download.value.save_as(file)
    assert json.loads(file.read_text())["exercises"]["neuron"]["solved"]
    context = browser.new_context()
    other = Desk(context, address)
    other.tab.goto(f"{address}practice/")
    other.tab.locator(".ninja-progress input[type=file]").set_input_files(file)
    other.tab.wait_for_selector("[data-solves=neuron] .ninja-solved")
    (tmp_path / "bad.json").write_text("{}")
    other.tab.locator(".ninja-progress input[type=file]").set_input_files(tmp_path / "bad.json")
    other.tab.locator(".ninja-progress [role=status]", has_text="no progress").wait_for()
    context.close()


# ---------------------------------------------------------------- on the way


def test_python_is_kept_when_the_page_is_exchanged(desk: Desk) -> None:
    desk.open("practice/neuron/")
    assert desk.submit(EXERCISES["neuron"].solution)["passed"]
    started = len([path for path in desk.loaded if "worker-" in path])
    desk.tab.evaluate("window.same = true")
    desk.tab.locator("[data-md-component=tabs] a[href*=practice]").click()
    desk.tab.wait_for_selector(".ninja-progress.is-mounted")
    desk.tab.locator("article a[data-solves=norm_list]").click()
    desk.tab.wait_for_selector("[data-exercise=norm_list].is-mounted .ninja-bar")
    assert desk.submit(EXERCISES["norm_list"].solution)["passed"]
    assert desk.tab.evaluate("window.same")
    assert len([path for path in desk.loaded if "worker-" in path]) == started
    desk.tab.go_back()
    desk.tab.go_back()
    desk.tab.wait_for_selector("[data-exercise=neuron].is-mounted .ninja-bar")
    assert desk.submit(EXERCISES["neuron"].solution)["passed"]
    assert not desk.complaints


def test_everything_by_keyboard(desk: Desk) -> None:
    desk.open("practice/neuron/")
    keys = desk.tab.keyboard
    desk.box.locator("pre").focus()
    desk.box.locator(".cm-content").wait_for()
    desk.tab.wait_for_function("document.activeElement.classList.contains('cm-content')")
    keys.press("Control+a")
    keys.insert_text("def backward(dh): return dh, dh, dh, dh")
    keys.press("Escape")
    keys.press("Tab")
    assert desk.tab.evaluate("document.activeElement.textContent") == "Check"
    keys.press("Enter")
    assert not desk.answer()["passed"]
    keys.press("Tab")
    keys.press("Enter")  # Hint
    desk.tab.wait_for_function("document.activeElement.tagName === 'SUMMARY'")
    assert desk.box.locator(".ninja-hints details[open]").count() == 1


def test_hints_start_where_the_diagnosis_says_and_the_pieces_move(desk: Desk) -> None:
    desk.open("practice/neuron/")
    desk.write("def backward(dh): return None")
    while not desk.box.locator(".ninja-piece").count():
        desk.press("Hint")
    pieces = desk.box.locator(".ninja-piece code").all_inner_texts()
    lines = [line.strip() for line in EXERCISES["neuron"].solution.splitlines()]
    right = sorted(pieces, key=lines.index)
    assert right != pieces
    for wanted, piece in enumerate(right):
        now = desk.box.locator(".ninja-piece code").all_inner_texts().index(piece)
        desk.box.locator(".ninja-piece").nth(now).focus()
        for _ in range(now - wanted):
            desk.tab.keyboard.press("ArrowUp")
    desk.press("Put them into the editor")
    assert desk.check()["passed"]


def test_pieces_can_be_dragged(desk: Desk) -> None:
    desk.open("practice/neuron/")
    while not desk.box.locator(".ninja-piece").count():
        desk.press("Hint")
    before = desk.box.locator(".ninja-piece code").all_inner_texts()
    first, last = desk.box.locator(".ninja-piece").first, desk.box.locator(".ninja-piece").last
    last.scroll_into_view_if_needed()
    first.drag_to(last)
    assert desk.box.locator(".ninja-piece code").all_inner_texts() == [*before[1:], before[0]]


def test_the_solution_waits_and_reset_keeps_the_code(desk: Desk) -> None:
    desk.open("practice/neuron/")
    desk.write("# mine")
    desk.press("Solution")
    desk.tab.wait_for_function(
        "document.querySelector('.ninja-status').textContent.includes('first')"
    )
    desk.press("Solution")
    desk.press("Put it into the editor")
    assert desk.text() == EXERCISES["neuron"].solution
    desk.press("Exchange it")
    assert desk.text() == "# mine"
    desk.press("Reset")
    assert desk.text() == EXERCISES["neuron"].starter
    desk.press("Exchange it")
    assert desk.text() == "# mine"


def test_downloads_bring_the_code_along(desk: Desk) -> None:
    desk.open("practice/neuron/")
    desk.write("# mine")
    desk.press("Download")
    for name in ("neuron.py", "Notebook"):
        desk.box.locator(".ninja-downloads a[href^='blob:']", has_text=name).wait_for()
        with desk.tab.expect_download() as download:
            desk.box.locator(".ninja-downloads a", has_text=name).click()
        assert "# mine" in Path(download.value.path()).read_text("utf-8")


@needs_numpy
def test_the_map_of_differences_by_key_and_pointer(shared: Desk) -> None:
    shared.go("linear")
    wrong = EXERCISES["linear"].solution.replace("x.T @ dout", "2 * (x.T @ dout)")
    assert not shared.submit(wrong)["passed"]
    shared.tab.get_by_role("button", name="Compare dW with the truth").click()
    shared.box.locator(".ninja-heat").focus()
    shared.tab.keyboard.press("ArrowRight")
    shared.tab.wait_for_function(
        "document.querySelector('.ninja-entry').textContent.includes('Two forward runs')"
    )
    said = shared.box.locator(".ninja-entry").inner_text()
    assert "dW[0, 1]" in said
    yours, truth = map(float, re.findall(r"(?:yours|truth) (\S+),", said))
    assert yours == pytest.approx(2 * truth, rel=1e-3)
    shared.box.locator(".ninja-heat canvas").click(position={"x": 3, "y": 3})
    assert "dW[0, 0]" in shared.box.locator(".ninja-entry").inner_text()


def test_a_bug_hunt(shared: Desk) -> None:
    shared.open("practice/bug-hunt/neuron/")
    box = shared.box
    box.locator(".ninja-choices input").first.wait_for()
    box.get_by_role("button", name="Show me").click()
    result = shared.answer()
    assert not result["passed"]
    red = [t["name"] for t in result["tensors"] if t["tone"] != "right"]
    assert ", ".join(red) in box.locator(".ninja-prediction").inner_text()
    for name in red:
        box.locator(f".ninja-choices input[value={name}]").check()
    box.get_by_role("button", name="Show me").click()
    shared.tab.wait_for_function(
        "document.querySelector('.ninja-prediction').textContent.startsWith('Exactly')"
    )
    assert shared.submit(EXERCISES["neuron"].solution)["passed"]


def test_on_the_home_page_and_in_a_lesson(shared: Desk) -> None:
    for page in ("", "lessons/01-a-tanh-neuron/"):
        shared.tab.goto(shared.address + page)
        shared.tab.wait_for_selector(".ninja.is-mounted .ninja-bar")
        assert shared.submit(EXERCISES["neuron"].solution)["passed"]


@pytest.mark.parametrize("width", [375, 1280])
def test_axe_finds_nothing_in_an_answer(shared: Desk, width: int) -> None:
    shared.tab.set_viewport_size({"width": width, "height": 900})
    try:
        shared.tab.goto(f"{shared.address}practice/neuron/")
        shared.tab.wait_for_selector(".ninja.is-mounted .ninja-bar")
        shared.submit(EXERCISES["neuron"].solution.replace("h**2", "h"))
        shared.press("Hint")
        shared.press("Download")
        shared.tab.locator(".ninja-hints").wait_for()
        assert shared.tab.evaluate("document.documentElement.scrollWidth") <= width
        shared.tab.set_viewport_size({"width": width, "height": 4000})
        shared.tab.add_script_tag(path=str(AXE))
        for scheme in ("default", "slate"):
            shared.tab.evaluate("name => { document.body.dataset.mdColorScheme = name }", scheme)
            found = shared.tab.evaluate("axe.run('.ninja')")["violations"]
            assert not found, [(v["id"], [n["html"] for n in v["nodes"]]) for v in found]
    finally:
        shared.tab.set_viewport_size({"width": 1280, "height": 900})
