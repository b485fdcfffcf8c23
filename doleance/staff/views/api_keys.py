"""Settings: the keys by which other programs enter; made, shown once, revoked."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from doleance.accounts import queries as accounts
from doleance.accounts.rules import Permission
from doleance.kernel.clock import now
from doleance.kernel.errors import Refusal
from doleance.keys import actions, queries
from doleance.keys.models import ApiKey
from doleance.keys.rules import Scope
from doleance.staff import pages
from doleance.staff.forms.api_keys import FIELDS, KeyForm
from doleance.staff.views.setup import frame

LIST, MADE, PAGE = "staff/setup/api.html", "staff/setup/api_made.html", "staff/setup/api_key.html"


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One key, as the list and its own page say it; `limits` in words of neither."""

    key: ApiKey
    scopes: tuple[str, ...]
    teams: tuple[str, ...]
    last_at: datetime | None
    zone: str

    @classmethod
    def of(cls, key: ApiKey) -> "KeyRow":
        """The row of a key that was read with its teams and its use."""
        use = getattr(key, "use", None)
        return cls(
            key=key,
            scopes=tuple(gettext(Scope(one).label) for one in key.scopes),
            teams=tuple(sorted(team.name for team in key.teams.all())),
            last_at=use.last_at if use is not None else None,
            zone=key.entity.time_zone,
        )


@pages.allowed(Permission.SETTINGS)
def api_keys(request: HttpRequest) -> HttpResponse:
    """Every key, and the form that makes one; its secret is on the page that answers, and nowhere after."""
    houses = accounts.houses()
    form = KeyForm(request.POST or None, houses=houses, teams=accounts.teams())
    rows = [KeyRow.of(key) for key in queries.every_key()]
    context = frame(request, "api", form=form, rows=rows, now=now(), several=len(houses) > 1)
    if request.method != "POST":
        return pages.page(request, LIST, context)
    if not form.is_valid():
        return pages.page(request, LIST, context, status=pages.REFUSED)
    try:
        key, secret = actions.make_key(
            entity=form.entity_chosen(),
            name=form.cleaned_data["name"],
            scopes=form.scopes_chosen(),
            teams=form.teams_chosen(),
            per_minute=form.cleaned_data["per_minute"],
            per_day=form.cleaned_data["per_day"],
            by=pages.actor_of(request),
            at=now(),
        )
    except Refusal as refusal:
        return pages.refused(request, LIST, context, refusal, field=FIELDS.get(refusal.code, ""))
    address = f"{settings.DOLEANCE_URL}{reverse('api_page')}"
    return pages.page(request, MADE, frame(request, "api", key=key, secret=secret, address=address))


@require_http_methods(["GET", "HEAD", "POST"])
@pages.allowed(Permission.SETTINGS)
def api_key(request: HttpRequest, key_id: UUID) -> HttpResponse:
    """One key: what it opens, its last use; the button that revokes it, at once and for good."""
    key = queries.key_by_id(key_id)
    if key is None:
        raise Http404
    if request.method != "POST":
        return pages.page(request, PAGE, frame(request, "api", row=KeyRow.of(key), now=now()))
    actions.revoke_key(key=key, by=pages.actor_of(request), at=now())
    messages.success(request, gettext("La clé « %(name)s » est révoquée : elle n’ouvre plus rien.") % {"name": key})
    return redirect("setup_api")
