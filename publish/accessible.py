"""Names for the roles that the theme leaves without one."""

from __future__ import annotations

NAMES = {
    '<div class="md-search" data-md-component="search" role="dialog"': "Search",
    '<div class="md-progress" data-md-component="progress" role="progressbar"': "Page loading",
}


def with_names(page: str) -> str:
    """The page with every dialog and progress bar named."""
    for tag, name in NAMES.items():
        page = page.replace(tag, f'{tag} aria-label="{name}"')
    return page
