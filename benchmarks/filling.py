"""Fill a database with files: `python -m benchmarks.filling COUNT FIRST`, for `benchmarks.intake --fill`.

Each has a person of its own, clocks, an exchange and its events on the journal, made by the product's own actions, two
hundred in a transaction. FIRST is the number of the first: runs one after the other give different people.
"""

import importlib
import sys
from datetime import timedelta

import django


def main() -> int:
    """Open the files."""
    django.setup()
    filled = importlib.import_module("benchmarks.filled")  # it has models: Django must stand first
    filled.fill(int(sys.argv[1]), first=int(sys.argv[2]), lasting=timedelta(days=20))
    return 0


if __name__ == "__main__":
    sys.exit(main())
