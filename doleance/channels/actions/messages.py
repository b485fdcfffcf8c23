"""What happens to messages: kept, then linked, quarantined or named a duplicate."""

import hashlib
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from doleance.accounts.models import Entity, Team
from doleance.accounts.rules import Actor
from doleance.audit import actions as audit
from doleance.audit import seal
from doleance.channels import rules
from doleance.channels.models import Attachment, Blob, Mailbox, Message
from doleance.channels.rules import (
    Direction,
    MessageState,
    ParsedFile,
    ParsedMessage,
    Person,
    Reason,
    SenderClass,
    Source,
)
from doleance.kernel.db import rewrite, write
from doleance.kernel.ids import uuid7

_OUTCOME = ("state", "reason", "duplicate_of_id", "received_at", "received_from")
_LONGEST_ID, _LONGEST_ADDRESS, _LONGEST_NAME = 1_000, 320, 200


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message as the wire gives it, before anybody reads it.

    `server` and `separator` are the moments told by the mail server (INTERNALDATE) and by an mbox. What was typed
    into a form of ours bears that form's identifier, and `told` is when it was received.
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
    channel: str = "email"
    form: UUID | None = None
    told: datetime | None = None

    @property
    def identity(self) -> str:
        """What makes it this message and no other: its place in a mailbox, else its bytes."""
        if self.mailbox is not None and self.uid is not None:
            return f"{self.mailbox.id} {self.uidvalidity} {self.uid}"
        return hashlib.sha256(self.raw).hexdigest()


@dataclass(frozen=True, slots=True)
class Stored:
    """The ledger row of a received item; `is_new` is False when the ledger had it already."""

    message: Message
    is_new: bool


@write
def store(*, items: Sequence[Incoming], by: Actor, at: datetime) -> list[Stored]:
    """Keep raw messages in the ledger, sealed, before anything reads them; one row for each identity, for ever.

    What is there already is answered by its row and changes nothing. Two stores of the same messages at once wait for
    each other, and one of them makes the rows.
    """
    wanted: dict[str, Incoming] = {}
    for item in items:
        wanted.setdefault(item.identity, item)
    found = _known(wanted.values())
    fresh = {key: _row(item, at) for key, item in wanted.items() if key not in found}
    made = _insert(fresh, wanted)
    for row in made.values():
        rows = [(row, Message.journal_columns)]
        audit.record(stream=row.journal_stream, code="message_stored", by=by.id, at=at, rows=rows)
    if len(made) < len(fresh):  # somebody else stored them since
        found |= _known(wanted.values())
    found |= made
    new = {row.pk for row in made.values()}
    told: list[Stored] = []
    for item in items:
        row = found[item.identity]
        told.append(Stored(row, is_new=row.pk in new))
        new.discard(row.pk)
    return told


def _known(items: Collection[Incoming]) -> dict[str, Message]:
    """The ledger's rows for these identities. The same bytes count as known by whatever way they came before."""
    hashes = [item.identity for item in items if item.uid is None]
    rows = Message.objects.filter(direction=Direction.IN, sha256__in=hashes).order_by("-id")
    found = {row.sha256: row for row in rows}
    folders: dict[tuple[UUID, int | None], dict[int, str]] = {}
    for item in items:
        if item.mailbox is not None and item.uid is not None:
            folders.setdefault((item.mailbox.id, item.uidvalidity), {})[item.uid] = item.identity
    for (mailbox_id, uidvalidity), wanted in folders.items():  # one query a folder: a batch comes from one
        rows = Message.objects.filter(mailbox_id=mailbox_id, uidvalidity=uidvalidity, uid__in=wanted).order_by("id")
        found |= {wanted[row.uid]: row for row in rows if row.uid is not None}
    return found


