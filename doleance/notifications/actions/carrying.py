"""What a worker does to a mail: takes it, and notes what became of the try."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from doleance.accounts.rules import Actor, Permission, require
from doleance.channels.email import outgoing
from doleance.complaints.actions import access
from doleance.complaints.rules import LinkUse
from doleance.kernel.db import hold, write, writing
from doleance.notifications import breakers, following, queries, rules, watch
from doleance.notifications.actions import bouncing, breaking, codes, flights
from doleance.notifications.models import Notice
from doleance.notifications.rules import NoticeState, Purpose, Way

_CLAIM = "notifications.actions.carrying.claim"


@write
def claim(*, notice_id: UUID, by: Actor, at: datetime) -> Notice | None:
    """Take a due mail to send it now, and commit that it is SENDING before anybody talks to the wire.

    None when there is nothing to do: somebody else has it, it was retained, it is not due (a new job is deferred), an
    earlier mail of its file has not left, or no person wrote it and it is put off: its address or its mailbox had its
    share, or a breaker is open; nor for what the page to follow the file shows, which is shown at once. A mail that
    cannot leave because nothing is configured says so. Raises RuntimeError inside another action: SENDING must be
    committed.
    """
    if writing() != _CLAIM:
        raise RuntimeError("a mail is claimed in a transaction of its own")
    flight = _due_flight(notice_id, at)
    if flight and flight[0].way == Way.PAGE:
        flights.show(notice=flight[0], by=by, at=at)
        return None
    if not flight or not _equip(flight, by=by, at=at):
        return None
    if flight[0].is_automatic and _kept_back(flight, by=by, at=at):
        return None
    if flight[0].purpose == Purpose.ACKNOWLEDGEMENT:
        flight = _group(flight, at=at)
    for notice in flights.by_file(flight):
        notice.state, notice.claimed_at, notice.attempts = NoticeState.SENDING, at, notice.attempts + 1
        fields = ["state", "claimed_at", "attempts", "mailbox", "envelope_sender"]
        fields += ["carrier", "subject", "text"] if notice.purpose == Purpose.ACKNOWLEDGEMENT else []  # written anew
        flights.keep(notice=notice, code="notice_sending", fields=fields, by=by, at=at)
        _give_link(notice, by=by, at=at)
    return flight[0]


def _give_link(notice: Notice, *, by: Actor, at: datetime) -> None:
    """Let the link that this mail carries open its file, from now on: before anybody can read it."""
    if notice.has_link:
        access.give_link(
            complaint=notice.complaint,
            purpose=LinkUse.MAIL,
            secret=following.token(notice.id),
            notice_id=notice.id,
            by=by,
            at=at,
        )


def _kept_back(flight: Sequence[Notice], *, by: Actor, at: datetime) -> bool:
    """Whether what no person wrote stays for now: nothing arrives there, a breaker is open, its share is spent.

    A code that somebody asked for has a share of its own, and waits for nothing: it leaves now or never.
    """
    if flight[0].purpose == Purpose.CODE:
        return codes.withhold(flight=flight, by=by, at=at)
    return (
        bouncing.withhold(flight=flight, by=by, at=at)
        or breaking.suspend(flight=flight, by=by, at=at)
        or _defer(flight, by=by, at=at)
    )


def _due_flight(notice_id: UUID, at: datetime) -> list[Notice]:
    """A queued mail that may leave now, with those that leave inside it, held; nothing otherwise."""
    peek = Notice.objects.filter(pk=notice_id).values_list("purpose", "to_normal").first()
    if peek is not None and peek[0] == Purpose.ACKNOWLEDGEMENT:
        hold(f"acknowledge:{peek[1]}")  # before the row: who waits here then sees what the other took along
    flight = flights.hold_flight(notice_id, state=NoticeState.QUEUED)
    if flight and flight[0].not_before > at:
        flights.wake(flight[0])
        return []
    if flight and queries.is_behind(flight[0]):
        return []  # the end of that other one wakes this one
    return flight


def _equip(flight: Sequence[Notice], *, by: Actor, at: datetime) -> bool:
    """Give a mail its sender; without one, or without a way out, it says so and waits for a person."""
    head = flight[0]
    head.mailbox = head.mailbox or queries.mailbox_for(head.complaint)
    head.envelope_sender = outgoing.bounce_address(head.mailbox, notice_id=head.id)
    if head.envelope_sender and outgoing.has_way_out(head.mailbox):
        return True
    for notice in flights.by_file(flight):
        notice.state = NoticeState.NO_CHANNEL
        flights.keep(notice=notice, code="notice_blocked", fields=["state"], by=by, at=at)
        flights.wake_next(notice.complaint_id)
    return False


def _defer(flight: Sequence[Notice], *, by: Actor, at: datetime) -> bool:
    """Put off what no person wrote when its address, or the mailbox it leaves from, has had its share."""
    head = flight[0]
    slot = max(_slot_of_address(head, at), _slot_of_mailbox(head, at))
    if slot <= at:
        return False
    for notice in flights.by_file(flight):
        notice.due_at = notice.not_before = slot
        flights.keep(notice=notice, code="acknowledgement_deferred", fields=["due_at", "not_before"], by=by, at=at)
    flights.wake(head)
    return True


def _slot_of_address(head: Notice, at: datetime) -> datetime:
    if head.purpose != Purpose.ACKNOWLEDGEMENT:
        return at
    return rules.next_slot(left=queries.acknowledgements_left(head.to_normal, at=at), at=at)


def _slot_of_mailbox(head: Notice, at: datetime) -> datetime:
    left = watch.left_from_mailbox(head, at=at)
    if len(left) < breakers.MAILBOX_PER_HOUR:
        return at
    return breakers.mailbox_slot(left=left, waiting=watch.put_off(head, at=at), at=at)


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
            to_address__iexact=head.to_address,  # one budget, but what names a file goes where that file writes from
            carrier__isnull=True,
            riders__isnull=True,
            complaint__entity_id=head.complaint.entity_id,
        )
        .exclude(pk=head.pk)
        .exclude(complaint__in=watch.open_threads().values("complaint"))
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
    flight = flights.hold_flight(notice_id)
    if not _is_news(flight, attempt, NoticeState.SENT):
        if flight and flight[0].attempts != attempt:
            flights.keep(
                notice=flight[0], code="notice_left_before", fields=[], by=by, at=at, facts={"attempt": str(attempt)}
            )
        return None
    sent = flights.leave(flight=flight, mail=mail, accepted_as=accepted_as, left_at=at, by=by, at=at)
    for notice in flights.by_file(flight):
        if notice.purpose != Purpose.CODE:
            breaking.watch_thread(complaint=notice.complaint, by=by, at=at)
    return sent


def _is_news(flight: Sequence[Notice], attempt: int, to: NoticeState) -> bool:
    return bool(flight) and rules.settles(
        state=NoticeState(flight[0].state), attempts=flight[0].attempts, attempt=attempt, to=to
    )


@write
def mark_failed(
    *, notice_id: UUID, attempt: int, error: str, permanent: bool, by: Actor, at: datetime
) -> Notice | None:
    """Note that a try surely did not leave: it will be tried again, or a person is told when that is useless."""
    flight = flights.hold_flight(notice_id)
    retry_at = None if permanent or not flight else rules.retry_at(due_at=flight[0].due_at, at=at)
    state = NoticeState.QUEUED if retry_at else NoticeState.FAILED
    if not _is_news(flight, attempt, state):
        return None
    if permanent and rules.refuses_recipient(error):
        bouncing.condemn(address=flight[0].to_address, because=error, by=by, at=at)
    for notice in flights.by_file(flight):
        notice.state, notice.last_error, notice.not_before = state, error, retry_at or notice.not_before
        code = "notice_delayed" if retry_at else "notice_failed"
        flights.keep(notice=notice, code=code, fields=["state", "last_error", "not_before"], by=by, at=at)
        if not retry_at:
            flights.wake_next(notice.complaint_id)
    if retry_at:
        flights.wake(flight[0])
    return flight[0]


@write
def mark_uncertain(*, notice_id: UUID, attempt: int, error: str, by: Actor, at: datetime) -> Notice | None:
    """Note that nobody knows whether a try left: it is never tried again by a machine, a person decides."""
    flight = flights.hold_flight(notice_id)
    if not _is_news(flight, attempt, NoticeState.UNCERTAIN):
        return None
    for notice in flights.by_file(flight):
        notice.state, notice.last_error = NoticeState.UNCERTAIN, error
        flights.keep(notice=notice, code="notice_uncertain", fields=["state", "last_error"], by=by, at=at)
        flights.wake_next(notice.complaint_id)
    return flight[0]


@write
def doubt_after_restore(*, by: Actor, at: datetime) -> int:
    """After a backup was put back, doubt each mail and letter that waited in it: it may have left since; how many.

    No try moved them, history itself was put back: a person says what became of each.
    """
    require(by, Permission.SETTINGS)
    waiting = Notice.objects.select_related("complaint").select_for_update(of=("self",))
    doubtful = rules.AHEAD | {NoticeState.TO_PRINT}
    found = list(waiting.filter(state__in=doubtful).order_by("complaint_id", "id"))
    for notice in found:
        notice.state, notice.last_error = NoticeState.UNCERTAIN, "a backup was put back"
        # The try that nobody here saw: if there was one, it was then.
        notice.claimed_at, notice.attempts = notice.claimed_at or notice.not_before, notice.attempts + 1
        flights.keep(
            notice=notice,
            code="notice_uncertain",
            fields=["state", "last_error", "claimed_at", "attempts"],
            by=by,
            at=at,
        )
    return len(found)
