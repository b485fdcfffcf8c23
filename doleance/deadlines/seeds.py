"""The public holidays that seed a calendar, from `holidays`, under their French names."""

from collections.abc import Iterable
from datetime import date

import holidays

from doleance.deadlines.rules.calendar import UnknownCalendar
from doleance.deadlines.rules.places import PLACES
from doleance.kernel.text import french

# The French of `holidays`, by country; the other countries are said in English there, and put into French here.
_FRENCH = {"BE": "fr", "CA": "fr", "CH": "fr", "FR": "fr", "LU": "fr", "MC": "fr_MC"}
_OBSERVED = " (observed)"
_FOLLOWING = "Monday following "
_NAMES = {
    "75th anniversary of the East German uprising of 1953": "75 ans du soulèvement de 1953",
    "75th anniversary of the liberation from Nazism and the end of the Second World War in Europe": (
        "75 ans de la fin de la Seconde Guerre mondiale en Europe"
    ),
    "80th Anniversary of the first Basque Government": "80 ans du premier gouvernement basque",
    "80th anniversary of the liberation from Nazism and the end of the Second World War in Europe": (
        "80 ans de la fin de la Seconde Guerre mondiale en Europe"
    ),
    "All Saints' Day": "Toussaint",
    "Anniversary of the Unification of Italy": "Anniversaire de l’unité italienne",
    "Ascension Day": "Ascension",
    "Assumption Day": "Assomption",
    "Assumption Of Mary Day": "Assomption",
    "Battle of the Boyne": "Bataille de la Boyne",
    "Boxing Day": "Lendemain de Noël",
    "Carnival": "Carnaval",
    "Christmas Day": "Noël",
    "Constitution Day": "Fête de la Constitution",
    "Coronation of Charles III": "Couronnement de Charles III",
    "Corpus Christi": "Fête-Dieu",
    "Diamond Jubilee of Elizabeth II": "Jubilé de diamant d’Élisabeth II",
    "Easter Monday": "Lundi de Pâques",
    "Easter Sunday": "Pâques",
    "Epiphany": "Épiphanie",
    "German Unity Day": "Jour de l’Unité allemande",
    "Golden Jubilee of Elizabeth II": "Jubilé d’or d’Élisabeth II",
    "Good Friday": "Vendredi saint",
    "Immaculate Conception": "Immaculée Conception",
    "Labor Day": "Fête du Travail",
    "Late Summer Bank Holiday": "Jour férié de fin d’été",
    "Liberation Day": "Fête de la Libération",
    "Maundy Thursday": "Jeudi saint",
    "May Day": "Fête de mai",
    "Millennium Celebrations": "Fêtes de l’an 2000",
    "National Day": "Fête nationale",
    "National Day of Catalonia": "Fête nationale de la Catalogne",
    "National Unity Day": "Fête de l’Unité nationale",
    "New Year Holiday": "Lendemain du jour de l’an",
    "New Year's Day": "Jour de l’an",
    "Our Lady of Meritxell": "Notre-Dame de Meritxell",
    "País Vasco Day": "Fête du Pays basque",
    "Pentecost Monday": "Lundi de Pentecôte",
    "Platinum Jubilee of Elizabeth II": "Jubilé de platine d’Élisabeth II",
    "Reformation Day": "Fête de la Réformation",
    "Repentance and Prayer Day": "Jour de pénitence et de prière",
    "Republic Day": "Fête de la République",
    "Saint Andrew's Day": "Saint-André",
    "Saint Francis Xavier's Day": "Saint-François-Xavier",
    "Saint Francis of Assisi, Patron Saint of Italy": "Saint-François d’Assise",
    "Saint George's Day": "Saint-Georges",
    "Saint James' Day": "Saint-Jacques",
    "Saint John the Baptist": "Saint-Jean-Baptiste",
    "Saint Joseph's Day": "Saint-Joseph",
    "Saint Patrick's Day": "Saint-Patrick",
    "Saint Stephen's Day": "Saint-Étienne",
    "Saints Peter and Paul": "Saints Pierre et Paul",
    "Scotland's participation in the FIFA World Cup final": "Participation de l’Écosse à la Coupe du monde",
    "Second Day of Christmas": "Lendemain de Noël",
    "Silver Jubilee of Elizabeth II": "Jubilé d’argent d’Élisabeth II",
    "Spring Bank Holiday": "Jour férié de printemps",
    "State Funeral of Queen Elizabeth II": "Funérailles d’Élisabeth II",
    "Summer Bank Holiday": "Jour férié d’été",
    "V Centennial of the Circumnavigation of the World": "500 ans du premier tour du monde",
    "Wedding of Charles and Diana": "Mariage de Charles et de Diana",
    "Wedding of William and Catherine": "Mariage de William et de Catherine",
    "Women's Day": "Journée des femmes",
}


def holidays_of(code: str, years: Iterable[int]) -> dict[date, str]:
    """The holidays of a shipped calendar in those years, in date order. Raises UnknownCalendar."""
    if code not in PLACES:
        raise UnknownCalendar(calendar=code)
    place = PLACES[code]
    language = _FRENCH.get(place.country)
    found = holidays.country_holidays(
        place.country, subdiv=place.region, years=sorted(years), language=language or "en_US"
    )
    return {day: french(name if language else _in_french(name)) for day, name in sorted(found.items())}


def _in_french(name: str) -> str:
    """The French name of a day, or of several that fall together; one we do not know yet keeps its English one."""
    return " et ".join(_one(part) for part in name.split("; "))


def _one(name: str) -> str:
    if name.endswith(_OBSERVED):
        return f"{_one(name.removesuffix(_OBSERVED))} (reporté)"
    if name.startswith(_FOLLOWING):
        return f"Lundi suivant\u00a0: {_one(name.removeprefix(_FOLLOWING))}"
    return _NAMES.get(name, name)
