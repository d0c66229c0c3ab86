"""Which files make the site, in which order, and where each is edited."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel

from publish import labs
from publish.errors import PageError
from publish.mathematics import stylesheet
from publish.text import front_matter, title_of

# Folders beside docs/ that become pages, in the order of the navigation; what else there is
# (docs/*.md) comes after them.
BESIDE_DOCS = ("lessons", "flashcards")
FOLDERS = ("lessons", "practice", "flashcards", "reference")
SUFFIXES = {".md", ".svg", ".png"}

# Front-end packages stand beside this one, put there by `npm ci`.
NODE_MODULES = Path(__file__).resolve().parents[1] / "node_modules"
FONT = NODE_MODULES / "@fontsource/familjen-grotesk/files/familjen-grotesk-latin-700-normal.woff2"

LESSON = re.compile(r"lessons/0*(\d+[a-z]?)-[^/]*\.md$")
LAB = re.compile(rf"lessons/0*(\d+[a-z]?)-[^/]*{re.escape(labs.SUFFIX)}$")
LIST = "<!-- ninja:lessons -->"
NavItem = str | dict[str, list[str]]


def beside_docs(root: Path, config: MkDocsConfig) -> Iterator[File]:
    """The pages that live beside docs/, at URLs that begin with their folder."""
    for folder in BESIDE_DOCS:
        for path in sorted((root / folder).rglob("*")):
            name = path.relative_to(root).as_posix()
            if path.name.startswith((".", "_")):
                continue
            if path.name.endswith(labs.SUFFIX):
                yield labs.lab(root, name, config)
            elif path.suffix in SUFFIXES:
                yield File(
                    name,
                    str(root),
                    config.site_dir,
                    config.use_directory_urls,
                    inclusion=InclusionLevel.INCLUDED,
                )


def generated(
    config: MkDocsConfig, uri: str, content: str, edit_uri: str | None, in_nav: bool = True
) -> File:
    """A page that is written by us; `edit_uri` is the file one has to edit to change it."""
    inclusion = InclusionLevel.INCLUDED if in_nav else InclusionLevel.NOT_IN_NAV
    file = File.generated(config, uri, content=content, inclusion=inclusion)
    file.edit_uri = edit_uri
    return file


def third_party(config: MkDocsConfig) -> Iterator[File]:
    """Stylesheet and fonts from the locked npm packages. Raises FileNotFoundError."""
    katex = NODE_MODULES / "katex" / "dist"
    for needed in (katex, FONT):
        if not needed.exists():
            raise FileNotFoundError(f"{needed} is not there; `npm ci` puts it in place")
    css = stylesheet((katex / "katex.min.css").read_text("utf-8"))
    yield File.generated(config, "assets/katex/katex.min.css", content=css)
    for font in sorted((katex / "fonts").glob("*.woff2")):
        yield File.generated(config, f"assets/katex/fonts/{font.name}", abs_src_path=str(font))
    yield File.generated(config, "assets/fonts/display.woff2", abs_src_path=str(FONT))


def navigation(files: Iterable[File]) -> list[NavItem]:
    """Home, the folders in their order, then the other pages.

    In a folder its index comes first, then the pages of docs/ that ask to stand there (`nav:
    lessons` in their front matter), then its own, by `order` in their front matter and by name.
    """
    shown = (f for f in files if not f.inclusion.is_not_in_nav())
    pages = {f.src_uri: f for f in shown if f.is_documentation_page()}
    guides = {uri: _asked_folder(file) for uri, file in pages.items()}
    place = {
        uri: (front_matter(file.content_string).get("order", 0), in_order(uri))
        for uri, file in pages.items()
    }
    nav: list[NavItem] = [uri for uri in pages if uri == "index.md"]
    for folder in FOLDERS:
        own = sorted((u for u in pages if u.startswith(f"{folder}/")), key=place.__getitem__)
        asked = sorted(uri for uri, wanted in guides.items() if wanted == folder)
        index = [uri for uri in own if uri == f"{folder}/index.md"]
        if own:
            nav.append({folder.capitalize(): [*index, *asked, *(u for u in own if u not in index)]})
    known = {uri for entry in nav if isinstance(entry, dict) for uri in next(iter(entry.values()))}
    rest = sorted(uri for uri in pages if uri not in known and uri != "index.md")
    return [*nav, *rest]


def in_order(uri: str) -> str:
    """What pages of a folder are sorted by: a lesson comes before a lab of its name."""
    return uri.rpartition(".")[0]


def _asked_folder(file: File) -> str | None:
    """The folder that a page of docs/ asks to stand in. Raises PageError for an unknown one."""
    if "/" in file.src_uri:
        return None
    folder = front_matter(file.content_string).get("nav")
    if folder is None or folder in FOLDERS:
        return folder
    given = ", ".join(FOLDERS)
    raise PageError(source_path(file), 1, f"nav: {folder!r} is no folder; there are {given}")


def lessons_index(files: Files) -> str | None:
    """A page that lists the lessons in order, or None when somebody wrote one."""
    if any(f.src_uri == "lessons/index.md" for f in files):
        return None
    return f"---\ndescription: The course, lesson by lesson.\n---\n# Lessons\n\n{LIST}\n"


def lessons_list(files: Files) -> str:
    """The lessons in order, each with the sentence that describes it, for a page in lessons/."""
    lessons = sorted(
        (f for f in files if f.src_uri.startswith("lessons/") and f.is_documentation_page()),
        key=lambda f: in_order(f.src_uri),
    )
    items = []
    for file in lessons:
        name = file.src_uri.removeprefix("lessons/")
        if name == "index.md":
            continue
        content = file.content_string
        number = mark_of(file.src_uri)
        link = f"[{title_of(content) or name}]({name})"
        shown = f"<!-- ninja:lesson {number} title -->" if number else link
        items.append(f"- {shown}\n\n    {front_matter(content).get('description', '')}")
    return "\n\n".join(items or ["The first one is being written."])


def lesson_number(uri: str) -> str | None:
    """What a lesson is called by; a second page of lesson 11 is lesson 11b. None for other pages.

    >>> lesson_number("lessons/07-name.md"), lesson_number("lessons/11b-name.md")
    ('7', '11b')
    """
    found = LESSON.match(uri)
    return found[1] if found else None


def mark_of(uri: str) -> str | None:
    """What marks on pages call a lesson or a lab. None for other pages.

    >>> mark_of("lessons/11b-name.md"), mark_of("lessons/09-name-lab.py"), mark_of("index.md")
    ('11b', '9-lab', None)
    """
    found = LAB.match(uri)
    return f"{found[1]}-lab" if found else lesson_number(uri)


def notebook_name(file: File) -> str | None:
    """What the notebook of a page is called, None for a page that is neither lesson nor lab."""
    if lesson_number(file.src_uri) is None and not isinstance(file, labs.Lab):
        return None
    return f"{file.name}.ipynb"


def edit_links(files: Files) -> None:
    """Links for editing start at the repository's root, and so do our paths."""
    for file in files:
        if file.edit_uri is not None:
            file.edit_uri = f"docs/{file.src_uri}"


def source_path(file: File) -> str:
    """The file that a message about a page names: its own, relative to the repository."""
    return file.src_uri if file.generated_by or not file.edit_uri else file.edit_uri
