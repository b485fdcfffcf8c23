"""A file says what was told, what to ask next, who speaks for whom, what stands out."""

from uuid import uuid4

import pytest
from django.urls import reverse

from doleance.accounts import actions as accounts
from doleance.accounts.rules import complainant
from doleance.audit import queries as audit
from doleance.complaints.actions import dossiers
from doleance.complaints.models import Complaint, FollowLink, TrackingKey
from doleance.complaints.rules import Outcome, State
from doleance.intake.actions import additions, deposits, drafts
from doleance.intake.deposits import Contact, Deposit, DepositWay, Representative, Wish
from doleance.kernel.clock import now
from doleance.kernel.db import write
from doleance.resolution import actions as resolution
from tests.cast import TESTS
from tests.factories import grievance
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
    cast.entity.packs = ["FR-ACPR", "GENERAL"]  # as its settings would say
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


def test_what_the_person_says_otherwise_stands_beside_what_we_had(amelie, told):
    additions.correct(
        complaint=told, number=1, points={"fact:invoice": "F-2026-12"}, once=uuid4(), by=complainant(told.pk), at=now()
    )
    page = main_of(page_of(amelie, told))
    assert "<del>F-2026-11</del>" in page
    assert "F-2026-12</ins>" in page
    assert "corrigé par la personne" in page


@pytest.fixture
def contested(cast, file):
    """A file that Amélie answered, and whose answer is contested."""
    by = cast.amelie.actor()
    told = grievance(file, by=by, at=now())
    resolution.decide(grievance=told, outcome=Outcome.UPHELD, reasons="", cause="Choc", by=by, at=now())
    file.refresh_from_db()
    dossiers.move(complaint=file, to=State.ANSWERED, by=TESTS, at=now())
    return resolution.contest(complaint=file, reason="Faux.", by=complainant(file.pk), at=now())


def test_a_contested_answer_says_who_gave_it_and_offers_it_to_a_colleague(cast, amelie, enter, contested):
    first, second = (main_of(page_of(client, contested)) for client in (amelie, enter(cast.bruno)))
    for page in (first, second):
        assert "Second examen demandé" in page
        assert "Amélie Rousseau a suivi la réponse contestée" in page
    assert "/prendre/" not in first
    assert "Confier…" in first
    assert "Reprendre l’examen" in second
    press(enter(cast.bruno), page_of(enter(cast.bruno), contested), "Reprendre l’examen")
    assert "/prendre/" not in main_of(page_of(amelie, contested)), "nor once a colleague has it"


def test_alone_one_reviews_ones_own_answer(cast, amelie, contested):
    for one in (cast.bruno, cast.karim):
        told = {"name": one.name, "roles": one.roles, "teams": one.teams.all(), "is_active": True, "is_away": True}
        accounts.change_user(user=one, **told, by=TESTS, at=now())
    assert "Reprendre l’examen" in main_of(page_of(amelie, contested))


@pytest.mark.parametrize(("packs", "is_said"), [(["FR-ACPR"], False), (["FR-ACPR", "GENERAL"], True)])
def test_an_objective_is_said_to_run_when_one_does(cast, calendars, amelie, packs, is_said):
    follow(cast.entity, packs)
    page = main_of(page_of(amelie, record(cast, Deposit(branch="billing", text="Deux fois.", contact=MOTHER))))
    assert "délai légal non démarré" in page
    assert ("objectif interne en cours" in page) is is_said


@write(quiet="a test follows what a setting would")
def follow(entity, packs):
    entity.packs = packs
    entity.save(update_fields=["packs"])


@pytest.mark.parametrize(("marks", "said"), [(("trap",), "Champ caché rempli"), (("quick",), "envoyé très vite")])
def test_signs_of_a_machine_are_told_beside_the_words(cast, calendars, amelie, marks, said):
    draft = drafts.begin(entity=cast.entity, language="fr", at=now())
    deposit = Deposit(branch="billing", text="Deux fois.", contact=MOTHER, marks=marks)
    complaint = deposits.submit(draft=draft, deposit=deposit, by=TESTS, at=now()).complaint
    assert said in main_of(page_of(amelie, complaint))


def test_the_ways_to_follow_a_file_are_closed_once_it_is_confirmed(amelie, told):
    asked = page_of(amelie, told, "?ouvrir=acces")
    assert "Révoquer les accès de suivi…" in main_of(asked)
    assert TrackingKey.objects.filter(complaint=told, revoked_at=None).exists()
    press(amelie, asked, "Révoquer les accès de suivi")
    assert not TrackingKey.objects.filter(complaint=told, revoked_at=None).exists()
    assert not FollowLink.objects.filter(complaint=told, revoked_at=None).exists()
    assert "access_revoked" in [event.facts["code"] for event in audit.history(told.journal_stream)]
    assert "Les accès de suivi sont révoqués." in text(page_of(amelie, told))
    press(amelie, page_of(amelie, told, "?ouvrir=acces"), "Révoquer les accès de suivi")
    assert "Aucun accès de suivi n’était ouvert." in text(page_of(amelie, told))


KNOWN = Contact(name="Hélène Durand", email="helene.durand@courriel.example", reach_when="le soir", phone="0612345678")


@pytest.fixture
def typed(cast, calendars):
    """What a form says at the address of somebody whom we knew."""
    draft = drafts.begin(entity=cast.entity, language="fr", at=now())
    deposit = Deposit(branch="billing", text="Deux fois.", contact=KNOWN)
    return deposits.submit(draft=draft, deposit=deposit, by=TESTS, at=now()).complaint


def test_what_a_form_says_of_somebody_known_is_shown_and_taken_up_with_one_press(cast, amelie, typed):
    page = page_of(amelie, typed)
    assert "Ce que dit ce dépôt, non vérifié" in main_of(page)
    assert "le soir" in main_of(page)
    press(amelie, page, "Adopter : À quel moment")
    cast.durand.refresh_from_db()
    assert cast.durand.reach_when == "le soir"
    page = page_of(amelie, typed)
    assert "0612345678" in main_of(page)
    press(amelie, page, "Adopter : Téléphone")
    assert "Ce que dit ce dépôt" not in main_of(page_of(amelie, typed))


def test_all_that_a_form_says_of_somebody_known_is_taken_up_with_one_press(cast, amelie, typed):
    press(amelie, page_of(amelie, typed), "Tout adopter")
    cast.durand.refresh_from_db()
    assert cast.durand.reach_when == "le soir"
    page = main_of(page_of(amelie, typed))
    assert "0612345678" in page
    assert "Ce que dit ce dépôt" not in page


def test_who_only_reads_sees_what_a_form_says_and_has_nothing_to_press(cast, enter, typed):
    page = main_of(page_of(enter(cast.ines), typed))
    assert "Ce que dit ce dépôt, non vérifié" in page
    assert "Tout adopter" not in page


def test_an_address_that_was_only_typed_is_not_said_to_be_heard_from(cast, amelie, calendars):
    typed = Contact(name="Hélène Ferrand", email="helene.ferrand@courriel.example")
    page = main_of(page_of(amelie, record(cast, Deposit(branch="other", text="Trop long.", contact=typed))))
    assert "jamais vérifiée" in page
    assert "c’est par là que cette personne nous écrit" not in page
