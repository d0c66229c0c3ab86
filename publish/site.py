"""One build of the site: what the hooks do, with what they share."""

from __future__ import annotations

import json
import os
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from mkdocs.utils.meta import get_data

from publish import (
    accessible,
    bundle,
    deckpages,
    files,
    fonts,
    isolated,
    labs,
    lessons,
    mathematics,
    pictures,
    practice,
    records,
    reference,
    sourcecode,
    styles,
)
from publish.cache import Cache, digest_of_files, versions
from publish.deckpages import Shelf
from publish.errors import PageError
from publish.execute import Executed, execute, split, steps
from publish.exercises import show_exercises
from publish.fences import UnclosedFence
from publish.lighter import lighter
from publish.mathematics import Formula, Katex
from publish.notebook import colab, notebook
from publish.slots import Slots
from publish.text import PageText
from publish.worker import Outcome, Output, Step, run_page

HERE = Path(__file__).resolve().parent
LIBRARIES = ("numpy", "torch", "matplotlib", "ipython", "mkdocs-jupyter")


class Site:
    """Everything that lives as long as one build, and no longer."""

    def __init__(self, config: MkDocsConfig, serving: bool) -> None:
        self.config = config
        self.serving = serving
        self.root = Path(config.config_file_path).resolve().parent
        self.cache = Cache(self.root / ".cache" / "site")
        self.katex = Katex()
        self.formulas: list[str] = []  # typeset, to know which glyphs they need
        self.slots: dict[str, Slots] = {}
        self.beside: dict[str, str] = {}  # files that pages bring along, by their place
        self.workers = ThreadPoolExecutor(os.cpu_count())
        self.lessons: dict[str, lessons.Lesson] = {}
        self.lessons_list = ""
        self.shelf = Shelf([], {}, {}, {})
        self.running: dict[str, Future[list[dict[str, Any]]]] = {}
        # What running code depends on, beside the code itself.
        sources = [self.root / "ninja", HERE / "worker.py", HERE / "figures.py"]
        self.environment = [digest_of_files(sources), *versions(LIBRARIES)]
        package = files.NODE_MODULES / "katex" / "package.json"
        self.katex_version = json.loads(package.read_text("utf-8"))["version"]
        self.ops = {op.name: op for op in map(reference.from_dict, self._describe(reference))}
        self.exercises = [practice.from_dict(one) for one in self._describe(practice)]
        self.numpy = {e.name for e in self.exercises if e.page["needs_numpy"]}

    def collect(self, found: Files) -> Files:
        """Add lessons, decks, reference pages and third-party assets to what docs/ has."""
        files.edit_links(found)
        for file in files.beside_docs(self.root, self.config):
            found.append(file)
        for file in files.third_party(self.config):
            found.append(file)
        styles.join(found, self.config, self.cache.folder)
        for op in self.ops.values():
            uri, text = f"reference/{op.name}.md", reference.page_markdown(op)
            found.append(files.generated(self.config, uri, text, op.path))
        if self.ops:
            text = reference.index_markdown(self.ops.values())
            found.append(files.generated(self.config, "reference/index.md", text, None))
        for page in practice.pages(self.exercises):
            found.append(files.generated(self.config, *page))
        if (listed := files.lessons_index(found)) is not None:
            found.append(files.generated(self.config, "lessons/index.md", listed, None))
        self.lessons = lessons.lessons(found)
        self.shelf = deckpages.shelve(self.root, self.ops.values(), self.lessons, self._typeset)
        for deck in deckpages.pages(self.shelf):
            found.append(files.generated(self.config, *deck))
        for uri, path in deckpages.assets(self.cache.folder):
            found.append(File.generated(self.config, uri, abs_src_path=str(path)))
        if self.config.nav is None:
            self.config.nav = files.navigation(found)
        self.lessons_list = files.lessons_list(found)
        self.beside |= practice.files(self.exercises, self.lessons, str(self.config.site_url))
        self._start_running(found)
        return found

    def markdown(self, markdown: str, page: Page, found: Files) -> str:
        """Run what is to be run, and put in what is only named. Raises PageError."""
        text = PageText(files.source_path(page.file), page.file.content_string)
        slots = self.slots[page.file.src_uri] = Slots()
        if isinstance(page.file, labs.Lab):
            outcomes = self._lab_outcomes(page, found, text, markdown)
        else:
            outcomes = self._outcomes(text.file)
        done = execute(markdown, text.file, text.offset(markdown), outcomes, slots)
        markdown = done.markdown.replace(files.LIST, self.lessons_list)
        markdown = lessons.show_lessons(markdown, page.file.src_uri, self.lessons)
        markdown = show_exercises(markdown, self.numpy, slots)
        markdown = sourcecode.show_sources(markdown, text, self.root, self._copyable, slots)
        markdown = records.show_records(markdown, text, self.ops, slots)
        markdown = deckpages.show_decks(markdown, text, page.file.src_uri, self.shelf, slots)
        if (name := files.notebook_name(page.file)) is not None:
            self._put_beside(page, name, self._notebook(page, done))
        return markdown

    def content(self, html: str, page: Page) -> str:
        """The converted page, with everything in its place."""
        return self.slots[page.file.src_uri].fill(html)

    def context(self, page: Page) -> dict[str, Any]:
        """What the templates want to know about a page beside what MkDocs tells them."""
        number = files.lesson_number(page.file.src_uri)
        kicker = page.meta.get("kicker") if number is None else f"Lesson {number}"
        exercise = next((e for e in self.exercises if e.uri == page.file.src_uri), None)
        if exercise is not None:
            own = {kind: Path(uri).name for kind, uri in exercise.downloads.items()}
            return {"kicker": kicker, **own}
        name = files.notebook_name(page.file)
        link = colab(self.config.edit_uri, _beside(page, name)) if name else None
        cards = deckpages.links_to_decks(number, self.shelf)
        return {"kicker": kicker, "notebook": name, "colab": link, "cards": cards}

    def finished_page(self, html: str, page: Page) -> str:
        """The page as it is written. Raises PageError for TeX that KaTeX does not read."""
        file = files.source_path(page.file)
        html = lighter(accessible.with_names(mathematics.render(html, file, self._typeset)))
        html, drawings = pictures.beside(html)
        if drawings is not None:
            self._put_beside(page, pictures.FILE, drawings)
        return html

    def finished_template(self, html: str) -> str:
        """A page that comes from no file, as it is written."""
        return accessible.with_names(html)

    def finish(self) -> None:
        """Write what stands beside the pages, shrink the fonts to what is shown, and let go."""
        for uri, text in self.beside.items():
            self._write(uri, text.encode())
        if self.exercises:
            dojo = Path(self.config.site_dir) / "assets" / "dojo"
            release = str(self.config.extra["pyodide_packages"])
            bundle.write(dojo, self.root / "ninja", release, self.cache)
        katex_fonts = Path(self.config.site_dir) / "assets" / "katex" / "fonts"
        fonts.shrink(katex_fonts, fonts.characters_in(self.formulas), self.cache)
        for some in self.shelf.files.values():
            for download in some:
                self._write(f"flashcards/{download.name}", download.content)
        self.cache.forget_old()
        self.close()

    def close(self) -> None:
        """Let go, whether or not the build came to its end."""
        self.workers.shutdown(cancel_futures=True)
        self.katex.close()

    def _write(self, uri: str, content: bytes) -> None:
        path = Path(self.config.site_dir) / uri
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def _describe(self, about: ModuleType) -> list[dict[str, Any]]:
        """What a module of ours finds in the package."""
        ours = digest_of_files([Path(str(about.__file__)), HERE / "sourcecode.py"])
        made_from = [self.environment, about.__name__, ours]
        make = partial(isolated.call, about.describe, str(self.root))
        found: list[dict[str, Any]] = self.cache.remember("records", made_from, make)
        return found

    def _start_running(self, found: Files) -> None:
        """Begin to run every page at once, on every core; `markdown` collects what they give."""
        for file in found.documentation_pages():
            if isinstance(file, labs.Lab):
                continue  # mkdocs-jupyter runs it when its turn comes
            body, front_matter = get_data(file.content_string)
            text = PageText(files.source_path(file), file.content_string)
            try:
                todo = list(steps(split(body), text.offset(body)))
            except UnclosedFence:
                continue  # said when the page's turn comes
            if todo:
                slow = bool(front_matter.get("slow"))
                ask = (text.file, todo, slow)
                self.running[text.file] = self.workers.submit(self._run, *ask)

    def _run(self, file: str, todo: list[Step], slow: bool) -> list[dict[str, Any]]:
        """The outcomes of a page's steps, from the cache when nothing they rest on changed.

        A slow page is not run again for each change to the package while it is being served.
        """
        environment = [] if slow and self.serving else self.environment
        made_from = [environment, file, [vars(step) for step in todo]]
        make = partial(_run_page, str(self.root), file, todo)
        found: list[dict[str, Any]] = self.cache.remember("page", made_from, make)
        return found

    def _outcomes(self, file: str) -> list[Outcome]:
        """What the page's steps gave; waits for it. Raises PageError."""
        return _as_outcomes(self.running.pop(file).result() if file in self.running else [])

    def _lab_outcomes(
        self, page: Page, found: Files, text: PageText, markdown: str
    ) -> list[Outcome]:
        """What a lab's cells gave, from the cache when nothing they rest on changed.

        mkdocs-jupyter's own cache knows the lab alone, not the package. Raises PageError.
        """
        render = labs.taken_from(page)
        try:
            todo = list(steps(split(markdown), text.offset(markdown)))
        except UnclosedFence:
            return []  # `execute` says so
        ours = digest_of_files([HERE / "labs.py"])
        made_from = [self.environment, ours, text.file, [vars(step) for step in todo]]

        def make() -> list[dict[str, Any]]:
            return _as_data(labs.run(render, page, self.config, found, todo))

        return _as_outcomes(self.cache.remember("lab", made_from, make))

    def _copyable(self, path: str, name: str) -> str | None:
        made_from = [self.environment, path, name]
        make = partial(isolated.call, sourcecode.copyable_text, str(self.root), path, name)
        text: str | None = self.cache.remember("copy", made_from, make)
        return text

    def _typeset(self, formulas: list[Formula]) -> list[dict[str, str]]:
        made_from = [self.katex_version, digest_of_files([HERE / "katex.mjs"]), formulas]
        make = partial(self.katex, formulas)
        answer: list[dict[str, str]] = self.cache.remember("tex", made_from, make)
        self.formulas += [one["html"] for one in answer if "html" in one]
        return answer

    def _notebook(self, page: Page, done: Executed) -> str:
        def named(text: str) -> str:
            text = lessons.show_lessons(text, page.file.src_uri, self.lessons)
            return records.as_text(sourcecode.as_text(text, self.root), self.ops)

        url = page.canonical_url or page.url
        return notebook(str(page.title), done.cells, url, named)

    def _put_beside(self, page: Page, name: str, text: str) -> None:
        self.beside[_beside(page, name)] = text


def _beside(page: Page, name: str) -> str:
    """Where the site has a file that a page brings along."""
    return str(Path(page.file.dest_uri).with_name(name))


def _run_page(root: str, file: str, steps: list[Step]) -> list[dict[str, Any]]:
    """Run a page in a process of its own. Raises PageError, so that a failure is not kept."""
    try:
        outcomes: list[Outcome] = isolated.call(run_page, root, file, steps)
    except isolated.Died as error:
        raise PageError(file, None, f"running the code of this page: {error}") from None
    except RuntimeError as error:
        raise PluginError(f"{file}: {error}") from None
    for outcome in outcomes:
        if outcome.error is not None:
            raise PageError(file, outcome.line, outcome.error)
    return _as_data(outcomes)


def _as_data(outcomes: list[Outcome]) -> list[dict[str, Any]]:
    return [{"outputs": [vars(o) for o in one.outputs], "value": one.value} for one in outcomes]


def _as_outcomes(data: list[dict[str, Any]]) -> list[Outcome]:
    return [Outcome([Output(**output) for output in one["outputs"]], one["value"]) for one in data]
