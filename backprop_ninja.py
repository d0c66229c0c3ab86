"""The way in that no other distribution shares: `backprop-ninja` and `python -m backprop_ninja`.

PyPI's build tool installs a module `ninja` too (see ninja/_neighbour.py).  This file lies beside
our package, in site-packages or in a checkout, so it knows which of the two is ours.
"""

import importlib
import sys
from pathlib import Path


def main() -> int:
    """Run the command line of the `ninja` that lies beside this file; returns the exit code."""
    here = str(Path(__file__).parent)
    sys.path.insert(0, here)
    importlib.import_module("ninja")  # from here on, this is what `ninja` means
    sys.path.remove(here)
    cli = importlib.import_module("ninja.cli")
    code: int = cli.main()
    return code


if __name__ == "__main__":
    sys.exit(main())
