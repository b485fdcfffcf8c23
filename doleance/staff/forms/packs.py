"""The form that chooses which packs new files follow."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from doleance.packs.rules import Pack


class PacksForm(forms.Form):
    """The packs that may be followed today, each ticked or not. That one is wanted at least is the rule's to say."""

    packs = forms.MultipleChoiceField(label=_("Référentiels"), widget=forms.CheckboxSelectMultiple, required=False)

    def __init__(self, *args: Any, known: Iterable[Pack], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["packs"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(pack.code, pack.label) for pack in known]
