"""Time said from where the reader stands: how long ago, how late, how soon. Pure, with no-break spaces inside."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from doleance.kernel.moments import hour, short_day, weekday_of
from doleance.kernel.text import NO_BREAK
from doleance.kernel.tongue import Tongue

Tone = Literal["", "late", "soon", "ok"]


@dataclass(frozen=True, slots=True)
class Due:
    """A due moment in words, and its colour: `late`, `soon` (today), `ok` (settled) or none."""

    words: str
    tone: Tone = ""


def span(delta: timedelta, tongue: Tongue) -> str:
    """A length of time, rounded down: « 42 min », « 5 h 18 », « 3 jours »; under a minute it is « 1 min »."""
    minutes = max(1, int(abs(delta).total_seconds()) // 60)
    hours, rest = divmod(minutes, 60)
    if minutes < 60:
        words = tongue.say("{minutes} min", minutes=minutes)
    elif hours < 24:
        words = tongue.say("{hours} h {minutes}", hours=hours, minutes=f"{rest:02d}") if rest else f"{hours} h"
    else:
        words = tongue.plural("{n} jour", "{n} jours", hours // 24)
    return words.replace(" ", NO_BREAK)


def age(at: datetime, zone: str, now: datetime, tongue: Tongue) -> str:
    """How long ago, for a line such as « reçu … »: « il y a 40 min », « hier », « vendredi », « le 12 nov. »"""
    on, today = _day(at, zone), _day(now, zone)
    match (today - on).days:
        case gap if gap <= 0:
            return tongue.say("il y a {length}", length=span(now - at, tongue))
        case 1:
            return tongue.say("hier")
        case gap if gap < 7:
            # Translators: a day of the past week, as in « reçu vendredi ».
            return tongue.say("{weekday}", weekday=weekday_of(on, tongue))
        case _:
            return tongue.say("le {day}", day=short_day(on, tongue, year=today.year))


def since(at: datetime, zone: str, now: datetime, tongue: Tongue) -> str:
    """How long something has been late: « depuis 42 min », « depuis hier », « depuis le 12 nov. »"""
    on, today = _day(at, zone), _day(now, zone)
    match (today - on).days:
        case gap if gap <= 0:
            return overdue(span(now - at, tongue), tongue)
        case 1:
            return tongue.say("depuis hier")
        case gap if gap < 7:
            return tongue.say("depuis {weekday}", weekday=weekday_of(on, tongue))
        case _:
            return tongue.say("depuis le {day}", day=short_day(on, tongue, year=today.year))


def overdue(length: str, tongue: Tongue) -> str:
    """A length of time by which something is late: « depuis 42 min », « depuis 8 j ouvrés »."""
    return tongue.say("depuis {length}", length=length)


def ahead(length: str, tongue: Tongue) -> str:
    """A length of time that is left: « dans 5 h 18 », « dans 3 j ouvrés »."""
    return tongue.say("dans {length}", length=length)


def business_days(count: int, tongue: Tongue) -> str:
    """« 3 j ouvrés », the short form of lists: Monday to Friday, less public holidays."""
    return tongue.plural("{n} j ouvré", "{n} j ouvrés", count).replace(" ", NO_BREAK)


def due(
    at: datetime,
    zone: str,
    now: datetime,
    tongue: Tongue,
    *,
    working_days: int | None = None,
    met: datetime | None = None,
) -> Due:
    """Say a due moment: late since, today at, in n working days, or settled on the day of `met`.

    `working_days` is what is left by the entity's calendar; without it the date is said. A moment in the last minute
    of a day stands for the whole day: its hour is not said.
    """
    today = _day(now, zone)
    if met is not None:
        return Due(tongue.say("réglé le {day}", day=short_day(_day(met, zone), tongue, year=today.year)), "ok")
    if at < now:
        return Due(since(at, zone, now, tongue), "late")
    on = _day(at, zone)
    if on == today:
        local = at.astimezone(ZoneInfo(zone))
        whole = (local.hour, local.minute) == (23, 59)
        return Due(today_at("" if whole else hour(at, zone, tongue), tongue), "soon")
    if working_days is None:
        return Due(tongue.say("le {day}", day=short_day(on, tongue, year=today.year)))
    return Due(ahead(business_days(working_days, tongue), tongue))


def today_at(hour: str, tongue: Tongue) -> str:
    """« aujourd’hui, 14 h 30 »; « aujourd’hui » without an hour."""
    return tongue.say("aujourd’hui, {hour}", hour=hour) if hour else tongue.say("aujourd’hui")


def elapsed(start: datetime, end: datetime, now: datetime) -> float:
    """How much of the way from `start` to `end` is behind us, from 0 to 1: the point of a thread in a row."""
    whole = (end - start).total_seconds()
    if whole <= 0:
        return 1.0
    return min(1.0, max(0.0, (now - start).total_seconds() / whole))


def _day(moment: datetime, zone: str) -> date:
    return moment.astimezone(ZoneInfo(zone)).date()
