"""`python -m ninja`."""

import sys

from ninja.cli import main

if __name__ == "__main__":
    sys.exit(main())
