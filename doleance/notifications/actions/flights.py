"""A mail and those that leave inside it: holding their rows, keeping a change with its event, and their leaving.

Locks are always taken in the order notice, complaint, chain, and several of a kind in the order of their complaints:
nobody who holds a complaint waits for a notice, and no two actions wait for each other.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from procrastinate.contrib.django import app
from procrastinate.types import JSONDict

from doleance.accounts.rules import Actor, machine
from doleance.audit import actions as audit
from doleance.channels.actions import messages as channels
from doleance.channels.email import outgoing
from doleance.channels.models import Message
from doleance.channels.rules import Person
from doleance.complaints import queries as complaint_queries
from doleance.complaints import rules as complaint_rules
from doleance.complaints.actions import dossiers as complaints
from doleance.complaints.models import Complaint
from doleance.complaints.rules import State
from doleance.deadlines import actions as deadlines
from doleance.kernel.db import pending, write
from doleance.kernel.errors import Refusal
from doleance.notifications import queries, rules
from doleance.notifications.models import Notice
from doleance.notifications.rules import NoticeState, Purpose

OUTBOX = machine("outbox")
POINT = "notifications.point"  # the job's name, by which it is deferred


def wake(notice: Notice) -> None:
    """Defer the job that carries this mail, in the same transaction, with those of the other mails of the write."""
    pending(_Waking).add(notice)


class _Waking:
    """The jobs that one write defers at its end."""

    def __init__(self) -> None:
        self._jobs: dict[datetime, list[JSONDict]] = {}

    def add(self, notice: Notice) -> None:
        """One more mail that has a job, when it is not before its moment."""
        self._jobs.setdefault(notice.not_before, []).append({"notice_id": str(notice.id)})

    def finish(self) -> None:
        """Defer them: those of one moment together."""
        for moment, jobs in self._jobs.items():
            app.configure_task(queries.DELIVER, queue="mail", schedule_at=moment).batch_defer(*jobs)


def wake_next(complaint_id: UUID) -> None:
    """A mail of this file came to its end: those that waited behind it may leave."""
    for notice in queries.free_to_leave(complaint_id):
        wake(notice)


@write
def keep(
    *,
    notice: Notice,
    code: str,
    fields: Sequence[str],
    by: Actor,
    at: datetime,
    facts: dict[str, str] | None = None,
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


def hold_flight(notice_id: UUID, *, state: NoticeState | None = None) -> list[Notice]:
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


def by_file(flight: Sequence[Notice]) -> list[Notice]:
    """In order of complaint: whoever writes on several chains takes them in that order."""
    return sorted(flight, key=lambda notice: notice.complaint_id)


@write
def leave(
    *, flight: Sequence[Notice], mail: bytes, accepted_as: str, left_at: datetime, by: Actor, at: datetime
) -> Notice:
    """A mail has left: it is kept as it was, the conversation shows it, its duties are met, its file follows."""
    head = flight[0]
    for notice in by_file(flight):
        complaints.locked(notice.complaint, by=None)  # before the first event, which locks the chain
    if head.purpose != Purpose.CODE:  # a code is no part of the conversation, and nothing of it is kept
        head.sent_as = _kept(head, mail, left_at=left_at, by=by)
    for notice in by_file(flight):
        notice.state, notice.sent_at, notice.accepted_as, notice.last_error = (
            NoticeState.SENT,
            left_at,
            accepted_as,
            "",
        )
        keep(
            notice=notice,
            code="notice_sent",
            fields=["state", "sent_at", "sent_as", "accepted_as", "last_error"],
            by=by,
            at=at,
        )
        _follow(notice, left_at=left_at, by=by, at=at)
    return head


def _kept(head: Notice, mail: bytes, *, left_at: datetime, by: Actor) -> Message:
    """The row of what left, as the conversation shows it."""
    name, address = outgoing.sender_of(head.mailbox)
    return channels.keep_sent(
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


@write
def post(*, notice: Notice, posted_on: date, left_at: datetime, by: Actor, at: datetime) -> Notice:
    """A letter, whose row is held, was put in the post: what `leave` does, without bytes to keep."""
    complaints.locked(notice.complaint, by=None)
    notice.state, notice.posted_on, notice.sent_at = NoticeState.SENT, posted_on, left_at
    keep(notice=notice, code="letter_posted", fields=["state", "posted_on", "sent_at"], by=by, at=at)
    _follow(notice, left_at=left_at, by=by, at=at)
    return notice


@write
def show(*, notice: Notice, by: Actor, at: datetime) -> Notice:
    """The page to follow the file shows from now on what was written for it, its row held: what `leave` does."""
    complaints.locked(notice.complaint, by=None)
    notice.state, notice.sent_at = NoticeState.SENT, at
    keep(notice=notice, code="notice_shown", fields=["state", "sent_at"], by=by, at=at)
    _follow(notice, left_at=at, by=by, at=at)
    return notice


def _follow(notice: Notice, *, left_at: datetime, by: Actor, at: datetime) -> None:
    """What the leaving of a mail does to its file."""
    complaint, purpose = notice.complaint, Purpose(notice.purpose)
    if purpose is Purpose.CODE:
        return
    complaints.add_outbound(
        complaint=complaint, message=notice.sent_as, text=notice.text, author_id=notice.author_id, by=by, at=left_at
    )
    if purpose in rules.MEETS:
        deadlines.met(complaint=complaint, kind=rules.MEETS[purpose], by=by, at=left_at)
    if purpose is Purpose.FINAL:
        _point_to(notice)
        if _may_be_answered(complaint):
            complaints.move(complaint=complaint, to=State.ANSWERED, by=OUTBOX, at=left_at)
        else:
            complaints.answer_again(complaint=complaint, by=OUTBOX, at=left_at)
    if purpose is not Purpose.ACKNOWLEDGEMENT:
        _supersede(complaint.id, by=by, at=at)
    wake_next(complaint.id)


def _point_to(notice: Notice) -> None:
    """Order the words that say, in the files merged into this one, where their answer is."""
    if len(complaint_queries.family(notice.complaint)) > 1:
        app.configure_task(POINT).defer(notice_id=str(notice.id))


def _may_be_answered(complaint: Complaint) -> bool:
    """Whether the file can follow its answer. If somebody moved it meanwhile, the mail has left all the same."""
    current = complaints.locked(complaint, by=None)
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
    waiting = {NoticeState.QUEUED, NoticeState.TO_PRINT}
    _keep_in(complaint_id, waiting, "acknowledgement_superseded", by=by, at=at)


@write
def keep_in(*, complaint: Complaint, by: Actor, at: datetime) -> None:
    """The file is over: an acknowledgement that did not leave has no object. One that a worker holds has left."""
    waiting = {state for state, moves in rules.MOVES.items() if NoticeState.RETAINED in moves}
    _keep_in(complaint.id, waiting, "acknowledgement_needless", by=by, at=at)


def _keep_in(complaint_id: UUID, states: Collection[NoticeState], code: str, *, by: Actor, at: datetime) -> None:
    waiting = Notice.objects.select_related("complaint").select_for_update(of=("self",), skip_locked=True)
    for notice in waiting.filter(
        complaint_id=complaint_id,
        purpose=Purpose.ACKNOWLEDGEMENT,
        state__in=states,
        carrier__isnull=True,
        riders__isnull=True,
    ).order_by("id"):
        notice.state = NoticeState.RETAINED
        keep(notice=notice, code=code, fields=["state"], by=by, at=at)
