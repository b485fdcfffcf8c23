"""The contenders of `benchmarks.journal`: the product's chains, and naive ones written by the same code."""

import multiprocessing
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from random import Random
from uuid import UUID

from django.db import connection

from doleance.audit import actions, queries, verify
from doleance.audit.models import AuditEvent
from doleance.audit.offline import genesis

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
COMPLAINTS = 400
TEXT = "Le colis n’est jamais arrivé, et personne ne répond au téléphone depuis trois semaines. " * 4
NAIVE_TABLE = """
CREATE TABLE doleance_naive (LIKE doleance_auditevent, id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
CREATE INDEX ON doleance_naive (prev_hash);
GRANT SELECT, INSERT, UPDATE ON doleance_naive TO doleance_app;
"""


@dataclass(frozen=True)
class Result:
    """What one contender did: transactions a second, and how many rows share their predecessor with another."""

    name: str
    is_ours: bool
    events: int
    rate: float
    forks: int
    forked: float


def _stream(random: Random) -> str:
    return f"complaint:{UUID(int=random.randrange(COMPLAINTS))}"


def chain_a_complaint(random: Random, n: int) -> None:
    """The product: a chain for each complaint, an event without text."""
    actions.record(stream=_stream(random), code="state_moved", by="machine:benchmark", at=AT, facts={"n": n})


def chain_a_complaint_sealed(random: Random, n: int) -> None:
    """The product: a chain for each complaint, an event with a sealed text of some 350 signs."""
    actions.record(
        stream=_stream(random), code="note_added", by="machine:benchmark", at=AT, facts={"n": n}, texts={"text": TEXT}
    )


def one_chain(_random: Random, n: int) -> None:
    """The product's code with one chain for everything: right, and each writer waits for all the others."""
    actions.record(stream="settings", code="state_moved", by="machine:benchmark", at=AT, facts={"n": n})


def naive_heads(streams: Iterable[str], *, lock: str) -> dict[str, tuple[int, bytes]]:
    """What a naive chain takes for its end: the last row of all, without the lock that `queries.heads` takes."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT seq, hash FROM doleance_naive ORDER BY id DESC LIMIT 1 {lock}")
        found = cursor.fetchone()
    return {stream: (found[0], bytes(found[1])) if found else (0, genesis(stream)) for stream in streams}


def be_naive(lock: str) -> None:
    """Make this process write a naive chain by the product's own code: only the table and the head differ."""
    AuditEvent._meta.db_table = "doleance_naive"
    queries.heads = partial(naive_heads, lock=lock)


@dataclass(frozen=True)
class Contender:
    """One way to chain. `prepare` runs in each writing process before the start."""

    write: Callable[[Random, int], None]
    prepare: Callable[[], None] = lambda: None
    table: str = "doleance_auditevent"
    chain: str = "stream, prev_hash"


CONTENDERS = {
    "a chain a complaint": Contender(chain_a_complaint),
    "a chain a complaint, sealed texts": Contender(chain_a_complaint_sealed),
    "one chain, locked": Contender(one_chain),
    "naive: last row, no lock": Contender(one_chain, partial(be_naive, ""), "doleance_naive", "prev_hash"),
    "naive: last row FOR UPDATE": Contender(one_chain, partial(be_naive, "FOR UPDATE"), "doleance_naive", "prev_hash"),
}


def _write(name: str, number: int, start: float, seconds: float) -> int:
    """What one process does: wait for the start, then write until the time is up; how many events it left."""
    random, contender, n = Random(number), CONTENDERS[name], 0
    contender.prepare()
    connection.ensure_connection()
    time.sleep(max(0.0, start - time.monotonic()))
    while time.monotonic() < start + seconds:
        contender.write(random, n)
        n += 1
    connection.close()
    return n


def run(name: str, *, writers: int, seconds: float) -> Result:
    """Let so many processes write at once as `name` does, and count."""
    before = _count(name)
    connection.close()  # forked processes must not share it
    start = time.monotonic() + 1.0
    with multiprocessing.get_context("fork").Pool(writers) as pool:
        done = pool.starmap(_write, [(name, number, start, seconds) for number in range(writers)])
    rows, forks = (after - was for after, was in zip(_count(name), before, strict=True))
    if rows != sum(done):
        raise RuntimeError(f"{name}: {sum(done)} transactions left {rows} rows")
    return Result(
        name, CONTENDERS[name].table == "doleance_auditevent", rows, sum(done) / seconds, forks, forks / rows
    )


def summary(results: list[Result]) -> Result:
    """Several runs of one contender as one: the median rate, all events, all forks."""
    events, forks = sum(one.events for one in results), sum(one.forks for one in results)
    rate = statistics.median(one.rate for one in results)
    return replace(results[0], events=events, rate=rate, forks=forks, forked=forks / events)


def is_intact() -> bool:
    """Whether what the product wrote verifies."""
    return verify.check().intact


def _count(name: str) -> tuple[int, int]:
    """How many rows there are, and how many share their predecessor with another."""
    contender = CONTENDERS[name]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT coalesce(sum(n), 0)::bigint, coalesce(sum(n) FILTER (WHERE n > 1), 0)::bigint FROM"
            f" (SELECT count(*) AS n FROM {contender.table} GROUP BY {contender.chain}) AS chained"
        )
        rows, forks = cursor.fetchone()
    return rows, forks
