"""A call, from the first word to the written one: recorded once, asked, promised, invited to write (M02, M06, M14)."""

import pytest
from django.urls import reverse

from doleance.channels.rules import Source
from doleance.complaints.models import Complaint
from doleance.complaints.rules import ExchangeKind
from doleance.deadlines.models import Clock
from doleance.kernel.clock import now
from doleance.kernel.db import write
from tests.staff.pressing import form_with, press
from tests.staff.reading import main_of

STORY = "On m’a prélevé deux fois la cotisation d’octobre."


@pytest.fixture
def bank(cast, calendars):
    """A house that follows the banking supervisor's recommendation: its delays count from writing."""
    follow(cast.entity)
    return cast


@write(quiet="a test follows what a setting would")
def follow(entity):
    entity.packs = ["FR-ACPR", "GENERAL"]
    entity.save(update_fields=["packs"])


def test_a_call_is_recorded_asked_promised_and_its_caller_invited_to_write(bank, enter):
    client = enter(bank.amelie)
    page = client.get(reverse("phone"))
    day = now().date().isoformat()
    told = {"phone": "06 12 34 56 78", "email": "h.ferrand@courriel.example", "name": "Hélène Ferrand", "text": STORY}
    told |= {"branch": "billing", "promise_on": day, "promise_when": "17 h", "q-billing-invoice": "F-778"}
    form, _ = form_with(page, "Enregistrer la réclamation")
    sent = client.post(reverse("phone"), form.fields | told)

    complaint = Complaint.objects.get()
    first = complaint.exchanges.get(kind=ExchangeKind.INBOUND)
    assert (first.message.channel, first.message.source, first.text) == ("phone", Source.STAFF, STORY)
    assert "17 h" in complaint.exchanges.get(kind=ExchangeKind.NOTE).text
    assert not Clock.objects.filter(complaint=complaint, pack="FR-ACPR").exists()
    assert Clock.objects.filter(complaint=complaint, pack="GENERAL").exists()

    file = client.get(sent.url.partition("#")[0])
    assert "Avant de raccrocher" in main_of(file)
    assert "délai légal non démarré" in main_of(file)
    assert "Quel montant vous a-t-on facturé" in main_of(file)
    press(client, file, "Noter", answer="186 euros")
    assert complaint.grievances.get().facts["charged"] == "186.00"

    ready = client.get(reverse("dossier", args=[complaint.reference]), {"voie": "invitation"})
    review = press(client, ready, "Relire et envoyer")
    assert review.status_code == 200
    assert "Nous vous invitons donc à nous écrire" in main_of(review)
