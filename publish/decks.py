r"""Read decks of flashcards: flashcards/<deck>.yml

    title: A tanh neuron
    lesson: 1
    cards:
      - id: tanh-slope
        front: What is the slope of $y = \tanh x$, from its output?
        back: $1 - y^2$. So a unit near ±1 passes almost nothing back.
        tags: [tanh]
        check: same(1 - np.tanh(0.5) ** 2, slope(np.tanh, 0.5))
      - mistake: tanh:tanh-forgets-upstream

Both sides are Markdown with formulas and code, and without HTML. A card with `mistake` is written
from the record of the operation, under the mistake's id. `check` is code that must hold; the tests
run it. A card with `vary` comes with several sets of numbers:

      - id: product-dx
        front: $y = w x$ with $w = {{= w }}$, upstream {{= dy }}. What is $dx$?
        back: $dx = w \cdot dy = {{= dx:.2f }}$
        vary:
          w: [0.5, -3]
          dy: [0.4, 2]
          dx: w * dy

An id is for ever: what a reader has learned is kept under it. Ids are unique across all decks.
"""

from __future__ import annotations

import ast
import difflib
import hashlib
import html
import math
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import markdown
import yaml

from publish.errors import PageError
from publish.fences import UnclosedFence, fences
from publish.mathematics import Formula, formulas_in
from publish.reference import MistakeCard, OpPage

ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
DECK_KEYS = ("title", "lesson", "cards")
CARD_KEYS = ("id", "front", "back", "tags", "check", "vary", "mistake")
ALL = "all-decks"  # where a deck's name is expected
TEXT = "tag:yaml.org,2002:str"

NOT_PROSE = re.compile(
    r"(?P<ticks>`+).+?(?P=ticks)|\\\$|\$\$.+?\$\$|\$(?:[^$\n]|\n(?!\s*\n))+\$", re.DOTALL
)
RAW_HTML = re.compile(r"<(?=[a-zA-Z/!?])[^\n>]*>?")
TARGET = re.compile(r'\b(?P<kind>href|src)="(?P<url>[^"]*)"')
MARKUP = re.compile(r"([\\`*_\[\]<>$#])")
NUMBER = re.compile(r"\{\{=\s*(?P<name>\w+)\s*(?::(?P<format>[^}]*?))?\s*\}\}")

FUNCTIONS = {name: getattr(math, name) for name in ("exp", "log", "sqrt", "tanh")}
ARITHMETIC = (
    ast.Expression, ast.BinOp, ast.UnaryOp, ast.Call, ast.Name, ast.Load, ast.Constant,
    ast.operator, ast.unaryop,
)  # fmt: skip

Side = tuple[str, str]
Catalogue = Mapping[str, MistakeCard]  # by the name a card uses: "tanh:tanh-forgets-upstream"


@dataclass(frozen=True)
class Card:
    """One card.

    id        unique across all decks
    front     Markdown: the question
    back      Markdown: the answer
    tags      free words; the id of a mistake here brings the card forward when a reader makes it
    mistake   "operation:mistake" when the card was written from a record
    variants  the same card with other numbers, as (front, back); the card itself is not among them
    check     Python with assertions that prove what the card says
    line      where it stands in its deck's file
    """

    id: str
    front: str
    back: str
    tags: tuple[str, ...] = ()
    mistake: str | None = None
    variants: tuple[Side, ...] = ()
    check: str = ""
    line: int = 0

    @property
    def sides(self) -> tuple[Side, ...]:
        """Every set of numbers, the card's own first."""
        return ((self.front, self.back), *self.variants)

    @property
    def about(self) -> tuple[str, ...]:
        """The ids of the mistakes that bring the card forward."""
        own = (self.mistake.rpartition(":")[2],) if self.mistake else ()
        return (*own, *self.tags)

    @property
    def digest(self) -> str:
        """Changes with what the card says."""
        return hashlib.sha256(repr(self.sides).encode()).hexdigest()[:8]


@dataclass(frozen=True)
class Deck:
    """A deck; `name` is that of its file, which is at `path`, relative to the repository."""

    name: str
    path: str
    title: str
    lesson: int
    cards: tuple[Card, ...]


