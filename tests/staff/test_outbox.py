"""Envois (I3): what did not leave, or may not have, is on the list of those who can decide, and on nobody else's."""

from datetime import timedelta
from typing import Any

import pytest

from doleance.audit.models import AuditEvent
from doleance.complainants import actions as complainants
from doleance.complainants.models import Address
from doleance.complainants.rules import AddressChannel
from doleance.kernel.clock import now
from doleance.kernel.db import write
from doleance.notifications import queries, tasks
from doleance.notifications.actions import carrying, deciding, writing
from doleance.notifications.models import Breaker, Notice
from doleance.notifications.rules import NoticeState, Purpose, Scope
from tests import factories
from tests.cast import TESTS
from tests.staff.pressing import form_with, forms_of, press
from tests.staff.reading import text

EMPTY = "Aucun envoi n’attend votre décision."


@pytest.fixture(autouse=True)
def no_server(settings: Any) -> None:
    """Nothing leaves."""
    settings.DOLEANCE_SINK, settings.EMAIL_HOST = False, ""


def blocked(complaint: Any) -> Notice:
    """A mail that found no way out."""
    told: dict[str, Any] = {"purpose": Purpose.REPLY, "subject": "Votre bouilloire", "text": "Bonjour,", "by": TESTS}
    at = now() - timedelta(minutes=5)
    notice = writing.send(complaint=complaint, to="helene.durand@courriel.example", at=at, **told)
    carrying.claim(notice_id=notice.id, by=TESTS, at=at)
    notice.refresh_from_db()
    assert notice.state == NoticeState.NO_CHANNEL
    return notice


def test_a_mail_without_a_way_out_is_on_the_list_of_its_team_alone(cast, calendars, file, enter):
    factories.mailbox(cast)
    notice = blocked(file)
    page = enter(cast.amelie).get("/envois/").content.decode()
    assert "Un envoi attend votre décision." in page
    assert "aucun envoi de courriel n’est configuré" in page
    assert f"/dossiers/{file.reference}/#d{notice.id}" in page
    assert f"/dossiers/{file.reference}/envois/{notice.id}/renvoyer/" in page
    other = enter(cast.chloe).get("/envois/").content.decode()
    assert EMPTY in other
    assert file.reference not in other
    for person in (cast.ines, cast.paul, cast.nadia, cast.karim):
        assert enter(person).get("/envois/").status_code == 404


def test_what_is_uncertain_offers_both_words(cast, calendars, file, amelie, settings):
    factories.mailbox(cast)
    notice = blocked(file)
    settings.DOLEANCE_SINK = True
    amelie.post(f"/dossiers/{file.reference}/envois/{notice.id}/renvoyer/")
    carrying.claim(notice_id=notice.id, by=TESTS, at=now())
    carrying.mark_uncertain(notice_id=notice.id, attempt=1, error="no news", by=TESTS, at=now())
    page = amelie.get("/envois/").content.decode()
    assert f"/envois/{notice.id}/parti/" in page
    assert f"/envois/{notice.id}/renvoyer/" in page


def test_once_there_is_a_server_one_press_sends_them_all(cast, calendars, file, enter, amelie, settings, monkeypatch):
    factories.mailbox(cast)
    ours = [blocked(file), *(blocked(factories.complaint(cast)) for _ in range(2))]
    theirs = blocked(factories.complaint(cast, team=cast.logistics))
    assert "/envois/tous/" not in amelie.get("/envois/").content.decode()
    settings.DOLEANCE_SINK = True
    assert "Envoyer les 3 qui attendaient un serveur" in amelie.get("/envois/").content.decode()
    woken = []
    monkeypatch.setattr(tasks, "_BATCH", 2)
    monkeypatch.setattr("doleance.notifications.actions.waking.deciding.flights.wake", woken.append)
    assert amelie.post("/envois/tous/").headers["Location"] == "/envois/"
    event = AuditEvent.objects.filter(stream=f"user:{cast.amelie.pk}").latest("seq")
    assert (event.code, event.facts["count"]) == ("blocked_mails_ordered", "3")
    tasks.wake(user_id=str(cast.amelie.pk), until=now().isoformat())
    assert {notice.id for notice in woken} == {notice.id for notice in ours}
    states = {notice.id: notice.state for notice in Notice.objects.all()}
    assert {states[notice.id] for notice in ours} == {NoticeState.QUEUED}
    assert states[theirs.id] == NoticeState.NO_CHANNEL
    assert queries.count_for_people(cast.amelie.actor(), at=now()) == 0
    assert EMPTY in amelie.get("/envois/").content.decode()


def tried(complaint: Any, settings: Any) -> Notice:
    """A mail whose first try began."""
    settings.DOLEANCE_SINK = False
    notice = blocked(complaint)
    settings.DOLEANCE_SINK = True
    deciding.send_again(notice=notice, by=TESTS, at=now())
    carrying.claim(notice_id=notice.id, by=TESTS, at=now())
    return notice


def uncertain(complaint: Any, settings: Any) -> Notice:
    """A mail that nobody knows about."""
    notice = tried(complaint, settings)
    carrying.mark_uncertain(notice_id=notice.id, attempt=1, error="no news", by=TESTS, at=now())
    return notice


def failed(complaint: Any, settings: Any) -> Notice:
    """A mail that its server refused for good."""
    notice = tried(complaint, settings)
    carrying.mark_failed(notice_id=notice.id, attempt=1, error="550 no", permanent=True, by=TESTS, at=now())
    return notice


