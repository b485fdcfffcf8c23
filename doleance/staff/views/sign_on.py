"""The way to the company's directory and back."""

from typing import cast

import structlog
from allauth.core import ratelimit
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from requests import RequestException

from doleance.staff.sign_on import Directory, failed

log = structlog.get_logger()


@login_not_required
@never_cache
def login(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """Send whoever wants to enter to the directory, with what proves on the way back that it was them."""
    if not ratelimit.consume(request, action="login"):
        return cast(HttpResponseBase, ratelimit.respond_429(request))
    return _ask(request, provider_id, OAuth2LoginView)


@login_not_required
@never_cache
def callback(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """The directory sent somebody back: let in who is known, ask for the second factor that they have here."""
    return _ask(request, provider_id, OAuth2CallbackView)


def _ask(
    request: HttpRequest, provider_id: str, view: type[OAuth2LoginView] | type[OAuth2CallbackView]
) -> HttpResponseBase:
    try:
        answer: HttpResponseBase = view.adapter_view(Directory(request, provider_id))(request)
    except SocialApp.DoesNotExist:
        raise Http404 from None
    except (RequestException, KeyError, ValueError) as error:  # a directory that is away, or answers anything
        log.warning("sign_on_failed", exception=type(error).__name__)
        failed(request, settings.DOLEANCE_SIGN_ON)
        return redirect("account_login")
    return answer
