"""Forms of the people of the house: who they are, and what becomes of their files."""

from typing import Any

from django import forms
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from doleance.accounts.models import Team, User
from doleance.accounts.rules import Role
from doleance.routing.queries.people import Departure
from doleance.staff.pages import choices_of

TEAM, BACK, STAY = "equipe", "rendre", "laisser"


class UserForm(forms.Form):
    """A person: name, roles, teams, presence. The address is chosen once."""

    name = forms.CharField(
        label=_("Nom"), max_length=120, error_messages={"required": _("Écrivez le nom de cette personne.")}
    )
    email = forms.EmailField(
        label=_("Adresse de courriel"),
        max_length=254,
        error_messages={"required": _("Écrivez l’adresse, par exemple helene@exemple.fr.")},
    )
    roles = forms.MultipleChoiceField(
        label=_("Rôles"),
        choices=choices_of(Role),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Donnez au moins un rôle à cette personne.")},
    )
    teams = forms.ModelMultipleChoiceField(
        label=_("Équipes"), queryset=Team.objects.none(), widget=forms.CheckboxSelectMultiple, required=False
    )
    is_active = forms.BooleanField(label=_("Peut se connecter"), required=False, initial=True)
    is_away = forms.BooleanField(
        label=_("Absence en cours"),
        help_text=_("Ses dossiers ouverts passent à quelqu’un d’autre : la page suivante demande à qui."),
        required=False,
    )

    def __init__(self, *args: Any, known: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        teams = self.fields["teams"]
        assert isinstance(teams, forms.ModelMultipleChoiceField)
        teams.queryset = Team.objects.order_by("name", "id")
        if known:
            del self.fields["email"]
        else:
            del self.fields["is_active"], self.fields["is_away"]

    def chosen_roles(self) -> set[Role]:
        """The ticked roles, as the table of permissions knows them."""
        return {Role(code) for code in self.cleaned_data["roles"]}

    def changes(self) -> dict[str, Any]:
        """What the answers make of the person, as `routing.actions.people.change_person` takes it."""
        told = self.cleaned_data
        return {
            "roles": self.chosen_roles(),
            "teams": list(told["teams"]),
            "is_active": told["is_active"],
            "is_away": told["is_away"],
        }

    def hidden(self) -> list[tuple[str, str]]:
        """The answers again, for a page that comes between."""
        told = self.cleaned_data
        many = [("roles", code) for code in told["roles"]] + [("teams", str(team.pk)) for team in told["teams"]]
        return [("name", told["name"]), *many, *((name, "on") for name in ("is_active", "is_away") if told[name])]


class LeavingForm(forms.Form):
    """To whom the files go that somebody can no longer answer for, and whether those they had come back."""

    to = forms.ChoiceField(label=_("À qui vont ses dossiers ouverts ?"), widget=forms.RadioSelect)
    gives_back = forms.ChoiceField(label=_("Lui rendre ses dossiers ?"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, departure: Departure, back: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.departure, self.back = departure, back
        self.colleagues: dict[str, User] = {str(one.user.pk): one.user for one in departure.successors}
        if departure.count:
            self._offer("to", [(TEAM, gettext("À son équipe : chacun peut les prendre")), *self._successors()])
        else:
            del self.fields["to"]
        if back:
            words = ngettext("Oui, %(count)s dossier", "Oui, %(count)s dossiers", back) % {"count": back}
            self._offer("gives_back", [(BACK, words), (STAY, gettext("Non, ils restent où ils sont"))])
        else:
            del self.fields["gives_back"]

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices, field.initial = choices, choices[0][0]

    def _successors(self) -> list[tuple[str, str]]:
        words = gettext("%(name)s (%(count)s sur %(whole)s)")
        whole = self.departure.count
        return [
            (str(one.user.pk), words % {"name": one.user.name, "count": one.count, "whole": whole})
            for one in self.departure.successors
        ]

    def clean_to(self) -> User | None:
        """The colleague who was named; None for the team."""
        return self.colleagues.get(str(self.cleaned_data["to"]))
