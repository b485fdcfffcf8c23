"""How allauth's second factors work here: what is secret in them is sealed, what happens is on the journal."""

import ipaddress
from base64 import b64decode, b64encode
from os import urandom
from typing import Any
from urllib.parse import urlsplit

from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from doleance.accounts.models import User
from doleance.accounts.rules import machine
from doleance.entry import actions as entry
from doleance.entry.rules import Factor
from doleance.kernel.clock import now

_NONCE_BYTES = 12
_ABOUT = b"doleance.factor"  # what is sealed for this use opens for no other


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth ships no types
    """Secrets are sealed with AES-256-GCM; passkeys belong to the installation's own address."""

    # The library's own French is not ours.
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _(
            "Ce n’est pas le bon code ni la bonne clé, ou le code a déjà servi. Recommencez avec le suivant."
        )
    }

    def encrypt(self, text: str) -> str:
        """A text under a key that is not in the database."""
        nonce = urandom(_NONCE_BYTES)
        return b64encode(nonce + AESGCM(settings.DOLEANCE_FACTOR_KEY).encrypt(nonce, text.encode(), _ABOUT)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """What `encrypt` was given. Raises InvalidTag under another key."""
        data = b64decode(encrypted_text)
        key = AESGCM(settings.DOLEANCE_FACTOR_KEY)
        return key.decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], _ABOUT).decode()

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """The name that passkeys are bound to: the installation's; on its own machine, the one that was typed."""
        return {"id": rp_id(context.request.get_host()), "name": "Doléance"}

    def generate_authenticator_name(self, user: Any, type: Any) -> str:  # noqa: A002, ARG002  allauth names them
        """Nothing: its owner names a key, or it goes by its day."""
        return ""


def rp_id(host: str) -> str:
    """The relying party's identifier (WebAuthn §5.1.3) for a request of this host."""
    own = urlsplit(settings.DOLEANCE_URL).hostname or ""
    return host.partition(":")[0] if own in {"127.0.0.1", "localhost", "::1"} else own


def can_have_passkeys(host: str) -> bool:
    """Whether passkeys can work at that address: a name, never the number of a machine (WebAuthn §5.1.3)."""
    try:
        ipaddress.ip_address(rp_id(host))
    except ValueError:
        return True
    return False


def _note(user: User, code: str, kind: str) -> None:
    """Write it in the stream of the person; whoever failed is not known to be them."""
    entry.note_factor(user=user, code=code, factor=Factor(kind), by=machine("sign-in"), at=now())


class CodeForm(AuthenticateForm):  # type: ignore[misc]
    """The code of a second factor, after the password."""

    def _emit_authentication_failed(self, authenticator: Authenticator) -> None:
        _note(self.user, "factor_refused", authenticator.type)

    def clean_code(self) -> str:
        """The code that was given; a recovery code, which served by being right, is told."""
        code = str(super().clean_code())
        if self.authenticator.type == Factor.RECOVERY_CODES:
            _note(self.user, "recovery_code_used", self.authenticator.type)
        return code


class AgainForm(ReauthenticateForm):  # type: ignore[misc]
    """The same, to confirm that it is still them."""

    def _emit_authentication_failed(self, authenticator: Authenticator) -> None:
        _note(self.user, "factor_refused", authenticator.type)
