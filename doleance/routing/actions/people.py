"""What happens to files when people come and go."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from doleance.accounts import actions as accounts
from doleance.accounts import queries as account_queries
from doleance.accounts.models import Team, User
from doleance.accounts.rules import Actor, Role
from doleance.audit import actions as audit
from doleance.complaints import queries as complaint_queries
from doleance.complaints.actions import circles
from doleance.complaints.actions import dossiers as complaints
from doleance.complaints.models import Complaint
from doleance.kernel.db import write
from doleance.routing.models import HandOver
from doleance.routing.queries import people as queries


@dataclass(frozen=True, slots=True)
class Moved:
    """How many files became free, went to the colleague who was named, came back to their person."""

    freed: int = 0
    given: int = 0
    returned: int = 0


@write
def change_person(
    *,
    user: User,
    name: str,
    roles: Collection[Role],
    teams: Collection[Team],
    is_active: bool,
    is_away: bool,
    to: User | None = None,
    gives_back: bool = False,
    by: Actor,
    at: datetime,
) -> Moved:
    """Change a person; files move that they can no longer answer for: who left, is away, changed team or role.

    Every file that is not over is concerned, the answered ones too: the next message brings those back to work. They
    go to the colleague `to`, as far as they are of a team of theirs, else back to their team. Whoever is back may have
    back what was theirs (`gives_back`). Who may: administrators. Refuses what `accounts.actions.change_user` refuses.
    """
    before = account_queries.user_by_id(user.pk)
    was_here = before is not None and before.is_active and not before.is_away
    changed = accounts.change_user(
        user=user, name=name, roles=roles, teams=teams, is_active=is_active, is_away=is_away, by=by, at=at
    )
    is_here = is_active and not is_away
    left = queries.left_behind(changed, roles=roles, teams=teams, is_active=is_active, is_away=is_away)
    _leave_circles(changed, queries.answers(roles, is_active=is_active, is_away=is_away), by, at)
    moved = _hand_over(changed, left, to, not is_here, by, at)
    if is_here and not was_here:
        return Moved(moved.freed, moved.given, _welcome_back(changed, teams, gives_back, by, at))
    return moved


def _leave_circles(user: User, is_there: bool, by: Actor, at: datetime) -> None:
    """What becomes of restricted files when somebody changes. Nothing of it is told: who decides of people
    is outside of these circles.
    """
    for file in complaint_queries.restricted_by(user):
        circles.relieve(complaint=file, user=user, is_there=is_there, by=by, at=at)


def _hand_over(
    user: User, files: Collection[Complaint], to: User | None, comes_back: bool, by: Actor, at: datetime
) -> Moved:
    """Each file to the colleague or to nobody, remembered when its person may come back."""
    able = queries.able(files, to)
    for file in files:
        successor = to if file.pk in able else None
        complaints.release(complaint=file, to=successor, by=by, at=at)
        if comes_back:
            HandOver.objects.filter(user=user, complaint=file, ended_at=None).update(ended_at=at)
            HandOver.objects.create(user=user, complaint=file, successor=successor, handed_at=at)
    moved = Moved(freed=len(files) - len(able), given=len(able))
    if files:
        told = {"freed": moved.freed, "given": moved.given, "to": str(to.pk) if to else None}
        _record(user, "files_handed_over", told, by, at)
    return moved


def _welcome_back(user: User, teams: Collection[Team], gives_back: bool, by: Actor, at: datetime) -> int:
    """Give back what is still as it was left, when that is wished; either way nothing is remembered any more."""
    files = queries.to_give_back(user, teams=teams) if gives_back else []
    able = queries.able(files, user)
    files = [file for file in files if file.pk in able]
    for file in files:
        complaints.release(complaint=file, to=user, by=by, at=at)
    HandOver.objects.filter(user=user, ended_at=None).update(ended_at=at)
    if files:
        _record(user, "files_given_back", {"count": len(files)}, by, at)
    return len(files)


def _record(user: User, code: str, facts: dict[str, int | str | None], by: Actor, at: datetime) -> None:
    audit.record(stream=user.journal_stream, code=code, by=by.id, at=at, facts=facts, subject=user.id)
