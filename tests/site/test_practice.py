"""The pages to practise on: every exercise and every bug is there, and what can be taken along."""

from __future__ import annotations

import gzip
import html
import json
import re
from pathlib import Path
from typing import Any

import pytest

from ninja import api, dojo, hunt
from ninja.exercises import EXERCISES
from publish.practice import BELTS

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "site"
PRACTICE = SITE / "practice"
KILOBYTES = 15.0  # of the list, packed

pytestmark = pytest.mark.skipif(
    not PRACTICE.exists(), reason="there is no built site; `make site` builds it"
)
MOUNT = re.compile(
    r'<div class="ninja" data-exercise="(?P<exercise>[^"]+)"(?P<more>[^>]*)>\s*'
    r"<div[^>]*>.*?<pre[^>]*>(?P<code>.*?)</pre>",
    re.DOTALL,
)


def page(path: str) -> str:
    return (PRACTICE / path / "index.html").read_text("utf-8")


def mounts(text: str) -> list[tuple[str, str | None, str]]:
    """Exercise, bug and code of every mount, as one sees it without JavaScript."""
    found = []
    for m in MOUNT.finditer(text):
        bug = re.search(r'data-bug="([^"]+)"', m["more"])
        code = html.unescape(re.sub(r"<[^>]+>", "", m["code"])).strip()
        found.append((m["exercise"], bug and bug[1], code))
    return found


def test_the_list_has_every_exercise_in_teaching_order_and_is_light() -> None:
    text = page("")
    assert re.findall(r'data-solves="([^"]+)"', text) == list(EXERCISES)
    links = re.findall(r'<a data-solves="[^"]+" href="([^"]+)"', text)
    assert all((PRACTICE / link / "index.html").exists() for link in links)
    assert len(links) == len(EXERCISES)
    assert len(gzip.compress(text.encode())) <= 1000 * KILOBYTES


def test_each_exercise_counts_for_one_belt() -> None:
    found = re.search(r'data-belts="([^"]+)"', page(""))
    assert found
    belts: list[dict[str, Any]] = json.loads(html.unescape(found[1]))
    assert [belt["belt"] for belt in belts] == list(BELTS)
    assert [name for belt in belts for name in belt["needs"]] == list(EXERCISES)
    assert all(belt["needs"] for belt in belts)


@pytest.mark.parametrize("name", EXERCISES)
def test_an_exercise_can_be_read_and_taken_along(name: str) -> None:
    exercise = EXERCISES[name]
    assert mounts(page(name)) == [(name, None, exercise.starter.strip())]
    assert (PRACTICE / name / exercise.file_name).read_text("utf-8") == exercise.starter
    links = set(re.findall(r'<a href="([^"/]+)" download', page(name)))
    assert links == {exercise.file_name, exercise.file_name[:-3] + ".ipynb"}


@pytest.mark.parametrize("name", EXERCISES)
def test_the_notebook_runs_and_checks(name: str) -> None:
    exercise = EXERCISES[name]
    path = (PRACTICE / name / exercise.file_name).with_suffix(".ipynb")
    cells = json.loads(path.read_text("utf-8"))["cells"]
    setup, starter, check = ("".join(c["source"]) for c in cells if c["cell_type"] == "code")
    assert "pip install backprop-ninja" in setup
    for code, passes in ((starter, False), (exercise.solution, True)):
        names: dict[str, Any] = {}
        exec(f"import numpy as np\n{code}\n", names)
        before, _, last = check.rpartition("\n")
        exec(before, names)
        shown = eval(last, names)
        assert isinstance(shown, api.Shown)
        assert bool(shown) is passes


@pytest.mark.parametrize("name", EXERCISES)
def test_what_the_script_reads_is_what_python_says(name: str) -> None:
    said = json.loads((SITE / "assets/dojo/exercises" / f"{name}.json").read_text("utf-8"))
    described = json.loads(dojo.answer("describe", json.dumps({"exercise": name})))
    following = described.pop("next")
    assert described.items() <= said.items()
    assert (said["next"] and said["next"]["name"]) == following
    places = [said["url"], said["lesson_url"], said["next"] and said["next"]["url"]]
    assert all((SITE / place / "index.html").exists() for place in places if place)
    assert all((SITE / file).exists() for file in said["downloads"].values())


@pytest.mark.parametrize("name", EXERCISES)
def test_every_bug_is_on_its_page_and_its_answer_is_folded_away(name: str) -> None:
    bugs = hunt.bugs(EXERCISES[name].op)
    text = page(f"bug-hunt/{name}")
    assert mounts(text) == [(name, bug.mistake.id, bug.source.strip()) for bug in bugs]
    folded = re.findall(r"<details.*?</details>", text, re.DOTALL)
    assert len(folded) == len(bugs)
    for bug, answer in zip(bugs, folded, strict=True):
        said = html.unescape(re.sub(r"<[^>]+>", "", answer))
        assert " ".join(bug.mistake.sentence.split()) in " ".join(said.split())
        assert all(name in said for name in (*bug.wrong, *bug.inherited))
        assert "<details open" not in answer


def test_the_list_of_hunts_has_every_bug() -> None:
    listed = " ".join(re.findall(r'data-hunts="([^"]+)"', page("bug-hunt"))).split()
    assert listed == [bug.name for e in EXERCISES.values() for bug in hunt.bugs(e.op)]
