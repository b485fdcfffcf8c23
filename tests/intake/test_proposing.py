"""A proposed grief is accepted, corrected or dropped by one press; both what was proposed and what it became stay."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from doleance.audit import actions as erasing
from doleance.audit import queries as audit
from doleance.audit import verify
from doleance.complaints import queries as complaint_queries
from doleance.complaints.models import Complaint, Grievance
from doleance.complaints.rules import GrievanceSettled, GrievanceState, State, UnknownCategory
from doleance.intake.actions import proposing, receiving
from doleance.kernel.errors import NotAllowed, Stale
from doleance.matching.actions import merging
from doleance.routing.actions import teams
from doleance.understanding import actions as understanding
from doleance.understanding import queries
from doleance.understanding.models import Proposal, SavedReading
from doleance.understanding.proposals import Fate
from doleance.understanding.rules import MessageKind
from tests import factories
from tests.cast import MORNING, TESTS
from tests.intake.test_reading import CODES, arrived, run_jobs
from tests.understanding.conftest import reads
from tests.understanding.readings import FEE, LATE, LETTER, reading

__all__ = ["reads"]


@pytest.fixture
def complaint(cast, calendars, reads) -> Complaint:
    """A mail with three requests, read."""
    _, opened = arrived(cast)
    run_jobs()
    return opened


def grief(complaint, number):
    return Grievance.objects.select_related("complaint__entity", "category").get(complaint=complaint, number=number)


def test_accepting_begins_the_work_and_keeps_what_was_proposed(cast, complaint):
    amelie = cast.amelie.actor()
    held = proposing.accept(grievance=grief(complaint, 1), by=amelie, at=MORNING)
    assert (held.state, held.category_id, held.owner_id) == (GrievanceState.ACCEPTED, CODES[0], cast.amelie.pk)
    assert held.facts == {"order": "C88412"}
    complaint.refresh_from_db()
    assert (complaint.state, complaint.owner) == (State.ASSESSMENT, cast.amelie)
    kept = Proposal.objects.get(grievance=held)
    assert (kept.category, kept.settled_at) == (CODES[0], MORNING)
    assert [one.fate for one in queries.judged()] == [Fate.ACCEPTED]
    assert verify.check().findings == []


def test_another_category_is_kept_beside_the_one_proposed_and_has_its_own_team(cast, complaint):
    teams.settle_teams(entity=cast.entity, wanted={"product": cast.logistics}, by=cast.nadia.actor(), at=MORNING)
    held = proposing.accept(grievance=grief(complaint, 1), category="product", by=cast.amelie.actor(), at=MORNING)
    assert (held.category_id, held.team) == ("product", cast.logistics)
    assert held.facts == {}  # what another category does not ask is left out
    assert Proposal.objects.get(grievance=held).category == CODES[0]
    assert [(one.proposed, one.final, one.fate) for one in queries.judged()] == [(CODES[0], "product", Fate.CORRECTED)]


def test_dropping_needs_no_words_and_teaches_that_it_was_wrong(cast, complaint):
    held = proposing.drop(grievance=grief(complaint, 2), by=cast.amelie.actor(), at=MORNING)
    assert held.state == GrievanceState.DROPPED
    assert [one.fate for one in queries.judged()] == [Fate.DROPPED]
    assert verify.check().findings == []


def test_pressed_twice_it_is_done_once(cast, complaint):
    amelie = cast.amelie.actor()
    one = grief(complaint, 1)
    proposing.accept(grievance=one, by=amelie, at=MORNING)
    proposing.accept(grievance=one, category="product", by=amelie, at=MORNING)
    proposing.drop(grievance=one, by=amelie, at=MORNING)
    assert grief(complaint, 1).state == GrievanceState.ACCEPTED
    assert grief(complaint, 1).category_id == CODES[0]
    codes = [event.code for event in audit.history(complaint.journal_stream)]
    assert codes.count("grievance_accepted") == 1


def test_what_was_dropped_is_not_accepted(cast, complaint):
    amelie = cast.amelie.actor()
    proposing.drop(grievance=grief(complaint, 1), by=amelie, at=MORNING)
    with pytest.raises(GrievanceSettled):
        proposing.accept(grievance=grief(complaint, 1), by=amelie, at=MORNING)


def test_only_who_handles_the_file_may(cast, complaint):
    for who in (cast.chloe, cast.ines, cast.paul, cast.nadia, cast.karim):
        for act in (proposing.accept, proposing.drop):
            with pytest.raises(NotAllowed):
                act(grievance=grief(complaint, 1), by=who.actor(), at=MORNING)
    assert grief(complaint, 1).state == GrievanceState.PROPOSED


def test_a_page_that_is_out_of_date_and_a_category_that_is_none(cast, complaint):
    amelie = cast.amelie.actor()
    with pytest.raises(Stale):
        proposing.accept(grievance=grief(complaint, 1), seen=0, by=amelie, at=MORNING)
    with pytest.raises(UnknownCategory):
        proposing.accept(grievance=grief(complaint, 1), category="magie", by=amelie, at=MORNING)


def test_a_grief_that_nobody_proposed_counts_as_missed(cast, complaint):
    factories.grievance(complaint, exchange=complaint.exchanges.get(), category="other", by=cast.amelie.actor())
    assert [(one.fate, one.final) for one in queries.judged()] == [(Fate.MISSED, "other")]


def test_corrections_teach_with_the_persons_own_words(cast, complaint):
    amelie = cast.amelie.actor()
    proposing.accept(grievance=grief(complaint, 1), by=amelie, at=MORNING)
    proposing.accept(grievance=grief(complaint, 2), category="billing.refund", by=amelie, at=MORNING)
    proposing.drop(grievance=grief(complaint, 3), by=amelie, at=MORNING)
    saved = SavedReading.objects.get()
    understanding.say_kind(
        complaint=complaint, message_id=saved.message_id, kind=MessageKind.COMPLAINT, by=amelie, at=MORNING
    )
    told = [one.told() for one in queries.corrections()]
    assert told == [
        {"text": LATE, "language": "fr", "category": "delivery", "sub": "late"},
        {"text": FEE, "language": "fr", "category": "billing", "sub": "refund"},
        {"text": reading().clean_text, "language": "fr", "kind": "complaint"},
    ]


def another(cast, number):
    """One more file read, of somebody else, of which every grief was settled and one was added by hand."""
    head = f"From: Client <client{number}@courriel.example>\nMessage-ID: <{number}@courriel.example>\n"
    raw = f"{head}Content-Type: text/plain; charset=utf-8\n\n{LETTER}".encode()
    message = factories.message(cast, raw)
    receiving.receive(message=message, by=TESTS, at=MORNING)
    opened = complaint_queries.of_message(message)
    assert opened is not None
    run_jobs()
    told: dict[str, Any] = {"exchange": opened.exchanges.get(), "category": "other", "quote": "ajouté à la main"}
    factories.grievance(opened, **told, by=cast.amelie.actor())
    for one in (1, 2, 3):
        proposing.accept(grievance=grief(opened, one), by=cast.amelie.actor(), at=MORNING)
    saved = SavedReading.objects.get(message=message)
    said: dict[str, Any] = {"complaint": opened, "message_id": message.pk, "kind": MessageKind.COMPLAINT}
    understanding.say_kind(**said, by=cast.amelie.actor(), at=MORNING)
    assert saved.sealed is not None
    return opened


def statements(call):
    with CaptureQueriesContext(connection) as captured:
        call()
    return len(captured.captured_queries)


def test_corrections_and_figures_ask_as_much_of_many_files_as_of_few(cast, complaint):
    another(cast, 1)
    few = statements(lambda: list(queries.corrections())), statements(queries.judged), statements(queries.confidences)
    for number in (2, 3, 4):
        another(cast, number)
    many = statements(lambda: list(queries.corrections())), statements(queries.judged), statements(queries.confidences)
    assert many == few
    assert few[1:] == (2, 1)
    assert {(one.proposed, one.final, one.times) for one in queries.judged()} == {
        ("", "other", 4),
        ("billing.wrong_amount", "billing.wrong_amount", 4),
        ("customer_service.impolite", "customer_service.impolite", 4),
        ("delivery.late", "delivery.late", 4),
    }
    assert sum(one.times for one in queries.confidences()) == 12


def test_nothing_of_an_erased_person_teaches(cast, complaint):
    """Neither what was proposed of their words, nor what somebody added by hand, nor the kind of their message."""
    files = [another(cast, number) for number in (1, 2)]
    assert sum(one.text == "ajouté à la main" for one in queries.corrections()) == 2
    gone = files[0].party_id
    assert gone != files[1].party_id
    before = len(list(queries.corrections()))
    erasing.erase(subject=gone, authority="rgpd", article="17-1-b", by="machine:test", at=MORNING)
    told = list(queries.corrections())
    assert (before, len(told)) == (10, 5)
    assert sum(one.text == "ajouté à la main" for one in told) == 1


def test_what_a_merge_copied_is_missed_once(cast, complaint):
    kept = another(cast, 1)
    own: dict[str, Any] = {"exchange": complaint.exchanges.get(), "title": "Autre chose", "category": "other"}
    factories.grievance(complaint, **own, by=cast.amelie.actor())
    before = sum(one.times for one in queries.judged() if not one.proposed)
    stub = Complaint.objects.get(pk=complaint.pk)
    merging.merge(kept=Complaint.objects.get(pk=kept.pk), stub=stub, by=cast.amelie.actor(), at=MORNING)
    assert sum(one.times for one in queries.judged() if not one.proposed) == before
