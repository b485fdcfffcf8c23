"""A complaint by mail, on real servers, from its first letter to a closed file (M02, M03, M04, M17, M30, M35).

delivered → fetched → file → acknowledged → answered in the browser → the complainant's program answers → same file →
final answer → closed → `doleance verify` finds the journal intact.
"""

from collections.abc import Callable
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

import pytest
from playwright.sync_api import Page

from doleance.audit import verify
from doleance.channels.models import Mailbox, Message
from doleance.channels.rules import AfterReading, MessageState, Security
from doleance.complaints.models import Complaint
from doleance.complaints.rules import ExchangeKind, State
from doleance.deadlines.models import Clock
from doleance.intake import tasks as intake
from doleance.notifications import tasks as outbox
from doleance.notifications.models import Notice
from doleance.notifications.rules import NoticeState
from tests import factories
from tests.cast import PASSWORD, Cast
from tests.servers.dovecot import PACKAGES, Dovecot
from tests.servers.dovecot import PASSWORD as BOX_PASSWORD
from tests.servers.smtp import TAKES_THEN_CUTS, Sink
from tests.stories.keyboard import fill, go, pick, press, reach

pytestmark = pytest.mark.needs("chromium", *PACKAGES)
HELENE = "helene.durand@courriel.example"
DONE = "Traites"
LETTER = (
    "Bonjour,\n\nLa bouilloire commandée chez vous est arrivée cassée. Je veux être remboursée.\n\nHélène Durand\n"
)


@pytest.fixture
def box(house: Cast, dovecot: Dovecot, inbox: str, sink: Sink) -> Mailbox:
    """A mailbox that is fetched from Dovecot, whose mails move when they are safe, and that sends by the sink."""
    dovecot.create(inbox, DONE)
    return factories.mailbox(
        house,
        address=inbox,
        imap_host=dovecot.host,
        imap_port=dovecot.port,
        imap_user=inbox,
        imap_secret=BOX_PASSWORD,
        imap_security=Security.NONE,
        after_reading=AfterReading.MOVE,
        done_folder=DONE,
        smtp_host="127.0.0.1",
        smtp_port=sink.port,
        smtp_security=Security.NONE,
    )


@pytest.fixture
def work(box: Mailbox) -> Callable[[], None]:
    """What the background does, at once: fetch, read what was fetched, carry what is due."""

    def run() -> None:
        intake.collect_mail(mailbox_id=str(box.id))
        waiting = Message.objects.filter(state=MessageState.STORED).order_by("id")
        intake.imports.read_batch(list(waiting.select_related("entity", "team", "mailbox")))
        for notice in Notice.objects.filter(state=NoticeState.QUEUED).order_by("due_at", "id"):
            outbox.deliver(notice_id=str(notice.id))

    return run


def letter(to: str, text: str, *, number: int, subject: str, answers: EmailMessage | None = None) -> bytes:
    """What Hélène's program sends: an answer names what it answers, and the thread before it."""
    mail = EmailMessage(policy=policy.SMTP.clone(max_line_length=998))
    mail["From"], mail["To"], mail["Subject"] = f"Hélène Durand <{HELENE}>", to, subject
    mail["Message-ID"] = f"<lettre-{number}@courriel.example>"
    if answers is not None:
        mail["In-Reply-To"] = answers["Message-ID"]
        mail["References"] = " ".join(filter(None, [answers["References"], answers["Message-ID"]]))
    mail.set_content(text)
    return mail.as_bytes()


def read(raw: bytes) -> Any:
    return BytesParser(policy=policy.default).parsebytes(raw)