def load_all(root: Path, ops: Iterable[OpPage]) -> list[Deck]:
    """Every deck of flashcards/, by name. Raises PageError, with file, line and card."""
    known = catalogue(ops)
    decks = []
    for path in sorted((root / "flashcards").glob("*.yml")):
        file = path.relative_to(root).as_posix()
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError as error:
            raise PageError(file, None, f"is not UTF-8: {error.reason}; save it as such") from None
        decks.append(load(file, text, known))
    expect_unique(decks)
    return decks


def catalogue(ops: Iterable[OpPage]) -> dict[str, MistakeCard]:
    """Every mistake by the name that a card uses."""
    return {f"{op.name}:{mistake.id}": mistake for op in ops for mistake in op.mistakes}


def expect_unique(decks: Iterable[Deck]) -> None:
    """Raises PageError when two decks have a card of the same id."""
    seen: dict[str, str] = {}
    for deck in decks:
        for card in deck.cards:
            if card.id in seen:
                message = f"card {card.id!r}: this id is taken, see {seen[card.id]}; find another"
                raise PageError(deck.path, card.line, message)
            seen[card.id] = f"{deck.path}:{card.line}"


def load(file: str, text: str, known: Catalogue) -> Deck:
    """The deck in `text`, the content of `file`. Raises PageError."""
    try:
        root = yaml.compose(text, yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        hint = "; put text that has ': ' or ' #' in it, or begins with a sign, on lines after a '|'"
        raise PageError(file, mark.line + 1 if mark else None, f"{error.problem}{hint}") from None
    except yaml.YAMLError as error:
        raise PageError(file, None, f"cannot be read as YAML: {error}") from None
    if root is None:
        raise PageError(file, None, f"is empty; a deck has {', '.join(DECK_KEYS)}")
    page = _File(file, text)
    fields = page.fields(root, "the deck", DECK_KEYS, needed=DECK_KEYS)
    lesson = page.value(fields["lesson"], "lesson")
    if type(lesson) is not int:
        raise page.wrong(fields["lesson"], f"lesson: expected its number, not {lesson!r}")
    items = fields["cards"]
    if not isinstance(items, yaml.SequenceNode) or not items.value:
        raise page.wrong(items, "cards: expected a list of cards")
    title = page.plain(fields["title"], "title")
    if "\n" in title:
        raise page.wrong(fields["title"], "title: expected one line")
    cards = tuple(page.card(node, known) for node in items.value)
    deck = Deck(Path(file).stem, file, title, lesson, cards)
    expect_unique([deck])
    return deck


@dataclass(frozen=True)
class _File:
    """A deck's file: what its nodes say, and where they stand."""

    name: str
    text_of_file: str

    def wrong(self, node: yaml.Node, message: str, offset: int = 0) -> PageError:
        return PageError(self.name, node.start_mark.line + 1 + offset, message)

    def fields(
        self, node: yaml.Node, what: str, keys: Collection[str], needed: Collection[str] = ()
    ) -> dict[str, yaml.Node]:
        """The values of a mapping by key. Raises PageError for unknown, repeated, missing keys."""
        if not isinstance(node, yaml.MappingNode):
            raise self.wrong(node, f"{what}: expected {', '.join(keys)}, each with a value")
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = str(key.value)
            if name not in keys:
                near = difflib.get_close_matches(name, keys, 1)
                advice = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(keys)}"
                raise self.wrong(key, f"{what}: unknown key {name!r}; {advice}")
            if name in found:
                raise self.wrong(key, f"{what}: {name!r} stands here twice")
            found[name] = value
        for name in needed:
            if name not in found:
                raise self.wrong(node, f"{what}: {name!r} is missing")
        return found

    def value(self, node: yaml.Node, what: str) -> Any:
        try:
            return yaml.SafeLoader("").construct_object(node, deep=True)
        except (yaml.YAMLError, ValueError) as error:
            said = getattr(error, "problem", None) or error
            raise self.wrong(node, f"{what}: cannot be read: {said}") from None

    def text(self, node: yaml.Node, what: str) -> str:
        if not isinstance(node, yaml.ScalarNode) or node.tag != TEXT:
            raise self.wrong(node, f"{what}: expected text; put it in quotes if it looks like none")
        if not node.value.strip():
            raise self.wrong(node, f"{what}: is empty")
        return str(node.value).strip()

    def card(self, node: yaml.Node, known: Catalogue) -> Card:
        fields = self.fields(node, self._name(node), CARD_KEYS)
        if "mistake" in fields:
            return self._written(node, fields, known)
        for key in ("id", "front", "back"):
            if key not in fields:
                raise self.wrong(node, f"{self._name(node)}: {key!r} is missing")
        name = self.text(fields["id"], "id")
        what = f"card {name!r}"
        if not ID.fullmatch(name):
            raise self.wrong(fields["id"], f"{what}: an id is made of a-z, 0-9 and single hyphens")
        first, *others = self._sides(fields, what)
        return Card(
            name,
            *first,
            tags=self._tags(fields.get("tags"), what),
            variants=tuple(others),
            check=self.text(fields["check"], f"{what}: check") if "check" in fields else "",
            line=node.start_mark.line + 1,
        )

    def _written(self, node: yaml.Node, fields: dict[str, yaml.Node], known: Catalogue) -> Card:
        """A card from the record that it names."""
        name = self.text(fields["mistake"], "mistake")
        what = f"card {name!r}"
        if name not in known:
            near = difflib.get_close_matches(name, known, 3, 0.3)
            advice = f"did you mean {' or '.join(near)}?" if near else "there are none"
            raise self.wrong(node, f"{what}: no such mistake ('operation:mistake'); {advice}")
        if extra := sorted({*fields} - {"mistake", "tags"}):
            message = f"{what}: a card with 'mistake' is written for you; leave out {extra[0]!r}"
            raise self.wrong(fields[extra[0]], message)
        mistake = known[name]
        front, back = spot_the_line(name.partition(":")[0], mistake)
        tags = self._tags(fields.get("tags"), what)
        return Card(mistake.id, front, back, tags, name, line=node.start_mark.line + 1)

    def _name(self, node: yaml.Node) -> str:
        """The card's name for an error, as far as it can be read."""
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        names = [value.value for key, value in pairs if key.value in ("id", "mistake")]
        return f"card {names[0]!r}" if names else "a card without an id"

    def _tags(self, node: yaml.Node | None, what: str) -> tuple[str, ...]:
        if node is None:
            return ()
        if not isinstance(node, yaml.SequenceNode):
            raise self.wrong(node, f"{what}: tags: expected a list, [such, as, this]")
        tags = tuple(self.text(item, f"{what}: tags") for item in node.value)
        for tag, item in zip(tags, node.value, strict=True):
            if not ID.fullmatch(tag):
                message = f"{what}: tag {tag!r}: a tag is made of a-z, 0-9 and single hyphens"
                raise self.wrong(item, message)
        return tags

    def _sides(self, fields: Mapping[str, yaml.Node], what: str) -> Iterator[Side]:
        """The two sides, once for each set of numbers."""
        texts = {key: self.plain(fields[key], f"{what}: {key}") for key in ("front", "back")}
        for numbers in self._cases(fields["vary"], what) if "vary" in fields else [{}]:
            front, back = (
                self._filled(fields[key], f"{what}: {key}", text, numbers)
                for key, text in texts.items()
            )
            yield front, back

    def _filled(self, node: yaml.Node, what: str, text: str, numbers: Mapping[str, float]) -> str:
        try:
            return with_numbers(text, numbers)
        except (LookupError, ValueError) as error:
            raise self.wrong(node, f"{what}: {error}") from None

    def plain(self, node: yaml.Node, what: str) -> str:
        """Markdown. Raises PageError for HTML, what is never closed, links to the wrong places."""
        text = self.text(node, what)
        try:
            prose = without_code(node.value)
        except UnclosedFence as error:
            raise self.wrong(node, f"{what}: {error}", self._inside(node, error.line)) from None
        if raw := RAW_HTML.search(prose):
            before = prose.count("\n", 0, raw.start())
            message = f"{what}: HTML is not allowed, but here is {raw[0]!r}; "
            message += "write Markdown, and put code in backticks or a space after a plain <"
            raise self.wrong(node, message, self._inside(node, before))
        if "$" in prose:
            before = prose.count("\n", 0, prose.index("$"))
            message = f"{what}: a formula is never closed; end it with $, or write \\$ for the sign"
            raise self.wrong(node, message, self._inside(node, before))
        for m in TARGET.finditer(side_html(node.value)):
            url = html.unescape(m["url"])
            if m["kind"] == "href" and not url.startswith("https://"):
                raise self.wrong(node, f"{what}: a link goes to https://..., not to {url!r}")
            if m["kind"] == "src" and not re.fullmatch(r"[\w-]+\.(svg|png)", url):
                message = f"{what}: a picture is an .svg or .png beside the deck, not {url!r}"
                raise self.wrong(node, message)
        return text

    def _inside(self, node: yaml.Node, line: int) -> int:
        """How far below its key line `line` of a text stands."""
        block = isinstance(node, yaml.ScalarNode) and node.style in ("|", ">")
        return line + 1 if block else line

    def _cases(self, node: yaml.Node, what: str) -> list[dict[str, float]]:
        """The sets of numbers: lists give them one by one, formulas follow from those above."""
        if not isinstance(node, yaml.MappingNode):
            raise self.wrong(node, f"{what}: vary: expected names with lists and formulas")
        cases: list[dict[str, float]] = []
        seen = set()
        for key, value in node.value:
            name = self.text(key, f"{what}: vary")
            where = f"{what}: vary: {name}"
            if name in seen:
                raise self.wrong(key, f"{where}: stands here twice")
            seen.add(name)
            if isinstance(value, yaml.SequenceNode):
                numbers = self.value(value, where)
                if not all(type(n) in (int, float) and math.isfinite(n) for n in numbers):
                    raise self.wrong(value, f"{where}: expected numbers, not {numbers!r}")
                cases = cases or [{} for _ in numbers]
                if len(numbers) != len(cases) or not numbers:
                    message = f"{where}: {len(numbers)} numbers, but the first list has"
                    raise self.wrong(value, f"{message} {len(cases)}")
                for case, number in zip(cases, numbers, strict=True):
                    case[name] = number
                continue
            if not cases:
                raise self.wrong(value, f"{where}: begin with a list of numbers")
            formula = self.text(value, where)
            for case in cases:
                try:
                    case[name] = evaluate(formula, case)
                except (ArithmeticError, ValueError, SyntaxError) as error:
                    raise self.wrong(value, f"{where}: {error}") from None
        return cases


