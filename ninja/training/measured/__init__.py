"""Figures that take long to measure, as they were on one machine on one day.

    backprop-ninja bench train --json > train.json
    backprop-ninja bench recipes --json > recipes.json
    backprop-ninja bench workers --json > workers.json
    backprop-ninja bench killed --json > killed.json
    backprop-ninja train --engine numba --json > run.json
    backprop-ninja train --engine numba --json --data names.txt > run-lecture.json
    backprop-ninja train --engine autograd --json --data names.txt > run-lecture-autograd.json

The last two are trained on the lecture's own list of names.

Each file says which machine and which day.  Write them to another place first and move them here
when they are complete.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def recorded(name: str) -> dict[str, Any]:
    """What the command of that name printed when it was recorded.

    Raises ValueError when it never was.
    """
    path = Path(__file__).parent / f"{name}.json"
    if not path.exists():
        raise ValueError(
            f"{path.name} is not recorded: the docstring of {__name__} has the command for it"
        )
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found
