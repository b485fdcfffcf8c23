"""Putting a mail in the outbox: a person's, or an acknowledgement."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings

from doleance.accounts.rules import Actor, Permission, require
from doleance.channels.email import outgoing
from doleance.channels.email.compose import wire_address
from doleance.channels.email.threads import sign_message_id
from doleance.channels.models import Mailbox
from doleance.complainants import queries as complainants
from doleance.complainants import rules as complainant_rules
from doleance.complainants.rules import normal_email
from doleance.complaints import rules as complaint_rules
from doleance.complaints.actions import dossiers as complaints
from doleance.complaints.models import Complaint
from doleance.kernel import clock
from doleance.kernel.db import insert, pending, write
from doleance.kernel.errors import ChannelError
from doleance.kernel.ids import uuid7
from doleance.notifications import letters, queries, rules
from doleance.notifications.actions import breaking, flights
from doleance.notifications.letters import Letter
from doleance.notifications.models import Notice
from doleance.notifications.rules import NoticeState, Purpose, Way
from doleance.notifications.telling import Asked, Opened, Standing, standing_of


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
    Refuses an empty text, what is not one address, and an address from which a mail came back.
    """
    require(by, Permission.SEND)
    if not text.strip():
        raise complaint_rules.EmptyText
    if complainants.is_invalid(to):
        raise complainant_rules.AddressInvalid(address=to)
    due_at = at + timedelta(seconds=delay_s)
    current, queued = _once(complaint, once)
    if queued is not None:
        return queued
    notice = _drawn_up(current, Letter(subject=subject, text=text), standing_of(current), pk=once or uuid7())
    address(notice, to)
    notice.purpose, notice.is_automatic, notice.due_at, notice.has_link = purpose, automatic, due_at, True
    return _queue(notice, by=by, at=at)


@write
def send_letter(
    *,
    complaint: Complaint,
    purpose: Purpose,
    postal: str,
    subject: str,
    text: str,
    by: Actor,
    at: datetime,
    once: UUID | None = None,
) -> Notice:
    """Write a letter to print and to post; it waits for `deciding.mark_posted`. `postal`: the lines of its envelope.

    Who may, and `once`: as for `send`. Refuses an empty text and an envelope that nobody could deliver.
    """
    require(by, Permission.SEND)
    if not text.strip():
        raise complaint_rules.EmptyText
    current, queued = _once(complaint, once)
    if queued is not None:
        return queued
    notice = _drawn_up(current, Letter(subject=subject, text=text), standing_of(current), pk=once or uuid7())
    _envelope(notice, postal, at)
    notice.purpose, notice.due_at = purpose, at
    return _queue(notice, by=by, at=at)


@write
def put_on_page(
    *,
    complaint: Complaint,
    purpose: Purpose,
    subject: str,
    text: str,
    by: Actor,
    at: datetime,
    delay_s: int = 0,
    once: UUID | None = None,
) -> Notice:
    """Write what the page to follow the file will show after `delay_s`, to somebody whom nothing else reaches.

    Who may, and `once`: as for `send`. Refuses an empty text.
    """
    require(by, Permission.SEND)
    if not text.strip():
        raise complaint_rules.EmptyText
    current, queued = _once(complaint, once)
    if queued is not None:
        return queued
    notice = _drawn_up(current, Letter(subject=subject, text=text), standing_of(current), pk=once or uuid7())
    notice.way, notice.purpose, notice.due_at = Way.PAGE, purpose, at + timedelta(seconds=delay_s)
    return _queue(notice, by=by, at=at)


def expect(addresses: Iterable[str], *, at: datetime) -> None:
    """Ask at once what must be known to acknowledge mails from these addresses, before `acknowledge` is called."""
    pending(Asked).look({rules.budget_key(normal_email(address)) for address in addresses}, at)


