"""What settles a complaint: findings, replies, the final answer, closing."""

from datetime import datetime

from django.utils.translation import gettext, override

from doleance.accounts.rules import Actor, Permission, require
from doleance.complaints import actions as complaints
from doleance.complaints import rules as complaint_rules
from doleance.complaints.models import Complaint, Grievance
from doleance.complaints.rules import GrievanceState, Outcome, State
from doleance.deadlines import actions as deadlines
from doleance.kernel.db import write
from doleance.notifications import actions as notifications
from doleance.notifications import queries as notification_queries
from doleance.notifications.models import Notice
from doleance.notifications.rules import Purpose
from doleance.resolution import queries, rules


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
    complaints.locked(grievance.complaint, seen=seen)
    current = complaints.engage(complaint=grievance.complaint, by=by, at=at)
    if notification_queries.final_leaving(current):
        raise rules.AlreadyLeaving
    if current.state == State.WAITING:
        current = complaints.move(complaint=current, to=State.INVESTIGATION, by=by, at=at)
    held = current.grievances.select_for_update().get(pk=grievance.pk)
    rules.may_decide(
        state=State(current.state), grievance=GrievanceState(held.state), outcome=outcome, reasons=reasons
    )
    held = complaints.settle_grievance(
        complaint=current, grievance=held, outcome=outcome, reasons=reasons, cause=cause, by=by, at=at
    )
    return complaints.follow_grievances(complaint=current, by=by, at=at)


@write
def reply(*, complaint: Complaint, text: str, seen: int, by: Actor, at: datetime) -> Notice:
    """Send a message of progress: it keeps the complainant informed and settles nothing.

    It leaves after the undo delay. Refuses an empty text, a file that changed since `seen`, a party without address.
    """
    require(by, Permission.SEND)
    current = _ready(complaint, text, seen)
    current = complaints.engage(complaint=current, by=by, at=at)
    facts = queries.answer_facts(current)
    rules.may_reply(facts)
    return _send(current, Purpose.REPLY, facts.address, text.strip(), by, at)


@write
def answer(*, complaint: Complaint, text: str, seen: int, by: Actor, at: datetime) -> Notice:
    """Send the final answer; the file is answered when it has left. The blocks its packs require are joined to it.

    Refuses until each grievance has its outcome, and while a required block is not filled in settings.
    """
    require(by, Permission.SEND)
    current = _ready(complaint, text, seen)
    facts = queries.answer_facts(current)
    rules.may_answer(facts)
    return _send(current, Purpose.FINAL, facts.address, final_text(current, text, facts), by, at)


def final_text(complaint: Complaint, text: str, facts: rules.AnswerFacts) -> str:
    """The answer as it leaves: what was written, then the required blocks in the complainant's language."""
    parts = [text.strip()]
    if rules.needs_mediator(facts):
        with override(complaint.language):
            parts.append(f"{gettext(rules.MEDIATOR_SENTENCE)}\n{facts.mediator.strip()}")
    return "\n\n".join(parts)


def _ready(complaint: Complaint, text: str, seen: int) -> Complaint:
    if not text.strip():
        raise complaint_rules.EmptyText
    return complaints.locked(complaint, seen=seen)


def _send(complaint: Complaint, purpose: Purpose, to: str, text: str, by: Actor, at: datetime) -> Notice:
    with override(complaint.language):
        subject = gettext("Votre réclamation %(reference)s") % {"reference": complaint.reference}
    return notifications.send(
        complaint=complaint,
        purpose=purpose,
        to=to,
        subject=subject,
        text=text,
        by=by,
        at=at,
        delay_s=notifications.UNDO_SECONDS,
    )


@write
def close(*, complaint: Complaint, reason: str, seen: int, by: Actor, at: datetime) -> Complaint:
    """Close an answered file when its checklist is complete, or for a written reason when it is not."""
    require(by, Permission.HANDLE)
    current = complaints.locked(complaint, seen=seen)
    leaving = notification_queries.leaving(current)
    closed = complaints.move(complaint=current, to=State.CLOSED, by=by, at=at, reason=reason, leaving=leaving)
    deadlines.cancel(complaint=closed, by=by, at=at)
    return closed


@write
def withdraw(*, complaint: Complaint, reason: str, by: Actor, at: datetime) -> Complaint:
    """Note that the complainant withdrew the complaint, with how we know it. Its clocks stop; the file stays."""
    require(by, Permission.HANDLE)
    withdrawn = complaints.move(complaint=complaint, to=State.WITHDRAWN, by=by, at=at, reason=reason)
    deadlines.cancel(complaint=withdrawn, by=by, at=at)
    return withdrawn


@write
def reopen(*, complaint: Complaint, reason: str, by: Actor, at: datetime) -> Complaint:
    """Bring a settled file back to work for a written reason, with a clock again."""
    reopened = complaints.reopen(complaint=complaint, by=by, at=at, reason=reason)
    deadlines.reopen(complaint=reopened, by=by, at=at)
    return reopened
