"""One gesture on many files: kept first, then done file by file, each in a transaction and on a chain of its own."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from procrastinate.contrib.django import app

from doleance.accounts import queries as accounts
from doleance.accounts.rules import Actor, Permission, require
from doleance.audit import actions as audit
from doleance.complaints import rules as complaint_rules
from doleance.complaints.actions import dossiers as complaints
from doleance.complaints.models import Complaint
from doleance.kernel import db
from doleance.kernel.db import write
from doleance.kernel.errors import NotAllowed, Refusal
from doleance.routing import rules
from doleance.routing.models import Batch, BatchItem
from doleance.routing.queries import batches as queries
from doleance.routing.queries.batches import Gesture
from doleance.routing.rules import Act, Fate

RESCUE_S = 60  # seconds after which a job goes on with what a request that died left undone


def start(*, once: UUID, gesture: Gesture, references: Sequence[str], by: Actor, at: datetime) -> Batch:
    """Make one gesture on many files. A hundred are done at once; beyond, a job does them, with a report.

    Who may: who handles files, file by file. `once` comes from the form: sent twice, it is done once. What cannot be
    done to a file leaves it alone and is told in the report. Refuses no file, too many, or nobody to give them to.
    """
    batch = _keep(once=once, gesture=gesture, references=references, by=by, at=at)
    if batch.finished_at is None and len(queries.waiting(batch)) <= rules.AT_ONCE:
        carry_out(batch=batch, by=by, at=at)
    return Batch.objects.get(pk=batch.pk)


@write
def _keep(*, once: UUID, gesture: Gesture, references: Sequence[str], by: Actor, at: datetime) -> Batch:
    """Keep what is asked, with the job that does it, or that goes on with it should this process die."""
    require(by, Permission.HANDLE)
    _check_target(gesture)
    wanted = list(dict.fromkeys(references))
    if not wanted:
        raise rules.NothingChosen
    if len(wanted) > rules.MOST:
        raise rules.TooManyChosen(most=rules.MOST)
    db.hold(f"batch:{once}")
    known = Batch.objects.filter(pk=once).first()
    if known is not None:
        if known.author_id != by.user_id:
            raise NotAllowed(permission=Permission.HANDLE.value)
        return known
    return _new(once, gesture, wanted, by, at)


def _new(once: UUID, gesture: Gesture, references: Sequence[str], by: Actor, at: datetime) -> Batch:
    planned = queries.plan(gesture, references=references, actor=by)
    files = [one.complaint for one in planned if one.complaint is not None]
    batch = Batch(id=once, act=gesture.act, team=gesture.team, owner=gesture.owner, made_at=at)
    batch.author_id = _author(by)
    batch.save(force_insert=True)
    BatchItem.objects.bulk_create([BatchItem(batch=batch, complaint=one) for one in files])
    facts = {"count": len(files)}
    audit.record(stream=batch.journal_stream, code="batch_made", by=by.id, at=at, facts=facts, rows=[(batch, None)])
    wait = {"seconds": RESCUE_S} if len(files) <= rules.AT_ONCE else None
    app.configure_task(queries.RUN, lock=f"batch:{once}", schedule_in=wait).defer(batch_id=str(once))
    return batch


def _author(by: Actor) -> UUID:
    if by.user_id is None:
        raise NotAllowed(permission=Permission.HANDLE.value)
    return by.user_id


def _check_target(gesture: Gesture) -> None:
    """Raise NoTarget, or NotInTeam for somebody who is not there to take files."""
    if gesture.act is Act.TAKE:
        return
    if gesture.team is None or (gesture.act is Act.ASSIGN and gesture.owner is None):
        raise rules.NoTarget
    if gesture.owner is not None and gesture.owner not in accounts.colleagues(gesture.team):
        raise complaint_rules.NotInTeam(name=gesture.owner.name)


def carry_out(*, batch: Batch, most: int = rules.MOST, by: Actor, at: datetime) -> None:
    """Do what waits in a batch, `most` files of it, each in a transaction of its own."""
    for pk in queries.waiting(batch, most=most):
        try:
            fate = _hand(item_id=pk, by=by, at=at)
        except NotAllowed:
            fate = Fate.GONE
        except Refusal:  # whom it was for is not there any more, or somebody else came between
            fate = Fate.KEPT
        if fate is not Fate.DONE:
            _note(item_id=pk, fate=fate)
    _finish(batch_id=batch.pk, by=by, at=at)


@write
def _hand(*, item_id: UUID, by: Actor, at: datetime) -> Fate:
    """Make the gesture on one file, unless something keeps it as it is: then nothing is written."""
    item = BatchItem.objects.select_for_update().get(pk=item_id)
    if item.fate != Fate.WAITING:  # somebody was quicker: it is done
        return Fate.DONE
    current = complaints.locked(Complaint(pk=item.complaint_id), by=by)
    batch = item.batch
    gesture = Gesture(Act(batch.act), batch.team, batch.owner)
    (planned,) = queries.plan(gesture, references=[current.reference], actor=by)
    if planned.fate is not Fate.DONE:
        return planned.fate
    item.from_team, item.from_owner = current.team, current.owner
    item.version = _given(current, gesture, by, at).version
    item.fate = Fate.DONE
    item.save()
    return Fate.DONE


def _given(current: Complaint, gesture: Gesture, by: Actor, at: datetime) -> Complaint:
    if gesture.act is Act.TAKE or gesture.team is None:
        return complaints.take(complaint=current, by=by, at=at)
    owner = gesture.owner
    if gesture.act is Act.TEAM and current.owner in accounts.colleagues(gesture.team):
        owner = current.owner  # who answers for it is there too: it stays theirs
    return complaints.assign(complaint=current, owner=owner, team=gesture.team, by=by, at=at)


@write(quiet="what becomes of one file is on its own chain, and the gesture on its author's")
def _note(*, item_id: UUID, fate: Fate, was: Fate = Fate.WAITING) -> None:
    """Write what became of a file that stayed as it was."""
    BatchItem.objects.filter(pk=item_id, fate=was).update(fate=fate)


@write
def _finish(*, batch_id: UUID, by: Actor, at: datetime) -> None:
    batch = Batch.objects.select_for_update().get(pk=batch_id)
    told = queries.tally(batch)
    if batch.finished_at is None and not told.get(Fate.WAITING):
        batch.finished_at = at
        batch.save(update_fields=["finished_at"])
        facts = {fate.value: count for fate, count in told.items()}
        audit.record(stream=batch.journal_stream, code="batch_finished", by=by.id, at=at, facts=facts)


def undo(*, batch: Batch, by: Actor, at: datetime) -> Batch:
    """Give back what was just given away, file by file; one that changed meanwhile stays as it is.

    Who may: who made the gesture, for fifteen seconds. Refuses later, and for what was taken. Pressed twice, it is
    done once; a job goes on where a request that died left it.
    """
    if _claim_undo(batch_id=batch.pk, by=by, at=at):
        take_back(batch=batch, by=by, at=at)
    return Batch.objects.get(pk=batch.pk)


def take_back(*, batch: Batch, by: Actor, at: datetime) -> None:
    """Give back what is not yet of a batch that somebody undid."""
    for pk in batch.items.filter(fate=Fate.DONE).order_by("id").values_list("pk", flat=True):
        try:
            _give_back(item_id=pk, by=by, at=at)
        except Refusal:
            _note(item_id=pk, fate=Fate.KEPT, was=Fate.DONE)


@write
def _claim_undo(*, batch_id: UUID, by: Actor, at: datetime) -> bool:
    require(by, Permission.HANDLE)
    batch = Batch.objects.select_for_update().get(pk=batch_id)
    if batch.author_id != by.user_id:
        raise NotAllowed(permission=Permission.HANDLE.value)
    if batch.undone_at is not None:
        return False
    rules.may_undo(act=Act(batch.act), finished_at=batch.finished_at, undone_at=batch.undone_at, at=at)
    batch.undone_at = at
    batch.save(update_fields=["undone_at"])
    audit.record(stream=batch.journal_stream, code="batch_undone", by=by.id, at=at, rows=[(batch, ["undone_at"])])
    rest = app.configure_task(queries.UNDO, lock=f"batch:{batch_id}", schedule_in={"seconds": RESCUE_S})
    rest.defer(batch_id=str(batch_id))
    return True


@write
def _give_back(*, item_id: UUID, by: Actor, at: datetime) -> None:
    item = BatchItem.objects.select_for_update().select_related("complaint").get(pk=item_id)
    team, owner = item.from_team, item.from_owner
    if item.fate != Fate.DONE or team is None:
        return
    able = queries.able(item.complaint, team)
    if owner is not None and owner not in able:
        owner = None  # left or away since: nothing may point to somebody who is not there
    complaints.give_back(complaint=item.complaint, owner=owner, team=team, seen=item.version, by=by, at=at)
    item.fate = Fate.UNDONE
    item.save(update_fields=["fate"])
