"""Labs and notebooks: run in the build, run again at home, and opened in Colab."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from textwrap import dedent

import jupytext
import nbformat
import pytest
from mkdocs.exceptions import Abort

from publish.fences import fences
from publish.labs import SUFFIX, as_markdown
from publish.notebook import BRANCH, plain_markdown
from tests.site.conftest import SITE
from tests.site.test_built_site import PACKED, RAW
from tests.site.tiny import ROOT, Tiny

LABS = sorted((ROOT / "lessons").glob(f"*{SUFFIX}"))
NOTEBOOKS = sorted(SITE.glob("lessons/*/*.ipynb"))
TEXT = """\
# ---
# description: A try.
# ---

# %% [markdown]
# # A lab
#
# Let $x = 12345$, see [the lesson](01-try.md#try) and <!-- ninja:lesson 1 title -->.
# { .ninja-lede }

"""


@pytest.fixture
def package(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel of a lab finds the package of the tiny site."""
    monkeypatch.setenv("PYTHONPATH", str(tiny.folder))


def lab(tiny: Tiny, cells: str) -> str:
    """Write a lab beside a lesson, build the site, and give the lab's page."""
    tiny.write("lessons/01-try-lab.py", TEXT + dedent(cells).lstrip("\n"))
    tiny.lesson("# Try\n\nTo [the lab](01-try-lab.py#a-lab).\n")
    return tiny.page("lessons/01-try-lab")


@pytest.mark.usefixtures("package")
def test_a_lab_is_a_page_like_any_other(tiny: Tiny) -> None:
    page = lab(
        tiny,
        """
        # %%
        from ninja.value import double

        print("printed <b>")
        double(4)

        # %%
        class Picture:
            def _repr_svg_(self):
                return '<svg viewBox="0 0 1 1"><title>A square</title></svg>'

        Picture()

        # %% title="Your turn"
        class Table:
            def _repr_html_(self):
                return "<b>table</b>"

        Table()
        """,
    )
    assert 'href="../01-try/#try"' in page
    assert "1. Try</a>" in page
    assert "<mn>12345</mn>" in page
    assert "printed &lt;b&gt;\n8</code>" in page
    assert '<svg role="img" viewBox="0 0 1 1"><title>A square</title></svg>' in page
    assert '<div class="ninja-html"><b>table</b></div>' in page
    assert '<span class="filename">Your turn</span>' in page
    assert "/edit/main/lessons/01-try-lab.py" in page
    assert "jp-" not in page
    index = tiny.page("lessons")
    assert index.index("Try</a>") < index.index("A lab</a>")
    assert "A try." in index
    search = json.loads((tiny.folder / "site/search/search_index.json").read_text("utf-8"))
    assert "12345" in " ".join(e["text"] for e in search["docs"] if "try-lab" in e["location"])


@pytest.mark.usefixtures("package")
def test_a_lab_runs_again_only_when_something_changed(tiny: Tiny) -> None:
    runs = tiny.folder / "runs"
    cells = f"""
        # %%
        from pathlib import Path

        from ninja.value import VALUE

        with Path({str(runs)!r}).open("a") as file:
            file.write(str(VALUE))
        VALUE
        """
    assert "1</code>" in lab(tiny, cells)
    assert "1</code>" in lab(tiny, cells)
    assert runs.read_text() == "1"
    tiny.write("ninja/value.py", "VALUE = 2\n")
    assert "2</code>" in lab(tiny, cells)
    assert runs.read_text() == "12"


