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


@pytest.mark.parametrize("text", ['import "./missing.js";', "const = 1;"])
def test_an_entry_that_is_wrong_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "entry.js").write_text(text, "utf-8")
    with pytest.raises(RuntimeError, match=r"entry\.js cannot be bundled:\n(.|\n)*entry\.js:1"):
        esbuild.bundle(tmp_path / "entry.js", tmp_path / "out.js")


def test_esbuild_that_is_missing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(esbuild, "ESBUILD", tmp_path / "esbuild")
    with pytest.raises(FileNotFoundError, match="`npm ci` puts it in place"):
        esbuild.bundle(tmp_path / "entry.js", tmp_path / "out.js")
