"""Merging two files into one that goes on, and separating them again, for ever (docs/decisions/0110)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from doleance.accounts.models import User
from doleance.accounts.rules import Actor, Permission, require
from doleance.complaints.actions import dossiers as complaints
from doleance.complaints.actions import merging
from doleance.complaints.models import Complaint
from doleance.complaints.rules import OPEN, State
from doleance.deadlines import actions as deadlines
from doleance.kernel.db import write
from doleance.matching import queries, rules
from doleance.matching.actions import answering
from doleance.matching.models import Merge
from doleance.matching.rules import Answer


@write
def merge(
    *, kept: Complaint, stub: Complaint, seen: int | None = None, seen_stub: int | None = None, by: Actor, at: datetime
) -> Merge:
    """Let `stub` go on in `kept`: one file, one reply, the earliest clocks of both; nothing of either is lost.

    Who may: those who handle files, for two that they may read. Raises Stale when one changed since it was seen, and
    what `rules.may_merge` does. Whatever somebody said of the two before, it is now that they are one.
    """
    require(by, Permission.HANDLE)
    if kept.pk == stub.pk:
        raise rules.SameFile
    held = _locked([(kept, seen), (stub, seen_stub)], by)
    kept, stub = held[kept.pk], held[stub.pk]
    rules.may_merge(kept=queries.side(kept), stub=queries.side(stub))
    before, points = State(stub.state), queries.lacking(kept=kept, stub=stub)
    raised = stub.is_safety and not kept.is_safety
    row = Merge(kept=kept, stub=stub, state_before=before, raised_safety=raised, at=at, author=_author(by))
    moved = merging.fold_in(stub=stub, kept=kept, by=by, at=at)
    ended, opened = deadlines.carry(kept=kept, stub=moved, by=by, at=at)
    copies = merging.copy_points(stub=moved, kept=kept, points=points, by=by, at=at)
    pairs = zip(points, copies, strict=True)
    row.points = [[str(own.pk), str(copy)] for own, copy in pairs]
    row.clocks_ended, row.clocks_opened = [str(pk) for pk in ended], [str(pk) for pk in opened]
    row.pair = answering.settle(one=kept, other=moved, answer=Answer.MERGED, by=by, at=at)
    row.save(force_insert=True)
    complaints.record(moved, "merge_noted", by=by, at=at, rows=[(row, None)])
    return row


@write
def separate(*, merge: Merge, by: Actor, at: datetime) -> Complaint:
    """Undo a merge, whenever it was made: each file has again what was said to it, its grievances and its clocks.

    Who may: those who handle files and may read both. The two are then remembered as different. Raises NotMerged, and
    KeptMoved while the kept file is itself merged into another.
    """
    require(by, Permission.HANDLE)
    held = _locked([(merge.stub, None), (merge.kept, None)], by)
    row = Merge.objects.select_for_update(of=("self",)).filter(pk=merge.pk, undone_at=None).first()
    if row is None:
        raise rules.NotMerged
    kept, stub = held[merge.kept_id], held[merge.stub_id]
    if kept.merged_into_id is not None:
        raise rules.KeptMoved(reference=kept.reference)
    row.undone_at, row.undone_by = at, _author(by)
    row.save(update_fields=["undone_at", "undone_by"])
    complaints.record(stub, "merge_noted", by=by, at=at, rows=[(row, ["undone_at"])])
    stub, kept = merging.take_out(
        stub=stub, kept=kept, to=State(row.state_before), calms=row.raised_safety, by=by, at=at
    )
    pairs = [(UUID(own), UUID(copy)) for own, copy in row.points]
    merging.give_back_points(stub=stub, kept=kept, pairs=pairs, by=by, at=at)
    ended, opened = [UUID(pk) for pk in row.clocks_ended], [UUID(pk) for pk in row.clocks_opened]
    for one in (stub, kept):
        deadlines.restore(complaint=one, ended=ended, opened=opened, by=by, at=at)
    stub = complaints.locked(stub, by=None)
    if State(stub.state) in OPEN:  # what was first written meanwhile has started nothing yet
        deadlines.start(complaint=stub, by=by, at=at)
    answering.settle(one=kept, other=stub, answer=Answer.DIFFERENT, by=by, at=at)
    return stub


def _locked(files: Sequence[tuple[Complaint, int | None]], by: Actor) -> dict[UUID, Complaint]:
    """Two files, held in one order whoever asks, so that two merges at once wait for each other. Raises Stale."""
    found = {}
    for one, seen in sorted(files, key=lambda told: told[0].pk):
        found[one.pk] = complaints.locked(one, by=by, seen=seen)
    return found


def _author(by: Actor) -> User | None:
    return User.objects.filter(pk=by.user_id).first() if by.user_id else None
