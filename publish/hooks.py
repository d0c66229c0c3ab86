"""What MkDocs calls. Each hook hands on to `publish.site`.

MkDocs keeps this module for as long as it serves, so the rest of `publish` is imported anew when
one of its files has changed: that shows on the next reload, as a change to a lesson does.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

    from publish.site import Site

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
WATCHED = ("lessons", "flashcards", "ninja", "publish")
_state: dict[str, Site] = {}
_commands: list[str] = []
_seen: list[dict[Path, int]] = []


def on_startup(command: str, **_: Any) -> None:
    """Remember whether this is `mkdocs serve`."""
    _commands.append(command)


def on_config(config: MkDocsConfig) -> None:
    """Begin a build: today's `publish`, and the folders that a change is to be noticed in."""
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    _forget_changed_modules()
    _state["site"] = importlib.import_module("publish.site").Site(config, "serve" in _commands)
    root = _state["site"].root
    config.watch.extend(str(root / name) for name in WATCHED if (root / name).is_dir())


def _forget_changed_modules() -> None:
    now = {path: path.stat().st_mtime_ns for path in HERE.glob("*.py")}
    if _seen and _seen.pop() != now:
        for name in [n for n in sys.modules if n == "publish" or n.startswith("publish.")]:
            del sys.modules[name]
    _seen.append(now)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Collect the pages."""
    return _state["site"].collect(files)


def on_page_markdown(markdown: str, page: Page, files: Files, **_: Any) -> str:
    """Run the blocks of a page and show what it names."""
    return _state["site"].markdown(markdown, page, files)


def on_page_content(html: str, page: Page, **_: Any) -> str:
    """Put what was run in its place."""
    return _state["site"].content(html, page)


def on_page_context(context: dict[str, Any], page: Page, **_: Any) -> dict[str, Any]:
    """Tell the templates what they want to know."""
    return {**context, **_state["site"].context(page)}


def on_post_page(output: str, page: Page, **_: Any) -> str:
    """Typeset the formulas, when the search index has been given their TeX."""
    return _state["site"].finished_page(output, page)


def on_post_template(output_content: str, **_: Any) -> str:
    """Mend what the theme leaves out of pages that come from no file, such as 404.html."""
    return _state["site"].finished_template(output_content)


def on_post_build(**_: Any) -> None:
    """Write what is not a page."""
    _state["site"].finish()


def on_build_error(**_: Any) -> None:
    """Leave nothing running."""
    if "site" in _state:
        _state.pop("site").close()
