"""Events are left in the transaction of their change, chained, their texts sealed."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.core.exceptions import FieldDoesNotExist
from django.db import transaction

from doleance.accounts.models import Entity, Team
from doleance.audit import actions, offline, queries, rules, seal, texts
from doleance.audit.models import AuditEvent, SealedKey
from doleance.complaints.models import Complaint, Exchange
from doleance.kernel.db import Unjournalled, write

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def record(**given):
    return actions.record(**{"stream": "settings", "code": "tested", "by": "machine:test", "at": AT, **given})


def content(event):
    return next(texts.Reader(set()).page([event]))


def test_the_first_event_points_to_the_genesis_of_its_stream():
    stream = f"complaint:{uuid4()}"
    event = record(stream=stream)
    assert (event.seq, event.prev_hash) == (1, offline.genesis(stream))
    assert (event.code, event.by, event.at) == ("tested", "machine:test", AT)
    assert str(event) == f"{stream} n° 1"


def test_each_event_points_to_the_one_before_it():
    events = [record(facts={"n": n}) for n in range(3)]
    assert [event.seq for event in events] == [1, 2, 3]
    assert [event.prev_hash for event in events[1:]] == [event.hash for event in events[:2]]


def test_the_hash_is_that_of_what_was_stored():
    record(facts={"n": 1, "codes": ["a", "b"], "at_best": AT}, texts={"reason": "Colis jamais reçu."})
    event = AuditEvent.objects.get().bare()
    assert event.hash == offline.event_hash(
        stream=event.stream,
        seq=event.seq,
        prev_hash=event.prev_hash,
        facts=event.facts,
        commitment=event.commitment,
    )


def test_texts_are_sealed_and_read_back():
    event = record(texts={"reason": "Colis jamais reçu, e\u0301crit Mme Durand."})
    stored = AuditEvent.objects.get()
    assert b"Durand" not in bytes(stored.payload or b"")
    assert "Durand" not in str(stored.facts)
    assert content(stored).texts == {"reason": "Colis jamais reçu, écrit Mme Durand."}
    assert event.commitment != rules.NO_TEXTS


def test_the_same_text_twice_is_committed_to_differently():
    one, other = record(texts={"reason": "non"}), record(texts={"reason": "non"})
    assert one.commitment != other.commitment


def test_an_event_without_text_has_no_payload():
    event = record()
    assert event.payload is None
    assert event.commitment == rules.NO_TEXTS
    assert content(event) == texts.Content()


def test_texts_are_sealed_for_the_subject_or_the_stream():
    subject, own = uuid4(), uuid4()
    record(stream=f"complaint:{own}", texts={"a": "b"})
    record(stream=f"complaint:{own}", texts={"a": "b"}, subject=subject)
    assert set(SealedKey.objects.values_list("subject", flat=True)) == {own, subject}


def test_a_row_tells_its_columns_in_clear_and_seals_its_texts(complaints):
    opened = queries.history(complaints[0].journal_stream)[0]
    complaint, exchange = complaints[0], Exchange.objects.filter(complaint=complaints[0], rule="opened").get()
    told = opened.facts["rows"]
    assert set(told) == {f"complaint:{complaint.pk}", f"exchange:{exchange.pk}"}
    assert told[f"complaint:{complaint.pk}"]["state"] == "received"
    assert told[f"complaint:{complaint.pk}"]["team_id"] == str(complaint.team_id)
    assert told[f"exchange:{exchange.pk}"]["at"] == rules.moment(exchange.at)
    assert content(opened).rows == {
        f"complaint:{complaint.pk}": {"title": complaint.title, "lesson_text": "", "capacity": "", "earlier": ""},
        f"exchange:{exchange.pk}": {"text": exchange.text},
    }


def test_a_row_given_twice_tells_both(complaints):
    complaint = complaints[0]
    rows = [(complaint, ["state"]), (complaint, ["owner", "title"])]
    event = record(stream=complaint.journal_stream, rows=rows)
    key = f"complaint:{complaint.pk}"
    assert event.facts["rows"][key] == {"state": complaint.state, "owner_id": str(complaint.owner_id)}
    assert content(event).rows == {key: {"title": complaint.title}}


def test_columns_that_are_not_journalled_are_passed_over(complaints):
    event = record(stream=complaints[0].journal_stream, rows=[(complaints[0], ["next_due_at", "team"])])
    assert event.facts["rows"][f"complaint:{complaints[0].pk}"] == {"team_id": str(complaints[0].team_id)}


def test_a_name_that_is_no_column_fails(complaints):
    with pytest.raises(FieldDoesNotExist):
        record(stream=complaints[0].journal_stream, rows=[(complaints[0], ["sate"])])


def test_a_row_is_told_in_its_own_stream_only(complaints):
    with pytest.raises(RuntimeError, match="is told in"):
        record(stream=complaints[1].journal_stream, rows=[(complaints[0], None)])
    with pytest.raises(RuntimeError, match="is told in"):
        record(removed=[complaints[0]])


def test_a_removed_row_is_told(complaints):
    exchange = Exchange.objects.filter(complaint=complaints[0]).first()
    assert exchange is not None
    event = record(stream=complaints[0].journal_stream, removed=[exchange])
    assert event.facts["rows"] == {f"exchange:{exchange.pk}": None}


def test_a_text_among_the_facts_is_refused_and_nothing_is_kept():
    with pytest.raises(rules.NotClear), transaction.atomic():
        record(facts={"who": "Mme Durand"})
    assert not AuditEvent.objects.exists()


def test_a_number_two_readers_could_read_differently_is_refused():
    with pytest.raises(offline.NotCanonical, match="2\\^53"), transaction.atomic():
        record(facts={"n": 2**53})
    assert not AuditEvent.objects.exists()


def test_an_event_is_undone_with_its_change():
    """In one transaction: neither without the other."""
    with pytest.raises(ZeroDivisionError):
        _fail_after_an_event()
    assert not AuditEvent.objects.exists()
    assert not SealedKey.objects.exists()
    assert not Entity.objects.exists()


@write
def _fail_after_an_event():
    Entity.objects.create(name="Essai")
    record(texts={"a": "b"})
    raise ZeroDivisionError


def test_a_write_without_event_is_refused_and_undone():
    with pytest.raises(Unjournalled):
        _forget_the_event()
    assert not Entity.objects.exists()


@write
def _forget_the_event():
    Entity.objects.create(name="Essai")


def test_views_are_told_in_the_readers_stream(complaints):
    reader, what = f"user:{uuid4()}", complaints[0].journal_stream
    before = queries.history(what).count()
    event = actions.viewed(reader=reader, what=what, at=AT)
    assert event.stream == f"reader:{reader.partition(':')[2]}"
    assert (event.code, event.by, event.facts["what"]) == ("viewed", reader, what)
    assert queries.history(what).count() == before


def test_many_to_many_links_are_told_as_sorted_identifiers(complaints):
    owner = complaints[0].owner
    added = queries.history(owner.journal_stream)[0]
    teams = sorted(str(pk) for pk in Team.objects.values_list("pk", flat=True))
    assert added.facts["rows"][f"user:{owner.pk}"]["teams"] == teams


def test_no_event_of_real_work_shows_a_text(complaints):
    """Every fact of every event: codes, identifiers, moments. Names, titles and notes are sealed."""
    facts = str(list(AuditEvent.objects.values_list("facts", flat=True)))
    words = {complaint.title for complaint in Complaint.objects.all()} | {"Amélie", "amélie", "exemple.fr"}
    words |= set(Exchange.objects.values_list("text", flat=True)) | set(Team.objects.values_list("name", flat=True))
    assert not [word for word in words if word in facts]


def test_history_is_in_order(complaints):
    events = list(queries.history(complaints[0].journal_stream))
    assert [event.seq for event in events] == list(range(1, len(events) + 1))


def test_without_a_master_key_nothing_is_told_in_clear(settings):
    settings.DOLEANCE_MASTER_KEY_FILE = ""
    with pytest.raises(seal.MasterKeyMissing), transaction.atomic():
        record(texts={"reason": "secret"})
    assert not AuditEvent.objects.exists()
