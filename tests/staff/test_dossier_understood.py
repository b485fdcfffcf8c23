"""What the machine read, on the page of a file: dotted griefs, signals with their words, the kind of a message."""

import pytest
from django.urls import reverse

from doleance.complaints.models import Complaint, Grievance
from doleance.intake.actions import proposing
from doleance.routing.actions import teams
from doleance.understanding import queries
from doleance.understanding.models import JudgedSignal, SavedReading
from doleance.understanding.process.child import ReadingFailed
from doleance.understanding.rules import MessageKind, Signal, SignalCode, Urgency
from tests.cast import MORNING
from tests.intake.test_reading import arrived, run_jobs
from tests.staff.pressing import press
from tests.staff.reading import main_of
from tests.understanding.conftest import reads
from tests.understanding.readings import LETTER, reading

__all__ = ["reads"]


@pytest.fixture
def complaint(cast, calendars, reads) -> Complaint:
    """A mail with three requests, read."""
    _, opened = arrived(cast)
    run_jobs()
    return opened


def shown(client, complaint):
    return client.get(reverse("dossier", args=[complaint.reference]))


def test_proposed_griefs_say_why_and_whom_they_would_go_to(cast, complaint, enter):
    page = main_of(shown(enter(cast.amelie), complaint))
    assert "Lu dans le message : Retard, 82 %" in page
    assert "Produit ou service défectueux, 11 %" in page
    assert "Irait à l’équipe Relation client" in page
    assert page.count('class="g1 proposed"') == 2  # underlined in the letter, and in the list
    assert 'data-key="O"' in page
    assert page.count('data-key="O"') == page.count('data-key="X"') == page.count('data-key="B"') == 1
    assert "Prenez-le, ou confiez-le" in page


def test_one_press_accepts_corrects_or_drops_and_the_next_is_under_the_keys(cast, complaint, enter):
    client = enter(cast.amelie)
    page = shown(client, complaint)
    press(client, page, "Accepter le grief 1")
    page = shown(client, complaint)
    assert "Des griefs ont été lus dans le message" in main_of(page)
    press(client, page, "Accepter le grief 2 comme Service à la clientèle")
    page = shown(client, complaint)
    press(client, page, "Écarter le grief 3")
    states = Grievance.objects.filter(complaint=complaint).order_by("number").values_list("state", "category_id")
    assert list(states) == [
        ("accepted", "delivery.late"),
        ("accepted", "customer_service"),
        ("dropped", "customer_service.impolite"),
    ]
    last = main_of(shown(client, complaint))
    assert 'data-key="O"' not in last
    assert "À demander" in last  # what is still missing of what was accepted


def test_a_proposal_is_not_decided_before_it_is_accepted(cast, complaint, enter):
    client = enter(cast.amelie)
    press(client, shown(client, complaint), "Accepter le grief 1")
    address = reverse("grievance_decide", args=[complaint.reference, 2])
    seen = Complaint.objects.get(pk=complaint.pk).version
    answer = client.post(address, {"outcome": "upheld", "seen": seen})
    assert (answer.status_code, answer.headers["X-Refusal"]) == (422, "not_accepted")


def test_who_only_reads_sees_no_button(cast, complaint, enter):
    page = main_of(shown(enter(cast.ines), complaint))
    assert "Lu dans le message" in page
    assert "Accepter" not in page


def test_the_letter_shows_its_authors_own_words_and_the_whole_is_one_press_away(cast, complaint, enter):
    page = main_of(shown(enter(cast.amelie), complaint))
    said, whole = page.partition("Message entier")[::2]
    letter = said.partition("data-passages")[2]
    assert "vous m’avez facturé" in letter
    assert "Hélène Durand" not in letter.partition("</div>")[0]
    assert "Hélène Durand" in whole.partition("</details>")[0]


def test_words_that_hold_a_grief_are_never_hidden(cast, calendars, reads, enter):
    reads.answer = reading(clean_text="Bonjour.")
    _, opened = arrived(cast)
    run_jobs()
    page = main_of(shown(enter(cast.amelie), opened))
    assert "Message entier" not in page
    assert page.count('class="g3 proposed"') == 2


