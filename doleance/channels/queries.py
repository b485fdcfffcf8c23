"""What is asked about mailboxes and messages."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Case, QuerySet, Value, When

from doleance.accounts.models import User
from doleance.accounts.theme import DrawnLogo
from doleance.audit import seal
from doleance.channels import registry
from doleance.channels.email import child
from doleance.channels.email.oauth import Application
from doleance.channels.mailboxes import Health
from doleance.channels.models import Attachment, Blob, ImportLine, ImportRun, Mailbox, MailboxHealth, Message
from doleance.channels.rules import FLAWS, Direction, MessageState, Place, ReceivedFrom, SafeHtml


def mailboxes() -> list[Mailbox]:
    """All mailboxes with their health, the active ones first, by address."""
    return list(Mailbox.objects.select_related("entity", "team", "health").order_by("-is_active", "address", "id"))


def watched() -> list[Mailbox]:
    """The mailboxes in use that are fetched and were tried, with their health, by address; one query."""
    rows = Mailbox.objects.select_related("entity", "health").filter(is_active=True, health__isnull=False)
    return list(rows.exclude(imap_host="").order_by("address", "id"))


def fetched_mailboxes() -> list[Mailbox]:
    """The mailboxes in use whose mail is fetched, tried already or not, with their health."""
    rows = Mailbox.objects.select_related("entity", "team", "health").filter(is_active=True).exclude(imap_host="")
    return list(rows.order_by("id"))


def fetched_mailbox(pk: UUID) -> Mailbox | None:
    """One of them, as it is set now."""
    rows = Mailbox.objects.select_related("entity", "team").filter(pk=pk, is_active=True).exclude(imap_host="")
    return rows.first()


def known_health(mailbox: Mailbox) -> MailboxHealth | None:
    """How the fetching of a mailbox went, or None when it was never tried."""
    return getattr(mailbox, "health", None)


def health_of(mailbox: Mailbox, known: MailboxHealth | None) -> Health:
    """The same as rules know it."""
    if known is None:
        return Health(quiet_hours=mailbox.quiet_hours)
    return Health(
        checked_at=known.checked_at,
        failing_since=known.failing_since,
        heard_at=known.last_message_at or known.began_at,
        quiet_hours=mailbox.quiet_hours,
        is_flawed=known.error in FLAWS,
    )


def mailbox_by_address(address: str) -> Mailbox | None:
    """The mailbox of that address, whatever its case."""
    return Mailbox.objects.select_related("entity", "team").filter(address__iexact=address.strip()).first()


def mailbox_by_id(pk: UUID) -> Mailbox | None:
    """A mailbox with its health by its identifier."""
    return Mailbox.objects.select_related("entity", "team", "health").filter(pk=pk).first()


def sending_mailbox(entity_id: UUID, *, team_id: UUID | None = None) -> Mailbox | None:
    """The mailbox from which an entity writes to somebody who wrote to none in particular: its oldest active one.

    One of the team that has their file goes first.
    """
    rows = Mailbox.objects.filter(entity_id=entity_id, is_active=True).order_by("id")
    own = Case(When(team_id=team_id, then=0), default=1)
    return (rows if team_id is None else rows.order_by(own, "id")).first()


def smtp_password(mailbox: Mailbox) -> str:
    """The password of a mailbox's sending server; empty when none is kept. Raises SealError."""
    return _opened(mailbox.smtp_secret)


def imap_secret(mailbox: Mailbox) -> str:
    """The password with which a mailbox is fetched, or its refresh token; empty when none. Raises SealError."""
    return _opened(mailbox.imap_secret)


def oauth_client_secret(mailbox: Mailbox) -> str:
    """The secret of the application that asks for tokens; empty when it has none. Raises SealError."""
    return _opened(mailbox.oauth_client_secret)


def application_of(mailbox: Mailbox) -> Application:
    """With what an access token for a mailbox is asked for. Raises SealError."""
    return Application(
        token_url=mailbox.oauth_token_url,
        client_id=mailbox.oauth_client_id,
        client_secret=oauth_client_secret(mailbox),
        refresh_token=imap_secret(mailbox),
    )


def _opened(secret: bytes | memoryview | None) -> str:
    if secret is None:
        return ""
    kept = bytes(secret)
    return seal.open_sealed(UUID(bytes=kept[:16]), kept[16:]).decode()


@dataclass(frozen=True, slots=True)
class OurAddresses:
    """What is ours, in small letters: our mailboxes, those put aside as well, and where members of staff sign in."""

    mailboxes: frozenset[str]
    staff: frozenset[str]


