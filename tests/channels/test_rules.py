"""When a message was received, and why one waits (reliability.md §2)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.channels.rules import (
    Limit,
    MessageState,
    ParsedMessage,
    Problem,
    Reason,
    ReceivedFrom,
    SenderClass,
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
    ],
)
def test_the_surest_source_says_when_it_was_received(server, separator, header, expected):
    assert received_at(server=server, separator=separator, header=header, at=NOW) == expected


@given(moments, moments, moments)
def test_a_message_is_never_received_after_we_hold_it(server, separator, header):
    found, origin = received_at(server=server, separator=separator, header=header, at=NOW)
    assert found <= NOW
    assert (origin == ReceivedFrom.IMPORT) == all(one is None or one > NOW for one in (server, separator, header))


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