def test_signals_show_their_words_and_are_confirmed_or_set_aside(cast, calendars, reads, enter):
    signals = (
        Signal(SignalCode.VULNERABLE_PERSON, "au nez", LETTER.find("au nez")),
        Signal(SignalCode.LEGAL_THREAT, "toujours pas", LETTER.find("toujours pas")),
    )
    reads.answer = reading(signals=signals, urgency=Urgency.CRITICAL)
    _, opened = arrived(cast)
    run_jobs()
    client = enter(cast.amelie)
    page = shown(client, opened)
    text = main_of(page)
    assert "Urgence : Critique" in text
    assert "Personne vulnérable" in text
    assert "au nez</q>" in text
    assert "à confirmer" in text
    assert not JudgedSignal.objects.exists()
    press(client, page, "Confirmer Personne vulnérable")
    page = shown(client, opened)
    press(client, page, "Écarter Menace d’action en justice")
    told = [(one.code, one.holds, queries.words_of(one)) for one in JudgedSignal.objects.order_by("code")]
    assert told == [("legal_threat", False, ""), ("vulnerable_person", True, "au nez")]
    text = main_of(shown(client, opened))
    assert "<s>Menace d’action en justice</s>" in text
    assert "confirmé" in text


def test_a_message_that_is_no_complaint_says_so_and_waits_for_a_person(cast, calendars, reads, enter):
    reads.answer = reading(kind=MessageKind.ENQUIRY)
    _, opened = arrived(cast)
    run_jobs()
    client = enter(cast.amelie)
    page = shown(client, opened)
    assert "Peut-être pas une réclamation. Lu comme : Question" in main_of(page)
    press(client, page, "C’est une réclamation")
    assert SavedReading.objects.get().said_kind == "complaint"
    assert "Nature dite par une personne : Réclamation" in main_of(shown(client, opened))


def test_what_could_not_be_read_says_so(cast, calendars, reads, enter):
    reads.answer = ReadingFailed("time")
    _, opened = arrived(cast)
    run_jobs()
    assert "1 message n’a pas pu être lu" in main_of(shown(enter(cast.amelie), opened))


def test_another_language_is_told(cast, calendars, reads, enter):
    reads.answer = reading(language="de")
    _, opened = arrived(cast)
    run_jobs()
    assert "Écrit dans une autre langue que nos réponses : allemand" in main_of(shown(enter(cast.amelie), opened))


def test_a_file_that_nobody_read_shows_nothing_of_it(cast, calendars, reads, enter):
    _, opened = arrived(cast)
    page = main_of(shown(enter(cast.amelie), opened))
    assert "Lu par la machine" not in page
    assert "Lu dans le message" not in page


@pytest.mark.parametrize("code", ["magic", "LEGAL_THREAT"])
def test_a_signal_that_is_none_has_no_page(cast, complaint, enter, code):
    address = reverse("signal_judge", args=[complaint.reference, code])
    assert enter(cast.amelie).post(address, {"tient": "oui", "seen": 1}).status_code == 404


def test_a_kind_that_is_none_is_not_kept(cast, complaint, enter):
    message = SavedReading.objects.get().message_id
    address = reverse("message_kind", args=[complaint.reference, message])
    page = enter(cast.amelie).post(address, {"kind": "magic", "seen": 1})
    assert (page.status_code, SavedReading.objects.get().said_kind) == (422, "")
    assert "Dites ce qu’est ce message." in main_of(page)


def test_an_accepted_grief_of_another_team_names_it(cast, complaint, enter):
    teams.settle_teams(entity=cast.entity, wanted={"delivery": cast.logistics}, by=cast.nadia.actor(), at=MORNING)
    grievance = Grievance.objects.select_related("complaint__entity").get(complaint=complaint, number=1)
    proposing.accept(grievance=grievance, by=cast.amelie.actor(), at=MORNING)
    assert "Retard · Logistique" in main_of(shown(enter(cast.amelie), complaint))
