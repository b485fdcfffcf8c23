"""A slow second opinion on due dates, without a line of the engine: days walked one by one, holidays by rule.

It knows the law of each place as a person would write it down, computes Easter by itself, and finds the end of a day
by asking the clocks of the place every quarter of an hour. Nothing of Doléance is imported here, nor what seeds its
calendars: that the two agree is the proof (issue 4). Holidays that are always Sundays are left out: they never count.
"""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

ONE_DAY = timedelta(days=1)
MONDAY, THURSDAY, SATURDAY, SUNDAY = 0, 3, 5, 6

# What each shipped pack says, copied by hand from deadlines.md §1: clock, count, unit, in the pack's order.
PACKS = {
    "FR-ACPR": [("acknowledge", 10, "jo"), ("final", 2, "m")],
    "FR-CONSO": [("final", 2, "m")],
    "FR-PSD2": [("final", 15, "jo"), ("holding", 15, "jo"), ("final_max", 35, "jo")],
    "EU-PSD2": [("final", 15, "bd"), ("holding", 15, "bd"), ("final_max", 35, "bd")],
    "EU-GDPR": [("final", 1, "m"), ("holding", 1, "m"), ("final_max", 3, "m")],
    "GENERAL": [("acknowledge", 1, "bd"), ("progress", 10, "bd"), ("internal", 10, "bd"), ("final", 2, "m")],
}


