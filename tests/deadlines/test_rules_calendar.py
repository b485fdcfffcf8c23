"""Days that count, against a walk from day to day."""

import re
from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from doleance.deadlines import seeds
from doleance.deadlines.rules.calendar import UnknownCalendar, WorkCalendar, years_for
from doleance.deadlines.rules.places import PLACES
from doleance.packs.rules import Unit
from tests.deadlines.places import FRANCE, place, spaced, with_holidays

BD, JO = Unit.BUSINESS_DAY, Unit.WORKING_DAY

days = st.dates(date(2016, 1, 1), date(2038, 12, 31))
units = st.sampled_from([BD, JO])
counts = st.integers(1, 60)
# Bridges, whole weeks and lone days, so that holidays touch each other and the ends of weeks.
closures = st.lists(days, max_size=30).map(
    lambda starts: with_holidays(*{day + timedelta(days=n) for day in starts for n in range(day.day % 5 + 1)})
)
calendars = st.one_of(st.just(FRANCE), closures)


def walk(calendar: WorkCalendar, day: date, count: int, unit: Unit) -> date:
    """The `count`-th day that counts after `day`, one day after the other."""
    last = {BD: 4, JO: 5}[unit]
    while count:
        day += timedelta(days=1)
        if day.weekday() <= last and day not in calendar.names:
            count -= 1
    return day


@given(calendars, days, counts, units)
@example(FRANCE, date(2026, 4, 30), 10, BD)
@example(FRANCE, date(2026, 12, 24), 1, JO)
def test_counting_is_a_walk_from_day_to_day(calendar, day, count, unit):
    assert calendar.nth_after(day, count, unit) == walk(calendar, day, count, unit)


@given(calendars, days, counts, units)
def test_it_never_ends_on_a_day_that_does_not_count(calendar, day, count, unit):
    assert calendar.is_working(calendar.nth_after(day, count, unit), unit)


@given(calendars, days, counts, units)
def test_what_was_counted_is_what_lies_between(calendar, day, count, unit):
    end = calendar.nth_after(day, count, unit)
    assert calendar.between(day, end, unit) == count
    assert calendar.between(day, end - timedelta(days=1), unit) == count - 1
    assert calendar.between(end, day, unit) == 0


@given(calendars, days, counts, counts, units)
def test_two_terms_one_after_the_other_are_their_sum(calendar, day, first, second, unit):
    halfway = calendar.nth_after(day, first, unit)
    assert calendar.nth_after(halfway, second, unit) == calendar.nth_after(day, first + second, unit)


@given(calendars, days, st.integers(0, 40), counts, units)
def test_who_starts_later_never_ends_earlier(calendar, day, later, count, unit):
    assert calendar.nth_after(day, count, unit) <= calendar.nth_after(day + timedelta(days=later), count, unit)


@given(calendars, days, counts, units, days)
def test_one_more_holiday_never_brings_an_end_nearer(calendar, day, count, unit, extra):
    closed = with_holidays(*calendar.days, extra)
    assert closed.nth_after(day, count, unit) >= calendar.nth_after(day, count, unit)


@given(calendars, days, counts, units)
def test_skipped_holidays_are_those_that_would_have_counted(calendar, day, count, unit):
    end = calendar.nth_after(day, count, unit)
    span = [day + timedelta(days=n) for n in range(1, (end - day).days + 1)]
    last = {BD: 4, JO: 5}[unit]
    assert list(calendar.holidays_between(day, end, unit)) == [
        on for on in span if on in calendar.names and on.weekday() <= last
    ]


@given(calendars, days)
def test_the_next_working_day(calendar, day):
    found = calendar.next_working(day)
    assert found == (day if calendar.is_working(day) else walk(calendar, day, 1, BD))


def test_ouvres_and_ouvrables_differ_on_saturdays_only():
    saturday, sunday = date(2026, 11, 21), date(2026, 11, 22)
    assert (FRANCE.is_working(saturday, BD), FRANCE.is_working(saturday, JO)) == (False, True)
    assert (FRANCE.is_working(sunday, BD), FRANCE.is_working(sunday, JO)) == (False, False)
    assert not FRANCE.is_working(date(2026, 11, 11), JO)


def test_a_holiday_has_its_name_and_another_day_a_plain_word():
    assert FRANCE.name(date(2027, 1, 1)) == "Jour de l’an"
    assert FRANCE.name(date(2027, 1, 2)) == ""


# Official days of 2026 and 2027 (Code du travail, art. L.3133-1), by hand.
LEGAL = {
    "2026-01-01": "Jour de l’an",
    "2026-04-06": "Lundi de Pâques",
    "2026-05-01": "Fête du Travail",
    "2026-05-08": "Fête de la Victoire",
    "2026-05-14": "Ascension",
    "2026-05-25": "Lundi de Pentecôte",
    "2026-07-14": "Fête nationale",
    "2026-08-15": "Assomption",
    "2026-11-01": "Toussaint",
    "2026-11-11": "Armistice",
    "2026-12-25": "Noël",
    "2027-01-01": "Jour de l’an",
    "2027-03-29": "Lundi de Pâques",
    "2027-05-01": "Fête du Travail",
    "2027-05-06": "Ascension",
    "2027-05-08": "Fête de la Victoire",
    "2027-05-17": "Lundi de Pentecôte",
    "2027-07-14": "Fête nationale",
    "2027-08-15": "Assomption",
    "2027-11-01": "Toussaint",
    "2027-11-11": "Armistice",
    "2027-12-25": "Noël",
}


def test_the_eleven_days_of_france():
    assert {day.isoformat(): name for day, name in seeds.holidays_of("FR", [2026, 2027]).items()} == LEGAL


@pytest.mark.parametrize(
    ("code", "day"),
    [
        ("FR-57", date(2026, 4, 3)),
        ("FR-57", date(2026, 12, 26)),
        ("FR-6AE", date(2026, 12, 26)),
        ("FR-971", date(2026, 5, 27)),
        ("FR-972", date(2026, 5, 22)),
        ("FR-973", date(2026, 6, 10)),
        ("FR-974", date(2026, 12, 20)),
        ("FR-976", date(2026, 4, 27)),
    ],
)
def test_each_place_has_its_own_days(code, day):
    assert day in seeds.holidays_of(code, [day.year])
    assert day not in seeds.holidays_of("FR", [day.year])


def test_every_shipped_calendar_can_be_filled_with_names_set_in_french():
    for code in PLACES:
        names = list(place(code).names.values())
        assert len(names) >= (11 if code.startswith("FR") else 4) * 26
        assert not any(re.search(r"\b(Day|of|the)\b", name) for name in names), code
        assert not any("'" in name for name in names)


def test_a_calendar_nobody_ships_is_refused():
    with pytest.raises(UnknownCalendar) as refused:
        seeds.holidays_of("XX", [2026])
    assert "« XX »" in spaced(str(refused.value))


def test_the_years_a_term_needs():
    assert years_for(date(2026, 11, 12), date(2026, 12, 15)) == (2026, 2027)
    assert years_for(date(2026, 3, 1), date(2026, 4, 1)) == (2026, 2026)
    assert years_for(date(1901, 1, 1), date(2150, 1, 1)) == (1970, 2100)
