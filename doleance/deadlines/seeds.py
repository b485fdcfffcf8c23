"""The public holidays that seed a calendar, from `holidays`: France and its places, under their French names."""

from collections.abc import Iterable
from datetime import date

import holidays

from doleance.deadlines.rules.calendar import FRENCH, UnknownCalendar
from doleance.kernel.text import french


def holidays_of(code: str, years: Iterable[int]) -> dict[date, str]:
    """The holidays of a shipped calendar in those years, in date order. Raises UnknownCalendar."""
    if code not in FRENCH:
        raise UnknownCalendar(calendar=code)
    found = holidays.country_holidays("FR", subdiv=FRENCH[code][1], years=sorted(years), language="fr")
    return {day: french(name) for day, name in sorted(found.items())}
