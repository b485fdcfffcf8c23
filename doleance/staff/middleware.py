"""Whoever must have a second factor adds one before anything else."""

from collections.abc import Callable
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

# What one needs to add it, or to leave.
OPEN = ("account_", "mfa_", "my_")
Handler = Callable[[HttpRequest], HttpResponseBase]


class second_factor:  # noqa: N801  named in the settings beside functions
    """Send to their account those whose role asks for a second factor that they do not have.

    Who came by the company's own sign-on is let through: that is where their factors are asked.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., Any],
        args: Any,  # noqa: ARG002
        kwargs: Any,  # noqa: ARG002
    ) -> HttpResponseBase | None:
        """Before the page, once it is known which one."""
        if not getattr(view, "login_required", True) or not getattr(request.user, "lacks_factor", False):
            return None
        match = request.resolver_match
        if match is None or str(match.url_name).startswith(OPEN) or _came_by_sign_on(request):
            return None
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Redirect": reverse("my_account")})
        return redirect("my_account")


def _came_by_sign_on(request: HttpRequest) -> bool:
    assert request.user.is_authenticated
    return any(one.get("method") == "socialaccount" for one in get_authentication_records(request, request.user))
