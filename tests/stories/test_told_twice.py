"""One person, two ways in, one matter: proposed, merged, answered once, separated; a stranger is linked (M17).

M17 "One single reply for all merged messages: full on the channel the person chose, a pointer and no more on the
others, so that no channel stays silent; each grievance answered".

The short message comes by a gateway, a program at the door with its key; the form is the public one. What both say is
read by the engine and the model that are shipped, in the limited child that a worker starts.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from doleance.audit import verify
from doleance.complaints.models import Complaint
from doleance.complaints.rules import Outcome, State
from doleance.deadlines import queries as clocks
from doleance.kernel import clock
from doleance.matching import queries, tasks
from doleance.matching.actions import merging
from doleance.matching.models import Merge, Pair
from doleance.matching.rules import Answer
from doleance.notifications import tasks as outbox
from doleance.notifications.models import Notice
from doleance.notifications.rules import Purpose
from doleance.resolution import actions as resolution
from doleance.understanding.duplicates.score import Reason, Relation
from doleance.understanding.process import child
from tests.api.conftest import COMPLAINTS, program, shop
from tests.stories.test_form import Visitor

__all__ = ["program", "shop"]
SMS = "Livraison annulée ce matin sans prévenir ! j’avais posé ma journée pour le buffet. cmd C-90227"
FORM = "Ma livraison C-90227 est annulée sans prévenir, j’ai perdu une journée de travail. Le buffet est payé."
STRANGER = "Livraison de mon buffet annulée ce matin sans prévenir, j’avais posé ma journée et personne ne répond."
FINAL = "Nous livrons le buffet demain et remboursons vos frais."


@pytest.fixture
def reads(settings: Any) -> Iterator[None]:
    """Files are read; the children end with the test."""
    settings.DOLEANCE_READING = True
    yield
    child.readers.close()


def told_by_sms(gateway: Any) -> Complaint:
    """What the gateway of short messages hands over: a number and words."""
    said = {"category": "delivery", "text": SMS, "complainant": {"phone": "06 12 34 56 78"}}
    answer = gateway.post(COMPLAINTS, said)
    assert answer.status_code == 201, answer.content
    return Complaint.objects.latest("registered_at")


def told_by_form(text: str, **contact: str) -> Complaint:
    """The public form, from its first page to the receipt."""
    visitor = Visitor()
    visitor.go_on(branch="delivery")
    visitor.go_on(text=text)
    visitor.go_on(received="no")
    visitor.go_on()
    visitor.go_on(**contact)
    visitor.go_on()
    return Complaint.objects.latest("registered_at")


def pair_of(one: Complaint, other: Complaint) -> Pair:
    found = queries.pair_of(one, other)
    assert found is not None, "a machine proposes the pair"
    return found


def answered(house: Any, complaint: Complaint, work: Callable[[], None]) -> None:
    """Decide its one grief and answer; what is due leaves."""
    now, by = clock.now(), house.amelie.actor()
    grievance = complaint.grievances.get(number=1)
    told: dict[str, Any] = {"outcome": Outcome.UPHELD, "reasons": "Annulée par nous.", "cause": "Tournée"}
    resolution.decide(grievance=grievance, **told, by=by, at=now)
    for other in complaint.grievances.exclude(pk=grievance.pk):
        resolution.decide(grievance=other, **told, by=by, at=now)
    seen = Complaint.objects.get(pk=complaint.pk).version
    resolution.answer(complaint=complaint, text=FINAL, seen=seen, once=uuid4(), by=by, at=now)
    work()
    outbox.point(notice_id=str(Notice.objects.get(purpose=Purpose.FINAL).id))
    work()


@pytest.mark.usefixtures("reads")
def test_who_told_twice_is_answered_once_and_a_stranger_is_linked(house, shop, enter, work):
    sms = told_by_sms(shop)
    form = told_by_form(FORM, name="Inès Marchand", phone="0612345678", email="ines.marchand@courriel.example")
    stranger = told_by_form(STRANGER, name="Paul Roussel", email="paul.roussel@courriel.example")
    tasks.look(0)

    twins, likes = pair_of(sms, form), pair_of(sms, stranger)
    assert twins.relation == Relation.DUPLICATE
    assert {Reason.ORDER, Reason.PHONE} & {reason for reason, _ in queries.facts_of(twins)}
    assert likes.relation == Relation.RELATED
    amelie: Client = enter(house.amelie)
    page = amelie.get(f"/doublons/{twins.pk}/")
    assert all(one.reference in page.content.decode() for one in (sms, form))

    amelie.post(f"/doublons/{likes.pk}/decider/", {"decision": "lier"})
    amelie.post(f"/doublons/{twins.pk}/decider/", {"decision": "reunir", "garder": str(form.pk)})
    merge = Merge.objects.get()
    assert (merge.kept_id, merge.stub_id) == (form.pk, sms.pk)
    assert pair_of(sms, stranger).answer == Answer.LINKED
    assert Complaint.objects.get(pk=stranger.pk).state == State.RECEIVED, "linked, not merged"

    answered(house, form, work)
    final = Notice.objects.get(purpose=Purpose.FINAL)
    assert (final.complaint_id, final.to_address) == (form.pk, "ines.marchand@courriel.example")
    pointers = Notice.objects.filter(purpose=Purpose.POINTER)
    assert [(one.complaint_id, one.way) for one in pointers] == [(sms.pk, "page")]
    assert not [one for one in pointers if "remboursons" in one.text], "a pointer and no more"
    assert not Notice.objects.filter(complaint=stranger, purpose__in=[Purpose.FINAL, Purpose.POINTER]).exists()

    apart = merging.separate(merge=merge, by=house.amelie.actor(), at=clock.now() + timedelta(days=400))
    assert (apart.pk, apart.state, apart.merged_into_id) == (sms.pk, State.RECEIVED, None)
    assert [one for one in clocks.running(apart) if one.is_open]
    assert not list(clocks.drifts())
    assert verify.check(lambda _: None).intact
    assert pair_of(sms, form).answer == Answer.DIFFERENT
    tasks.sweep(0)
    assert pair_of(sms, form).answer == Answer.DIFFERENT, "what was answered is never asked again"
