"""What settles a complaint: findings, replies, the final answer, closing."""

from datetime import datetime
from typing import Any
from uuid import UUID

from doleance.accounts.models import Team
from doleance.accounts.rules import Actor, Permission, require
from doleance.audit import queries as audit
from doleance.complaints import rules as complaint_rules
from doleance.complaints.actions import dossiers as complaints
from doleance.complaints.actions import grievances as grievance_actions
from doleance.complaints.actions import proposals
from doleance.complaints.models import Complaint, Exchange, Grievance
from doleance.complaints.rules import GrievanceState, Outcome, State
from doleance.deadlines import actions as deadlines
from doleance.kernel.db import write
from doleance.notifications import queries as notification_queries
from doleance.notifications import returns
from doleance.notifications import rules as notification_rules
from doleance.notifications.actions import flights
from doleance.notifications.actions import writing as notifications
from doleance.notifications.models import Notice
from doleance.notifications.rules import Purpose, Way
from doleance.resolution import queries, rules


def _locked(complaint: Complaint, seen: int | None, by: Actor) -> Complaint:
    """The file, held, when no final answer is leaving: what that answer says must still be so when it has left."""
    current = complaints.locked(complaint, by=by, seen=seen)
    if notification_queries.final_leaving(current):
        raise rules.AlreadyLeaving
    return current


@write
def add_grievance(
    *,
    complaint: Complaint,
    title: str,
    category: str,
    quote: str = "",
    exchange: Exchange | None = None,
    wanted: str = "",
    once: UUID | None = None,
    by: Actor,
    at: datetime,
) -> Grievance:
    """Write a grievance down, as `grievances.add_grievance`; not under a final answer that is leaving."""
    require(by, Permission.HANDLE)
    return grievance_actions.add_grievance(
        complaint=_locked(complaint, None, by),
        title=title,
        category=category,
        quote=quote,
        exchange=exchange,
        wanted=wanted,
        once=once,
        by=by,
        at=at,
    )


@write
def accept(
    *, grievance: Grievance, category: str, team: Team, seen: int | None = None, by: Actor, at: datetime
) -> Grievance:
    """Take a proposed grievance as one, as `proposals.accept_grievance`; not under a final answer that is leaving."""
    _locked(grievance.complaint, seen, by)
    return proposals.accept_grievance(grievance=grievance, category=category, team=team, by=by, at=at)


@write
def wait(*, complaint: Complaint, seen: int | None = None, by: Actor, at: datetime) -> Complaint:
    """Say that it is the complainant's turn; the clocks go on. Refuses under a final answer that is leaving."""
    require(by, Permission.HANDLE)
    return complaints.move(complaint=_locked(complaint, seen, by), to=State.WAITING, by=by, at=at)


@write
def resume(*, complaint: Complaint, seen: int | None = None, by: Actor, at: datetime) -> Complaint:
    """Take the work up again where it waited, came back or is contested. Refuses any other file, and as `wait`."""
    require(by, Permission.HANDLE)
    current = _locked(complaint, seen, by)
    rules.may_resume(State(current.state))
    return complaints.move(complaint=current, to=State.INVESTIGATION, by=by, at=at)


@write
def decide(
    *,
    grievance: Grievance,
    outcome: Outcome,
    reasons: str,
    cause: str,
    seen: int | None = None,
    by: Actor,
    at: datetime,
) -> Complaint:
    """Write the finding on one grievance; the last one decides the file. A finding may be changed until the answer.

    Who may: those who handle the file. A file that waited for the complainant goes back to work. Refuses a finding
    without the reasons it needs, a settled file, and to change what a final answer that is leaving says.
    """
    _locked(grievance.complaint, seen, by)
    current = complaints.engage(complaint=grievance.complaint, by=by, at=at)
    if current.state == State.WAITING:
        current = complaints.move(complaint=current, to=State.INVESTIGATION, by=by, at=at)
    held = current.grievances.select_for_update().get(pk=grievance.pk)
    rules.may_decide(
        state=State(current.state), grievance=GrievanceState(held.state), outcome=outcome, reasons=reasons
    )
    held = grievance_actions.settle_grievance(
        complaint=current, grievance=held, outcome=outcome, reasons=reasons, cause=cause, by=by, at=at
    )
    return grievance_actions.follow_grievances(complaint=current, by=by, at=at)


