"""Labs: notebooks that are written as Python files, and run by mkdocs-jupyter.

A lab is `lessons/NN-name-lab.py` in the percent format: a line `# %% [markdown]` begins text, in
comments, and a line `# %%` begins code. mkdocs-jupyter runs it in a Jupyter kernel and converts
what its cells gave; the page around that is made from the same Markdown as a lesson's, so that
it looks like one, weighs as little, and has its links checked.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bs4 import BeautifulSoup, Tag
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from publish.errors import PageError
from publish.worker import RICH, Outcome, Output, Step

SUFFIX = "-lab.py"
MARKER = re.compile(r"^# %%(?P<text> \[(?:markdown|md)\])?(?P<options>.*)$")
FENCE = "````"
PLACE = re.compile(r"Cell In\[(?P<cell>\d+)\], line (?P<line>\d+)")
COLOUR = re.compile(r"\x1b\[[\d;]*m")
AFTER_SOURCE = "\n------------------\n"  # nbclient's line between a cell's source and its error


class Lab(File):
    """A lab's file: a page, although MkDocs by itself takes Markdown only for one."""

    def is_documentation_page(self) -> bool:
        return True


def lab(root: Path, name: str, config: MkDocsConfig) -> Lab:
    """The file of the lab `root/name`, with its Markdown for content. Raises PageError."""
    file = Lab(
        name,
        str(root),
        config.site_dir,
        config.use_directory_urls,
        inclusion=InclusionLevel.INCLUDED,
    )
    file.content_string = as_markdown(file.content_string, name)
    file.abs_src_path = str(root / name)  # which MkDocs forgets, and mkdocs-jupyter reads
    return file


def as_markdown(text: str, file: str) -> str:
    r"""A percent file as a page: what stands in line n of one stands in line n of the other.

    Raises PageError where a line of text is no comment, or a cell of code ends without a blank
    line, which is where its fence is closed.

    >>> as_markdown("# ---\n# a: b\n# ---\n\n# %% [markdown]\n# Hi\n\n# %%\n1 + 1\n", "x-lab.py")
    '---\na: b\n---\n\n\nHi\n\n````python exec\n1 + 1\n````\n'
    """
    lines: list[str] = []
    in_code = False
    for number, line in enumerate([*text.rstrip().split("\n"), "", "# %% [markdown]"], 1):
        marker = MARKER.match(line)
        if marker is None:
            lines.append(line if in_code else _uncommented(line, file, number))
            continue
        if in_code:
            _close(lines, file, number)
        in_code = marker["text"] is None
        lines.append(f"{FENCE}python exec{marker['options']}" if in_code else "")
    return "\n".join(lines[:-1]) + "\n"


def _uncommented(line: str, file: str, number: int) -> str:
    if line.strip() and line != "#" and not line.startswith("# "):
        raise PageError(
            file,
            number,
            "this line belongs to no cell of code; begin one with `# %%`, or the line with `# `",
        )
    return line[2:]


def _close(lines: list[str], file: str, number: int) -> None:
    """Put the end of a cell of code into the first of the blank lines behind it."""
    at = len(lines)
    while not lines[at - 1].strip():
        at -= 1
    if at == len(lines):
        raise PageError(file, number, "leave a blank line before this one, which begins a cell")
    lines[at] = FENCE


Render = Callable[[MkDocsConfig, Files], None]


def taken_from(page: Page) -> Render:
    """How mkdocs-jupyter would render the page; from now on MkDocs does, as any other page.

    Raises PageError when mkdocs-jupyter does not know the page.
    """
    found: Render | None = vars(page).pop("render", None)
    if found is None:
        name = page.file.src_uri
        said = "mkdocs-jupyter does not run this lab; see `include` in mkdocs.yml"
        raise PageError(name, None, said)
    return found


def run(
    render: Render, page: Page, config: MkDocsConfig, files: Files, steps: Sequence[Step]
) -> list[Outcome]:
    """Let mkdocs-jupyter run and convert a lab, and take what each of its cells gave.

    steps  what there is to run, as the page has it
    Raises PageError with the line that failed.
    """
    file = page.file.src_uri
    for step in steps:
        if step.kind == "value":
            raise PageError(file, step.line, "the text of a lab has no values; print it in a cell")
        if not step.code.strip():
            raise PageError(file, step.line - 1, "this cell is empty")
    try:
        with _our_settings():
            render(config, files)
    except CellExecutionError as error:
        line, message = _describe(error, steps)
        raise PageError(file, line, message) from None
    except (CellTimeoutError, DeadKernelError) as error:
        raise PageError(file, None, f"running this lab: {error}") from None
    cells = BeautifulSoup(page.content or "", "html.parser").select(".jp-CodeCell[id]")
    page.content = None  # MkDocs makes its own, from the Markdown
    if len(cells) != len(steps):
        said = f"Jupyter ran {len(cells)} cells, but the page has {len(steps)} blocks that run"
        raise PageError(file, None, f"{said}; code in the text cannot run, make it a cell")
    return [_outcome(cell, file, step) for cell, step in zip(cells, steps, strict=True)]


@contextmanager
def _our_settings() -> Iterator[None]:
    """Jupyter's settings come from here, not from the home of whoever builds."""
    before = os.environ.get("JUPYTER_CONFIG_DIR")
    os.environ["JUPYTER_CONFIG_DIR"] = str(Path(__file__).with_name("jupyter"))
    try:
        yield
    finally:
        del os.environ["JUPYTER_CONFIG_DIR"]
        if before is not None:
            os.environ["JUPYTER_CONFIG_DIR"] = before


def _describe(error: CellExecutionError, steps: Sequence[Step]) -> tuple[int | None, str]:
    """The line of the file that failed, and the traceback."""
    trace = COLOUR.sub("", error.traceback).rpartition(AFTER_SOURCE)[2].strip()
    message = f"{error.ename}: {error.evalue}\n{trace}"
    places = [(int(m["cell"]), int(m["line"])) for m in PLACE.finditer(trace)]
    if not places:
        return None, message
    cell, line = places[-1]
    return steps[cell - 1].line + line - 1, message


def _outcome(cell: Tag, file: str, step: Step) -> Outcome:
    outcome = Outcome()
    for found in cell.select(".jp-OutputArea-output"):
        output = _output(found, file, step)
        if output.kind == "text" and outcome.outputs and outcome.outputs[-1].kind == "text":
            output = Output("text", outcome.outputs.pop().data + output.data)
        outcome.outputs.append(output)
    return outcome


def _output(found: Tag, file: str, step: Step) -> Output:
    mime = str(found.get("data-mime-type"))
    if mime == "text/plain":
        return Output("text", found.get_text().strip("\n") + "\n")
    if mime == "image/svg+xml" and found.img is not None:
        data = str(found.img["src"]).partition(",")[2]
        return Output("svg", base64.b64decode(data).decode("utf-8"))
    if mime in RICH:
        return Output(RICH[mime], found.decode_contents().strip())
    if mime == "application/vnd.jupyter.stderr":
        said = f"this cell complains: {found.get_text().strip()}"
        raise PageError(file, step.line, said)
    raise PageError(file, step.line, f"this cell gives {mime}; show text, HTML or SVG")
