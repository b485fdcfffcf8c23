"""What is asked of the journal."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from doleance.audit import rules
from doleance.audit.models import AuditEvent, SubjectKey
from doleance.audit.offline import genesis
from doleance.kernel import sql

_SQL = sql.queries("doleance.audit", "queries.sql")


def heads(streams: Iterable[str]) -> dict[str, tuple[int, bytes]]:
    """The rank and hash of the last event of each stream, (0, its genesis) when it has none.

    Takes the lock of each until the end of the transaction: whoever reads a head is the next to write. All who take
    several take them in one order, so that no two wait for each other.
    """
    wanted = sorted(set(streams))
    with connection.cursor() as cursor:
        cursor.execute(_SQL["heads"], [wanted])
        found = {stream: (seq, bytes(own)) for stream, seq, own in cursor.fetchall()}
    return {stream: found.get(stream) or (0, genesis(stream)) for stream in wanted}


def locked_subject_keys(subjects: Iterable[UUID]) -> dict[UUID, SubjectKey]:
    """The keys of subjects, those that exist, which nobody can destroy before the end of the transaction."""
    rows = SubjectKey.objects.raw(_SQL["locked_subject_keys"], [sorted(set(subjects))])
    return {row.subject: row for row in rows}


def history(stream: str) -> QuerySet[AuditEvent]:
    """The events of one stream, oldest first."""
    return AuditEvent.objects.filter(stream=stream).order_by("seq")


def pages(size: int) -> Iterator[list[AuditEvent]]:
    """Every event by stream and rank, `size` at a time, through a cursor: inside a transaction only.

    A cursor and not ranges of the key, since the rows of a tampered table may share one.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SQL["open_walk"])
        while True:
            cursor.execute(_SQL["walk"].format(size=int(size)))
            rows = cursor.fetchall()
            if not rows:
                break
            yield [_event(row) for row in rows]
        cursor.execute(_SQL["close_walk"])


def _event(row: tuple[Any, ...]) -> AuditEvent:
    stream, seq, prev_hash, facts, payload, commitment, own = row
    return AuditEvent(
        stream=stream,
        seq=seq,
        prev_hash=bytes(prev_hash),
        facts=json.loads(facts),
        payload=None if payload is None else bytes(payload),
        commitment=bytes(commitment),
        hash=bytes(own),
    )


def rows_told(streams: set[str]) -> dict[str, set[str]]:
    """The keys of the rows that the events of each of these streams tell, and have not told the removal of."""
    found: dict[str, set[str]] = {}
    events = AuditEvent.objects.filter(stream__in=streams, facts__has_key="rows").order_by("stream", "seq")
    for stream, facts in events.values_list("stream", "facts"):
        told = rules.told_by(0, facts, None).rows
        kept = found.get(stream, set()) - set(told)
        found[stream] = kept | {key for key, columns in told.items() if columns is not None}
    return found


def last_told(stream: str, code: str) -> datetime | None:
    """When something was told last in a stream; None when it never was."""
    event = AuditEvent.objects.filter(stream=stream, facts__code=code).order_by("-seq").first()
    return event.at if event is not None else None


def is_erased(subject: UUID) -> bool:
    """Whether what was sealed for this subject was destroyed, by an event that says so."""
    told = {"facts__code": "erased", "facts__subject": str(subject)}
    return AuditEvent.objects.filter(stream=rules.ERASURES, **told).exists()


def erased_subjects() -> set[UUID]:
    """Those whose keys were destroyed on purpose, by the events that say so."""
    events = AuditEvent.objects.filter(stream=rules.ERASURES, facts__code="erased", facts__has_key="subject")
    subjects = (rules.uuid_of(facts["subject"]) for facts in events.values_list("facts", flat=True))
    return {subject for subject in subjects if subject is not None}


def moment() -> datetime:
    """When the database is being read, by its own clock."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["moment"])
        found: datetime = cursor.fetchone()[0]
    return found


def about() -> int:
    """About how many events there are, at once: for a progress bar."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["about"])
        return int(cursor.fetchone()[0])


def missing_protections(tables: Iterable[str]) -> list[str]:
    """What should keep the journal and these tables from being changed and is not there or was turned off."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["missing_protections"], {"tables": list(tables)})
        return [str(name) for (name,) in cursor.fetchall()]


def is_owner() -> bool:
    """Whether this connection owns the journal's table, so that triggers alone stand between it and a change."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["is_owner"])
        return bool(cursor.fetchone()[0])