def spot_the_line(operation: str, mistake: MistakeCard) -> Side:
    """A card from a mistake: the lines with the wrong one among them; which it was, and why."""
    shown = _code(f"# {mistake.shapes}\n{mistake.planted}")
    front = f"Backward of `{operation}`. Is a line wrong, and which?\n\n{shown}"
    sentence = MARKUP.sub(r"\\\1", mistake.sentence)
    if mistake.harmless:
        return front, f"None: all are right, this one too.\n\n{_code(mistake.wrong)}\n\n{sentence}"
    wrong, right = _code(mistake.wrong), _code(mistake.right)
    return front, f"Wrong is\n\n{wrong}\n\nDue is\n\n{right}\n\n{sentence}"


def _code(text: str) -> str:
    return f"```python\n{text}\n```"


def without_code(text: str) -> str:
    """The same lines without code and formulas. Raises UnclosedFence."""
    lines = text.split("\n")
    for fence in fences(text):
        lines[fence.start : fence.end] = [""] * (fence.end - fence.start)
    return NOT_PROSE.sub(lambda m: "\n" * m[0].count("\n"), "\n".join(lines))


def with_numbers(text: str, numbers: Mapping[str, float]) -> str:
    """The text with its numbers in place.

    Raises LookupError for a name without a number, ValueError for a place that cannot be read.

    >>> with_numbers("x is {{= x }}, twice that {{= y:.1f }}", {"x": 2, "y": 4.0})
    'x is 2, twice that 4.0'
    """

    def one(m: re.Match[str]) -> str:
        if m["name"] not in numbers:
            there = ", ".join(numbers) or "none: the card has no 'vary'"
            raise LookupError(f"{m[0]} has no number; there are {there}")
        return format(numbers[m["name"]], m["format"] or "")

    if rest := re.search(r"\{\{=.*", NUMBER.sub("", text)):
        sample = "{{= x }} or {{= x:.2f }}"
        raise ValueError(f"{rest[0]!r} is no place for a number, such as {sample}")
    return NUMBER.sub(one, text)


