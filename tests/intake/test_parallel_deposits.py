"""Fifty presses of one form at once, and forms that meet: one complaint each, nothing twice, nothing lost."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import connection

from doleance.accounts.rules import machine
from doleance.audit import verify
from doleance.channels.models import Attachment, Blob, Message
from doleance.complainants.models import Party
from doleance.complaints.models import Complaint, FollowLink, Grievance, TrackingKey
from doleance.intake import drafts
from doleance.intake.actions import deposits
from doleance.intake.actions import drafts as drafting
from doleance.intake.deposits import Contact, Deposit, DepositWay, Representative
from doleance.intake.models import DraftFile
from doleance.notifications.models import Notice
from tests import factories
from tests.cast import MORNING

pytestmark = pytest.mark.django_db(transaction=True)
PUBLIC, PRESSES = machine("portal"), 50
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
ZOE = Contact(name="Zoé Martin", email="zoe.martin@courriel.example")
PAUL = Contact(name="Paul Martin", email="paul.martin@courriel.example")
DELIVERY = Deposit(
    branch="delivery",
    text="Rien n’est arrivé.",
    contact=ZOE,
    representative=Representative(PAUL, "son frère"),
    facts={"order": "A-4711", "received": "no"},
)


def at_once(times, work):
    """Call `work(number)` from that many threads that start together, each on a connection of its own."""
    barrier = Barrier(times)

    def run(number):
        try:
            connection.ensure_connection()
            barrier.wait()
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return [result.result() for result in [pool.submit(run, number) for number in range(times)]]


def test_fifty_presses_of_one_form_make_one_complaint(cast):
    factories.mailbox(cast)
    draft = drafting.begin(entity=cast.entity, language="fr", at=MORNING)
    drafting.add_file(draft=draft, name="photo.png", media_type="image/png", data=PNG, at=MORNING)
    told = at_once(PRESSES, lambda number: deposits.submit(draft=draft, deposit=DELIVERY, by=PUBLIC, at=MORNING))
    assert len(told) == PRESSES
    assert sum(one.is_new for one in told) == 1
    assert {one.complaint for one in told} == {Complaint.objects.get()}
    for model in (Message, Notice, Grievance, TrackingKey, FollowLink, Attachment):
        assert model.objects.count() == 1, model
    assert (Blob.objects.count(), DraftFile.objects.count()) == (2, 0)
    assert drafts.draft(draft.id, at=MORNING).complaint == Complaint.objects.get()
    report = verify.check()
    assert report.intact, report.findings


def test_twenty_forms_of_one_new_person_make_twenty_complaints_and_one_person(cast):
    """Each names the same two people, in either part: nobody waits in a circle."""
    turned = replace(DELIVERY, contact=PAUL, representative=Representative(ZOE, "sa sœur"))
    before = Party.objects.count()
    begun = [drafting.begin(entity=cast.entity, language="fr", at=MORNING) for _ in range(20)]

    def press(number):
        told = DELIVERY if number % 2 else turned
        return deposits.send(draft=begun[number], deposit=told, by=PUBLIC, at=MORNING)

    assert all(one.is_new for one in at_once(20, press))
    assert (Complaint.objects.count(), Message.objects.count()) == (20, 20)
    assert Party.objects.count() == before + 2
    report = verify.check()
    assert report.intact, report.findings


def test_a_form_of_staff_pressed_twenty_times_makes_one_complaint(cast):
    once, who = uuid4(), cast.amelie.actor()

    def press(number):
        return deposits.record(
            deposit=DELIVERY,
            way=DepositWay.PHONE,
            entity=cast.entity,
            team=cast.team,
            received_at=MORNING,
            once=once,
            by=who,
            at=MORNING,
        )

    assert set(at_once(20, press)) == {Complaint.objects.get()}
    assert Message.objects.count() == 1


def test_a_draft_that_is_erased_while_it_is_sent_is_either(cast):
    """Never a complaint without its draft, nor a draft gone after it was received."""
    begun = [drafting.begin(entity=cast.entity, language="fr", at=MORNING) for _ in range(10)]

    def fight(number):
        draft = begun[number // 2]
        try:
            if number % 2:
                drafting.erase(draft=draft)
            else:
                deposits.send(draft=draft, deposit=DELIVERY, by=PUBLIC, at=MORNING)
        except (deposits.DraftGone, drafting.deposits.DraftSent):
            return False
        return True

    won = at_once(20, fight)
    for number, draft in enumerate(begun):
        sent, erased = won[2 * number : 2 * number + 2]
        assert sent != erased
        assert (drafts.draft(draft.id, at=MORNING) is not None) == sent
    assert Complaint.objects.count() == sum(won[::2])
