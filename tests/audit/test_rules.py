"""What an event may say in clear, what it commits to, and what a chain says the rows are."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.audit import rules
from doleance.audit.rules import NotClear, Told, fold
from doleance.kernel.kinds import Kind

AT = datetime(2026, 11, 21, 23, 53, tzinfo=timezone(timedelta(hours=1)))
ONE = UUID("0190a6e4-0000-7000-8000-000000000001")

moments = st.datetimes(timezones=st.just(UTC) | st.timezones())
columns = st.dictionaries(st.sampled_from("abcd"), st.integers(0, 9), max_size=4)
changes = st.dictionaries(st.sampled_from(["x:1", "x:2", "y:1"]), st.none() | columns, max_size=3)


def facts(**given):
    told = {"code": "state_moved", "by": "machine:test", "at": AT, "facts": {}, "rows": {}}
    return rules.facts_of(**{**told, **given})


@given(moments)
def test_a_moment_reads_back(at):
    try:
        written = rules.moment(at)
    except OverflowError:  # the first or last hours that exist, in another zone
        return
    assert rules.read_moment(written) == at.astimezone(UTC)  # an hour that comes twice equals no other zone's
    assert len(written) == 27
    assert written.endswith("Z")


@given(moments, moments)
def test_moments_sort_as_they_came(one, other):
    try:
        written = rules.moment(one), rules.moment(other)
    except OverflowError:
        return
    assert (written[0] < written[1]) == (one.astimezone(UTC) < other.astimezone(UTC))


def test_a_naive_moment_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        rules.moment(datetime(2026, 11, 21))  # noqa: DTZ001


class Colour(Kind):
    RED = "red", "Rouge"


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (None, None),
        (True, True),
        (7, 7),
        ("été", "été"),
        (Colour.RED, "red"),
        (ONE, "0190a6e4-0000-7000-8000-000000000001"),
        (AT, "2026-11-21T22:53:00.000000Z"),
        (date(2026, 11, 21), "2026-11-21"),
        (time(8, 30), "08:30:00"),
        (Decimal("12.50"), "12.50"),
        (b"\x01\xff", "01ff"),
        (memoryview(b"\x01"), "01"),
        ((1, [2]), [1, [2]]),
        ({"b", "a"}, ["a", "b"]),
        ({"a": {ONE: 1}}, {"a": {"0190a6e4-0000-7000-8000-000000000001": 1}}),
    ],
)
def test_values_have_one_plain_form(value, plain):
    found = rules.plain(value)
    assert found == plain
    assert type(found) is type(plain)


@pytest.mark.parametrize("value", [1.5, object(), float("nan")])
def test_what_has_no_exact_form_is_refused(value):
    with pytest.raises(ValueError, match="no form"):
        rules.plain(value)


@pytest.mark.parametrize("stream", ["settings", f"complaint:{ONE}", f"import:{ONE}", "erasures"])
def test_streams(stream):
    rules.check_stream(stream)


@pytest.mark.parametrize(
    "stream", ["", "Complaint:x", "complaint:", "complaint:12", f"complaint:{ONE}:x", "a b", f"c:{ONE}\n"]
)
def test_what_is_no_stream_is_refused(stream):
    with pytest.raises(ValueError, match="no stream"):
        rules.check_stream(stream)


def test_a_subject_is_the_streams_own_identifier():
    assert rules.subject_of(f"complaint:{ONE}") == ONE
    assert rules.subject_of("settings") == rules.subject_of("settings") != rules.subject_of("erasures")


def test_facts_stand_side_by_side():
    told = facts(
        facts={"to": Colour.RED, "n": 1}, rows={f"complaint:{ONE}": {"state": "red"}, f"grievance:{ONE}": None}
    )
    assert told == {
        "code": "state_moved",
        "by": "machine:test",
        "at": "2026-11-21T22:53:00.000000Z",
        "to": "red",
        "n": 1,
        "rows": {f"complaint:{ONE}": {"state": "red"}, f"grievance:{ONE}": None},
    }


@pytest.mark.parametrize("code", ["", "State", "état", "a-b", "1st", "x" * 65])
def test_a_bad_code_is_refused(code):
    with pytest.raises(ValueError, match="no event code"):
        facts(code=code)


@pytest.mark.parametrize("name", ["code", "by", "at", "rows"])
def test_reserved_names_are_refused(name):
    with pytest.raises(ValueError, match="reserved"):
        facts(facts={name: 1})


@pytest.mark.parametrize(
    "text", ["Mme Durand", "durand@exemple.fr", "été", "deux\u00a0mots", "x" * 201, "a\nb", "\x00", "\u212a"]
)
def test_a_text_or_an_identity_cannot_stand_in_clear(text):
    """What stands in clear is for ever: erasure could not reach it."""
    for told in (
        {"facts": {"x": text}},
        {"facts": {"x": [{"y": text}]}},
        {"facts": {text: 1}},
        {"rows": {"complaint:1": {"x": text}}},
        {"by": text},
    ):
        with pytest.raises(NotClear):
            facts(**told)


@pytest.mark.parametrize("text", ["", "FR-CONSO", "Europe/Paris", "R26-7K4M-W", "+33612345678", "smtp.exemple.fr"])
def test_codes_and_identifiers_stand_in_clear(text):
    assert facts(facts={"x": text})["x"] == text


@given(st.binary(max_size=64), st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_a_commitment_depends_on_its_salt(content, one, other):
    """Without the salt nobody can try the likely contents: only equal salts give equal commitments."""
    assert (rules.commitment(one, content) == rules.commitment(other, content)) == (one == other)


@given(st.binary(max_size=64), st.binary(max_size=64))
def test_a_commitment_binds(one, other):
    salt = b"\1" * 32
    assert (rules.commitment(salt, one) == rules.commitment(salt, other)) == (one == other)


def test_no_text_has_no_content():
    assert rules.content_of(rows={}, texts={}) == b""
    assert rules.commitment(b"", b"") == rules.NO_TEXTS
    assert rules.content_of(rows={}, texts={"reason": "e\u0301"}) == '{"rows":{},"texts":{"reason":"é"}}'.encode()


@pytest.mark.parametrize(("value", "expected"), [(str(ONE), ONE), ("x", None), (None, None), (7, None), ([], None)])
def test_a_fact_may_hold_an_identifier(value, expected):
    assert rules.uuid_of(value) == expected


@given(st.lists(changes))
def test_folding_is_replaying(history):
    expected: dict[str, rules.Columns] = {}
    for event in history:
        for key, told in event.items():
            if told is None:
                expected.pop(key, None)
            else:
                expected[key] = {**expected.get(key, {}), **told}
    rows = fold(Told(seq, event, {}) for seq, event in enumerate(history, start=1))
    assert {key: row.columns for key, row in rows.items()} == expected
    for key, row in rows.items():
        assert row.seq == max(seq for seq, event in enumerate(history, start=1) if key in event)


def test_texts_fold_like_columns():
    key = "complaint:1"
    told = [
        Told(1, {key: {"a": 1}}, {key: {"title": "un"}}),
        Told(2, {key: {"a": 2}}, {}),
        Told(3, {key: {}}, {key: {"title": "deux"}}),
    ]
    assert fold(told)[key].texts == {"title": "deux"}
    assert not fold(told)[key].unknown


def test_an_unreadable_event_makes_earlier_texts_unknown_and_not_later_ones():
    key = "complaint:1"
    told = [
        Told(1, {key: {}}, {key: {"title": "un", "note": "x"}}),
        Told(2, {key: {}}, None),
        Told(3, {key: {}}, {key: {"note": "y"}}),
    ]
    row = fold(told)[key]
    assert row.unknown
    assert row.texts == {"note": "y"}


@pytest.mark.parametrize("content", [None, [], "x", 1, {}, {"rows": 1}, {"rows": []}, {"rows": "x"}])
def test_tampered_facts_tell_nothing(content):
    assert rules.told_by(1, content, {}).rows == {}


def test_tampered_rows_tell_what_is_left():
    told = rules.told_by(1, {"rows": {"a": 1, "b": {"c": 1}, "d": None}}, {})
    assert told.rows == {"b": {"c": 1}, "d": None}


def test_a_row_is_named_by_its_kind_and_key():
    key = uuid4()
    assert rules.row_key("complaint", key) == f"complaint:{key}"
