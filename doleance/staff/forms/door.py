"""The form of the door: the library's own, which says what to write when nothing was."""

from typing import Any

from allauth.account.forms import LoginForm
from django.utils.translation import gettext_lazy as _


class EntryForm(LoginForm):  # type: ignore[misc]  # allauth ships no types
    """An address and a password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].error_messages["required"] = _("Écrivez votre adresse de courriel.")
        self.fields["password"].error_messages["required"] = _("Écrivez votre mot de passe.")
