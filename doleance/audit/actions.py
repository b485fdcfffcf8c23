"""Writing on the journal: every action of Doléance leaves its event through `record`."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import TypeAlias, cast
from uuid import UUID

from django.db.models import Model

from doleance.audit import queries, rules, seal
from doleance.audit.models import AuditEvent, Journalled, value_of
from doleance.audit.offline import event_hash
from doleance.kernel.db import note_event, pending, write
from doleance.kernel.ids import uuid7

Changed: TypeAlias = "tuple[Model, Sequence[str] | None]"

_NONE: Mapping[str, str] = MappingProxyType({})


@write
def record(
    *,
    stream: str,
    code: str,
    by: str,
    at: datetime,
    facts: Mapping[str, rules.Fact] = _NONE,
    rows: Sequence[Changed] = (),
    removed: Sequence[Model] = (),
    texts: Mapping[str, str] = _NONE,
    subject: UUID | None = None,
) -> AuditEvent:
    """Leave one event, in the transaction of the change it tells: what it says is noted now, and chained at its end.

    `stream` is a kind, or a kind and an identifier (`complaint:<uuid>`); `code` a past participle; `by` an actor's id.
    `facts` stand in clear for ever: codes, identifiers and moments only. `rows` are the instances just saved with the
    names of their changed columns (None: all of them, at creation; names that the model does not journal are passed
    over); `removed` are instances about to be deleted. `texts` and the rows' `journal_texts` are sealed under the key
    of `subject`, by default the identifier of the stream.
    The event answered has its rank, texts and hash once the outermost write has ended. Raises ValueError on what
    cannot be told (NotClear: a text among the facts), RuntimeError on a row told in another stream than its own.
    """
    note_event()
    rules.check_stream(stream)
    clear: dict[str, rules.Columns | None] = {_key(row, stream): None for row in removed}
    sealed: dict[str, rules.Columns] = {}
    for row, names in rows:
        key, (columns, row_texts) = _key(row, stream), _columns(row, names)
        clear[key] = (clear.get(key) or {}) | columns
        if row_texts:
            sealed[key] = sealed.get(key, {}) | row_texts
    told = rules.facts_of(code=code, by=by, at=at, facts=facts, rows=clear)
    content = rules.content_of(rows=sealed, texts=texts)
    event = AuditEvent(stream=stream, facts=told)
    pending(_Telling).events.append(_Told(event, content, subject or rules.subject_of(stream)))
    return event


@dataclass(frozen=True, slots=True)
class _Told:
    """An event that waits for its rank, and what it will seal for whom."""

    event: AuditEvent
    content: bytes
    subject: UUID


@dataclass(slots=True)
class _Telling:
    """The events of one write, chained and kept together at its end: streams are locked last and in one order."""

    events: list[_Told] = field(default_factory=list)

    def finish(self) -> None:
        """Seal, chain and insert what was told. Within a stream the order of telling stays."""
        told = sorted(self.events, key=lambda one: one.event.stream)
        _commit(told)
        heads = queries.heads(one.event.stream for one in told)
        for event in (one.event for one in told):
            seq, event.prev_hash = heads[event.stream]
            event.seq = seq + 1
            event.hash = event_hash(
                stream=event.stream,
                seq=event.seq,
                prev_hash=event.prev_hash,
                facts=event.facts,
                commitment=bytes(event.commitment),
            )
            heads[event.stream] = event.seq, event.hash
        AuditEvent.objects.bulk_create([one.event for one in told])


def _commit(told: Sequence[_Told]) -> None:
    """Give each event its commitment and its sealed payload, none without texts."""
    bare = [one.event for one in told if not one.content]
    for event in bare:
        event.payload, event.commitment = None, rules.NO_TEXTS
    texts = [(one, uuid7(), os.urandom(rules.SALT_BYTES)) for one in told if one.content]
    sealed = seal.seal_all([(object_id, one.subject, salt + one.content) for one, object_id, salt in texts])
    for (one, object_id, salt), data in zip(texts, sealed, strict=True):
        one.event.payload = object_id.bytes + data
        one.event.commitment = rules.commitment(salt, one.content)


def _key(row: Model, stream: str) -> str:
    own = cast(Journalled, row).journal_stream
    if own != stream:
        raise RuntimeError(f"{row._meta.model_name} {row.pk} is told in {own}, not in {stream}")
    return rules.row_key(str(row._meta.model_name), row.pk)


def _columns(row: Model, names: Sequence[str] | None) -> tuple[rules.Columns, rules.Columns]:
    """The changed columns of a row: those in clear, those to seal. A name that is no column fails."""
    clear, texts = _told_columns(type(row), None if names is None else tuple(names))
    return {name: value_of(row, name) for name in clear}, {name: value_of(row, name) for name in texts}


@lru_cache(maxsize=1_000)
def _told_columns(model: type[Model], names: tuple[str, ...] | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Which of a model's columns the journal tells when these changed: in clear, and sealed."""
    kind = cast(type[Journalled], model)
    if names is None:
        return tuple(kind.journal_columns), tuple(kind.journal_texts)
    changed = {model._meta.get_field(name) for name in names}
    clear = tuple(name for name in kind.journal_columns if model._meta.get_field(name) in changed)
    return clear, tuple(name for name in kind.journal_texts if model._meta.get_field(name) in changed)


@write
def viewed(*, reader: str, what: str, at: datetime) -> AuditEvent:
    """Note in the stream of `reader` (an actor's id, `user:<uuid>`) that they were shown `what` (`complaint:<uuid>`).

    Called once the page is built, in a transaction of its own: reading a file locks nothing of it.
    """
    return record(stream=f"reader:{reader.partition(':')[2]}", code="viewed", by=reader, at=at, facts={"what": what})


@write
def erase(*, subject: UUID, authority: str, article: str, by: str, at: datetime) -> AuditEvent:
    """Destroy the keys of a subject: its sealed texts, messages and files never open again; no journal row changes.

    `authority` and `article` are codes (`rgpd`, `17-1-b`). A payload that does not open and that no such event
    explains is what `doleance verify` calls a lost key.
    """
    objects = seal.destroy(subject)
    facts: dict[str, rules.Fact] = {"subject": subject, "authority": authority, "article": article, "objects": objects}
    return record(stream=rules.ERASURES, code="erased", by=by, at=at, facts=facts)


@write
def exported(*, events: int, streams: int, digest: str, by: str, at: datetime) -> AuditEvent:
    """Note that the whole journal was written to a file: what it counted, and the digest on its last line."""
    facts: dict[str, rules.Fact] = {"events": events, "streams": streams, "digest": digest}
    return record(stream=rules.EXPORTS, code="journal_exported", by=by, at=at, facts=facts)
