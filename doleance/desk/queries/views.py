"""The views that somebody sees beside those of every house."""

from collections.abc import Sequence

from django.db.models import Case, Q, When

from doleance.accounts.rules import Actor
from doleance.desk import rules
from doleance.desk.models import SavedView

MOST_SHOWN = 24  # one's own, then those shared with one's teams: each is counted


def seen_by(actor: Actor) -> Sequence[SavedView]:
    """One's own views in their order, then those that others share with one's teams, by name; one query."""
    if actor.user_id is None:
        return []
    others = Case(When(owner=actor.user_id, then=0), default=1)
    rows = SavedView.objects.filter(Q(owner=actor.user_id) | Q(team__in=actor.teams)).select_related("owner", "team")
    mine = Case(When(owner=actor.user_id, then="position"), default=0)
    return list(rows.order_by(others, mine, "name", "id")[:MOST_SHOWN])


def find(pk: object, actor: Actor) -> SavedView | None:
    """The view of that identifier, when this person sees it."""
    return next((one for one in seen_by(actor) if one.pk == pk), None)


def may_remove(view: SavedView, actor: Actor) -> bool:
    """Whether this person may delete a view, which comes with its owner."""
    try:
        rules.may_remove(actor=actor, owner=view.owner_id, owner_name=view.owner.name, team=view.team_id)
    except rules.NotYourView:
        return False
    return True
