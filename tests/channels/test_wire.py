"""What the child says is what the parent hears."""

import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.channels.email import wire
from doleance.channels.rules import (
    Limit,
    MachineSigns,
    Mark,
    ParsedFile,
    ParsedMessage,
    Person,
    Problem,
    ReportedRecipient,
    SafeHtml,
)

# Every text that reading gives is free of NUL and of lone surrogates.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
people = st.builds(Person, texts, texts)
files = st.builds(ParsedFile, texts, texts, texts, st.booleans(), st.binary(max_size=50))
moments = st.none() | st.datetimes(timezones=st.just(UTC))
signs = st.builds(
    MachineSigns,
    return_path=st.none() | texts,
    auto_submitted=texts,
    list_headers=st.lists(texts, max_size=3).map(tuple),
    is_report=st.booleans(),
)
messages = st.builds(
    ParsedMessage,
    problem=st.sampled_from(Problem),
    limit=st.none() | st.sampled_from(Limit),
    message_id=texts,
    in_reply_to=st.lists(texts, max_size=3).map(tuple),
    answered=st.lists(texts, max_size=3).map(tuple),
    sender=people,
    to=st.lists(people, max_size=3).map(tuple),
    date=moments,
    separator=moments,
    text=texts,
    lost=st.integers(0, 9),
    is_html_only=st.booleans(),
    signs=signs,
    delivered_to=st.lists(texts, max_size=3).map(tuple),
    authentication=st.lists(texts, max_size=3).map(tuple),
    forwarded=people,
    report=st.lists(st.builds(ReportedRecipient, texts, texts, texts, texts), max_size=3).map(tuple),
    marks=st.lists(st.sampled_from(Mark), max_size=3).map(tuple),
    has_html=st.booleans(),
    files=st.lists(files, max_size=3).map(tuple),
)


@given(messages)
def test_an_answer_is_heard_as_it_was_said(parsed):
    pipe = io.BytesIO()
    wire.send_answer(pipe, parsed)
    pipe.seek(0)
    assert wire.read_answer(pipe) == parsed
    assert pipe.read() == b""


@given(st.none() | st.builds(SafeHtml, texts, st.integers(0, 9)))
def test_a_page_is_heard_as_it_was_said(page):
    pipe = io.BytesIO()
    wire.send_answer(pipe, page)
    pipe.seek(0)
    assert wire.read_answer(pipe, wire.PAGE) == page
    assert pipe.read() == b""


@given(st.none() | st.binary(max_size=50))
def test_a_thumbnail_is_heard_as_it_was_said(image):
    pipe = io.BytesIO()
    wire.send_answer(pipe, image)
    pipe.seek(0)
    assert wire.read_answer(pipe, wire.THUMBNAIL) == image
    assert pipe.read() == b""


@given(st.sampled_from([wire.READ, wire.PEEK, wire.PAGE, wire.THUMBNAIL]), st.binary(max_size=200))
def test_a_request_is_heard_as_it_was_said(mode, raw):
    pipe = io.BytesIO()
    wire.send_request(pipe, mode, raw)
    pipe.seek(0)
    assert wire.read_request(pipe) == (mode, raw)
    assert wire.read_request(pipe) is None


@pytest.mark.parametrize("cut", [0, 4, 8, 20, -1])
def test_an_answer_that_ends_early_is_no_answer(cut):
    pipe = io.BytesIO()
    wire.send_answer(
        pipe, ParsedMessage(date=datetime(2026, 1, 1, tzinfo=UTC), files=(ParsedFile("a", "b/c", "", False, b"x"),))
    )
    with pytest.raises(EOFError):
        wire.read_answer(io.BytesIO(pipe.getvalue()[:cut]))
