"""Writing and reading a run's state: a safetensors file that is either whole or not there."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

DIGEST = "digest"  # the note that tells whether a byte has changed


class BadCheckpoint(ValueError):
    """A file that a run can't be resumed from, or can't be saved to; the message says why."""


def write(path: Path, tensors: dict[str, Array], notes: dict[str, str]) -> None:
    """Put the file there in one move: an interruption leaves the old one as it was.

    Raises BadCheckpoint when that is not possible.
    """
    from safetensors.numpy import save

    content = save(tensors, {**notes, DIGEST: _digest(tensors, notes)})
    with _beside(path) as unfinished:
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)


def check(path: Path) -> None:
    """Raises BadCheckpoint when a file can't be written there: before a run, not after it."""
    if path.is_dir():
        raise BadCheckpoint(f"{path} is a folder: name a file in it.")
    with _beside(path) as unfinished:
        unfinished.touch()


def read(path: Path) -> tuple[dict[str, Array], dict[str, str]]:
    """The tensors and the notes that `write` was given.

    Raises BadCheckpoint for any other file, and for one that has changed since.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            notes = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        reason = "it is a folder" if path.is_dir() else getattr(error, "strerror", None) or error
        raise BadCheckpoint(
            f"{path} is no checkpoint that can be read ({reason}): name a file from --save."
        ) from None
    if DIGEST not in notes:
        raise BadCheckpoint(
            f"{path} is a safetensors file, but not a run saved by `train`: name a file from "
            "--save."
        )
    if notes.pop(DIGEST) != _digest(tensors, notes):
        raise BadCheckpoint(
            f"{path} is damaged, it has changed since it was written: go on from another one."
        )
    return tensors, notes


def _digest(tensors: dict[str, Array], notes: dict[str, str]) -> str:
    """A hash of all that is kept; safetensors itself has none."""
    shapes = {name: (str(tensor.dtype), tensor.shape) for name, tensor in tensors.items()}
    found = hashlib.sha256(json.dumps([shapes, notes], sort_keys=True).encode())
    for name in sorted(tensors):
        found.update(np.ascontiguousarray(tensors[name]).tobytes())
    return found.hexdigest()


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """A name in the same folder for what is not finished; whatever happens, it does not stay."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield unfinished
    except OSError as error:
        raise BadCheckpoint(f"{path} can't be written ({error.strerror}).") from None
    finally:
        with suppress(OSError):
            unfinished.unlink()
