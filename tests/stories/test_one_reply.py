"""Two addresses, one matter: proposed, merged, answered once, separated again; a stranger is linked."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from doleance.audit import verify
from doleance.complaints.models import Complaint
from doleance.complaints.rules import Outcome, State
from doleance.deadlines import actions as deadlines
from doleance.deadlines import queries as clocks
from doleance.kernel import clock
from doleance.matching import queries, tasks
from doleance.matching.actions import answering, merging
from doleance.matching.models import Pair
from doleance.notifications import tasks as outbox
from doleance.notifications.models import Notice
from doleance.notifications.rules import Purpose
from doleance.resolution import actions as resolution
from doleance.understanding.duplicates.score import Relation
from tests import factories
from tests.cast import TESTS, party

pytestmark = pytest.mark.django_db(transaction=True)
FORM = "Ma livraison C-90227 est annulée sans prévenir, j’avais posé ma journée. Mon numéro : 06 45 67 89 22."
CALL = "Mme Durand rappelle : livraison C-90227 annulée sans prévenir, journée perdue. 06 45 67 89 22, autre courriel."
STRANGER = "Livraison annulée sans prévenir, j’avais posé ma journée pour la recevoir, et personne au téléphone."


def test_one_matter_by_two_addresses_is_answered_once(house, work):
    after = clock.now()  # what leaves waits for no later moment
    before = after - timedelta(days=2)
    by = house.amelie.actor()
    form = factories.complaint(house, text=FORM, title="Livraison annulée", received_at=before)
    call = factories.complaint(
        house, text=CALL, title="Rappel", party=party("Hélène Petit-Durand"), received_at=before + timedelta(days=1)
    )
    other = factories.complaint(
        house, text=STRANGER, title="Livraison annulée", party=party("Paul Roussel"), received_at=after
    )
    for one in (form, call, other):
        deadlines.start(complaint=one, by=TESTS, at=after)
        tasks.compare(one.pk)

    pairs = {frozenset((one.first_id, one.second_id)): one for one in Pair.objects.all()}
    twins, likes = pairs[frozenset((form.pk, call.pk))], pairs.get(frozenset((form.pk, other.pk)))
    assert twins.relation == Relation.DUPLICATE
    if likes is not None:
        assert likes.relation == Relation.RELATED
    answering.link(one=form, other=other, by=by, at=after)
    merge = merging.merge(kept=form, stub=call, by=by, at=after)
    assert Complaint.objects.get(pk=other.pk).state == State.RECEIVED  # linked, not merged

    grievance = factories.grievance(form, title="Livraison annulée", category="delivery.late")
    told: dict[str, Any] = {"outcome": Outcome.UPHELD, "reasons": "Annulée par nous.", "cause": "Tournée"}
    resolution.decide(grievance=grievance, **told, by=by, at=after)
    seen = Complaint.objects.get(pk=form.pk).version
    final: dict[str, Any] = {
        "text": "Nous vous livrons demain et remboursons la livraison.",
        "seen": seen,
        "once": uuid4(),
    }
    resolution.answer(complaint=form, **final, by=by, at=after)
    work()
    answer = Notice.objects.get(purpose=Purpose.FINAL)
    outbox.point(notice_id=str(answer.id))
    outbox.point(notice_id=str(answer.id))  # the job may come twice
    work()
    pointers = Notice.objects.filter(purpose=Purpose.POINTER)
    assert [(one.complaint_id, one.to_address) for one in pointers] == [
        (call.pk, "helene.petit-durand@courriel.example")
    ]
    assert "remboursons" not in pointers.get().text
    assert Complaint.objects.get(pk=form.pk).state == State.ANSWERED
    assert verify.check(lambda _: None).intact

    apart = merging.separate(merge=merge, by=by, at=after + timedelta(days=400))
    assert apart.state == State.RECEIVED
    assert [one for one in clocks.running(apart) if one.is_open]
    assert not list(clocks.drifts())
    assert verify.check(lambda _: None).intact
    assert queries.merges_of(form, actor=by) == []
