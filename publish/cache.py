"""What was computed before need not be computed again, as long as nothing it rests on changed."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

WEEK = 7 * 24 * 3600


class Cache:
    """Answers kept as JSON files, named by a digest of everything they were computed from."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def remember(self, kind: str, made_from: Any, make: Callable[[], Any]) -> Any:
        """The answer of `make()`, from the cache when it was made from the same before.

        made_from  everything the answer depends on, as JSON can write it
        What `make` raises is raised, and nothing is kept.
        """
        text = json.dumps([kind, made_from], sort_keys=True)
        name = f"{kind}-{hashlib.sha256(text.encode()).hexdigest()[:32]}.json"
        path = self.folder / name
        if path.exists():
            path.touch()
            return json.loads(path.read_text("utf-8"))
        answer = make()
        self.folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(answer)
        unfinished = path.with_suffix(".tmp")
        unfinished.write_text(text, "utf-8")
        unfinished.replace(path)
        return json.loads(text)  # the same, whether it was in the cache or not

    def forget_old(self) -> None:
        """Drop what no build has used for a week."""
        for path in self.folder.glob("*.json"):
            if path.stat().st_mtime < time.time() - WEEK:
                path.unlink(missing_ok=True)


def digest_of_files(paths: Iterable[Path]) -> str:
    """A digest of the names and contents of files; folders stand for all that is in them."""
    files = sorted(
        file
        for path in paths
        for file in (path.rglob("*") if path.is_dir() else [path])
        if file.is_file() and "__pycache__" not in file.parts
    )
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file}\n".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def versions(distributions: Iterable[str]) -> list[str]:
    """Python's version and those of the distributions, None for one that is not installed."""
    found = [sys.version]
    for name in distributions:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            found.append(f"{name} none")
    return found
