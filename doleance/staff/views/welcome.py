"""First run and invitations: the two links that let somebody in before a password exists."""

from typing import cast

from allauth.account.internal.flows.login import perform_login
from allauth.account.models import Login
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from doleance.accounts import actions as accounts
from doleance.accounts import queries
from doleance.accounts.models import User
from doleance.accounts.rules import machine
from doleance.kernel.clock import now
from doleance.kernel.errors import Refusal
from doleance.staff import pages
from doleance.staff.forms.setup import FirstRunForm, PasswordForm

# The link's page changes nothing when it is opened: mail scanners follow links. Posting spends it.


@login_not_required
@never_cache
@sensitive_post_parameters("password")
def first_run(request: HttpRequest, secret: str) -> HttpResponse:
    """Name the company and make the first person, administrator and lead; afterwards the link leads to the door."""
    if request.method != "POST" and queries.is_set_up():
        messages.info(
            request, gettext("Doléance est déjà installée : entrez avec votre adresse et votre mot de passe.")
        )
        return redirect(settings.LOGIN_URL)
    form = FirstRunForm(request.POST or None)
    context = {"form": form, "secret": secret}
    if request.method != "POST":
        return pages.page(request, "staff/welcome/first_run.html", context)
    if not form.is_valid():
        return pages.page(request, "staff/welcome/first_run.html", context, status=422)
    try:
        user = accounts.set_up(secret=secret, **form.cleaned_data, by=machine("first-run"), at=now())
    except Refusal as refusal:
        return pages.refused(request, "staff/welcome/first_run.html", context, refusal)
    except ValidationError as weak:
        form.add_error("password", weak)
        return pages.page(request, "staff/welcome/first_run.html", context, status=422)
    return _enter(request, user)


@login_not_required
@never_cache
@sensitive_post_parameters("password")
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """Choose a first password."""
    form = PasswordForm(request.POST or None)
    context = {"form": form, "secret": secret}
    if request.method != "POST":
        return pages.page(request, "staff/welcome/invitation.html", context)
    if not form.is_valid():
        return pages.page(request, "staff/welcome/invitation.html", context, status=422)
    try:
        user = accounts.accept_invitation(
            secret=secret, password=form.cleaned_data["password"], by=machine("invitation"), at=now()
        )
    except Refusal as refusal:
        return pages.refused(request, "staff/welcome/invitation.html", context, refusal)
    except ValidationError as weak:
        form.add_error("password", weak)
        return pages.page(request, "staff/welcome/invitation.html", context, status=422)
    return _enter(request, user)


def _enter(request: HttpRequest, user: User) -> HttpResponse:
    """Sign in whoever just proved to hold the link, in a new session; a second factor is asked for all the same."""
    return cast(HttpResponse, perform_login(request, Login(user=user)))
