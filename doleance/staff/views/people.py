"""Settings: the people of the house, their invitations, what they leave behind and get back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext, ngettext

from doleance.accounts import queries
from doleance.accounts.models import AccessLink, User
from doleance.accounts.rules import Permission, Role
from doleance.entry import actions as entry
from doleance.entry import queries as entry_queries
from doleance.entry.rules import PROPOSED
from doleance.kernel.clock import now
from doleance.kernel.errors import Refusal
from doleance.notifications.actions import entering
from doleance.routing.actions import people as routing
from doleance.routing.actions.people import Moved
from doleance.routing.queries import people as routes
from doleance.staff import pages
from doleance.staff.forms.factors import RequiredForm
from doleance.staff.forms.people import BACK, LeavingForm, UserForm
from doleance.staff.views.setup import done, frame


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One line of the list of people; `invited_at` is when the invitation that still serves left by mail."""

    pk: UUID
    name: str
    initials: str
    role_labels: list[str]
    team_names: list[str]
    is_active: bool
    is_away: bool
    has_access: bool
    is_invited: bool
    invited_at: datetime | None
    mail_failed: bool
    is_protected: bool  # has a second factor


def _row(user: User, link: AccessLink | None, *, is_protected: bool) -> PersonRow:
    return PersonRow(
        pk=user.pk,
        name=user.name,
        initials=user.initials,
        role_labels=[gettext(Role(role).label) for role in user.roles],
        team_names=sorted(team.name for team in user.teams.all()),
        is_active=user.is_active,
        is_away=user.is_away,
        has_access=user.has_access,
        is_invited=link is not None,
        invited_at=link.mailed_at if link else None,
        mail_failed=link is not None and link.mail_failed_at is not None,
        is_protected=is_protected,
    )


@pages.allowed(Permission.MANAGE_USERS)
def people(request: HttpRequest) -> HttpResponse:
    """Who works here."""
    links = queries.invitations(at=now())
    protected = entry_queries.protected()
    rows = [_row(user, links.get(user.pk), is_protected=user.pk in protected) for user in queries.users()]
    return pages.page(request, "staff/setup/people.html", frame(request, "people", people=rows))


