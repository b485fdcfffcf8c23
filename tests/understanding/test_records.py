"""Messages and readings as lines."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.understanding import records
from doleance.understanding.records import BadLine
from doleance.understanding.rules import BodyType, Sender


def test_a_whole_message():
    record = {
        "id": "m1",
        "channel": "email",
        "subject": "Colis",
        "body": "<p>rien</p>",
        "body_type": "html",
        "from": {"name": "Léa", "email": "lea@example.fr", "phone": None},
        "date": "2026-03-14T09:12:00+01:00",
    }
    message = records.incoming(record)
    assert message.body_type is BodyType.HTML
    assert message.sender == Sender("Léa", "lea@example.fr")
    assert message.date is not None
    assert message.date.isoformat() == record["date"]


def test_a_body_is_enough():
    message = records.incoming({"body": ""})
    assert (message.id, message.channel, message.body_type, message.date) == ("", "", BodyType.TEXT, None)


@pytest.mark.parametrize("identity", ["a", 7, 0, ""])
def test_an_identity_is_a_text_or_a_number(identity):
    assert records.incoming({"id": identity, "body": "x"}).id == str(identity)


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"body": 3},
        {"body": "x", "from": "lea"},
        {"body": "x", "subject": ["a"]},
        {"body": "x", "body_type": "rtf"},
        {"body": "x", "date": "hier"},
        {"body": "x", "date": 3},
        {"body": "x", "id": {}},
        {"body": "x", "from": {"email": 3}},
    ],
)
def test_what_would_change_the_sense_is_refused(record):
    with pytest.raises(BadLine):
        records.incoming(record)


@pytest.mark.parametrize("line", ["", "{", "[]", "3", '"x"', "null", "[" * 5000])
def test_a_line_that_is_no_object_is_refused(line):
    with pytest.raises(BadLine):
        records.parse(line)


@given(st.text(max_size=100))
def test_any_line_is_an_object_or_refused(line):
    with suppress(BadLine):
        assert isinstance(records.parse(line), dict)
