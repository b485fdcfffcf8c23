"""Restricted files: closing a circle around one, changing it, opening it again (decision 0090)."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from doleance.accounts import queries as accounts
from doleance.accounts.models import User
from doleance.accounts.rules import Actor, Permission, require
from doleance.complaints import circles, queries, rules
from doleance.complaints.actions import dossiers
from doleance.complaints.models import CirclePerson, Complaint
from doleance.kernel.db import write


@write
def restrict(
    *,
    complaint: Complaint,
    inside: Collection[User],
    concerned: Collection[User],
    reason: str,
    seen: int | None = None,
    by: Actor,
    at: datetime,
) -> Complaint:
    """Close a circle around a file, or change it: from now on the file exists for those inside alone.

    `concerned` are those it is about: they and the leads of their teams stay outside. Who may: agents, leads and
    quality who read the file; a reason is asked. Whoever answered for it and is not inside answers for it no more.
    Raises ReasonMissing, Stale, MergedFile, and what `circles.check` does.
    """
    require(by, Permission.RESTRICT)
    if not reason.strip():
        raise rules.ReasonMissing
    current = _apart(complaint, seen, by)
    named = {one.pk: False for one in concerned} | {one.pk: True for one in inside}
    both = next((one for one in concerned if named[one.pk]), None)
    if both is not None:
        raise circles.ConcernedInside(name=both.name)
    circles.check(
        inside=[pk for pk, is_in in named.items() if is_in],
        concerned=[one.pk for one in concerned],
        everybody=queries.house_people(),
    )
    is_new = current.restricted_at is None
    if is_new:
        current.restricted_at = at
    return _keep(current, named, "circle_closed" if is_new else "circle_changed", reason.strip(), by, at)


def _apart(complaint: Complaint, seen: int | None, by: Actor) -> Complaint:
    """The file, held, when its circle is its own: that of a merged one is the circle of the file it goes on in."""
    current = dossiers.locked(complaint, by=by, seen=seen)
    if current.merged_into_id is not None:
        raise rules.MergedFile
    return current


def _keep(complaint: Complaint, named: dict[UUID, bool], code: str, reason: str, by: Actor, at: datetime) -> Complaint:
    """Write who is named as a circle now stands, around the file and those merged into it, which are read there."""
    for one in queries.merged_files(complaint):
        held = dossiers.locked(one, by=None)
        held.restricted_at = complaint.restricted_at
        _draw(held, named, code, reason, by, at)
    return _draw(complaint, named, code, reason, by, at)


def _draw(complaint: Complaint, named: dict[UUID, bool], code: str, reason: str, by: Actor, at: datetime) -> Complaint:
    """Write one circle as it now stands, and what of it changed."""
    known = {one.user_id: one for one in queries.circle(complaint)}
    removed = [one for pk, one in known.items() if pk not in named]
    changed = [known[pk] for pk in named if pk in known and known[pk].is_inside != named[pk]]
    fresh = [CirclePerson(complaint=complaint, user_id=pk, is_inside=named[pk]) for pk in named if pk not in known]
    for one in changed:
        one.is_inside = named[one.user_id]
        one.save(update_fields=["is_inside"])
    fields = ["restricted_at"]
    if not _may_keep(complaint, named):
        complaint.owner = None
        fields.append("owner")
    dossiers.touch(complaint, at=at, fields=fields)
    dossiers.record(
        complaint,
        code,
        by=by,
        at=at,
        rows=[(complaint, fields), *((one, ["is_inside"]) for one in changed), *((one, None) for one in fresh)],
        removed=removed,
        texts={"reason": reason} if reason else None,
    )
    CirclePerson.objects.bulk_create(fresh)
    CirclePerson.objects.filter(pk__in=[one.pk for one in removed]).delete()
    return complaint


def _may_keep(complaint: Complaint, named: dict[UUID, bool]) -> bool:
    """Whether who answers for the file still may: somebody inside, or of its team once it is open to it again."""
    if complaint.owner_id is None:
        return True
    if complaint.restricted_at is not None:
        return named.get(complaint.owner_id, False)
    return complaint.owner_id in {one.pk for one in accounts.colleagues(complaint.team)}


@write
def open_up(*, complaint: Complaint, reason: str, seen: int | None = None, by: Actor, at: datetime) -> Complaint:
    """Open a restricted file again to those who would read it without its circle; who is inside may, with a reason.

    Whoever answers for it and could not be given it without the circle answers for it no more. Raises ReasonMissing,
    Stale, NotRestricted, MergedFile.
    """
    require(by, Permission.RESTRICT)
    if not reason.strip():
        raise rules.ReasonMissing
    current = _apart(complaint, seen, by)
    if current.restricted_at is None:
        raise circles.NotRestricted
    current.restricted_at = None
    return _keep(current, {}, "circle_opened", reason.strip(), by, at)


@write
def relieve(*, complaint: Complaint, user: User, is_there: bool, by: Actor, at: datetime) -> Complaint:
    """Follow what becomes of somebody of a circle: who cannot answer for the file (`is_there`) no longer does.

    Who has become of the line of somebody it is about leaves it. As long as the file is not over, a circle in which
    nobody can handle it, or oversees it, takes in those of `circles.substitutes`: no deadline passes unseen.
    """
    current = dossiers.locked(complaint, by=None)
    is_over = rules.State(current.state) in rules.OVER
    if current.owner_id == user.pk and not is_there and not is_over:
        current = dossiers.release(complaint=current, by=by, at=at)
    named, everybody = {one.user_id: one.is_inside for one in queries.circle(current)}, queries.house_people()
    concerned = [pk for pk, is_in in named.items() if not is_in]
    shut = circles.line(concerned, everybody)
    leaving = {pk for pk, is_in in named.items() if is_in and pk in shut}
    inside = [pk for pk, is_in in named.items() if is_in and pk not in leaving]
    told: dict[str, Any] = {"inside": inside, "concerned": concerned, "team": current.team_id}
    joining = () if is_over else circles.substitutes(**told, everybody=everybody)
    if not joining and not leaving:
        return current
    kept = {pk: is_in for pk, is_in in named.items() if pk not in leaving}
    code = "circle_narrowed" if leaving else "circle_widened"
    return _keep(current, kept | {one.id: True for one in joining}, code, "", by, at)
