"""Doléance beside django-helpdesk: python -m benchmarks.helpdesk --count 10000 100000 --folder HERE

The same complaints in both, in databases of one server: django-helpdesk, installed from the package index into an
environment of its own, gets them by COPY as tickets and follow-ups. One run asks both in turn for the list of what is
open, fifty rows, and for the same words among all. Prints medians and 95th percentiles in milliseconds, and the ratios
that are promised.
"""

import argparse
import os
import subprocess
import sys
import venv
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from random import Random

import psycopg

from benchmarks import houses
from benchmarks.lists import Promise, Reader, Told, verdict
from doleance.kernel import sql

PACKAGES = ("django-helpdesk==2.6.1", "Django==5.2.*", "psycopg[binary]")
KINDS = ("list", "search")
WARM = 2  # first requests of each kind, not counted
LIST_MOST = {10_000: 0.3, 100_000: 0.1}  # the list, over that of django-helpdesk
SEARCH_MOST = {100_000: 0.05}
_ROOT = Path(__file__).resolve().parents[1]
_SQL = sql.queries("benchmarks", "helpdesk.sql")
_NUMBERED = ("number_files", "number_teams", "number_people", "index_files")
_TABLES = ("auth_user", "helpdesk_queue", "helpdesk_ticket", "helpdesk_followup")  # in the order of their keys


def install(folder: Path) -> Path:
    """The interpreter of an environment that has django-helpdesk, made in `folder` when it is not there."""
    place = folder / "helpdesk"
    if not (place / "installed").exists():
        venv.create(place, with_pip=True)
        subprocess.run([place / "bin/python", "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
        (place / "installed").touch()
    return place / "bin/python"


def environment(url: str) -> Mapping[str, str]:
    """What makes its processes work on a database, and see nothing of Doléance's settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DOLEANCE_", "DATABASE_"))}
    mine = {"DJANGO_SETTINGS_MODULE": "benchmarks.helpdesk_site", "PYTHONPATH": str(_ROOT), "HELPDESK_DATABASE": url}
    return kept | mine


def fill(python: Path, ours: str, theirs: str) -> None:
    """Its tables in the database at `theirs`, filled with the complaints of the one at `ours`, and who reads them."""
    surroundings = environment(theirs)
    subprocess.run([python, "-m", "django", "migrate", "--verbosity=0"], env=surroundings, check=True, cwd=_ROOT)
    with psycopg.connect(ours) as source, psycopg.connect(theirs) as target:
        for name in _NUMBERED:
            source.execute(_SQL[name].encode())
        for table in _TABLES:
            _copy(source, target, table)
        target.execute(_SQL["reader"].encode())
    with psycopg.connect(theirs, autocommit=True) as target:
        target.execute("VACUUM (ANALYZE)")


def _copy(source: psycopg.Connection, target: psycopg.Connection, table: str) -> None:
    """The rows of one statement into the table of its name, column by column of the same name."""
    columns = [one.name for one in source.execute(f"{_SQL[table]} LIMIT 0".encode()).description or ()]
    with (
        source.cursor().copy(f"COPY ({_SQL[table]}) TO STDOUT".encode()) as rows,
        target.cursor().copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN".encode()) as copied,
    ):
        for some in rows:
            copied.write(some)


def promises(counts: Sequence[int], told: Mapping[tuple[str, int, str], Told]) -> list[Promise]:
    """Doléance over django-helpdesk, by the medians of each size; those that nothing was promised of are told."""
    return [
        Promise(
            f"{kind}, {count}: Doléance over django-helpdesk",
            told["doleance", count, kind].median / told["helpdesk", count, kind].median,
            most.get(count),
        )
        for kind, most in (("list", LIST_MOST), ("search", SEARCH_MOST))
        for count in counts
    ]


def measure(
    readers: Mapping[tuple[str, int], Reader], counts: Sequence[int], rounds: int, random: Random
) -> dict[tuple[str, int, str], Told]:
    """What each took for each kind; the words that Doléance drew are those that the other looks for."""
    times: dict[tuple[str, int, str], list[float]] = {(*key, kind): [] for key in readers for kind in KINDS}
    for number in range(WARM + rounds):
        turns = [(count, kind) for count in counts for kind in KINDS]
        random.shuffle(turns)
        for count, kind in turns:
            ours = readers["doleance", count]
            took = ours.ask(kind)
            words = ours.words if kind == "search" else ""
            also = readers["helpdesk", count].ask(kind, words)
            if number >= WARM:
                times["doleance", count, kind].append(took)
                times["helpdesk", count, kind].append(also)
    return {key: Told(found) for key, found in times.items()}


def main() -> int:
    """Build or reopen the houses, fill the other product, ask both in turn, tell; 1 when a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--rounds", type=int, default=30, help="requests of each kind to each")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--folder", type=Path, required=True, help="where houses and the other product are kept")
    options = parser.parse_args()
    counts = sorted(options.count)
    sys.stdout.write(f"seed {options.seed}, {', '.join(PACKAGES)}, load {os.getloadavg()[0]:.1f}\n")
    with houses.kept(options.folder) as made, ExitStack() as stack:
        python = install(options.folder)
        readers: dict[tuple[str, int], Reader] = {}
        for count in counts:
            name = made.build(count, options.seed, processes=options.processes)
            theirs = made.beside(name)
            fill(python, made.url(name), theirs)
            readers["doleance", count] = Reader(made.environment(name), options.seed)
            readers["helpdesk", count] = Reader(environment(theirs), options.seed, python=str(python), of="helpdesk")
        for one in readers.values():
            stack.callback(one.close)
        told = measure(readers, counts, options.rounds, Random(options.seed))
    for (product, count, kind), times in told.items():
        sys.stdout.write(f"{product:<9} {count:>9} {kind:<7} median / p95 ms  {times.median:.1f} / {times.p95:.1f}\n")
    return verdict(promises(counts, told))


if __name__ == "__main__":
    sys.exit(main())
