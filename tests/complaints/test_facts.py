"""Answers to the questions of a type: told with the complaint, noted later by staff, kept on the journal."""

from uuid import uuid4

import pytest

from doleance.audit import verify
from doleance.audit.models import AuditEvent
from doleance.channels.models import Message
from doleance.complaints import questions, rules
from doleance.complaints.actions import dossiers, grievances
from doleance.complaints.models import Category, Grievance
from doleance.complaints.questions import FactUnreadable
from doleance.complaints.rules import State
from doleance.kernel.db import write
from doleance.kernel.errors import NotAllowed, Stale
from tests.cast import MORNING, TESTS
from tests.factories import complaint, grievance, incoming

pytestmark = pytest.mark.django_db


@pytest.fixture
def point(cast):
    return grievance(complaint(cast), category="billing")


def noted(point, facts, by, seen=None):
    return grievances.set_facts(grievance=point, facts=facts, seen=seen, by=by.actor(), at=MORNING)


def told(cast, **changes):
    file = complaint(cast, message=incoming(cast, f"Bonjour {uuid4()}"))
    known = {
        "category": "delivery",
        "title": "Colis",
        "facts": {"order": " A  4711 ", "received": "no", "paid": "yes"},
    }
    first = file.exchanges.get()
    return grievances.tell_grievance(complaint=file, exchange=first, **(known | changes), by=TESTS, at=MORNING)


def test_what_is_told_is_the_first_point_and_moves_nothing(cast):
    point = told(cast, expected=" le 12 ", wanted=" un autre ")
    assert (point.number, point.expected, point.wanted) == (1, "le 12", "un autre")
    assert point.facts == {"order": "A 4711", "received": "no"}
    file = point.complaint
    file.refresh_from_db()
    assert (file.state, file.owner, file.version) == (State.RECEIVED, None, 1)
    assert verify.check().intact


def test_a_category_retired_since_is_theirs_still_and_an_unknown_one_is_refused(cast):
    _retire(code="delivery")
    assert told(cast).category_id == "delivery"
    with pytest.raises(rules.UnknownCategory):
        told(cast, category="nowhere")


@write(quiet="a test's own")
def _retire(*, code):
    Category.objects.filter(code=code).update(is_active=False)


def test_an_answer_is_noted_beside_those_that_are_there(cast, point):
    noted(point, {"invoice": "F-1", "charged": "186"}, cast.amelie)
    later = noted(point, {"charged": "187,50 €", "paid": "?"}, cast.amelie)
    assert later.facts == {"invoice": "F-1", "charged": "187.50", "paid": "?"}
    assert [one.code for one in questions.missing("billing", later.facts)] == ["expected"]
    assert [one.facts["code"] for one in AuditEvent.objects.filter(facts__code="facts_noted").order_by("seq")]
    assert verify.check().intact


def test_an_empty_answer_takes_one_away(cast, point):
    noted(point, {"invoice": "F-1", "paid": "yes"}, cast.amelie)
    assert noted(point, {"invoice": " "}, cast.amelie).facts == {"paid": "yes"}


def test_the_same_answers_again_change_nothing(cast, point):
    noted(point, {"invoice": "F-1"}, cast.amelie)
    version = Grievance.objects.get(pk=point.pk).complaint.version
    noted(point, {"invoice": "F-1", "unheard_of": "x"}, cast.amelie)
    assert Grievance.objects.get(pk=point.pk).complaint.version == version


def test_answers_of_an_earlier_category_stay(cast, point):
    noted(point, {"invoice": "F-1"}, cast.amelie)
    grievances.change_grievance(
        grievance=point, title="Colis", category="delivery", wanted="", cause="", by=cast.amelie.actor(), at=MORNING
    )
    assert noted(point, {"order": "A-1"}, cast.amelie).facts == {"invoice": "F-1", "order": "A-1"}


def test_what_does_not_read_is_refused_and_changes_nothing(cast, point):
    with pytest.raises(FactUnreadable):
        noted(point, {"invoice": "F-1", "charged": "beaucoup"}, cast.amelie)
    assert Grievance.objects.get(pk=point.pk).facts == {}


def test_only_who_handles_the_file_notes_an_answer(cast, point):
    for stranger in (cast.ines, cast.paul, cast.nadia, cast.karim, cast.chloe):
        with pytest.raises(NotAllowed):
            noted(point, {"invoice": "F-1"}, stranger)


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(cast, point):
    seen = Grievance.objects.get(pk=point.pk).complaint.version
    dossiers.rename(complaint=point.complaint, title="Autre", by=cast.bruno.actor(), at=MORNING)
    with pytest.raises(Stale):
        noted(point, {"invoice": "F-1"}, cast.amelie, seen=seen)


def test_nothing_is_noted_in_a_file_that_is_over(cast, point):
    dossiers.move(
        complaint=point.complaint, to=State.WITHDRAWN, by=cast.amelie.actor(), at=MORNING, reason="à sa demande"
    )
    with pytest.raises(rules.ClosedFile):
        noted(point, {"invoice": "F-1"}, cast.amelie)
    assert Message.objects.count() == 0
