"""What the lessons and the README show is what the package says today."""

from __future__ import annotations

from pathlib import Path

import pytest

from ninja.check import check_source
from ninja.exercises import find
from publish import readme
from publish.fences import fences
from publish.files import mark_of
from publish.lessons import MARK, Lesson, show_lessons
from publish.palette import PALETTE

ROOT = Path(__file__).resolve().parents[1]
EXERCISES = [
    (path.name, str(fence.options["exercise"]), fence.options.get("mend"), fence.code)
    for path in sorted((ROOT / "lessons").glob("*.md"))
    for fence in fences(path.read_text("utf-8"))
    if fence.options.get("exercise")
]
TODO = "# Your lines go here."
TO_MEND = {lesson: (name, code) for lesson, name, mend, code in EXERCISES if mend}


@pytest.mark.parametrize(("lesson", "name", "mend", "code"), EXERCISES)
def test_an_exercise_shows_its_own_starter(lesson, name, mend, code):
    """A lesson may give other code to mend, if it says so: that is kept beside the exercise's."""
    starter = find(name).starter
    if mend:
        assert TODO not in code
    else:
        assert code.strip() == starter.strip(), f"{lesson}: show this:\n{starter}"


@pytest.mark.parametrize(
    ("lesson", "wrong"),
    [
        ("12-your-own-training-loop.md", ["db2", "dhprebn", "dC"]),
        ("14-gotchas.md", ["dz2", "dz1", "db1"]),
    ],
)
def test_code_to_mend_is_wrong_where_its_lesson_says(lesson, wrong):
    name, code = TO_MEND[lesson]
    judged = check_source(find(name).op, code).tensors
    assert [tensor.name for tensor in judged if tensor.verdict == "wrong"] == wrong


def test_the_study_plan_has_every_lesson_and_lab_once():
    plan = (ROOT / "docs" / "study-plan.md").read_text("utf-8").partition("\nShort of time")[0]
    named = [n for m in MARK.finditer(plan) if m["title"] for n in m["numbers"].split()]
    files = (path.relative_to(ROOT).as_posix() for path in (ROOT / "lessons").iterdir())
    assert sorted(named) == sorted(number for number in map(mark_of, files) if number)


def test_a_section_adds_up_the_times_of_what_it_names():
    known = {
        "1": Lesson("lessons/01-a.md", "A", 25),
        "1-lab": Lesson("lessons/01-b-lab.py", "Lab: B", 40),
    }
    text = """
<!-- ninja:minutes -->: <!-- ninja:lesson 1 title -->, <!-- ninja:lesson 1-lab title -->

## Two

<!-- ninja:lesson 1 title -->, <!-- ninja:lesson 1 1-lab --> and <!-- ninja:lesson 2-lab -->:
<!-- ninja:minutes -->"""
    assert (
        show_lessons(text, "plan.md", known)
        == """
1 h 5 min: [1. A](lessons/01-a.md) · 25 min, [Lab: B](lessons/01-b-lab.py) · 40 min

## Two

[1. A](lessons/01-a.md) · 25 min, [lesson 1](lessons/01-a.md) and \
[the lab of lesson 1](lessons/01-b-lab.py) and the lab of lesson 2:
25 min"""
    )


def test_the_readme_s_picture_is_today_s():
    assert readme.PICTURE.read_text("utf-8") == readme.picture(), "python -m publish.readme"


def test_the_readme_s_picture_has_every_colour_in_both_modes():
    style = readme.style(PALETTE.read_text("utf-8"), "var(--ninja-gradient, #000)")
    light, dark = style.split("@media (prefers-color-scheme: dark)")
    assert "--ninja-gradient: #b83d06" in light
    assert "--ninja-gradient: #ff9c70" in dark
    with pytest.raises(LookupError, match="--ninja-none"):
        readme.style(PALETTE.read_text("utf-8"), "var(--ninja-none)")
