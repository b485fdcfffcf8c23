"""What was read is kept once, what people say of it is kept beside, and each of it is on the journal."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from doleance.audit import actions as audit
from doleance.audit import verify
from doleance.channels.models import Message
from doleance.complaints.models import Complaint, Grievance
from doleance.desk.queries import understood
from doleance.intake.actions import proposing
from doleance.kernel.errors import NotAllowed
from doleance.understanding import actions as understanding
from doleance.understanding import queries
from doleance.understanding.models import JudgedSignal, SavedReading
from doleance.understanding.rules import MessageKind, NoSuchSignal, NotRead, Signal, SignalCode
from tests import factories
from tests.cast import MORNING, TESTS
from tests.intake.test_reading import CODES, arrived, found, run_jobs
from tests.understanding.conftest import reads
from tests.understanding.readings import reading

__all__ = ["reads"]
LATER = MORNING + timedelta(days=1)


@pytest.fixture
def complaint(cast, calendars, reads) -> Complaint:
    """A mail with three requests, read."""
    _, opened = arrived(cast)
    run_jobs()
    return opened


def grief(complaint, number):
    return Grievance.objects.select_related("complaint__entity", "category").get(complaint=complaint, number=number)


def test_the_same_reading_is_kept_once(cast, complaint):
    message = Message.objects.get()
    told: dict[str, Any] = {"complaint": complaint, "message": message, "by": TESTS, "at": MORNING}
    first = SavedReading.objects.get()
    again = understanding.save(reading=reading(), **told)
    assert (again.pk, SavedReading.objects.count()) == (first.pk, 1)
    assert verify.check().findings == []


def test_a_failure_is_noted_until_it_is_read(cast, calendars, reads):
    complaint, message = factories.complaint(cast), factories.message(cast)
    told: dict[str, Any] = {"complaint": complaint, "message": message, "by": TESTS, "at": MORNING}
    understanding.note_failure(error="too_slow", **told)
    understanding.note_failure(error="too_big", **told)
    assert [one.error for one in SavedReading.objects.filter(message=message)] == ["too_big"]
    understanding.save(reading=reading(), **told)
    assert [one.error for one in SavedReading.objects.filter(message=message)] == [""]
    assert verify.check().findings == []


def test_a_later_failure_is_noted_beside_what_was_read_which_stays(cast, complaint):
    message = Message.objects.get()
    told: dict[str, Any] = {"complaint": complaint, "message": message, "by": TESTS, "at": MORNING}
    understanding.note_failure(error="crash", **told)
    assert queries.failures() == 1
    assert queries.unread("essai+1", most=9) == [message.pk]  # the night reads it once more
    [shown] = queries.of_complaint(complaint)
    assert shown.reading is not None
    assert len(shown.reading.grievances) == 3
    first = understanding.save(reading=reading(), **told)
    assert [one.pk for one in SavedReading.objects.all()] == [first.pk]
    assert (queries.failures(), queries.unread("essai+1", most=9)) == (0, [])
    assert found(complaint)[0].state == "proposed"
    assert verify.check().findings == []


def test_of_a_message_that_nobody_read_nothing_is_said(cast, calendars):
    complaint, message = factories.complaint(cast), factories.message(cast)
    told: dict[str, Any] = {"complaint": complaint, "message_id": message.pk, "kind": MessageKind.PRAISE}
    with pytest.raises(NotRead):
        understanding.say_kind(**told, by=cast.amelie.actor(), at=MORNING)


def test_a_kind_is_said_once_and_kept_beside_what_was_read(cast, calendars, reads):
    reads.answer = reading(kind=MessageKind.ENQUIRY)
    _, opened = arrived(cast)
    run_jobs()
    saved = SavedReading.objects.get()
    told: dict[str, Any] = {
        "complaint": opened,
        "message_id": saved.message_id,
        "kind": MessageKind.COMPLAINT,
        "at": MORNING,
    }
    with pytest.raises(NotAllowed):
        understanding.say_kind(**told, by=cast.ines.actor())
    understanding.say_kind(**told, by=cast.amelie.actor())
    saved.refresh_from_db()
    assert (saved.kind, saved.said_kind) == ("enquiry", "complaint")
    assert queries.kinds_judged() == {("enquiry", "complaint"): 1}
    assert verify.check().findings == []


VULNERABLE = Signal(SignalCode.VULNERABLE_PERSON, "toujours pas", 40)


def test_a_vulnerability_is_kept_once_somebody_said_so_and_goes_when_they_say_not(cast, calendars, reads):
    reads.answer = reading(signals=(VULNERABLE,))
    _, opened = arrived(cast)
    run_jobs()
    assert not JudgedSignal.objects.exists()
    told: dict[str, Any] = {
        "complaint": opened,
        "code": SignalCode.VULNERABLE_PERSON,
        "by": cast.amelie.actor(),
        "at": MORNING,
    }
    understanding.judge_signal(**told, holds=True)
    assert [(one.holds, queries.words_of(one)) for one in JudgedSignal.objects.all()] == [(True, "toujours pas")]
    understanding.judge_signal(**told, holds=False)
    assert [(one.holds, one.reading) for one in JudgedSignal.objects.all()] == [(False, None)]
    assert verify.check().findings == []


def test_the_words_of_a_signal_stand_in_the_sealed_reading_alone(cast, calendars, reads):
    """An older model raised it, a newer one does not: its words are still shown, until their person is erased."""
    reads.answer = reading(signals=(VULNERABLE,))
    message, opened = arrived(cast)
    run_jobs()
    code, amelie = SignalCode.VULNERABLE_PERSON, cast.amelie.actor()
    judged = understanding.judge_signal(complaint=opened, code=code, holds=True, by=amelie, at=MORNING)
    newer = replace(reading(signals=()), model="essai+2")
    understanding.save(complaint=opened, message=message, reading=newer, anew=True, by=TESTS, at=LATER)
    assert queries.raised(opened) == {}
    assert understood.understood_in(opened, []).signals == [understood.SignalRow(code, "toujours pas", holds=True)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(one)::text FROM doleance_judgedsignal AS one")
        assert "toujours pas" not in cursor.fetchone()[0]
    audit.erase(subject=opened.party_id, authority="rgpd", article="17-1-b", by="machine:test", at=LATER)
    assert queries.words_of(judged) == ""
    assert verify.check().findings == []


def test_a_reading_that_somebody_judged_by_is_not_taken_away(cast, calendars, reads):
    reads.answer = reading(grievances=(), signals=(VULNERABLE,))
    message, opened = arrived(cast)
    run_jobs()
    code, amelie = SignalCode.VULNERABLE_PERSON, cast.amelie.actor()
    judged = understanding.judge_signal(complaint=opened, code=code, holds=True, by=amelie, at=MORNING)
    told: dict[str, Any] = {"complaint": opened, "message": message, "reading": reading(), "anew": True}
    assert understanding.save(**told, by=TESTS, at=LATER).pk == judged.reading_id


def test_a_signal_that_was_not_read_is_not_judged(cast, complaint):
    with pytest.raises(NoSuchSignal):
        understanding.judge_signal(
            complaint=complaint, code=SignalCode.LEGAL_THREAT, holds=True, by=cast.amelie.actor(), at=MORNING
        )


def test_a_danger_that_is_none_gives_the_file_its_place_back(cast, calendars, reads):
    reads.answer = reading(signals=(Signal(SignalCode.SAFETY_RISK, "toujours pas", 40),))
    _, opened = arrived(cast)
    run_jobs()
    told: dict[str, Any] = {
        "complaint": opened,
        "code": SignalCode.SAFETY_RISK,
        "by": cast.amelie.actor(),
        "at": MORNING,
    }
    understanding.judge_signal(**told, holds=False)
    opened.refresh_from_db()
    assert not opened.is_safety
    understanding.judge_signal(**told, holds=True)
    opened.refresh_from_db()
    assert opened.is_safety
    assert verify.check().findings == []


def test_a_measure_is_kept_when_it_changes(cast, complaint, monkeypatch):
    amelie = cast.amelie.actor()
    for number in (1, 2, 3):
        proposing.accept(grievance=grief(complaint, number), by=amelie, at=MORNING)
    first = understanding.measure(by=amelie, at=MORNING)
    assert (first.gate, first.counted) == (None, 0)
    monkeypatch.setattr(understanding.proposals, "gate", lambda judged, **_: (550, 1000, len(judged)))
    second = understanding.measure(by=amelie, at=MORNING)
    assert (second.pk, second.gate, second.measured, second.counted) == (first.pk, 550, 1000, 3)
    assert found(complaint)[0].category_id == CODES[0]
    assert verify.check().findings == []


def test_the_precision_asked_for_is_the_administrators(cast):
    with pytest.raises(NotAllowed):
        understanding.ask_precision(precision=900, by=cast.bruno.actor(), at=MORNING)
    assert understanding.ask_precision(precision=900, by=cast.nadia.actor(), at=MORNING).precision == 900
    assert understanding.ask_precision(precision=5, by=cast.nadia.actor(), at=MORNING).precision == 500
