"""Tiny sites, built to see what the engine does with what authors write."""

from __future__ import annotations

import json
import logging
import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import nbformat
import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort

from publish import figures, isolated
from publish.fences import UnclosedFence, fences
from publish.notebook import plain_markdown

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


@pytest.fixture
def tiny(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Tiny:
    return Tiny(tmp_path, caplog)


FRONT = "---\ndescription: A try.\n---\n\n# Try\n\n"
FIGURE = """
import matplotlib.pyplot as plt
plt.figure(figsize=(2, 1))
plt.plot([0, 1], color="C1")
plt.text(0, 0, "up");
"""


def test_output_value_and_prose(tiny: Tiny) -> None:
    page = tiny.lesson(
        FRONT
        + dedent(
            """
            ```python exec
            x = 0.25
            print("printed <b>")
            x * 2
            ```

            It is {{= x:.3f }}, and $x = {{= x }}$; `{{= x }}` is code. {{= "a" "b" }}

            ```python exec hide
            y = x; print("seen")
            ```

            ```python exec
            y;
            ```

            - in a list

                ```python exec
                print("deep")
                ```
            """
        )
    )
    assert "printed &lt;b&gt;\n0.5</code>" in page
    assert "It is 0.250, and" in page
    assert "<code>{{= x }}</code> is code. ab" in page
    assert "<mn>0.25</mn>" in page
    assert "seen" in page
    assert "y = x" not in re.sub(r"<[^>]+>", "", page)
    assert page.count('class="ninja-output') == 3
    assert re.search(r"<li>.*deep.*</li>", page, re.DOTALL)


@pytest.mark.parametrize(
    ("block", "line", "words"),
    [
        ("```python exec\nx = 1\nx / 0\n```\n", 9, "ZeroDivisionError"),
        ("```python exec\nx = 1\n\nx = = 1\n```\n", 10, "SyntaxError"),
        ("```python exec\nimport warnings\nwarnings.warn('old')\n```\n", 9, "UserWarning: old"),
        ('```python exec raises="ValueError"\n1\n```\n', 8, "should raise ValueError"),
        ('```python exec raises="ValueError"\n1 / 0\n```\n', 8, "ZeroDivisionError"),
        ("text\n\nsay {{= nothing:.2f }}\n", 9, "name 'nothing' is not defined"),
        ("```python exec\n" + FIGURE + "```\n", 7, "no text alternative"),
        ('```python exec fig-alt="x"\n1\n```\n', 7, "drew none"),
        ("```python exec hidden\n1\n```\n", 7, "unknown option hidden"),
        ("```bash exec\nls\n```\n", 7, "only python blocks"),
        ("```python exec\n1\n", 7, "never closed"),
        ("\n<!-- ninja:source ninja/value.py:triple -->\n", 8, "there are double"),
        ("\n<!-- ninja:source ninja/nowhere.py:f -->\n", 8, "no file ninja/nowhere.py"),
        ("\n<!-- ninja:mistake tanh:x -->\n", 8, "no operation 'tanh'"),
    ],
)
def test_what_fails_is_reported_with_its_line(
    tiny: Tiny, block: str, line: int, words: str
) -> None:
    said = tiny.complaint(FRONT + block)
    assert f"lessons/01-try.md:{line}:" in said
    assert words in said


def test_bad_tex_names_page_and_formula(tiny: Tiny) -> None:
    said = tiny.complaint(FRONT + r"$\frac{1}{2$")
    assert "lessons/01-try.md" in said
    assert r"\frac{1}{2" in said


def test_broken_links_stop_the_build(tiny: Tiny) -> None:
    with pytest.raises(Abort, match="strict"):
        tiny.lesson(FRONT + "[away](02-none.md)\n")


def test_a_figure_follows_the_page(tiny: Tiny) -> None:
    page = tiny.lesson(FRONT + f'```python exec fig-alt="Rises to {{{{= 1 + 1 }}}}."{FIGURE}```\n')
    svg = page[page.index("<svg") : page.index("</svg>")]
    assert 'role="img" aria-label="Rises to 2."' in svg
    assert "var(--ninja-gradient)" in svg
    assert "currentColor" in svg
    assert ">up</text>" in svg
    assert not set(re.findall(r"#[0-9a-f]{6}\b", svg)) - {"#000000", "#ffffff"}
    assert all(name.startswith("f7-") for name in re.findall(r'\bid="([^"]+)', svg))


def test_pages_do_not_see_each_other(tiny: Tiny) -> None:
    tiny.write("lessons/02-next.md", "# Next\n\n```python exec\nmine\n```\n")
    said = tiny.complaint(FRONT + "```python exec\nmine = 1\n```\n")
    assert "lessons/02-next.md:4: " in said
    assert "name 'mine' is not defined" in said


def test_runs_again_only_when_something_changed(tiny: Tiny) -> None:
    block = """
    ```python exec
    from pathlib import Path
    from ninja.value import VALUE
    with Path("runs").open("a") as file:
        file.write(f"{VALUE}")
    VALUE
    ```
    """
    runs = tiny.folder / "runs"
    text = FRONT + dedent(block)
    assert "1</code>" in tiny.lesson(text)
    assert "1</code>" in tiny.lesson(text + "\nOther prose.\n")
    assert runs.read_text() == "1"
    tiny.write("ninja/value.py", "VALUE = 2\n")
    assert "2</code>" in tiny.lesson(text)
    assert runs.read_text() == "12"


def test_source_is_shown_by_name(tiny: Tiny) -> None:
    page = tiny.lesson(FRONT + "<!-- ninja:source ninja/value.py:double -->\n")
    shown = re.sub(r"<[^>]+>", "", page)
    assert "ninja/value.py · double" in shown
    assert "def double(x):\n    return 2 * x" in shown
    assert "data-copy" not in page


def test_the_copy_button_brings_the_helpers(tiny: Tiny) -> None:
    alone = "def helper():\n    pass\n\n\ndef double(x): ..."
    tiny.write("ninja/text.py", f"def copyable(f):\n    return {alone!r}\n")
    page = tiny.lesson(FRONT + "<!-- ninja:source ninja/value.py:double -->\n")
    assert f'data-copy="{alone}"' in page
    assert "Copying brings along what it uses: helper." in page


def test_an_exercise_is_readable_and_can_be_mounted(tiny: Tiny) -> None:
    page = tiny.lesson(FRONT + '```python exercise="neuron"\ndw = ...\n```\n')
    found = re.search(
        r'<div class="ninja" data-exercise="neuron">(.*?)</pre></div>', page, re.DOTALL
    )
    assert found
    assert "dw = ..." in re.sub(r"<[^>]+>", "", found[1])


def test_navigation_comes_from_the_files(tiny: Tiny) -> None:
    tiny.write("lessons/02-two.md", "# Second\n")
    tiny.write("flashcards/index.md", "# Cards\n")
    tiny.write("docs/about.md", "# About it\n")
    tiny.lesson(FRONT)
    text = (tiny.folder / "site/index.html").read_text("utf-8")
    tabs = re.findall(r'class="md-tabs__link">\s*(.*?)\s*</a>', text, re.DOTALL)
    assert tabs == ["Home", "Lessons", "Flashcards", "About it"]
    index = tiny.page("lessons")
    assert index.index("Try</a>") < index.index("Second</a>")


def test_formulas_are_searched_as_tex_and_once(tiny: Tiny) -> None:
    tiny.lesson(FRONT + "Here is $\\alpha + 12345$.\n\n```python exec\nprint('output')\n```\n")
    index = json.loads((tiny.folder / "site/search/search_index.json").read_text("utf-8"))
    text = " ".join(entry["text"] for entry in index["docs"] if "01-try" in entry["location"])
    page_and_section = [e for e in index["docs"] if "12345" in e["text"]]
    assert len(page_and_section) == 1
    assert page_and_section[0]["text"].count("12345") == 1
    assert "output" not in text.replace("print('output')", "")


def test_the_notebook_runs(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    nbclient = pytest.importorskip("nbclient")
    page = tiny.lesson(
        FRONT
        + dedent(
            """
            !!! step "First"

                Take {{= 1 + 1 }}, see [home](../index.md).

            ```python exec
            from ninja.value import double
            total = double(4)
            total
            ```

            ```python exec raises="ZeroDivisionError"
            1 / 0
            ```

            ```python exercise="neuron"
            dw = ...
            ```

            <!-- ninja:source ninja/value.py:double -->
            """
        ).replace("../index.md", "#try")
    )
    assert 'href="01-try.ipynb" download' in page
    path = tiny.folder / "site/lessons/01-try/01-try.ipynb"
    book = nbformat.read(path, as_version=4)
    assert "# %pip install backprop-ninja" in book.cells[0].source
    text = "\n".join(cell.source for cell in book.cells if cell.cell_type == "markdown")
    assert "**First**\n\nTake 2, see [home](http://localhost/lessons/01-try/#try)" in text
    assert "def double(x):" in text
    monkeypatch.setenv("PYTHONPATH", str(tiny.folder))
    nbclient.NotebookClient(
        book, timeout=60, resources={"metadata": {"path": str(tiny.folder)}}
    ).execute()
    results = [o for cell in book.cells for o in cell.get("outputs", ()) if "data" in o]
    assert [o["data"]["text/plain"] for o in results] == ["8"]


def test_links_of_a_notebook_lead_to_the_site() -> None:
    url = "http://x.y/site/lessons/01-a/"
    links = "[n](02-b.md#c) [r](../reference/tanh.md) [e](http://z/a.md)"
    assert plain_markdown(links, url) == (
        "[n](http://x.y/site/lessons/02-b/#c) [r](http://x.y/site/reference/tanh/) [e](http://z/a.md)"
    )


def test_fences_know_what_is_inside_them() -> None:
    text = """````md
```python exec
1
```
````

  ~~~python exec hide title="a b"
  x
  ~~~
"""
    outer, inner = fences(text)
    assert outer.language == "md"
    assert (inner.start, inner.end, inner.code) == (6, 9, "x")
    assert inner.options == {"exec": None, "hide": None, "title": "a b"}
    with pytest.raises(UnclosedFence):
        list(fences("```\nopen"))


@pytest.mark.parametrize(
    ("ask", "words"),
    [((os._exit, 3), "exit code 3"), ((time.sleep, 60), "no end after 0.2 seconds")],
)
def test_a_process_that_gives_no_answer_is_reported(
    ask: tuple[Callable[..., object], int], words: str
) -> None:
    function, argument = ask
    seconds = 0.2 if function is time.sleep else 60
    with pytest.raises(isolated.Died, match=words):
        isolated.call(function, argument, seconds=seconds)


def test_a_picture_that_names_itself_needs_no_other_name() -> None:
    assert figures.names_itself("<svg><title>A graph</title></svg>")
    assert figures.names_itself('<svg aria-label="A graph"></svg>')
    assert not figures.names_itself('<svg><g aria-label="x"/><title> </title></svg>')
