"""Griefs that were read in a message and wait for a person; what a reading says of a whole file."""

from collections.abc import Mapping
from datetime import datetime

from django.db.models import Max

from doleance.accounts.models import Team
from doleance.accounts.rules import Actor, Permission, require
from doleance.complaints import questions, rules
from doleance.complaints.actions import dossiers
from doleance.complaints.models import Category, Complaint, Exchange, Grievance
from doleance.complaints.rules import GrievanceState, State
from doleance.kernel.db import write


@write
def propose_grievance(
    *,
    complaint: Complaint,
    exchange: Exchange,
    title: str,
    quote: str,
    category: str,
    wanted: str,
    facts: Mapping[str, str],
    team: Team | None,
    by: Actor,
    at: datetime,
) -> Grievance:
    """Write down a grief that was read in a message, for a person to accept or drop. Nobody's work begins by it.

    A decided file goes back to investigation: something in it was not decided. `team`: whom it is given to, the file's
    own by default. Raises UnknownCategory, FactUnreadable.
    """
    found = Category.objects.filter(code=category).first()
    if found is None:
        raise rules.UnknownCategory
    current = dossiers.locked(complaint, by=None)
    last = current.grievances.aggregate(last=Max("number"))["last"] or 0
    grievance = Grievance.objects.create(
        complaint=current,
        number=last + 1,
        title=" ".join(title.split())[:200],
        quote=quote.strip(),
        exchange=exchange,
        category=found,
        wanted=wanted.strip(),
        facts=questions.accept(category, facts),
        team=team or current.team,
        state=GrievanceState.PROPOSED,
    )
    dossiers.touch(current, at=at)
    dossiers.record(current, "grievance_read", by=by, at=at, rows=[(grievance, None)])
    if current.state == State.DECIDED:
        dossiers.move(complaint=current, to=State.INVESTIGATION, by=by, at=at)
    return grievance


@write
def accept_grievance(
    *,
    grievance: Grievance,
    category: str,
    team: Team | None = None,
    seen: int | None = None,
    by: Actor,
    at: datetime,
) -> Grievance:
    """Take a proposed grief as one, under this category; it goes to `team`. Work on the file begins.

    Who handles files may. Accepted already, it stays as it is; answers that another category does not ask are left
    out. Raises UnknownCategory, GrievanceSettled for one that was dropped.
    """
    require(by, Permission.HANDLE)
    found = Category.objects.filter(code=category, is_active=True).first()
    if found is None:
        raise rules.UnknownCategory
    dossiers.locked(grievance.complaint, by=by, seen=seen)
    current = dossiers.engage(complaint=grievance.complaint, by=by, at=at)
    held = current.grievances.select_for_update(of=("self",)).get(pk=grievance.pk)
    if held.state in {GrievanceState.DROPPED, GrievanceState.WITHDRAWN}:
        raise rules.GrievanceSettled
    if held.state != GrievanceState.PROPOSED:
        return held
    held.state, held.category, held.owner_id = GrievanceState.ACCEPTED, found, current.owner_id
    held.team = team or held.team
    held.facts = questions.accept(category, held.facts)
    columns = ["state", "category", "owner", "team", "facts"]
    held.save(update_fields=columns)
    dossiers.touch(current, at=at)
    told = ["state", "category_id", "owner_id", "team_id", "facts"]
    dossiers.record(current, "grievance_accepted", by=by, at=at, rows=[(held, told)])
    return held


@write
def mark_safety(*, complaint: Complaint, is_safety: bool, by: Actor, at: datetime) -> Complaint:
    """Say whether somebody is in danger: such a file jumps every queue. Who handles files may, and a reading."""
    require(by, Permission.HANDLE)
    current = dossiers.locked(complaint, by=by)
    if current.is_safety != is_safety:
        current.is_safety = is_safety
        dossiers.touch(current, at=at, fields=["is_safety"])
        dossiers.record(current, "safety_said", by=by, at=at, rows=[(current, ["is_safety"])])
    return current


@write
def set_language(*, complaint: Complaint, language: str, by: Actor, at: datetime) -> Complaint:
    """Say in which language a file is answered: what is written to its complainant follows."""
    require(by, Permission.HANDLE)
    current = dossiers.locked(complaint, by=by)
    if current.language != language:
        current.language = language
        dossiers.touch(current, at=at, fields=["language"])
        dossiers.record(current, "language_said", by=by, at=at, rows=[(current, ["language"])])
    return current
