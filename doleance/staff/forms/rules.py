"""The form of the rules that one file follows."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from doleance.packs.rules import Pack
from doleance.staff.forms.dossier import DossierForm


class RulesForm(DossierForm):
    """The packs that this file may follow, each ticked or not, and why. That one is wanted is the rule's to say."""

    slug = "regles"
    packs = forms.MultipleChoiceField(
        label=_("Référentiels que suit ce dossier"), widget=forms.CheckboxSelectMultiple, required=False
    )
    reason = forms.CharField(
        label=_("Raison"),
        max_length=2_000,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("Elle sera inscrite au journal."),
        error_messages={"required": _("Écrivez la raison.")},
    )

    def __init__(self, *args: Any, offered: Iterable[Pack], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["packs"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(pack.code, f"{gettext(pack.label)} ({pack.code})") for pack in offered]
