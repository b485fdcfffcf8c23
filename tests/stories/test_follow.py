"""Somebody told at once, and kept informed: from the acknowledgement's own link to a second review (M04, M18).

acknowledged → link → one button → where it stands → a point corrected → a document added → answered → second review by
another person. Then the same file by a code, and its withdrawal.
"""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from doleance.accounts import actions as accounts
from doleance.complaints.actions import dossiers
from doleance.complaints.models import Complaint
from doleance.complaints.rules import Outcome, State
from doleance.deadlines import actions as deadlines
from doleance.kernel import clock
from doleance.kernel.ids import uuid7
from doleance.notifications import tasks
from doleance.notifications.actions import writing
from doleance.notifications.models import Notice
from doleance.notifications.rules import Purpose
from doleance.resolution import actions as resolution
from tests import factories
from tests.cast import MORNING, TESTS, Cast

DURAND = "helene.durand@courriel.example"
LINK = re.compile(r"/suivi/l/[A-Za-z0-9_-]{22}/")
FILE = "/suivi/dossier/"


class Post:
    """What leaves the house, carried at the moment the story is at."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sent: list[str] = []
        self._patch = monkeypatch
        monkeypatch.setattr(tasks.outgoing, "carry", self._carry)

    def _carry(self, mail: bytes, **_: Any) -> str:
        body = mail.replace(b"=\r\n", b"")  # soft line ends of quoted-printable (RFC 2045 §6.7)
        self.sent.append(body.replace(b"=3D", b"=").decode())
        return "250 accepted"

    def work(self, at: Any) -> None:
        """Carry whatever may leave at that moment."""
        self._patch.setattr(clock, "now", lambda: at)
        self._patch.setattr(tasks, "now", lambda: at)
        for notice in Notice.objects.filter(state="queued", not_before__lte=at).order_by("due_at", "id"):
            tasks.deliver(notice_id=str(notice.id))


@pytest.fixture
def house(cast: Cast, calendars: None, settings: Any, tmp_path: Any) -> Cast:
    """The cast, a mediator and a mailbox."""
    settings.DOLEANCE_SINK, settings.DOLEANCE_MAIL_SINK = True, tmp_path
    told = {"name": "Maison Lavergne", "time_zone": "Europe/Paris", "calendar": "FR"}
    mediator = "Médiateur du commerce, 75015 Paris, www.mediateur.example"
    accounts.change_entity(entity=cast.entity, mediator=mediator, by=TESTS, at=MORNING, **told)
    cast.entity.refresh_from_db()
    factories.mailbox(cast)
    return cast


@pytest.fixture
def file(house: Cast) -> Complaint:
    complaint = factories.complaint(house)
    deadlines.start(complaint=complaint, by=TESTS, at=MORNING)
    writing.acknowledge(complaint=complaint, by=TESTS, at=MORNING)
    return complaint


def page(client: Client, path: str = "") -> str:
    """One page of the file, as text."""
    response = client.get(f"{FILE}{path}")
    assert response.status_code == 200
    return response.content.decode()


def answered(file: Complaint, house: Cast, post: Post) -> None:
    """Amélie decides the one grievance, and her answer leaves."""
    by, at = house.amelie.actor(), MORNING + timedelta(days=2)
    resolution.decide(
        grievance=file.grievances.get(), outcome=Outcome.NOT_UPHELD, reasons="Choc après livraison.", cause="Choc",
        by=by, at=at,
    )  # fmt: skip
    file.refresh_from_db()
    resolution.answer(complaint=file, text="Bonjour,\n\nNon.", seen=file.version, once=uuid7(), by=by, at=at)
    post.work(at + timedelta(minutes=1))
    file.refresh_from_db()


def test_somebody_follows_their_complaint_to_a_second_review(house, file, monkeypatch):
    post = Post(monkeypatch)
    post.work(MORNING + timedelta(minutes=1))
    [acknowledgement] = post.sent
    where = LINK.search(acknowledgement)[0]
    client = Client()
    assert file.reference not in client.get(where).content.decode()  # M04: a link, and one button behind it
    client.post(where)

    first = page(client)
    assert file.reference in first
    assert "Accusé de réception envoyé" in first
    assert "Au plus tard le" in first
    assert "médiateur" in first

    factories.grievance(file, by=house.amelie.actor(), wanted="Un échange")
    client.post(f"{FILE}points/1/", {"title": "Bouilloire cassée", "wanted": "Un remboursement"})
    assert "Un remboursement" in page(client, "points/")  # M18: they see the points, and correct them
    client.post(f"{FILE}ajouter/", {"text": "Voici la photo du carton."})
    assert "Vous nous avez écrit" in page(client)
    assert "Une personne suit votre dossier" in page(client)

    answered(file, house, post)
    assert file.state == State.ANSWERED
    assert client.get(FILE)["Location"] == "/suivi/"  # two days later the visit is over
    again = LINK.search(post.sent[-1])[0]
    assert again != where  # each mail its own
    client.post(again)
    after = page(client)
    assert "Notre réponse est partie" in after
    assert "Choc après livraison." not in after

    client.post(f"{FILE}second-examen/", {"reason": "La photo montre le contraire."})
    file.refresh_from_db()
    assert (file.state, file.owner_id) == (State.CONTESTED, None)
    assert "Un second examen est ouvert" in page(client)
    taken = dossiers.take(complaint=file, by=house.bruno.actor(), at=MORNING + timedelta(days=3))
    assert taken.state == State.INVESTIGATION


def test_somebody_who_lost_everything_but_the_reference_enters_by_a_code_and_withdraws(house, file, monkeypatch):
    post, at = Post(monkeypatch), MORNING + timedelta(days=1)
    post.work(at)
    client = Client()
    client.post("/suivi/", {"reference": file.reference.lower(), "email": DURAND})
    asked = client.session["follow_asked"]
    tasks.send_code(asked_id=asked)
    post.work(at)
    assert Notice.objects.filter(purpose=Purpose.CODE).count() == 1
    code = re.search(r"\b\d{3} \d{3}\b", post.sent[-1])[0]
    assert client.post("/suivi/code/", {"code": code})["Location"] == FILE
    assert "h•••@courriel.example" in page(client)
    client.post(f"{FILE}retirer/", {"reason": ""})
    file.refresh_from_db()
    assert file.state == State.WITHDRAWN
    assert "Votre réclamation est retirée" in page(client)
