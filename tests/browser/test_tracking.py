"""A file followed in Chromium, by its three doors: on a telephone without scripts, then with the keyboard alone.

By the link of a mail: an information with a file, a point corrected. By a code: a second review after the answer. By
the key: a withdrawal. Then every page and each of its states is looked at.
"""

import pytest
from django.urls import reverse
from playwright.sync_api import FilePayload, Page, expect

from doleance.accounts.rules import machine
from doleance.channels.models import Attachment
from doleance.complaints.models import Complaint, FollowCode
from doleance.complaints.rules import Outcome, State
from doleance.intake.actions import deposits, drafts
from doleance.kernel.clock import now
from doleance.kernel.ids import uuid7
from doleance.notifications import tasks
from doleance.portal import receipts
from doleance.resolution import actions as resolution
from tests.browser.hands import Finger, Hand, Keys
from tests.browser.looking import WINDOWS, Looked, Looking
from tests.browser.test_receipt import TOLD
from tests.stories.conftest import box, house, sink, work
from tests.stories.letters import code_in, link_in

__all__ = ["box", "house", "sink", "work"]
pytestmark = pytest.mark.django_db(transaction=True)
PAPER = FilePayload(name="carton.pdf", mimeType="application/pdf", buffer=b"%PDF-1.7 la photo du carton")
NOWHERE = "A" * 22


class Followed:
    """What Madame Ferrand sent, and whatever the house and its post do of it."""

    def __init__(self, house, sink, work):
        self.house, self.sink, self.work = house, sink, work
        self.draft = drafts.begin(entity=house.entity, language="fr", at=now())
        deposits.submit(draft=self.draft, deposit=TOLD, by=machine("portal"), at=now())
        work()
        self.file = Complaint.objects.get()

    @property
    def state(self):
        """Where the file stands."""
        self.file.refresh_from_db()
        return State(self.file.state)

    @property
    def link(self):
        """What the acknowledgement leads to."""
        return link_in(self.sink.wait_for(1)[0].raw)

    def code(self):
        """What the background does of the last request for a code, and the code as its mail says it."""
        count = len(self.sink.received)
        tasks.send_code(asked_id=str(FollowCode.objects.latest("id").pk))
        self.work()
        return code_in(self.sink.wait_for(count + 1)[-1].raw)

    def answer(self):
        """Amélie decides the one grievance, and her answer leaves."""
        by = self.house.amelie.actor()
        resolution.decide(
            grievance=self.file.grievances.get(), outcome=Outcome.NOT_UPHELD, reasons="Choc après livraison.",
            cause="Choc", by=by, at=now(),
        )  # fmt: skip
        self.file.refresh_from_db()
        text, seen = "Bonjour,\n\nNon.", self.file.version
        resolution.answer(complaint=self.file, text=text, seen=seen, once=uuid7(), by=by, at=now())
        self.work()


@pytest.fixture
def followed(house, sink, work):
    return Followed(house, sink, work)


def is_headed(page: Page, title: str) -> None:
    """The page that a press leads to."""
    expect(page.get_by_role("heading", level=1, name=title)).to_be_visible()


def says(page: Page, words: str) -> None:
    """What the page says of the press before."""
    expect(page.get_by_role("status").filter(has_text=words)).to_be_visible()


def by_the_link(hand: Hand, address: str, followed: Followed) -> None:
    """By the link of the acknowledgement: an information with a file, a point corrected, and out."""
    page = hand.page
    page.goto(f"{address}{followed.link}")
    is_headed(page, "Suivre ma réclamation")
    assert followed.file.reference not in page.content(), "a link that is merely opened tells nothing"
    hand.send("Ouvrir mon dossier")
    expect(page.locator(".refbox")).to_contain_text(followed.file.reference)
    hand.follow("Ajouter une information")
    is_headed(page, "Ajouter une information")
    hand.send("Ajouter à mon dossier", {"Ce que vous voulez ajouter": "Voici le carton."}, file=PAPER)
    says(page, "C’est ajouté à votre dossier.")
    assert Attachment.objects.filter(name="carton.pdf").count() == 1
    hand.follow("Ce que nous avons compris")
    is_headed(page, "Ce que nous avons compris")
    hand.follow("Corriger le point 1")
    is_headed(page, "Corriger le point 1")
    hand.send("Envoyer la correction", {"Ce que vous demandez": "Un échange"})
    says(page, "C’est noté.")
    expect(page.locator(".points")).to_contain_text("Un échange")
    leaves(hand)


def by_a_code(hand: Hand, followed: Followed) -> None:
    """By the reference and a code that is mailed: what was answered does not suit, another person takes it up."""
    page = hand.page
    asked = {"Votre référence": followed.file.reference, "Votre adresse de courriel": TOLD.contact.email}
    hand.send("Recevoir un code", asked)
    is_headed(page, "Votre code")
    hand.send("Ouvrir mon dossier", {"Code à six chiffres": followed.code()})
    is_headed(page, "Notre réponse est partie")
    hand.follow("Demander un second examen")
    is_headed(page, "Demander un second examen")
    hand.send("Demander le second examen", {"Ce qui ne vous convient pas": "La photo montre le contraire."})
    says(page, "Un second examen est ouvert.")
    assert followed.state == State.CONTESTED
    leaves(hand)


def by_the_key(hand: Hand, followed: Followed) -> None:
    """By the reference and the key of the receipt: withdrawn."""
    page = hand.page
    held = {"Votre référence": followed.file.reference, "Votre clé": receipts.key_of(followed.draft.pk)}
    hand.send("Entrer avec la clé", held)
    expect(page.locator(".refbox")).to_contain_text(followed.file.reference)
    hand.follow("Retirer ma réclamation")
    is_headed(page, "Retirer ma réclamation")
    hand.send("Retirer ma réclamation", {"Pourquoi": "C’est réglé."})
    is_headed(page, "Votre réclamation est retirée.")
    assert followed.state == State.WITHDRAWN


