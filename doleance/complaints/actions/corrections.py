"""What a complainant says of the points of their own file: otherwise, kept beside what we had written, or well."""

from collections.abc import Mapping
from datetime import datetime

from django.db.models import Model

from doleance.accounts.rules import Actor
from doleance.channels.models import Message
from doleance.complaints import following, queries
from doleance.complaints.actions import dossiers
from doleance.complaints.following import Point
from doleance.complaints.models import Complaint, Correction, Exchange, Grievance
from doleance.complaints.rules import LIVE
from doleance.kernel.db import write
from doleance.kernel.errors import NotAllowed


def _live(complaint: Complaint, number: int) -> Grievance:
    found = complaint.grievances.filter(number=number, state__in=sorted(LIVE)).first()
    if found is None:
        raise following.NoSuchPoint
    return found


def changed(*, complaint: Complaint, number: int, points: Mapping[str, str]) -> dict[Point, str]:
    """What of these points is said otherwise than the file shows it now. Raises NoSuchPoint, TextTooLong."""
    grievance = _live(complaint, number)
    return following.changes(grievance.category_id, points, queries.points_shown(grievance))


@write
def correct(
    *, complaint: Complaint, number: int, changed: Mapping[Point, str], message: Message, by: Actor, at: datetime
) -> list[Correction]:
    """Keep corrections of one grievance, as a message of its complainant gave them. Raises NoSuchPoint."""
    current = dossiers.locked(complaint, by=by)
    grievance = _live(current, number)
    exchange = Exchange.objects.get(message=message, complaint=current)
    kept = [
        Correction.objects.create(grievance=grievance, point=one.code, text=text, exchange=exchange, at=at)
        for one, text in changed.items()
    ]
    grievance.corrected_at, grievance.confirmed_at = at, None
    grievance.save(update_fields=["corrected_at", "confirmed_at"])
    dossiers.touch(current, at=at)
    rows: list[tuple[Model, list[str] | None]] = [
        (grievance, ["corrected_at", "confirmed_at"]),
        *((one, None) for one in kept),
    ]
    dossiers.record(current, "point_corrected", by=by, at=at, rows=rows, facts={"point": number})
    return kept


@write
def confirm(*, complaint: Complaint, number: int, by: Actor, at: datetime) -> Grievance:
    """Note that the complainant finds one point well understood; said twice, the first time counts.

    Raises NoSuchPoint; NotAllowed for anybody else, and on the file of another.
    """
    if by.complaint_id is None:
        raise NotAllowed(permission="complainant")
    current = dossiers.locked(complaint, by=by)
    grievance = _live(current, number)
    if grievance.confirmed_at is None:
        grievance.confirmed_at = at
        grievance.save(update_fields=["confirmed_at"])
        dossiers.touch(current, at=at)
        rows: list[tuple[Model, list[str] | None]] = [(grievance, ["confirmed_at"])]
        dossiers.record(current, "point_confirmed", by=by, at=at, rows=rows, facts={"point": number})
    return grievance
