"""What a page can show of an operation by naming it: its functions and its mistakes.

<!-- ninja:op tanh:backward -->                      source; also of functions made by code
<!-- ninja:mistake tanh:tanh-forgets-upstream -->    wrong line, right line, sentence
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from publish.reference import OpPage, mistake_html
from publish.slots import Slots
from publish.sourcecode import framed, plain
from publish.text import PageText

MARK = re.compile(
    r"^(?P<indent>[ \t]*)<!-- ninja:(?P<kind>op|mistake) (?P<op>[\w-]+):(?P<name>[\w-]+)"
    r"(?P<options>[^>]*?) *-->$",
    re.MULTILINE,
)


def show_records(markdown: str, page: PageText, ops: Mapping[str, OpPage], slots: Slots) -> str:
    """Replace every mark by what it names. Raises PageError for a name that is not there."""

    def show(m: re.Match[str]) -> str:
        kind, name = m["kind"], m["name"]
        if m["op"] not in ops:
            raise page.error(m[0], f"ninja:{kind}: no operation {m['op']!r}; {_list(ops)}")
        op = ops[m["op"]]
        if kind == "op":
            functions = {function.name: function for function in op.functions}
            if name not in functions:
                raise page.error(m[0], f"ninja:op: {op.name} has no {name!r}; {_list(functions)}")
            one = functions[name]
            title = f"{op.path} · {name}"
            return framed(title, one.source, one.alone, slots, m["indent"], m["options"])
        cards = {card.id: card for card in op.mistakes}
        if name not in cards:
            raise page.error(m[0], f"ninja:mistake: {op.name} has no {name!r}; {_list(cards)}")
        return slots.hold(mistake_html(cards[name]), m["indent"])

    return MARK.sub(show, markdown)


def as_text(markdown: str, ops: Mapping[str, OpPage]) -> str:
    """Replace every mark by plain Markdown, once `show_records` has found nothing wrong."""

    def show(m: re.Match[str]) -> str:
        op = ops[m["op"]]
        if m["kind"] == "op":
            source = next(f.source for f in op.functions if f.name == m["name"])
            return plain(op.path, source)
        card = next(card for card in op.mistakes if card.id == m["name"])
        lines = f"# not\n{card.wrong}\n# but\n{card.right}"
        return f"{plain(card.id, lines)}\n\n{card.sentence}"

    return MARK.sub(show, markdown)


def _list(names: Iterable[str]) -> str:
    return f"there are {', '.join(names)}" if names else "there are none"
