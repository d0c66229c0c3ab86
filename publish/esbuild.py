"""Scripts and styles for the browser, out of ours and those of the locked npm packages."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from publish.files import NODE_MODULES

ESBUILD = NODE_MODULES / ".bin" / "esbuild"
OPTIONS = (
    "--bundle",
    "--minify",
    "--format=esm",
    "--target=es2022",
    "--charset=utf8",
    "--legal-comments=none",
    "--external:node:*",  # what Pyodide asks for where there is no browser
    "--external:ws",
    "--external:*.woff2",  # fonts stay beside the stylesheet
    "--log-level=warning",
    "--color=false",
)


def bundle(entry: Path, target: Path) -> None:
    """Write `entry`, a module or a stylesheet, and all that it imports to the file `target`.

    Raises RuntimeError with what esbuild says, FileNotFoundError when it is not installed.
    """
    _run(entry, f"--outfile={target}")


def split(
    entry: Path, folder: Path, names: str = "[name]", constants: Mapping[str, Any] | None = None
) -> str:
    """Write the module `entry` to a folder, beside it in files of their own what it loads later.

    names      what its file is called, as esbuild's --entry-names says it
    constants  what names in it stand for, as JSON

    Returns the name of its file.  Raises as `bundle` does.
    """
    defined = [f"--define:{k}={json.dumps(v)}" for k, v in (constants or {}).items()]
    with TemporaryDirectory() as beside:
        told = Path(beside, "meta.json")
        named = [f"--outdir={folder}", f"--entry-names={names}", "--chunk-names=[name]-[hash]"]
        _run(entry, "--splitting", *named, *defined, f"--metafile={told}")
        outputs: dict[str, dict[str, Any]] = json.loads(told.read_text("utf-8"))["outputs"]
    # What is imported later has an entry point, too.
    mine = (out for out, of in outputs.items() if Path(of.get("entryPoint", "")).name == entry.name)
    return Path(next(mine)).name


def _run(entry: Path, *options: str) -> None:
    if not ESBUILD.exists():
        raise FileNotFoundError(f"{ESBUILD} is not there; `npm ci` puts it in place")
    done = subprocess.run(
        [str(ESBUILD), str(entry), *OPTIONS, *options],
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    if done.returncode or done.stderr.strip():
        raise RuntimeError(f"{entry.name} cannot be bundled:\n{done.stderr.strip()}")
