"""The quarantine page: reason in a sentence, source, and what a lead decides; others look, or see nothing."""

from collections.abc import Callable

import pytest
from django.test import Client

from doleance.accounts.models import User
from doleance.audit.models import AuditEvent
from doleance.channels.models import Message
from doleance.channels.rules import MessageState, Reason
from doleance.complaints.models import Complaint, Exchange
from doleance.intake.actions import receiving
from tests import factories
from tests.cast import MORNING, TESTS, Cast

Enter = Callable[[User], Client]


@pytest.fixture
def held(cast: Cast) -> Message:
    return factories.quarantined(cast)


def test_each_message_waits_with_its_reason(cast: Cast, held: Message, enter: Enter) -> None:
    page = enter(cast.bruno).get("/quarantaine/").content.decode()
    assert "Un message attend un regard." in page
    assert "Le codage annoncé ne correspond pas au texte" in page


def test_who_sees_it(cast: Cast, held: Message, enter: Enter) -> None:
    seen = {cast.amelie: 200, cast.bruno: 200, cast.ines: 200, cast.paul: 200}
    seen |= {cast.chloe: 404, cast.nadia: 404, cast.karim: 404}
    for person, status in seen.items():
        assert enter(person).get(f"/quarantaine/{held.pk}/").status_code == status, person.name


def test_a_look_is_on_the_readers_stream(cast: Cast, held: Message, enter: Enter) -> None:
    enter(cast.amelie).get(f"/quarantaine/{held.pk}/")
    [event] = AuditEvent.objects.filter(stream=f"reader:{cast.amelie.pk}").order_by("seq")
    assert (event.code, event.facts["what"]) == ("viewed", f"message:{held.pk}")


def test_only_a_lead_decides(cast: Cast, held: Message, enter: Enter) -> None:
    for person in (cast.amelie, cast.ines, cast.paul, cast.chloe, cast.nadia, cast.karim):
        for verb in ("ouvrir", "relier", "ecarter", "relire"):
            assert enter(person).post(f"/quarantaine/{held.pk}/{verb}/").status_code == 404
    assert not Complaint.objects.exists()


def test_one_press_makes_it_a_complaint_received_when_it_was(
    cast: Cast, calendars: None, held: Message, enter: Enter
) -> None:
    told = {"name": "Hélène Durand", "address": "helene.durand@courriel.example"}
    page = enter(cast.bruno).post(f"/quarantaine/{held.pk}/ouvrir/", told)
    complaint = Complaint.objects.get()
    assert page.headers["Location"] == f"/dossiers/{complaint.reference}/"
    assert complaint.received_at == held.received_at
    held.refresh_from_db()
    assert held.state == MessageState.LINKED


def test_it_is_linked_by_hand_and_its_sender_learns_nothing(
    cast: Cast, calendars: None, held: Message, enter: Enter
) -> None:
    complaint = factories.complaint(cast)
    browser = enter(cast.bruno)
    wrong = browser.post(f"/quarantaine/{held.pk}/relier/", {"reference": "R26-2222-2"})
    assert wrong.status_code == 422
    assert "Aucun dossier ne porte cette référence" in wrong.content.decode()
    assert browser.post(f"/quarantaine/{held.pk}/relier/", {"reference": complaint.reference}).status_code == 302
    assert Exchange.objects.get(message=held).rule == "by_hand"


def test_it_is_set_aside_with_a_reason_and_kept(cast: Cast, held: Message, enter: Enter) -> None:
    browser = enter(cast.bruno)
    assert browser.post(f"/quarantaine/{held.pk}/ecarter/", {"because": ""}).status_code == 422
    assert browser.post(f"/quarantaine/{held.pk}/ecarter/", {"because": "Une publicité"}).status_code == 302
    assert "Aucun message" in browser.get("/quarantaine/").content.decode()
    assert "Une publicité" in browser.get(f"/quarantaine/{held.pk}/").content.decode()
    assert str(held.pk) in browser.get("/quarantaine/ecartes/").content.decode()


