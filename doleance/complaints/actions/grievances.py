"""What happens to the grievances of a file. Each action leaves its event on the file's chain."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db.models import Max

from doleance.accounts.rules import Actor, Permission, require
from doleance.complaints import queries, questions, rules
from doleance.complaints.actions import dossiers
from doleance.complaints.models import Category, Complaint, Exchange, Grievance
from doleance.complaints.rules import GrievanceState, State
from doleance.kernel import ids
from doleance.kernel.db import insert, write


def _category(code: str, title: str) -> Category:
    """The living category of a grievance that has a title."""
    found = Category.objects.filter(code=code, is_active=True).first()
    if found is None:
        raise rules.UnknownCategory
    if not title.strip():
        raise rules.EmptyText
    return found


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
    """Write down one thing complained of, in the person's words where there are any. Work on the file begins.

    `once` is the identifier the grievance will have: the same form sent twice writes one.
    """
    found = _category(category, title)
    current = dossiers.engage(complaint=complaint, by=by, at=at)
    written = current.grievances.filter(pk=once).first() if once else None
    if written is not None:
        return written
    if current.state == State.DECIDED:
        current = dossiers.move(complaint=current, to=State.INVESTIGATION, by=by, at=at)
    last = current.grievances.aggregate(last=Max("number"))["last"] or 0
    grievance = Grievance.objects.create(
        id=once or ids.uuid7(),
        complaint=current,
        number=last + 1,
        title=" ".join(title.split())[:200],
        quote=quote.strip(),
        exchange=exchange,
        category=found,
        wanted=wanted.strip(),
        team=current.team,
        owner_id=current.owner_id,
    )
    dossiers.touch(current, at=at)
    dossiers.record(current, "grievance_added", by=by, at=at, rows=[(grievance, None)])
    return grievance


@write
def tell_grievance(
    *,
    complaint: Complaint,
    exchange: Exchange,
    category: str,
    title: str,
    expected: str = "",
    wanted: str = "",
    facts: Mapping[str, str],
    by: Actor,
    at: datetime,
) -> Grievance:
    """Write down what somebody complains of as they told it themselves: the file's first point, in their words.

    Nobody works on the file yet. A category retired since they began is theirs still. Raises UnknownCategory,
    FactUnreadable.
    """
    found = Category.objects.filter(code=category).first()
    if found is None:
        raise rules.UnknownCategory
    grievance = Grievance(
        complaint=complaint,
        number=1,
        title=" ".join(title.split())[:200],
        quote=exchange.text.strip(),
        exchange=exchange,
        category=found,
        expected=expected.strip(),
        wanted=wanted.strip(),
        facts=questions.accept(category, facts),
        team=complaint.team,
    )
    insert(grievance)
    dossiers.record(complaint, "grievance_added", by=by, at=at, rows=[(grievance, None)])
    return grievance


@write
def set_facts(
    *, grievance: Grievance, facts: Mapping[str, str], seen: int | None = None, by: Actor, at: datetime
) -> Grievance:
    """Note answers to the questions of a grievance's category; those that are not given stay, an empty one goes.

    Who handles files may. Raises FactUnreadable; what the category does not ask is passed over.
    """
    require(by, Permission.HANDLE)
    current = dossiers.editable(grievance.complaint, seen, by)
    held = current.grievances.select_for_update(of=("self",)).select_related("category").get(pk=grievance.pk)
    told = questions.accept(held.category_id, facts)
    emptied = {code for code in facts if not facts[code].strip()}
    noted = {code: value for code, value in (held.facts | told).items() if code not in emptied}
    if noted == held.facts:
        return held
    held.facts = noted
    held.save(update_fields=["facts"])
    dossiers.touch(current, at=at)
    dossiers.record(current, "facts_noted", by=by, at=at, rows=[(held, ["facts"])])
    return held


@write
def change_grievance(
    *,
    grievance: Grievance,
    title: str,
    category: str,
    wanted: str,
    cause: str,
    seen: int | None = None,
    by: Actor,
    at: datetime,
) -> Grievance:
    """Correct a grievance, or write down its cause. What it was stays on the journal."""
    found = _category(category, title)
    require(by, Permission.HANDLE)
    current = dossiers.editable(grievance.complaint, seen, by)
    held = current.grievances.select_for_update().get(pk=grievance.pk)
    held.title, held.category = " ".join(title.split())[:200], found
    held.wanted, held.cause = wanted.strip(), cause.strip()
    held.save(update_fields=["title", "category", "wanted", "cause"])
    dossiers.touch(current, at=at)
    rows = [(held, ["title", "category_id", "wanted", "cause"])]
    dossiers.record(current, "grievance_changed", by=by, at=at, rows=rows)
    return held


@write
def settle_grievance(
    *,
    complaint: Complaint,
    grievance: Grievance,
    outcome: rules.Outcome,
    reasons: str,
    cause: str,
    by: Actor,
    at: datetime,
) -> Grievance:
    """Write an outcome on a grievance. Called by `resolution`, which holds the rules of findings."""
    grievance.state, grievance.outcome = GrievanceState.DECIDED, outcome
    grievance.reasons, grievance.cause, grievance.decided_at = reasons.strip(), cause.strip(), at
    columns = ["state", "outcome", "reasons", "cause", "decided_at"]
    grievance.save(update_fields=columns)
    dossiers.touch(complaint, at=at)
    dossiers.record(
        complaint, "grievance_decided", by=by, at=at, rows=[(grievance, columns)], facts={"outcome": outcome.value}
    )
    return grievance


@write
def drop_grievance(
    *, grievance: Grievance, reason: str, seen: int | None = None, by: Actor, at: datetime
) -> Grievance:
    """Set a grievance aside as written by mistake, with a reason; it stays on file, struck out.

    What is left may then be decided whole, or no longer: the file follows.
    """
    require(by, Permission.HANDLE)
    if not reason.strip():
        raise rules.ReasonMissing
    dossiers.locked(grievance.complaint, by=by, seen=seen)
    current = dossiers.engage(complaint=grievance.complaint, by=by, at=at)
    held = current.grievances.select_for_update().get(pk=grievance.pk)
    if held.state == GrievanceState.DROPPED:
        return held
    held.state = GrievanceState.DROPPED
    held.save(update_fields=["state"])
    dossiers.touch(current, at=at)
    dossiers.record(
        current, "grievance_dropped", by=by, at=at, rows=[(held, ["state"])], texts={"reason": reason.strip()}
    )
    follow_grievances(complaint=current, by=by, at=at)
    return held


def follow_grievances(*, complaint: Complaint, by: Actor, at: datetime) -> Complaint:
    """Let the file follow its grievances: decided when the last one is, under investigation when one no longer is."""
    decided = rules.all_decided(queries.facts(complaint).states)
    if decided and State(complaint.state) in rules.WORKING:
        return dossiers.move(complaint=complaint, to=State.DECIDED, by=by, at=at)
    if not decided and complaint.state == State.DECIDED:
        return dossiers.move(complaint=complaint, to=State.INVESTIGATION, by=by, at=at)
    return complaint
