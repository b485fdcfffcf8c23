"""What is asked of the database as a whole, for those who watch over it."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import connection

from doleance.kernel import sql

_SQL = sql.queries("doleance.boot", "queries.sql")


@dataclass(frozen=True, slots=True)
class Jobs:
    """The background jobs: how many in each state, how long the oldest that could run has waited, who works."""

    counts: Mapping[str, int]
    oldest_s: float
    workers: int


def database_bytes() -> int:
    """The size of the database on disk."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["database_bytes"])
        return int(cursor.fetchone()[0])


def owns_tables() -> bool:
    """Whether the role of this connection could change the tables, and so the journal's own guards."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["owns_tables"])
        return bool(cursor.fetchone()[0])


def jobs(*, silent_s: float) -> Jobs:
    """The background jobs, by the database's own clock; a worker that gave no sign for `silent_s` is not counted.

    `waiting` may run now, `planned` later; those that succeeded are removed at once.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SQL["jobs"], {"silent": silent_s})
        waiting, planned, doing, failed, oldest_s, workers = cursor.fetchone()
    counts = {"waiting": waiting, "planned": planned, "doing": doing, "failed": failed}
    return Jobs(counts=counts, oldest_s=float(oldest_s), workers=workers)
