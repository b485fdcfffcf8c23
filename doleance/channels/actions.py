"""What happens to mailboxes and messages."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from doleance.accounts.models import Entity, Team
from doleance.accounts.rules import Actor, Permission, require
from doleance.audit import actions as audit
from doleance.audit import seal
from doleance.channels import rules
from doleance.channels.email.addresses import is_address
from doleance.channels.email.smtp import Security
from doleance.channels.models import Attachment, Blob, Mailbox, Message
from doleance.channels.rules import Direction, Limit, MessageState, ParsedMessage, Reason, SenderClass, Source
from doleance.kernel.db import write
from doleance.kernel.ids import uuid7

_OUTCOME = ("state", "reason", "duplicate_of_id", "received_at", "received_from", "team_id")


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message as the wire gives it, before anybody reads it.

    `server` and `separator` are moments told by the mail server (INTERNALDATE) and by an mbox.
    """

    raw: bytes = field(repr=False)
    source: Source
    entity: Entity
    team: Team
    mailbox: Mailbox | None = None
    uidvalidity: int | None = None
    uid: int | None = None
    server: datetime | None = None
    separator: datetime | None = None
    acknowledge: bool = True


@dataclass(frozen=True, slots=True)
class Stored:
    """The ledger row of a received item; `is_new` is False when the ledger had it already."""

    message: Message
    is_new: bool


@write
def store(*, items: Sequence[Incoming], by: Actor, at: datetime) -> list[Stored]:
    """Keep raw messages in the ledger, sealed, before anything reads them; one row for each identity, for ever.

    An identity is (mailbox, uidvalidity, uid) when a server gave one, else the hash of the bytes. What is there
    already is answered by its row and changes nothing. Two stores of the same messages at once wait for each other.
    """
    wanted = {_identity(item): item for item in reversed(items)}  # the first of two equal items counts
    found = _known(wanted.values())
    fresh = {key: _row(item, at) for key, item in sorted(wanted.items()) if key not in found}
    # In the order of identities, so that two stores never wait in a circle.
    Message.objects.bulk_create(fresh.values(), ignore_conflicts=True)
    kept = set(
        Message.objects.filter(pk__in=[row.pk for row in fresh.values()]).order_by("pk").values_list("pk", flat=True)
    )
    made = {key: row for key, row in fresh.items() if row.pk in kept}
    Blob.objects.bulk_create(
        _blob(row.raw_id, wanted[key].raw, subject=row.entity_id, sha256=row.sha256) for key, row in made.items()
    )
    for row in made.values():
        audit.record(
            stream=row.journal_stream,
            code="message_stored",
            by=by.id,
            at=at,
            rows=[(row, Message.journal_columns)],
            subject=row.entity_id,
        )
    if len(made) < len(fresh):  # somebody else stored them since
        found |= _known(wanted.values())
    found |= made
    new = {row.pk for row in made.values()}
    told: list[Stored] = []
    for item in items:
        row = found[_identity(item)]
        told.append(Stored(row, is_new=row.pk in new))
        new.discard(row.pk)
    return told


def _identity(item: Incoming) -> str:
    if item.uid is not None and item.mailbox is not None:
        return f"{item.mailbox.id} {item.uidvalidity} {item.uid}"
    return hashlib.sha256(item.raw).hexdigest()


def _known(items: Sequence[Incoming] | object) -> dict[str, Message]:
    """The ledger's rows for these identities. An import counts as known whatever way the same bytes came before."""
    listed: list[Incoming] = list(items)  # type: ignore[call-overload]
    hashes = [_identity(item) for item in listed if item.uid is None]
    found: dict[str, Message] = {}
    rows = Message.objects.filter(direction=Direction.IN, sha256__in=hashes).order_by("-id")
    found |= {row.sha256: row for row in rows}
    for item in listed:
        if item.uid is not None:
            row = Message.objects.filter(mailbox=item.mailbox, uidvalidity=item.uidvalidity, uid=item.uid).first()
            if row is not None:
                found[_identity(item)] = row
    return found


def _row(item: Incoming, at: datetime) -> Message:
    received_at, received_from = rules.received_at(server=item.server, separator=item.separator, header=None, at=at)
    return Message(
        source=item.source,
        entity=item.entity,
        team=item.team,
        mailbox=item.mailbox,
        uidvalidity=item.uidvalidity,
        uid=item.uid,
        sha256=hashlib.sha256(item.raw).hexdigest(),
        size=len(item.raw),
        raw_id=uuid7(),
        received_at=received_at,
        received_from=received_from,
        stored_at=at,
        acknowledge=item.acknowledge,
    )


def _blob(blob_id: UUID, data: bytes, *, subject: UUID, sha256: str = "") -> Blob:
    return Blob(
        id=blob_id,
        sha256=sha256 or hashlib.sha256(data).hexdigest(),
        size=len(data),
        sealed=seal.seal(blob_id, subject, data),
    )
