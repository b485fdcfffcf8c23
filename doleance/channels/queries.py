"""What is asked about mailboxes and messages."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from doleance.accounts.models import User
from doleance.audit import seal
from doleance.channels.models import Attachment, Blob, ImportLine, ImportRun, Mailbox, Message
from doleance.channels.rules import Direction, MessageState


def mailboxes() -> list[Mailbox]:
    """All mailboxes, the active ones first, by address."""
    return list(Mailbox.objects.select_related("entity", "team").order_by("-is_active", "address", "id"))


def mailbox_by_address(address: str) -> Mailbox | None:
    """The mailbox of that address, whatever its case."""
    return Mailbox.objects.select_related("entity", "team").filter(address__iexact=address.strip()).first()


def sending_mailbox(entity_id: UUID) -> Mailbox | None:
    """The mailbox from which an entity writes to somebody who wrote to none in particular: its oldest active one."""
    return Mailbox.objects.filter(entity_id=entity_id, is_active=True).order_by("id").first()


def smtp_password(mailbox: Mailbox) -> str:
    """The password of a mailbox's sending server; empty when none is kept. Raises SealError."""
    if mailbox.smtp_secret is None:
        return ""
    kept = bytes(mailbox.smtp_secret)
    return seal.open_sealed(UUID(bytes=kept[:16]), kept[16:]).decode()


@dataclass(frozen=True, slots=True)
class OurAddresses:
    """What is ours, in small letters: our mailboxes, those put aside as well, and where members of staff sign in."""

    mailboxes: frozenset[str]
    staff: frozenset[str]


def our_addresses() -> OurAddresses:
    """The addresses that no machine of ours answers."""
    mailboxes = Mailbox.objects.order_by("id").values_list("address", flat=True)
    staff = User.objects.order_by("id").values_list("email", flat=True)
    return OurAddresses(frozenset(map(str.lower, mailboxes)), frozenset(map(str.lower, staff)))


def by_id(pk: UUID) -> Message | None:
    """One message for a machine, whatever the rights: jobs only."""
    return Message.objects.select_related("entity", "team", "mailbox").filter(pk=pk).first()


def raw_of(message: Message) -> bytes:
    """A message as it was received, byte for byte. Raises SealError."""
    return raws_of([message])[message.id]


def raws_of(messages: Iterable[Message]) -> Mapping[UUID, bytes]:
    """The raw bytes of several messages by identifier, with few queries. Raises SealError."""
    wanted = {message.raw_id: message.id for message in messages}
    blobs = Blob.objects.in_bulk(list(wanted))
    opener = seal.Opener(wanted)
    return {wanted[blob_id]: opener.open(blob_id, bytes(blob.sealed)) for blob_id, blob in blobs.items()}


def content_of(attachment: Attachment) -> bytes:
    """The bytes of an attached file. Raises SealError."""
    return seal.open_sealed(attachment.blob_id, bytes(attachment.blob.sealed))


def attachments(message: Message) -> list[Attachment]:
    """The files of a message in their order, without their bytes."""
    return list(message.attachments.order_by("position"))


def twins(*, message_id: str, other_than: UUID) -> QuerySet[Message]:
    """The read inbound messages of that Message-ID, the oldest first, originals only."""
    return (
        Message.objects.filter(message_id=message_id, direction=Direction.IN)
        .exclude(state__in=[MessageState.STORED, MessageState.DUPLICATE])
        .exclude(pk=other_than)
        .order_by("id")
    )


def to_read(run: ImportRun, *, limit: int, newest_first: bool = False) -> list[Message]:
    """The messages of an import that nobody has read yet, without waiting for those being read elsewhere."""
    mine = ImportLine.objects.filter(run=run, repeats=False).values("message_id")
    order = "-id" if newest_first else "id"
    waiting = Message.objects.filter(state=MessageState.STORED, pk__in=mine)
    return list(waiting.select_related("entity", "team", "mailbox").order_by(order)[:limit])
