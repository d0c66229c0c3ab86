"""Each lesson as a notebook: its text, its code, its exercises, ready to run at home."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Callable
from urllib.parse import urljoin

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from publish.execute import Prose
from publish.fences import Fence

SETUP = "# Run this once where the package is not installed:\n# %pip install backprop-ninja"
BOX = re.compile(
    r"^(?P<indent> *)(?:!!!|\?\?\?\+?|===) *(?P<kind>[\w -]*?) *(?:\"(?P<title>.*)\")?$"
)
LINK = re.compile(r"(?<!!)\[(?P<text>[^\]]*)\]\((?P<url>[^)\s]+)\)")
ATTRIBUTES = re.compile(r"[ \t]*\{[:.#][^}\n]*\}")
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
    made = [new_code_cell(SETUP)]
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
    return _written(title, made)


def exercise_notebook(name: str, title: str, starter: str, page_url: str) -> str:
    """The notebook of an exercise: its starter, as the terminal writes it, and the check."""
    return _written(
        name,
        [
            new_markdown_cell(f"# {name}\n\n{title} The exercise in the browser: <{page_url}>"),
            new_code_cell(SETUP),
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
    """A link to a page's file (`02-x.md#y`) as one to the page itself."""
    path, hash_, fragment = url.partition("#")
    if "://" in url or not path.endswith(".md"):
        return url if "://" in url else urljoin(page_url, url)
    page = path.removesuffix(".md").removesuffix("index")
    folder = urljoin(page_url, "..")
    return urljoin(folder, page.rstrip("/") + "/" if page else "./") + hash_ + fragment
