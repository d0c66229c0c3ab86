"""The figures of the exercises in the browser:  python -m tests.site.measure [--json]

Serves the built site, gzipped as static hosts do, and takes in Chromium: the bytes of every part,
the time from a click on Check to the result on a first visit, at once and over a slow line, and on
later checks, the recovery from an endless loop in C, and the longest frame while Python loads.
"""

from __future__ import annotations

import argparse
import functools
import http.server
import json
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ninja.exercises import EXERCISES
from publish import chromium
from tests.site.conftest import PACKED, SITE, packed

SLOW, LATENCY = 10e6 / 8, 0.040  # bytes a second, seconds
VISITS, WARM = 3, 5  # how often each is measured; the median counts
LOOP = "sum(iter(int, 1))\n"

# What each figure should not exceed.
LIMITS = {
    "page with editor, kB": 215,
    "first check, scalar, s": 3,
    "first check, NumPy, s": 4,
    "first check, NumPy at 10 Mbit/s and 40 ms, s": 9,
    "warm check of tanh, ms": 100,
    "warm check of makemore, ms": 400,
    "Python is back after a loop in C, s": 4,
    "longest frame while Python loads, ms": 50,
}
FRAMES = """
let before = performance.now();
window.longest = 0;
const look = (now) => {
    longest = Math.max(longest, now - before);
    before = now;
    requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""
CLICK = """box => new Promise((done) => {
    longest = 0;
    const begun = performance.now();
    const status = box.querySelector('.ninja-status');
    status.textContent = '';
    const look = new MutationObserver(() => {
        if (!/^[✓✗]|^Stopped|^(Python|NumPy) |^This/.test(status.textContent)) return;
        look.disconnect();
        done([(performance.now() - begun) / 1000, longest, status.textContent]);
    });
    look.observe(status, {childList: true});
    [...box.querySelectorAll('button')].find((one) => one.textContent === 'Check').click();
})"""


class _Line:
    """A line with so many bytes a second, shared by all that is under way."""

    def __init__(self) -> None:
        self.rate: float | None = None
        self.free_at = 0.0
        self.lock = threading.Lock()

    def wait(self, size: int) -> None:
        if self.rate is None:
            return
        with self.lock:
            self.free_at = max(self.free_at, time.monotonic()) + size / self.rate
            pause = self.free_at - time.monotonic()
        time.sleep(max(0.0, pause))


class _Host(http.server.SimpleHTTPRequestHandler):
    """A static host that sends gzip, over such a line."""

    protocol_version = "HTTP/1.1"
    line = _Line()

    def handle(self) -> None:
        with suppress(ConnectionError):  # a page that was closed wants no more
            super().handle()

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        if not path.is_file():
            self.send_error(404)
            return
        body = packed(path)
        if self.line.rate is not None:
            time.sleep(LATENCY)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Cache-Control", "max-age=600")
        if path.suffix not in PACKED:
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        for start in range(0, len(body), 1 << 14):
            part = body[start : start + (1 << 14)]
            self.line.wait(len(part))
            self.wfile.write(part)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address at which a folder is served."""
    handler = functools.partial(_Host, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


class Visit:
    """A new profile on the page of one exercise, with its solution in the editor."""

    def __init__(self, browser: Any, address: str, name: str) -> None:
        self.context = browser.new_context(reduced_motion="reduce")
        self.paths: set[str] = set()
        self.context.on("request", lambda r: self.paths.add(urlsplit(r.url).path))
        self.tab = self.context.new_page()
        self.tab.add_init_script(FRAMES)
        self.name = name
        self.tab.goto(address)
        # The code is there from an earlier visit, so that nothing has to be typed.
        self.keep(EXERCISES[name].solution)
        self.tab.goto(f"{address}practice/{name}/")
        self.box = self.tab.locator(".ninja")
        self.paths.clear()
        self.tab.reload()
        self.tab.wait_for_selector(".ninja.is-mounted .ninja-bar")
        self.box.locator("pre").hover()
        self.box.locator(".cm-content").wait_for()
        self.tab.wait_for_load_state("networkidle")
        self.shown = set(self.paths)

    def keep(self, code: str) -> None:
        entry = {"code": code, "starter": "", "solved": False, "tries": 0, "hint": 0}
        self.tab.evaluate(
            "([name, entry]) => localStorage.setItem(`ninja:1:${name}`, entry)",
            [self.name, json.dumps(entry)],
        )

    def check(self) -> tuple[float, float]:
        """Seconds from the click to the result, and milliseconds of the longest frame meanwhile."""
        took, longest, said = self.box.evaluate(CLICK)
        if not said.startswith("✓"):
            raise RuntimeError(f"{self.name}: {said}")
        return took, longest

    def recovery(self) -> float:
        """Seconds from the end of a worker that hangs to the next result."""
        self.keep(LOOP + EXERCISES[self.name].solution)
        self.tab.reload()
        self.tab.wait_for_selector(".ninja.is-mounted .ninja-bar")
        self.box.locator("pre").hover()
        self.box.locator(".cm-content").wait_for()
        said = self.box.evaluate(CLICK)[2]
        if not said.startswith("Stopped"):
            raise RuntimeError(f"the loop ended by itself: {said}")
        begun = time.monotonic()
        self.box.locator(".cm-content").click()
        self.tab.keyboard.press("Control+a")
        self.tab.keyboard.insert_text(EXERCISES[self.name].solution)
        self.check()
        return time.monotonic() - begun

    def close(self) -> None:
        self.context.close()


def measure(browser: Any, address: str) -> dict[str, float]:
    """Every figure by its name in LIMITS."""
    found: dict[str, list[float]] = {name: [] for name in LIMITS}
    for _ in range(VISITS):
        for kind, name in (("scalar", "neuron"), ("NumPy", "tanh")):
            visit = Visit(browser, address, name)
            took, longest = visit.check()
            found[f"first check, {kind}, s"].append(took)
            found["longest frame while Python loads, ms"].append(longest)
            found["page with editor, kB"].append(sum(map(_size, visit.shown)) / 1000)
            visit.close()
        _Host.line.rate = None
        visit = Visit(browser, address, "tanh")
        _Host.line.rate = SLOW
        found["first check, NumPy at 10 Mbit/s and 40 ms, s"].append(visit.check()[0])
        _Host.line.rate = None
        visit.close()
    for name in ("tanh", "makemore"):
        visit = Visit(browser, address, name)
        visit.check()
        found[f"warm check of {name}, ms"] += [1000 * visit.check()[0] for _ in range(WARM)]
        if name == "tanh":
            found["Python is back after a loop in C, s"].append(visit.recovery())
        visit.close()
    return {name: statistics.median(values) for name, values in found.items()}


def _size(address: str) -> int:
    path = SITE / address.lstrip("/")
    path = path / "index.html" if path.is_dir() else path
    return len(packed(path)) if path.is_file() else 0


def parts() -> dict[str, int]:
    """The bytes of every part of the dojo, as they travel."""
    files = (SITE / "assets" / "dojo").rglob("*")
    return {
        path.relative_to(SITE / "assets" / "dojo").as_posix(): len(packed(path))
        for path in sorted(files)
        if path.is_file() and path.parent.name != "exercises"
    }


def main() -> int:
    """Print the figures; 1 when one of them is more than it should be."""
    parser = argparse.ArgumentParser(prog="python -m tests.site.measure", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    as_json = parser.parse_args().json
    from playwright.sync_api import sync_playwright

    path = chromium.find()
    if path is None or not SITE.is_dir():
        print("This needs a built site (make site) and Chromium.", file=sys.stderr)
        return 2
    with served(SITE) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=chromium.FLAGS)
        figures, bytes_of = measure(browser, address), parts()
        browser.close()
    if as_json:
        print(json.dumps({"figures": figures, "limits": LIMITS, "bytes": bytes_of}))
    else:
        for name, value in figures.items():
            print(f"{name:<48} {value:8.1f}   at most {LIMITS[name]}")
        for name, size in bytes_of.items():
            print(f"{name:<48} {size:8d} bytes as it travels")
    return int(any(figures[name] > most for name, most in LIMITS.items()))


if __name__ == "__main__":
    sys.exit(main())
