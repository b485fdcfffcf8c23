"""Finding whom a file is compared with: python -m benchmarks.duplicates --count 10000 100000 [--folder HERE]

Each size is a database of its own, filled by COPY as superuser: files that hold what is asked of them and no more,
their traits, and vectors, which are those of the shipped examples mixed two by two with noise, so that each has near
ones. They were received over a year. Asked in a process that works as the application does: the whole question for
one file (its keys, what says nearly the same in the last three months, the rows of both), without PostgreSQL's index
of vectors, then with it. Prints the seed, medians and 95th percentiles in milliseconds, how many of the ten nearest
the index found of those that an exact comparison finds, and what making the index took.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks import houses
from doleance.boot import vectors
from doleance.boot.postgres import APP, SUPERUSER

_WORK = [sys.executable, "-m", "benchmarks.duplicates_work"]


def main(arguments: list[str] | None = None) -> int:
    """Fill, ask, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument("--asked", type=int, default=200, help="files that are looked for")
    parser.add_argument("--folder", type=Path, help="where the databases stay; removed at the end without it")
    parser.add_argument("--alone", action="store_true", help="without PostgreSQL’s index only")
    options = parser.parse_args(arguments)
    sys.stdout.write(f"seed {options.seed}, {options.asked} files looked for, load {os.getloadavg()[0]:.1f}\n")
    with houses.kept(options.folder) as made:
        for count in options.count:
            _size(made, count, options)
    return 0


def _size(made: houses.Houses, count: int, options: argparse.Namespace) -> None:
    name = made.empty(f"alike_{count}_{options.seed}")
    _say(count, "filled", _work(made, name, SUPERUSER, "fill", count, options.seed, 0))
    _say(count, "alone", _work(made, name, APP, "ask", count, options.seed, options.asked))
    if options.alone:
        return
    started = time.perf_counter()
    vectors.install(made.url(name))
    _say(count, "index", {"seconds": round(time.perf_counter() - started, 1)})
    _say(count, "indexed", _work(made, name, APP, "ask", count, options.seed, options.asked))


def _work(made: houses.Houses, name: str, role: str, what: str, count: int, seed: int, asked: int) -> dict[str, Any]:
    command = [*_WORK, what, str(count), str(seed), str(asked)]
    done = subprocess.run(command, env=made.environment(name, role), check=True, stdout=subprocess.PIPE)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def _say(count: int, what: str, told: dict[str, Any]) -> None:
    figures = "  ".join(f"{name} {value}" for name, value in told.items())
    sys.stdout.write(f"{count:>9}  {what:<8}  {figures}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