@write
def drop(*, grievance: Grievance, reason: str, seen: int | None = None, by: Actor, at: datetime) -> Grievance:
    """Set a grievance aside, as `grievances.drop_grievance`; not under a final answer that is leaving."""
    _locked(grievance.complaint, seen, by)
    return grievance_actions.drop_grievance(grievance=grievance, reason=reason, by=by, at=at)


@write
def reply(
    *,
    complaint: Complaint,
    text: str,
    seen: int,
    once: UUID,
    way: Way = Way.EMAIL,
    postal: str = "",
    by: Actor,
    at: datetime,
) -> Notice:
    """Send a message of progress: it keeps the complainant informed and settles nothing.

    It leaves after the undo delay. `once` is the identifier the notice will have: the same form sent twice sends one
    mail. By post it waits to be printed, and `postal` holds the lines of its envelope. Refuses an empty text, a file
    that changed since `seen`, a party without address.
    """
    require(by, Permission.SEND)
    sent = _sent_before(complaint, text, once, by)
    if sent is not None:
        return sent
    current = complaints.locked(complaint, by=by, seen=seen)
    current = complaints.engage(complaint=current, by=by, at=at)
    facts = _facts(current, way, postal)
    rules.may_reply(facts)
    return _send(current, Purpose.REPLY, facts, text.strip(), once, by, at)


@write
def put_off(
    *,
    complaint: Complaint,
    text: str,
    seen: int,
    once: UUID,
    way: Way = Way.EMAIL,
    postal: str = "",
    by: Actor,
    at: datetime,
) -> Notice:
    """Send a holding reply: `text` gives the reasons, the day of the answer is joined to it.

    When it has left in time, the last days that their packs let move are moved. Refuses what `reply` refuses, a file
    with no such last day ahead, and a second one while the first is leaving. `once`, `way`, `postal`: as for `reply`.
    """
    require(by, Permission.SEND)
    sent = _sent_before(complaint, text, once, by)
    if sent is not None:
        return sent
    current = _locked(complaint, seen, by)
    current = complaints.engage(complaint=current, by=by, at=at)
    facts = _facts(current, way, postal)
    until = queries.putting_off(current, facts, at).until
    return _send(current, Purpose.HOLDING, facts, queries.holding_text(current, text, until), once, by, at)


@write
def answer(
    *,
    complaint: Complaint,
    text: str,
    seen: int,
    once: UUID,
    way: Way = Way.EMAIL,
    postal: str = "",
    by: Actor,
    at: datetime,
) -> Notice:
    """Send the final answer; the file is answered when it has left. The blocks its packs require are joined to it.

    Refuses what `reply` refuses, until each grievance has its outcome, while a required block is not filled in
    settings, and a second one unless the first came back. `once`, `way`, `postal`: as for `reply`.
    """
    require(by, Permission.SEND)
    sent = _sent_before(complaint, text, once, by)
    if sent is not None:
        return sent
    current = complaints.locked(complaint, by=by, seen=seen)
    complaints.check_reviewer(current, by.user_id)
    facts = _facts(current, way, postal)
    rules.may_answer(facts)
    return _send(current, Purpose.FINAL, facts, queries.final_text(current, text, facts), once, by, at)


def _facts(complaint: Complaint, way: Way, postal: str) -> rules.AnswerFacts:
    """What decides whether it may leave that way. Refuses an envelope that nobody could deliver."""
    envelope = "\n".join(notification_rules.postal_lines(postal)) if way is Way.POST else ""
    return queries.answer_facts(complaint, postal=envelope, on_page=way is Way.PAGE)


