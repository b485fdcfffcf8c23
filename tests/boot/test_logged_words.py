"""What people say is nowhere in the logs (I10): a whole journey, with its failures, in words found nowhere else."""

import io
import logging
import logging.config
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
import structlog
from django.conf import settings
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django import app, connector_params

from doleance.boot import logs, worker
from doleance.boot.worker import Connector
from doleance.channels.email.fetched import Mail
from doleance.channels.models import Mailbox
from doleance.channels.rules import Security
from doleance.complaints.models import Complaint
from doleance.intake.actions import receiving
from doleance.kernel.clock import now
from doleance.notifications import rules as notification_rules
from doleance.resolution import actions as resolution
from doleance.staff.views import dossiers
from tests import factories
from tests.cast import TESTS, Cast
from tests.servers.smtp import Behaviour, Sink, Step
from tests.stories.test_form import Visitor

pytestmark = pytest.mark.django_db(transaction=True)
BIRD = "canari"  # stands in every name, address, text and password below
NAME, EMAIL, PHONE = "Zoé Canarival", "zoe.canarival@volière.example", "06 12 98 76 54"
PLAIN = "zoe.canarival@voliere.example"
STORY = "Le canaribleu de ma voisine chante, et votre compteur indique canaritaine."
PASSWORD = "canari-mot-de-passe"
LETTER = f"From: {NAME} <{PLAIN}>\r\nSubject: Canarisujet\r\nMessage-ID: <1@voliere.example>\r\n\r\n{STORY}\r\n"
TRACES = re.compile(r"canari|voli[eè]re|zo[eé]|6.?12.?98.?76.?54", re.IGNORECASE)

NUMBER = re.compile(r"\brequest\W+[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}\b")


@pytest.fixture(params=["json", "text"])
def written(request: pytest.FixtureRequest) -> Iterator[Callable[[], str]]:
    """All that is logged, as production writes it, from DEBUG on."""
    stream = io.StringIO()
    told = logs.configuration(request.param)
    told["handlers"]["stderr"]["stream"] = stream
    told["root"]["level"] = "DEBUG"
    told["loggers"]["django"]["level"] = told["loggers"]["doleance"] = "DEBUG"
    told["loggers"]["doleance"] = {"level": "DEBUG"}
    root, kept = logging.getLogger(), structlog.get_config()
    before = root.handlers[:], root.level
    logging.config.dictConfig(told)
    yield stream.getvalue
    root.handlers[:], _ = before
    root.setLevel(before[1])
    logging.getLogger("doleance").setLevel(logging.NOTSET)
    structlog.configure(**kept)
    logging.config.dictConfig(settings.LOGGING)


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink() as running:
        yield running


@pytest.fixture
def house(cast: Cast, calendars: None, sink: Sink, monkeypatch: pytest.MonkeyPatch) -> Mailbox:
    """A house that answers by a server of ours; nothing is held back."""
    monkeypatch.setattr(notification_rules, "UNDO_SECONDS", 0)
    return factories.mailbox(cast, smtp_host="127.0.0.1", smtp_port=sink.port, smtp_security=Security.NONE)


def work() -> None:
    """A real worker, until nothing is left to do."""
    with app.replace_connector(Connector(kwargs=connector_params())) as running:
        running.run_worker(wait=False, concurrency=2, install_signal_handlers=False, worker_middleware=[worker.follow])


def complain() -> Complaint:
    """The public form, page after page."""
    visitor = Visitor()
    visitor.go_on(branch="other")
    visitor.go_on(text=STORY)
    visitor.go_on(where=f"Chez {NAME}")
    visitor.go_on(wishes=["apology"])
    visitor.go_on(preferred="email", email=PLAIN, name=NAME, phone=PHONE)
    visitor.go_on()
    return Complaint.objects.get()


def call(client: Client) -> None:
    """Somebody rings; what they say is typed."""
    told = {"once": str(uuid4()), "phone": PHONE, "name": NAME, "text": STORY, "branch": "delivery"}
    told |= {"status": "unknown", "language": "fr", "faire": "enregistrer", "email": PLAIN}
    assert client.post(reverse("phone"), told).status_code == 302
    assert client.post(reverse("phone"), told | {"once": str(uuid4()), "text": ""}).status_code == 422


