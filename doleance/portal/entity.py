"""Whose public pages these are: the house that the address names, the one this device came for, or the only one.

An installation may answer for several houses. Each has its own address (`/reclamer/?chez=<slug>`); the device keeps
the last one it came by in a signed cookie, so that no later address has to carry it.
"""

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from doleance.accounts import queries
from doleance.accounts.models import Entity

PARAMETER = "chez"
KEPT = timedelta(days=30)
_SALT = "doleance.portal.house"
_ASKED = "_doleance_house"


def cookie_name() -> str:
    """Behind HTTPS the prefix keeps other hosts of the same domain from writing it (RFC 6265bis §4.1.3.2)."""
    return "__Host-maison" if settings.HTTPS else "maison"


def entity_of(request: HttpRequest) -> Entity | None:
    """The house of this request; nothing when there are several and none is named. At most one query a request."""
    if not hasattr(request, _ASKED):
        setattr(request, _ASKED, _found(request))
    found: Entity | None = getattr(request, _ASKED)
    return found


def _found(request: HttpRequest) -> Entity | None:
    houses = queries.houses()
    by_slug = {house.slug: house for house in houses if house.slug}
    named = by_slug.get(request.GET.get(PARAMETER, "")) or by_slug.get(_kept(request))
    return named or (houses[0] if len(houses) == 1 else None)


def _kept(request: HttpRequest) -> str:
    try:
        kept = signing.loads(request.COOKIES.get(cookie_name(), ""), salt=_SALT, max_age=KEPT)
    except signing.BadSignature:
        return ""
    return kept if isinstance(kept, str) else ""


def is_named(request: HttpRequest) -> bool:
    """Whether the address itself names the house: then the device should keep it."""
    house = entity_of(request)
    return house is not None and bool(house.slug) and request.GET.get(PARAMETER) == house.slug


def remember(response: HttpResponseBase, house: Entity) -> None:
    """Have the device keep that house, for thirty days from now."""
    response.set_cookie(
        cookie_name(),
        signing.dumps(house.slug, salt=_SALT),
        max_age=KEPT,
        path="/",
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )
