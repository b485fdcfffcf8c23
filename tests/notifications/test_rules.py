"""What may leave, when, in which order, how often."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.notifications import rules
from doleance.notifications.rules import MOVES, NoticeState, Purpose

AT = datetime(2026, 11, 23, 8, 47, tzinfo=UTC)
S = NoticeState
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)).map(lambda naive: naive.replace(tzinfo=UTC))  # noqa: DTZ001


def test_nothing_comes_back_from_the_wire():
    assert MOVES[S.SENT] == frozenset()
    assert MOVES[S.RETAINED] == frozenset()


def test_what_nobody_knows_about_is_never_sent_by_a_machine():
    """Only a person leads out of uncertain to the queue; a worker only ever claims what is queued."""
    assert [state for state in S if S.SENDING in MOVES[state]] == [S.QUEUED]


def test_what_may_have_left_cannot_be_taken_back():
    for state in (S.SENDING, S.SENT, S.UNCERTAIN, S.RETAINED):
        with pytest.raises(rules.TooLateToRetain):
            rules.may_retain(state)
    for state in (S.QUEUED, S.FAILED, S.NO_CHANNEL):
        rules.may_retain(state)


@pytest.mark.parametrize("state", S)
def test_who_decides_what(state):
    for rule, allowed in (
        (rules.may_decide, {S.UNCERTAIN}),
        (rules.may_send_again, {S.FAILED, S.NO_CHANNEL}),
    ):
        if state in allowed:
            rule(state)
        else:
            with pytest.raises(rules.NothingToDecide):
                rule(state)


def test_every_state_that_needs_a_person_is_shown_to_one():
    stuck = {state for state in S if MOVES[state] and state not in rules.AHEAD | {S.TO_PRINT}}
    assert stuck == rules.FOR_PEOPLE


def test_a_file_is_not_closed_over_what_may_still_leave():
    assert {state for state in S if MOVES[state]} == rules.LEAVING


@pytest.mark.parametrize(
    ("state", "attempts", "attempt", "to", "believed"),
    [
        (S.SENDING, 1, 1, S.SENT, True),
        (S.UNCERTAIN, 1, 1, S.SENT, True),  # the worker was stopped for an hour, and brings true news
        (S.UNCERTAIN, 1, 1, S.QUEUED, True),
        (S.QUEUED, 1, 1, S.SENT, True),  # a person ordered it again; the first copy had left: no second one
        (S.QUEUED, 1, 1, S.FAILED, False),
        (S.SENDING, 2, 1, S.SENT, False),  # a second try is on its way: the news are of the first
        (S.SENT, 1, 1, S.UNCERTAIN, False),
        (S.RETAINED, 1, 1, S.SENT, False),
    ],
)
def test_late_news(state, attempts, attempt, to, believed):
    assert rules.settles(state=state, attempts=attempts, attempt=attempt, to=to) is believed


@given(st.lists(MOMENTS, max_size=20), MOMENTS)
def test_no_address_gets_more_than_its_share(left, at):
    slot = rules.next_slot(left=left, at=at)
    assert slot >= at
    past = [moment for moment in left if moment <= slot]
    if len(past) == len(left):
        assert sum(1 for moment in left if moment > slot - timedelta(hours=1)) < rules.PER_HOUR
        assert sum(1 for moment in left if moment > slot - timedelta(days=1)) < rules.PER_DAY


@given(MOMENTS, st.integers(1, 12))
def test_a_flood_gets_three_a_day_an_hour_apart(at, count):
    """An address that writes without end: what leaves for it, whatever the number of files."""
    left: list[datetime] = []
    for _ in range(count):
        left.append(rules.next_slot(left=left, at=at))
    assert all(later - earlier >= timedelta(hours=1) for earlier, later in pairwise(left))
    assert all(fourth - first >= timedelta(days=1) for first, fourth in zip(left, left[3:], strict=False))


def test_a_slot_is_free_as_soon_as_it_may_be():
    hour, day = timedelta(hours=1), timedelta(days=1)
    assert rules.next_slot(left=[], at=AT) == AT
    assert rules.next_slot(left=[AT - timedelta(minutes=20)], at=AT) == AT + timedelta(minutes=40)
    assert rules.next_slot(left=[AT - hour], at=AT) == AT
    assert rules.next_slot(left=[AT - 5 * hour, AT - 4 * hour, AT - 3 * hour], at=AT) == AT - 5 * hour + day


def test_tries_are_quick_at_first_then_rare_then_given_up():
    moment, tries = AT, []
    while True:
        following = rules.retry_at(due_at=AT, at=moment)
        if following is None:
            break
        tries.append(following - moment)
        moment = following
    assert tries[0] == timedelta(minutes=1)
    assert tries[-1] == timedelta(hours=6)
    assert tries == sorted(tries)
    assert timedelta(days=4) < moment - AT <= rules.GIVE_UP_AFTER
    assert len(tries) < 50


IDENTIFIER = st.integers(0, 40).map(lambda number: f"<{number}@x>")


@given(st.one_of(st.just(""), IDENTIFIER), st.lists(IDENTIFIER, max_size=60), st.lists(IDENTIFIER, max_size=60))
def test_a_mail_hangs_under_the_last_one(parent, chain, ours):
    place = rules.place(parent=parent, parent_chain=chain, ours=ours)
    assert len(place.chain) == len(set(place.chain)) <= 20
    if place.chain:
        assert place.chain[-1] == place.parent
    else:
        assert place.parent == ""
    if parent:
        assert place.parent == parent
    if chain and chain[0] != parent:
        assert place.chain[0] == chain[0]  # the first one names the thread


def test_their_thread_then_ours_then_what_we_answer():
    place = rules.place(parent="<b@x>", parent_chain=["<a@x>", "<our1@y>"], ours=["<our1@y>", "<our2@y>"])
    assert place == rules.Place("<b@x>", ("<a@x>", "<our1@y>", "<our2@y>", "<b@x>"))


def test_a_long_thread_keeps_its_name_and_its_end():
    chain = [f"<{number}@x>" for number in range(60)]
    place = rules.place(parent="<last@x>", parent_chain=chain, ours=[])
    assert len(place.chain) == 20
    assert (place.chain[0], place.chain[-2:]) == ("<0@x>", ("<59@x>", "<last@x>"))


def test_without_their_identifier_we_hang_under_our_own():
    assert rules.place(parent="", parent_chain=[], ours=["<our1@y>"]) == rules.Place("<our1@y>", ("<our1@y>",))


@pytest.mark.parametrize(("seconds", "shown"), [(15, 15), (14.2, 15), (0.001, 1), (0, 0), (-3, 0)])
def test_a_countdown_never_says_nothing_while_it_may_be_taken_back(seconds, shown):
    assert rules.seconds_left(not_before=AT + timedelta(seconds=seconds), at=AT) == shown


@pytest.mark.parametrize("state", S)
def test_every_state_is_said_in_words(state):
    words, facts = rules.words(state=state, not_before=AT + timedelta(seconds=12), error="", at=AT)
    assert words.format(**facts)
    if state is S.QUEUED:
        assert words.format(**facts) == "part dans 12 s"


def test_a_wait_says_why():
    words, _ = rules.words(state=S.QUEUED, not_before=AT + timedelta(minutes=1), error="450 try later", at=AT)
    assert "nouvel essai" in words
    words, _ = rules.words(state=S.QUEUED, not_before=AT, error="", at=AT)
    assert words == "part maintenant"
    words, _ = rules.words(state=S.QUEUED, not_before=AT + timedelta(minutes=40), error="", at=AT)
    assert "différé" in words


def test_every_purpose_settles_a_duty_but_a_code_and_a_pointer():
    assert set(rules.MEETS) == set(Purpose) - {Purpose.CODE, Purpose.POINTER}


@given(
    local=st.from_regex(r"[a-z.]{1,12}", fullmatch=True),
    tags=st.lists(st.from_regex(r"[a-z0-9+]{0,8}", fullmatch=True)),
)
def test_one_box_has_one_budget_whatever_its_tags(local, tags):
    """Invented tags win nothing; two boxes stay two."""
    keys = {rules.budget_key(f"{local}+{tag}@courriel.example") for tag in tags}
    assert keys <= {rules.budget_key(f"{local}@courriel.example")} == {f"{local}@courriel.example"}
    assert rules.budget_key(f"{local}x@courriel.example") != rules.budget_key(f"{local}@courriel.example")
    assert rules.budget_key(f"+{local}@courriel.example") == f"+{local}@courriel.example"
