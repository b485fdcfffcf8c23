"""Settings: the company, teams. One page each, the form and its list together."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext

from doleance.accounts import actions as accounts
from doleance.accounts import queries
from doleance.accounts.models import Team
from doleance.accounts.rules import Permission, may
from doleance.deadlines import queries as deadlines
from doleance.kernel.clock import now
from doleance.kernel.errors import Refusal
from doleance.staff import pages
from doleance.staff.forms.setup import EntityForm, TeamForm


def frame(request: HttpRequest, section: str, **context: Any) -> dict[str, Any]:
    """What the frame of the settings shows: only the sections this person can open."""
    actor = pages.actor_of(request)
    rights = {"may_settings": may(actor, Permission.SETTINGS), "may_people": may(actor, Permission.MANAGE_USERS)}
    return {"section": section} | rights | context


@pages.allowed(Permission.SETTINGS)
def company(request: HttpRequest) -> HttpResponse:
    """The entity: its name, time zone, calendar and mediator."""
    entity = queries.entity()
    told = ("name", "time_zone", "calendar", "mediator", "postal", "phone")
    initial = {name: getattr(entity, name) for name in told}
    form = EntityForm(request.POST or None, initial=initial, calendars=deadlines.calendar_choices())
    context = frame(request, "company", form=form)
    if request.method != "POST":
        return pages.page(request, "staff/setup/company.html", context)
    if not form.is_valid():
        return pages.page(request, "staff/setup/company.html", context, status=422)
    try:
        accounts.change_entity(entity=entity, **form.cleaned_data, by=pages.actor_of(request), at=now())
    except Refusal as refusal:
        return pages.refused(request, "staff/setup/company.html", context, refusal)
    return done(request, gettext("Entreprise enregistrée."), "setup_company")


@pages.allowed(Permission.MANAGE_USERS)
def teams(request: HttpRequest, team_id: UUID | None = None) -> HttpResponse:
    """The teams, and the form that makes or renames one."""
    team = get_object_or_404(Team, pk=team_id) if team_id else None
    form = TeamForm(request.POST or None, initial={"name": team.name if team else ""})
    context = frame(request, "teams", form=form, team=team, teams=queries.teams())
    if request.method != "POST":
        return pages.page(request, "staff/setup/teams.html", context)
    if not form.is_valid():
        return pages.page(request, "staff/setup/teams.html", context, status=422)
    try:
        saved = accounts.save_team(
            team=team, entity=queries.entity(), **form.cleaned_data, by=pages.actor_of(request), at=now()
        )
    except Refusal as refusal:
        return pages.refused(request, "staff/setup/teams.html", context, refusal, field="name")
    return done(request, gettext("Équipe « %(name)s » enregistrée.") % {"name": saved.name}, "setup_teams")


def done(request: HttpRequest, told: str, where: str) -> HttpResponse:
    """Say what was done on the page that follows."""
    messages.success(request, told)
    return redirect(where)