def test_reading_it_again_may_free_it(cast: Cast, calendars: None, held: Message, enter: Enter) -> None:
    assert enter(cast.bruno).post(f"/quarantaine/{held.pk}/relire/").status_code == 302
    held.refresh_from_db()
    assert held.state == MessageState.LINKED
    assert Complaint.objects.count() == 1


def test_two_who_decide_at_once_do_it_once(cast: Cast, calendars: None, held: Message, enter: Enter) -> None:
    browser = enter(cast.bruno)
    told = {"name": "", "address": "helene.durand@courriel.example"}
    browser.post(f"/quarantaine/{held.pk}/ouvrir/", told)
    assert browser.post(f"/quarantaine/{held.pk}/ouvrir/", told).status_code == 404
    assert Complaint.objects.count() == 1


def test_the_original_is_given_as_a_file_a_browser_never_opens(cast: Cast, held: Message, enter: Enter) -> None:
    answer = enter(cast.bruno).get(f"/quarantaine/{held.pk}/original/")
    assert b"bouilloire" in answer.content
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_is_told(cast: Cast, enter: Enter, reason: Reason) -> None:
    held = factories.quarantined(cast, reason)
    assert enter(cast.bruno).get(f"/quarantaine/{held.pk}/").status_code == 200


def test_what_was_set_aside_is_brought_back(cast: Cast, held: Message, enter: Enter) -> None:
    browser = enter(cast.bruno)
    browser.post(f"/quarantaine/{held.pk}/ecarter/", {"because": "Une publicité"})
    assert "Remettre en attente" in browser.get(f"/quarantaine/{held.pk}/").content.decode()
    assert browser.post(f"/quarantaine/{held.pk}/reprendre/").status_code == 302
    assert str(held.pk) in browser.get("/quarantaine/").content.decode()


def test_the_file_it_cites_is_shown_with_why_it_was_held_and_joined_in_one_press(
    cast: Cast, calendars: None, enter: Enter
) -> None:
    complaint = factories.complaint(cast)
    raw = f"From: Luc <luc@autre.example>\nSubject: Re: {complaint.reference}\n\nJe réponds pour elle.".encode()
    held = factories.message(cast, raw)
    receiving.receive(message=held, by=TESTS, at=MORNING)
    browser = enter(cast.bruno)
    page = browser.get(f"/quarantaine/{held.pk}/").content.decode()
    assert "a cité la référence dans l’objet" in page
    assert "Rattacher à ce dossier" in page
    browser.post(f"/quarantaine/{held.pk}/relier/", {"reference": complaint.reference})
    assert Exchange.objects.get(message=held).complaint == complaint


def test_all_that_may_change_is_read_again_at_once_and_the_page_says_how_far(
    cast: Cast, held: Message, enter: Enter
) -> None:
    browser = enter(cast.bruno)
    assert "Relire le message qui peut l’être" in browser.get("/quarantaine/").content.decode()
    answer = browser.post("/quarantaine/relire/")
    assert answer.headers["Location"] == "/quarantaine/?relus=1"
    assert "Relecture en cours" in browser.get(answer.headers["Location"]).content.decode()
    assert "Relire le message qui peut l’être" not in browser.get("/quarantaine/").content.decode()


@pytest.mark.parametrize("typed", ["-1", "abc", "9" * 40, "²"])
def test_a_made_up_number_in_the_address_says_nothing(cast: Cast, held: Message, enter: Enter, typed: str) -> None:
    page = enter(cast.bruno).get("/quarantaine/", {"relus": typed})
    assert page.status_code == 200
    assert "Relecture" not in page.content.decode()


def test_after_a_decision_the_focus_is_on_what_was_said(cast: Cast, held: Message, enter: Enter) -> None:
    browser = enter(cast.bruno)
    told = {"because": "Une publicité"}
    page = browser.post(f"/quarantaine/{held.pk}/ecarter/", told, follow=True).content.decode()
    [said] = [part for part in page.split("<div ") if "Message écarté." in part]
    assert 'tabindex="-1"' in said
    assert "autofocus" in said
    assert "Relier" not in page