def our_addresses() -> OurAddresses:
    """The addresses that no machine of ours answers."""
    mailboxes = Mailbox.objects.order_by().values_list("address", Value(True))
    staff = User.objects.order_by().values_list("email", Value(False))
    found = [(address.lower(), is_mailbox) for address, is_mailbox in mailboxes.union(staff).order_by()]
    return OurAddresses(
        frozenset(address for address, is_mailbox in found if is_mailbox),
        frozenset(address for address, is_mailbox in found if not is_mailbox),
    )


def by_id(pk: UUID) -> Message | None:
    """One message for a machine, whatever the rights: jobs only."""
    return Message.objects.select_related("entity", "team", "mailbox").filter(pk=pk).first()


def unread(pks: Iterable[UUID]) -> list[Message]:
    """Of these messages those that nobody has read yet, the oldest first: jobs only."""
    rows = Message.objects.select_related("entity", "team", "mailbox").filter(pk__in=list(pks))
    return list(rows.filter(state=MessageState.STORED).order_by("id"))


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


def html_of(message: Message) -> SafeHtml | None:
    """The HTML of a message made harmless for a sandboxed frame, read anew from its raw bytes; None without one.

    Nothing is fetched. Raises SealError.
    """
    return registry.channel_of(message).html(raw_of(message))


def thumbnail_of(attachment: Attachment) -> bytes | None:
    """A small image (WebP, at most 320 pixels wide and high) of an attached image, drawn anew in the limited child.

    None for what is no image (PNG, JPEG, GIF, WebP, BMP, TIFF), is broken, or is too large. Raises SealError.
    """
    return child.readers.thumbnail(content_of(attachment))


def logo_of(data: bytes) -> DrawnLogo | None:
    """A house's logo (PNG, at most 720 by 120 pixels), drawn anew in the limited child; None when it cannot be."""
    return child.readers.logo(data)


def attachments(message: Message) -> list[Attachment]:
    """The files of a message in their order, without their bytes."""
    return list(message.attachments.order_by("position"))


def ledger_places(*, mailbox: Mailbox, uidvalidity: int, low: int, high: int) -> dict[int, Place]:
    """What the ledger has of a folder from one UID to another: how each message was told there, by its UID."""
    rows = Message.objects.filter(mailbox=mailbox, uidvalidity=uidvalidity, uid__range=(low, high)).order_by("uid")
    told = rows.values_list("uid", "size", "received_at", "received_from")
    return {
        uid: Place(size, at if origin == ReceivedFrom.SERVER else None)
        for uid, size, at, origin in told
        if uid is not None
    }


def by_uid(*, mailbox: Mailbox, uidvalidity: int, uid: int) -> Message | None:
    """The ledger's row of a message by its place on its server."""
    return Message.objects.filter(mailbox=mailbox, uidvalidity=uidvalidity, uid=uid).first()


def earlier_copies(*, mailbox: Mailbox, uidvalidity: int, hashes: Iterable[str]) -> dict[str, Message]:
    """The originals, by hash, that this mailbox gave under other numbers: its folder was numbered anew, or moved."""
    rows = Message.objects.select_related("duplicate_of").filter(mailbox=mailbox, sha256__in=list(hashes))
    rows = rows.filter(uidvalidity__isnull=False).exclude(uidvalidity=uidvalidity).order_by("-id")
    return {row.sha256: row.duplicate_of or row for row in rows}


def same_bytes(message: Message) -> Message | None:
    """The oldest read inbound message of the very same bytes, originals only."""
    found = Message.objects.filter(sha256=message.sha256, direction=Direction.IN).exclude(pk=message.pk)
    return found.exclude(state__in=[MessageState.STORED, MessageState.DUPLICATE]).order_by("id").first()


def names_taken(*, message_ids: Collection[str], hashes: Collection[str]) -> set[str]:
    """Those of these Message-IDs and hashes that a read inbound message bears, originals only."""
    read = Message.objects.filter(direction=Direction.IN).exclude(
        state__in=[MessageState.STORED, MessageState.DUPLICATE]
    )
    taken: set[str] = set()
    if message_ids:
        taken |= set(read.filter(message_id__in=message_ids).order_by().values_list("message_id", flat=True))
    if hashes:
        taken |= set(read.filter(sha256__in=hashes).order_by().values_list("sha256", flat=True))
    return taken


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
