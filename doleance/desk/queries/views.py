"""The views that somebody sees beside those of every house."""

from collections.abc import Sequence
from functools import lru_cache

from django.db.models import Case, F, Q, When

from doleance.accounts.rules import Actor
from doleance.desk import rules
from doleance.desk.models import SavedView
from doleance.kernel import kept
from doleance.kernel.kept import Statement

MOST_SHOWN = 24  # one's own, then those shared with one's teams: each is counted


def seen_by(actor: Actor) -> Sequence[SavedView]:
    """One's own views in their order, then those that others share with one's teams, by name; one query.

    Each comes with `owner_name` and `team_name`.
    """
    if actor.user_id is None:
        return []
    return kept.rows_of(SavedView, _seen_by(actor), also=("owner_name", "team_name"))


@lru_cache(maxsize=500)
def _seen_by(actor: Actor) -> Statement:
    """The statement that asks for them: the same at each page of somebody with the same teams."""
    others = Case(When(owner=actor.user_id, then=0), default=1)
    mine = Case(When(owner=actor.user_id, then="position"), default=0)
    rows = SavedView.objects.filter(Q(owner=actor.user_id) | Q(team__in=actor.teams))
    names = {"owner_name": F("owner__name"), "team_name": F("team__name")}
    return kept.written(rows.annotate(**names).order_by(others, mine, "name", "id")[:MOST_SHOWN])


def find(pk: object, actor: Actor) -> SavedView | None:
    """The view of that identifier, when this person sees it."""
    return next((one for one in seen_by(actor) if one.pk == pk), None)


def may_remove(view: SavedView, actor: Actor) -> bool:
    """Whether this person may delete a view, which comes with its owner."""
    try:
        rules.may_remove(actor=actor, owner=view.owner_id, owner_name=view.owner_name, team=view.team_id)
    except rules.NotYourView:
        return False
    return True
