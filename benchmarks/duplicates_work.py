"""A process of `benchmarks.duplicates`, on the database that its environment names."""

import importlib
import json
import sys
from typing import Any

import django


def main() -> int:
    """One piece of work, named by the arguments; what it measured as JSON on the last line."""
    what, count, seed, asked = sys.argv[1], *map(int, sys.argv[2:5])
    django.setup()
    work: Any = importlib.import_module("benchmarks.duplicates_asked")
    told = work.fill(count, seed) if what == "fill" else work.ask(count, seed, asked)
    sys.stdout.write(f"{json.dumps(told)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
