"""Téléphone: what is told in a call becomes a file, with what to say before hanging up."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.urls import reverse

from doleance.accounts.rules import Role
from doleance.complainants import actions as complainants
from doleance.complainants.rules import AddressChannel
from doleance.complaints import access
from doleance.complaints.access import Use
from doleance.complaints.actions import dossiers
from doleance.complaints.models import Complaint, Exchange
from doleance.complaints.rules import ExchangeKind
from doleance.kernel.clock import now
from doleance.kernel.errors import NotAllowed
from tests import factories
from tests.cast import TESTS, colleague
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


def test_the_way_back_is_read_out_in_the_session_that_recorded_the_call(amelie, cast, enter, calendars, url):
    told = call()
    there = amelie.post(url, told).url.partition("#")[0]
    page = main_of(amelie.get(there))
    key = access.written_key(
        access.secret_for(key=settings.DOLEANCE_FOLLOW_KEY, purpose=Use.KEY, subject=UUID(told["once"]))
    )
    receipt = reverse("counter_receipt", args=[told["once"]])
    assert key in page
    assert receipt in page
    assert key in text(amelie.get(receipt))
    assert key not in text(amelie.get(there.partition("?")[0])), "the file itself never says it"
    other = enter(cast.bruno)
    assert key not in text(other.get(there))
    assert other.get(receipt).status_code == 404


def test_a_caller_with_an_address_hears_that_an_acknowledgement_leaves(amelie, calendars, url):
    there = amelie.post(url, call(email="helene.durand@courriel.example")).url.partition("#")[0]
    assert "part à helene.durand@courriel.example" in main_of(amelie.get(there))


def test_who_has_no_team_owns_the_call_they_took_and_keeps_its_promise(cast, enter, calendars, url):
    alone = enter(colleague("Sonia Vidal", {Role.AGENT}))
    answer = alone.post(url, call(promise_on=now().date().isoformat(), promise_way="phone"))
    assert answer.status_code == 302
    assert Complaint.objects.get().owner.name == "Sonia Vidal"
    assert Exchange.objects.filter(kind=ExchangeKind.NOTE).count() == 1
    assert "Avant de raccrocher" in main_of(alone.get(answer.url.partition("#")[0]))


def test_a_promise_that_cannot_be_kept_leaves_no_file_behind(amelie, calendars, url, monkeypatch):
    def refuse(**_):
        raise NotAllowed(permission="note")

    monkeypatch.setattr(dossiers, "note", refuse)
    amelie.post(url, call(promise_on=now().date().isoformat(), promise_way="phone"))
    assert not Complaint.objects.exists()
