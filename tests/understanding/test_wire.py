"""What goes to the child and comes back is what was sent."""

import io
import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.understanding.process import wire
from doleance.understanding.rules import (
    Amount,
    BodyType,
    Facts,
    Incoming,
    MessageKind,
    Proposed,
    Reading,
    Sender,
    Signal,
    SignalCode,
    Urgency,
    WantedRemedy,
)

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
DAYS = st.lists(st.dates(), max_size=3).map(tuple)
AMOUNTS = st.lists(st.builds(Amount, TEXTS, TEXTS), max_size=2).map(tuple)
LISTS = st.lists(TEXTS, max_size=2).map(tuple)
SHARES = st.floats(0, 1)
PLACES = st.none() | st.integers(0, 10**6)
PROPOSED = st.builds(
    Proposed,
    start=PLACES,
    end=PLACES,
    quote=TEXTS,
    category=TEXTS,
    sub=TEXTS,
    top3=st.lists(st.tuples(TEXTS, SHARES), max_size=3).map(tuple),
    confidence=SHARES,
    wanted=st.lists(st.sampled_from(WantedRemedy), max_size=3).map(tuple),
)
READINGS = st.builds(
    Reading,
    language=TEXTS,
    kind=st.sampled_from(MessageKind),
    clean_text=TEXTS,
    grievances=st.lists(PROPOSED, max_size=3).map(tuple),
    order_refs=LISTS,
    amounts=AMOUNTS,
    dates=DAYS,
    urgency=st.sampled_from(Urgency),
    signals=st.lists(st.builds(Signal, st.sampled_from(SignalCode), TEXTS, PLACES), max_size=3).map(tuple),
    model=TEXTS,
    facts=st.builds(Facts, LISTS, AMOUNTS, DAYS, LISTS, LISTS, LISTS, LISTS, LISTS),
)
MESSAGES = st.builds(
    Incoming,
    id=TEXTS,
    channel=TEXTS,
    subject=TEXTS,
    body=TEXTS,
    body_type=st.sampled_from(BodyType),
    sender=st.builds(Sender, TEXTS, TEXTS, TEXTS, TEXTS),
    date=st.none() | st.datetimes(timezones=st.just(UTC)),
)


@given(READINGS)
def test_a_reading_comes_back_whole(reading):
    assert wire.reading(json.loads(json.dumps(wire.of_reading(reading)))) == reading


@given(MESSAGES)
def test_a_message_comes_back_whole(message):
    assert wire.message(json.loads(json.dumps(wire.of_message(message)))) == message


def test_a_day_and_a_moment_stay_what_they_are():
    message = Incoming("1", "email", "", "", date=datetime(2026, 11, 12, 8, 47, tzinfo=UTC))
    assert wire.message(wire.of_message(message)).date == message.date
    told = wire.of_reading(
        Reading("fr", MessageKind.SPAM, "", (), (), (), (date(2026, 11, 12),), Urgency.NORMAL, (), "m")
    )
    assert told["dates"] == ["2026-11-12"]


def test_frames_follow_each_other_until_the_end():
    pipe = io.BytesIO()
    wire.send(pipe, {"a": "é"})
    wire.send(pipe, {})
    pipe.seek(0)
    assert (wire.receive(pipe), wire.receive(pipe), wire.receive(pipe)) == ({"a": "é"}, {}, None)


@pytest.mark.parametrize("data", [b"\0\0", b"\0\0\0\x05{}", b"\xff\xff\xff\xff{}", b"\0\0\0\x02[]", b"\0\0\0\x02{x"])
def test_nonsense_is_no_frame(data):
    with pytest.raises((EOFError, ValueError)):
        wire.receive(io.BytesIO(data))
