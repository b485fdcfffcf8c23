"""Time said from where the reader stands: how long ago, how late, how soon. Pure, with no-break spaces inside."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from doleance.kernel.moments import WEEKDAYS, hour, short_day
from doleance.kernel.text import NO_BREAK

Tone = Literal["", "late", "soon", "ok"]


@dataclass(frozen=True, slots=True)
class Due:
    """A due moment in words, and its colour: `late`, `soon` (today), `ok` (settled) or none."""

    words: str
    tone: Tone = ""


def span(delta: timedelta) -> str:
    """A length of time, rounded down: « 42 min », « 5 h 18 », « 3 jours »; under a minute it is « 1 min »."""
    minutes = max(1, int(abs(delta).total_seconds()) // 60)
    if minutes < 60:
        return f"{minutes}{NO_BREAK}min"
    hours, rest = divmod(minutes, 60)
    if hours < 24:
        return f"{hours}{NO_BREAK}h" + (f"{NO_BREAK}{rest:02d}" if rest else "")
    days = hours // 24
    return f"{days}{NO_BREAK}{'jour' if days == 1 else 'jours'}"


def age(at: datetime, zone: str, now: datetime) -> str:
    """How long ago, for a line such as « reçu … »: « il y a 40 min », « hier », « vendredi », « le 12 nov. »"""
    return _earlier(at, zone, now) or f"il y a {span(now - at)}"


def since(at: datetime, zone: str, now: datetime) -> str:
    """How long something has been late: « depuis 42 min », « depuis hier », « depuis le 12 nov. »"""
    return f"depuis {_earlier(at, zone, now) or span(now - at)}"


def _earlier(at: datetime, zone: str, now: datetime) -> str:
    """The day of `at` when it is not today's: by its name within a week, by its date before."""
    on, today = _day(at, zone), _day(now, zone)
    gap = (today - on).days
    if gap <= 0:
        return ""
    if gap == 1:
        return "hier"
    return WEEKDAYS[on.weekday()] if gap < 7 else f"le {short_day(on, year=today.year)}"


def due(
    at: datetime, zone: str, now: datetime, *, working_days: int | None = None, met: datetime | None = None
) -> Due:
    """Say a due moment: late since, today at, in n working days, or settled on the day of `met`.

    `working_days` is what is left by the entity's calendar; without it the date is said. A moment in the last minute
    of a day stands for the whole day: its hour is not said.
    """
    today = _day(now, zone)
    if met is not None:
        return Due(f"réglé le{NO_BREAK}{short_day(_day(met, zone), year=today.year)}", "ok")
    if at < now:
        return Due(since(at, zone, now), "late")
    on = _day(at, zone)
    if on == today:
        local = at.astimezone(ZoneInfo(zone))
        whole = (local.hour, local.minute) == (23, 59)
        return Due("aujourd’hui" if whole else f"aujourd’hui, {hour(at, zone)}", "soon")
    if working_days is None:
        return Due(f"le{NO_BREAK}{short_day(on, year=today.year)}")
    return Due(f"dans{NO_BREAK}{working_days}{NO_BREAK}j{NO_BREAK}{'ouvré' if working_days < 2 else 'ouvrés'}")


def elapsed(start: datetime, end: datetime, now: datetime) -> float:
    """How much of the way from `start` to `end` is behind us, from 0 to 1: the point of a thread in a row."""
    whole = (end - start).total_seconds()
    if whole <= 0:
        return 1.0
    return min(1.0, max(0.0, (now - start).total_seconds() / whole))


def _day(moment: datetime, zone: str) -> date:
    return moment.astimezone(ZoneInfo(zone)).date()