def knock(client: Client) -> None:
    """What is refused, of strangers and of those who mistype."""
    for _ in range(7):
        client.post("/connexion/", {"login": PLAIN, "password": PASSWORD})
    client.get(f"/dossiers/{quote(NAME)}/?q={quote(NAME)}")
    client.get(f"/nulle-part/{quote(STORY)}?nom={quote(NAME)}")
    client.get("/suivi/l/canari-jeton-secret/")
    client.post("/suivi/", {"reference": "R-CANARI", "email": PLAIN})
    client.post("/suivi/code/", {"code": "987654"})
    client.get("/", headers={"host": "canari.example"})
    client.get("/bienvenue/canari-lien-secret-xx/")
    client.post("/api/v1/complaints", STORY, content_type="application/json", headers={"authorization": PASSWORD})
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/connexion/", {"login": PLAIN, "password": PASSWORD}).status_code == 403
    strict.post(
        reverse("portal_form_story"), {"text": STORY, "name": NAME}, headers={"referer": f"http://{BIRD}.example/"}
    )


def break_down(client: Client, monkeypatch: pytest.MonkeyPatch) -> str:
    """A page that fails as PostgreSQL says it, with the row that it refused; what the page says."""

    def refused(*_: Any, **__: Any) -> None:
        raise IntegrityError(f"duplicate key DETAIL: Key (email, name)=({PLAIN}, {NAME}) already exists. {STORY}")

    with monkeypatch.context() as patch:
        patch.setattr(dossiers, "asked_in", refused)
        answer = client.get(reverse("dossiers"), {"q": NAME})
    assert answer.status_code == 500
    number = answer.headers["X-Request-ID"]
    assert number in answer.text, "the page says the number to read aloud"
    return number


def test_a_whole_journey_leaves_no_word_of_anybody(
    house: Mailbox, cast: Cast, sink: Sink, enter: Callable[..., Client], written: Callable[[], str], monkeypatch: Any
) -> None:
    client = enter(cast.amelie)
    client.raise_request_exception = False
    complaint = complain()
    call(client)
    receiving.accept(mails=[Mail(1, now(), LETTER.encode())], mailbox=house, uidvalidity=1, by=TESTS, at=now())
    sink.then(Behaviour(step=Step.RECIPIENT, code=550), Behaviour(step=Step.END), Behaviour(step=Step.DATA))
    work()
    assert Complaint.objects.count() == 3
    fresh = Complaint.objects.get(pk=complaint.pk)
    resolution.reply(complaint=fresh, text=STORY, seen=fresh.version, once=uuid4(), by=cast.amelie.actor(), at=now())
    work()
    client.get(reverse("dossiers"), {"q": NAME})
    client.get(reverse("dossier", args=[complaint.reference]))
    knock(Client(raise_request_exception=False))
    number = break_down(client, monkeypatch)

    text = written()
    assert not (found := TRACES.search(text)), text[max(0, found.start() - 300) : found.end() + 100]
    lines = text.splitlines()
    asked = [line for line in lines if "django." in line]
    assert len(asked) > 8, "it does log"
    assert all(NUMBER.search(line) for line in asked), "each line of a request carries its number"
    assert number in text, "that which the page said too"
    assert all("job" in line for line in lines if "notifications.tasks" in line)


def test_a_job_that_fails_names_itself_and_not_what_it_was_about(
    house: Mailbox, cast: Cast, written: Callable[[], str], monkeypatch: Any
) -> None:
    def refused(**_: Any) -> None:
        raise IntegrityError(f"DETAIL: Failing row contains ({NAME}, {STORY})")

    monkeypatch.setattr(receiving, "register_all", refused)
    receiving.accept(mails=[Mail(1, now(), LETTER.encode())], mailbox=house, uidvalidity=1, by=TESTS, at=now())
    work()
    text = written()
    assert not TRACES.search(text)
    assert "intake.read_message" in text
    assert "IntegrityError" in text
