"""What the exercises need in the browser, made from the locked packages: `assets/dojo/`.

`dojo.js` and what it loads come from `publish/browser/` through esbuild; Python is Pyodide's core
from npm, with this very `ninja` package beside it.  The NumPy wheel is hosted with the site when a
folder has it (`NINJA_WHEELS`, else `~/.cache/backprop-ninja`), and otherwise comes from Pyodide's
release, at `extra.pyodide_packages` of mkdocs.yml.  Files that may change between two builds carry
a digest in their names, so that no cache mixes them up.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import re
import subprocess
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from publish import esbuild
from publish.cache import Cache
from publish.files import NODE_MODULES
from publish.mathematics import find_node

HERE = Path(__file__).resolve().parent
BROWSER = HERE / "browser"
PYODIDE = NODE_MODULES / "pyodide"
CORE = ("pyodide.asm.js", "pyodide.asm.wasm")
WHEELS = Path("~/.cache/backprop-ninja")

RELEASED_SIZE = 3_600_000  # bytes of the released NumPy wheel, for the progress bar

# What no answer to an exercise uses: tests, headers, tools, networks, old formats.
NUMPY_WITHOUT = re.compile(
    r"\.(pyi|pxd|h|c|a|lib)$|/RECORD$|/conftest|/_configtool"
    r"|/(tests|f2py|distutils|typing|doc|_pyinstaller|fft|polynomial|compat)/"
)
NINJA_WITHOUT = re.compile(r"^ninja/training/")
STDLIB_WITHOUT = re.compile(
    r"^(_pyrepl|curses|dbm|email|ensurepip|http|idlelib|lib2to3|multiprocessing|pydoc_data|sqlite3"
    r"|test|tkinter|tomllib|turtledemo|urllib|venv|wsgiref|xml|xmlrpc|zoneinfo)/"
    r"|^encodings/(?!__init__|aliases|ascii|cp437|idna|latin_1|raw_unicode|unicode_esc|utf_)"
    r"|^(_aix|_ios|_apple|_android|_osx|_pyio|_pydatetime|bdb|cmd|code|codeop|compileall|configparser"
    r"|doctest|filecmp|fileinput|ftplib|getpass|imaplib|ipaddress|mailbox|mimetypes|modulefinder"
    r"|netrc|nturl2path|ntpath|optparse|pdb|pickletools|plistlib|poplib|profile|pstats|pty"
    r"|py_compile|pyclbr|pydoc|rlcompleter|sched|smtplib|socketserver|stringprep|tabnanny|tarfile"
    r"|this|trace|tracemalloc|tty|turtle|wave|webbrowser|zipapp)\.py$"
)


def write(folder: Path, package: Path, release: str, cache: Cache) -> None:
    """Fill a folder of the site.  `release` is the address of Pyodide's released packages.

    Raises FileNotFoundError and RuntimeError, in one sentence.
    """
    if not PYODIDE.exists():
        raise FileNotFoundError(f"{PYODIDE} is not there; `npm ci` puts it in place")
    version = json.loads((PYODIDE / "package.json").read_text("utf-8"))["version"]
    core = folder / f"pyodide-{version}"
    core.mkdir(parents=True, exist_ok=True)
    for name in CORE:
        (core / name).write_bytes((PYODIDE / name).read_bytes())
    lock = json.loads((PYODIDE / "pyodide-lock.json").read_text("utf-8"))
    numpy = lock["packages"]["numpy"]
    ours = _zipped(_sources(package))
    wheel = hosted_wheel(numpy["file_name"])
    pruned = zip_without(wheel.read_bytes(), NUMPY_WITHOUT) if wheel else None
    stdlib = _stdlib([ours, pruned] if pruned else [ours], cache)
    files = {
        "core": f"{core.name}/",
        "lock": {"info": lock["info"], "packages": {}},
        "stdlib": _keep(folder, "stdlib.zip", stdlib),
        "ninja": _keep(folder, "ninja.zip", ours),
        "numpy": hosted(folder, pruned) if pruned else released(numpy, release),
        "size": len(stdlib) + len(ours) + (PYODIDE / CORE[1]).stat().st_size,
    }
    worker = esbuild.split(BROWSER / "worker.js", folder, "[name]-[hash]", {"FILES": files})
    esbuild.split(BROWSER / "dojo.js", folder, constants={"WORKER": worker})


def hosted(folder: Path, data: bytes) -> dict[str, Any]:
    """Where the worker finds NumPy: beside itself."""
    digest = hashlib.sha256(data).digest()
    return {"url": _keep(folder, "numpy.zip", data), "hash": _integrity(digest), "size": len(data)}


def released(numpy: dict[str, Any], release: str) -> dict[str, Any]:
    """Where the worker finds NumPy: in Pyodide's release, with the hash of its lock file."""
    address = f"{release.rstrip('/')}/{numpy['file_name']}"
    digest = bytes.fromhex(numpy["sha256"])
    return {"url": address, "hash": _integrity(digest), "size": RELEASED_SIZE}


