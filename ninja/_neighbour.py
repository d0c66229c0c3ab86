"""Living beside PyPI's build tool, whose distribution `ninja` also installs a module `ninja`.

Training environments have it, and pip puts both into one folder, site-packages/ninja.  Of the
files that both bring (`__init__.py`, `__main__.py`), the one installed last stays.

We came last      `import ninja` is ours.  What others ask of the build tool's module, such as
                  `BIN_DIR`, or the `ninja` that its older command calls, `build_tool_name` answers.
They came last    `import ninja` is theirs, yet `import ninja.ops` still finds our files, and so
                  does the command `backprop-ninja`.  Their module knows no `OPS`; for `from ninja
                  import OPS` Python then looks for a file ninja/OPS.py, which is the name that
                  `_overwritten.py` has in the wheel: it says how to mend this.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from pathlib import Path


def build_tool_name(name: str) -> object:
    """What the build tool's own module calls `name`, for the `__getattr__` of ours.

    Raises AttributeError for a name that neither has, and ImportError where the build tool is not
    installed: callers guard `import ninja; ninja.BIN_DIR` against that one.
    """
    if name == "ninja":
        return run_build_tool
    if name == "BIN_DIR":
        return str(_executable().parent)
    if name in ("Writer", "escape", "expand"):
        return getattr(_syntax(), name)
    raise AttributeError(f"module 'ninja' has no attribute {name!r}")


def run_build_tool() -> NoReturn:
    """Run the build tool on the arguments of this process, and exit as it does."""
    import subprocess

    raise SystemExit(subprocess.call([_executable(), *sys.argv[1:]], close_fds=False))


def _files() -> list[Path]:
    """Where the build tool's files are.  Raises ImportError when it is not installed."""
    from importlib import metadata
    from pathlib import Path

    try:
        tool = metadata.distribution("ninja")
    except metadata.PackageNotFoundError:
        raise ImportError(
            "this is a name of PyPI's build tool `ninja`, which is not installed here: "
            "python -m pip install ninja"
        ) from None
    return [Path(str(tool.locate_file(file))) for file in tool.files or ()]


def _executable() -> Path:
    """The build tool itself.  Before 1.13 it lay in ninja/data/bin, and bin/ninja called it."""
    found = [file for file in _files() if file.name in ("ninja", "ninja.exe")]
    return min(found, key=lambda file: "data" not in file.parts[-3:]).resolve()


def _syntax() -> object:
    """Its module `ninja_syntax`, by path: it need not lie beside ours."""
    from importlib import util

    [path] = [file for file in _files() if file.name == "ninja_syntax.py"]
    spec = util.spec_from_file_location("ninja.ninja_syntax", path)
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
