"""To which team the griefs of each category go."""

from collections.abc import Mapping
from uuid import UUID

from doleance.accounts.models import Entity
from doleance.routing.models import TeamRule


def team_rules(entity: Entity) -> Mapping[str, UUID]:
    """The teams of a house by the code of a category, as `rules.choose_team` wants them."""
    rows = TeamRule.objects.filter(entity=entity).order_by("category_id")
    return dict(rows.values_list("category_id", "team_id"))
