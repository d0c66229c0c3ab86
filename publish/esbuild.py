"""One file for the browser out of several of ours and of the locked npm packages."""

from __future__ import annotations

import subprocess
from pathlib import Path

from publish.files import NODE_MODULES

ESBUILD = NODE_MODULES / ".bin" / "esbuild"


def bundle(entry: Path, target: Path) -> None:
    """Write `entry`, a module or a stylesheet, and all that it imports to `target`, minified.

    Raises RuntimeError with what esbuild says, FileNotFoundError when it is not installed.
    """
    if not ESBUILD.exists():
        raise FileNotFoundError(f"{ESBUILD} is not there; `npm ci` puts it in place")
    asked = [str(ESBUILD), str(entry), f"--outfile={target}", "--bundle", "--format=esm"]
    options = ["--minify", "--target=es2022", "--charset=utf8", "--legal-comments=none"]
    done = subprocess.run(
        [*asked, *options, "--log-level=warning", "--color=false"],
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    if done.returncode or done.stderr.strip():
        raise RuntimeError(f"{entry.name} cannot be bundled:\n{done.stderr.strip()}")
