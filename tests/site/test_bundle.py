"""What the build puts beside the pages for the exercises."""

from __future__ import annotations

import base64
import io
import json
import re
import zipfile
from pathlib import Path

import pytest

from publish import bundle

NAME = "numpy-2.2.5-cp313-cp313-pyemscripten_2025_0_wasm32.whl"


def test_the_wheel_of_the_locked_version_is_found_whatever_its_platform_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NINJA_WHEELS", str(tmp_path))
    assert bundle.hosted_wheel(NAME) is None
    (tmp_path / "numpy-2.2.4-cp313-cp313-pyodide_2025_0_wasm32.whl").touch()
    (tmp_path / "numpy-2.2.5-cp313-cp313-manylinux_x86_64.whl").touch()
    assert bundle.hosted_wheel(NAME) is None
    (tmp_path / "numpy-2.2.5-cp313-cp313-pyodide_2025_0_wasm32.whl").touch()
    assert (
        bundle.hosted_wheel(NAME) == tmp_path / "numpy-2.2.5-cp313-cp313-pyodide_2025_0_wasm32.whl"
    )


def test_without_a_wheel_the_release_is_named_with_its_hash() -> None:
    lock = json.loads((bundle.PYODIDE / "pyodide-lock.json").read_text("utf-8"))
    numpy = lock["packages"]["numpy"]
    found = bundle.released(numpy, "https://packages.example/full/")
    assert found["url"] == f"https://packages.example/full/{numpy['file_name']}"
    algorithm, _, digest = found["hash"].partition("-")
    assert algorithm == "sha256"
    assert base64.b64decode(digest).hex() == numpy["sha256"]


def test_an_archive_without_some_files_is_the_same_each_time() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in ("a.py", "tests/a.py", "b.pyi"):
            archive.writestr(name, name)
    unwanted = re.compile(r"\.pyi$|^tests/")
    pruned = bundle.zip_without(made.getvalue(), unwanted)
    bundle.zip_without.cache_clear()
    assert bundle.zip_without(made.getvalue(), unwanted) == pruned
    assert zipfile.ZipFile(io.BytesIO(pruned)).namelist() == ["a.py"]
