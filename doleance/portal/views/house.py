"""The house's own public pages: personal data, accessibility, whose form this is, language, colour and logo."""

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from doleance import __version__
from doleance.accounts import queries, theme
from doleance.accounts.models import Entity
from doleance.channels import queries as channels
from doleance.kernel import preferences
from doleance.portal.entity import PARAMETER, entity_of

YEAR = 365 * 86_400
_FOR_EVER = f"public, max-age={YEAR}, immutable"  # another colour or logo has another address
_LANGUAGES = dict(settings.LANGUAGES)


@dataclass(frozen=True, slots=True)
class Door:
    """One house, and the address of its form."""

    house: Entity
    address: str


@login_not_required
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """What becomes of personal data, as article 13 of the GDPR wants it told."""
    return _page(request, "portal/privacy.html")


@login_not_required
@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """How far these pages can be used by everybody, and how to say that they cannot."""
    return _page(request, "portal/accessibility.html")


def _page(request: HttpRequest, template: str) -> HttpResponse:
    """A page of a house, or the question of which one."""
    entity = entity_of(request)
    if entity is None:
        return which(request)
    box = channels.sending_mailbox(entity.pk)
    mail = box.address if box else ""
    told = {"entity": entity, "mail": mail, "version": __version__}
    return render(request, template, told | {"is_reachable": bool(mail or entity.postal or entity.phone)})


@login_not_required
@require_safe
def which(request: HttpRequest) -> HttpResponse:
    """« Qui est concerné ? »: the houses that have an address, each leading back to the page that was asked for."""
    asked = request.GET.get("suite", "") or request.path
    path = asked if _is_ours(request, asked) and asked != reverse("portal_which") else reverse("portal_form")
    between = "&" if "?" in path else "?"
    doors = [Door(house, f"{path}{between}{PARAMETER}={house.slug}") for house in queries.houses() if house.slug]
    return render(request, "portal/which.html", {"doors": doors})


@login_not_required
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Keep the reader's language for a year and go back; an unknown one changes nothing."""
    back = request.POST.get("next", "")
    response = redirect(back if _is_ours(request, back) else reverse("portal_form"))
    chosen = request.POST.get("language")
    if chosen in _LANGUAGES:
        response.set_cookie(
            preferences.COOKIE.format(name="language"),
            chosen,
            max_age=YEAR,
            samesite="Lax",
            secure=request.is_secure(),
            httponly=False,  # the staff's switch writes the same cookie
        )
    return response


def _is_ours(request: HttpRequest, address: str) -> bool:
    return url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )


@login_not_required
@require_safe
def sheet(request: HttpRequest, entity_id: UUID, name: str) -> HttpResponse:  # noqa: ARG001
    """The style sheet of a house's colour, under a name that changes with it."""
    worn = queries.theme_of(entity_id)
    if worn is None or not worn.colour:
        raise Http404
    made = theme.sheet(worn.colour)
    if made.name != name:
        raise Http404
    return _kept(HttpResponse(made.text, content_type="text/css; charset=utf-8"))


@login_not_required
@require_safe
def logo(request: HttpRequest, entity_id: UUID, name: str) -> HttpResponse:  # noqa: ARG001
    """A house's logo, as it was drawn anew, under a name that changes with it."""
    worn = queries.theme_of(entity_id)
    if worn is None or worn.logo is None or worn.logo_sha256[: theme.NAME_LENGTH] != name:
        raise Http404
    return _kept(HttpResponse(bytes(worn.logo), content_type=worn.logo_type))


def _kept(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = _FOR_EVER
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
