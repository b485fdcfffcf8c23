"""The places whose calendars are shipped: France and its regions, its neighbours, the United Kingdom, Québec. Pure.

Codes are those of ISO 3166 where it has one: an entity and `doleance due --calendar` name a place by it.
"""

from typing import NamedTuple


class Place(NamedTuple):
    """A place: its French name, its country and region as `holidays` knows them, the time on its clocks (IANA)."""

    name: str
    country: str
    region: str | None
    zone: str


_PARIS, _BERLIN, _ZURICH, _MADRID, _LONDON = (
    "Europe/Paris",
    "Europe/Berlin",
    "Europe/Zurich",
    "Europe/Madrid",
    "Europe/London",
)

# The alias GES of `holidays` knows no day of Alsace-Moselle: its two parts are named.
PLACES: dict[str, Place] = {
    "FR": Place("France", "FR", None, _PARIS),
    "FR-57": Place("Moselle", "FR", "57", _PARIS),
    "FR-6AE": Place("Alsace", "FR", "6AE", _PARIS),
    "FR-971": Place("Guadeloupe", "FR", "971", "America/Guadeloupe"),
    "FR-972": Place("Martinique", "FR", "972", "America/Martinique"),
    "FR-973": Place("Guyane", "FR", "973", "America/Cayenne"),
    "FR-974": Place("La Réunion", "FR", "974", "Indian/Reunion"),
    "FR-976": Place("Mayotte", "FR", "976", "Indian/Mayotte"),
    "FR-BL": Place("Saint-Barthélemy", "FR", "BL", "America/St_Barthelemy"),
    "FR-MF": Place("Saint-Martin", "FR", "MF", "America/Marigot"),
    "FR-NC": Place("Nouvelle-Calédonie", "FR", "NC", "Pacific/Noumea"),
    "FR-PF": Place("Polynésie française", "FR", "PF", "Pacific/Tahiti"),
    "FR-PM": Place("Saint-Pierre-et-Miquelon", "FR", "PM", "America/Miquelon"),
    "FR-TF": Place("Terres australes et antarctiques françaises", "FR", "TF", "Indian/Kerguelen"),
    "FR-WF": Place("Wallis-et-Futuna", "FR", "WF", "Pacific/Wallis"),
    "AD": Place("Andorre", "AD", None, "Europe/Andorra"),
    "BE": Place("Belgique", "BE", None, "Europe/Brussels"),
    "CA-QC": Place("Québec", "CA", "QC", "America/Toronto"),
    "CH": Place("Suisse, jours communs", "CH", None, _ZURICH),
    "CH-BE": Place("Suisse, Berne", "CH", "BE", _ZURICH),
    "CH-BS": Place("Suisse, Bâle-Ville", "CH", "BS", _ZURICH),
    "CH-FR": Place("Suisse, Fribourg", "CH", "FR", _ZURICH),
    "CH-GE": Place("Suisse, Genève", "CH", "GE", _ZURICH),
    "CH-JU": Place("Suisse, Jura", "CH", "JU", _ZURICH),
    "CH-NE": Place("Suisse, Neuchâtel", "CH", "NE", _ZURICH),
    "CH-TI": Place("Suisse, Tessin", "CH", "TI", _ZURICH),
    "CH-VD": Place("Suisse, Vaud", "CH", "VD", _ZURICH),
    "CH-VS": Place("Suisse, Valais", "CH", "VS", _ZURICH),
    "CH-ZH": Place("Suisse, Zurich", "CH", "ZH", _ZURICH),
    "DE": Place("Allemagne, jours communs", "DE", None, _BERLIN),
    "DE-BE": Place("Allemagne, Berlin", "DE", "BE", _BERLIN),
    "DE-BW": Place("Allemagne, Bade-Wurtemberg", "DE", "BW", _BERLIN),
    "DE-BY": Place("Allemagne, Bavière", "DE", "BY", _BERLIN),
    "DE-HE": Place("Allemagne, Hesse", "DE", "HE", _BERLIN),
    "DE-NW": Place("Allemagne, Rhénanie-du-Nord-Westphalie", "DE", "NW", _BERLIN),
    "DE-RP": Place("Allemagne, Rhénanie-Palatinat", "DE", "RP", _BERLIN),
    "DE-SL": Place("Allemagne, Sarre", "DE", "SL", _BERLIN),
    "ES": Place("Espagne, jours communs", "ES", None, _MADRID),
    "ES-AR": Place("Espagne, Aragon", "ES", "AR", _MADRID),
    "ES-CT": Place("Espagne, Catalogne", "ES", "CT", _MADRID),
    "ES-NC": Place("Espagne, Navarre", "ES", "NC", _MADRID),
    "ES-PV": Place("Espagne, Pays basque", "ES", "PV", _MADRID),
    "GB-ENG": Place("Angleterre", "GB", "ENG", _LONDON),
    "GB-NIR": Place("Irlande du Nord", "GB", "NIR", _LONDON),
    "GB-SCT": Place("Écosse", "GB", "SCT", _LONDON),
    "GB-WLS": Place("Pays de Galles", "GB", "WLS", _LONDON),
    "IT": Place("Italie", "IT", None, "Europe/Rome"),
    "LU": Place("Luxembourg", "LU", None, "Europe/Luxembourg"),
    "MC": Place("Monaco", "MC", None, "Europe/Monaco"),
}
