"""The loss of a run as a curve: as points, in text, and as a picture."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from ninja import draw

Array = np.ndarray[Any, Any]

POINTS = 200
ROWS = 10
BLOCKS = " ▁▂▃▄▅▆▇█"


def points(losses: Array, most: int = POINTS) -> list[tuple[int, float]]:
    """Means of equally many steps each, at most `most` of them, with the last step of each.

    >>> points(np.array([4.0, 2.0, 2.0, 1.0]), most=2)
    [(2, 3.0), (4, 1.5)]
    """
    ends = np.unique(np.linspace(0, len(losses), min(most, len(losses)) + 1).astype(int))
    return [(int(end), float(losses[start:end].mean())) for start, end in pairwise(ends)]


def in_text(losses: Array, width: int = 80) -> Iterator[str]:
    """A chart of characters, one column for each mean: line by line.

    >>> lines = list(in_text(np.array([3.0, 2.0, 1.0]), width=12))
    >>> lines[1], lines[6], lines[10], lines[11]
    ('3.00 █  ', '     ██ ', '1.00 ██▁', '     0 3')
    """
    margin = 5
    means = np.array([mean for _, mean in points(losses, width - margin)])
    low, high = means.min(), means.max()
    filled = 1 + (means - low) / ((high - low) or 1.0) * (ROWS * 8 - 1)  # eighths of a row
    yield "loss"
    for row in range(ROWS - 1, -1, -1):
        label = {ROWS - 1: f"{high:.2f}", 0: f"{low:.2f}"}.get(row, "")
        eighths = np.clip(np.round(filled) - 8 * row, 0, 8).astype(int)
        yield f"{label:>{margin - 1}} {''.join(BLOCKS[n] for n in eighths)}"
    end = f"{len(losses):,}"
    yield f"{'':{margin}}0{end:>{max(len(means), len(end) + 2) - 1}}"


def picture(losses: Array, alt: str = "", width: float = 480) -> draw.Picture:
    """The same as a drawing for pages and notebooks.  Raises ValueError where nothing is."""
    if not len(losses):
        raise ValueError("no step was taken, so there is no curve.")
    found = points(losses)
    steps, means = [float(step) for step, _ in found], [mean for _, mean in found]
    alt = alt or (
        f"The training loss over {len(losses):,} steps, in means of about "
        f"{len(losses) // len(found):,}: from {means[0]:.2f} down to {means[-1]:.2f}."
    )
    return draw.curves([draw.Curve(steps, means)], alt=alt, x="step", y="loss", width=width)
