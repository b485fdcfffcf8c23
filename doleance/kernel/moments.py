"""Days and moments in French words, for screens and letters; pure, and no space inside that could break a line.

Every screen says a moment in the same words: « jeu. 12 nov., 8 h 47 ». The year is said when it is not the reader's.
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from doleance.kernel.text import NO_BREAK

WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)
# Abbreviations of the Lexique des règles typographiques en usage à l’Imprimerie nationale: short months stay whole.
_SHORT_MONTHS = ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.")


def short_day(day: date, *, year: int | None = None, weekday: bool = False) -> str:
    """« 12 nov. », « jeu. 12 nov. » with `weekday`, « 12 janv. 2027 » unless `year` (the reader's) is the day's."""
    parts = [WEEKDAYS[day.weekday()][:3] + "."] if weekday else []
    parts += [_number(day), _SHORT_MONTHS[day.month - 1]]
    if day.year != year:
        parts.append(str(day.year))
    return NO_BREAK.join(parts)


def long_day(day: date, *, year: int | None = None, weekday: bool = True) -> str:
    """« jeudi 12 novembre 2026 », without the year when it is `year`, the reader's."""
    parts = [WEEKDAYS[day.weekday()]] if weekday else []
    parts += [_number(day), MONTHS[day.month - 1]]
    if day.year != year:
        parts.append(str(day.year))
    return NO_BREAK.join(parts)


def hour(moment: datetime, zone: str) -> str:
    """The time of day in `zone`: « 8 h 47 », « 14 h » on the hour. `moment` is aware."""
    local = moment.astimezone(ZoneInfo(zone))
    parts = [str(local.hour), "h"]
    if local.minute:
        parts.append(f"{local.minute:02d}")
    return NO_BREAK.join(parts)


def short_moment(moment: datetime, zone: str, *, year: int | None = None, weekday: bool = True) -> str:
    """« jeu. 12 nov., 8 h 47 » as seen in `zone`; a line may break after the comma only. `moment` is aware."""
    day = moment.astimezone(ZoneInfo(zone)).date()
    return f"{short_day(day, year=year, weekday=weekday)}, {hour(moment, zone)}"


def _number(day: date) -> str:
    return "1er" if day.day == 1 else str(day.day)
