"""When a term ends: dates worked out by hand, then properties against a slow oracle."""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from doleance.deadlines.rules.due import DueDate, Explanation, compute, end_of, latest_end
from doleance.packs import loader
from doleance.packs.rules import ClockKind, Term, Unit
from tests.deadlines.places import FRANCE, paris, place
from tests.deadlines.test_rules_calendar import walk

H, CD, W, M, BD, JO = Unit

ONE_DAY, TEN_DAYS, TWO_MONTHS = Term(1, BD), Term(10, BD), Term(2, M)


def due(start_at: datetime, term: Term, code: str = "FR", zone: str = "Europe/Paris") -> DueDate:
    return compute(start_at=start_at, term=term, zone=zone, calendar=place(code) if code != "FR" else FRANCE)


# FR-CONSO: two months from the first written complaint. The same day number, else the last of the month.
CONSO = [
    ("an ordinary day", "2026-11-12", "2027-01-12"),
    ("the year ends on the way", "2026-12-15", "2027-02-15"),
    ("no 31 September", "2026-07-31", "2026-09-30"),
    ("a 31 two months on", "2026-08-31", "2026-10-31"),
    ("no 31 February", "2025-12-31", "2026-02-28"),
    ("no 30 February", "2026-12-30", "2027-02-28"),
    ("no 29 February in 2027", "2026-12-29", "2027-02-28"),
    ("a 28 stays a 28", "2026-12-28", "2027-02-28"),
    ("a leap year has its 29", "2023-12-29", "2024-02-29"),
    ("a leap year has no 30", "2023-12-30", "2024-02-29"),
    ("nor a 31", "2023-12-31", "2024-02-29"),
    ("from a leap day", "2024-02-29", "2024-04-29"),
    ("ends on New Year's Day, and stays", "2026-11-01", "2027-01-01"),
    ("ends on Christmas, and stays", "2026-10-25", "2026-12-25"),
    ("ends on the 1st of May, and stays", "2026-03-01", "2026-05-01"),
    ("ends on a Sunday, and stays", "2026-09-22", "2026-11-22"),
    ("summer time begins on the way", "2027-02-28", "2027-04-28"),
]


@pytest.mark.parametrize(("start", "end"), [row[1:] for row in CONSO], ids=[row[0] for row in CONSO])
def test_fr_conso(start, end):
    (pack,) = loader.in_force(["FR-CONSO"], date.fromisoformat(start))
    rule = pack.clock(ClockKind.FINAL)
    assert rule is not None
    found = due(datetime.fromisoformat(f"{start}T09:00+01:00"), rule.term)
    assert found.due_on == date.fromisoformat(end)
    assert found.due_at == end_of(date.fromisoformat(end), "Europe/Paris")


# GENERAL: acknowledged the next jour ouvré, news and an internal target after ten.
GENERAL = [
    # from              1 jour ouvré  10 jours ouvrés
    ("2026-11-12 Thu", "2026-11-13", "2026-11-26"),
    ("2026-11-20 Fri", "2026-11-23", "2026-12-04"),
    ("2026-11-21 Sat", "2026-11-23", "2026-12-04"),
    ("2026-11-22 Sun", "2026-11-23", "2026-12-04"),
    ("2026-11-10 Tue", "2026-11-12", "2026-11-25"),  # Armistice, Wednesday
    ("2026-12-11 Fri", "2026-12-14", "2026-12-28"),  # Noël, a Friday
    ("2026-12-21 Mon", "2026-12-22", "2027-01-06"),  # Noël and New Year's Day, both Fridays
    ("2026-12-24 Thu", "2026-12-28", "2027-01-11"),
    ("2026-12-25 Fri", "2026-12-28", "2027-01-11"),  # received on a holiday
    ("2026-12-31 Thu", "2027-01-04", "2027-01-15"),
    ("2026-04-02 Thu", "2026-04-03", "2026-04-17"),  # Easter Monday, 6 April
    ("2026-04-03 Fri", "2026-04-07", "2026-04-20"),
    ("2026-04-20 Mon", "2026-04-21", "2026-05-05"),  # 1st of May, a Friday
    ("2026-04-30 Thu", "2026-05-04", "2026-05-19"),  # 1st and 8 May, Ascension the 14th
    ("2026-05-13 Wed", "2026-05-15", "2026-05-29"),  # Ascension, Whit Monday the 25th
    ("2026-05-22 Fri", "2026-05-26", "2026-06-08"),
    ("2026-07-13 Mon", "2026-07-15", "2026-07-28"),  # 14 July, a Tuesday
    ("2026-08-14 Fri", "2026-08-17", "2026-08-28"),  # Assumption, a Saturday: nothing lost
    ("2027-04-30 Fri", "2027-05-03", "2027-05-18"),  # Ascension the 6th, Whit Monday the 17th; 1st and 8 are Saturdays
]


