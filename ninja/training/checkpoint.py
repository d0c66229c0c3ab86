"""Writing and reading a run's state: a safetensors file that is either whole or not there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


class BadCheckpoint(ValueError):
    """A file that a run can't be resumed from, or can't be saved to; the message says why."""


def write(path: Path, tensors: dict[str, Array], notes: dict[str, str]) -> None:
    """Put the file there in one move: an interruption leaves the old one as it was.

    Raises BadCheckpoint when that is not possible.
    """
    from safetensors.numpy import save

    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with unfinished.open("wb") as file:
            file.write(save(tensors, notes))
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise BadCheckpoint(f"{path} can't be written ({error.strerror}).") from None


def read(path: Path) -> tuple[dict[str, Array], dict[str, str]]:
    """The tensors and the notes of a checkpoint.  Raises BadCheckpoint for any other file."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            notes = file.metadata() or {}
            return {name: file.get_tensor(name) for name in file.keys()}, notes  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        reason = getattr(error, "strerror", None) or error
        raise BadCheckpoint(
            f"{path} is no checkpoint that can be read ({reason}): name a file from --save."
        ) from None
