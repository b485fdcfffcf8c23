"""A process of `benchmarks.lists`: one house, requests through the whole application, one at a time when asked."""

import argparse
import importlib
import json
import sys
import time
from typing import Any

import django


def main() -> int:
    """Answer each kind that comes in with the milliseconds of one request, and the words that were looked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, required=True)
    options = parser.parse_args()
    django.setup()
    asked: Any = importlib.import_module("benchmarks.lists_asked").Asked(options.seed)  # models: Django stands first
    for line in sys.stdin:
        request = asked.request(line.strip())
        began = time.perf_counter()
        request()
        told = {"ms": (time.perf_counter() - began) * 1_000, "words": asked.words}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
