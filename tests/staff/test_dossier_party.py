"""Who complains, changed on the page of a file: both names are read first, and it can be undone."""

import pytest

from doleance.channels.rules import Person
from doleance.complainants import queries as parties
from doleance.complaints.actions import taxonomy
from doleance.complaints.models import Complaint
from doleance.deadlines import actions as deadlines
from doleance.kernel.clock import now
from tests.cast import TESTS
from tests.factories import complaint, incoming
from tests.staff.reading import basis, main_of, text

pytestmark = pytest.mark.django_db
AUTHOR = "contact@transports-marchand.example"
NAMED = "?ouvrir=reclamant&qui=contact%40transports-marchand.example"


@pytest.fixture
def forwarded(cast) -> Complaint:
    """A file of Mme Durand, opened by a mail of hers that forwards somebody else's."""
    taxonomy.seed(by=TESTS, at=now())
    message = incoming(cast, at=now(), proposed=Person("Transports Marchand", AUTHOR))
    opened = complaint(cast, message=message, received_at=now())
    deadlines.start(complaint=opened, by=TESTS, at=now())
    return Complaint.objects.select_related("entity", "team", "owner", "party").get(pk=opened.pk)


def given(amelie, file, name="Transports Marchand", address=AUTHOR):
    return amelie.post(f"/dossiers/{file.reference}/reclamant/", basis(file, name=name, address=address), follow=True)


def test_the_forwarded_author_is_proposed_and_nothing_changes_before_a_confirmation(amelie, forwarded, cast):
    url = f"/dossiers/{forwarded.reference}/"
    page = main_of(amelie.get(url))
    assert "Mettre le dossier au nom de Transports Marchand…" in page
    assert f'href="{url}?ouvrir=reclamant&amp;qui=contact%40transports-marchand.example#personne"' in page
    step = main_of(amelie.get(f"{url}{NAMED}"))
    assert "<h3>Mettre le dossier au nom de Transports Marchand</h3>" in step
    assert "Hélène Durand<br>" in step
    assert f'value="{AUTHOR}"' in step
    assert "à qui vont nos courriels et nos lettres" in step
    forwarded.refresh_from_db()
    assert forwarded.party_id == cast.durand.pk


def test_only_somebody_whom_the_mails_name_fills_the_step(amelie, forwarded):
    page = main_of(amelie.get(f"/dossiers/{forwarded.reference}/?ouvrir=reclamant&qui=autre%40ailleurs.example"))
    assert "autre@ailleurs.example" not in page
    assert "Mettre le dossier au nom de quelqu’un d’autre" in page


def test_the_file_changes_hands_and_each_message_keeps_its_sender(amelie, forwarded):
    page = main_of(given(amelie, forwarded))
    forwarded.refresh_from_db()
    assert forwarded.party.name == "Transports Marchand"
    bubble = page.partition('id="fil"')[2]
    assert "Hélène Durand" in bubble
    assert "a ouvert ce dossier en transférant un courriel" in bubble
    story = text(amelie.get(f"/dossiers/{forwarded.reference}/?fil=journal"))
    assert "Réclamant : de Hélène Durand à Transports Marchand" in story


def test_the_person_before_stays_proposed_and_takes_the_file_back(amelie, forwarded, cast):
    given(amelie, forwarded)
    page = main_of(amelie.get(f"/dossiers/{forwarded.reference}/?ouvrir=reclamant"))
    assert "qui=helene.durand%40courriel.example" in page
    given(amelie, forwarded, "Hélène Durand", "helene.durand@courriel.example")
    forwarded.refresh_from_db()
    assert forwarded.party_id == cast.durand.pk


def test_the_composer_says_where_its_address_comes_from(amelie, forwarded, cast):
    url = f"/dossiers/{forwarded.reference}/"
    assert "c’est par là que cette personne nous écrit" in text(amelie.get(url))
    given(amelie, forwarded)
    read = text(amelie.get(url))
    assert "adresse lue dans un courriel transféré, jamais vérifiée" in read
    assert "c’est par là que cette personne nous écrit" not in read
    given(amelie, forwarded, "Luc Delmas", "luc.delmas@courriel.example")
    assert "adresse écrite à la main, jamais vérifiée" in text(amelie.get(url))
    party = Complaint.objects.get(pk=forwarded.pk).party
    assert party is not None
    assert parties.email_of(party) == "luc.delmas@courriel.example"