@pytest.mark.parametrize(("start", "one", "ten"), GENERAL, ids=[row[0] for row in GENERAL])
def test_general(start, one, ten):
    day, weekday = start.split()
    assert date.fromisoformat(day).strftime("%a") == weekday
    (pack,) = loader.in_force(["GENERAL"], date.fromisoformat(day))
    found = {rule.kind: due(datetime.fromisoformat(f"{day}T09:00+01:00"), rule.term).due_on for rule in pack.clocks}
    assert found[ClockKind.ACKNOWLEDGE] == date.fromisoformat(one)
    assert found[ClockKind.PROGRESS] == found[ClockKind.INTERNAL] == date.fromisoformat(ten)


OTHER = [
    # unit       from         to           place
    (Term(1, JO), "2026-11-20", "2026-11-21", "FR"),
    (Term(1, JO), "2026-11-21", "2026-11-23", "FR"),
    (Term(10, JO), "2026-11-12", "2026-11-24", "FR"),
    (Term(10, JO), "2026-12-21", "2027-01-04", "FR"),
    (Term(1, JO), "2026-04-30", "2026-05-02", "FR"),
    (Term(1, JO), "2026-08-14", "2026-08-17", "FR"),  # Assumption, a Saturday: a jour ouvrable lost
    (Term(15, JO), "2026-04-30", "2026-05-21", "FR"),  # 1st, 8, 14 May
    (Term(1, BD), "2026-04-02", "2026-04-07", "FR-57"),  # Good Friday in Moselle
    (Term(1, BD), "2025-12-24", "2025-12-29", "FR-57"),  # Saint-Étienne
    (Term(1, BD), "2025-12-24", "2025-12-26", "FR"),
    (Term(1, BD), "2024-12-19", "2024-12-23", "FR-974"),  # 20 December, in La Réunion
    (Term(1, BD), "2024-12-19", "2024-12-20", "FR"),
    (Term(1, M), "2027-01-31", "2027-02-28", "FR"),
    (Term(1, M), "2024-01-31", "2024-02-29", "FR"),
    (Term(12, M), "2024-02-29", "2025-02-28", "FR"),
    (Term(8, W), "2026-11-12", "2027-01-07", "FR"),
    (Term(30, CD), "2026-11-12", "2026-12-12", "FR"),
    (Term(30, CD, roll_over=True), "2026-11-12", "2026-12-14", "FR"),  # from a Saturday to Monday
    (Term(2, M, roll_over=True), "2026-10-25", "2026-12-28", "FR"),  # from Noël over the week-end
    (Term(2, M, roll_over=True), "2026-11-01", "2027-01-04", "FR"),
    (Term(2, M, roll_over=True), "2026-11-12", "2027-01-12", "FR"),
    (Term(3, M, roll_over=True), "2026-02-14", "2026-05-15", "FR"),  # from Ascension, a Thursday
]


@pytest.mark.parametrize(("term", "start", "end", "code"), OTHER)
def test_other_units_and_places(term, start, end, code):
    assert due(datetime.fromisoformat(f"{start}T12:00+01:00"), term, code).due_on == date.fromisoformat(end)


MIDNIGHTS = [
    # due on      zone                 the first moment of the next day, in UTC
    ("2027-01-12", "Europe/Paris", "2027-01-12T23:00"),
    ("2026-09-30", "Europe/Paris", "2026-09-30T22:00"),
    ("2027-03-28", "Europe/Paris", "2027-03-28T22:00"),  # clocks went forward that night
    ("2026-10-25", "Europe/Paris", "2026-10-25T23:00"),  # and back that one
    ("2027-01-12", "Indian/Reunion", "2027-01-12T20:00"),
    ("2027-01-12", "America/Guadeloupe", "2027-01-13T04:00"),
    ("2027-01-12", "Pacific/Noumea", "2027-01-12T13:00"),
    ("2027-03-27", "Asia/Beirut", "2027-03-27T22:00"),  # midnight does not exist on the 28th
    ("2026-10-31", "America/Havana", "2026-11-01T04:00"),  # midnight comes twice: the first counts
]


@pytest.mark.parametrize(("day", "zone", "moment"), MIDNIGHTS)
def test_a_day_ends_at_midnight_in_its_place(day, zone, moment):
    assert end_of(date.fromisoformat(day), zone) == datetime.fromisoformat(moment).replace(tzinfo=UTC)


def test_the_day_of_the_event_is_that_of_the_place():
    late_evening = datetime(2026, 11, 12, 23, 30, tzinfo=UTC)  # the 13th in Paris, the 12th in Guadeloupe
    assert due(late_evening, TWO_MONTHS).due_on == date(2027, 1, 13)
    assert due(late_evening, TWO_MONTHS, "FR-971", "America/Guadeloupe").due_on == date(2027, 1, 12)


def test_hours_are_hours_even_when_clocks_change():
    found = due(paris(2026, 10, 24, 12), Term(24, H))
    assert found.due_at == paris(2026, 10, 25, 11)
    assert found.due_on == date(2026, 10, 25)


def test_what_explains_a_term_in_days_that_count():
    assert due(paris(2026, 12, 21), TEN_DAYS).explanation == Explanation(
        date(2026, 12, 21), date(2027, 1, 6), skipped=(date(2026, 12, 25), date(2027, 1, 1))
    )


