"""How allauth signs people in here: nobody signs up, and each entry is written on the person's chain."""

from typing import Any, cast
from uuid import UUID

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.internal.flows.login import get_authentication_records
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from doleance.accounts import actions as accounts
from doleance.accounts import queries
from doleance.accounts.models import User
from doleance.accounts.rules import machine
from doleance.entry import queries as entry
from doleance.kernel.clock import now


class Backend(AuthenticationBackend):  # type: ignore[misc]  # allauth ships no types
    """Who a session is, with what is decided of them now: one query, at each request."""

    def get_user(self, user_id: UUID) -> User | None:
        """The person, with `lacks_factor`; nobody once they are suspended."""
        user = entry.signed_in(user_id)
        return user if user is not None and user.is_active else None


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
        means = [str(one.get("type") or one["method"]) for one in get_authentication_records(request, user)]
        accounts.note_sign_in(user=person, code="signed_in", means=means, by=person.actor(), at=now())
        return cast(HttpResponse, super().post_login(request, user, **kwargs))

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:  # noqa: ARG002  allauth names it
        """A failed try is written, whoever's the address is; the answer on screen is the same."""
        known = queries.user_by_email(str(credentials.get("email") or ""))
        accounts.note_failed_entry(user=known, by=machine("sign-in"), at=now())

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """The library's ways to confirm that it is still them, in our words."""
        words = {
            "account_reauthenticate": gettext("Confirmer par le mot de passe"),
            "mfa_reauthenticate": gettext("Confirmer par un code"),
            "mfa_reauthenticate_webauthn": gettext("Confirmer par une clé d’accès"),
        }
        by_url = {reverse(name): told for name, told in words.items()}
        return [one | {"description": by_url[one["url"]]} for one in super().get_reauthentication_methods(user)]

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