def dead(cast: Any) -> Address:
    """The one address of Mme Durand, from which our mails come back."""
    way = Address.objects.get(party=cast.durand, channel=AddressChannel.EMAIL)
    complainants.mark_invalid(address=way, because="550 5.1.1 User unknown", by=TESTS, at=now())
    return way


@write(quiet="a test puts an open breaker where a page shows it")
def silenced(complaint: Any, scope: Scope, key: str, *, by: Any = None, at: Any = None) -> Breaker:
    """Machines keep silent there."""
    return Breaker.objects.create(scope=scope, key=key, complaint=complaint, count=21, tripped_at=now())


def test_an_uncertain_mail_is_shown_first_however_many_others_wait(
    cast, calendars, file, amelie, settings, monkeypatch
):
    factories.mailbox(cast)
    monkeypatch.setattr("doleance.staff.views.outbox._SHOWN", 2)
    for _ in range(3):
        blocked(factories.complaint(cast))
    late = uncertain(file, settings)
    page = text(amelie.get("/envois/"))
    assert "4 envois attendent votre décision." in page
    assert f"/envois/{late.id}/parti/" in page
    assert page.index('id="a-decider"') < page.index('id="pas-partis"')
    held = page.partition('id="pas-partis"')[2]
    assert "2 sur 3" in held.partition("</h2>")[0]
    assert held.count("<h3>") == 2


def test_an_address_that_works_after_all_is_said_to_with_one_press(cast, file, amelie):
    way = dead(cast)
    page = amelie.get("/envois/")
    answer = press(amelie, page, "Elle fonctionne")
    assert (answer.status_code, answer.get("Location")) == (302, "/envois/")
    way.refresh_from_db()
    assert way.invalid_at is None


@pytest.mark.parametrize(
    ("make", "words", "state"),
    [
        (uncertain, "Noter qu’il est parti", NoticeState.SENT),
        (uncertain, "L’envoyer à nouveau", NoticeState.QUEUED),
        (failed, "L’envoyer à nouveau", NoticeState.QUEUED),
        (failed, "Retenir", NoticeState.RETAINED),
    ],
)
def test_a_press_does_what_it_says_and_comes_back_to_the_list(
    cast, calendars, file, amelie, settings, make, words, state
):
    factories.mailbox(cast)
    notice = make(file, settings)
    answer = press(amelie, amelie.get("/envois/"), words)
    assert (answer.status_code, answer.get("Location")) == (302, "/envois/")
    notice.refresh_from_db()
    assert notice.state == state
    assert f"{file.reference} : l’envoi" in text(amelie.get("/envois/"))


def test_a_press_that_comes_too_late_is_refused_on_the_list(cast, calendars, file, amelie, settings):
    factories.mailbox(cast)
    notice = failed(file, settings)
    page = amelie.get("/envois/")
    deciding.retain(notice=notice, by=cast.amelie.actor(), at=now())
    answer = press(amelie, page, "L’envoyer à nouveau")
    assert (answer.status_code, answer["X-Refusal"]) == (422, "nothing_to_decide")
    assert "<h1>Aucun envoi n’attend votre décision.</h1>" in text(answer)


def test_every_button_of_the_page_has_a_name_of_its_own_and_answers(cast, calendars, file, amelie, settings):
    factories.mailbox(cast)
    uncertain(file, settings)
    failed(factories.complaint(cast), settings)
    settings.DOLEANCE_SINK = False
    blocked(factories.complaint(cast))
    settings.DOLEANCE_SINK = True
    dead(cast)
    silenced(file, Scope.DOMAIN, "courriel.example")
    page = amelie.get("/envois/")
    inside = [form for form in forms_of(page) if "/envois/" in form.action or "/adresses/" in form.action]
    names = [button.words for form in inside for button in form.buttons]
    assert len(names) >= 8
    assert len(set(names)) == len(names)
    wrong = {}
    for form in inside:
        answer = amelie.post(form.action.partition("#")[0], {**form.fields, **form.buttons[0].sends})
        refusal = answer.get("X-Refusal", "")
        if answer.status_code != 302 and refusal != "nothing_to_decide":  # decided by the press before
            wrong[form.action] = (answer.status_code, refusal)
    assert not wrong


def test_who_presses_on_the_file_stays_on_the_file(cast, calendars, file, amelie, settings):
    factories.mailbox(cast)
    notice = failed(file, settings)
    answer = press(amelie, amelie.get(f"/dossiers/{file.reference}/"), "Retenir")
    assert answer["Location"].startswith(f"/dossiers/{file.reference}/?brouillon={notice.id}")


def test_machines_write_again_with_one_press(cast, calendars, file, amelie, chloe):
    breaker = silenced(file, Scope.DOMAIN, "courriel.example")
    page = amelie.get("/envois/")
    shown = text(page)
    assert "Réponses automatiques suspendues" in shown
    assert "courriel.example" in shown
    assert f"Reprendre les envois {file.reference}" in form_with(page, "Reprendre")[1].words
    assert press(amelie, page, "Reprendre les envois")["Location"] == "/envois/"
    breaker.refresh_from_db()
    assert breaker.released_by == cast.amelie.actor().id
    assert press(amelie, page, "Reprendre les envois")["X-Refusal"] == "breaker_released"