@pages.allowed(Permission.MANAGE_USERS)
def add_person(request: HttpRequest) -> HttpResponse:
    """Make a person known and invite them: by mail, else by a link that is shown once."""
    form = UserForm(request.POST or None, known=False)
    context = frame(request, "people", form=form, person=None, row=None, is_linked=False)
    if request.method != "POST":
        return pages.page(request, "staff/setup/person.html", context)
    if not form.is_valid():
        return pages.page(request, "staff/setup/person.html", context, status=422)
    try:
        user, secret = entering.add_and_invite(
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
    """Change a person's roles, teams and presence; what that moves is shown before it does."""
    user = get_object_or_404(User, pk=user_id)
    form = UserForm(request.POST or None, initial=_known(user), known=True)
    if request.method != "POST":
        return pages.page(request, "staff/setup/person.html", _context(request, user, form))
    if not form.is_valid():
        return pages.page(request, "staff/setup/person.html", _context(request, user, form), status=422)
    leaving = _leaving(user, form, request)
    if leaving is not None and not leaving.is_valid():
        context = frame(request, "people", form=leaving, person=user, changes=form.hidden())
        return pages.page(request, "staff/setup/leaving.html", context, status=422 if leaving.is_bound else 200)
    chosen = leaving.cleaned_data if leaving is not None else {}
    return _change(request, user, form, to=chosen.get("to"), gives_back=chosen.get("gives_back") == BACK)


def _leaving(user: User, form: UserForm, request: HttpRequest) -> LeavingForm | None:
    """What is to be decided about files before the change; None when nothing moves."""
    changes = form.changes()
    files = routes.left_behind(user, **changes)
    is_back = changes["is_active"] and not changes["is_away"] and (user.is_away or not user.is_active)
    back = routes.to_give_back(user, teams=changes["teams"]) if is_back else []
    if not files and not back:
        return None
    data = request.POST if "decided" in request.POST else None
    return LeavingForm(data, departure=routes.departure(user, files), back=len(back))


def _change(request: HttpRequest, user: User, form: UserForm, *, to: User | None, gives_back: bool) -> HttpResponse:
    try:
        moved = routing.change_person(
            user=user,
            name=form.cleaned_data["name"],
            **form.changes(),
            to=to,
            gives_back=gives_back,
            by=pages.actor_of(request),
            at=now(),
        )
    except Refusal as refusal:
        return pages.refused(request, "staff/setup/person.html", _context(request, user, form), refusal, field="roles")
    told = gettext("%(name)s : modifications enregistrées.") % {"name": form.cleaned_data["name"]}
    return done(request, " ".join([told, *_told(moved, to)]), "setup_people")


def _told(moved: Moved, to: User | None) -> list[str]:
    """What became of the files, in a sentence each."""
    told = []
    if moved.given and to is not None:
        words = ngettext("%(count)s dossier confié à %(name)s.", "%(count)s dossiers confiés à %(name)s.", moved.given)
        told.append(words % {"count": moved.given, "name": to.name})
    if moved.freed:
        words = ngettext(
            "%(count)s dossier rendu à son équipe.", "%(count)s dossiers rendus à leur équipe.", moved.freed
        )
        told.append(words % {"count": moved.freed})
    if moved.returned:
        words = ngettext("%(count)s dossier lui est rendu.", "%(count)s dossiers lui sont rendus.", moved.returned)
        told.append(words % {"count": moved.returned})
    return told


def _context(request: HttpRequest, user: User, form: UserForm) -> dict[str, Any]:
    link = queries.invitations(at=now()).get(user.pk)
    row = _row(user, link, is_protected=entry_queries.factors(user).is_protected)
    is_linked = entry_queries.came_by_directory(user)
    return frame(request, "people", form=form, person=user, row=row, is_linked=is_linked)


def _known(user: User) -> dict[str, Any]:
    return {name: getattr(user, name) for name in ("name", "roles", "is_active", "is_away")} | {
        "teams": list(user.teams.all())
    }


@pages.allowed(Permission.MANAGE_USERS)
def invite(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Invite a person again: the earlier link stops working. `par=lien` shows the link instead of mailing it."""
    user = get_object_or_404(User, pk=user_id)
    if request.method != "POST":
        return redirect("setup_person", user_id=user.pk)
    by_hand = request.POST.get("par") == "lien"
    try:
        secret = entering.invite(user=user, by_hand=by_hand, by=pages.actor_of(request), at=now())
    except Refusal as refusal:
        form = UserForm(initial=_known(user), known=True)
        return pages.refused(request, "staff/setup/person.html", _context(request, user, form), refusal)
    return _invited(request, user, secret)


@pages.allowed(Permission.MANAGE_USERS)
def required(request: HttpRequest) -> HttpResponse:
    """Whose second factor is required; until somebody decided, administrators and leads are proposed."""
    decided = entry_queries.required_roles()
    chosen = PROPOSED if decided is None else decided
    form = RequiredForm(request.POST if request.method == "POST" else None, chosen=chosen)
    protected = entry_queries.protected()
    without = [user for user in queries.users() if user.is_active and user.pk not in protected]
    context = frame(request, "people", form=form, is_decided=decided is not None, without=without)
    if request.method != "POST":
        return pages.page(request, "staff/setup/factors.html", context)
    if not form.is_valid():
        return pages.page(request, "staff/setup/factors.html", context, status=422)
    entry.require_factors(roles=form.chosen(), by=pages.actor_of(request), at=now())
    return done(request, gettext("Règles de connexion enregistrées."), "setup_factors")


@pages.allowed(Permission.MANAGE_USERS)
def access(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Close every session of a person, forget who they are in the directory, or remove factors that they lost."""
    user = get_object_or_404(User, pk=user_id)
    if request.method != "POST":
        return redirect("setup_person", user_id=user.pk)
    by, at = pages.actor_of(request), now()
    if request.POST.get("quoi") == "sessions":
        entry.end_sessions(user=user, by=by, at=at)
        return done(request, gettext("%(name)s : sessions fermées.") % {"name": user.name}, "setup_people")
    if request.POST.get("quoi") == "annuaire":
        entry.unlink_sign_on(user=user, by=by, at=at)
        told = gettext("%(name)s n’est plus relié à l’annuaire : la prochaine entrée par lui reliera de nouveau.")
        return done(request, told % {"name": user.name}, "setup_people")
    entry.remove_factors(user=user, by=by, at=at)
    return done(request, gettext("%(name)s : seconds facteurs retirés.") % {"name": user.name}, "setup_people")


def _invited(request: HttpRequest, user: User, secret: str) -> HttpResponse:
    """The invitation leaves by mail; else its link is shown, once: only its digest is stored."""
    if not secret:
        told = gettext("L’invitation part à %(address)s. Elle sert une fois, pendant trois jours.")
        return done(request, told % {"address": user.email}, "setup_people")
    link = settings.DOLEANCE_URL + reverse("invitation", args=[secret])
    is_local = urlsplit(link).hostname in {"127.0.0.1", "localhost", "::1"}
    return pages.page(
        request, "staff/setup/invited.html", frame(request, "people", person=user, link=link, is_local=is_local)
    )
