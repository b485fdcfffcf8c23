"""Whether a database may be worked on from here: its schema is this version's, our keys open what it holds.

Asked before anything starts, over a connection of its own, and by `/readyz` over a page's.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

import psycopg

from doleance.audit.rules import master_mark
from doleance.boot.config import Config

PACKAGE = Path(__file__).resolve().parents[1]
Ask = Callable[[str], Sequence[Sequence[Any]]]  # one statement, its rows


class Fault(StrEnum):
    """Why not, in one word for machines."""

    DATABASE = "database"
    MIGRATIONS = "migrations"
    KEYS = "keys"


def fault(ask: Ask, settled: Config) -> Fault | None:
    """What is wrong with the database that `ask` speaks to, or None. What `ask` raises goes through."""
    if not has_keys(ask, settled):
        return Fault.KEYS
    return None if has_schema(ask) else Fault.MIGRATIONS


def fault_at(url: str, settled: Config) -> Fault | None:
    """The same of the database at `url`. Raises psycopg.OperationalError when it is away."""
    with psycopg.connect(url, connect_timeout=10, autocommit=True) as direct:
        return fault(lambda query: direct.execute(query.encode()).fetchall(), settled)


def has_schema(ask: Ask) -> bool:
    """Whether the migrations of Doléance that were applied are those of this version: all of them, and no other.

    On the tables of a newer version older code would fail its writes one by one: it is not ready, and is stopped first
    (docs/guides/changer-de-version.md).
    """
    if not _is_there(ask, "django_migrations"):
        return False
    wanted = {path.stem for path in PACKAGE.glob("migrations/[0-9]*.py")}
    return wanted == {name for (name,) in ask("SELECT name FROM django_migrations WHERE app = 'doleance'")}


def has_keys(ask: Ask, settled: Config) -> bool:
    """Whether the master key of this home is the one under which this database is sealed; a fresh database has none.

    A machine that made keys of its own would seal what the others cannot open.
    """
    if not _is_there(ask, "doleance_subjectkey"):
        return True
    rows = ask("SELECT master FROM doleance_subjectkey LIMIT 1")
    try:
        return not rows or bytes(rows[0][0]) == master_mark(settled.path_of("master_key").read_bytes())
    except OSError:
        return False


def _is_there(ask: Ask, table: str) -> bool:
    return bool(ask(f"SELECT to_regclass('{table}') IS NOT NULL")[0][0])
