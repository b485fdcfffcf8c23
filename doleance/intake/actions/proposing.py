"""What people make of what was read: a proposed grief is accepted, under this category or another one, or dropped."""

from datetime import datetime

from doleance.accounts.models import Team
from doleance.accounts.rules import Actor, Permission, require
from doleance.complaints.models import Grievance
from doleance.complaints.rules import GrievanceState
from doleance.kernel.db import write
from doleance.kernel.kinds import gettext_noop
from doleance.resolution import actions as resolution
from doleance.routing import rules as routing
from doleance.routing.queries import teams
from doleance.routing.rules import Matter
from doleance.understanding import actions as understanding

NO_GRIEF = gettext_noop("Ce passage n’est pas un grief.")


@write
def accept(*, grievance: Grievance, category: str = "", seen: int | None = None, by: Actor, at: datetime) -> Grievance:
    """Take a proposed grief as one, under the category that was proposed or another; it goes to the team of that one.

    Who handles files may; not under a final answer that is leaving. Pressed twice, it is done once. What was proposed
    stays beside what it became: that is what a model learns from.
    """
    chosen = category or grievance.category_id
    held = resolution.accept(
        grievance=grievance, category=chosen, team=_team(grievance, chosen), seen=seen, by=by, at=at
    )
    understanding.settle(grievance=held, by=by, at=at)
    return held


def _team(grievance: Grievance, category: str) -> Team:
    """Whose it is by the rules of the house."""
    complaint = grievance.complaint
    team_id = routing.choose_team(Matter(category, complaint.team_id), teams.team_rules(complaint.entity))
    return Team.objects.get(pk=team_id)


@write
def drop(*, grievance: Grievance, seen: int | None = None, by: Actor, at: datetime) -> Grievance:
    """Say that what was read is no grief; it stays on file, struck out. As `resolution.drop`, the reason being known.

    One that a person accepted meanwhile is left alone.
    """
    require(by, Permission.HANDLE)
    if Grievance.objects.get(pk=grievance.pk).state not in {GrievanceState.PROPOSED, GrievanceState.DROPPED}:
        return grievance
    held = resolution.drop(grievance=grievance, reason=NO_GRIEF, seen=seen, by=by, at=at)
    understanding.settle(grievance=held, by=by, at=at)
    return held
