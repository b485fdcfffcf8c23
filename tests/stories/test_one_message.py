"""One e-mail, from its import to a closed file, by the keyboard alone (M03, M04, M14, M16, M30, M35, M36).

import → open → take → grievance → message of progress → undo → sent → finding → final answer → closed → verified.
axe finds nothing in any state, in either theme, and the page never scrolls sideways.
"""

import argparse
import json
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from doleance.accounts import actions as accounts
from doleance.audit import verify
from doleance.audit.models import AuditEvent
from doleance.complaints.models import Complaint, Exchange
from doleance.complaints.rules import ExchangeKind, State
from doleance.deadlines.models import Clock
from doleance.intake import imports
from doleance.notifications import rules as notification_rules
from doleance.notifications import tasks
from doleance.notifications.models import Notice
from doleance.notifications.rules import NoticeState, Purpose
from tests import factories
from tests.browser.chromium import sideways, violations
from tests.cast import MORNING, TESTS, Cast
from tests.stories.keyboard import fill, go, pick, press, reach

PASSWORD = "une phrase assez longue"
LETTER = """Bonjour,

La bouilloire commandée chez vous est arrivée cassée. Le service client m'a raccroché au nez.
Je veux être remboursée.

Hélène Durand
"""


@pytest.fixture
def house(transactional_db: None, cast: Cast, calendars: None) -> Cast:
    """The cast, a mediator, a mailbox, and a password for Amélie."""
    told = {"name": "Maison Lavergne", "time_zone": "Europe/Paris", "calendar": "FR"}
    mediator = "Médiateur du commerce, 75015 Paris, www.mediateur.example"
    accounts.change_entity(entity=cast.entity, mediator=mediator, by=TESTS, at=MORNING, **told)
    accounts.choose_password(user=cast.amelie, password=PASSWORD, by=TESTS, at=MORNING)
    factories.mailbox(cast)
    return cast


@pytest.fixture
def sink(settings: Any, tmp_path: Path) -> Path:
    """Where what leaves is written."""
    folder = tmp_path / "courrier"
    settings.DOLEANCE_MAIL_SINK, settings.DOLEANCE_SINK = folder, True
    return folder


def import_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, float]:
    """`doleance import` on a folder; the JSON of its last line."""
    parser = argparse.ArgumentParser()
    imports.add_arguments(parser)
    capsys.readouterr()
    assert imports.run(parser.parse_args([str(folder)])) == 0
    told: dict[str, float] = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    return told


def write_mail(path: Path, text: str, *, answers: str = "") -> None:
    mail = EmailMessage()
    mail["From"] = "Hélène Durand <helene.durand@courriel.example>"
    mail["To"] = "reclamations@maison.example"
    mail["Subject"] = "Bouilloire arrivée cassée"
    mail["Message-ID"] = f"<{path.stem}@courriel.example>"
    if answers:
        mail["In-Reply-To"] = answers
    mail.set_content(text)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(mail.as_bytes(policy=default.clone(max_line_length=998)))  # an identifier is never folded


def leave() -> None:
    """What the worker does: carry every mail that is due."""
    for notice in Notice.objects.filter(state=NoticeState.QUEUED).order_by("due_at", "id"):
        tasks.deliver(notice_id=str(notice.id))


def check(page: Page, state: str) -> None:
    """No barrier that axe can see, in both themes, and nothing wider than the window."""
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme="light" if theme == "light" else "dark", reduced_motion="reduce")
        assert violations(page) == [], f"{state}, {theme}"
    assert sideways(page) == [], state
    assert twice(page) == [], f"{state}: identifiers that stand twice, so that labels point elsewhere"
    page.emulate_media(color_scheme="light", reduced_motion="reduce")


def twice(page: Page) -> list[str]:
    found: list[str] = page.evaluate(
        "() => [...document.querySelectorAll('[id]')].map(e => e.id).filter((id, i, all) => all.indexOf(id) !== i)"
    )
    return found


def sign_in(page: Page, address: str, email: str) -> None:
    page.goto(f"{address}/connexion/")
    check(page, "door")
    fill(page, "Adresse de courriel", email)
    fill(page, "Mot de passe", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/connexion/" not in url)


def send(page: Page, text: str, kind: str = "") -> None:
    """R opens the composer, Ctrl+Enter reads the text again, Ctrl+Enter sends it."""
    page.keyboard.press("r")
    page.keyboard.insert_text(text)
    if kind:
        pick(page, "Message d’étape", kind)
    page.keyboard.press("Control+Enter")
    page.get_by_text("tel qu’il partira" if not kind else "telle qu’elle partira").wait_for()
    check(page, "reading again before sending")
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="Retenir").first.wait_for()


