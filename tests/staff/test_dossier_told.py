"""A file says what was told, what to ask next, who speaks for whom, what stands out."""

from uuid import uuid4

import pytest
from django.urls import reverse

from doleance.complaints.models import Complaint
from doleance.intake.actions import deposits
from doleance.intake.deposits import Contact, Deposit, DepositWay, Representative, Wish
from doleance.kernel.clock import now
from tests.staff.pressing import press
from tests.staff.reading import main_of, text

MOTHER = Contact(name="Yvonne Ferrand")
DAUGHTER = Contact(
    name="Hélène Ferrand", phone="06 12 34 56 78", reach_when="le matin", adaptations="Parler lentement"
)


@pytest.fixture
def told(cast, calendars):
    """What a daughter said on the telephone for her mother."""
    deposit = Deposit(
        branch="billing",
        text="On m’a compté deux fois la même chose.",
        contact=MOTHER,
        representative=Representative(DAUGHTER, "sa fille"),
        expected="Un seul passage",
        facts={"invoice": "F-2026-11", "charged": "186.00", "expected": "?"},
        wishes=(Wish.REFUND,),
        earlier="R25-2222-2",
    )
    return record(cast, deposit)


def record(cast, deposit, way=DepositWay.PHONE):
    who = {"by": cast.amelie.actor(), "at": now()}
    return deposits.record(
        deposit=deposit, way=way, entity=cast.entity, team=cast.team, received_at=who["at"], once=uuid4(), **who
    )


def page_of(client, complaint, query=""):
    return client.get(reverse("dossier", args=[complaint.reference]) + query)


def test_facts_are_said_in_words(amelie, told):
    page = main_of(page_of(amelie, told))
    for words in ("Facture ou contrat", "F-2026-11", "186,00 €", "ne sait pas", "Un seul passage", "R25-2222-2"):
        assert words in page


def test_the_next_question_is_asked_noted_and_gone(amelie, told):
    page = page_of(amelie, told)
    assert "Ce montant est-il déjà payé" in main_of(page)
    assert press(amelie, page, "Noter", answer="yes").status_code == 302
    assert told.grievances.get().facts["paid"] == "yes"
    assert 'id="demander"' not in main_of(page_of(amelie, told))


def test_not_to_know_is_an_answer(amelie, told):
    assert press(amelie, page_of(amelie, told), "La personne ne sait pas").status_code == 302
    assert told.grievances.get().facts["paid"] == "?"


def test_an_empty_answer_is_refused_in_place(amelie, told):
    page = press(amelie, page_of(amelie, told), "Noter")
    assert page.status_code == 422
    assert "Écrivez la réponse, ou dites que la personne ne sait pas." in text(page)
    assert "paid" not in told.grievances.get().facts


def test_who_reads_only_sees_the_question_without_its_form(cast, enter, told):
    page = main_of(page_of(enter(cast.ines), told))
    assert "Ce montant est-il déjà payé" in page
    assert "La personne ne sait pas" not in page


def test_who_speaks_for_whom_and_the_mandate_that_was_seen(amelie, told):
    page = page_of(amelie, told)
    assert "Pour <b>Yvonne Ferrand</b>, sa fille : <b>Hélène Ferrand</b>" in main_of(page)
    assert "06 12 34 56 78" in main_of(page)
    press(amelie, page, "Mandat vu")
    told.refresh_from_db()
    first = told.mandate_at
    assert first is not None
    assert "Mandat vu le" in main_of(page_of(amelie, told))


def test_a_status_is_said_with_what_it_changes(amelie, told):
    page = page_of(amelie, told, "?ouvrir=statut")
    assert "Un délai déjà ouvert garde sa date." in main_of(page)
    press(amelie, page, "Enregistrer le statut", status="professional", is_customer="oui")
    told.party.refresh_from_db()
    assert (told.party.status, told.party.is_customer) == ("professional", True)
    assert "Professionnel, client" in main_of(page_of(amelie, told))


def test_a_regime_that_counts_from_writing_wants_an_invitation(cast, amelie, calendars):
    cast.entity.packs = ["FR-ACPR"]  # as its settings would say
    oral = record(cast, Deposit(branch="other", text="Mon virement a disparu.", contact=DAUGHTER))
    page = page_of(amelie, oral)
    assert "délai légal non démarré ; objectif interne en cours" in main_of(page)
    ready = main_of(page_of(amelie, oral, "?voie=invitation"))
    assert "répondez simplement à ce message" in ready
    written = record(cast, Deposit(branch="other", text="Idem, par écrit.", contact=DAUGHTER), DepositWay.COUNTER)
    assert "délai légal non démarré" not in main_of(page_of(amelie, written))


def test_danger_stands_out_and_comes_first_in_the_list(cast, amelie, calendars):
    record(cast, Deposit(branch="other", text="Une broutille.", contact=DAUGHTER))
    risky = record(
        cast, Deposit(branch="product", text="La batterie chauffe.", contact=MOTHER, facts={"dangerous": "yes"})
    )
    assert Complaint.objects.get(pk=risky.pk).is_safety
    rows = main_of(amelie.get(reverse("dossiers"))).partition("<tbody")[2]
    assert rows.index("La batterie chauffe") < rows.index("Une broutille")
    assert "Danger signalé" in rows
    assert "Danger signalé" in main_of(page_of(amelie, risky))
