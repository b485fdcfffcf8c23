"""Houses of many files, filled by COPY with true chains: python -m benchmarks.generate --count 10000 --folder HERE.

The rows and events are those that the product's own actions leave, by its own rules, keys and hashes; `doleance
verify` reads them all at the end and must find nothing. Prints the seed, which makes the same matters again (keys,
salts and the moments, which end today, differ).
"""

import argparse
import sys
import time
from pathlib import Path

from benchmarks import houses


def main() -> int:
    """Fill a database for each count."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, nargs="+", default=[1_000], help="files: 1000 10000 100000 1000000")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="keeps the server and its databases; made anew when absent")
    parser.add_argument(
        "--unverified", action="store_true", help="spare the reading of every chain, hours for a million"
    )
    options = parser.parse_args()
    sys.stdout.write(f"seed {options.seed}\n")
    with houses.kept(options.folder) as made:
        for count in options.count:
            began = time.monotonic()
            name = made.build(count, options.seed, processes=options.processes, verified=not options.unverified)
            sys.stdout.write(f"{count} files: {name}, {time.monotonic() - began:.0f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
