"""Keys: what they open, how often, and what a call that is made again must say."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.accounts.rules import Permission
from doleance.keys import rules
from doleance.keys.rules import LimitOutOfRange, NoKeyName, Scope, Spent, TooManyCalls

NOON = datetime(2026, 11, 23, 12, 0, 30, tzinfo=UTC)


def test_a_secret_says_what_it_is_and_is_long():
    secret = rules.new_secret()
    assert secret.startswith("dol_")
    assert rules.is_secret(secret)
    assert rules.hint_of(secret) == secret[-4:]
    assert rules.new_secret() != secret


@pytest.mark.parametrize("text", ["", "dol_", "dol_" + "a" * 21, "dol_" + "a" * 23, "a" * 26, "dol_" + "é" * 22])
def test_what_has_not_its_shape_is_no_key(text):
    assert not rules.is_secret(text)


def test_each_scope_opens_one_thing():
    assert rules.permissions(["read"]) == {Permission.READ_TEAM_FILES}
    assert rules.permissions(["create", "message"]) == {Permission.DEPOSIT, Permission.RELAY}
    assert set(rules.GRANTS) == set(Scope)


@pytest.mark.parametrize(("typed", "kept"), [("  Ma   boutique ", "Ma boutique"), ("é" * 90, "é" * 80)])
def test_a_name_is_tidied(typed, kept):
    assert rules.name_of(typed) == kept


def test_a_key_has_a_name():
    with pytest.raises(NoKeyName):
        rules.name_of(" \n ")


@pytest.mark.parametrize("limits", [(0, 1), (1, 0), (6_001, 1), (1, 1_000_001)])
def test_a_limit_is_something(limits):
    with pytest.raises(LimitOutOfRange):
        rules.check_limits(per_minute=limits[0], per_day=limits[1])
    assert rules.check_limits(per_minute=1, per_day=1) is None


def spent(times, at=NOON, per_minute=3, per_day=100):
    known = None
    for _ in range(times):
        known = rules.spend(known, per_minute=per_minute, per_day=per_day, at=at)
    return known


def test_a_minute_has_its_share_and_says_how_long_it_lasts():
    full = spent(3)
    with pytest.raises(TooManyCalls) as refused:
        rules.spend(full, per_minute=3, per_day=100, at=NOON)
    assert refused.value.facts == {"wait": 30}
    later = rules.spend(full, per_minute=3, per_day=100, at=NOON + timedelta(seconds=30))
    assert (later.in_minute, later.in_day) == (1, 4)


def test_a_day_has_its_share_until_midnight_in_universal_time():
    full = spent(2, per_minute=60, per_day=2)
    with pytest.raises(TooManyCalls) as refused:
        rules.spend(full, per_minute=60, per_day=2, at=NOON)
    assert refused.value.facts == {"wait": 12 * 3600 - 30}
    midnight = datetime(2026, 11, 24, tzinfo=UTC)
    assert rules.spend(full, per_minute=60, per_day=2, at=midnight).in_day == 1


MOMENTS = st.integers(0, 2 * 86_400).map(lambda seconds: NOON + timedelta(seconds=seconds))


@given(st.lists(MOMENTS, max_size=30).map(sorted), st.integers(1, 5), st.integers(1, 12))
def test_no_minute_and_no_day_has_more_than_its_share(moments, per_minute, per_day):
    known: Spent | None = None
    let: list[datetime] = []
    waits: list[tuple[datetime, datetime]] = []
    for at in moments:
        try:
            known = rules.spend(known, per_minute=per_minute, per_day=per_day, at=at)
            let.append(at)
        except TooManyCalls as refusal:
            waits.append((at, at + timedelta(seconds=refusal.facts["wait"])))
    assert all(again.replace(second=0) > at.replace(second=0) for at, again in waits), "a wait that ends too soon"
    minutes = [at.replace(second=0, microsecond=0) for at in let]
    days = [at.date() for at in let]
    assert all(minutes.count(one) <= per_minute for one in minutes)
    assert all(days.count(one) <= per_day for one in days)


def test_a_call_is_of_its_key_and_of_its_name():
    one, other = uuid4(), uuid4()
    assert rules.call_of(one, "a") == rules.call_of(one, "a")
    assert len({rules.call_of(one, "a"), rules.call_of(one, "b"), rules.call_of(other, "a")}) == 3


BODIES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.dictionaries(st.text(), inner),
    max_leaves=6,
)


@given(BODIES, BODIES)
def test_two_calls_have_one_fingerprint_when_they_say_the_same(one, other):
    def of(body, route="r", key=b"k"):
        return rules.fingerprint(key=key, route=route, body=body)

    assert (of(one) == of(other)) == (repr(one) == repr(other) or same(one, other))
    assert of(one) != of(one, route="s")
    assert of(one) != of(one, key=b"l")


def same(one, other):
    """Equal as JSON is: `True` is not `1`, and the order of names says nothing."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    return type(one) is type(other) and one == other
