"""How allauth signs people in here: nobody signs up, and each entry is written on the person's chain."""

from typing import Any, cast

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from doleance.accounts import actions as accounts
from doleance.accounts import queries
from doleance.accounts.models import User
from doleance.accounts.rules import machine
from doleance.kernel.clock import now


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Accounts are made by an administrator; passwords are changed through one action."""

    # The library's own French is not ours: « Veuillez », « e-mail », « jeton ».
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _("L’adresse de courriel ou le mot de passe n’est pas le bon."),
        "enter_current_password": _("Ce n’est pas votre mot de passe actuel."),
        "incorrect_password": _("Ce n’est pas votre mot de passe."),
        "invalid_login": _("L’adresse de courriel ou le mot de passe n’est pas le bon."),
        "rate_limited": _("Trop d’essais à la suite. Attendez quelques minutes, puis recommencez."),
        "too_many_login_attempts": _("Trop d’essais à la suite. Attendez quelques minutes, puis recommencez."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002  allauth names it
        """Never: an administrator invites."""
        return False

    def post_login(self, request: HttpRequest, user: AbstractBaseUser, **kwargs: Any) -> HttpResponse:
        """Write the entry before the page is given."""
        person = cast(User, user)
        accounts.note_sign_in(user=person, code="signed_in", by=person.actor(), at=now())
        return cast(HttpResponse, super().post_login(request, user, **kwargs))

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:  # noqa: ARG002  allauth names it
        """A failed try is written, whoever's the address is; the answer on screen is the same."""
        known = queries.user_by_email(str(credentials.get("email") or ""))
        accounts.note_failed_entry(user=known, by=machine("sign-in"), at=now())

    def logout(self, request: HttpRequest) -> None:
        """Write the way out, then end the session."""
        if request.user.is_authenticated:
            person = request.user
            accounts.note_sign_in(user=person, code="signed_out", by=person.actor(), at=now())
        super().logout(request)

    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        """Change a password (reset by mail, change when signed in) through the action that leaves its event."""
        person = cast(User, user)
        accounts.choose_password(user=person, password=password, by=person.actor(), at=now())
