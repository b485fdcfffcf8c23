"""How the fetching of a mailbox goes, and how far it went. The ledger is the truth; these are only marks."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F
from django.db.models.functions import Coalesce, Greatest

from doleance.accounts.rules import Actor
from doleance.audit import actions as audit
from doleance.audit import seal
from doleance.channels.models import Mailbox, MailboxHealth
from doleance.channels.rules import MailboxError
from doleance.kernel.db import write
from doleance.kernel.ids import uuid7


@dataclass(frozen=True, slots=True)
class Marks:
    """Where a round of fetching begins. `uidvalidity` is the ledger's (`channels.rules.ledger_validity`)."""

    began_at: datetime
    epoch: int
    uidvalidity: int | None
    seen_uid: int
    swept_at: datetime | None
    failing_since: datetime | None


@write(quiet="the health of a mailbox changes each minute and is no history")
def begin(*, mailbox: Mailbox, place: str, at: datetime) -> Marks:
    """Note that a mailbox is being tried, and tell how far the last round went.

    `place` names the host, login and folder in a few signs: when it is another than last time, an epoch ends, since
    the same numbers may stand for other mails there.
    """
    MailboxHealth.objects.bulk_create([MailboxHealth(mailbox=mailbox, began_at=at)], ignore_conflicts=True)
    health = MailboxHealth.objects.select_for_update().get(mailbox_id=mailbox.pk)
    health.checked_at, health.began_at = at, health.began_at or at
    if health.place != place:
        if health.place:
            _renumber(health)
        health.place = place
    health.save(update_fields=["checked_at", "began_at", "place", "epoch", "uidvalidity", "seen_uid", "swept_at"])
    return Marks(
        began_at=health.began_at,
        epoch=health.epoch,
        uidvalidity=health.uidvalidity,
        seen_uid=health.seen_uid,
        swept_at=health.swept_at,
        failing_since=health.failing_since,
    )


def _renumber(health: MailboxHealth) -> None:
    health.epoch += 1
    health.uidvalidity, health.seen_uid, health.swept_at = None, 0, None


@write(quiet="a mark of progress, which follows from the ledger")
def number(*, mailbox: Mailbox, epoch: int, uidvalidity: int | None) -> None:
    """Begin again at the first UID, under new numbers; `uidvalidity` None: the server gave old numbers to new mails.

    Nothing happens when another round opened a later epoch.
    """
    health = MailboxHealth.objects.select_for_update().get(mailbox_id=mailbox.pk)
    if health.epoch != epoch or (uidvalidity is not None and health.uidvalidity == uidvalidity):
        return
    if uidvalidity is None:
        _renumber(health)
    else:
        health.uidvalidity, health.seen_uid, health.swept_at = uidvalidity, 0, None
    health.save(update_fields=["epoch", "uidvalidity", "seen_uid", "swept_at"])


@write(quiet="a mark of progress, which follows from the ledger")
def advance(*, mailbox: Mailbox, uidvalidity: int, seen_uid: int, last_message_at: datetime | None) -> None:
    """Note that every message up to `seen_uid` is in the ledger, and when the latest was received."""
    rows = MailboxHealth.objects.filter(mailbox_id=mailbox.pk, uidvalidity=uidvalidity)
    rows.update(seen_uid=Greatest(F("seen_uid"), seen_uid))
    if last_message_at is not None:
        latest = Greatest(Coalesce(F("last_message_at"), last_message_at), last_message_at)
        MailboxHealth.objects.filter(mailbox_id=mailbox.pk).update(last_message_at=latest)


@write(quiet="the health of a mailbox changes each minute and is no history")
def succeed(*, mailbox: Mailbox, uidvalidity: int, swept: bool, at: datetime) -> None:
    """Note that a round went to its end; `swept`: the whole folder was compared with the ledger."""
    rows = MailboxHealth.objects.filter(mailbox_id=mailbox.pk)
    rows.update(ok_at=at, checked_at=at, failing_since=None, error="", said="")
    if swept:
        rows.filter(uidvalidity=uidvalidity).update(swept_at=at)


@write(quiet="the health of a mailbox changes each minute and is no history")
def fail(*, mailbox: Mailbox, error: MailboxError, said: str, at: datetime) -> None:
    """Note that a round did not go to its end, since when, and what the server said."""
    since = Coalesce(F("failing_since"), at)
    rows = MailboxHealth.objects.filter(mailbox_id=mailbox.pk)
    rows.update(checked_at=at, failing_since=since, error=error.value, said=said.replace("\x00", ""))


@write
def keep_refresh_token(*, mailbox: Mailbox, token: str, by: Actor, at: datetime) -> None:
    """Keep the refresh token by which a provider replaced ours (RFC 6749 §6), sealed. Machines.

    An administrator who settled another one meanwhile keeps theirs.
    """
    current = Mailbox.objects.select_for_update().get(pk=mailbox.pk)
    if _bytes(current.imap_secret) != _bytes(mailbox.imap_secret):
        return
    object_id: UUID = uuid7()
    current.imap_secret = object_id.bytes + seal.seal(object_id, current.id, token.encode())
    current.save(update_fields=["imap_secret"])
    mailbox.imap_secret = current.imap_secret
    facts = {"mailbox": current.id}
    audit.record(stream=current.journal_stream, code="mailbox_token_renewed", by=by.id, at=at, facts=facts)


def _bytes(secret: bytes | memoryview | None) -> bytes:
    return bytes(secret) if secret is not None else b""
