"""Tamper with a journal as superuser, and count what `doleance verify` finds and names.

    python -m benchmarks.tamper --count 200 --seed 7

Prints the seed, and `N passed, N failed` last; the exit code is 1 when one was not found or not named.
"""

import argparse
import importlib
import random
import sys

import django

from benchmarks import scratch


def main() -> int:
    """Run the harness on a database of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=200, help="how many tampers")
    parser.add_argument("--complaints", type=int, default=40, help="how many complaints the journal holds")
    parser.add_argument("--seed", type=int, default=None, help="the seed of chance (drawn when not given)")
    options = parser.parse_args()
    seed = random.SystemRandom().randrange(2**32) if options.seed is None else options.seed
    sys.stdout.write(f"seed {seed}\n")
    with scratch.installation(durable=False) as server:
        django.setup()
        journals = importlib.import_module("benchmarks.journals")  # it has models: Django must stand first
        tampering = importlib.import_module("benchmarks.tampering")
        journals.make(options.complaints, random.Random(seed))
        with server.connect(database=scratch.NAME) as superuser:
            tally = tampering.run(superuser, count=options.count, seed=seed)
    for failure in tally.failures:
        sys.stdout.write(f"{failure}\n")
    sys.stdout.write(f"{tally.summary}\n")
    return 1 if tally.failures else 0


if __name__ == "__main__":
    sys.exit(main())
