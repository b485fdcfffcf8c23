"""What every public page does of itself.

It speaks the house's language when the reader chose none, and the device keeps the house by whose address it came.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.translation import trans_real

from doleance.portal import entity

_PAGES = "doleance.portal."


class PublicPages:
    """Between a public page and whoever reads it; other pages pass through."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer; then have the device keep the house that the address named."""
        response = self._get_response(request)
        if _is_public(request) and entity.is_named(request) and (house := entity.entity_of(request)):
            entity.remember(response, house)
        return response

    def process_view(self, request: HttpRequest, view: Callable[..., Any], *_: Any) -> None:
        """The cookie and the browser were heard before (LocaleMiddleware); the house speaks last."""
        if not _is_of_portal(view) or _has_chosen(request):
            return
        house = entity.entity_of(request)
        if house is not None and house.language in dict(settings.LANGUAGES):
            translation.activate(house.language)
            request.LANGUAGE_CODE = house.language


def _is_public(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and entity.PARAMETER in request.GET and _is_of_portal(match.func)


def _is_of_portal(view: Callable[..., Any]) -> bool:
    return str(getattr(view, "__module__", "")).startswith(_PAGES)


def _has_chosen(request: HttpRequest) -> bool:
    """Whether the cookie or the browser names a language that we have."""
    if request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME) in dict(settings.LANGUAGES):
        return True
    for wished, _ in trans_real.parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        if wished == "*":
            return False
        if wished.partition("-")[0] in dict(settings.LANGUAGES):
            return True
    return False
