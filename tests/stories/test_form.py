"""Anybody complains by the form, at once knows what happens, and nothing is forgotten (M01, M04, M06).

M01 "Anyone can complain: customer, former customer, prospect, passer-by, a representative with proof. No account, no
JavaScript needed." M04 "Acknowledgement at once, on the complainant's channel of choice, with reference, what happens
next and by when." M06 "The structured form guarantees that nothing is forgotten: it knows what is missing and asks the
right question, of the complainant or of the agent; "I don't know" is an answer."
"""

import re
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from doleance.channels.rules import Source
from doleance.complainants.models import Party
from doleance.complaints import questions
from doleance.complaints.models import Complaint
from doleance.deadlines.models import Clock
from doleance.notifications.models import Notice
from doleance.notifications.rules import Purpose
from doleance.resolution import queries as resolution

STORY = "Votre affiche de la gare montre ma maison, sans que personne me l’ait demandé."


class Visitor:
    """Somebody without account nor script: reads a page, fills what they see, presses the button."""

    def __init__(self) -> None:
        self.browser = Client()
        self.page = self.browser.get("/reclamer/")

    def go_on(self, **told: Any) -> None:
        """Post the page's own form with these answers, and follow where it leads."""
        form = re.search(r'<form method="post" action="([^"]+)" class="question".*?</form>', self.page.text, re.DOTALL)
        assert form, "a page with a form"
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form[0]))
        names = set(re.findall(r'name="(\w+)"', form[0]))
        assert set(told) <= names, f"the page does not ask for {set(told) - names}"
        self.page = self.browser.post(form[1], hidden | told, follow=True)
        assert self.page.status_code == 200, self.text

    @property
    def text(self) -> str:
        """What the page says."""
        return unescape(re.sub(r"<[^>]+>", " ", self.page.text)).replace("\u00a0", " ").replace("\u202f", " ")

    @property
    def title(self) -> str:
        """The page's question."""
        return unescape(re.search(r"<h1[^>]*>(.*?)</h1>", self.page.text, re.DOTALL)[1]).replace("\u202f", " ")


@pytest.fixture
def house(cast, calendars):
    """A house that answers."""
    return cast


def test_a_passer_by_complains_of_an_advertisement_and_is_acknowledged(house):
    visitor = Visitor()
    visitor.go_on(branch="other")
    visitor.go_on(text=STORY)
    visitor.go_on(where="À la gare", when="12 novembre 2026")
    visitor.go_on(wishes=["apology", "prevention"])
    visitor.go_on(preferred="email", email="jean@passant.example", name="Jean Morel", not_customer="on")
    visitor.go_on()
    complaint = Complaint.objects.get()
    assert complaint.exchanges.get().message.source == Source.FORM
    assert complaint.party.is_customer is False
    assert complaint.reference in visitor.text
    clocks = Clock.objects.filter(complaint=complaint)
    assert clocks.exists(), "by when is counted from the first moment"
    notice = Notice.objects.get(purpose=Purpose.ACKNOWLEDGEMENT)
    assert notice.to_address == "jean@passant.example"
    grievance = complaint.grievances.get()
    assert grievance.facts == {"where": "À la gare", "when": "2026-11-12"}
    assert not questions.missing(grievance.category.code, grievance.facts)


def test_nobody_at_all_is_received_too(house):
    people = Party.objects.count()
    visitor = Visitor()
    visitor.go_on(branch="customer_service")
    visitor.go_on(text=STORY)
    visitor.go_on()
    visitor.go_on()
    visitor.go_on(preferred="none")
    assert "Vous ne laissez aucun contact." in visitor.text
    visitor.go_on()
    complaint = Complaint.objects.get()
    assert complaint.party is None
    assert Party.objects.count() == people
    assert complaint.reference in visitor.text
    assert not Notice.objects.filter(purpose=Purpose.ACKNOWLEDGEMENT).exists(), "the receipt's page is the answer"


def test_a_representative_writes_with_proof(house, enter):
    visitor = Visitor()
    visitor.go_on(branch="billing")
    visitor.go_on(text="On demande 186 € à ma mère pour rien.")
    visitor.go_on(charged="186,00 €", paid="no")
    visitor.go_on()
    visitor.go_on(preferred="email", email="claire@courriel.example", name="Claire Durand", for_other="on")
    assert visitor.title == "Pour qui écrivez-vous ?"
    proof = SimpleUploadedFile("mandat.pdf", b"%PDF-1.4 mandat", "application/pdf")
    visitor.go_on(name="Jeanne Durand", capacity="sa fille", files=proof)
    assert "mandat.pdf" in visitor.text
    visitor.go_on()
    complaint = Complaint.objects.get()
    assert (complaint.party.name, complaint.representative.name) == ("Jeanne Durand", "Claire Durand")
    assert complaint.capacity == "sa fille"
    assert [one.name for one in complaint.exchanges.get().message.attachments.all()] == ["mandat.pdf"]
    assert Notice.objects.get(purpose=Purpose.ACKNOWLEDGEMENT).to_address == "claire@courriel.example"
    assert resolution.answer_facts(complaint).address == "claire@courriel.example", "who writes is who is answered"
    page = enter(house.bruno).get(f"/dossiers/{complaint.reference}/").text
    assert "À <b>Claire Durand</b>, par courriel à claire@courriel.example" in page.replace("\u00a0", " ")


def test_what_is_missing_is_known_and_not_knowing_is_an_answer(house, enter):
    visitor = Visitor()
    visitor.go_on(branch="delivery")
    visitor.go_on(text="Rien n’est arrivé.", expected="La livraison avant Noël")
    visitor.go_on(order_unknown="on", received="no")
    visitor.go_on()
    visitor.go_on(phone="06 12 34 56 78")
    visitor.go_on()
    complaint = Complaint.objects.get()
    grievance = complaint.grievances.get()
    assert grievance.expected == "La livraison avant Noël"
    assert grievance.facts == {"order": questions.UNKNOWN, "received": "no"}
    missing = [one.code for one in questions.missing(grievance.category.code, grievance.facts)]
    assert missing == ["promised", "place"], "what is known to be unknown is not asked again"
    page = enter(house.amelie).get(f"/dossiers/{complaint.reference}/")
    shown = unescape(page.content.decode()).replace("\u00a0", " ").replace("\u202f", " ")
    assert "Quel jour de livraison vous avait-on promis ?" in shown, "the agent is given the next question"
    assert "Avez-vous le numéro de commande ?" not in shown
