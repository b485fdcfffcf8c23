"""What a person does to a mail that has not left, or may not have: takes it back, says what became of it."""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from doleance.accounts.rules import Actor, Permission, require
from doleance.channels.email.compose import compose
from doleance.complaints import actions as complaints
from doleance.kernel.db import write
from doleance.kernel.errors import NotAllowed
from doleance.notifications import queries, rules
from doleance.notifications.actions import flights
from doleance.notifications.models import Notice
from doleance.notifications.rules import Decision, NoticeState


def _require(by: Actor, notice: Notice) -> None:
    """Raise NotAllowed unless the actor may send, and may see the file of this mail."""
    require(by, Permission.SEND)
    if queries.find(notice.id, by) is None:
        raise NotAllowed(permission=Permission.READ_TEAM_FILES.value)


@write
def retain(*, notice: Notice, by: Actor, at: datetime) -> Notice:
    """Take a mail back before it leaves; its text is in the answer. Refuses once a worker has taken it.

    Acknowledgements that were to leave inside it leave by themselves.
    """
    _require(by, notice)
    flight = flights.hold_flight(notice.carrier_id or notice.id)
    held = next(one for one in flight if one.id == notice.id)
    rules.may_retain(NoticeState(held.state))
    current = complaints.locked(held.complaint, by=None)
    complaints.touch(current)
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
    [held] = flights.hold_flight(notice.id)
    rules.may_mark_posted(NoticeState(held.state))
    zone = ZoneInfo(held.complaint.entity.time_zone)
    left_at = rules.posted_at(posted_on=posted_on, written_at=held.created_at, at=at, zone=zone)
    return flights.post(notice=held, posted_on=posted_on, left_at=left_at, by=by, at=at)


@write
def decide_uncertain(*, notice: Notice, decision: Decision, by: Actor, at: datetime) -> Notice:
    """Say what became of a mail nobody knows about: it left, or it must be sent again. Refuses when it is known."""
    _require(by, notice)
    flight = flights.hold_flight(notice.carrier_id or notice.id)
    head = flight[0]
    rules.may_decide(NoticeState(head.state))
    if decision is Decision.SEND_AGAIN:
        return _order_again(flight, by=by, at=at)
    return flights.leave(
        flight=flight, mail=compose(queries.mail_of(head)), accepted_as="", left_at=head.claimed_at or at, by=by, at=at
    )


@write
def send_again(*, notice: Notice, by: Actor, at: datetime) -> Notice:
    """Send a mail that surely did not leave: it was refused, or nothing was configured then. Refuses any other."""
    _require(by, notice)
    flight = flights.hold_flight(notice.carrier_id or notice.id)
    rules.may_send_again(NoticeState(flight[0].state))
    return _order_again(flight, by=by, at=at)


def _order_again(flight: Sequence[Notice], *, by: Actor, at: datetime) -> Notice:
    head = flight[0]
    if queries.replaced(head):
        raise rules.Replaced
    for notice in flights.by_file(flight):
        notice.state, notice.last_error = NoticeState.QUEUED, ""
        notice.due_at = notice.not_before = at
        flights.keep(
            notice=notice,
            code="notice_ordered_again",
            fields=["state", "last_error", "due_at", "not_before"],
            by=by,
            at=at,
        )
    flights.wake(head)
    return head
