"""The one error that stops a build."""

from __future__ import annotations

from mkdocs.exceptions import PluginError


class PageError(PluginError):
    """Something on a page is wrong. The message starts with `file:line`, as editors expect."""

    def __init__(self, file: str, line: int | None, message: str) -> None:
        self.file, self.line = file, line
        super().__init__(f"{file}:{line}: {message}" if line else f"{file}: {message}")
