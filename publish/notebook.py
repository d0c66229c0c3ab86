"""Each lesson as a notebook: its text, its code, its exercises, ready to run at home."""

from __future__ import annotations

import ast
import json
import re
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import urljoin

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from publish.execute import Prose
from publish.fences import Fence
from publish.labs import SUFFIX

SETUP = """\
# Installs what is missing, as in Colab.
from importlib.util import find_spec

if not all(map(find_spec, {modules})):
    %pip install {packages}"""
OURS = {"ninja", "numpy"}  # what comes with the package
BRANCH = "gh-pages"  # where .github/workflows/ci.yml keeps the site for Colab
PAGES = (".md", SUFFIX)
GITHUB = re.compile(r"https://github\.com/(?P<repository>[^/]+/[^/]+)/edit/")
BOX = re.compile(
    r"^(?P<indent> *)(?:!!!|\?\?\?\+?|===) *(?P<kind>[\w -]*?) *(?:\"(?P<title>.*)\")?$"
)
LINK = re.compile(r"(?<!!)\[(?P<text>[^\]]*)\]\((?P<url>[^)\s]+)\)")
ATTRIBUTES = re.compile(r"[ \t]*\{:? *[.#][A-Za-z][^{}\n]*\}")
DIVISION = re.compile(r"^[ \t]*</?div[^>]*>[ \t]*\n?", re.MULTILINE)
MARK = re.compile(r"^[ \t]*<!--.*?-->\n?", re.MULTILINE | re.DOTALL)


def notebook(
    title: str,
    cells: list[Prose | Fence],
    page_url: str,
    named: Callable[[str], str],
) -> str:
    """The notebook of a page, as JSON.

    cells     the page's text and fences in turn, values filled in
    page_url  where the page will stand; its relative links start there
    named     puts what a text only names (a function, a mistake) into it, as Markdown
    """
    made: list[nbformat.NotebookNode] = []
    text: list[str] = []
    for cell in cells:
        if isinstance(cell, Prose):
            text.append(named(cell.text))
        elif "exec" in cell.options or "exercise" in cell.options:
            _flush(text, made, page_url)
            code = new_code_cell(cell.code)
            if cell.options.get("raises"):
                code.metadata["tags"] = ["raises-exception"]
            made.append(code)
        else:
            info = cell.language
            body = textwrap.indent(f"```{info}\n{cell.code}\n```", cell.indent)
            text.append(body)
    _flush(text, made, page_url)
    made.insert(0, new_code_cell(setup(one.source for one in made if one.cell_type == "code")))
    return _written(title, made)


def exercise_notebook(name: str, title: str, starter: str, page_url: str) -> str:
    """The notebook of an exercise: its starter, as the terminal writes it, and the check."""
    return _written(
        name,
        [
            new_markdown_cell(f"# {name}\n\n{title} The exercise in the browser: <{page_url}>"),
            new_code_cell(setup([starter])),
            new_code_cell(starter.rstrip("\n")),
            new_code_cell(f'import ninja\n\nninja.check("{name}", backward)'),
        ],
    )


def _written(title: str, made: list[nbformat.NotebookNode]) -> str:
    for number, one in enumerate(made):
        one["id"] = f"cell-{number}"  # the same page gives the same file
    book = new_notebook(
        cells=made,
        metadata={
            "title": title,
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "language_info": {"name": "python"},
        },
    )
    nbformat.validate(book)
    return json.dumps(book, indent=1, ensure_ascii=False) + "\n"


def setup(codes: Iterable[str]) -> str:
    r"""The first cell of a notebook with these cells of code.

    >>> print(setup(["import numpy as np\nimport torch", "from torch import nn"]))
    # Installs what is missing, as in Colab.
    from importlib.util import find_spec
    <BLANKLINE>
    if not all(map(find_spec, ["backprop_ninja", "torch"])):
        %pip install backprop-ninja torch
    """
    others = {name for code in codes for name in imported(code)} - OURS - sys.stdlib_module_names
    modules = json.dumps(["backprop_ninja", *sorted(others)])
    packages = " ".join(["backprop-ninja", *sorted(others)])
    return SETUP.format(modules=modules, packages=packages)


def imported(code: str) -> Iterator[str]:
    r"""The modules that a cell imports, their first names; none when it is no Python.

    >>> list(imported("import a.b, c\ndef f():\n    from d.e import g"))
    ['a', 'c', 'd']
    """
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module).partition(".")[0]


def colab(edit_uri: str | None, path: str) -> str | None:
    """Where Colab opens the notebook at `path` of the site; None for a site that is not on GitHub.

    >>> colab("https://github.com/us/it/edit/main/", "lessons/a/a.ipynb")
    'https://colab.research.google.com/github/us/it/blob/gh-pages/lessons/a/a.ipynb'
    """
    found = GITHUB.match(edit_uri or "")
    if found is None:
        return None
    repository = found["repository"]
    return f"https://colab.research.google.com/github/{repository}/blob/{BRANCH}/{path}"


def _flush(text: list[str], made: list[nbformat.NotebookNode], page_url: str) -> None:
    joined = plain_markdown("\n".join(text), page_url).strip()
    text.clear()
    if joined:
        made.append(new_markdown_cell(joined))


def plain_markdown(text: str, page_url: str) -> str:
    """Markdown that every notebook reads: no boxes, no marks, links that lead to the site."""
    text = DIVISION.sub("", MARK.sub("", text))
    lines: list[str] = []
    boxes: list[int] = []  # the indentation of each box that is open
    for line in text.split("\n"):
        indent = len(line) - len(line.lstrip(" "))
        while line.strip() and boxes and indent <= boxes[-1]:
            boxes.pop()
        if box := BOX.match(line):
            boxes.append(indent)
            lines.append(f"**{box['title'] or box['kind'].capitalize()}**")
        else:
            inside = 4 * len(boxes)
            lines.append(line[inside:] if line[:inside].isspace() else line)
    text = ATTRIBUTES.sub("", "\n".join(lines))
    return LINK.sub(lambda m: f"[{m['text']}]({_link(m['url'], page_url)})", text)


def _link(url: str, page_url: str) -> str:
    """A link to a page's file (`02-x.md#y`, `02-x-lab.py`) as one to the page itself."""
    path, hash_, fragment = url.partition("#")
    if "://" in url or not path.endswith(PAGES):
        return url if "://" in url else urljoin(page_url, url)
    page = path.rpartition(".")[0].removesuffix("index")
    folder = urljoin(page_url, "..")
    return urljoin(folder, page.rstrip("/") + "/" if page else "./") + hash_ + fragment
