"""Forms of one's own account, and of what the house asks of those who sign in."""

from collections.abc import Collection

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from doleance.accounts.rules import Role
from doleance.entry.rules import NAME_LENGTH
from doleance.staff.pages import choices_of


class AppForm(forms.Form):
    """The first code of an application: it proves that the secret was taken."""

    code = forms.CharField(
        label=_("Code à six chiffres"),
        max_length=12,
        widget=forms.TextInput({"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )


class PasskeyForm(forms.Form):
    """The name of a passkey, and what the browser's ceremony gave."""

    name = forms.CharField(
        label=_("Nom de cette clé"), help_text=_("Pour la reconnaître : « Téléphone », « Clé du bureau »."),
        max_length=NAME_LENGTH, required=False,
    )  # fmt: skip
    credential = forms.JSONField(widget=forms.HiddenInput)


class RequiredForm(forms.Form):
    """Whose second factor is required."""

    roles = forms.MultipleChoiceField(
        label=_("Rôles qui demandent un second facteur"),
        help_text=_(
            "Dès l’enregistrement, qui a l’un de ces rôles sans second facteur en ajoute un avant toute autre page."
        ),
        choices=choices_of(Role),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def __init__(self, data: QueryDict | None = None, *, chosen: Collection[Role]) -> None:
        super().__init__(data, initial={"roles": [role.value for role in chosen]})

    def chosen(self) -> set[Role]:
        """The ticked roles."""
        return {Role(code) for code in self.cleaned_data["roles"]}
