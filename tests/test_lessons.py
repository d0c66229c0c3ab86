"""What the lessons and the README show is what the package says today."""

from __future__ import annotations

from pathlib import Path

import pytest

from ninja.exercises import find
from publish import readme
from publish.fences import fences
from publish.palette import PALETTE

ROOT = Path(__file__).resolve().parents[1]
EXERCISES = [
    (path.name, fence.options["exercise"], fence.code)
    for path in sorted((ROOT / "lessons").glob("*.md"))
    for fence in fences(path.read_text("utf-8"))
    if fence.options.get("exercise")
]
TODO = "# Your lines go here."


@pytest.mark.parametrize(("lesson", "name", "code"), EXERCISES, ids=lambda v: v.partition("\n")[0])
def test_an_exercise_shows_its_own_starter(lesson, name, code):
    """A lesson may give other code to mend; what is to be filled in is the package's."""
    starter = find(name).starter
    assert TODO in starter
    assert TODO not in code or code.strip() == starter.strip(), f"{lesson}: show this:\n{starter}"


def test_the_readme_s_picture_is_today_s():
    assert readme.PICTURE.read_text("utf-8") == readme.picture(), "python -m publish.readme"


def test_the_readme_s_picture_has_every_colour_in_both_modes():
    style = readme.style(PALETTE.read_text("utf-8"), "var(--ninja-gradient, #000)")
    light, dark = style.split("@media (prefers-color-scheme: dark)")
    assert "--ninja-gradient: #b83d06" in light
    assert "--ninja-gradient: #ff9c70" in dark
    with pytest.raises(LookupError, match="--ninja-none"):
        readme.style(PALETTE.read_text("utf-8"), "var(--ninja-none)")
