"""The form that makes a key for another program."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from doleance.accounts.models import Entity, Team
from doleance.keys import rules
from doleance.keys.rules import Scope
from doleance.staff.pages import choices_of

FIELDS = {
    "no_scope": "scopes",
    "no_key_name": "name",
    "key_name_taken": "name",
    "team_elsewhere": "teams",
    "limit_out_of_range": "per_minute",
}


class KeyForm(forms.Form):
    """What a key opens and how often; the rules say what is refused."""

    name = forms.CharField(
        label=_("Programme"),
        help_text=_("Qui s’en servira, par exemple « Boutique en ligne ». Le journal le nomme."),
        max_length=rules.LONGEST_NAME,
        error_messages={"required": _("Donnez à cette clé le nom du programme qui s’en servira.")},
    )
    entity = forms.ChoiceField(label=_("Entreprise"))
    scopes = forms.MultipleChoiceField(
        label=_("Ce qu’elle permet"),
        choices=choices_of(Scope),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Cochez au moins une chose que cette clé permet.")},
    )
    teams = forms.MultipleChoiceField(
        label=_("Équipes"),
        help_text=_("Sans équipe cochée, elle vaut pour toute l’entreprise."),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    per_minute = forms.IntegerField(
        label=_("Appels par minute"),
        initial=rules.PER_MINUTE,
        min_value=1,
        max_value=rules.MOST_PER_MINUTE,
        widget=forms.NumberInput({"class": "number"}),
    )
    per_day = forms.IntegerField(
        label=_("Appels par jour"),
        help_text=_("De minuit à minuit, en temps universel. Au-delà, le programme est prié d’attendre."),
        initial=rules.PER_DAY,
        min_value=1,
        max_value=rules.MOST_PER_DAY,
    )

    def __init__(self, *args: Any, houses: list[Entity], teams: list[Team], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        several = len(houses) > 1
        self._houses, self._teams = {str(one.pk): one for one in houses}, {str(one.pk): one for one in teams}
        self._choose("teams", [(str(one.pk), f"{one.entity} · {one}" if several else str(one)) for one in teams])
        self._choose("entity", [(str(one.pk), str(one)) for one in houses])
        if not several:
            del self.fields["entity"]

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def entity_chosen(self) -> Entity:
        """Whose key it will be: the only entity, or the one that was chosen."""
        chosen = self.cleaned_data.get("entity")
        return self._houses[chosen] if chosen else next(iter(self._houses.values()))

    def teams_chosen(self) -> list[Team]:
        """The teams that it is kept to."""
        return [self._teams[str(UUID(pk))] for pk in self.cleaned_data["teams"]]

    def scopes_chosen(self) -> set[Scope]:
        """What it may do."""
        return {Scope(code) for code in self.cleaned_data["scopes"]}