def _row(item: Incoming, at: datetime) -> Message:
    received_at, received_from = rules.received_at(server=item.server, separator=item.separator, header=None, at=at)
    if item.told is not None and item.source in rules.TYPED:
        received_at, received_from = item.told, rules.TYPED[item.source]
    return Message(
        id=item.form or uuid7(),
        channel=item.channel,
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


def _insert(fresh: dict[str, Message], wanted: dict[str, Incoming]) -> dict[str, Message]:
    """Insert rows in the order of their identities, so that two stores never wait in a circle; those that are ours.

    The bytes follow only the rows that were made: no content stands without its message.
    """
    Message.objects.bulk_create([fresh[key] for key in sorted(fresh)], ignore_conflicts=True)
    kept = set(
        Message.objects.filter(pk__in=[row.pk for row in fresh.values()]).order_by("pk").values_list("pk", flat=True)
    )
    made = {key: row for key, row in fresh.items() if row.pk in kept}
    Blob.objects.bulk_create(_blob(row.raw_id, wanted[key].raw, subject=row.entity_id) for key, row in made.items())
    return made


def _blob(blob_id: UUID, data: bytes, *, subject: UUID) -> Blob:
    sealed = seal.seal(blob_id, subject, data)
    return Blob(id=blob_id, sha256=hashlib.sha256(data).hexdigest(), size=len(data), sealed=sealed)


def claim(*, messages: Collection[Message], state: MessageState) -> list[Message]:
    """Take messages for the length of the transaction, oldest first: those that are still in that state.

    What another worker holds is not waited for: that worker does what is to be done.
    """
    return list(
        Message.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("entity", "team", "mailbox")
        .filter(pk__in=[message.pk for message in messages], state=state)
        .order_by("id")
    )


NOBODY = Person("", "")


@dataclass(frozen=True, slots=True)
class Judged:
    """What was made of a read message, beside its words: `words` are those of `authentication`, `proposed` is whom
    it seems to speak for, `silence` a code of `intake.rules`.
    """

    is_automatic: bool = False
    is_verified: bool = False
    words: str = ""
    proposed: Person = NOBODY
    silence: str = ""

    @property
    def sender_class(self) -> SenderClass:
        """How far the sender is believed."""
        if self.is_automatic:
            return SenderClass.AUTOMATIC
        return SenderClass.VERIFIED if self.is_verified else SenderClass.UNVERIFIED


AS_WRITTEN = Judged()


def reception(message: Message, parsed: ParsedMessage) -> tuple[datetime, rules.ReceivedFrom]:
    """When a message was received, now that it is read, and what says so. What was typed was told then."""
    if message.received_from in rules.TYPED.values():
        return message.received_at, rules.ReceivedFrom(message.received_from)
    separator = message.received_at if message.received_from == rules.ReceivedFrom.SEPARATOR else parsed.separator
    server = message.received_at if message.received_from == rules.ReceivedFrom.SERVER else None
    return rules.received_at(server=server, separator=separator, header=parsed.received, at=message.stored_at)


def describe(*, message: Message, parsed: ParsedMessage, judged: Judged = AS_WRITTEN, at: datetime) -> None:
    """Note on a claimed message what was read of it; `link`, `quarantine` or `mark_duplicate` saves it."""
    message.received_at, message.received_from = reception(message, parsed)
    message.read_at = at
    message.limit = parsed.limit or ""
    message.message_id = parsed.message_id[:_LONGEST_ID]
    message.body_sha256 = parsed.body_sha256
    message.in_reply_to = list(parsed.in_reply_to)
    message.references = list(parsed.references)
    message.from_name, message.from_address = parsed.sender.name, parsed.sender.address
    message.reply_to = next((one.address for one in parsed.reply_to if one.address), "")
    message.to, message.cc = _listed(parsed.to), _listed(parsed.cc)
    message.delivered_to = [one for one in parsed.delivered_to if one and len(one) <= _LONGEST_ADDRESS]
    message.subject, message.text = parsed.subject, parsed.text
    message.dated_at, message.lost = parsed.date, parsed.lost
    message.marks, message.has_html = list(parsed.marks), parsed.has_html
    message.forwarded_name = judged.proposed.name[:_LONGEST_NAME]
    message.forwarded_address = judged.proposed.address[:_LONGEST_ADDRESS]
    message.is_automatic = judged.is_automatic
    message.sender_class = judged.sender_class
    message.authentication = judged.words[:_LONGEST_NAME]
    message.silence = judged.silence


def _listed(people: Sequence[Person]) -> list[str]:
    return [one.address for one in people if one.address]


@write
def link(*, message: Message, files: Sequence[ParsedFile], subject: UUID, by: Actor, at: datetime) -> None:
    """A message belongs to a file, or to the notice it answers: its bytes depend on `subject` from now on."""
    kept = _kept_files(message)
    message.state, message.reason = MessageState.LINKED, ""
    _settle(message, "message_linked", by, at)
    for blob_id in (message.raw_id, *(one.blob_id for one in kept)):
        seal.rewrap(blob_id, subject)
    _keep_files(message, files, kept, subject=subject)


@write
def quarantine(*, message: Message, reason: Reason, files: Sequence[ParsedFile], by: Actor, at: datetime) -> None:
    """A message waits for a person, and `reason` says why."""
    kept = _kept_files(message)
    message.state, message.reason = MessageState.QUARANTINED, reason
    _settle(message, "message_quarantined", by, at)
    _keep_files(message, files, kept, subject=message.entity_id)


@write
def mark_duplicate(*, message: Message, of: Message, by: Actor, at: datetime) -> None:
    """A message repeats another: same Message-ID, same body. Its files are those of the other."""
    message.state, message.reason, message.duplicate_of = MessageState.DUPLICATE, "", of
    _settle(message, "message_named_duplicate", by, at)


@write
def file_away(*, message: Message, because: str, by: Actor, at: datetime) -> None:
    """A person says that a quarantined message is no complaint; it stays in quarantine, out of the way."""
    message.filed_at, message.filed_because = at, because
    _settle(message, "message_filed_away", by, at, columns=("filed_at", "filed_because"))


@write
def bring_back(*, message: Message, by: Actor, at: datetime) -> None:
    """A person changes their mind about a message that was set aside: it waits again."""
    message.filed_at, message.filed_because = None, ""
    _settle(message, "message_brought_back", by, at, columns=("filed_at", "filed_because"))


def depend_on(message: Message, subject: UUID) -> None:
    """Let the bytes of a message and of its files depend on somebody else's key, inside a write."""
    for blob_id in (message.raw_id, *(one.blob_id for one in _kept_files(message))):
        seal.rewrap(blob_id, subject)


def _settle(message: Message, code: str, by: Actor, at: datetime, columns: Sequence[str] = _OUTCOME) -> None:
    rewrite(message)
    rows = [(message, columns)]
    audit.record(stream=message.journal_stream, code=code, by=by.id, at=at, rows=rows, subject=message.entity_id)


class _Kept(NamedTuple):
    """A file of a message that is kept already."""

    position: int
    name: str
    sha256: str
    blob_id: UUID


def _kept_files(message: Message) -> list[_Kept]:
    """The files of a message that are kept already; one that was never read has none."""
    if message.state == MessageState.STORED:
        return []
    rows = message.attachments.order_by("position").values_list("position", "name", "blob__sha256", "blob_id")
    return [_Kept(*row) for row in rows]


def _keep_files(message: Message, files: Sequence[ParsedFile], kept: Sequence[_Kept], *, subject: UUID) -> None:
    """Keep the files of a message, each under an identifier of ours; those kept already are not kept twice.

    A better reader may find other files in the same bytes: they come after, and what was shown once stays.
    """
    left = Counter((one.name, one.sha256) for one in kept)
    found: list[ParsedFile] = []
    for one in files:
        known = (one.name, hashlib.sha256(one.data).hexdigest()) if kept else ("", "")
        if left[known]:
            left[known] -= 1
        else:
            found.append(one)
    fresh = list(enumerate(found, start=max((one.position for one in kept), default=-1) + 1))
    if not fresh:
        return
    blobs = [_blob(uuid7(), one.data, subject=subject) for _, one in fresh]
    Blob.objects.bulk_create(blobs)
    Attachment.objects.bulk_create(
        Attachment(
            message=message,
            blob=blob,
            position=position,
            name=one.name,
            media_type=one.media_type,
            size=len(one.data),
            content_id=one.content_id,
            is_inline=one.is_inline,
        )
        for (position, one), blob in zip(fresh, blobs, strict=True)
    )


@write
def keep_sent(
    *,
    raw: bytes,
    entity: Entity,
    mailbox: Mailbox | None,
    message_id: str,
    sender: Person,
    to: str,
    subject_line: str,
    text: str,
    is_automatic: bool,
    subject: UUID,
    by: Actor,
    at: datetime,
) -> Message:
    """Keep a mail that left, byte for byte, sealed under the key of `subject`. Called by the outbox only."""
    message = Message(
        direction=Direction.OUT,
        source=Source.OUTBOX,
        entity=entity,
        mailbox=mailbox,
        sha256=hashlib.sha256(raw).hexdigest(),
        size=len(raw),
        raw_id=uuid7(),
        received_at=at,
        received_from=rules.ReceivedFrom.SENT,
        stored_at=at,
        state=MessageState.LINKED,
        message_id=message_id,
        from_name=sender.name,
        from_address=sender.address,
        to=[to],
        subject=subject_line,
        text=text,
        is_automatic=is_automatic,
    )
    message.save(force_insert=True)
    Blob.objects.bulk_create([_blob(message.raw_id, raw, subject=subject)])
    rows = [(message, Message.journal_columns)]
    audit.record(stream=message.journal_stream, code="message_kept", by=by.id, at=at, rows=rows, subject=subject)
    return message
