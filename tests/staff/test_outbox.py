"""Envois (I3): what did not leave, or may not have, is on the list of those who can decide, and on nobody else's."""

from datetime import timedelta
from typing import Any

import pytest

from doleance.audit.models import AuditEvent
from doleance.kernel.clock import now
from doleance.notifications import queries, tasks
from doleance.notifications.actions import carrying, writing
from doleance.notifications.models import Notice
from doleance.notifications.rules import NoticeState, Purpose
from tests import factories
from tests.cast import TESTS

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
