"""By what a visit began, and what it may read then: whoever typed the file saw its key, a mailbox is somebody’s."""

from uuid import uuid4

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client, RequestFactory
from django.urls import reverse

from doleance.complaints import access
from doleance.complaints.access import Use
from doleance.complaints.actions import access as accesses
from doleance.complaints.rules import LinkUse
from doleance.kernel import clock
from doleance.kernel.db import write
from doleance.notifications.actions import writing
from doleance.notifications.rules import NoticeState, Purpose
from doleance.portal import visits
from tests import factories
from tests.cast import MORNING, TESTS

DURAND = "helene.durand@courriel.example"
SECRET = "Votre bouilloire part demain."


@write(quiet="a test shapes what the wire will")
def left(*, notice, at):
    notice.state, notice.sent_at, notice.claimed_at, notice.attempts = NoticeState.SENT, at, at, 1
    notice.save(update_fields=["state", "sent_at", "claimed_at", "attempts"])


@pytest.fixture
def file(cast, calendars, monkeypatch):
    """A file that names somebody whom we knew, and was answered."""
    monkeypatch.setattr(clock, "now", lambda: MORNING)
    cache.clear()
    complaint = factories.complaint(cast, names_known=True)
    notice = writing.send(
        complaint=complaint,
        purpose=Purpose.REPLY,
        to=DURAND,
        subject="Bouilloire",
        text=SECRET,
        by=cast.amelie.actor(),
        at=MORNING,
    )
    left(notice=notice, at=MORNING)
    return complaint


def secret(use):
    return access.secret_for(key=settings.DOLEANCE_FOLLOW_KEY, purpose=use, subject=uuid4())


def by_key(file, client):
    key = secret(Use.KEY)
    accesses.give_key(complaint=file, secret=key, by=TESTS, at=MORNING)
    client.post("/suivi/", {"cle-reference": file.reference, "cle-key": access.written_key(key)})


def by_link(purpose):
    def enter(file, client):
        token = secret(Use(purpose.value))
        accesses.give_link(complaint=file, purpose=purpose, secret=token, by=TESTS, at=MORNING)
        client.post(reverse("portal_follow_link", args=[token]))

    return enter


def by_code(file, client):
    client.post("/suivi/", {"reference": file.reference, "email": DURAND})
    asked = visits.asked(client)
    assert asked is not None
    accesses.note_mailed(asked=asked, at=MORNING)
    client.post("/suivi/code/", {"code": access.code_for(key=settings.DOLEANCE_FOLLOW_KEY, subject=asked)})


@pytest.mark.parametrize(
    ("enter", "reads"),
    [(by_key, False), (by_link(LinkUse.RECEIPT), False), (by_link(LinkUse.MAIL), True), (by_code, True)],
    ids=["key", "receipt", "mail", "code"],
)
def test_what_we_wrote_is_read_by_who_reads_the_mailbox(file, enter, reads):
    client = Client()
    enter(file, client)
    for _ in range(2):  # the next page knows it too
        page = client.get("/suivi/dossier/")
        assert page.status_code == 200
        assert (SECRET in page.content.decode()) is reads
        assert ("Envoyé par courriel à l’adresse de ce dossier" in page.content.decode()) is not reads


def test_the_mark_of_a_network_is_another_one_each_day():
    request = RequestFactory().get("/suivi/", REMOTE_ADDR="192.0.2.7")
    today = visits.origin_of(request, at=MORNING)
    assert today == visits.origin_of(request, at=MORNING.replace(hour=21))
    assert today != visits.origin_of(request, at=MORNING.replace(day=MORNING.day + 1))
    assert "192" not in today