def sign_in(page: Page, address: str, email: str) -> None:
    page.goto(f"{address}/connexion/")
    fill(page, "Adresse de courriel", email)
    fill(page, "Mot de passe", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/connexion/" not in url)


def write(page: Page, text: str, kind: str = "") -> None:
    """R opens the composer, Ctrl+Enter reads the text again, Ctrl+Enter sends it."""
    page.keyboard.press("r")
    page.keyboard.insert_text(text)
    if kind:
        pick(page, kind, kind)
    page.keyboard.press("Control+Enter")
    page.get_by_text("telle qu’elle partira" if kind else "tel qu’il partira").wait_for()
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")


def test_from_the_first_letter_to_a_closed_file(
    house: Cast, dovecot: Dovecot, inbox: str, sink: Sink, work: Callable[[], None], page: Page, address: str
) -> None:
    dovecot.deliver(inbox, letter(inbox, LETTER, number=1, subject="Bouilloire arrivée cassée"), sender=HELENE)
    work()
    complaint = Complaint.objects.get()
    assert not dovecot.held(inbox), "safe in the ledger, the mail was moved"
    assert len(dovecot.held(inbox, DONE)) == 1
    acknowledgement = sink.wait_for(1)[0]
    assert acknowledgement.recipients == (HELENE,), "M04: acknowledged at once"
    assert read(acknowledgement.raw)["Auto-Submitted"] == "auto-replied"
    assert complaint.reference in read(acknowledgement.raw).get_body(("plain",)).get_content()

    sign_in(page, address, house.amelie.email)
    page.goto(f"{address}/dossiers/")
    go(page, "Bouilloire arrivée cassée")
    page.keyboard.press("m")
    page.get_by_text("Responsable : vous").wait_for()
    write(page, "Bonjour Madame, pouvez-vous nous envoyer une photo ?")
    work()
    reply = read(sink.wait_for(2)[1].raw)
    assert "une photo" in reply.get_body(("plain",)).get_content()
    assert reply["In-Reply-To"] == "<lettre-1@courriel.example>", "it hangs in her own program's thread"

    dovecot.deliver(
        inbox, letter(inbox, "La voici.\n", number=2, subject="Re: Bouilloire", answers=reply), sender=HELENE
    )
    work()
    assert Complaint.objects.count() == 1, "M17: her answer joins the file"
    page.reload()
    page.get_by_text("La voici.").first.wait_for()
    # By identifier: a server tells whole seconds, and all this happens within one.
    kinds = list(complaint.exchanges.order_by("id").values_list("kind", flat=True))
    assert kinds == [ExchangeKind.INBOUND, ExchangeKind.OUTBOUND, ExchangeKind.OUTBOUND, ExchangeKind.INBOUND]

    settle(page)
    write(page, "Bonjour Madame, votre bouilloire vous est remboursée aujourd’hui.", "Réponse finale")
    work()
    complaint.refresh_from_db()
    assert complaint.state == State.ANSWERED
    page.goto(f"{address}/dossiers/{complaint.reference}/")
    go(page, "Dire s’il y en a une")
    pick(page, "Oui", "Non")
    go(page, "Enregistrer")
    go(page, "Clore le dossier")
    complaint.refresh_from_db()
    assert complaint.state == State.CLOSED
    assert not Clock.objects.filter(complaint=complaint, met_at=None, cancelled_at=None).exists()
    work()
    assert set(sink.copies.values()) == {1}, "M35: nothing left twice"
    assert len(sink.received) == 3
    assert verify.check(lambda _: None).intact, "M30: the journal is intact"


def settle(page: Page) -> None:
    """One grievance, and what was found about it."""
    press(page, "Ajouter un grief")
    fill(page, "En quelques mots", "Bouilloire arrivée cassée")
    reach(page, "Catégorie")
    page.keyboard.type("Abîmé")
    go(page, "Ajouter le grief")
    go(page, "Décider le grief 1")
    pick(page, "Fondé", "Fondé")
    fill(page, "Cause", "Emballage insuffisant")
    go(page, "Enregistrer l’issue")


def test_a_mail_taken_without_a_word_waits_for_a_person(
    house: Cast, dovecot: Dovecot, inbox: str, sink: Sink, work: Callable[[], None], page: Page, address: str
) -> None:
    """The server took the mail and cut before it said so: nobody knows, so a person says, in the browser."""
    sink.then(TAKES_THEN_CUTS)
    dovecot.deliver(inbox, letter(inbox, LETTER, number=1, subject="Bouilloire arrivée cassée"), sender=HELENE)
    work()
    sink.wait_for(1)
    notice = Notice.objects.get()
    assert notice.state == NoticeState.UNCERTAIN
    work()
    assert len(sink.received) == 1, "no machine sends it again"
    sign_in(page, address, house.amelie.email)
    page.goto(f"{address}/envois/")
    go(page, "Noter qu’il est parti")
    notice.refresh_from_db()
    assert notice.state == NoticeState.SENT
    assert len(sink.received) == 1
    assert verify.check(lambda _: None).intact