def evaluate(formula: str, numbers: Mapping[str, float]) -> float:
    """The value of a formula: numbers, names, arithmetic, and exp, log, sqrt, tanh.

    Raises ValueError for anything else, ArithmeticError where the value does not exist.

    >>> evaluate("dy * (1 - tanh(x) ** 2)", {"x": 0.0, "dy": 3})
    3.0
    """
    tree = ast.parse(formula, mode="eval")
    for node in ast.walk(tree):
        if not isinstance(node, ARITHMETIC):
            raise ValueError(f"{ast.unparse(node)!r} is more than arithmetic")
        if isinstance(node, ast.Constant):
            if not isinstance(node.value, int | float) or isinstance(node.value, bool):
                raise ValueError(f"{node.value!r} is no number")
            node.value = float(node.value)  # a power of floats cannot grow without end
        if isinstance(node, ast.Name) and node.id not in {*numbers, *FUNCTIONS}:
            there = ", ".join([*numbers, *FUNCTIONS])
            raise ValueError(f"{node.id!r} is not known; there are {there}")
        if isinstance(node, ast.Call) and not (
            isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS
        ):
            raise ValueError(f"{ast.unparse(node.func)!r} is no function to be called here")
    floats = {name: float(number) for name, number in numbers.items()}
    code = compile(tree, "<vary>", "eval")
    try:
        value = float(eval(code, {"__builtins__": {}}, {**FUNCTIONS, **floats}))
    except TypeError as error:
        raise ValueError(str(error)) from None
    if not math.isfinite(value):
        raise ValueError(f"{formula} is {value}")
    return value


