"""What happens to saved views: each leaves its event on its owner's chain."""

from datetime import datetime
from uuid import UUID

from doleance.accounts.rules import Actor, Permission, may
from doleance.audit import actions as audit
from doleance.desk import rules
from doleance.desk.models import SavedView
from doleance.kernel import db
from doleance.kernel.db import write
from doleance.kernel.errors import NotAllowed


@write
def save_view(*, name: str, query: str, team_id: UUID | None, by: Actor, at: datetime) -> SavedView:
    """Keep a list under a name, last among one's own; the same name again replaces what it shows and to whom.

    Who may: whoever reads files. `query` is the end of an address (`staff.listing`); `team_id` is who else sees it.
    Refuses no name, too many views, too long an address, a team of others.
    """
    owner = _reader(by)
    named = rules.view_name(name)
    if len(query) > rules.QUERY_LENGTH:
        raise rules.ViewTooLong
    if team_id is not None and team_id not in by.teams:
        raise rules.NotYourTeam
    db.hold(f"views:{owner}")  # the same press sent twice waits for the first
    mine = list(SavedView.objects.filter(owner=owner).order_by("position", "id"))
    view = next((one for one in mine if one.name == named), None)
    if view is None:
        if len(mine) >= rules.MOST_VIEWS:
            raise rules.TooManyViews(most=rules.MOST_VIEWS)
        last = mine[-1].position if mine else 0
        view = SavedView(owner_id=owner, name=named, position=last + 1)
        view.query, view.team_id = query, team_id
        view.save(force_insert=True)
        audit.record(stream=view.journal_stream, code="view_saved", by=by.id, at=at, rows=[(view, None)])
    elif (view.query, view.team_id) != (query, team_id):
        view.query, view.team_id = query, team_id
        view.save(update_fields=["query", "team"])
        changed = ["query", "team_id"]
        audit.record(stream=view.journal_stream, code="view_changed", by=by.id, at=at, rows=[(view, changed)])
    return view


@write
def move_view(*, view: SavedView, up: bool, by: Actor, at: datetime) -> None:
    """Put one of one's own views a place before or after. Refuses somebody else's."""
    owner = _reader(by)
    if view.owner_id != owner:
        raise rules.NotYourView(name=view.owner.name)
    db.hold(f"views:{owner}")
    mine = {one.pk: one for one in SavedView.objects.filter(owner=owner).order_by("position", "id")}
    if view.pk not in mine:
        return
    changed = []
    for position, pk in enumerate(rules.moved(list(mine), view.pk, up=up), start=1):
        if mine[pk].position != position:
            mine[pk].position = position
            mine[pk].save(update_fields=["position"])
            changed.append(mine[pk])
    if changed:
        rows = [(one, ["position"]) for one in changed]
        audit.record(stream=view.journal_stream, code="view_moved", by=by.id, at=at, rows=rows)


@write
def remove_view(*, view: SavedView, by: Actor, at: datetime) -> None:
    """Delete a view; the files are not touched. Its owner may, and who leads the team that it is shown to."""
    _reader(by)
    rules.may_remove(actor=by, owner=view.owner_id, owner_name=view.owner.name, team=view.team_id)
    db.hold(f"views:{view.owner_id}")
    current = SavedView.objects.filter(pk=view.pk).first()
    if current is None:
        return
    audit.record(stream=current.journal_stream, code="view_removed", by=by.id, at=at, removed=[current])
    current.delete()


def _reader(by: Actor) -> UUID:
    """Who reads lists, by their account. Raises NotAllowed."""
    reads = may(by, Permission.READ_TEAM_FILES) or may(by, Permission.READ_ALL_FILES)
    if by.user_id is None or not reads:
        raise NotAllowed(permission=Permission.READ_TEAM_FILES.value)
    return by.user_id
