"""Days and moments in words, for screens and letters; pure, and no space inside that could break a line.

Every screen says a moment in the same words: « jeu. 12 nov., 8 h 47 », “Thu 12 Nov, 08:47”. The year is said when it
is not the reader's. Names and abbreviations are the CLDR's, which for French are those of the Imprimerie nationale.
"""

from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date

from doleance.kernel.text import NO_BREAK
from doleance.kernel.tongue import Tongue

LOCALES = {"fr": "fr_FR", "en": "en_GB"}


def weekday_of(day: date, tongue: Tongue) -> str:
    """« vendredi », “Friday”."""
    return _written(day, tongue, "EEEE")


def short_day(day: date, tongue: Tongue, *, year: int | None = None, weekday: bool = False) -> str:
    """« 12 nov. », « jeu. 12 nov. » with `weekday`, « 12 janv. 2027 » unless `year` (the reader's) is the day's."""
    return _written(day, tongue, _pattern("EEE" if weekday else "", "d MMM", day, year))


def long_day(day: date, tongue: Tongue, *, year: int | None = None, weekday: bool = True) -> str:
    """« jeudi 12 novembre 2026 », without the year when it is `year`, the reader's."""
    return _written(day, tongue, _pattern("EEEE" if weekday else "", "d MMMM", day, year))


def month_of(day: date, tongue: Tongue) -> str:
    """« novembre 2026 », “November 2026”: the month of a day."""
    return _written(day.replace(day=2), tongue, "MMMM y")


def hour(moment: datetime, zone: str, tongue: Tongue) -> str:
    """The time of day in `zone`: « 8 h 47 », « 14 h » on the hour; “08:47”, “14:00”. `moment` is aware."""
    local = moment.astimezone(ZoneInfo(zone))
    if tongue.code != "fr":
        return f"{local:%H:%M}"
    parts = [str(local.hour), "h"]
    if local.minute:
        parts.append(f"{local.minute:02d}")
    return NO_BREAK.join(parts)


def short_moment(moment: datetime, zone: str, tongue: Tongue, *, year: int | None = None, weekday: bool = True) -> str:
    """« jeu. 12 nov., 8 h 47 » as seen in `zone`; a line may break after the comma only. `moment` is aware."""
    day = moment.astimezone(ZoneInfo(zone)).date()
    return f"{short_day(day, tongue, year=year, weekday=weekday)}, {hour(moment, zone, tongue)}"


def _pattern(weekday: str, body: str, day: date, year: int | None) -> str:
    return " ".join(filter(None, (weekday, body, "" if day.year == year else "y")))


def _written(day: date, tongue: Tongue, pattern: str) -> str:
    return _formatted(day, tongue.code, pattern)


@lru_cache(maxsize=10_000)  # lists say the same days again and again
def _formatted(day: date, language: str, pattern: str) -> str:
    """The day by a pattern of the CLDR. The first of a month is « 1er » in French, and the CLDR does not know it."""
    if language == "fr" and day.day == 1:
        pattern = pattern.replace("d", "'1er'")
    return format_date(day, pattern, locale=LOCALES[language]).replace(" ", NO_BREAK)