def test_what_explains_a_term_in_months():
    assert due(paris(2026, 12, 30), TWO_MONTHS).explanation == Explanation(
        date(2026, 12, 30), date(2027, 2, 28), shortened=True, rest=True
    )
    assert due(paris(2026, 10, 25), Term(2, M, roll_over=True)).explanation == Explanation(
        date(2026, 10, 25), date(2026, 12, 28), skipped=(date(2026, 12, 25),), rolled_from=date(2026, 12, 25)
    )


starts = st.integers(0, 20 * 366 * 24 * 60).map(lambda minute: paris(2016, 1, 1) + timedelta(minutes=minute))
zones = st.sampled_from(
    [
        "Europe/Paris",
        "Indian/Reunion",
        "America/Guadeloupe",
        "America/Miquelon",
        "Pacific/Tahiti",
        "Asia/Kathmandu",
        "Australia/Lord_Howe",
        "America/Havana",
        "Asia/Beirut",
        "Africa/Casablanca",
        "Pacific/Kiritimati",
    ]
)
terms = st.one_of(
    st.builds(Term, st.integers(1, 60), st.sampled_from([BD, JO])),
    st.builds(Term, st.integers(1, 400), st.just(CD), st.booleans()),
    st.builds(Term, st.integers(1, 60), st.just(W), st.booleans()),
    st.builds(Term, st.integers(1, 36), st.just(M), st.booleans()),
)


def slow_day(start: date, term: Term) -> date:
    """The last day of a term, one day after the other."""
    if term.unit in {BD, JO}:
        return walk(FRANCE, start, term.count, term.unit)
    day = start
    if term.unit is M:
        wanted = start.year * 12 + start.month + term.count
        while day.year * 12 + day.month < wanted:
            day += timedelta(days=1)
        while day.day < start.day and day.day < monthrange(day.year, day.month)[1]:
            day += timedelta(days=1)
    else:
        for _ in range(term.count * (7 if term.unit is W else 1)):
            day += timedelta(days=1)
    while term.roll_over and (day.weekday() > 4 or day in FRANCE.names):
        day += timedelta(days=1)
    return day


def slow_end(day: date, zone: str) -> datetime:
    """The first quarter of an hour whose day, on the clocks of `zone`, is later than `day`."""
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=15)
    while moment.astimezone(ZoneInfo(zone)).date() <= day:
        moment += timedelta(minutes=15)
    return moment


@given(starts, terms, zones)
@example(datetime(2024, 2, 29, 12, tzinfo=UTC), Term(12, M), "Europe/Paris")
@example(datetime(2026, 10, 24, 22, 30, tzinfo=UTC), Term(1, CD), "Europe/Paris")
@example(datetime(2027, 3, 26, 12, tzinfo=UTC), Term(1, CD), "Asia/Beirut")
@example(datetime(2026, 10, 31, 12, tzinfo=UTC), Term(1, CD), "America/Havana")
def test_it_is_what_a_slow_walk_gives(start_at, term, zone):
    found = compute(start_at=start_at, term=term, zone=zone, calendar=FRANCE)
    assert found.due_on == slow_day(start_at.astimezone(ZoneInfo(zone)).date(), term)
    assert found.due_at == slow_end(found.due_on, zone)


@given(starts, terms, zones, st.integers(0, 60 * 24 * 40))
def test_who_writes_later_is_never_due_earlier(start_at, term, zone, minutes):
    later = start_at + timedelta(minutes=minutes)
    first, second = (compute(start_at=at, term=term, zone=zone, calendar=FRANCE) for at in (start_at, later))
    assert first.due_at <= second.due_at


@given(starts, terms, zones)
def test_one_more_unit_is_never_due_earlier(start_at, term, zone):
    longer = Term(term.count + 1, term.unit, term.roll_over)
    first, second = (compute(start_at=start_at, term=each, zone=zone, calendar=FRANCE) for each in (term, longer))
    assert first.due_at <= second.due_at


@given(starts, terms, zones)
def test_a_term_has_its_whole_length_and_a_known_bound(start_at, term, zone):
    found = compute(start_at=start_at, term=term, zone=zone, calendar=FRANCE)
    start = start_at.astimezone(ZoneInfo(zone)).date()
    assert found.due_at > start_at
    assert start < found.due_on <= latest_end(start, term)
    if term.unit in {BD, JO} or term.roll_over:
        assert FRANCE.is_working(found.due_on, term.unit if term.unit in {BD, JO} else BD)


@given(starts, st.integers(1, 1_000), zones)
def test_hours_elapse(start_at, count, zone):
    found = compute(start_at=start_at, term=Term(count, H), zone=zone, calendar=FRANCE)
    assert found.due_at - start_at == timedelta(hours=count)
    assert found.due_on == found.due_at.astimezone(ZoneInfo(zone)).date()


@given(starts, terms, zones)
def test_what_is_stored_is_read_back(start_at, term, zone):
    explanation = compute(start_at=start_at, term=term, zone=zone, calendar=FRANCE).explanation
    assert Explanation.of(explanation.facts()) == explanation
