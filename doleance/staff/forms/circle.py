"""The form of a closed circle."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from doleance.complaints.circles import Person
from doleance.staff.forms.dossier import ReasonForm


class CircleForm(ReasonForm):
    """Who is inside, whom the file is about, and why. Whether they may be is the rule's to say."""

    slug = "cercle"
    inside = forms.MultipleChoiceField(
        label=_("Qui lit ce dossier"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("Au moins une personne qui le traite, et une de la qualité ou responsable d’équipe."),
    )
    concerned = forms.MultipleChoiceField(
        label=_("Qui est en cause"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("Ces personnes et les responsables de leurs équipes ne liront pas ce dossier, même plus tard."),
    )
    field_order = ["inside", "concerned", "reason"]

    def __init__(self, *args: Any, everybody: Collection[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        inside, concerned = self.fields["inside"], self.fields["concerned"]
        assert isinstance(inside, forms.MultipleChoiceField)
        assert isinstance(concerned, forms.MultipleChoiceField)
        inside.choices = [(str(one.id), _told(one)) for one in everybody if one.reads]
        named = set(self.initial.get("concerned", ()))  # who left stays named
        concerned.choices = [(str(one.id), one.name) for one in everybody if one.is_active or str(one.id) in named]

    def chosen(self, name: str) -> list[UUID]:
        """The identifiers of those chosen."""
        return [UUID(pk) for pk in self.cleaned_data[name]]


def _told(one: Person) -> str:
    """A name with the roles that make it worth choosing."""
    roles = ", ".join(gettext(role.label) for role in sorted(one.roles))
    told = f"{one.name} ({roles})"
    return told if one.is_here else gettext("%(name)s, en absence") % {"name": told}