@pytest.mark.parametrize(
    ("cells", "line", "words"),
    [
        ("# %%\ndef f():\n    return 1 / 0\n\n\n# %%\nf()\n", 13, "ZeroDivisionError: division"),
        ("# %%\nx = 1\n\nx = = 1\n", 14, "SyntaxError"),
        ("# %%\nimport warnings\n\nwarnings.warn('old')\n", 12, "UserWarning: old"),
        (
            "# %%\nfrom IPython.display import Latex\n\nLatex('x')\n",
            12,
            "this cell gives text/latex",
        ),
        ("# %%\n\n# %%\n1\n", 11, "this cell is empty"),
        ("# %%\n1\n# %%\n2\n", 13, "leave a blank line"),
        ("print(1)\n", 11, "belongs to no cell"),
        ("# %% [markdown]\n# {{= 1 }}\n", 12, "has no values"),
        ("# %% [markdown]\n# ```python\n# 1\n", 12, "never closed"),
        ("# %% [markdown]\n# <!-- ninja:mistake tanh:x -->\n", 12, "no operation 'tanh'"),
        ('# %% colour="red"\n1\n', 11, "unknown option colour"),
    ],
)
def test_what_fails_is_reported_with_its_line(
    tiny: Tiny, cells: str, line: int, words: str
) -> None:
    with tiny.caplog.at_level("ERROR"), pytest.raises(Abort):
        lab(tiny, cells)
    assert f"lessons/01-try-lab.py:{line}:" in tiny.caplog.text
    assert words in tiny.caplog.text


def test_broken_links_of_a_lab_stop_the_build(tiny: Tiny) -> None:
    with pytest.raises(Abort, match="strict"):
        lab(tiny, "# %% [markdown]\n# [away](01-try.md#none)\n")


@pytest.mark.parametrize("path", LABS, ids=lambda path: path.stem)
def test_the_page_of_a_lab_has_the_cells_that_jupyter_runs(path: Path) -> None:
    ours = [f.code.rstrip() for f in fences(as_markdown(path.read_text("utf-8"), path.name))]
    theirs = [cell.source for cell in jupytext.read(path).cells if cell.cell_type == "code"]
    assert ours == theirs


@pytest.mark.parametrize("path", LABS, ids=lambda path: path.stem)
def test_a_lab_is_light(path: Path) -> None:
    page = SITE / "lessons" / path.stem / "index.html"
    if not page.exists():
        pytest.skip("there is no built site; `make site` builds it")
    content = page.read_bytes()
    assert len(content) <= RAW
    assert len(gzip.compress(content, 9)) <= PACKED


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_at_home(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a folder with nothing of the repository, where the package can be imported."""
    nbclient = pytest.importorskip("nbclient")
    installed, home = tmp_path / "installed", tmp_path / "home"
    installed.mkdir()
    home.mkdir()
    for name in ("ninja", "backprop_ninja.py"):
        (installed / name).symlink_to(ROOT / name)
    monkeypatch.setenv("PYTHONPATH", str(installed))
    book = nbformat.read(path, as_version=4)
    assert "%pip install backprop-ninja" in book.cells[0].source
    resources = {"metadata": {"path": str(home)}}
    nbclient.NotebookClient(book, timeout=120, resources=resources).execute()
    assert not book.cells[0].outputs, "nothing was missing, so nothing is to be installed"
    for cell in book.cells:
        outputs = cell.get("outputs", [])
        assert not [o for o in outputs if o.get("name") == "stderr"]
        assert sum("text/html" in o.get("data", {}) for o in outputs) <= 1, "shown twice"


def test_every_lesson_and_lab_has_its_notebook() -> None:
    if not SITE.is_dir():
        pytest.skip("there is no built site; `make site` builds it")
    pages = [*LABS, *(ROOT / "lessons").glob("[0-9]*.md")]
    assert {path.stem for path in NOTEBOOKS} == {path.stem for path in pages}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_colab_opens_what_the_branch_will_have(path: Path) -> None:
    page = path.with_name("index.html").read_text("utf-8")
    link = re.search(r'"https://colab\.research\.google\.com/github/([^"]+)"', page)
    assert link is not None
    place = path.relative_to(SITE).as_posix()
    assert re.fullmatch(rf"[\w.-]+/[\w.-]+/blob/{BRANCH}/{re.escape(place)}", link[1])


def test_the_workflow_keeps_that_branch() -> None:
    workflow = (ROOT / ".github/workflows/ci.yml").read_text("utf-8")
    assert re.search(rf"git push [^\n]*\\\n[^\n]* {BRANCH}$", workflow, re.MULTILINE)


def test_a_notebook_s_text_has_neither_marks_nor_attributes() -> None:
    text = "Words.\n{ .ninja-lede }\n\n$\\hspace{.5em}$ `{:.3f}`\n\n<!-- mark -->\n"
    assert plain_markdown(text, "").strip() == "Words.\n\n\n$\\hspace{.5em}$ `{:.3f}`"
