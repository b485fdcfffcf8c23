"""Settings: the company, teams, people. One page each, the form and its list together."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext

from doleance.accounts import actions as accounts
from doleance.accounts import queries
from doleance.accounts.models import Team, User
from doleance.accounts.rules import Permission, Role, may
from doleance.deadlines import queries as deadlines
from doleance.kernel.clock import now
from doleance.kernel.errors import Refusal
from doleance.routing.actions import people as routing
from doleance.staff import pages
from doleance.staff.forms.setup import EntityForm, TeamForm, UserForm


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One line of the list of people."""

    pk: UUID
    name: str
    initials: str
    role_labels: list[str]
    team_names: list[str]
    is_active: bool
    is_away: bool
    has_password: bool


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
    return _done(request, gettext("Entreprise enregistrée."), "setup_company")


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
    return _done(request, gettext("Équipe « %(name)s » enregistrée.") % {"name": saved.name}, "setup_teams")


@pages.allowed(Permission.MANAGE_USERS)
def people(request: HttpRequest) -> HttpResponse:
    """Who works here."""
    rows = [
        PersonRow(
            pk=user.pk,
            name=user.name,
            initials=user.initials,
            role_labels=[gettext(Role(role).label) for role in user.roles],
            team_names=sorted(team.name for team in user.teams.all()),
            is_active=user.is_active,
            is_away=user.is_away,
            has_password=user.has_usable_password(),
        )
        for user in queries.users()
    ]
    return pages.page(request, "staff/setup/people.html", frame(request, "people", people=rows))


@pages.allowed(Permission.MANAGE_USERS)
def add_person(request: HttpRequest) -> HttpResponse:
    """Make a person known, and show the invitation link once."""
    form = UserForm(request.POST or None, known=False)
    context = frame(request, "people", form=form, person=None)
    if request.method != "POST":
        return pages.page(request, "staff/setup/person.html", context)
    if not form.is_valid():
        return pages.page(request, "staff/setup/person.html", context, status=422)
    try:
        user, secret = accounts.add_and_invite(
            name=form.cleaned_data["name"],
            email=form.cleaned_data["email"],
            roles=form.chosen_roles(),
            teams=list(form.cleaned_data["teams"]),
            by=pages.actor_of(request),
            at=now(),
        )
    except Refusal as refusal:
        field = "email" if refusal.code == "address_taken" else "roles"
        return pages.refused(request, "staff/setup/person.html", context, refusal, field=field)
    return _invited(request, user, secret)


@pages.allowed(Permission.MANAGE_USERS)
def person(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Change a person's roles, teams and presence."""
    user = get_object_or_404(User, pk=user_id)
    form = UserForm(request.POST or None, initial=_known(user), known=True)
    context = frame(request, "people", form=form, person=user)
    if request.method != "POST":
        return pages.page(request, "staff/setup/person.html", context)
    if not form.is_valid():
        return pages.page(request, "staff/setup/person.html", context, status=422)
    try:
        freed = routing.change_person(
            user=user,
            name=form.cleaned_data["name"],
            roles=form.chosen_roles(),
            teams=list(form.cleaned_data["teams"]),
            is_active=form.cleaned_data["is_active"],
            is_away=form.cleaned_data["is_away"],
            by=pages.actor_of(request),
            at=now(),
        )
    except Refusal as refusal:
        return pages.refused(request, "staff/setup/person.html", context, refusal, field="roles")
    told = gettext("%(name)s : modifications enregistrées.") % {"name": user.name}
    if freed:
        told += " " + gettext("Dossiers redevenus libres : %(count)s.") % {"count": freed}
    return _done(request, told, "setup_people")


def _known(user: User) -> dict[str, Any]:
    return {name: getattr(user, name) for name in ("name", "roles", "is_active", "is_away")} | {
        "teams": list(user.teams.all())
    }


@pages.allowed(Permission.MANAGE_USERS)
def invite(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Make a new invitation link for a person; the earlier one stops working."""
    user = get_object_or_404(User, pk=user_id)
    if request.method != "POST":
        return redirect("setup_person", user_id=user.pk)
    try:
        secret = accounts.invite(user=user, by=pages.actor_of(request), at=now())
    except Refusal as refusal:
        form = UserForm(initial=_known(user), known=True)
        context = frame(request, "people", form=form, person=user)
        return pages.refused(request, "staff/setup/person.html", context, refusal)
    return _invited(request, user, secret)


def _invited(request: HttpRequest, user: User, secret: str) -> HttpResponse:
    """The link is shown once: only its digest is stored."""
    link = settings.DOLEANCE_URL + reverse("invitation", args=[secret])
    is_local = urlsplit(link).hostname in {"127.0.0.1", "localhost", "::1"}
    return pages.page(
        request, "staff/setup/invited.html", frame(request, "people", person=user, link=link, is_local=is_local)
    )


def _done(request: HttpRequest, told: str, where: str) -> HttpResponse:
    messages.success(request, told)
    return redirect(where)
