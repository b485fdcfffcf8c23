"""A forgotten password: asking for a link, choosing another one by it."""

from typing import cast

from allauth.core import ratelimit
from django import forms
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from doleance.accounts import actions as accounts
from doleance.accounts import queries
from doleance.accounts.rules import LinkPurpose, machine
from doleance.kernel.clock import now
from doleance.kernel.errors import Refusal
from doleance.notifications.actions import entering
from doleance.staff import pages
from doleance.staff.forms.setup import PasswordForm


class AddressForm(forms.Form):
    """Whose password was forgotten."""

    email = forms.EmailField(
        label=_("Adresse de courriel"),
        max_length=254,
        widget=forms.EmailInput({"autocomplete": "username"}),
        error_messages={"required": _("Écrivez votre adresse de courriel.")},
    )


@login_not_required
@never_cache
def forgotten(request: HttpRequest) -> HttpResponse:
    """Have a link mailed; the answer and the work are the same whether the address is somebody's or not."""
    form = AddressForm(request.POST or None)
    if request.method != "POST":
        return pages.page(request, "account/password_reset.html", {"form": form})
    if not form.is_valid():
        return pages.page(request, "account/password_reset.html", {"form": form}, status=422)
    email = form.cleaned_data["email"]
    if not ratelimit.consume(request, action="reset_password", key=email.lower()):
        return cast(HttpResponse, ratelimit.respond_429(request))
    entering.ask_password(email=email, by=machine("sign-in"), at=now())
    return redirect("account_reset_password_done")


@login_not_required
def told(request: HttpRequest) -> HttpResponse:
    """Where to look for the link."""
    return pages.page(request, "account/password_reset_done.html", {})


@login_not_required
@never_cache
@sensitive_post_parameters("password")
def choose(request: HttpRequest, secret: str) -> HttpResponse:
    """Choose another password by the link. Opening it changes nothing; it lets nobody in past a second factor."""
    form = PasswordForm(request.POST or None)
    context = {"form": form, "secret": secret, "is_open": queries.opens(secret, LinkPurpose.RESET, at=now())}
    if not ratelimit.consume(request, action="reset_password_from_key"):
        return cast(HttpResponse, ratelimit.respond_429(request))
    if request.method != "POST":
        return pages.page(request, "account/password_reset_from_key.html", context)
    if not form.is_valid():
        return pages.page(request, "account/password_reset_from_key.html", context, status=422)
    try:
        accounts.reset_password(
            secret=secret, password=form.cleaned_data["password"], by=machine("password-reset"), at=now()
        )
    except Refusal as refusal:
        return pages.refused(request, "account/password_reset_from_key.html", context | {"is_open": False}, refusal)
    except ValidationError as weak:
        form.add_error("password", weak)
        return pages.page(request, "account/password_reset_from_key.html", context, status=422)
    return redirect("account_reset_password_from_key_done")


@login_not_required
def chosen(request: HttpRequest) -> HttpResponse:
    """It is done; one enters with the new one."""
    return pages.page(request, "account/password_reset_from_key_done.html", {})


def without(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  Django hands it over
    """Where allauth sends who has no password to change: their account says by what they enter."""
    return redirect("my_account")
