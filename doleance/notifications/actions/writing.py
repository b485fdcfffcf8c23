"""Putting a mail in the outbox: a person's, or an acknowledgement."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings

from doleance.accounts.rules import Actor, Permission, require
from doleance.channels.email import outgoing
from doleance.channels.email.compose import wire_address
from doleance.channels.email.threads import sign_message_id
from doleance.channels.models import Mailbox
from doleance.complainants.rules import normal_email
from doleance.complaints import actions as complaints
from doleance.complaints import rules as complaint_rules
from doleance.complaints.models import Complaint
from doleance.kernel.db import write
from doleance.kernel.errors import ChannelError
from doleance.kernel.ids import uuid7
from doleance.notifications import letters, queries, rules
from doleance.notifications.actions import breaking, flights
from doleance.notifications.letters import Letter
from doleance.notifications.models import Notice
from doleance.notifications.rules import Purpose


@write
def send(
    *,
    complaint: Complaint,
    purpose: Purpose,
    to: str,
    subject: str,
    text: str,
    by: Actor,
    at: datetime,
    delay_s: int = 0,
    automatic: bool = False,
    once: UUID | None = None,
) -> Notice:
    """Put a mail in the outbox, with the job that carries it, in the caller's transaction: it leaves after `delay_s`.

    `once` is the identifier it will have, for a form that may be sent twice. Who may: those who write to complainants.
    Refuses an empty text and what is not one address.
    """
    require(by, Permission.SEND)
    if not text.strip():
        raise complaint_rules.EmptyText
    due_at = at + timedelta(seconds=delay_s)
    letter = Letter(subject=subject, text=text)
    return _queue(complaint, purpose, to, letter, due_at=due_at, automatic=automatic, once=once, by=by, at=at)


@write
def acknowledge(*, complaint: Complaint, by: Actor, at: datetime) -> Notice | None:
    """Queue the acknowledgement of a file, once; None when its party has no address or its mailbox keeps silent.

    It holds nothing that the complainant wrote. When the address has had its share for now it waits, and leaves
    grouped with those that came meanwhile; the clock stays open until then. Whether the message that opened the file
    may be answered by a machine at all is `intake`'s to know.
    """
    mailbox = queries.mailbox_for(complaint)
    to = queries.address_of(complaint)
    if not to or (mailbox is not None and not mailbox.acknowledge) or queries.acknowledged(complaint):
        return None
    key = rules.budget_key(normal_email(to))
    left = queries.acknowledgements_left(key, at=at)
    if left:  # one who writes faster than a person had a first answer
        breaking.watch_sender(complaint=complaint, address=to, key=key, by=by, at=at)
    due_at = rules.next_slot(left=left, at=at)
    language = letters.language_for(complaint.language, complaint.entity.language)
    letter = queries.acknowledgement([complaint], language=language, at=at)
    return _queue(complaint, Purpose.ACKNOWLEDGEMENT, to, letter, due_at=due_at, automatic=True, by=by, at=at)


def _queue(
    complaint: Complaint,
    purpose: Purpose,
    to: str,
    letter: Letter,
    *,
    due_at: datetime,
    automatic: bool,
    once: UUID | None = None,
    by: Actor,
    at: datetime,
) -> Notice:
    current = complaints.locked(complaint, by=None)
    queued = queries.of_file(current, once) if once else None
    if queued is not None:
        return queued
    notice = _drawn_up(current, to, letter, pk=once or uuid7())
    notice.purpose, notice.is_automatic = purpose, automatic
    notice.due_at = notice.not_before = due_at
    notice.author_id, notice.created_by, notice.created_at = by.user_id, by.id, at
    notice.save(force_insert=True)
    complaints.touch(current)
    complaints.record(current, "notice_queued", by=by, at=at, rows=[(notice, None)], facts={"purpose": purpose.value})
    flights.wake(notice)
    return notice


def _drawn_up(complaint: Complaint, to: str, letter: Letter, *, pk: UUID) -> Notice:
    """A mail with its words, its addresses and its place in the conversation. Refuses what is not one address."""
    try:
        wire_address(to)
    except ChannelError as error:
        raise rules.BadAddress(address=to) from error
    mailbox = queries.mailbox_for(complaint)
    place = queries.place_of_next(complaint)
    return Notice(
        id=pk,
        complaint=complaint,
        mailbox=mailbox,
        language=letters.language_for(complaint.language, complaint.entity.language),
        to_address=to,
        to_normal=rules.budget_key(normal_email(to)),
        subject=letter.subject,
        text=letter.text,
        message_id=_message_id(pk, complaint.id, mailbox),
        in_reply_to=place.parent,
        references=list(place.chain),
    )


def _message_id(pk: UUID, complaint_id: UUID, mailbox: Mailbox | None) -> str:
    _, address = outgoing.sender_of(mailbox)
    domain = wire_address(address).rpartition("@")[2] if address else urlsplit(settings.DOLEANCE_URL).hostname
    return sign_message_id(
        notice_id=pk, complaint_id=complaint_id, domain=domain or "localhost", key=settings.DOLEANCE_MAIL_KEY
    )
