"""What the coming and going of people would move, before it does."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db.models import F, Q

from doleance.accounts import queries as accounts
from doleance.accounts.models import Team, User
from doleance.accounts.rules import Role
from doleance.complaints import queries as complaints
from doleance.complaints.models import Complaint
from doleance.complaints.rules import OVER
from doleance.routing.models import HandOver


@dataclass(frozen=True, slots=True)
class Successor:
    """A colleague who could take files over, and how many of them: those of their own teams."""

    user: User
    count: int


@dataclass(frozen=True, slots=True)
class Departure:
    """The files that a person could no longer answer for, by team, and who could."""

    count: int
    teams: tuple[tuple[str, int], ...]
    successors: tuple[Successor, ...]


def left_behind(
    user: User, *, roles: Collection[Role], teams: Collection[Team], is_active: bool, is_away: bool
) -> list[Complaint]:
    """The open files that somebody could no longer answer for, were they to be so: gone, away, of other teams.

    Restricted ones are left out, uncounted: what becomes of them stays within their circle.
    """
    kept = {team.id for team in teams} if answers(roles, is_active=is_active, is_away=is_away) else set()
    return [one for one in complaints.unfinished_files_of(user) if one.team_id not in kept]


def answers(roles: Collection[Role], *, is_active: bool, is_away: bool) -> bool:
    """Whether somebody with these roles answers for files today."""
    return is_active and not is_away and not set(roles).isdisjoint(accounts.HANDLERS)


def departure(user: User, files: Collection[Complaint]) -> Departure:
    """What `files` of a person are, without anything of their content: who runs the house reads no file."""
    by_team = Counter(one.team_id for one in files)
    teams = [team for team in accounts.teams() if team.id in by_team]
    able: Counter[User] = Counter()
    for team in teams:
        for colleague in accounts.colleagues(team):
            if colleague.pk != user.pk:
                able[colleague] += sum(one.team_id == team.id and may_take(one, colleague) for one in files)
    order = sorted(able.items(), key=lambda pair: (-pair[1], pair[0].name, pair[0].pk))
    return Departure(
        count=len(files),
        teams=tuple((team.name, by_team[team.id]) for team in teams),
        successors=tuple(Successor(colleague, count) for colleague, count in order if count),
    )


def may_take(file: Complaint, colleague: User) -> bool:
    """Whether a member of its team may be given a file: not who gave the answer that is contested."""
    return file.reviewed_by_id != colleague.pk


def able(files: Collection[Complaint], to: User | None) -> set[UUID]:
    """Those of `files` that a colleague may be given: of a team of theirs, while they are there to handle files."""
    if to is None:
        return set()
    teams = Team.objects.filter(pk__in={one.team_id for one in files})
    theirs = {team.pk for team in teams if to in accounts.colleagues(team)}
    return {one.pk for one in files if one.team_id in theirs and may_take(one, to)}


def to_give_back(user: User, *, teams: Collection[Team]) -> list[Complaint]:
    """What was this person's before they went away, is open still, and is with whoever had it then."""
    left = HandOver.objects.filter(user=user, ended_at=None, complaint__team__in=[team.pk for team in teams])
    left = left.filter(complaint__restricted_at=None)  # closed meanwhile: its circle says who answers for it
    same = Q(complaint__owner=F("successor")) | Q(complaint__owner=None, successor=None)
    kept = left.filter(same).exclude(complaint__state__in=sorted(OVER)).values("complaint")
    files = Complaint.objects.filter(pk__in=kept).order_by("received_at", "id")
    return [one for one in files if may_take(one, user)]
