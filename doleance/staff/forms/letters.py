"""The form of letters that were put in the post."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from doleance.notifications.printing import PrintedLetter


class PostedForm(forms.Form):
    """Which letters, and on which day."""

    posted_on = forms.DateField(
        label=_("Postées le"),
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%d/%m/%Y"],
        error_messages={
            "required": _("Dites quel jour elles ont été postées."),
            "invalid": _("Écrivez le jour comme 03/09/2026."),
        },
    )
    chosen = forms.MultipleChoiceField(
        label=_("Lettres"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Cochez au moins une lettre."),
            "invalid_choice": _("Une de ces lettres n’attend plus : rechargez la page."),
        },
    )

    def __init__(self, *args: Any, letters: Iterable[PrintedLetter], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["chosen"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(str(one.id), one.reference) for one in letters]
