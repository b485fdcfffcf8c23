"""When a message was received, and why one waits (reliability.md §2)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.channels.rules import (
    AHEAD,
    Limit,
    MessageState,
    ParsedMessage,
    Problem,
    Reason,
    ReceivedFrom,
    SenderClass,
    is_due,
    is_history,
    ledger_validity,
    must_sweep,
    reached,
    received_at,
    sentence_of,
)

NOW = datetime(2026, 11, 23, 8, 47, tzinfo=UTC)
HOUR = timedelta(hours=1)
moments = st.none() | st.datetimes(timezones=st.just(UTC))


@pytest.mark.parametrize(
    ("server", "separator", "header", "expected"),
    [
        (NOW - HOUR, NOW - 2 * HOUR, NOW - 3 * HOUR, (NOW - HOUR, ReceivedFrom.SERVER)),
        (None, NOW - 2 * HOUR, NOW - 3 * HOUR, (NOW - 2 * HOUR, ReceivedFrom.SEPARATOR)),
        (None, None, NOW - 3 * HOUR, (NOW - 3 * HOUR, ReceivedFrom.HEADER)),
        (None, None, None, (NOW, ReceivedFrom.IMPORT)),
        # A clock that is ahead says nothing: what is in our hands was received.
        (None, NOW + HOUR, NOW - 3 * HOUR, (NOW - 3 * HOUR, ReceivedFrom.HEADER)),
        (NOW + HOUR, None, None, (NOW, ReceivedFrom.IMPORT)),
        (NOW, None, None, (NOW, ReceivedFrom.SERVER)),
        # Clocks differ by some minutes: the mail server is believed, and nothing is received later than now.
        (NOW + timedelta(minutes=10), None, NOW - HOUR, (NOW, ReceivedFrom.SERVER)),
        (NOW + timedelta(minutes=10, seconds=1), None, NOW - HOUR, (NOW - HOUR, ReceivedFrom.HEADER)),
    ],
)
def test_the_surest_source_says_when_it_was_received(server, separator, header, expected):
    assert received_at(server=server, separator=separator, header=header, at=NOW) == expected


@given(moments, moments, moments)
def test_a_message_is_never_received_after_we_hold_it(server, separator, header):
    found, origin = received_at(server=server, separator=separator, header=header, at=NOW)
    assert found <= NOW
    is_told = server is not None and server <= NOW + AHEAD
    is_told = is_told or any(one is not None and one <= NOW for one in (separator, header))
    assert (origin != ReceivedFrom.IMPORT) == is_told


@pytest.mark.parametrize("reason", Reason)
def test_each_reason_says_why_in_a_sentence(reason):
    assert sentence_of(reason).endswith(".")
    assert "{" not in sentence_of(reason).format(detail="un détail")


def test_each_limit_completes_its_sentence():
    for limit in Limit:
        assert limit.label[0].islower()
        assert limit.label in sentence_of(Reason.OVER_LIMIT).format(detail=limit.label)


def test_a_read_message_is_in_exactly_one_of_three_states():
    """Reliability.md §2: linked, quarantined, or a duplicate of a named message; `stored` is not read yet."""
    assert set(MessageState) - {MessageState.STORED} == {"linked", "quarantined", "duplicate"}


def test_what_could_not_be_read_says_so():
    assert ParsedMessage().problem == Problem.NONE
    assert SenderClass.UNVERIFIED.label == "Expéditeur non vérifié"


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (NOW, False),
        (NOW + timedelta(days=40), False),
        (NOW - timedelta(days=30), False),
        (NOW - timedelta(days=30, seconds=1), True),
    ],
)
def test_what_was_received_long_before_we_could_hold_it_is_history(moment, expected):
    assert is_history(received_at=moment, since=NOW) is expected


@pytest.mark.parametrize(
    ("failing_for", "checked_ago", "expected"),
    [
        (None, 0, True),
        (9, 1, True),
        (11, 1, False),
        (11, 5, True),
        (9999, 4, False),
    ],
)
def test_a_mailbox_that_fails_is_tried_each_minute_then_less_often(failing_for, checked_ago, expected):
    since = None if failing_for is None else NOW - timedelta(minutes=failing_for)
    assert is_due(failing_since=since, checked_at=NOW - timedelta(minutes=checked_ago), at=NOW) is expected


@pytest.mark.parametrize(
    ("swept_at", "failing_since", "expected"),
    [
        (None, None, True),
        (NOW - timedelta(minutes=59), None, False),
        (NOW - HOUR, None, True),
        (NOW - timedelta(minutes=1), NOW, True),
        (NOW - timedelta(minutes=1), NOW - timedelta(minutes=9), False),  # once is enough, however long it fails
        (NOW + HOUR, None, True),  # the clock went back
    ],
)
def test_the_whole_folder_is_compared_at_first_each_hour_and_after_a_failure(swept_at, failing_since, expected):
    assert must_sweep(swept_at=swept_at, failing_since=failing_since, at=NOW) is expected


@given(st.sets(st.integers(1, 40)), st.sets(st.integers(1, 40)), st.integers(0, 40))
def test_the_mark_never_passes_what_is_not_in_the_ledger(listed, known, seen):
    mark = reached(top=max(listed, default=0), pending=listed - known, seen_uid=seen)
    assert mark >= seen
    assert all(uid in known for uid in listed if seen < uid <= mark)
    following = min((uid for uid in listed if uid > mark), default=None)
    assert following is None or following not in known  # and goes as far as it can
    assert mark <= max([seen, *listed])  # never over what nobody listed yet


@given(st.integers(0, 1000), st.integers(1, 2**32 - 1), st.integers(0, 1000), st.integers(1, 2**32 - 1))
def test_two_places_never_share_a_number(epoch, validity, other_epoch, other):
    same = ledger_validity(epoch=epoch, uidvalidity=validity) == ledger_validity(epoch=other_epoch, uidvalidity=other)
    assert same is ((epoch, validity) == (other_epoch, other))
