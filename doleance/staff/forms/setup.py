"""Forms of the settings, of people and of the first run."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

# What a French-speaking organisation is likely to choose, before the rest of the world.
NEAR_ZONES = (
    "Europe/Paris",
    "Europe/Brussels",
    "Europe/Luxembourg",
    "Europe/Zurich",
    "America/Guadeloupe",
    "America/Martinique",
    "America/Cayenne",
    "America/Montreal",
    "America/Toronto",
    "Indian/Reunion",
    "Indian/Mayotte",
    "Pacific/Noumea",
    "Pacific/Tahiti",
)


def zone_choices() -> list[tuple[str, str]]:
    """Every IANA time zone, the near ones first."""
    every = available_timezones()
    near = [zone for zone in NEAR_ZONES if zone in every]
    return [(zone, zone.replace("_", " ")) for zone in [*near, *sorted(every - set(near))]]


class FirstRunForm(forms.Form):
    """The four answers that make an installation somebody's."""

    company = forms.CharField(label=_("Nom de l’entreprise"), max_length=200)
    name = forms.CharField(label=_("Votre nom"), max_length=120, widget=forms.TextInput({"autocomplete": "name"}))
    email = forms.EmailField(
        label=_("Votre adresse de courriel"), max_length=254, widget=forms.EmailInput({"autocomplete": "email"})
    )
    password = forms.CharField(
        label=_("Mot de passe"),
        help_text=_("Douze caractères au moins. Une phrase se retient mieux qu’un code."),
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        strip=False,
    )


class PasswordForm(forms.Form):
    """A first password, by invitation."""

    password = forms.CharField(
        label=_("Mot de passe"),
        help_text=_("Douze caractères au moins. Une phrase se retient mieux qu’un code."),
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        strip=False,
    )


class EntityForm(forms.Form):
    """What letters and clocks rest on."""

    name = forms.CharField(label=_("Nom"), help_text=_("Tel que les réclamants vous connaissent."), max_length=200)
    time_zone = forms.ChoiceField(label=_("Fuseau horaire"), choices=zone_choices)
    calendar = forms.ChoiceField(label=_("Calendrier des jours fériés"))
    mediator = forms.CharField(
        label=_("Médiateur de la consommation"),
        help_text=_("Nom, adresse et site, tels qu’ils figureront au bas de vos réponses finales."),
        widget=forms.Textarea({"rows": 4}),
        required=False,
        max_length=1000,
    )
    postal = forms.CharField(
        label=_("Votre adresse postale"),
        help_text=_("Ligne par ligne, sans le nom : elle figure sur vos lettres et vos accusés de réception."),
        widget=forms.Textarea({"rows": 3, "autocomplete": "street-address"}),
        required=False,
        max_length=320,
    )
    phone = forms.CharField(
        label=_("Votre téléphone"),
        help_text=_("Tel qu’il se lit sur vos lettres."),
        widget=forms.TextInput({"type": "tel", "autocomplete": "tel"}),
        required=False,
        max_length=40,
    )

    def __init__(self, *args: Any, calendars: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["calendar"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = calendars


class TeamForm(forms.Form):
    """A team's name."""

    name = forms.CharField(label=_("Nom de l’équipe"), max_length=120)
