"""The form that names a list and says who sees it."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from doleance.desk.rules import NAME_LENGTH


class ViewForm(forms.Form):
    """A list under a name. `query` is the end of its address, as the page wrote it."""

    name = forms.CharField(
        label=_("Nom de la vue"),
        max_length=NAME_LENGTH,
        error_messages={"required": _("Donnez un nom à cette vue.")},
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    team = forms.ChoiceField(label=_("Qui la voit"), required=False)
    query = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, teams: Iterable[tuple[UUID, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["team"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", gettext("Moi"))] + [
            (str(pk), gettext("L’équipe %(name)s") % {"name": name}) for pk, name in teams
        ]
