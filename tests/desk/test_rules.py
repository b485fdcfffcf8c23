"""What a list is narrowed by, as an address says it: read back as it was written, and nothing it can say breaks it."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.complaints.rules import State
from doleance.desk import rules
from doleance.desk.rules import By, Condition, Filters, Named, Within

AT = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)  # 23:30 in Paris
slugs = st.lists(st.from_regex(r"[a-z]{1,8}(-[a-z]{1,8})?", fullmatch=True), unique=True, max_size=3).map(tuple)
some = st.builds(
    Filters,
    states=st.lists(st.sampled_from(State), unique=True, max_size=3).map(tuple),
    channels=st.lists(st.sampled_from(By), unique=True).map(tuple),
    due=st.none() | st.sampled_from(Within),
    owners=slugs,
    teams=slugs,
    categories=slugs,
    since=st.none() | st.dates(),
    until=st.none() | st.dates(),
    safety=st.booleans(),
    entities=slugs,
)


def told(pairs):
    found = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


@given(some)
def test_filters_are_read_back_as_they_were_written(filters):
    assert Filters.read(told(filters.pairs())) == filters


@given(some, st.sampled_from(Condition))
def test_a_condition_taken_away_is_gone_and_the_others_stay(filters, condition):
    left = filters.without(condition)
    assert set(left.used()) == set(filters.used()) - {condition}
    assert left.without(condition) == left


@given(st.dictionaries(st.sampled_from([*Condition, "du", "au"]), st.lists(st.text(max_size=30), max_size=4)))
def test_whatever_an_address_says_is_read(said):
    filters = Filters.read(said)
    assert Filters.read(told(filters.pairs())) == filters
    assert all("\x00" not in value for _, value in filters.pairs())


def test_an_address_may_join_values_by_commas():
    assert Filters.read({"etat": ["a-prendre,en-cours"]}).states == (State.RECEIVED, State.ASSESSMENT)


def test_what_means_nothing_is_passed_over():
    said = {"etat": ["x"], "canal": ["pigeon"], "echeance": ["hier"], "du": ["32 mai"], "danger": ["non"]}
    assert not Filters.read(said)


def test_every_state_has_a_slug_of_its_own():
    assert set(rules.STATES.values()) == set(State)
    assert rules.STATES["attente-de-sa-reponse"] is State.WAITING


def test_conditions_come_in_the_order_of_the_sentence():
    filters = Filters(safety=True, since=date(2026, 11, 1), states=(State.WAITING,))
    assert filters.used() == (Condition.STATE, Condition.RECEIVED, Condition.SAFETY)


@pytest.mark.parametrize(
    ("within", "end"),
    [
        (Within.LATE, AT),
        (Within.TODAY, datetime(2026, 11, 23, 23, 0, tzinfo=UTC)),
        (Within.THREE, datetime(2026, 11, 26, 23, 0, tzinfo=UTC)),
        (Within.THIRTY, datetime(2026, 12, 23, 23, 0, tzinfo=UTC)),
    ],
)
def test_within_ends_with_a_day_of_the_reader_s_zone(within, end):
    assert rules.end_of(within, AT, "Europe/Paris") == end


def test_two_of_one_name_keep_apart():
    rows = [("0001-aaaaaa", "Léa Roy"), ("0002-bbbbbb", "Lea Roy"), ("0003", "Luc Delmas"), ("0004", "»")]
    found = rules.named(rows)
    assert [one.slug for one in found] == ["lea-roy-aaaaaa", "lea-roy-bbbbbb", "luc-delmas", "sans-nom"]
    assert found[2] == Named("luc-delmas", "Luc Delmas", "0003")
