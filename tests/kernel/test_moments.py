"""A day and a moment are said the same way on every screen."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.kernel import moments
from doleance.kernel.text import NO_BREAK
from doleance.kernel.tongue import FRENCH
from tests.tongues import ENGLISH


def spaced(text: str) -> str:
    """The text as one reads it: with plain spaces."""
    return text.replace(NO_BREAK, " ")


@pytest.mark.parametrize(
    ("day", "short", "long"),
    [
        (date(2026, 11, 12), "jeu. 12 nov.", "jeudi 12 novembre"),
        (date(2026, 12, 1), "mar. 1er déc.", "mardi 1er décembre"),
        (date(2026, 5, 8), "ven. 8 mai", "vendredi 8 mai"),
        (date(2026, 8, 15), "sam. 15 août", "samedi 15 août"),
        (date(2027, 1, 12), "mar. 12 janv. 2027", "mardi 12 janvier 2027"),
        (date(2025, 2, 28), "ven. 28 févr. 2025", "vendredi 28 février 2025"),
    ],
)
def test_a_day_with_its_year_only_when_it_is_another(day, short, long):
    assert spaced(moments.short_day(day, FRENCH, year=2026, weekday=True)) == short
    assert spaced(moments.long_day(day, FRENCH, year=2026)) == long
    assert spaced(moments.short_day(day, FRENCH, year=2026)) == short.split(" ", 1)[1]
    assert spaced(moments.long_day(day, FRENCH, year=2026, weekday=False)) == long.split(" ", 1)[1]


def test_the_year_is_said_when_nobody_knows_the_readers():
    assert spaced(moments.short_day(date(2026, 11, 12), FRENCH)) == "12 nov. 2026"


def test_a_moment_is_said_in_the_time_of_the_place():
    moment = datetime(2026, 11, 12, 7, 47, tzinfo=UTC)
    assert spaced(moments.short_moment(moment, "Europe/Paris", FRENCH, year=2026)) == "jeu. 12 nov., 8 h 47"
    assert (
        spaced(moments.short_moment(moment, "Indian/Reunion", FRENCH, year=2026, weekday=False)) == "12 nov., 11 h 47"
    )


def test_the_hour_alone_and_the_day_that_changes_with_the_place():
    moment = datetime(2026, 12, 31, 23, 0, tzinfo=UTC)
    assert spaced(moments.hour(moment, "Europe/Paris", FRENCH)) == "0 h"
    assert spaced(moments.short_moment(moment, "Europe/Paris", FRENCH, year=2026)) == "ven. 1er janv. 2027, 0 h"
    assert spaced(moments.short_moment(moment, "America/Guadeloupe", FRENCH, year=2026)) == "jeu. 31 déc., 19 h"


def test_only_the_comma_lets_a_line_break():
    text = moments.short_moment(datetime(2026, 11, 12, 7, 47, tzinfo=UTC), "Europe/Paris", FRENCH)
    assert text.count(" ") == 1
    assert ", " in text


@pytest.mark.parametrize(
    ("day", "short", "long"),
    [
        (date(2026, 11, 12), "Thu 12 Nov", "Thursday 12 November"),
        (date(2026, 12, 1), "Tue 1 Dec", "Tuesday 1 December"),
        (date(2026, 9, 30), "Wed 30 Sept", "Wednesday 30 September"),
        (date(2027, 1, 12), "Tue 12 Jan 2027", "Tuesday 12 January 2027"),
    ],
)
def test_the_same_in_english(day, short, long):
    assert spaced(moments.short_day(day, ENGLISH, year=2026, weekday=True)) == short
    assert spaced(moments.long_day(day, ENGLISH, year=2026)) == long


def test_an_english_clock():
    moment = datetime(2026, 11, 12, 7, 47, tzinfo=UTC)
    assert spaced(moments.short_moment(moment, "Europe/Paris", ENGLISH, year=2026)) == "Thu 12 Nov, 08:47"
    assert moments.hour(datetime(2026, 11, 12, 13, 0, tzinfo=UTC), "Europe/Paris", ENGLISH) == "14:00"


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)), st.sampled_from([FRENCH, ENGLISH]))
def test_a_day_never_breaks_and_names_its_year(day, tongue):
    for words in (moments.short_day(day, tongue, weekday=True), moments.long_day(day, tongue)):
        assert " " not in words
        assert words.endswith(str(day.year))
