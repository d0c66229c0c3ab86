"""The machine's Chromium: where it is, and how it is started."""

from __future__ import annotations

import shutil

# The shell is the same engine without the windows of a desktop: it opens a page in half the time.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find() -> str | None:
    """The path of a Chromium or Chrome, None when the machine has none."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)
