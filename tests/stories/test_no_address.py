"""Somebody who leaves no address is answered all the same, where their key leads (M01, M04, M16)."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from doleance.accounts import actions as accounts
from doleance.complaints.actions import access
from doleance.complaints.models import Complaint, Exchange
from doleance.complaints.rules import ExchangeKind, Outcome, State
from doleance.deadlines.models import Clock
from doleance.kernel.clock import now
from doleance.notifications import tasks
from doleance.notifications.models import Notice
from doleance.notifications.rules import NoticeState, Purpose, Way
from doleance.packs.rules import ClockKind
from doleance.resolution import actions as resolution
from doleance.resolution import queries, rules
from tests.cast import MORNING, TESTS
from tests.staff.pressing import press
from tests.staff.reading import main_of
from tests.stories.test_form import STORY, Visitor

ANSWER = "Bonjour,\n\nL’affiche est retirée aujourd’hui, et nous vous en demandons pardon."
FILE = "/suivi/dossier/"


@pytest.fixture
def house(cast, calendars):
    """A house with a mediator, and no server to send mails by."""
    told = {"name": "Maison Lavergne", "time_zone": "Europe/Paris", "calendar": "FR"}
    mediator = "Médiateur du commerce, 75015 Paris, www.mediateur.example"
    accounts.change_entity(entity=cast.entity, mediator=mediator, by=TESTS, at=MORNING, **told)
    return cast


def deposited(**contact):
    """What somebody deposits who says no more of themselves, and the key that the receipt shows them."""
    visitor = Visitor()
    visitor.go_on(branch="customer_service")
    visitor.go_on(text=STORY)
    visitor.go_on()
    visitor.go_on()
    visitor.go_on(**contact)
    visitor.go_on()
    key = re.search(r'<b class="key">([^<]+)</b>', visitor.page.text)[1]
    return Complaint.objects.get(), key


def decided(complaint, by):
    """Each grievance has its outcome."""
    for grievance in complaint.grievances.all():
        resolution.decide(
            grievance=grievance, outcome=Outcome.UPHELD, reasons="", cause="Affiche", by=by.actor(), at=now()
        )
    complaint.refresh_from_db()


def carry(notice, monkeypatch):
    """What a worker does twenty seconds later."""
    later = now() + timedelta(seconds=20)
    monkeypatch.setattr(tasks, "now", lambda: later)
    tasks.deliver(notice_id=str(notice.id))
    notice.refresh_from_db()


NOBODY, BY_PHONE = {"preferred": "none"}, {"preferred": "phone", "phone": "06 12 34 56 78"}


@pytest.mark.parametrize("contact", [NOBODY, BY_PHONE], ids=["nobody", "phone"])
def test_the_answer_waits_where_the_key_leads(house, enter, monkeypatch, contact):
    complaint, key = deposited(**contact)
    decided(complaint, house.bruno)
    client = enter(house.bruno)
    page = client.get(reverse("dossier", args=[complaint.reference]))
    assert "La page de suivi, où mène la clé du reçu, montrera cette réponse." in main_of(page)
    assert ("Dites-la aussi au téléphone" in main_of(page)) is ("phone" in contact)
    assert "Aucune adresse où répondre" not in main_of(page)

    review = press(client, page, "Relire et envoyer", text=ANSWER, kind="finale", way="page")
    assert "Paraîtra sur sa page de suivi" in main_of(review)
    assert "médiateur" in main_of(review)
    pending = client.get(press(client, review, "Faire paraître").url.partition("#")[0])
    assert "sur sa page de suivi" in main_of(pending)
    notice = Notice.objects.get(purpose=Purpose.FINAL)
    assert (notice.way, notice.state, notice.to_address) == (Way.PAGE, NoticeState.QUEUED, "")
    tasks.deliver(notice_id=str(notice.id))  # too soon: it may still be taken back
    notice.refresh_from_db()
    assert notice.state == NoticeState.QUEUED

    carry(notice, monkeypatch)
    complaint.refresh_from_db()
    assert (notice.state, complaint.state) == (NoticeState.SENT, State.ANSWERED)
    assert Clock.objects.filter(complaint=complaint, kind=ClockKind.FINAL).exists()
    assert not Clock.objects.filter(complaint=complaint, kind=ClockKind.FINAL, met_at=None).exists()
    assert "a écrit sur la page de suivi" in main_of(client.get(reverse("dossier", args=[complaint.reference])))
    assert Exchange.objects.get(complaint=complaint, kind=ExchangeKind.OUTBOUND).text == notice.text

    visitor = Client()
    visitor.post("/suivi/", {"cle-reference": complaint.reference, "cle-key": key})
    assert "L’affiche est retirée aujourd’hui" in visitor.get(FILE).content.decode()


def test_it_is_taken_back_in_time_as_a_mail_is(house, enter):
    complaint, _ = deposited(preferred="none")
    client = enter(house.bruno)
    page = client.get(reverse("dossier", args=[complaint.reference]))
    review = press(client, page, "Relire et envoyer", text=ANSWER, way="page")
    pending = client.get(press(client, review, "Faire paraître").url.partition("#")[0])
    press(client, pending, "Retenir")
    notice = Notice.objects.get(purpose=Purpose.REPLY)
    assert notice.state == NoticeState.RETAINED
    assert not Exchange.objects.filter(complaint=complaint, kind=ExchangeKind.OUTBOUND).exists()


def test_nothing_is_left_on_a_page_that_nobody_can_open(house):
    complaint, _ = deposited(preferred="none")
    access.revoke(complaint=complaint, by=house.bruno.actor(), at=now())
    complaint.refresh_from_db()
    assert not queries.answer_facts(complaint, on_page=True).page
    with pytest.raises(rules.NoAddress):
        rules.may_reply(queries.answer_facts(complaint, on_page=True))


def test_nothing_is_left_for_whoever_typed_the_name_of_somebody_we_know(house):
    complaint, _ = deposited(preferred="none")
    complaint.names_known = True
    assert not queries.answer_facts(complaint, on_page=True).page


def test_a_page_is_no_way_to_somebody_who_reads_mails(house):
    complaint, _ = deposited(preferred="email", email="jean@passant.example")
    facts = queries.answer_facts(complaint, on_page=True)
    assert (facts.page, facts.address) == (False, "jean@passant.example")
