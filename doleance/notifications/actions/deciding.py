"""What a person does to a mail that has not left, or may not have: takes it back, says what became of it."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from doleance.accounts.rules import Actor, Permission, require
from doleance.channels.email.compose import compose
from doleance.complainants import queries as complainants
from doleance.complainants.rules import AddressInvalid, normal_email
from doleance.complaints.actions import dossiers as complaints
from doleance.kernel.db import write
from doleance.kernel.errors import NotAllowed
from doleance.notifications import queries, rules
from doleance.notifications.actions import flights
from doleance.notifications.models import Notice
from doleance.notifications.rules import Decision, NoticeState, Purpose, Way


def _require(by: Actor, notice: Notice) -> None:
    """Raise NotAllowed unless the actor may send, and may see the file of this mail."""
    require(by, Permission.SEND)
    if queries.find(notice.id, by) is None:
        raise NotAllowed(permission=Permission.READ_TEAM_FILES.value)


def _decided_meanwhile(notice: Notice) -> rules.NothingToDecide:
    """What is said when a mail is no longer where the page showed it."""
    return rules.NothingToDecide(state=NoticeState(Notice.objects.values_list("state", flat=True).get(pk=notice.pk)))


@write
def retain(*, notice: Notice, by: Actor, at: datetime) -> Notice:
    """Take a mail back before it leaves; its text is in the answer. Refuses once a worker has taken it.

    Acknowledgements that were to leave inside it leave by themselves.
    """
    _require(by, notice)
    flight = flights.hold_flight(notice.carrier_id or notice.id)
    held = next((one for one in flight if one.id == notice.id), None)
    if held is None:  # it left the mail it was to leave inside, or entered one, meanwhile
        raise _decided_meanwhile(notice)
    rules.may_retain(NoticeState(held.state))
    current = complaints.locked(held.complaint, by=None)
    complaints.touch(current, at=at)
    for one in flights.by_file(flight) if held is flight[0] else [held]:
        one.carrier = None
        if one is held:
            held.state = NoticeState.RETAINED
            held.save(update_fields=["state", "carrier"])
            complaints.record(current, "notice_retained", by=by, at=at, rows=[(held, ["state", "carrier_id"])])
        else:
            flights.keep(notice=one, code="notice_queued", fields=["carrier"], by=by, at=at)
            flights.wake(one)
    flights.wake_next(held.complaint_id)
    return held


@write
def mark_posted(*, notice: Notice, posted_on: date, by: Actor, at: datetime) -> Notice:
    """Note that a letter was put in the post that day: the conversation shows it, duties are met, the file follows.

    Refuses what does not wait to be posted, a day before the letter was written, a day to come.
    """
    _require(by, notice)
    flight = flights.hold_flight(notice.id)
    if not flight:
        raise _decided_meanwhile(notice)
    held = flight[0]
    rules.may_mark_posted(NoticeState(held.state), Way(held.way))
    zone = ZoneInfo(held.complaint.entity.time_zone)
    left_at = rules.posted_at(posted_on=posted_on, written_at=held.created_at, at=at, zone=zone)
    return flights.post(notice=held, posted_on=posted_on, left_at=left_at, by=by, at=at)


@write
def mark_all_posted(*, notices: Sequence[Notice], posted_on: date, by: Actor, at: datetime) -> list[Notice]:
    """Note that several letters were put in the post that day: all of them, or none when one is refused, by its name.

    Raises LetterNotWaiting, LetterWrongDay.
    """
    for notice in notices:
        _require(by, notice)
    held = [one for notice in sorted(notices, key=_in_file) for one in flights.hold_flight(notice.id)]
    left_at = {one.id: _posted_at(one, posted_on, at) for one in held}
    gone = {notice.id for notice in notices} - left_at.keys()
    if gone:
        first = next(notice for notice in notices if notice.id in gone)
        state = _decided_meanwhile(first).facts["state"]
        raise rules.LetterNotWaiting(reference=first.complaint.reference, state=state)
    for one in held:
        complaints.locked(one.complaint, by=None)  # all before the first event, which locks a chain
    return [flights.post(notice=one, posted_on=posted_on, left_at=left_at[one.id], by=by, at=at) for one in held]


def _in_file(notice: Notice) -> tuple[UUID, bool, datetime, UUID]:
    """By file, and in it the acknowledgement first: what a person wrote would make it needless."""
    return notice.complaint_id, notice.purpose != Purpose.ACKNOWLEDGEMENT, notice.due_at, notice.id


def _posted_at(notice: Notice, posted_on: date, at: datetime) -> datetime:
    """The moment that stands for its posting. Refuses what may not be posted that day, by its name."""
    reference, state = notice.complaint.reference, NoticeState(notice.state)
    if state is not NoticeState.TO_PRINT or notice.way != Way.POST:
        raise rules.LetterNotWaiting(reference=reference, state=state)
    zone = ZoneInfo(notice.complaint.entity.time_zone)
    try:
        return rules.posted_at(posted_on=posted_on, written_at=notice.created_at, at=at, zone=zone)
    except rules.WrongDay as refusal:
        raise rules.LetterWrongDay(reference=reference) from refusal


@write
def decide_uncertain(*, notice: Notice, decision: Decision, by: Actor, at: datetime) -> Notice:
    """Say what became of a mail nobody knows about: it left, or it must be sent again. Refuses when it is known.

    A letter goes back among those to print, where its posting is noted with its day.
    """
    _require(by, notice)
    flight = flights.hold_flight(notice.carrier_id or notice.id)
    if not flight:
        raise _decided_meanwhile(notice)
    head = flight[0]
    rules.may_decide(NoticeState(head.state))
    if decision is Decision.SEND_AGAIN:
        return _print_again(head, by=by, at=at) if head.way == Way.POST else _order_again(flight, by=by, at=at)
    if head.way == Way.POST:  # `mark_posted` says on which day
        raise rules.WrongDay
    return flights.leave(
        flight=flight, mail=compose(queries.mail_of(head)), accepted_as="", left_at=head.claimed_at or at, by=by, at=at
    )


@write
def send_again(*, notice: Notice, by: Actor, at: datetime) -> Notice:
    """Send a mail that surely did not leave: it was refused, or nothing was configured then. Refuses any other."""
    _require(by, notice)
    flight = flights.hold_flight(notice.carrier_id or notice.id)
    if not flight:
        raise _decided_meanwhile(notice)
    rules.may_send_again(NoticeState(flight[0].state))
    return _order_again(flight, by=by, at=at)


def _print_again(letter: Notice, *, by: Actor, at: datetime) -> Notice:
    if queries.replaced(letter):
        raise rules.Replaced
    letter.state, letter.last_error = NoticeState.TO_PRINT, ""
    flights.keep(notice=letter, code="notice_ordered_again", fields=["state", "last_error"], by=by, at=at)
    return letter


def _order_again(flight: Sequence[Notice], *, by: Actor, at: datetime) -> Notice:
    head = flight[0]
    if queries.replaced(head):
        raise rules.Replaced
    to = _address_now(head)
    for notice in flights.by_file(flight):
        notice.state, notice.last_error = NoticeState.QUEUED, ""
        notice.due_at = notice.not_before = at
        notice.to_address, notice.to_normal = to, rules.budget_key(normal_email(to))
        flights.keep(
            notice=notice,
            code="notice_ordered_again",
            fields=["state", "last_error", "due_at", "not_before", "to_address", "to_normal"],
            by=by,
            at=at,
        )
    flights.wake(head)
    return head


def _address_now(notice: Notice) -> str:
    """Where a mail that is ordered again goes: what it was written to, or what a person corrected that to since.

    Raises AddressInvalid while nothing arrives there.
    """
    if not complainants.is_known_no_more(notice.complaint.party, notice.to_address):
        if complainants.is_invalid(notice.to_address):
            raise AddressInvalid(address=notice.to_address)
        return notice.to_address
    return queries.address_of(notice.complaint) or notice.to_address
