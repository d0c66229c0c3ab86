"""One stylesheet out of those in docs/: a page asks for one file, and it packs smaller."""

from __future__ import annotations

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from publish.esbuild import bundle

ENTRY = "assets/css/site.css"  # it imports the others, in order


def join(found: Files, config: MkDocsConfig, folder: Path) -> None:
    """Put what `ENTRY` imports into it, by way of a file in `folder`.

    Raises what `esbuild.bundle` does.
    """
    entry = found.get_file_from_path(ENTRY)
    if entry is None:
        return
    parts = Path(ENTRY).parent.as_posix() + "/"
    for file in [file for file in found if file.src_uri.startswith(parts)]:
        found.remove(file)
    target = folder / Path(ENTRY).name
    bundle(Path(str(entry.abs_src_path)), target)
    found.append(File.generated(config, ENTRY, abs_src_path=str(target)))
