"""What happens to files when people come and go."""

from collections.abc import Collection
from datetime import datetime

from doleance.accounts import actions as accounts
from doleance.accounts import queries as account_queries
from doleance.accounts.models import Team, User
from doleance.accounts.rules import Actor, Role
from doleance.complaints import queries as complaint_queries
from doleance.complaints.actions import dossiers as complaints
from doleance.kernel.db import write


@write
def change_person(
    *,
    user: User,
    name: str,
    roles: Collection[Role],
    teams: Collection[Team],
    is_active: bool,
    is_away: bool,
    by: Actor,
    at: datetime,
) -> int:
    """Change a person; files become free that they can no longer answer for: who left, is away, changed team or role.

    Every file that is not over is concerned, the answered ones too: the next message brings those back to work.
    Who may: administrators. Refuses what `accounts.actions.change_user` refuses. Returns how many files were freed.
    """
    changed = accounts.change_user(
        user=user, name=name, roles=roles, teams=teams, is_active=is_active, is_away=is_away, by=by, at=at
    )
    answers = is_active and not is_away and not set(roles).isdisjoint(account_queries.HANDLERS)
    kept = {team.id for team in teams} if answers else set()
    freed = [one for one in complaint_queries.unfinished_files_of(changed) if one.team_id not in kept]
    for complaint in freed:
        complaints.release(complaint=complaint, by=by, at=at)
    return len(freed)