def _sent_before(complaint: Complaint, text: str, once: UUID, by: Actor) -> Notice | None:
    """The notice that this very form already made, the file held: a second press waits for the first one."""
    if not text.strip():
        raise complaint_rules.EmptyText
    complaints.locked(complaint, by=by)
    return notification_queries.of_file(complaint, once)


def _send(
    complaint: Complaint, purpose: Purpose, facts: rules.AnswerFacts, text: str, once: UUID, by: Actor, at: datetime
) -> Notice:
    told: dict[str, Any] = {"complaint": complaint, "purpose": purpose, "subject": queries.subject(complaint)}
    told |= {"text": text, "once": once, "by": by, "at": at}
    if facts.postal:
        return notifications.send_letter(postal=facts.postal, **told)
    told["delay_s"] = notification_rules.UNDO_SECONDS
    if facts.page:
        return notifications.put_on_page(**told)
    return notifications.send(to=facts.address, **told)


@write
def close(*, complaint: Complaint, reason: str, seen: int, by: Actor, at: datetime) -> Complaint:
    """Close a file when its checklist is complete, or for a written reason when it is not.

    Refuses while a final answer is leaving: the file would end closed and never answered. One that came back counts
    as not given.
    """
    require(by, Permission.HANDLE)
    current = _locked(complaint, seen, by)
    closed = complaints.move(
        complaint=current,
        to=State.CLOSED,
        by=by,
        at=at,
        reason=reason,
        leaving=notification_queries.leaving(current),
        bounced=returns.final_bounced(current),
    )
    deadlines.cancel(complaint=closed, by=by, at=at)
    flights.keep_in(complaint=closed, by=by, at=at)
    return closed


def _is_repeated(complaint: Complaint, to: State, by: Actor) -> bool:
    """Whether the complainant just brought the file there: a page that is sent twice answers as it did."""
    if by.complaint_id is None or complaint.state != to:
        return False
    moved = audit.history(complaint.journal_stream).filter(facts__code="state_moved").last()
    return moved is not None and moved.facts["by"] == by.id


@write
def withdraw(*, complaint: Complaint, reason: str, seen: int | None = None, by: Actor, at: datetime) -> Complaint:
    """Note that the complainant withdrew the complaint, with how we know it. Its clocks stop; the file stays.

    The complainants themselves need no reason, and may press twice: it is withdrawn once.
    """
    if by.complaint_id is None:
        require(by, Permission.HANDLE)
    current = _locked(complaint, seen, by)
    if _is_repeated(current, State.WITHDRAWN, by):
        return current
    withdrawn = complaints.move(complaint=current, to=State.WITHDRAWN, by=by, at=at, reason=reason)
    deadlines.cancel(complaint=withdrawn, by=by, at=at)
    flights.keep_in(complaint=withdrawn, by=by, at=at)
    return withdrawn


@write
def contest(*, complaint: Complaint, reason: str, by: Actor, at: datetime) -> Complaint:
    """Ask for a second review of an answer: nobody owns the file until another person takes it, and its clocks run.

    Who may: the complainant of this file, and those who handle it on their behalf. Refuses what was not answered, an
    empty reason, a second request while one is open; the complainant's own, pressed twice, is one.
    """
    if by.complaint_id is None:
        require(by, Permission.HANDLE)
    current = _locked(complaint, None, by)
    if _is_repeated(current, State.CONTESTED, by):
        return current
    contested = complaints.move(
        complaint=current,
        to=State.CONTESTED,
        by=by,
        at=at,
        reason=reason.strip(),
        answered_by=returns.answered_by(current),
    )
    deadlines.reopen(complaint=contested, by=by, at=at)
    return contested


@write
def reopen(*, complaint: Complaint, reason: str, seen: int | None = None, by: Actor, at: datetime) -> Complaint:
    """Bring a settled file back to work for a written reason, with a clock again."""
    require(by, Permission.HANDLE)
    current = complaints.locked(complaint, by=by, seen=seen)
    reopened = complaints.reopen(complaint=current, by=by, at=at, reason=reason)
    deadlines.reopen(complaint=reopened, by=by, at=at)
    return reopened
