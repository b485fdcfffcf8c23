"""How the fetching of a mailbox goes, and how far it went. The ledger is the truth; these are only marks."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F
from django.db.models.functions import Coalesce, Greatest

from doleance.accounts.rules import Actor
from doleance.audit import actions as audit
from doleance.audit import seal
from doleance.channels import queries
from doleance.channels.actions.mailboxes import settings_of
from doleance.channels.email import oauth
from doleance.channels.models import Mailbox, MailboxHealth
from doleance.channels.rules import FLAWS, MailboxError, MailboxFailed
from doleance.kernel.db import hold, write
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
    error: str = ""
    said: str = ""


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
        error=health.error,
        said=health.said,
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
def advance(*, mailbox: Mailbox, uidvalidity: int, seen_uid: int, last_message_at: datetime | None = None) -> None:
    """Note that every message up to `seen_uid` is in the ledger, and when the latest was received."""
    rows = MailboxHealth.objects.filter(mailbox_id=mailbox.pk, uidvalidity=uidvalidity)
    rows.update(seen_uid=Greatest(F("seen_uid"), seen_uid))
    if last_message_at is not None:
        latest = Greatest(Coalesce(F("last_message_at"), last_message_at), last_message_at)
        MailboxHealth.objects.filter(mailbox_id=mailbox.pk).update(last_message_at=latest)


@write(quiet="a mark of progress, which follows from the ledger")
def sweep(*, mailbox: Mailbox, uidvalidity: int, swept: bool, at: datetime) -> None:
    """Note that all up to the mark was compared with the ledger, or that the server hid something there.

    What is above the mark is listed by each round anyway: a long sweep that is cut goes on from there.
    """
    rows = MailboxHealth.objects.filter(mailbox_id=mailbox.pk, uidvalidity=uidvalidity)
    rows.update(swept_at=at if swept else None)


@write(quiet="the health of a mailbox changes each minute and is no history")
def succeed(*, mailbox: Mailbox, at: datetime) -> None:
    """Note that a round went to its end."""
    rows = MailboxHealth.objects.filter(mailbox_id=mailbox.pk)
    rows.update(ok_at=at, checked_at=at, failing_since=None, error="", said="")


@write(quiet="the health of a mailbox changes each minute and is no history")
def fail(*, mailbox: Mailbox, error: MailboxError, said: str, at: datetime) -> None:
    """Note that a round did not go to its end, since when, and what the server said.

    A flaw that becomes an outage, or the other way round, begins anew.
    """
    rows = MailboxHealth.objects.filter(mailbox_id=mailbox.pk)
    known = rows.select_for_update().first()
    goes_on = known is not None and (known.error in FLAWS) == (error in FLAWS)
    since = Coalesce(F("failing_since"), at) if goes_on else at
    rows.update(checked_at=at, failing_since=since, error=error.value, said=said.replace("\x00", ""))


@write
def renew_token(*, mailbox: Mailbox, by: Actor, at: datetime) -> str:
    """An access token for a mailbox as it is set now. Machines. Raises `MailboxFailed`.

    One asks at a time, whatever the process, with the refresh token that is kept at that moment; the one by which the
    provider replaces it (RFC 6749 §6) is kept before the next one asks. Should this transaction fail, this process
    remembers it and keeps it at the next call. A mailbox that leads elsewhere since it was read is not opened.
    """
    hold(f"token:{mailbox.id}")
    current = Mailbox.objects.get(pk=mailbox.pk)
    if settings_of(current).reception.door != settings_of(mailbox).reception.door:
        raise MailboxFailed(MailboxError.CONNECTION, "settings changed")
    mailbox.imap_secret, mailbox.oauth_client_secret = current.imap_secret, current.oauth_client_secret
    token, following = oauth.tokens.get(queries.application_of(current))
    if following:
        _keep_refresh_token(mailbox, token=following, by=by, at=at)
    return token


def _keep_refresh_token(mailbox: Mailbox, *, token: str, by: Actor, at: datetime) -> None:
    """Seal it, unless an administrator settled another one while the provider answered."""
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
