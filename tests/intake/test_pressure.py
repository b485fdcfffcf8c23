"""Budgets of the public form: what is asked, never more than once promised, and work that nobody does twice."""

import hashlib
from datetime import UTC, date, datetime, timedelta
from itertools import count
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.intake import pressure
from doleance.intake.pressure import BUDGETS, DAY, HOUR, LEVELS, Budget, Demand, NotYet, Of

KEY = b"k" * 32
AT = datetime(2026, 11, 16, 8, 47, tzinfo=UTC)
NAMED_HOUR = Budget(Of.NAMED, HOUR, 3)
EASY = Demand(1)


def work(asked: pressure.Asked) -> str:
    """What a browser posts once it has found a number."""
    number = next(one for one in count() if pressure.is_work(asked.challenge, str(one), asked.bits))
    return f"{asked.hour}.{asked.bits}.{number}"


@pytest.fixture
def light(monkeypatch):
    """Work that a test has the time for."""
    monkeypatch.setattr(pressure, "FIRST_BITS", 6)


# Budgets


def test_within_its_budgets_a_form_is_asked_nothing():
    assert not pressure.demand({one: one.free - 1 for one in BUDGETS})
    assert pressure.demand({}).bits == 0
    assert pressure.demand({}).delay == timedelta()


@pytest.mark.parametrize(
    ("sent", "level"), [(2, 0), (3, 1), (5, 1), (6, 2), (11, 2), (12, 3), (24, 4), (48, 5), (96, 5), (10_000, 5)]
)
def test_each_doubling_over_a_budget_asks_more_up_to_a_ceiling(sent, level):
    assert pressure.demand({NAMED_HOUR: sent}).level == level


def test_a_house_says_how_many_forms_are_ordinary_to_it():
    free = {one: one.free for one in pressure.budgets(20_000)}
    assert [one.free for one in free if one.of is Of.ALL] == [20_000]
    assert [one for one in free if one.of is not Of.ALL] == [one for one in BUDGETS if one.of is not Of.ALL]


@given(st.fixed_dictionaries({one: st.integers(0, 20_000) for one in BUDGETS}))
def test_what_is_asked_never_falls_as_more_is_sent_and_has_a_ceiling(counts):
    now = pressure.demand(counts)
    more = pressure.demand({one: number + 1 for one, number in counts.items()})
    assert 0 <= now.level <= more.level <= LEVELS
    assert timedelta() <= now.delay <= more.delay <= pressure.LONGEST_DELAY <= timedelta(minutes=5)
    assert pressure.demand({one: min(number, pressure.most(one)) for one, number in counts.items()}) == now


def test_the_hardest_pressed_budget_decides():
    assert pressure.demand(dict.fromkeys(BUDGETS, 0) | {Budget(Of.ORIGIN, HOUR, 20): 45}).level == 2


def test_a_person_a_school_and_a_busy_day_pass_freely():
    """What the budgets are for: three complaints of one person, twenty of one network, ten a minute of everybody."""
    free = {(one.of, one.span): one.free for one in BUDGETS}
    assert free[Of.NAMED, HOUR] >= 3
    assert free[Of.ORIGIN, HOUR] >= 20
    assert free[Of.ALL, HOUR] >= 600
    assert all(free[of, DAY] >= free[of, HOUR] for of in (Of.NAMED, Of.ORIGIN))


# A wait


def test_a_promised_moment_is_never_put_off():
    promised = pressure.not_before(promised=None, demand=Demand(1), at=AT)
    assert promised == AT + timedelta(seconds=20)
    later = AT + timedelta(seconds=15)
    assert pressure.not_before(promised=promised, demand=Demand(LEVELS), at=later) == promised


def test_the_refusal_says_that_all_is_kept_and_when_it_goes():
    refusal = NotYet(until=AT + timedelta(seconds=39.2), at=AT)
    assert refusal.code == "not_yet"
    assert refusal.until == AT + timedelta(seconds=39.2)
    assert "est gardée\u202f; elle part d’elle-même dans 40\u00a0s" in str(refusal)
    assert NotYet(until=AT, at=AT + HOUR).facts == {"seconds": 1}


# Work


@pytest.mark.usefixtures("light")
def test_work_done_is_enough_for_its_own_draft_alone():
    draft = uuid4()
    effort = work(pressure.ask(draft=draft, demand=EASY, key=KEY, at=AT))
    assert pressure.is_enough(effort, draft=draft, demand=EASY, key=KEY, at=AT)
    assert not pressure.is_enough(effort, draft=uuid4(), demand=EASY, key=b"other" * 4, at=AT)
    others = [pressure.is_enough(effort, draft=uuid4(), demand=EASY, key=KEY, at=AT) for _ in range(200)]
    assert sum(others) < 30  # a number found for one draft serves another by chance only: once in 64


