"""Days that count: *jours ouvrés* (Monday to Friday) and *jours ouvrables* (Monday to Saturday), less holidays.

Holidays are sorted once; a question is then one bisection, whatever the distance (measured: stack.md §13).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Self

from doleance.kernel.errors import Refusal
from doleance.packs.rules import Unit

# Days of the week that count, from Monday.
_WEEK = {Unit.BUSINESS_DAY: 5, Unit.WORKING_DAY: 6}

FIRST_YEAR, LAST_YEAR = 1970, 2100  # what may be seeded: an old mailbox, and no nonsense


class UnknownCalendar(Refusal):
    """Nobody seeded such a calendar."""

    code = "unknown_calendar"
    sentence = "Le calendrier « {calendar} » n’existe pas. Choisissez-en un autre dans les réglages."


class NoSuchHoliday(Refusal):
    """That day is not a holiday in that calendar."""

    code = "no_such_holiday"
    sentence = "Ce jour n’est pas férié dans ce calendrier."


class HolidayUnnamed(Refusal):
    """Due dates explain themselves: a holiday has a name."""

    code = "holiday_unnamed"
    sentence = "Donnez un nom à ce jour férié : il est cité dans l’explication des échéances."


class OutsideCalendar(Refusal):
    """A calendar covers whole years; a day of another year would be recorded and never counted."""

    code = "outside_calendar"
    sentence = "Ce calendrier va de {first_year} à {last_year}."


@dataclass(frozen=True, slots=True)
class _Counted:
    """Holidays that fall on a day of the week that counts. `ranks[i]`: days that count before the i-th of them."""

    days: tuple[int, ...]
    ranks: tuple[int, ...]

    @classmethod
    def of(cls, holidays: tuple[date, ...], unit: Unit) -> Self:
        week = _WEEK[unit]
        days = tuple(day.toordinal() for day in holidays if day.weekday() < week)
        return cls(days, tuple(_weekdays_to(day, week) - index - 1 for index, day in enumerate(days)))


def _weekdays_to(ordinal: int, week: int) -> int:
    """How many days of the first `week` days of a week there are from 0001-01-01, a Monday, to `ordinal`."""
    weeks, day = divmod(ordinal - 1, 7)
    return weeks * week + min(day + 1, week)


def _weekday_at(rank: int, week: int) -> int:
    """The ordinal of the `rank`-th such day."""
    weeks, day = divmod(rank - 1, week)
    return weeks * 7 + day + 1


@dataclass(frozen=True)
class WorkCalendar:
    """A place's holidays, ready to be counted with. `first_year` to `last_year`: what it knows about."""

    code: str
    first_year: int
    last_year: int
    days: tuple[date, ...] = field(hash=False)
    names: Mapping[date, str] = field(repr=False, hash=False)
    _counted: Mapping[Unit, _Counted] = field(repr=False, hash=False)

    @classmethod
    def of(cls, code: str, holidays: Mapping[date, str], *, first_year: int, last_year: int) -> Self:
        """The calendar that has exactly these holidays."""
        days = tuple(sorted(holidays))
        counted = {unit: _Counted.of(days, unit) for unit in _WEEK}
        return cls(code, first_year, last_year, days, dict(holidays), counted)

    def is_working(self, day: date, unit: Unit = Unit.BUSINESS_DAY) -> bool:
        """Whether `day` counts."""
        return day.weekday() < _WEEK[unit] and day not in self.names

    def nth_after(self, day: date, count: int, unit: Unit) -> date:
        """The `count`-th (≥ 1) day that counts after `day`, which itself never counts."""
        week, counted = _WEEK[unit], self._counted[unit]
        ordinal = day.toordinal()
        rank = _weekdays_to(ordinal, week) - bisect_right(counted.days, ordinal) + count
        return date.fromordinal(_weekday_at(rank + bisect_left(counted.ranks, rank), week))

    def between(self, after: date, until: date, unit: Unit = Unit.BUSINESS_DAY) -> int:
        """How many days count after `after` up to and including `until`; 0 when `until` is not later."""
        return max(0, self._rank(until, unit) - self._rank(after, unit))

    def holidays_between(self, after: date, until: date, unit: Unit) -> tuple[date, ...]:
        """Holidays after `after` up to `until` that would have counted, had they not been holidays."""
        found = self.days[bisect_right(self.days, after) : bisect_right(self.days, until)]
        return tuple(day for day in found if day.weekday() < _WEEK[unit])

    def next_working(self, day: date) -> date:
        """`day`, or the first *jour ouvré* after it."""
        return day if self.is_working(day) else self.nth_after(day, 1, Unit.BUSINESS_DAY)

    def name(self, day: date) -> str:
        """What the holiday of that day is called; empty when it is no longer in the calendar."""
        return self.names.get(day, "")

    def _rank(self, day: date, unit: Unit) -> int:
        ordinal = day.toordinal()
        return _weekdays_to(ordinal, _WEEK[unit]) - bisect_right(self._counted[unit].days, ordinal)


def years_for(start: date, until: date) -> tuple[int, int]:
    """The years a calendar must know to count from `start` to `until` and say what is left in days that count."""
    return max(FIRST_YEAR, start.year), min(LAST_YEAR, (until + timedelta(days=31)).year)