def _integrity(sha256: bytes) -> str:
    return f"sha256-{base64.b64encode(sha256).decode()}"


def hosted_wheel(name: str) -> Path | None:
    """The wheel of that name and version, for whatever release of the platform, in the folder."""
    folder = Path(os.environ.get("NINJA_WHEELS") or WHEELS).expanduser()
    known = "-".join(name.split("-")[:3])
    return next(iter(sorted(folder.glob(f"{known}-*wasm32.whl"))), None)


@lru_cache(maxsize=4)  # a site that is being served is built again and again
def zip_without(data: bytes, unwanted: re.Pattern[str]) -> bytes:
    """The archive without the files whose names match; the same bytes on every machine."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = [n for n in archive.namelist() if not n.endswith("/") and not unwanted.search(n)]
        return _zipped((name, archive.read(name)) for name in names)


def _stdlib(packages: list[bytes], cache: Cache) -> bytes:
    """The standard library that is hosted; Node compiles it once for each set of packages."""
    whole = (PYODIDE / "python_stdlib.zip").read_bytes()
    script = HERE / "stdlib.mjs"
    texts = [whole, script.read_bytes(), STDLIB_WITHOUT.pattern.encode(), *packages]
    made_from = [hashlib.sha256(text).hexdigest() for text in texts]
    packed = cache.remember("stdlib", made_from, partial(_compiled, whole, script, packages))
    return base64.b64decode(packed)


def _compiled(whole: bytes, script: Path, packages: list[bytes]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        given = [zip_without(whole, STDLIB_WITHOUT), *packages]
        paths = [Path(folder, f"{i}.zip") for i in range(len(given))]
        for path, data in zip(paths, given, strict=True):
            path.write_bytes(data)
        out = Path(folder, "out.zip")
        made = subprocess.run(
            [find_node(), str(script), str(paths[0]), str(out), *map(str, paths[1:])],
            cwd=NODE_MODULES.parent,
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            said = made.stderr.strip()[-2000:]  # the beginning repeats Pyodide's whole source
            raise RuntimeError(f"{script} could not compile the standard library:\n{said}")
        return base64.b64encode(out.read_bytes()).decode()


def _sources(package: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package.parent).as_posix()
        if not NINJA_WITHOUT.search(name):
            yield name, path.read_bytes()


def _zipped(files: Iterable[tuple[str, bytes]]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in files:
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED, compresslevel=9)
    return made.getvalue()


def _keep(folder: Path, name: str, data: bytes) -> str:
    """Write a file under a name that tells its content; returns that name."""
    stem, dot, suffix = name.partition(".")
    told = f"{stem}-{hashlib.sha256(data).hexdigest()[:12]}{dot}{suffix}"
    (folder / told).write_bytes(data)
    return told
