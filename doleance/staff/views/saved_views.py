"""The lists that people name: saved from the list itself, put in order and deleted on a page of their own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods

from doleance.accounts import queries as accounts
from doleance.accounts.rules import Actor
from doleance.desk import actions
from doleance.desk.models import SavedView
from doleance.desk.queries import views as queries
from doleance.kernel.clock import now
from doleance.kernel.errors import Refusal
from doleance.staff import listing, nav, pages
from doleance.staff.forms.views import ViewForm

TEMPLATE = "staff/dossiers/views.html"
post = require_http_methods(["GET", "POST"])


@dataclass(frozen=True, slots=True)
class Row:
    """One view as the page shows it; `owner` is empty for one's own."""

    id: UUID
    name: str
    address: str
    owner: str
    team: str
    may_remove: bool


@require_GET
@pages.allowed(*nav.FILES)
def saved_views(request: HttpRequest) -> HttpResponse:
    """The views that this person sees: theirs in their order, then those shared with them."""
    return pages.page(request, TEMPLATE, _context(pages.actor_of(request)))


@post
@pages.allowed(*nav.FILES)
def save(request: HttpRequest) -> HttpResponse:
    """Keep a list under a name. Who comes by the address alone is shown the form for the list it tells."""
    actor = pages.actor_of(request)
    teams = [(team.pk, team.name) for team in accounts.teams_of(actor)]
    if request.method != "POST":
        told = listing.address_of(listing.asked_in(request.GET)).removeprefix("?")
        return pages.page(request, TEMPLATE, _context(actor, ViewForm(teams=teams, initial={"query": told})))
    form = ViewForm(request.POST, teams=teams)
    if not form.is_valid():
        return pages.page(request, TEMPLATE, _context(actor, form), status=pages.REFUSED)
    data = form.cleaned_data
    query = canonical(data["query"])
    team_id = UUID(data["team"]) if data["team"] else None
    try:
        view = actions.save_view(name=data["name"], query=query, team_id=team_id, by=actor, at=now())
    except Refusal as refusal:
        return pages.refused(request, TEMPLATE, _context(actor, form), refusal)
    messages.success(request, gettext("La vue « %(name)s » est enregistrée.") % {"name": view.name})
    return redirect(f"{reverse('dossiers')}{'?' if query else ''}{query}")


@post
@pages.allowed(*nav.FILES)
def move(request: HttpRequest, view_id: UUID) -> HttpResponse:
    """Put a view a place before or after."""
    up = request.POST.get("sens") != "bas"

    def do(view: SavedView, **who: Any) -> None:
        actions.move_view(view=view, up=up, **who)

    return _act(request, view_id, do)


@post
@pages.allowed(*nav.FILES)
def remove(request: HttpRequest, view_id: UUID) -> HttpResponse:
    """Delete a view."""

    def do(view: SavedView, **who: Any) -> None:
        actions.remove_view(view=view, **who)
        messages.success(request, gettext("La vue « %(name)s » est supprimée.") % {"name": view.name})

    return _act(request, view_id, do)


def canonical(query: str) -> str:
    """The end of an address as the list itself would write it: what means nothing is left out."""
    told = QueryDict(mutable=True)
    for name, values in parse_qs(query.removeprefix("?")[:20_000], errors="replace").items():
        told.setlist(name, values)
    return listing.address_of(listing.asked_in(told)).removeprefix("?")


def _act(request: HttpRequest, view_id: UUID, do: Callable[..., None]) -> HttpResponse:
    actor = pages.actor_of(request)
    view = queries.find(view_id, actor)
    if view is None:
        raise Http404
    if request.method != "POST":
        return redirect("saved_views")
    try:
        do(view, by=actor, at=now())
    except Refusal as refusal:
        return pages.refused(request, TEMPLATE, _context(actor), refusal)
    return redirect("saved_views")


def _context(actor: Actor, form: ViewForm | None = None) -> dict[str, Any]:
    seen = queries.seen_by(actor)
    return {
        "mine": [_row(view, actor) for view in seen if view.owner_id == actor.user_id],
        "shared": [_row(view, actor) for view in seen if view.owner_id != actor.user_id],
        "form": form,
        "sentence": _words(form),
    }


def _words(form: ViewForm | None) -> Sequence[listing.Part]:
    """The conditions of the list that is being named."""
    if form is None:
        return []
    asked = listing.asked_in(QueryDict(canonical(str(form["query"].value() or ""))))
    return listing.sentence(asked, None, listing.there_for(asked))


def _row(view: SavedView, actor: Actor) -> Row:
    is_mine = view.owner_id == actor.user_id
    return Row(
        id=view.pk,
        name=view.name,
        address=f"{reverse('dossiers')}?{view.query}" if view.query else reverse("dossiers"),
        owner="" if is_mine else view.owner_name,
        team=view.team_name or "",
        may_remove=queries.may_remove(view, actor),
    )