@cache
def side_html(text: str) -> str:
    r"""A side as HTML. Formulas are left as TeX between \( \) or \[ \], for KaTeX or for Anki.

    >>> side_html("Is $x<y$?")
    '<p>Is <span class="arithmatex">\\(x&lt;y\\)</span>?</p>'
    """
    return _converter().reset().convert(text)


@cache
def _converter() -> markdown.Markdown:
    """Markdown in which HTML is text like any other."""
    converter = markdown.Markdown(
        extensions=["pymdownx.arithmatex", "pymdownx.highlight", "pymdownx.superfences", "tables"],
        extension_configs={
            "pymdownx.arithmatex": {"generic": True},
            "pymdownx.highlight": {"pygments_lang_class": True},
        },
    )
    converter.preprocessors.deregister("html_block")
    for pattern in ("html", "autolink", "automail"):
        converter.inlinePatterns.deregister(pattern)
    return converter


def expect_good_tex(
    deck: Deck, text: str, typeset: Callable[[list[Formula]], list[dict[str, str]]]
) -> None:
    """Raises PageError, with the card and the line in the deck's `text`, for TeX that is wrong."""
    asked = [
        (card, formula)
        for card in deck.cards
        for side in card.sides
        for formula in formulas_in("\n".join(map(side_html, side)))
    ]
    if not asked:
        return
    lines = text.split("\n")
    for (card, (tex, _)), answer in zip(asked, typeset([f for _, f in asked]), strict=True):
        if "error" in answer:
            end = min((c.line for c in deck.cards if c.line > card.line), default=len(lines) + 1)
            begins = tex.split("\n")[0]
            found = (n for n in range(card.line, end) if begins in lines[n - 1])
            message = f"bad TeX: {answer['error']}\n  in the formula: {tex}"
            raise PageError(deck.path, next(found, card.line), f"card {card.id!r}: {message}")
