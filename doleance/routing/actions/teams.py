"""Who settles to which team the griefs of a category go."""

from collections.abc import Mapping
from datetime import datetime

from doleance.accounts.models import Entity, Team
from doleance.accounts.rules import Actor, Permission, require
from doleance.audit import actions as audit
from doleance.kernel.db import hold, write
from doleance.routing import rules
from doleance.routing.models import TeamRule


@write
def settle_teams(*, entity: Entity, wanted: Mapping[str, Team], by: Actor, at: datetime) -> bool:
    """Say for a whole house which team each category goes to, by its code; those left out go to their file's team.

    Who changes settings may. Open griefs keep their team. False when nothing changed. Raises TeamOfAnother.
    """
    require(by, Permission.SETTINGS)
    if any(team.entity_id != entity.pk for team in wanted.values()):
        raise rules.TeamOfAnother
    hold(f"team_rules:{entity.pk}")
    known = {one.category_id: one for one in TeamRule.objects.filter(entity=entity).order_by("category_id")}
    gone = [one for code, one in known.items() if code not in wanted]
    changed = [
        TeamRule(entity=entity, category_id=code, team=team)
        for code, team in wanted.items()
        if code not in known or known[code].team_id != team.pk
    ]
    replaced = [known[one.category_id] for one in changed if one.category_id in known]
    if not gone and not changed:
        return False
    TeamRule.objects.filter(pk__in=[one.pk for one in (*gone, *replaced)]).delete()
    TeamRule.objects.bulk_create(changed)
    rows = [(one, None) for one in changed]
    removed = [*gone, *replaced]
    audit.record(stream="settings", code="team_rules_settled", by=by.id, at=at, rows=rows, removed=removed)
    return True
