"""How long ago, how late and how soon are said from the reader's own day and place."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.kernel import delays
from doleance.kernel.text import NO_BREAK
from doleance.kernel.tongue import FRENCH
from tests.tongues import ENGLISH

PARIS, REUNION = "Europe/Paris", "Indian/Reunion"
NOW = datetime(2026, 11, 23, 8, 12, tzinfo=UTC)  # a Monday, 9 h 12 in Paris


def plain(words):
    """As one reads it."""
    return words.replace(NO_BREAK, " ")


def at(day, hour, minute=0):
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(seconds=3), "1 min"),
        (timedelta(minutes=42, seconds=59), "42 min"),
        (timedelta(hours=5, minutes=18), "5 h 18"),
        (timedelta(hours=2), "2 h"),
        (timedelta(hours=24), "1 jour"),
        (timedelta(days=11, hours=3), "11 jours"),
        (-timedelta(minutes=42), "42 min"),
    ],
)
def test_a_length_of_time_is_rounded_down(length, words):
    assert plain(delays.span(length, FRENCH)) == words


@pytest.mark.parametrize(
    ("moment", "ago", "late"),
    [
        (at(23, 7, 32), "il y a 40 min", "depuis 40 min"),
        (at(23, 6, 12), "il y a 2 h", "depuis 2 h"),
        (at(22, 20), "hier", "depuis hier"),
        (at(20, 9), "vendredi", "depuis vendredi"),
        (at(17, 9), "mardi", "depuis mardi"),
        (at(16, 9), "le 16 nov.", "depuis le 16 nov."),
        (at(1, 9), "le 1er nov.", "depuis le 1er nov."),
    ],
)
def test_the_past_is_said_by_its_minutes_its_day_or_its_date(moment, ago, late):
    assert plain(delays.age(moment, PARIS, NOW, FRENCH)) == ago
    assert plain(delays.since(moment, PARIS, NOW, FRENCH)) == late


def test_yesterday_depends_on_the_place():
    moment = datetime(2026, 11, 22, 20, 30, tzinfo=UTC)  # 21 h 30 on Sunday in Paris, 0 h 30 on Monday in La Réunion
    assert delays.age(moment, PARIS, NOW, FRENCH) == "hier"
    assert plain(delays.age(moment, REUNION, NOW, FRENCH)) == "il y a 11 h 42"


@pytest.mark.parametrize(
    ("moment", "asked", "words", "tone"),
    [
        (at(23, 7, 30), {}, "depuis 42 min", "late"),
        (at(23, 13, 30), {}, "aujourd’hui, 14 h 30", "soon"),
        (at(23, 22, 59), {}, "aujourd’hui", "soon"),
        (at(26, 22, 59), {"working_days": 3}, "dans 3 j ouvrés", ""),
        (at(24, 22, 59), {"working_days": 1}, "dans 1 j ouvré", ""),
        (at(26, 22, 59), {}, "le 26 nov.", ""),
        (datetime(2027, 1, 12, 22, 59, tzinfo=UTC), {}, "le 12 janv. 2027", ""),
        (at(20, 9), {"met": at(20, 8)}, "réglé le 20 nov.", "ok"),
    ],
)
def test_a_due_moment_has_words_and_a_colour(moment, asked, words, tone):
    said = delays.due(moment, PARIS, NOW, FRENCH, **asked)
    assert (plain(said.words), said.tone) == (words, tone)


@given(st.timedeltas(timedelta(days=-2000), timedelta(days=2000)))
def test_red_means_late_and_amber_means_today(distance):
    moment = NOW + distance
    said = delays.due(moment, PARIS, NOW, FRENCH, working_days=4)
    assert (said.tone == "late") == (moment < NOW)
    assert (said.tone == "soon") == said.words.startswith("aujourd’hui")


@given(
    st.datetimes(timezones=st.just(UTC)),
    st.datetimes(timezones=st.just(UTC)),
    st.datetimes(timezones=st.just(UTC)),
)
def test_the_point_of_a_thread_stays_on_it_and_never_goes_back(start, end, now):
    here = delays.elapsed(start, end, now)
    assert 0 <= here <= 1
    if now < datetime(9000, 1, 1, tzinfo=UTC):
        assert delays.elapsed(start, end, now + timedelta(days=1)) >= here


def test_a_thread_without_length_is_over():
    assert delays.elapsed(NOW, NOW, NOW) == 1
    assert delays.elapsed(NOW, NOW + timedelta(days=10), NOW + timedelta(days=5)) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("moment", "ago", "late"),
    [
        (at(23, 7, 32), "40 min ago", "40 min late"),
        (at(23, 2, 54), "5 h 18 min ago", "5 h 18 min late"),
        (at(22, 20), "yesterday", "since yesterday"),
        (at(20, 9), "on Friday", "since Friday"),
        (at(16, 9), "on 16 Nov", "since 16 Nov"),
    ],
)
def test_the_past_in_english(moment, ago, late):
    assert plain(delays.age(moment, PARIS, NOW, ENGLISH)) == ago
    assert plain(delays.since(moment, PARIS, NOW, ENGLISH)) == late


@pytest.mark.parametrize(
    ("moment", "asked", "words"),
    [
        (at(23, 13, 30), {}, "today, 14:30"),
        (at(23, 22, 59), {}, "today"),
        (at(26, 22, 59), {"working_days": 3}, "in 3 business days"),
        (at(24, 22, 59), {"working_days": 1}, "in 1 business day"),
        (at(26, 22, 59), {"working_days": 0}, "in 0 business days"),
        (at(26, 22, 59), {}, "on 26 Nov"),
        (at(20, 9), {"met": at(20, 8)}, "settled on 20 Nov"),
    ],
)
def test_a_due_moment_in_english(moment, asked, words):
    assert plain(delays.due(moment, PARIS, NOW, ENGLISH, **asked).words) == words


def test_lengths_in_english():
    assert plain(delays.span(timedelta(days=1), ENGLISH)) == "1 day"
    assert plain(delays.span(timedelta(days=11), ENGLISH)) == "11 days"
