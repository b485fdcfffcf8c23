"""Entering by the company's directory (OpenID Connect): who is let in is who an administrator made known."""

from typing import Any, NoReturn, cast

import structlog
from allauth.account.adapter import get_adapter as account_adapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.internal import jwtkit
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.contrib import messages
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils.translation import gettext

from doleance.accounts import actions as accounts
from doleance.accounts import queries
from doleance.accounts.models import User
from doleance.accounts.rules import machine
from doleance.entry import actions as entry
from doleance.kernel.clock import now
from doleance.kernel.errors import Refusal
from doleance.staff import pages

log = structlog.get_logger()


class Directory(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # allauth ships no types
    """The directory's answers, believed once their signature is verified (OpenID Connect Core 1.0 §3.1.3.7)."""

    def _decode_id_token(self, app: Any, id_token: str) -> dict[str, Any]:
        """Signature, issuer, audience, expiry: also of a token that came straight over TLS."""
        return cast(
            "dict[str, Any]",
            jwtkit.verify_and_decode(
                credential=id_token,
                keys_url=self.openid_config["jwks_uri"],
                issuer=self.openid_config["issuer"],
                audience=app.client_id,
                lookup_kid=jwtkit.lookup_kid_jwk,
            ),
        )

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> SocialLogin:
        """Who it is. What the directory says besides must be of the same person (§5.3.2)."""
        if not kwargs["response"].get("id_token"):
            raise OAuth2Error("no id_token")
        login = super().complete_login(request, app, token, **kwargs)
        told = login.account.extra_data
        if told.get("userinfo") and told["userinfo"].get("sub") != told["id_token"].get("sub"):
            raise OAuth2Error("another subject")
        login.account.extra_data = {}  # an identifier is enough to know them again
        return login


class SignOnAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Nobody signs up: a person is known by the directory's identifier, the first time by a verified address."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:  # noqa: ARG002
        """Never: an administrator invites."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Bind who enters for the first time, or keep them out; nobody binds themselves by hand."""
        if sociallogin.state.get("process") != AuthProcess.LOGIN:
            self._refuse(request, None, gettext("Entrez d’abord par la page de connexion."))
        if sociallogin.is_existing:
            return
        person = self._known(sociallogin)
        if person is None or not person.is_active:
            told = gettext("Aucun compte ouvert n’a votre adresse. Demandez une invitation à un administrateur.")
            self._refuse(request, person, told)
        account = sociallogin.account
        try:
            linked = entry.link_sign_on(
                user=person, provider=account.provider, uid=account.uid, by=machine("sign-on"), at=now()
            )
        except Refusal as refusal:
            self._refuse(request, person, pages.sentence(refusal))
        sociallogin.user, sociallogin.account = person, linked

    def _known(self, sociallogin: SocialLogin) -> User | None:
        """The person of the address that the directory verified, or that the house said to believe."""
        trusts = sociallogin.provider.app.settings.get("trusts_addresses", False)
        told = [one.email for one in sociallogin.email_addresses if trusts or one.verified is True]
        return queries.user_by_email(told[0]) if told else None

    def _refuse(self, request: HttpRequest, person: User | None, told: str) -> NoReturn:
        accounts.note_failed_entry(user=person, by=machine("sign-on"), at=now())
        messages.error(request, told)
        raise ImmediateHttpResponse(redirect("account_login"))

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Exception | None = None,
        extra_context: Any = None,  # noqa: ARG002
    ) -> None:
        """Back to the door, where a password still works; why is for the log."""
        log.warning("sign_on_failed", error=str(error), exception=type(exception).__name__)
        failed(request, str(provider.app.name))
        raise ImmediateHttpResponse(redirect("account_login"))


def failed(request: HttpRequest, name: str) -> None:
    """Say at the door that the directory did not answer as it should."""
    told = gettext("La connexion par %(name)s n’a pas abouti. Recommencez, ou entrez avec votre mot de passe.")
    account_adapter(request).add_message(request, messages.ERROR, message=told % {"name": name})
