"""The contenders of `benchmarks.journal`: the product's chains, and naive ones."""

import json
import multiprocessing
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from random import Random
from uuid import UUID

from django.db import connection, transaction

from doleance.audit import actions, rules, verify
from doleance.audit.models import AuditEvent
from doleance.audit.offline import event_hash, genesis

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
COMPLAINTS = 400
TEXT = "Le colis n’est jamais arrivé, et personne ne répond au téléphone depuis trois semaines. " * 4
NAIVE_TABLE = """
CREATE TABLE naive (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    prev_hash bytea NOT NULL, facts jsonb NOT NULL, commitment bytea NOT NULL, hash bytea NOT NULL
);
CREATE INDEX ON naive (prev_hash);
GRANT SELECT, INSERT, UPDATE ON naive TO doleance_app;
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


def naive(_random: Random, n: int, *, lock: str) -> None:
    """One chain for everything that reads its last row without the lock of its end."""
    facts = rules.facts_of(code="state_moved", by="machine:benchmark", at=AT, facts={"n": n}, rows={})
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SELECT hash FROM naive ORDER BY id DESC LIMIT 1 {lock}")
        found = cursor.fetchone()
        prev_hash = bytes(found[0]) if found else genesis("naive")
        own = event_hash(stream="naive", seq=1, prev_hash=prev_hash, facts=facts, commitment=rules.NO_TEXTS)
        cursor.execute(
            "INSERT INTO naive (prev_hash, facts, commitment, hash) VALUES (%s, %s, %s, %s)",
            [prev_hash, json.dumps(facts), rules.NO_TEXTS, own],
        )


Writer = Callable[[Random, int], None]
CONTENDERS: dict[str, Writer] = {
    "a chain a complaint": chain_a_complaint,
    "a chain a complaint, sealed texts": chain_a_complaint_sealed,
    "one chain, locked": one_chain,
    "naive: last row, no lock": partial(naive, lock=""),
    "naive: last row FOR UPDATE": partial(naive, lock="FOR UPDATE"),
}
OURS = ("a chain a complaint", "a chain a complaint, sealed texts", "one chain, locked")


def _write(name: str, number: int, start: float, seconds: float) -> int:
    """What one process does: wait for the start, then write until the time is up; how many events it left."""
    random, writer, n = Random(number), CONTENDERS[name], 0
    connection.ensure_connection()
    time.sleep(max(0.0, start - time.monotonic()))
    while time.monotonic() < start + seconds:
        writer(random, n)
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
    return Result(name, name in OURS, rows, sum(done) / seconds, forks, forks / rows)


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
    with connection.cursor() as cursor:
        if name in OURS:
            table, chain = AuditEvent._meta.db_table, "stream, prev_hash"
        else:
            table, chain = "naive", "prev_hash"
        cursor.execute(
            f"SELECT count(*), coalesce(sum(n) FILTER (WHERE n > 1), 0)::bigint"
            f" FROM (SELECT {chain}, count(*) AS n FROM {table} GROUP BY {chain}) AS chained"
        )
        _, forks = cursor.fetchone()
        cursor.execute(f"SELECT count(*) FROM {table}")
        (rows,) = cursor.fetchone()
    return rows, forks
