"""Two files of one matter: one goes on, the other becomes a stub that leads to it, and may be separated again.

What was said stays in the file to which it was said, be it after the merge: separating them moves no message. Only the
grievances that the kept file lacked are copied there, since they are answered there (docs/decisions/0110).
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Max

from doleance.accounts.rules import Actor
from doleance.complaints import queries, rules
from doleance.complaints.actions import dossiers, grievances
from doleance.complaints.models import Complaint, Grievance
from doleance.complaints.rules import GrievanceState, State
from doleance.kernel import ids
from doleance.kernel.db import write

# What a copy has of the grievance it stands for.
_COPIED = ("title", "quote", "category_id", "expected", "wanted", "facts", "state", "outcome", "reasons", "cause")
_FINDING = ("state", "outcome", "reasons", "cause", "decided_at")


@write
def fold_in(*, stub: Complaint, kept: Complaint, by: Actor, at: datetime) -> Complaint:
    """Make a stub of `stub`, both rows held: it redirects to `kept`. Refuses what the table of moves does."""
    moved = dossiers.move(complaint=stub, to=State.MERGED, by=by, at=at)
    moved.merged_into = kept
    dossiers.touch(moved, at=at, fields=["merged_into"])
    dossiers.record(moved, "merged", by=by, at=at, rows=[(moved, ["merged_into_id"])], facts={"into": str(kept.pk)})
    fields = ["is_safety"] if stub.is_safety and not kept.is_safety else []
    kept.is_safety = kept.is_safety or stub.is_safety
    dossiers.touch(kept, at=at, fields=fields)
    dossiers.record(kept, "merged", by=by, at=at, rows=[(kept, fields)], facts={"from": str(stub.pk)})
    return moved


@write
def take_out(
    *, stub: Complaint, kept: Complaint, to: State, calms: bool, by: Actor, at: datetime
) -> tuple[Complaint, Complaint]:
    """Let a stub be a file again, in the state it had; `calms`: the danger was told in the stub alone.

    Every visit of the kept file that began before ends: one of them may have come by a link of the other.
    """
    current = dossiers.locked(stub, by=None)
    current.merged_into = None
    dossiers.touch(current, at=at, fields=["merged_into"])
    facts = {"from": str(kept.pk)}
    dossiers.record(current, "separated", by=by, at=at, rows=[(current, ["merged_into_id"])], facts=facts)
    moved = dossiers.move(complaint=current, to=to, by=by, at=at)
    other = dossiers.locked(kept, by=None)
    other.access_revoked_at = at
    fields = ["access_revoked_at", *(["is_safety"] if calms else [])]
    other.is_safety = other.is_safety and not calms
    dossiers.touch(other, at=at, fields=fields)
    dossiers.record(other, "separated", by=by, at=at, rows=[(other, fields)], facts={"from": str(stub.pk)})
    return moved, other


@write
def copy_points(
    *, stub: Complaint, kept: Complaint, points: Sequence[Grievance], by: Actor, at: datetime
) -> list[UUID]:
    """Write down in the kept file what the other one complains of besides; the identifiers of the copies, in order."""
    last = kept.grievances.aggregate(last=Max("number"))["last"] or 0
    copies = [
        Grievance(
            id=ids.uuid7(),
            complaint=kept,
            number=last + place,
            exchange_id=one.exchange_id,
            decided_at=one.decided_at,
            team=kept.team,
            owner_id=kept.owner_id,
            **{name: getattr(one, name) for name in _COPIED},
        )
        for place, one in enumerate(points, start=1)
    ]
    if copies:
        Grievance.objects.bulk_create(copies)
        dossiers.touch(kept, at=at)
        rows = [(one, None) for one in copies]
        dossiers.record(kept, "grievance_added", by=by, at=at, rows=rows, facts={"from": str(stub.pk)})
        grievances.follow_grievances(complaint=kept, by=by, at=at)
    return [one.pk for one in copies]


@write
def give_back_points(
    *, stub: Complaint, kept: Complaint, pairs: Sequence[tuple[UUID, UUID]], by: Actor, at: datetime
) -> None:
    """Undo `copy_points`: `pairs` of a grievance and its copy. A finding made on the copy goes with it.

    In a kept file that is settled the copies stay: they are what its answer says.
    """
    rows = {one.pk: one for one in Grievance.objects.select_for_update().filter(complaint__in=[stub, kept])}
    mine = [(rows[own], rows[copy]) for own, copy in pairs if own in rows and copy in rows]
    for own, copy in mine:
        if copy.state == GrievanceState.DECIDED and own.state in {GrievanceState.ACCEPTED, GrievanceState.IN_PROGRESS}:
            for name in _FINDING:
                setattr(own, name, getattr(copy, name))
            own.save(update_fields=_FINDING)
            facts = {"outcome": str(own.outcome)}
            dossiers.record(stub, "grievance_decided", by=by, at=at, rows=[(own, _FINDING)], facts=facts)
    dossiers.touch(stub, at=at)
    if State(kept.state) in rules.OPEN:
        for _, copy in mine:
            copy.state = GrievanceState.DROPPED
            copy.save(update_fields=["state"])
            dossiers.record(kept, "grievance_dropped", by=by, at=at, rows=[(copy, ["state"])])
        dossiers.touch(kept, at=at)
        grievances.follow_grievances(complaint=kept, by=by, at=at)
    grievances.follow_grievances(complaint=stub, by=by, at=at)


@write
def hear(*, complaint: Complaint, by: Actor, at: datetime) -> Complaint:
    """A message continued a merged file: the one in which it goes on, which this answers, comes back to work."""
    kept = dossiers.locked(queries.kept_of(complaint), by=None)
    dossiers.touch(kept, at=at)
    dossiers.record(kept, "heard_elsewhere", by=by, at=at, facts={"from": str(complaint.pk)})
    if State(kept.state) in rules.SETTLED:
        return dossiers.reopen(complaint=kept, by=by, at=at, reason=rules.NEW_MESSAGE)
    if kept.state == State.WAITING:
        return dossiers.move(complaint=kept, to=State.INVESTIGATION, by=by, at=at)
    return kept