def easter(year: int) -> date:
    """Easter Sunday: the Sunday after the first ecclesiastical full moon of spring (Gauss and Lichtenberg)."""
    century = year // 100
    shift = 15 + (3 * century + 3) // 4 - (8 * century + 13) // 25
    sun = 2 - (3 * century + 3) // 4
    golden = year % 19
    moon = (19 * golden + shift) % 30
    mend = (moon + golden // 11) // 29
    full_moon = 21 + moon - mend
    first_sunday = 7 - (year + year // 4 + sun) % 7
    return date(year, 3, 1) + timedelta(days=full_moon + 7 - (full_moon - first_sunday) % 7 - 1)


def _nth(year: int, month: int, weekday: int, nth: int) -> date:
    """The n-th such day of a month; from its end when `nth` is -1."""
    days = [date(year, month, day) for day in range(1, monthrange(year, month)[1] + 1)]
    return [day for day in days if day.weekday() == weekday][nth if nth < 0 else nth - 1]


def _france(year: int, sunday: date) -> set[date]:
    """Code du travail, L.3133-1; the 8th of May again since 1982; Whit Monday was worked by all from 2005 to 2007."""
    days = {date(year, *day) for day in [(1, 1), (5, 1), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)]}
    days |= {sunday + ONE_DAY, sunday + timedelta(days=39)}
    if year >= 1982:
        days.add(date(year, 5, 8))
    if not 2005 <= year <= 2007:
        days.add(sunday + timedelta(days=50))
    return days


def _french_place(place: str, year: int, sunday: date) -> set[date]:
    """Code du travail, L.3134-13 (Alsace, Moselle) and L.3422-2 (abolition of slavery), and what islands keep."""
    good_friday = sunday - timedelta(days=2)
    schoelcher = date(year, 7, 21)
    return {
        "57": {good_friday, date(year, 12, 26)},
        "6AE": {good_friday, date(year, 12, 26)},
        "971": {sunday - timedelta(days=24), good_friday, date(year, 5, 27), schoelcher},
        "972": {date(year, 5, 22), schoelcher},
        "973": {date(year, 6, 10)},
        "974": {date(year, 12, 20)},
        "976": {date(year, 4, 27)},
        "BL": {date(year, 10, 9)},
        "MF": {date(year, 5, 28), schoelcher},
        "NC": {date(year, 9, 24)},
        "PF": {date(year, 3, 5), good_friday, date(year, 6, 29) if year < 2025 else date(year, 11, 20)},
        "PM": set(),
        "TF": set(),
        "WF": {date(year, 4, 28), date(year, 6, 29), date(year, 7, 29)},
    }[place]


def _belgium(year: int, sunday: date) -> set[date]:
    fixed = {date(year, *day) for day in [(1, 1), (5, 1), (7, 21), (8, 15), (11, 1), (11, 11), (12, 25)]}
    return fixed | {sunday + timedelta(days=days) for days in (1, 39, 50)}


def _luxembourg(year: int, sunday: date) -> set[date]:
    fixed = {date(year, *day) for day in [(1, 1), (5, 1), (6, 23), (8, 15), (11, 1), (12, 25), (12, 26)]}
    europe = {date(year, 5, 9)} if year >= 2019 else set()
    return fixed | europe | {sunday + timedelta(days=days) for days in (1, 39, 50)}


def _germany(place: str, year: int, sunday: date) -> set[date]:
    """Reunited Germany; the day of repentance was given up in 1995, and 2017 kept the Reformation everywhere."""
    days = {date(year, *day) for day in [(1, 1), (5, 1), (10, 3), (12, 25), (12, 26)]}
    days |= {sunday + timedelta(days=shift) for shift in (-2, 1, 39, 50)}
    if year <= 1994:  # the Wednesday before the 23rd of November
        days.add(max(date(year, 11, day) for day in range(16, 23) if date(year, 11, day).weekday() == 2))
    if year == 2017:
        days.add(date(year, 10, 31))
    if place in {"BW", "BY", "HE", "NW", "RP", "SL"}:
        days.add(sunday + timedelta(days=60))
    if place in {"BW", "BY"}:
        days.add(date(year, 1, 6))
    if place in {"BW", "BY", "NW", "RP", "SL"}:
        days.add(date(year, 11, 1))
    if place == "SL":
        days.add(date(year, 8, 15))
    return days


def _italy(year: int, sunday: date) -> set[date]:
    """The Republic is kept on the 2nd of June again since 2001; Saint Francis since 2026."""
    fixed = [(1, 1), (1, 6), (4, 25), (5, 1), (8, 15), (11, 1), (12, 8), (12, 25), (12, 26)]
    fixed += [(6, 2)] if year >= 2001 else []
    fixed += [(10, 4)] if year >= 2026 else []
    fixed += [(3, 17)] if year == 2011 else []
    return {date(year, *day) for day in fixed} | {sunday + ONE_DAY}


def _monaco(year: int, sunday: date) -> set[date]:
    """Some days that fall on a Sunday are kept on the Monday; the Immaculate Conception among them since 2019."""
    days = {date(year, 1, 27), date(year, 12, 8)} | {sunday + timedelta(days=shift) for shift in (1, 39, 50, 60)}
    moved = [(1, 1), (5, 1), (8, 15), (11, 1), (11, 19), (12, 25)] + ([(12, 8)] if year >= 2019 else [])
    for day in [date(year, *day) for day in moved]:
        days |= {day, day + ONE_DAY} if day.weekday() == SUNDAY else {day}
    return days | ({date(2015, 1, 7)} if year == 2015 else set())


def _quebec(year: int, sunday: date) -> set[date]:
    """Loi sur les normes du travail, art. 60, and the national day's own law: kept on the Monday after a Sunday.

    New Year's Day and Christmas leave their Saturdays too, as houses do. Patriots: the Monday before the 25th of May.
    """
    days = {sunday - timedelta(days=2), _nth(year, 9, MONDAY, 1), _nth(year, 10, MONDAY, 2)}
    days.add(max(date(year, 5, day) for day in range(18, 25) if date(year, 5, day).weekday() == MONDAY))
    for day in [date(year, 6, 24), date(year, 7, 1)]:
        days |= {day, day + ONE_DAY} if day.weekday() == SUNDAY else {day}
    for day in [date(year, 1, 1), date(year, 12, 25)]:
        days |= _given_back([day])
    return days


_UNITED_KINGDOM_ONCE = {
    1999: [(12, 31)],
    2002: [(6, 3), (6, 4)],
    2011: [(4, 29)],
    2012: [(6, 4), (6, 5)],
    2022: [(6, 2), (6, 3), (9, 19)],
    2023: [(5, 8)],
}


def _england(year: int, sunday: date) -> set[date]:
    """Bank holidays; those of a week-end are given back on the next days; jubilees move the spring one."""
    days = {sunday - timedelta(days=2), sunday + ONE_DAY, _nth(year, 8, MONDAY, -1)}
    days.add(date(year, 5, 8) if year in {1995, 2020} else _nth(year, 5, MONDAY, 1))
    if year not in {2002, 2012, 2022}:
        days.add(_nth(year, 5, MONDAY, -1))
    days |= {date(year, *day) for day in _UNITED_KINGDOM_ONCE.get(year, [])}
    return days | _given_back([date(year, 1, 1)]) | _given_back([date(year, 12, 25), date(year, 12, 26)])


def _given_back(days: list[date]) -> set[date]:
    """These days, and for each that falls on a week-end the next one that is neither a week-end nor taken."""
    kept = set(days)
    for day in days:
        other = day
        while day.weekday() >= SATURDAY and (other.weekday() >= SATURDAY or other in kept):
            other += ONE_DAY
        kept.add(other)
    return kept


def _northern_ireland(year: int, sunday: date) -> set[date]:
    return _england(year, sunday) | _given_back([date(year, 3, 17)]) | _given_back([date(year, 7, 12)])


def _swiss(year: int, sunday: date) -> set[date]:
    return {date(year, 1, 1), sunday + timedelta(days=39), date(year, 8, 1), date(year, 12, 25)}


def _andorra(year: int, sunday: date) -> set[date]:
    fixed = [(1, 1), (1, 6), (5, 1), (8, 15), (9, 8), (11, 1), (12, 8), (12, 25), (12, 26)]
    fixed += [(3, 14)] if year >= 1994 else []
    return {date(year, *day) for day in fixed} | {sunday + timedelta(days=shift) for shift in (-48, -2, 1, 50)}


_COUNTRIES = {
    "AD": _andorra,
    "BE": _belgium,
    "CA-QC": _quebec,
    "CH": _swiss,
    "GB-ENG": _england,
    "GB-NIR": _northern_ireland,
    "GB-WLS": _england,
    "IT": _italy,
    "LU": _luxembourg,
    "MC": _monaco,
}
# From which year the rules above hold for a place: what came before is nobody's complaint.
_LANDER = ("", "-BW", "-BY", "-HE", "-NW", "-RP", "-SL")
SINCE = {"CA-QC": 2003, "FR-BL": 2013, "FR-MF": 2013} | {f"DE{land}": 1992 for land in _LANDER}
_REGIONS = ("57", "6AE", "971", "972", "973", "974", "976", "BL", "MF", "NC", "PF", "PM", "TF", "WF")
OVERSEAS = [f"FR-{code}" for code in _REGIONS]
ABROAD = [*_COUNTRIES, *(f"DE{land}" for land in _LANDER)]
PLACES = ["FR", *OVERSEAS, *ABROAD]


@cache
def holidays(place: str, year: int) -> frozenset[date]:
    """The days of a year that are holidays in a place, whatever their day of the week."""
    country, _, region = place.partition("-")
    sunday = easter(year)
    if country == "FR":
        return frozenset(_france(year, sunday) | (_french_place(region, year, sunday) if region else set()))
    if country == "DE":
        return frozenset(_germany(region, year, sunday))
    return frozenset(_COUNTRIES[place](year, sunday))


def counts(day: date, unit: str, place: str) -> bool:
    """Whether a day is a *jour ouvré* (bd) or a *jour ouvrable* (jo) of a place."""
    rest = {SUNDAY} if unit == "jo" else {SATURDAY, SUNDAY}
    return day.weekday() not in rest and day not in holidays(place, day.year)


def last_day(start: date, count: int, unit: str, place: str, *, roll_over: bool = False) -> date:
    """The last day of a term, one day after the other; its first day is the one after `start`."""
    day = start
    if unit in {"bd", "jo"}:
        for _ in range(count):
            day += ONE_DAY
            while not counts(day, unit, place):
                day += ONE_DAY
        return day
    if unit == "m":
        day = _months_later(start, count)
    else:
        for _ in range(count * (7 if unit == "w" else 1)):
            day += ONE_DAY
    while roll_over and not counts(day, "bd", place):
        day += ONE_DAY
    return day


def _months_later(start: date, count: int) -> date:
    """The same day number so many months on, walked to; the last day of the month where it has no such number."""
    year, month = start.year, start.month
    for _ in range(count):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    day = date(year, month, 1)
    while day.day < start.day and (day + ONE_DAY).month == month:
        day += ONE_DAY
    return day


def end_of(day: date, zone: str) -> datetime:
    """The first moment, by the clocks of a zone, of a later day: asked every quarter of an hour."""
    clocks = ZoneInfo(zone)
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=15)
    while moment.astimezone(clocks).date() <= day:
        moment += timedelta(minutes=15)
    return moment


def due(
    start: datetime, count: int, unit: str, place: str, zone: str, *, roll_over: bool = False
) -> tuple[date, datetime]:
    """The due day in the zone, and the moment (UTC) from which it is too late."""
    clocks = ZoneInfo(zone)
    if unit == "h":
        moment = start.astimezone(UTC)
        for _ in range(count):
            moment += timedelta(minutes=60)
        return moment.astimezone(clocks).date(), moment
    day = last_day(start.astimezone(clocks).date(), count, unit, place, roll_over=roll_over)
    return day, end_of(day, zone)
