"""Téléphone: what is told in a call becomes a file, with what to say before hanging up."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from doleance.complainants import actions as complainants
from doleance.complainants.rules import AddressChannel
from doleance.complaints.models import Complaint, Exchange
from doleance.complaints.rules import ExchangeKind
from doleance.kernel.clock import now
from tests import factories
from tests.cast import TESTS
from tests.staff.reading import main_of, text

STORY = "Trois appels, trois fois la ligne coupée. Et mon colis n’est jamais arrivé."


@pytest.fixture
def url():
    return reverse("phone")


def call(**more):
    """What the form of a call sends, the least of it."""
    return {
        "once": str(uuid4()),
        "phone": "06 12 34 56 78",
        "name": "Hélène Ferrand",
        "text": STORY,
        "branch": "delivery",
        "status": "unknown",
        "language": "fr",
        "faire": "enregistrer",
        **more,
    }


def test_a_call_becomes_a_file_that_was_only_said(amelie, calendars, cast, url):
    answer = amelie.post(url, call(**{"q-delivery-order": "C-778", "q-delivery-promised-unknown": "on"}))
    complaint = Complaint.objects.get()
    assert answer.status_code == 302
    assert answer.url == f"{reverse('dossier', args=[complaint.reference])}?appel=fini#main"
    assert complaint.first_written_at is None
    assert complaint.team == cast.team
    assert complaint.party.name == "Hélène Ferrand"
    assert complaint.grievances.get().facts == {"order": "C-778", "promised": "?"}


def test_the_file_says_the_reference_sign_by_sign_and_the_dates(amelie, calendars, url):
    page = main_of(amelie.get(amelie.post(url, call()).url.partition("#")[0]))
    reference = Complaint.objects.get().reference
    assert "Avant de raccrocher" in page
    assert ", ".join("tiret" if sign == "-" else sign for sign in reference) in page
    assert "data-call-done" in page


def test_the_same_form_sent_twice_makes_one_file_and_one_promise(amelie, calendars, url):
    day = (now() + timedelta(days=3)).date().isoformat()
    told = call(promise_on=day, promise_when="11 h", promise_way="phone")
    first, second = amelie.post(url, told), amelie.post(url, told)
    assert first.url == second.url
    note = Exchange.objects.get(kind=ExchangeKind.NOTE)
    assert "11 h, par téléphone" in note.text.replace("\u00a0", " ")


def test_an_answer_that_does_not_read_is_said_beside_it_and_all_that_was_typed_stays(amelie, calendars, url):
    told = call(branch="billing", **{"q-billing-charged": "beaucoup", "q-billing-invoice": "F-9"})
    page = amelie.post(url, told)
    assert page.status_code == 422
    assert not Complaint.objects.exists()
    assert "beaucoup" in text(page)
    assert "par exemple 186,00" in text(page)
    assert "F-9" in text(page)
    assert STORY in text(page).replace("&#x27;", "'")


def test_words_and_type_are_all_that_is_required(amelie, calendars, url):
    page = amelie.post(url, call(text=" ", branch=""))
    assert page.status_code == 422
    assert "Écrivez ce que la personne raconte" in text(page)
    bare = {"once": str(uuid4()), "text": STORY, "branch": "other", "status": "unknown", "language": "fr"}
    assert amelie.post(url, bare).status_code == 302
    assert Complaint.objects.get().party is None


def test_questions_come_by_a_button_and_reproach_nothing(amelie, calendars, url):
    page = amelie.post(url, call(branch="digital", text="", faire="questions"))
    assert page.status_code == 200
    assert "Sur quelle page ou quel écran" in text(page)
    assert "Écrivez ce que la personne raconte" not in text(page)
    assert "Ne sait pas" in text(page)


def test_a_number_that_leads_to_nobody_is_mended_at_its_field(amelie, calendars, url):
    page = amelie.post(url, call(phone="x"))
    assert page.status_code == 422
    assert page["X-Refusal"] == "contact_unreadable"
    assert 'aria-invalid="true"' in text(page)


def test_who_is_known_is_shown_with_open_files_of_ones_own_only(amelie, chloe, cast, calendars, url):
    theirs = factories.complaint(cast, party=cast.durand)
    complainants.add_address(
        party=cast.durand, channel=AddressChannel.PHONE, value="+33 6 12 34 56 78", by=TESTS, at=now()
    )
    assert theirs.reference in main_of(amelie.post(url, call(faire="chercher")))
    assert theirs.reference not in main_of(chloe.post(url, call(faire="chercher")))
    assert theirs.reference in main_of(
        amelie.post(url, call(phone="", email="helene.durand@courriel.example", faire="chercher"))
    )


def test_a_daughter_calls_for_her_mother(amelie, calendars, url):
    amelie.post(url, call(whose="Yvonne Ferrand", capacity="sa fille"))
    complaint = Complaint.objects.get()
    assert (complaint.party.name, complaint.representative.name) == ("Yvonne Ferrand", "Hélène Ferrand")
    assert complaint.capacity == "sa fille"


def test_as_what_one_calls_for_somebody_is_asked(amelie, calendars, url):
    page = amelie.post(url, call(whose="Yvonne Ferrand"))
    assert page.status_code == 422
    assert "Demandez à quel titre" in text(page)
