"""Calendars and moments for tests without a database, and French as one reads it."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from doleance.deadlines.rules.calendar import WorkCalendar
from doleance.deadlines.seeds import holidays_of
from doleance.kernel.text import NARROW, NO_BREAK

YEARS = range(2015, 2041)


def place(code: str = "FR") -> WorkCalendar:
    """A shipped calendar, with its real holidays."""
    return WorkCalendar.of(code, holidays_of(code, YEARS), first_year=YEARS[0], last_year=YEARS[-1])


FRANCE = place()


def with_holidays(*days: date) -> WorkCalendar:
    """A calendar with just these holidays."""
    return WorkCalendar.of("X", dict.fromkeys(days, "Fermé"), first_year=1970, last_year=2100)


def paris(year: int, month: int, day: int, hour: int = 9, minute: int = 0) -> datetime:
    """That moment on the clocks of Paris, in UTC."""
    return datetime(year, month, day, hour, minute, tzinfo=ZoneInfo("Europe/Paris")).astimezone(UTC)


def spaced(text: str) -> str:
    """The text as one reads it: with plain spaces."""
    return text.replace(NO_BREAK, " ").replace(NARROW, " ")
