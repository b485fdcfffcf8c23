"""Forms about what the machine proposes: how sure it must have been, and whom each category goes to."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from doleance.accounts.models import Team
from doleance.complaints.models import Category

_PREFIX = "team-"


class PrecisionForm(forms.Form):
    """How often, in a hundred, proposals must have been right for the next ones to be routed by themselves."""

    precision = forms.IntegerField(
        label=_("Précision demandée, en pour cent"),
        help_text=_("De 50 à 100. Plus elle est haute, plus de griefs attendent qu’une personne les confie."),
        min_value=50,
        max_value=100,
        error_messages={"required": _("Écrivez un nombre de 50 à 100.")},
        widget=forms.NumberInput({"class": "short", "inputmode": "numeric"}),
    )


class TeamsForm(forms.Form):
    """One choice a category: a team, or that of the file. A sub-category without one follows its branch."""

    def __init__(self, *args: Any, categories: Sequence[Category], teams: Sequence[Team], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._codes = [one.code for one in categories]
        chosen = [(str(team.pk), team.name) for team in teams]
        for one in categories:
            nobody = gettext("Comme sa catégorie") if one.parent_id else gettext("L’équipe du dossier")
            self.fields[f"{_PREFIX}{one.code}"] = forms.ChoiceField(
                label=one.label, required=False, choices=[("", nobody), *chosen]
            )

    def wanted(self) -> dict[str, UUID]:
        """The team of each category that has one."""
        told = {code: self.cleaned_data[f"{_PREFIX}{code}"] for code in self._codes}
        return {code: UUID(team) for code, team in told.items() if team}

    @classmethod
    def told_of(cls, rules: dict[str, UUID]) -> dict[str, str]:
        """What the form holds at first."""
        return {f"{_PREFIX}{code}": str(team) for code, team in rules.items()}

    def branches(self) -> list[tuple[forms.BoundField, list[forms.BoundField]]]:
        """Each branch with its sub-categories, in order."""
        found: list[tuple[forms.BoundField, list[forms.BoundField]]] = []
        for code in self._codes:
            bound = self[f"{_PREFIX}{code}"]
            if "." not in code:
                own = [self[f"{_PREFIX}{sub}"] for sub in self._codes if sub.startswith(f"{code}.")]
                found.append((bound, own))
        return found
