"""A person's choices for their own screen: theme, density, shortcuts, language. Kept in cookies, in no table."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from doleance.kernel import preferences

YEAR = 365 * 86_400


@login_not_required
@require_POST
def appearance(request: HttpRequest) -> HttpResponse:
    """Keep what was chosen for a year and go back; an unknown choice changes nothing."""
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    response = redirect(back if safe else "/")
    for name, values in preferences.CHOICES.items():
        chosen = request.POST.get(name)
        if chosen in values:
            # Not HttpOnly: the switch writes the same cookie by itself when JavaScript is there.
            response.set_cookie(
                preferences.COOKIE.format(name=name),
                chosen,
                max_age=YEAR,
                samesite="Lax",
                secure=request.is_secure(),
                httponly=False,
            )
    return response