@write
def acknowledge(*, complaint: Complaint, opened: Opened | None = None, by: Actor, at: datetime) -> Notice | None:
    """Queue the acknowledgement of a file, once; None when its party has no address or its mailbox keeps silent.

    It holds nothing that the complainant wrote. When the address has had its share for now it waits, and leaves
    grouped with those that came meanwhile; the clock stays open until then. Somebody who is reached by post only gets
    a letter to print. Whether the message that opened the file may be answered by a machine at all is `intake`'s to
    know. `opened` says that this write opened the file.
    """
    standing = standing_of(complaint, opened)
    to = opened.to if opened else queries.address_of(complaint)
    postal = "" if to else rules.deliverable(queries.postal_of(complaint))
    is_silent = standing.mailbox is not None and not standing.mailbox.acknowledge
    if not (to or postal) or is_silent or (opened is None and queries.acknowledged(complaint)):
        return None
    language = letters.language_for(complaint.language, complaint.entity.language)
    way = Way.EMAIL if to else Way.POST
    clocks = opened.clocks if opened else None
    letter = queries.acknowledgement([complaint], language=language, at=at, way=way, clocks=clocks)
    notice = _drawn_up(complaints.locked(complaint, by=None), letter, standing, pk=uuid7())
    notice.purpose, notice.is_automatic, notice.due_at = Purpose.ACKNOWLEDGEMENT, True, at
    if to:
        address(notice, to)
        notice.due_at, notice.has_link = _slot(notice, by, at), True
    else:
        _envelope(notice, postal, at)
    return _queue(notice, by=by, at=at)


def _slot(notice: Notice, by: Actor, at: datetime) -> datetime:
    """When an acknowledgement may leave for its address; one who writes faster than a person had a first answer."""
    left = pending(Asked).left(notice.to_normal, at)
    if left:
        complaint, key = notice.complaint, notice.to_normal
        breaking.watch_sender(complaint=complaint, address=notice.to_address, key=key, by=by, at=at)
    return rules.next_slot(left=left, at=at)


def _once(complaint: Complaint, once: UUID | None) -> tuple[Complaint, Notice | None]:
    """The file, held, and what the same form made of it before."""
    current = complaints.locked(complaint, by=None)
    return current, queries.of_file(current, once) if once else None


def _queue(notice: Notice, *, by: Actor, at: datetime) -> Notice:
    """Keep what was drawn up on a file that is held, with its event, and the job of what leaves by itself."""
    notice.not_before = notice.due_at
    notice.author_id, notice.created_by, notice.created_at = by.user_id, by.id, at
    insert(notice)
    complaints.touch(notice.complaint, at=at)
    code = "letter_written" if notice.way == Way.POST else "notice_queued"
    facts = {"purpose": str(notice.purpose)}
    complaints.record(notice.complaint, code, by=by, at=at, rows=[(notice, None)], facts=facts)
    if notice.way != Way.POST:
        flights.wake(notice)
    return notice


def _drawn_up(complaint: Complaint, letter: Letter, standing: Standing, *, pk: UUID) -> Notice:
    """A notice with its words and its place in the conversation, addressed to nobody yet."""
    mailbox, place = standing.mailbox, standing.place
    return Notice(
        id=pk,
        complaint=complaint,
        mailbox=mailbox,
        language=letters.language_for(complaint.language, complaint.entity.language),
        subject=letter.subject,
        text=letter.text,
        message_id=message_id(pk, complaint.id, mailbox),
        in_reply_to=place.parent,
        references=list(place.chain),
    )


def address(notice: Notice, to: str) -> None:
    """Address a mail. Refuses what is not one address."""
    try:
        wire_address(to)
    except ChannelError as error:
        raise rules.BadAddress(address=to) from error
    notice.to_address, notice.to_normal = to, rules.budget_key(normal_email(to))


def _envelope(notice: Notice, postal: str, at: datetime) -> None:
    """Address and date a letter, under the head of the day. Refuses an envelope that nobody could deliver."""
    entity = notice.complaint.entity
    notice.way, notice.state = Way.POST, NoticeState.TO_PRINT
    notice.to_postal = "\n".join(rules.postal_lines(postal))
    _, address = outgoing.sender_of(notice.mailbox)
    head = rules.sender_lines(name=entity.name, postal=entity.postal, phone=entity.phone, address=address)
    notice.sender, notice.dated = "\n".join(head), clock.day_in(at, entity.time_zone)


def message_id(pk: UUID, complaint_id: UUID, mailbox: Mailbox | None) -> str:
    """The signed identifier of a mail, at the domain it leaves from."""
    _, address = outgoing.sender_of(mailbox)
    domain = wire_address(address).rpartition("@")[2] if address else urlsplit(settings.DOLEANCE_URL).hostname
    return sign_message_id(
        notice_id=pk, complaint_id=complaint_id, domain=domain or "localhost", key=settings.DOLEANCE_MAIL_KEY
    )
