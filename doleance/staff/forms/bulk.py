"""The forms of a gesture on many files: which ones and what, then to whom."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from doleance.accounts.models import Team, User
from doleance.routing.rules import MOST, Act

LONGEST = 20  # signs of a reference, and more


class ChosenForm(forms.Form):
    """What is asked of which files. `dossiers` joins references; `once` is the identifier of the batch it makes.

    `to` is a team for a change of team, a team and one of its members for a person: `<team>:<person>`.
    """

    act = forms.ChoiceField(choices=Act.choices)
    dossiers = forms.CharField(required=False, max_length=(MOST + 1) * LONGEST, widget=forms.HiddenInput)
    liste = forms.CharField(required=False, max_length=20_000, widget=forms.HiddenInput)
    to = forms.ChoiceField(label=_("À qui"), required=False)
    once = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, teams: Sequence[tuple[Team, Sequence[User]]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        act = str(self.data.get("act", ""))
        field = self.fields["to"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = _people(teams) if act == Act.ASSIGN else _teams(teams)
        self.labels = {f"{team.pk}:{one.pk}": one.name for team, people in teams for one in people} | {
            f"{team.pk}:": team.name for team, _people_there in teams
        }

    def clean_dossiers(self) -> list[str]:
        """The references, as somebody ticked them."""
        told = str(self.cleaned_data["dossiers"]).replace("\x00", "").split(",")
        return [one.strip().upper() for one in told if one.strip()]

    def target(self) -> tuple[UUID | None, UUID | None]:
        """The team and the person that were chosen."""
        team, _sep, person = str(self.cleaned_data.get("to") or "").partition(":")
        return (UUID(team) if team else None, UUID(person) if person else None)

    def target_name(self) -> str:
        """Who or which team was chosen, in words; the reader themselves where nobody is to be chosen."""
        told = str(self.cleaned_data.get("to") or "")
        return self.labels.get(told, "") if told else gettext("vous")


def _people(teams: Iterable[tuple[Team, Sequence[User]]]) -> list[Any]:
    found = [(team.name, [(f"{team.pk}:{one.pk}", one.name) for one in people]) for team, people in teams if people]
    return [("", gettext("Choisir une personne")), *found]


def _teams(teams: Iterable[tuple[Team, Sequence[User]]]) -> list[Any]:
    return [("", gettext("Choisir une équipe")), *((f"{team.pk}:", team.name) for team, _people_there in teams)]
