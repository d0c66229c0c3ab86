"""A tiny site, built to see what the engine does with what authors write."""

from __future__ import annotations

import logging
from pathlib import Path
from textwrap import dedent

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = {
    "ninja/__init__.py": "OPS = {}\nNETS = {}\n",
    "ninja/exercises.py": "EXERCISES = {}\n",
    "ninja/op.py": "LAST = 99\n",
    "ninja/dojo.py": "",
    "ninja/hunt.py": "",
    "ninja/value.py": "VALUE = 1\n\n\ndef double(x):\n    return 2 * x\n",
}


class Tiny:
    """A site in a folder of its own, with the theme and the hooks of the real one."""

    def __init__(self, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
        self.folder, self.caplog = folder, caplog
        self.write("docs/index.md", "# Home\n")
        for name, text in PACKAGE.items():
            self.write(name, text)
        self.write(
            "mkdocs.yml",
            f"""
            INHERIT: {ROOT}/mkdocs.yml
            site_url: http://localhost/
            docs_dir: docs
            hooks: [{ROOT}/publish/hooks.py]
            theme: {{custom_dir: {ROOT}/docs/overrides}}
            """,
        )

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip("\n"), "utf-8")

    def build(self) -> None:
        build(load_config(str(self.folder / "mkdocs.yml")))

    def lesson(self, text: str) -> str:
        """Write a lesson, build the site, and give the page's main part."""
        self.write("lessons/01-try.md", text)
        self.build()
        return self.page("lessons/01-try")

    def page(self, name: str) -> str:
        text = (self.folder / "site" / name / "index.html").read_text("utf-8")
        return text[text.index("<article") : text.index("</article>")]

    def complaint(self, text: str) -> str:
        """Write a lesson that stops the build, and give what was said."""
        with self.caplog.at_level(logging.ERROR), pytest.raises(Abort):
            self.lesson(text)
        return self.caplog.text
