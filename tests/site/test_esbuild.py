"""What esbuild cannot bundle stops the build, in its own words."""

from __future__ import annotations

from pathlib import Path

import pytest

from publish import esbuild


def test_what_is_imported_comes_along(tmp_path: Path) -> None:
    (tmp_path / "part.js").write_text('export const said = "hello from a part";', "utf-8")
    (tmp_path / "entry.js").write_text('import { said } from "./part.js"; alert(said);', "utf-8")
    target = tmp_path / "not" / "there" / "out.js"
    esbuild.bundle(tmp_path / "entry.js", target)
    text = target.read_text("utf-8")
    assert "hello from a part" in text
    assert "import" not in text


def test_what_is_loaded_later_lies_beside_it_under_a_name_that_tells_its_content(
    tmp_path: Path,
) -> None:
    (tmp_path / "later.js").write_text("export const said = SAID;", "utf-8")
    (tmp_path / "entry.js").write_text('import("./later.js").then(console.log);', "utf-8")
    out = tmp_path / "out"
    assert esbuild.split(tmp_path / "entry.js", out, constants={"SAID": "hello"}) == "entry.js"
    [later] = out.glob("later-*.js")
    assert "hello" in later.read_text("utf-8")
    assert later.name in (out / "entry.js").read_text("utf-8")
    esbuild.split(tmp_path / "entry.js", out, constants={"SAID": "goodbye"})
    assert len(list(out.glob("later-*.js"))) == 2
    told = esbuild.split(tmp_path / "later.js", out, "[name]-[hash]", {"SAID": 1})
    assert (out / told).exists()
    assert told not in {"later.js", later.name}


@pytest.mark.parametrize("text", ['import "./missing.js";', "const = 1;"])
def test_an_entry_that_is_wrong_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "entry.js").write_text(text, "utf-8")
    said = r"entry\.js cannot be bundled:\n(.|\n)*entry\.js:1"
    with pytest.raises(RuntimeError, match=said):
        esbuild.bundle(tmp_path / "entry.js", tmp_path / "out.js")
    with pytest.raises(RuntimeError, match=said):
        esbuild.split(tmp_path / "entry.js", tmp_path / "out")


def test_esbuild_that_is_missing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(esbuild, "ESBUILD", tmp_path / "esbuild")
    with pytest.raises(FileNotFoundError, match="`npm ci` puts it in place"):
        esbuild.bundle(tmp_path / "entry.js", tmp_path / "out.js")
