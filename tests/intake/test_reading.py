"""From a received message to the griefs that it proposes, on a real database."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import OperationalError
from procrastinate.contrib.django.models import ProcrastinateJob

from doleance.accounts.rules import complainant, machine
from doleance.audit import actions as audit
from doleance.audit import seal, verify
from doleance.complaints import queries as complaint_queries
from doleance.complaints.actions import dossiers
from doleance.complaints.models import Complaint
from doleance.complaints.rules import GrievanceState, Outcome, State
from doleance.desk.queries import understood
from doleance.intake import tasks
from doleance.intake.actions import additions, reading, receiving, sorting
from doleance.intake.actions import deposits as deposit_actions
from doleance.intake.deposits import Contact, Deposit, DepositWay
from doleance.kernel.db import write
from doleance.kernel.ids import uuid7
from doleance.resolution import actions as resolution
from doleance.routing.actions import teams
from doleance.understanding import queries
from doleance.understanding.models import Proposal, SavedReading, Trust
from doleance.understanding.process import child
from doleance.understanding.process.child import ReadingFailed
from doleance.understanding.rules import MessageKind, Signal, SignalCode
from tests import factories
from tests.cast import MORNING, TESTS, address
from tests.intake.test_imports import attempt
from tests.understanding.conftest import reads
from tests.understanding.readings import FEE, LATE, LETTER, MODEL, RUDE
from tests.understanding.readings import reading as a_reading

__all__ = ["reads"]

READER = machine("understanding")
CODES = ["delivery.late", "billing.wrong_amount", "customer_service.impolite"]


def arrived(cast, text=LETTER, **changes):
    """A mail that arrived and was decided about; its file."""
    head = f"From: {factories.DURAND}\nSubject: Colis\nMessage-ID: <{uuid7()}@courriel.example>\n"
    raw = (head + "Content-Type: text/plain; charset=utf-8\n\n" + text).encode()
    message = factories.message(cast, raw, **changes)
    receiving.receive(message=message, by=TESTS, at=MORNING)
    return message, complaint_queries.of_message(message)


def run_jobs():
    """What was left to be read, read."""
    for job in ProcrastinateJob.objects.filter(task_name=reading.UNDERSTAND, status="todo").order_by("id"):
        tasks.understand(**job.args)


def found(complaint):
    return list(complaint.grievances.order_by("number"))


@pytest.mark.django_db
def test_a_mail_leaves_one_job_and_is_open_before_it_is_read(cast, calendars, reads):
    message, complaint = arrived(cast)
    [job] = ProcrastinateJob.objects.filter(task_name=reading.UNDERSTAND)
    assert job.args == {"message_ids": [str(message.pk)]}
    assert complaint.state == State.RECEIVED
    assert not found(complaint)
    assert not reads.asked


def test_a_house_that_does_without_reads_nothing(cast, calendars, reads, settings):
    settings.DOLEANCE_READING = False
    arrived(cast)
    assert not ProcrastinateJob.objects.filter(task_name=reading.UNDERSTAND).exists()


def test_one_mail_with_three_requests_proposes_three_griefs(cast, calendars, reads):
    message, complaint = arrived(cast)
    run_jobs()
    complaint.refresh_from_db()
    assert complaint.state == State.RECEIVED
    assert complaint.owner is None
    rows = found(complaint)
    assert [(one.number, one.state, one.category_id, one.quote) for one in rows] == [
        (1, GrievanceState.PROPOSED, CODES[0], LATE),
        (2, GrievanceState.PROPOSED, CODES[1], FEE),
        (3, GrievanceState.PROPOSED, CODES[2], RUDE),
    ]
    assert rows[0].facts == {"order": "C88412"}
    assert rows[1].wanted == "Remboursement\nExcuses"
    exchange = message.exchange
    for one in Proposal.objects.order_by("grievance__number"):
        assert exchange.text[one.start : one.end] == one.grievance.quote
    assert [one.confidence for one in Proposal.objects.order_by("id")] == [820, 610, 550]
    assert reads.asked[0].body == exchange.text
    assert reads.asked[0].date == message.received_at
    assert verify.check().findings == []


def test_read_twice_it_proposes_once(cast, calendars, reads):
    message, complaint = arrived(cast)
    run_jobs()
    run_jobs()
    reads.answer = replace(reads.answer, model="essai+2")
    tasks.understand(message_ids=[str(message.pk)])
    assert len(found(complaint)) == 3
    assert sorted(SavedReading.objects.values_list("model", flat=True)) == ["essai+1", "essai+2"]


def test_what_cannot_be_read_keeps_nobody_waiting_and_is_read_again(cast, calendars, reads):
    reads.answer = ReadingFailed("memory")
    _message, complaint = arrived(cast)
    run_jobs()
    run_jobs()
    saved = SavedReading.objects.get()
    assert (saved.error, saved.sealed, saved.model) == ("memory", None, "")
    assert complaint.state == State.RECEIVED
    reads.answer = a_reading()
    tasks.understand_again(timestamp=0)
    [job] = ProcrastinateJob.objects.filter(task_name="intake.understand_rest")
    tasks.understand_rest(**job.args)
    assert SavedReading.objects.get().model == MODEL
    assert len(found(complaint)) == 3


def test_the_night_goes_on_where_it_stopped(cast, calendars, reads, monkeypatch):
    files = [arrived(cast, f"Lettre {number}\n\n{LETTER}")[1] for number in range(3)]
    monkeypatch.setattr(tasks, "_AGAIN", 2)
    tasks.understand_rest(MODEL)
    [job] = ProcrastinateJob.objects.filter(task_name="intake.understand_rest")
    tasks.understand_rest(**job.args)
    assert [len(found(one)) for one in files] == [3, 3, 3]
    assert queries.unread(MODEL, most=9) == []


def test_one_message_that_breaks_the_reading_keeps_the_others_from_nothing(cast, calendars, reads, monkeypatch):
    files = [arrived(cast, f"Lettre {number}\n\n{LETTER}") for number in range(3)]
    broken, understand = files[1][0].pk, tasks._understand

    def breaks(pk):
        if pk == broken:
            raise RuntimeError("a fault of ours")
        understand(pk)

    monkeypatch.setattr(tasks, "_understand", breaks)
    tasks.understand_rest(MODEL)
    tasks.understand(message_ids=[str(message.pk) for message, _ in files])
    assert [len(found(one)) for _, one in files] == [3, 0, 3]
    monkeypatch.undo()
    assert list(queries.unread(MODEL, most=9)) == [broken]
    assert SavedReading.objects.get(message=broken).error == "error"  # people see it


@pytest.mark.parametrize(
    "fault", [ReadingFailed("crash"), ReadingFailed("time"), seal.Tampered("altered"), RuntimeError("a fault of ours")]
)
def test_whatever_fails_by_one_message_is_noted_and_those_behind_are_read(cast, calendars, reads, monkeypatch, fault):
    (first, broken_file), (second, _) = arrived(cast), arrived(cast, f"Encore.\n\n{LETTER}")
    read = child.read

    def breaks(message, *, language=""):
        if message.id == str(first.pk):
            raise fault
        return read(message, language=language)

    monkeypatch.setattr(child, "read", breaks)
    tasks.understand(message_ids=[str(first.pk), str(second.pk)])
    told = {one.message_id: one.error for one in SavedReading.objects.all()}
    assert told == {first.pk: getattr(fault, "code", "error"), second.pk: ""}
    assert understood.understood_in(broken_file, []).failed == 1


def test_a_database_that_is_away_is_no_fault_of_the_message(cast, calendars, reads, monkeypatch):
    first, _ = arrived(cast)

    def away(message, *, language=""):
        raise OperationalError

    monkeypatch.setattr(child, "read", away)
    with pytest.raises(OperationalError):
        tasks.understand(message_ids=[str(first.pk)])
    assert not SavedReading.objects.exists()


def test_a_house_whose_machine_does_not_answer_is_left_alone(cast, calendars, reads):
    reads.answer = ReadingFailed("crash")
    tasks.understand_again(timestamp=0)
    assert not ProcrastinateJob.objects.filter(task_name="intake.understand_rest").exists()


def test_late_readings_propose_nothing_where_somebody_works(cast, calendars, reads):
    message, complaint = arrived(cast)
    dossiers.take(complaint=complaint, by=cast.amelie.actor(), at=MORNING)
    reading.understand(message=message, by=READER, at=MORNING + timedelta(days=3))
    assert not found(complaint)
    assert SavedReading.objects.count() == 1


def test_griefs_that_people_wrote_first_stand_alone(cast, calendars, reads):
    _message, complaint = arrived(cast)
    factories.grievance(complaint)
    run_jobs()
    assert [one.state for one in found(complaint)] == [GrievanceState.ACCEPTED]


@pytest.mark.parametrize("kind", [MessageKind.ENQUIRY, MessageKind.PRAISE, MessageKind.SPAM])
def test_what_is_no_complaint_keeps_its_file_and_proposes_its_kind(cast, calendars, reads, kind):
    reads.answer = a_reading(kind=kind)
    _, complaint = arrived(cast)
    run_jobs()
    complaint.refresh_from_db()
    assert complaint.state == State.RECEIVED
    assert not found(complaint)
    assert SavedReading.objects.get().kind == kind


def test_a_danger_jumps_every_queue_at_once(cast, calendars, reads):
    reads.answer = a_reading(signals=(Signal(SignalCode.SAFETY_RISK, "toujours pas", 40),))
    _, complaint = arrived(cast)
    run_jobs()
    complaint.refresh_from_db()
    assert complaint.is_safety
    assert complaint.urgency == 0


def test_an_english_mail_is_answered_in_english(cast, calendars, reads):
    reads.answer = a_reading(language="en")
    _, complaint = arrived(cast)
    run_jobs()
    complaint.refresh_from_db()
    assert complaint.language == "en"
    assert found(complaint)[1].wanted == "Refund\nApology"


@pytest.mark.parametrize("language", ["und", "de"])
def test_a_language_without_letters_changes_nothing(cast, calendars, reads, language):
    reads.answer = a_reading(language=language)
    _, complaint = arrived(cast)
    run_jobs()
    complaint.refresh_from_db()
    assert complaint.language == "fr"


def test_a_later_message_proposes_only_what_is_new(cast, calendars, reads):
    complaint = factories.complaint(cast, message=factories.incoming(cast))
    factories.grievance(complaint, category="delivery.late")
    by = complainant(complaint.pk)
    additions.add(complaint=complaint, text=LETTER, once=uuid7(), by=by, at=MORNING)
    run_jobs()
    assert [one.category_id for one in found(complaint)] == CODES
    assert [one.number for one in found(complaint) if one.state == GrievanceState.PROPOSED] == [2, 3]


def test_a_form_keeps_its_point_and_proposes_the_others(cast, calendars, reads):
    deposit = Deposit(branch="billing", text=LETTER, contact=Contact(name="Hélène Durand"))
    complaint = deposit_actions.record(
        deposit=deposit,
        way=DepositWay.COUNTER,
        entity=cast.entity,
        team=cast.team,
        received_at=MORNING,
        once=uuid7(),
        by=cast.amelie.actor(),
        at=MORNING,
    )
    run_jobs()
    told = [(one.number, one.state, one.category_id) for one in found(complaint)]
    assert told == [(1, "accepted", "billing"), (2, "proposed", CODES[0]), (3, "proposed", CODES[2])]


def test_a_settled_file_is_read_and_not_reopened_by_it(cast, calendars, reads):
    _message, complaint = arrived(cast)
    dossiers.move(complaint=complaint, to=State.FORWARDED, reason="ailleurs", by=TESTS, at=MORNING)
    run_jobs()
    assert not found(complaint)
    assert not SavedReading.objects.exists()


def test_a_new_request_takes_a_decided_file_back_to_work(cast, calendars, reads):
    complaint = factories.complaint(cast, message=factories.incoming(cast))
    amelie = cast.amelie.actor()
    grief = factories.grievance(complaint, by=amelie)
    resolution.decide(grievance=grief, outcome=Outcome.UPHELD, reasons="", cause="", by=amelie, at=MORNING)
    assert Complaint.objects.get(pk=complaint.pk).state == State.DECIDED
    additions.add(complaint=complaint, text=LETTER, once=uuid7(), by=complainant(complaint.pk), at=MORNING)
    run_jobs()
    assert Complaint.objects.get(pk=complaint.pk).state == State.INVESTIGATION


def test_the_teams_are_those_that_the_house_settled(cast, calendars, reads):
    nadia = cast.nadia.actor()
    wanted = {"delivery": cast.logistics}
    assert teams.settle_teams(entity=cast.entity, wanted=wanted, by=nadia, at=MORNING)
    _, complaint = arrived(cast)
    run_jobs()
    rows = Proposal.objects.order_by("grievance__number")
    assert [one.team for one in rows] == [cast.logistics, cast.team, cast.team]
    assert [one.is_routed for one in rows] == [False, False, False]
    assert {one.team_id for one in found(complaint)} == {cast.team.pk}  # until a person accepts, or the gate says so


def test_above_the_gate_a_new_file_goes_to_its_team_by_itself(cast, calendars, reads):
    teams.settle_teams(entity=cast.entity, wanted={"delivery": cast.logistics}, by=cast.nadia.actor(), at=MORNING)
    gated(700)
    _, complaint = arrived(cast)
    run_jobs()
    complaint.refresh_from_db()
    assert complaint.team == cast.logistics
    assert [one.team for one in found(complaint)] == [cast.logistics, cast.logistics, cast.logistics]
    assert list(Proposal.objects.order_by("grievance__number").values_list("is_routed", flat=True)) == [
        True,
        False,
        False,
    ]


@write(quiet="the gate of a test")
def gated(gate):
    """A gate as the night would measure it."""
    Trust.objects.create(gate=gate)


def test_what_was_read_lies_under_the_persons_key(cast, calendars, reads):
    _message, complaint = arrived(cast)
    run_jobs()
    saved = SavedReading.objects.get()
    assert "facturé" not in json.dumps([str(value) for value in saved.__dict__.values()])
    [read] = queries.of_complaint(complaint)
    assert read.reading == reads.answer
    audit.erase(subject=complaint.party_id, authority="rgpd", article="17-1-b", by="machine:test", at=MORNING)
    [read] = queries.of_complaint(complaint)
    assert read.reading is None
    assert list(queries.corrections()) == []


def test_another_person_takes_what_was_read_with_the_file(cast, calendars, reads):
    _message, complaint = arrived(cast)
    run_jobs()
    dossiers.take(complaint=complaint, by=cast.amelie.actor(), at=MORNING)
    sorting.change_party(
        complaint=complaint,
        name="Marc Petit",
        address=address("Marc Petit", "courriel"),
        by=cast.amelie.actor(),
        at=MORNING,
    )
    audit.erase(subject=cast.durand.pk, authority="rgpd", article="17-1-b", by="machine:test", at=MORNING)
    [read] = queries.of_complaint(complaint)
    assert read.reading == reads.answer


def test_a_batch_leaves_one_job(cast, calendars, reads):
    messages = [factories.message(cast) for _ in range(3)]
    tasks.read_messages(attempt(1), message_ids=[str(one.pk) for one in messages])
    [job] = ProcrastinateJob.objects.filter(task_name=reading.UNDERSTAND)
    assert sorted(job.args["message_ids"]) == sorted(str(one.pk) for one in messages)