def leaves(hand: Hand) -> None:
    """« Quitter » leads to the door."""
    hand.send("Quitter")
    says(hand.page, "Vous avez quitté le suivi.")


def follows(hand: Hand, address: str, followed: Followed) -> None:
    """The three doors, one after the other."""
    by_the_link(hand, address, followed)
    followed.answer()
    by_a_code(hand, followed)
    by_the_key(hand, followed)


def test_without_scripts_on_a_telephone(without_scripts, address, followed):
    follows(Finger(without_scripts.new_page()), address, followed)


def test_with_the_keyboard_alone(page, address, followed):
    follows(Keys(page), address, followed)


def at_the_doors(page: Page, address: str, followed: Followed, looking: Looking) -> None:
    """What is seen before a file is open."""
    hand, reference = Finger(page), followed.file.reference
    page.goto(f"{address}{reverse('portal_follow')}")
    looking.at("porte")
    hand.send("Recevoir un code")
    expect(page.locator("#a-reprendre")).to_be_visible()
    looking.at("porte, à reprendre")
    hand.send("Entrer avec la clé", {"Votre référence": reference, "Votre clé": "0000 0000"})
    expect(page.locator("#a-reprendre")).to_be_visible()
    looking.at("porte, clé refusée")
    hand.send("Recevoir un code", {"Votre référence": reference, "Votre adresse de courriel": TOLD.contact.email})
    is_headed(page, "Votre code")
    looking.at("code")
    hand.send("Ouvrir mon dossier")
    expect(page.locator("#a-reprendre")).to_be_visible()
    looking.at("code, à reprendre")
    page.goto(f"{address}{reverse('portal_follow_link', args=[NOWHERE])}")
    is_headed(page, "Ce lien ne sert plus")
    looking.at("lien mort")
    page.goto(f"{address}{followed.link}")
    looking.at("lien")
    hand.send("Ouvrir mon dossier")
    expect(page.locator(".refbox")).to_contain_text(reference)


def inside(page: Page, followed: Followed, looking: Looking) -> None:
    """What is seen of a file that is being handled."""
    hand = Finger(page)
    looking.at("dossier")
    hand.follow("Ce que nous avons compris")
    is_headed(page, "Ce que nous avons compris")
    looking.at("points")
    hand.follow("Corriger le point 1")
    is_headed(page, "Corriger le point 1")
    looking.at("point")
    limited = page.locator("textarea[maxlength]")  # some devices do not know the limit, and send more
    limited.evaluate_all("all => all.forEach(one => one.removeAttribute('maxlength'))")
    hand.send("Envoyer la correction", {"Ce que vous demandez": "Un échange. " * 500})
    expect(page.locator("#a-reprendre")).to_be_visible()
    looking.at("point, à reprendre")
    hand.send("Envoyer la correction", {"Ce que vous demandez": "Un échange"})
    says(page, "C’est noté.")
    looking.at("points, corrigés")
    hand.follow("Ajouter un point oublié")
    is_headed(page, "Ajouter une information")
    looking.at("ajouter")
    hand.send("Ajouter à mon dossier")
    expect(page.locator("#a-reprendre")).to_be_visible()
    looking.at("ajouter, à reprendre")
    hand.send("Ajouter à mon dossier", {"Ce que vous voulez ajouter": "Voici le carton."}, file=PAPER)
    says(page, "C’est ajouté à votre dossier.")
    looking.at("dossier, complété")


def afterwards(page: Page, followed: Followed, looking: Looking) -> None:
    """What is seen once it was answered."""
    hand = Finger(page)
    followed.answer()
    page.reload()
    is_headed(page, "Notre réponse est partie")
    looking.at("dossier, répondu")
    hand.follow("Demander un second examen")
    is_headed(page, "Demander un second examen")
    looking.at("second examen")
    hand.send("Demander le second examen")
    expect(page.locator("#a-reprendre")).to_be_visible()
    looking.at("second examen, à reprendre")
    hand.send("Demander le second examen", {"Ce qui ne vous convient pas": "La photo montre le contraire."})
    says(page, "Un second examen est ouvert.")
    looking.at("dossier, contesté")
    hand.follow("Retirer ma réclamation")
    is_headed(page, "Retirer ma réclamation")
    looking.at("retirer")
    hand.send("Retirer ma réclamation")
    is_headed(page, "Votre réclamation est retirée.")
    looking.at("dossier, retiré")
    leaves(hand)
    looking.at("porte, en sortant")


STATES = 7 + 8 + 7


def through(page: Page, address: str, followed: Followed, looking: Looking) -> None:
    """Every page of a file and each of its states, looked at."""
    at_the_doors(page, address, followed, looking)
    inside(page, followed, looking)
    afterwards(page, followed, looking)


@pytest.mark.parametrize("look", WINDOWS, ids=str)
def test_axe_finds_nothing_on_any_page(page, look, address, followed):
    looked = Looked(page, look)
    through(page, address, followed, looked)
    assert len(looked.names) == STATES
    assert not looked.faults, "\n".join(looked.faults)


def test_text_spaced_out_enlarged_or_in_the_systems_colours_loses_nothing(eased, address, followed):
    through(eased.page, address, followed, eased)
    assert len(eased.names) == STATES
    assert not eased.faults, "\n".join(eased.faults)
