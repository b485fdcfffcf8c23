"""When a term ends, and the facts that explain it.

Day 0 is the day of the event and never counts (Regulation 1182/71, art. 3(1); Code de procédure civile, art. 641).
A term in months ends on the day of the same number, else on the last of the month (art. 3(2)(c); art. 641).
A term in days or more ends with the last hour of its last day (art. 3(2); art. 642), in the place's time zone.
A last day of rest moves the end to the next working day (art. 3(4); art. 642) under packs that say so, and no other.
"""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo

from doleance.deadlines.rules.calendar import WorkCalendar
from doleance.packs.rules import COUNTED, Term, Unit

_LONGEST_DAYS = {Unit.HOUR: 1, Unit.CALENDAR_DAY: 1, Unit.WEEK: 7, Unit.MONTH: 31}


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a due day is that one: what happened on the way from `from_on`, day 0, to `due_on`.

    `skipped`: holidays that did not count. `shortened`: the month had no such day. `rolled_from`: the day of rest
    on which the term would have ended. `rest`: it ends on a day that is not a *jour ouvré* and does not move.
    """

    from_on: date
    due_on: date
    skipped: tuple[date, ...] = ()
    shortened: bool = False
    rolled_from: date | None = None
    rest: bool = False

    def facts(self) -> dict[str, Any]:
        """As stored and journalled: codes and days, no words."""
        return {
            "from": self.from_on.isoformat(),
            "due": self.due_on.isoformat(),
            "skipped": [day.isoformat() for day in self.skipped],
            "shortened": self.shortened,
            "rolled_from": self.rolled_from.isoformat() if self.rolled_from else None,
            "rest": self.rest,
        }

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Self:
        """Back from what was stored."""
        rolled = facts["rolled_from"]
        return cls(
            from_on=date.fromisoformat(facts["from"]),
            due_on=date.fromisoformat(facts["due"]),
            skipped=tuple(date.fromisoformat(day) for day in facts["skipped"]),
            shortened=facts["shortened"],
            rolled_from=date.fromisoformat(rolled) if rolled else None,
            rest=facts["rest"],
        )


@dataclass(frozen=True, slots=True)
class DueDate:
    """A due day, the moment after which it is late (aware, UTC), and why."""

    due_on: date
    due_at: datetime
    explanation: Explanation


def compute(*, start_at: datetime, term: Term, zone: str, calendar: WorkCalendar) -> DueDate:
    """When a term that runs from `start_at` (aware) ends in `zone` (an IANA name), by that place's calendar."""
    place = ZoneInfo(zone)
    start = start_at.astimezone(place).date()
    if term.unit is Unit.HOUR:
        due_at = start_at.astimezone(UTC) + timedelta(hours=term.count)
        due_on = due_at.astimezone(place).date()
        return DueDate(due_on, due_at, Explanation(start, due_on))
    explanation = _explain(start, term, calendar)
    return DueDate(explanation.due_on, end_of(explanation.due_on, zone), explanation)


def _explain(start: date, term: Term, calendar: WorkCalendar) -> Explanation:
    if term.unit in COUNTED:
        due = calendar.nth_after(start, term.count, term.unit)
        return Explanation(start, due, skipped=calendar.holidays_between(start, due, term.unit))
    due, shortened = _plain_end(start, term)
    if calendar.is_working(due):
        return Explanation(start, due, shortened=shortened)
    if not term.roll_over:
        return Explanation(start, due, shortened=shortened, rest=True)
    moved = calendar.next_working(due)
    skipped = calendar.holidays_between(due - timedelta(days=1), moved, Unit.BUSINESS_DAY)
    return Explanation(start, moved, skipped=skipped, shortened=shortened, rolled_from=due)


def _plain_end(start: date, term: Term) -> tuple[date, bool]:
    if term.unit is not Unit.MONTH:
        return start + timedelta(days=term.count * _LONGEST_DAYS[term.unit]), False
    years, month = divmod(start.month - 1 + term.count, 12)
    year, month = start.year + years, month + 1
    last = monthrange(year, month)[1]
    return date(year, month, min(start.day, last)), start.day > last


def end_of(day: date, zone: str) -> datetime:
    """The end of `day` in `zone`: the first moment of the next day (UTC), even where clocks change at midnight."""
    return datetime.combine(day + timedelta(days=1), time.min, ZoneInfo(zone)).astimezone(UTC)


def latest_end(start: date, term: Term) -> date:
    """A day that the term does not outlast by any calendar of this world: what must be known before one counts."""
    if term.unit in COUNTED:
        return start + timedelta(days=3 * term.count + 31)
    return start + timedelta(days=_LONGEST_DAYS[term.unit] * term.count + 31)