@pytest.mark.needs("chromium")
def test_one_message_answered_by_keyboard(
    house: Cast,
    sink: Path,
    page: Page,
    address: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_mail(tmp_path / "boite" / "premier.eml", LETTER)
    told = import_one(tmp_path / "boite", capsys)
    assert (told["received"], told["linked"], told["complaints"]) == (1, 1, 1)
    complaint = Complaint.objects.get()
    leave()
    acknowledged = Notice.objects.get(purpose=Purpose.ACKNOWLEDGEMENT)
    assert acknowledged.state == NoticeState.SENT, "M04: acknowledged at once, by machine"

    sign_in(page, address, house.amelie.email)
    page.goto(f"{address}/dossiers/")
    check(page, "list")
    go(page, "Bouilloire arrivée cassée")
    check(page, "file, free")

    page.keyboard.press("m")
    page.get_by_text("Responsable : vous").wait_for()
    check(page, "file, taken")

    press(page, "Ajouter un grief")
    check(page, "grievance dialog")
    fill(page, "En quelques mots", "Bouilloire arrivée cassée")
    reach(page, "Catégorie")
    page.keyboard.type("Abîmé")
    fill(page, "Ses mots", "La bouilloire commandée chez vous est arrivée cassée")
    go(page, "Ajouter le grief")
    page.locator("#grief-1").wait_for()
    check(page, "file with a grievance")

    send(page, "Bonjour Madame, nous regardons ce qui s’est passé.")
    check(page, "leaving, with its undo")
    go(page, "Retenir")
    page.get_by_text("Prochaine étape").wait_for()
    assert Notice.objects.get(purpose=Purpose.REPLY).state == NoticeState.RETAINED
    assert "nous regardons ce qui" in page.locator("#reponse textarea").input_value(), "the text comes back"
    check(page, "retained")

    monkeypatch.setattr(notification_rules, "UNDO_SECONDS", 0)
    page.keyboard.press("r")
    page.keyboard.press("Control+Enter")
    page.get_by_text("tel qu’il partira").wait_for()
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    leave()
    assert Notice.objects.filter(purpose=Purpose.REPLY, state=NoticeState.SENT).count() == 1, "M35: sent once"
    page.reload()
    check(page, "after a message of progress")

    go(page, "Décider le grief 1")
    check(page, "deciding")
    pick(page, "Fondé", "Fondé")
    fill(page, "Cause", "Emballage insuffisant")
    go(page, "Enregistrer l’issue")
    complaint.refresh_from_db()
    assert complaint.state == State.DECIDED
    check(page, "decided")

    send_final(page)
    leave()
    complaint.refresh_from_db()
    assert complaint.state == State.ANSWERED
    page.goto(f"{address}/dossiers/{complaint.reference}/")
    check(page, "answered")

    go(page, "Dire s’il y en a une")
    pick(page, "Oui", "Non")
    go(page, "Enregistrer")
    go(page, "Clore le dossier")
    complaint.refresh_from_db()
    assert complaint.state == State.CLOSED
    check(page, "closed")
    judge(complaint, sink)

    write_mail(tmp_path / "suite" / "second.eml", "Toujours rien reçu.\n", answers=sent_ids(sink)[-1])
    assert import_one(tmp_path / "suite", capsys)["linked"] == 1
    complaint.refresh_from_db()
    assert (complaint.state, complaint.reopened_count) == (State.REOPENED, 1), "a new message reopens the file"
    assert Complaint.objects.count() == 1
    page.reload()
    check(page, "reopened")
    assert verify.check(lambda _: None).intact


def send_final(page: Page) -> None:
    page.keyboard.press("r")
    page.keyboard.insert_text("Bonjour Madame, votre bouilloire vous est remboursée aujourd’hui.")
    pick(page, "Réponse finale", "Réponse finale")
    page.keyboard.press("Control+Enter")
    page.get_by_text("telle qu’elle partira").wait_for()
    assert "www.mediateur.example" in page.locator(".letter").inner_text(), "M16: the mediator is named"
    check(page, "reading the final answer again")
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")


def sent_ids(sink: Path) -> list[str]:
    """The Message-IDs of what left, in order."""
    mails = [BytesParser(policy=default).parsebytes(path.read_bytes()) for path in sorted(sink.glob("*.eml"))]
    return [str(mail["Message-ID"]) for mail in sorted(mails, key=lambda mail: mail["Date"].datetime)]


def judge(complaint: Complaint, sink: Path) -> None:
    """What is left of it all: the conversation, the clocks, the journal."""
    kinds = list(complaint.exchanges.order_by("at", "id").values_list("kind", flat=True))
    assert kinds == [ExchangeKind.INBOUND, *[ExchangeKind.OUTBOUND] * 3]
    assert not Exchange.objects.filter(kind=ExchangeKind.NOTE).exists()
    assert not Clock.objects.filter(complaint=complaint, met_at=None, cancelled_at=None).exists(), "M14: no clock runs"
    assert len(list(sink.glob("*.eml"))) == 3, "the retained one never left"
    codes = list(
        AuditEvent.objects.filter(stream=complaint.journal_stream)
        .order_by("seq")
        .values_list("facts__code", flat=True)
    )
    for code in ("complaint_opened", "grievance_added", "grievance_decided", "message_sent", "state_moved"):
        assert code in codes
    assert verify.check(lambda _: None).intact, "M30: verified"