@pytest.mark.usefixtures("light")
def test_work_lasts_until_the_end_of_the_next_hour():
    draft = uuid4()
    effort = work(pressure.ask(draft=draft, demand=EASY, key=KEY, at=AT))
    late = AT.replace(hour=9, minute=59)
    assert pressure.is_enough(effort, draft=draft, demand=EASY, key=KEY, at=late)
    assert not pressure.is_enough(effort, draft=draft, demand=EASY, key=KEY, at=AT.replace(hour=10, minute=0))
    assert not pressure.is_enough(effort, draft=draft, demand=EASY, key=KEY, at=AT - HOUR)


@pytest.mark.usefixtures("light")
def test_pressure_that_grows_meanwhile_is_forgiven_a_little():
    draft = uuid4()
    effort = work(pressure.ask(draft=draft, demand=EASY, key=KEY, at=AT))
    accepted = [
        pressure.is_enough(effort, draft=draft, demand=Demand(level), key=KEY, at=AT) for level in range(1, LEVELS + 1)
    ]
    assert accepted == [True, True, True, False, False]


def test_nobody_chooses_how_little_work_it_is():
    """The challenge is bound to its bits: less work was never handed out."""
    draft = uuid4()
    asked = pressure.ask(draft=draft, demand=Demand(3), key=KEY, at=AT)
    for bits in (0, 1, 5, asked.bits - 1):
        number = next(one for one in count() if pressure.is_work(asked.challenge, str(one), min(bits, 8)))
        claimed = f"{asked.hour}.{bits}.{number}"
        assert not pressure.is_enough(claimed, draft=draft, demand=Demand(3), key=KEY, at=AT)


@given(st.text(max_size=40))
def test_any_other_text_is_no_work(text):
    assert not pressure.is_enough(text, draft=uuid4(), demand=EASY, key=KEY, at=AT)
    assert pressure.is_enough(text, draft=uuid4(), demand=Demand(), key=KEY, at=AT)


@pytest.mark.parametrize(
    "text", ["", "1.2", "..", "-1.17.0", "494912.99.0", "٤.17.0", "1." * 400, "494912.17.1e9", "494912.17.0\n"]
)
def test_hostile_work_is_no_work(text):
    assert not pressure.is_enough(text, draft=uuid4(), demand=EASY, key=KEY, at=AT)


def test_work_is_counted_in_zero_bits_of_the_hash():
    for number in map(str, range(300)):
        digest = hashlib.sha256(f"c:{number}".encode()).digest()
        zeros = f"{int.from_bytes(digest):0256b}".index("1")
        assert pressure.is_work("c", number, zeros)
        assert not pressure.is_work("c", number, zeros + 1)


# Marks


def test_a_mark_says_nothing_and_changes_every_day():
    today, tomorrow = date(2026, 11, 16), date(2026, 11, 17)
    one = pressure.mark(Of.ORIGIN, "203.0.113.7", key=KEY, day=today)
    assert len(one) == 64
    assert one == pressure.mark(Of.ORIGIN, "203.0.113.7", key=KEY, day=today)
    others = [
        pressure.mark(Of.ORIGIN, "203.0.113.7", key=KEY, day=tomorrow),
        pressure.mark(Of.ORIGIN, "203.0.113.8", key=KEY, day=today),
        pressure.mark(Of.NAMED, "203.0.113.7", key=KEY, day=today),
        pressure.mark(Of.ORIGIN, "203.0.113.7", key=b"x" * 32, day=today),
    ]
    assert len({one, *others}) == 5


def test_a_window_that_began_yesterday_is_counted_under_both_marks():
    midnight = datetime(2026, 11, 17, 0, 5, tzinfo=UTC)
    before = pressure.marks(Of.NAMED, "victime@courriel.example", key=KEY, at=midnight - HOUR)
    after = pressure.marks(Of.NAMED, "victime@courriel.example", key=KEY, at=midnight)
    assert before[0] == after[1]
    assert len(after) == 2


def test_what_is_unknown_has_no_mark():
    assert pressure.marks(Of.ORIGIN, "", key=KEY, at=AT) == ()


@given(st.integers(0, 10**11), st.integers(0, 10**5), st.integers(0, 10**11))
def test_a_file_has_room_while_its_network_and_all_together_have(size, count, held):
    mine, nothing = pressure.Held(count, held), pressure.Held(0, 0)
    for origin, every, room in ((mine, nothing, pressure.ROOM_ORIGIN), (nothing, mine, pressure.ROOM_ALL)):
        is_theirs = count <= room.drafts and held + size <= room.size
        alone = pressure.has_room(size, origin=nothing, every=nothing)
        assert pressure.has_room(size, origin=origin, every=every) == (is_theirs and alone)
