"""What happens to outgoing mails. Each change of state leaves its event on the chain of its complaint.

Locks are always taken in the order notice, complaint, chain, and several of a kind in the order of their complaints:
nobody who holds a complaint waits for a notice, and no two actions wait for each other.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from procrastinate.contrib.django import app

from doleance.accounts.rules import Actor, Permission, machine, require
from doleance.audit import actions as audit
from doleance.channels import actions as channels
from doleance.channels.email import outgoing
from doleance.channels.email.compose import compose, wire_address
from doleance.channels.email.threads import sign_message_id
from doleance.channels.models import Mailbox
from doleance.channels.rules import Person
from doleance.complainants.rules import normal_email
from doleance.complaints import actions as complaints
from doleance.complaints import queries as complaint_queries
from doleance.complaints import rules as complaint_rules
from doleance.complaints.models import Complaint
from doleance.complaints.rules import State
from doleance.deadlines import actions as deadlines
from doleance.kernel.db import hold, write, writing
from doleance.kernel.errors import ChannelError, Refusal
from doleance.kernel.ids import uuid7
from doleance.notifications import letters, queries, rules
from doleance.notifications.letters import Letter
from doleance.notifications.models import Notice
from doleance.notifications.rules import Decision, NoticeState, Purpose

OUTBOX = machine("outbox")
_CLAIM = "notifications.actions.claim"


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
    left = queries.acknowledgements_left(normal_email(to), at=at)
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
    try:
        wire_address(to)
    except ChannelError as error:
        raise rules.BadAddress(address=to) from error
    current = complaints.locked(complaint)
    queued = queries.of_file(current, once) if once else None
    if queued is not None:
        return queued
    mailbox = queries.mailbox_for(current)
    place = queries.place_of_next(current)
    pk = once or uuid7()
    notice = Notice.objects.create(
        id=pk,
        complaint=current,
        mailbox=mailbox,
        purpose=purpose,
        is_automatic=automatic,
        language=letters.language_for(current.language, current.entity.language),
        to_address=to,
        to_normal=normal_email(to),
        subject=letter.subject,
        text=letter.text,
        message_id=_message_id(pk, current.id, mailbox),
        in_reply_to=place.parent,
        references=list(place.chain),
        due_at=due_at,
        not_before=due_at,
        author_id=by.user_id,
        created_by=by.id,
        created_at=at,
    )
    complaints.touch(current)
    complaints.record(current, "notice_queued", by=by, at=at, rows=[(notice, None)], facts={"purpose": purpose.value})
    _wake(notice)
    return notice


def _message_id(pk: UUID, complaint_id: UUID, mailbox: Mailbox | None) -> str:
    _, address = outgoing.sender_of(mailbox)
    domain = wire_address(address).rpartition("@")[2] if address else urlsplit(settings.DOLEANCE_URL).hostname
    return sign_message_id(
        notice_id=pk, complaint_id=complaint_id, domain=domain or "localhost", key=settings.DOLEANCE_MAIL_KEY
    )


def _wake(notice: Notice) -> None:
    """Defer the job that carries this mail, in the same transaction."""
    app.configure_task(queries.DELIVER, queue="mail", schedule_at=notice.not_before).defer(notice_id=str(notice.id))


def _wake_next(complaint_id: UUID) -> None:
    """A mail of this file came to its end: those that waited behind it may leave."""
    for notice in queries.free_to_leave(complaint_id):
        _wake(notice)


def _save(
    notice: Notice, code: str, fields: Sequence[str], *, by: Actor, at: datetime, facts: dict[str, str] | None = None
) -> None:
    """Keep a change of a mail, with its event."""
    notice.save(update_fields=fields)
    audit.record(
        stream=notice.journal_stream,
        code=code,
        by=by.id,
        at=at,
        facts=facts or {},
        rows=[(notice, fields)],
        subject=notice.complaint.party_id or notice.complaint_id,
    )


@write
def claim(*, notice_id: UUID, by: Actor, at: datetime) -> Notice | None:
    """Take a due mail to send it now, and commit that it is SENDING before anybody talks to the wire.

    None when there is nothing to do: somebody else has it, it was retained, it is not due (a new job is deferred), an
    earlier mail of its file has not left, or its address had its share of acknowledgements. A mail that cannot leave
    because nothing is configured says so. Raises RuntimeError inside another action: SENDING must be committed.
    """
    if writing() != _CLAIM:
        raise RuntimeError("a mail is claimed in a transaction of its own")
    flight = _due_flight(notice_id, at)
    if not flight or not _equip(flight, by=by, at=at):
        return None
    if flight[0].purpose == Purpose.ACKNOWLEDGEMENT:
        if _defer(flight[0], by=by, at=at):
            return None
        flight = _group(flight, at=at)
    for notice in _by_file(flight):
        notice.state, notice.claimed_at, notice.attempts = NoticeState.SENDING, at, notice.attempts + 1
        fields = ["state", "claimed_at", "attempts", "mailbox", "envelope_sender"]
        fields += ["carrier", "subject", "text"] if notice.purpose == Purpose.ACKNOWLEDGEMENT else []  # written anew
        _save(notice, "notice_sending", fields, by=by, at=at)
    return flight[0]


def _due_flight(notice_id: UUID, at: datetime) -> list[Notice]:
    """A queued mail that may leave now, with those that leave inside it, held; nothing otherwise."""
    peek = Notice.objects.filter(pk=notice_id).values_list("purpose", "to_normal").first()
    if peek is not None and peek[0] == Purpose.ACKNOWLEDGEMENT:
        hold(f"acknowledge:{peek[1]}")  # before the row: who waits here then sees what the other took along
    flight = _flight(notice_id, state=NoticeState.QUEUED)
    if flight and flight[0].not_before > at:
        _wake(flight[0])
        return []
    if flight and queries.is_behind(flight[0]):
        return []  # the end of that other one wakes this one
    return flight


def _flight(notice_id: UUID, *, state: NoticeState | None = None) -> list[Notice]:
    """A mail and those that leave inside it, their rows held in one order, so that no two hold each other up.

    With a `state`, a mail in another state or held by somebody else gives nothing.
    """
    rows = Notice.objects.select_related("complaint__entity", "complaint__party", "mailbox")
    locked = rows.select_for_update(of=("self",), skip_locked=state is not None)
    head = locked.filter(pk=notice_id, carrier__isnull=True, **({"state": state} if state else {})).first()
    if head is None:
        return []
    riders = rows.select_for_update(of=("self",)).filter(carrier=head).order_by("complaint_id")
    return [head, *riders]


def _by_file(flight: Sequence[Notice]) -> list[Notice]:
    """In order of complaint: whoever writes on several chains takes them in that order."""
    return sorted(flight, key=lambda notice: notice.complaint_id)


def _equip(flight: Sequence[Notice], *, by: Actor, at: datetime) -> bool:
    """Give a mail its sender; without one, or without a way out, it says so and waits for a person."""
    head = flight[0]
    head.mailbox = head.mailbox or queries.mailbox_for(head.complaint)
    _, head.envelope_sender = outgoing.sender_of(head.mailbox)
    if head.envelope_sender and outgoing.way_out(head.mailbox) is not None:
        return True
    for notice in _by_file(flight):
        notice.state = NoticeState.NO_CHANNEL
        _save(notice, "notice_blocked", ["state"], by=by, at=at)
        _wake_next(notice.complaint_id)
    return False


def _defer(head: Notice, *, by: Actor, at: datetime) -> bool:
    """Put off an acknowledgement whose address has had its share."""
    slot = rules.next_slot(left=queries.acknowledgements_left(head.to_normal, at=at), at=at)
    if slot <= at:
        return False
    head.due_at = head.not_before = slot
    _save(head, "acknowledgement_deferred", ["due_at", "not_before"], by=by, at=at)
    _wake(head)
    return True


def _group(flight: list[Notice], *, at: datetime) -> list[Notice]:
    """Let every acknowledgement that waits for the same address leave inside this one; the letter names them all."""
    head = flight[0]
    room = rules.GROUP_LIMIT - len(flight)
    waiting = (
        Notice.objects.select_related("complaint__entity", "complaint__party", "mailbox")
        .select_for_update(of=("self",), skip_locked=True)
        .filter(
            purpose=Purpose.ACKNOWLEDGEMENT,
            state=NoticeState.QUEUED,
            to_normal=head.to_normal,
            carrier__isnull=True,
            riders__isnull=True,
            complaint__entity_id=head.complaint.entity_id,
        )
        .exclude(pk=head.pk)
        .order_by("due_at", "id")
    )
    for rider in waiting[:room]:
        rider.carrier = head
        flight.append(rider)
    told = sorted((notice.complaint for notice in flight), key=lambda complaint: complaint.received_at)
    letter = queries.acknowledgement(told, language=head.language, at=at)
    for notice in flight:
        notice.subject, notice.text = letter.subject, letter.text
    return flight


@write
def mark_sent(
    *, notice_id: UUID, attempt: int, mail: bytes, accepted_as: str, by: Actor, at: datetime
) -> Notice | None:
    """Note that a try succeeded: the conversation shows the mail, its duties are met, a final answer answers the file.

    `mail` is kept as it left. Late news of a try is believed as long as no later try began; otherwise a second copy is
    on its way, and the journal says so. Returns the mail when it is now SENT.
    """
    flight = _flight(notice_id)
    if not _is_news(flight, attempt, NoticeState.SENT):
        if flight and flight[0].attempts != attempt:
            _save(flight[0], "notice_left_before", [], by=by, at=at, facts={"attempt": str(attempt)})
        return None
    return _leave(flight, mail=mail, accepted_as=accepted_as, left_at=at, by=by, at=at)


def _is_news(flight: Sequence[Notice], attempt: int, to: NoticeState) -> bool:
    return bool(flight) and rules.settles(
        state=NoticeState(flight[0].state), attempts=flight[0].attempts, attempt=attempt, to=to
    )


def _leave(
    flight: Sequence[Notice], *, mail: bytes, accepted_as: str, left_at: datetime, by: Actor, at: datetime
) -> Notice:
    head = flight[0]
    for notice in _by_file(flight):
        complaints.locked(notice.complaint)  # before the first event, which locks the chain
    name, address = outgoing.sender_of(head.mailbox)
    head.sent_as = channels.keep_sent(
        raw=mail,
        entity=head.complaint.entity,
        mailbox=head.mailbox,
        message_id=head.message_id,
        sender=Person(name, address),
        to=head.to_address,
        subject_line=head.subject,
        text=head.text,
        is_automatic=head.is_automatic,
        subject=head.complaint.party_id or head.complaint_id,
        by=by,
        at=left_at,
    )
    for notice in _by_file(flight):
        notice.state, notice.sent_at, notice.accepted_as, notice.last_error = (
            NoticeState.SENT,
            left_at,
            accepted_as,
            "",
        )
        _save(notice, "notice_sent", ["state", "sent_at", "sent_as", "accepted_as", "last_error"], by=by, at=at)
        _follow(notice, left_at=left_at, by=by, at=at)
    return head


def _follow(notice: Notice, *, left_at: datetime, by: Actor, at: datetime) -> None:
    """What the leaving of a mail does to its file."""
    complaint, purpose = notice.complaint, Purpose(notice.purpose)
    complaints.add_outbound(
        complaint=complaint, message=notice.sent_as, text=notice.text, author_id=notice.author_id, by=by, at=left_at
    )
    deadlines.met(complaint=complaint, kind=rules.MEETS[purpose], by=by, at=left_at)
    if purpose is Purpose.FINAL and _may_be_answered(complaint):
        complaints.move(complaint=complaint, to=State.ANSWERED, by=OUTBOX, at=at)
    if purpose is not Purpose.ACKNOWLEDGEMENT:
        _supersede(complaint.id, by=by, at=at)
    _wake_next(complaint.id)


def _may_be_answered(complaint: Complaint) -> bool:
    """Whether the file can follow its answer. If somebody moved it meanwhile, the mail has left all the same."""
    current = complaints.locked(complaint)
    try:
        complaint_rules.may_move(
            origin=State(current.state),
            target=State.ANSWERED,
            actor=OUTBOX,
            facts=complaint_queries.facts(current),
        )
    except Refusal:
        return False
    return True


def _supersede(complaint_id: UUID, *, by: Actor, at: datetime) -> None:
    """A person has written: an acknowledgement that still waits says nothing new, and stays."""
    waiting = Notice.objects.select_related("complaint").select_for_update(of=("self",), skip_locked=True)
    for notice in waiting.filter(
        complaint_id=complaint_id,
        purpose=Purpose.ACKNOWLEDGEMENT,
        state=NoticeState.QUEUED,
        carrier__isnull=True,
        riders__isnull=True,
    ).order_by("id"):
        notice.state = NoticeState.RETAINED
        _save(notice, "acknowledgement_superseded", ["state"], by=by, at=at)


@write
def mark_failed(
    *, notice_id: UUID, attempt: int, error: str, permanent: bool, by: Actor, at: datetime
) -> Notice | None:
    """Note that a try surely did not leave: it will be tried again, or a person is told when that is useless."""
    flight = _flight(notice_id)
    retry_at = None if permanent or not flight else rules.retry_at(due_at=flight[0].due_at, at=at)
    state = NoticeState.QUEUED if retry_at else NoticeState.FAILED
    if not _is_news(flight, attempt, state):
        return None
    for notice in _by_file(flight):
        notice.state, notice.last_error, notice.not_before = state, error, retry_at or notice.not_before
        code = "notice_delayed" if retry_at else "notice_failed"
        _save(notice, code, ["state", "last_error", "not_before"], by=by, at=at)
        if not retry_at:
            _wake_next(notice.complaint_id)
    if retry_at:
        _wake(flight[0])
    return flight[0]


@write
def mark_uncertain(*, notice_id: UUID, attempt: int, error: str, by: Actor, at: datetime) -> Notice | None:
    """Note that nobody knows whether a try left: it is never tried again by a machine, a person decides."""
    flight = _flight(notice_id)
    if not _is_news(flight, attempt, NoticeState.UNCERTAIN):
        return None
    for notice in _by_file(flight):
        notice.state, notice.last_error = NoticeState.UNCERTAIN, error
        _save(notice, "notice_uncertain", ["state", "last_error"], by=by, at=at)
        _wake_next(notice.complaint_id)
    return flight[0]


@write
def doubt_after_restore(*, by: Actor, at: datetime) -> int:
    """After a backup was put back, doubt each mail that waited in it: it may have left since. Returns how many.

    No try moved them, history itself was put back: a person says what became of each.
    """
    require(by, Permission.SETTINGS)
    waiting = Notice.objects.select_related("complaint").select_for_update(of=("self",)).filter(state__in=rules.AHEAD)
    found = list(waiting.order_by("complaint_id", "id"))
    for notice in found:
        notice.state, notice.last_error = NoticeState.UNCERTAIN, "a backup was put back"
        # The try that nobody here saw: if there was one, it was then.
        notice.claimed_at, notice.attempts = notice.claimed_at or notice.not_before, notice.attempts + 1
        _save(notice, "notice_uncertain", ["state", "last_error", "claimed_at", "attempts"], by=by, at=at)
    return len(found)


@write
def retain(*, notice: Notice, by: Actor, at: datetime) -> Notice:
    """Take a mail back before it leaves; its text is in the answer. Refuses once a worker has taken it.

    Acknowledgements that were to leave inside it leave by themselves.
    """
    require(by, Permission.SEND)
    flight = _flight(notice.carrier_id or notice.id)
    held = next(one for one in flight if one.id == notice.id)
    rules.may_retain(NoticeState(held.state))
    current = complaints.locked(held.complaint)
    complaints.touch(current)
    for one in _by_file(flight) if held is flight[0] else [held]:
        one.carrier = None
        if one is held:
            held.state = NoticeState.RETAINED
            held.save(update_fields=["state", "carrier"])
            complaints.record(current, "notice_retained", by=by, at=at, rows=[(held, ["state", "carrier_id"])])
        else:
            _save(one, "notice_queued", ["carrier"], by=by, at=at)
            _wake(one)
    _wake_next(held.complaint_id)
    return held


@write
def decide_uncertain(*, notice: Notice, decision: Decision, by: Actor, at: datetime) -> Notice:
    """Say what became of a mail nobody knows about: it left, or it must be sent again. Refuses when it is known."""
    require(by, Permission.SEND)
    flight = _flight(notice.carrier_id or notice.id)
    head = flight[0]
    rules.may_decide(NoticeState(head.state))
    if decision is Decision.SEND_AGAIN:
        return _order_again(flight, by=by, at=at)
    return _leave(
        flight, mail=compose(queries.mail_of(head)), accepted_as="", left_at=head.claimed_at or at, by=by, at=at
    )


@write
def send_again(*, notice: Notice, by: Actor, at: datetime) -> Notice:
    """Send a mail that surely did not leave: it was refused, or nothing was configured then. Refuses any other."""
    require(by, Permission.SEND)
    flight = _flight(notice.carrier_id or notice.id)
    rules.may_send_again(NoticeState(flight[0].state))
    return _order_again(flight, by=by, at=at)


def _order_again(flight: Sequence[Notice], *, by: Actor, at: datetime) -> Notice:
    head = flight[0]
    if queries.replaced(head):
        raise rules.Replaced
    for notice in _by_file(flight):
        notice.state, notice.last_error = NoticeState.QUEUED, ""
        notice.due_at = notice.not_before = at
        _save(notice, "notice_ordered_again", ["state", "last_error", "due_at", "not_before"], by=by, at=at)
    _wake(head)
    return head
