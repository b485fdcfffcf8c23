"""Fill the migrated database that the environment names: what `benchmarks.generate` runs, as superuser.

Rows go in by COPY, in slices of a thousand files, from several processes. Triggers sleep meanwhile (each row is made
by the rules that they hold others to); the words of files are written by the product's own function, then indexed.
"""

import argparse
import importlib
import multiprocessing
import os
import sys
from typing import Any

import django


def main() -> int:
    """Make the house, fill it, index what is found by words."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    django.setup()
    filling: Any = importlib.import_module("benchmarks.copying")  # it has models: Django must stand first
    filling.make_house()
    slices = [
        (number, min(number + filling.SLICE, options.count), options.count, options.seed)
        for number in range(0, options.count, filling.SLICE)
    ]
    filling.before()
    # Fresh processes: a connection must not be shared, nor a state of random numbers.
    with multiprocessing.get_context("spawn").Pool(options.processes, initializer=django.setup) as pool:
        for done, _ in enumerate(pool.imap_unordered(_fill, slices), start=1):
            if done % 25 == 0:
                sys.stdout.write(f"  {done * filling.SLICE} files, load {os.getloadavg()[0]:.1f}\n")
                sys.stdout.flush()
    filling.after()
    return 0


def _fill(told: tuple[int, int, int, int]) -> None:
    importlib.import_module("benchmarks.copying").fill(*told)


if __name__ == "__main__":
    sys.exit(main())
