"""The receipt: its key once to the device that wrote, itself at its address, nothing at any other, and on paper."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from doleance.accounts import actions as accounts
from doleance.accounts.rules import machine
from doleance.audit import actions as audit
from doleance.audit.models import AuditEvent
from doleance.channels.rules import ParsedFile
from doleance.complainants import actions as complainants
from doleance.complainants.rules import AddressChannel, PartyStatus
from doleance.complaints import access as rules
from doleance.complaints.access import Use
from doleance.complaints.actions import access
from doleance.complaints.models import Complaint
from doleance.complaints.rules import LinkUse, State
from doleance.intake.actions import deposits, drafts
from doleance.intake.deposits import Contact, Deposit, Representative, Wish
from doleance.intake.models import Draft
from doleance.kernel import clock, pdf
from doleance.kernel.db import write
from doleance.portal import drafts as device
from doleance.portal import receipts
from tests.cast import MORNING, TESTS, Cast
from tests.papers import Paper

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("calendars", "at_work")]
PORTAL = machine("portal")
KNOWN = "helene.durand@courriel.example"
MEDIATOR = "Médiateur du commerce (exemple)\n77 rue de Lourmel, 75015 Paris\nwww.mediateur.example"
HELENE = Contact(
    name="Hélène Ferrand",
    title="Madame",
    email="helene.ferrand@courriel.example",
    phone="06 12 34 56 78",
    status=PartyStatus.CONSUMER,
)
TOLD = Deposit(
    branch="product",
    text="Ma bouilloire a fondu.\nMon fils s’est brûlé.",
    contact=HELENE,
    expected="Un appareil sûr",
    facts={"item": "Bouilloire B-12", "since": "depuis lundi", "dangerous": "yes"},
    wishes=(Wish.REFUND,),
    wanted="et la vérité",
    files=(ParsedFile("<photo> & «é».png", "image/png", "", False, b"\x89PNG\r\n\x1a\n" + b"\0" * 20),),
)


@pytest.fixture
def at_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything happens on the cast's morning."""
    monkeypatch.setattr(clock, "now", lambda: MORNING)


@write(quiet="a test shapes what settings decide")
def shaped(row: Any, **changes: Any) -> Any:
    for name, value in changes.items():
        setattr(row, name, value)
    row.save()
    return row


def sent(cast: Cast, deposit: Deposit = TOLD) -> tuple[Draft, Complaint]:
    draft = drafts.begin(entity=cast.entity, language="fr", at=MORNING)
    return draft, deposits.submit(draft=draft, deposit=deposit, by=PORTAL, at=MORNING).complaint


def holding(draft: Draft) -> Client:
    """A device that wrote this draft."""
    client, response = Client(), HttpResponse()
    device.remember(response, draft.pk)
    client.cookies.update(response.cookies)
    return client


def page_of(draft: Draft) -> str:
    return reverse("portal_receipt_kept", args=[receipts.token_of(draft.pk)])


def paper_of(draft: Draft) -> str:
    return reverse("portal_receipt_paper", args=[receipts.token_of(draft.pk)])


def text(response: Any) -> str:
    return str(response.content.decode()).replace("\u00a0", " ").replace("\u202f", " ")


def test_the_first_view_says_what_happens_next_and_by_when(cast: Cast) -> None:
    """M04: reference, what happens next and by when."""
    draft, complaint = sent(cast)
    said = text(holding(draft).get("/reclamer/recu/"))
    assert "<h1>Votre réclamation est enregistrée, Madame Hélène Ferrand.</h1>" in said
    assert complaint.reference in said
    assert "Reçue aujourd’hui, 9 h 47" in said
    assert "Réponse visée : lundi 7 décembre" in said
    assert "10 jours ouvrés à compter de la réception." in said
    assert "Au plus tard le samedi 23 janvier 2027" in said
    assert "2 mois à compter de votre première réclamation écrite." in said
    assert "Si nous pouvons écrire à h•••@courriel.example, un accusé de réception y part aussi." in said
    assert "Nous vous répondons par courriel, à h•••@courriel.example." in said
    assert "helene.ferrand@" not in said


def test_it_says_again_what_was_said_and_nothing_of_ours(cast: Cast) -> None:
    draft, complaint = sent(cast)
    shaped(complaint, title="Titre interne")
    said = text(Client().get(page_of(draft)))
    for words in ("Ma bouilloire a fondu.", "Bouilloire B-12", "depuis lundi", "Un appareil sûr"):
        assert words in said
    assert "<dd>Un remboursement ou un avoir</dd>" in said
    assert '<dd class="voice">et la vérité</dd>' in said
    assert "&lt;photo&gt; &amp; «é».png" in said
    assert "Titre interne" not in said
    assert cast.team.name not in said


def test_who_is_in_danger_reads_whom_to_call(cast: Cast) -> None:
    draft, _ = sent(cast)
    said = text(Client().get(page_of(draft)))
    assert said.index("N’utilisez plus ce produit") < said.index("Ce qui se passe ensuite")
    assert 'href="tel:112"' in said
    calm, _ = sent(cast, Deposit(branch="delivery", text="Rien n’est venu.", contact=HELENE))
    assert "tel:112" not in text(Client().get(page_of(calm)))


def test_the_key_is_shown_once_then_the_receipt_has_its_own_address(cast: Cast) -> None:
    draft, complaint = sent(cast)
    client = holding(draft)
    key = receipts.key_of(draft.pk)
    first = client.get("/reclamer/recu/")
    assert key in text(first)
    assert complaints_key(complaint, key)
    again = client.get("/reclamer/recu/")
    assert (again.status_code, again["Location"]) == (302, page_of(draft))
    kept = client.get(again["Location"])
    assert kept.status_code == 200
    assert key not in text(kept)
    assert rules.read_key(key) not in text(kept)


def complaints_key(complaint: Complaint, key: str) -> bool:
    """Whether what was shown does open the file."""
    digest = rules.digest(Use.KEY, rules.read_key(key))
    return bytes(complaint.tracking_key.digest) == digest


def test_the_key_of_a_later_complaint_is_shown_too(cast: Cast) -> None:
    first, _ = sent(cast)
    client = holding(first)
    client.get("/reclamer/recu/")
    second, _ = sent(cast)
    response = HttpResponse()
    device.remember(response, second.pk)
    client.cookies.update(response.cookies)
    assert receipts.key_of(second.pk) in text(client.get("/reclamer/recu/"))


def test_the_device_of_somebody_else_sees_no_key(cast: Cast) -> None:
    sent(cast)
    assert Client().get("/reclamer/recu/").status_code == 404
    other = drafts.begin(entity=cast.entity, language="fr", at=MORNING)
    answer = holding(other).get("/reclamer/recu/")
    assert (answer.status_code, answer["Location"]) == (302, "/reclamer/")


def test_unknown_expired_and_revoked_addresses_give_one_page(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    draft, complaint = sent(cast)
    revoked, closed = sent(cast)
    access.revoke(complaint=closed, by=cast.amelie.actor(), at=MORNING)
    mail = rules.secret_for(key=b"k" * 32, purpose=Use.MAIL, subject=uuid4())
    unknown = ["A" * 22, mail, "x", "é" * 22, receipts.token_of(revoked.pk)]
    answers = [Client().get(reverse("portal_receipt_kept", args=[token])) for token in unknown]
    answers += [Client().get(reverse("portal_receipt_paper", args=[token])) for token in unknown]
    answers.append(holding(revoked).get("/reclamer/recu/"))
    monkeypatch.setattr(clock, "now", lambda: MORNING + rules.RECEIPT_LIFE + timedelta(seconds=1))
    answers.append(Client().get(page_of(draft)))
    assert {answer.status_code for answer in answers} == {404}
    pages = {re.sub(r'(csrfmiddlewaretoken"|name="next") value="[^"]*"', "", text(one)) for one in answers}
    assert len(pages) == 1
    assert complaint.reference not in pages.pop()


def test_a_link_of_a_mail_opens_no_receipt(cast: Cast) -> None:
    _, complaint = sent(cast)
    secret = rules.secret_for(key=b"k" * 32, purpose=Use.MAIL, subject=complaint.id)
    access.give_link(complaint=complaint, purpose=LinkUse.MAIL, secret=secret, by=TESTS, at=MORNING)
    assert Client().get(reverse("portal_receipt_kept", args=[secret])).status_code == 404


def test_nobody_keeps_it_and_its_reading_is_told(cast: Cast) -> None:
    draft, complaint = sent(cast)
    for address in (page_of(draft), paper_of(draft)):
        answer = Client().get(address)
        assert "no-store" in answer["Cache-Control"]
        assert "private" in answer["Cache-Control"]
        assert answer["X-Content-Type-Options"] == "nosniff"
    told = AuditEvent.objects.filter(stream=f"reader:{complaint.id}", facts__code="viewed")
    assert [event.facts["what"] for event in told.order_by("seq")] == [complaint.journal_stream] * 2


def test_the_proof_is_the_hash_of_the_event_that_opened_the_file(cast: Cast) -> None:
    draft, complaint = sent(cast)
    opened = AuditEvent.objects.get(stream=complaint.journal_stream, facts__code="complaint_opened")
    assert bytes(opened.hash).hex() in text(Client().get(page_of(draft)))


@pytest.mark.parametrize(
    ("packs", "status", "named", "court"),
    [
        (["FR-CONSO", "GENERAL"], PartyStatus.CONSUMER, True, False),
        (["FR-CONSO", "GENERAL"], PartyStatus.UNKNOWN, True, False),
        (["FR-CONSO", "GENERAL"], PartyStatus.PROFESSIONAL, False, False),
        (["FR-ACPR", "GENERAL"], PartyStatus.CONSUMER, True, True),
        (["FR-ACPR", "GENERAL"], PartyStatus.PROFESSIONAL, False, True),
        (["FR-PSD2", "GENERAL"], PartyStatus.CONSUMER, True, False),
        (["GENERAL"], PartyStatus.CONSUMER, False, False),
    ],
)
def test_where_else_one_may_turn_follows_the_packs_and_the_person(
    cast: Cast, packs: list[str], status: PartyStatus, named: bool, court: bool
) -> None:
    shaped(cast.entity, packs=packs, mediator=MEDIATOR)
    contact = Contact(name="Hélène Ferrand", email="helene.ferrand@courriel.example", status=status)
    draft, _ = sent(cast, Deposit(branch="other", text="Rien ne va.", contact=contact))
    said = text(Client().get(page_of(draft)))
    assert ("www.mediateur.example" in said) is named
    assert ("saisir gratuitement le médiateur" in said) is named
    assert ("Un second examen se demande aussi, une fois que nous avons répondu" in said) is named
    assert ("Si notre réponse ne vous convient pas, vous pouvez demander un second examen" in said) is not named
    assert ("relancez-nous depuis la page de suivi" in said) is not named
    assert ("le droit de saisir la justice" in said) is court


def test_every_address_that_is_typed_is_told_the_same(cast: Cast) -> None:
    """One of ours, to which no machine writes, one that is known to return our mails, and a stranger's."""
    known = cast.durand.addresses.get(channel=AddressChannel.EMAIL)
    complainants.mark_invalid(address=known, because="550 5.1.1", by=PORTAL, at=MORNING)
    for email in (cast.amelie.email, known.value, "zoe.martin@courriel.example"):
        draft, _ = sent(cast, Deposit(branch="other", text="Cassée.", contact=Contact(email=email)))
        assert f"Si nous pouvons écrire à {email[0]}•••" in text(holding(draft).get("/reclamer/recu/"))


def test_without_contact_the_key_and_this_address_are_said_to_be_the_only_ways(cast: Cast) -> None:
    draft, _ = sent(cast, Deposit(branch="other", text="Anonyme."))
    said = text(holding(draft).get("/reclamer/recu/"))
    assert "<h1>Votre réclamation est enregistrée.</h1>" in said
    assert "cette clé, avec la référence, et l’adresse de ce reçu" in said
    assert f"pendant {rules.RECEIPT_LIFE.days} jours, sont les seuls chemins vers notre réponse" in said
    assert "Un accusé de réception" not in said


@pytest.mark.parametrize(
    ("name", "title", "told"),
    [
        ("Hélène Ferrand", "", "enregistrée, Hélène Ferrand."),
        ("Ferrand", "Madame", "enregistrée, Madame Ferrand."),
        ("", "Madame", "enregistrée."),
    ],
)
def test_a_name_is_said_only_as_it_was_given(cast: Cast, name: str, title: str, told: str) -> None:
    contact = Contact(name=name, title=title, email="helene.ferrand@courriel.example")
    draft, _ = sent(cast, Deposit(branch="other", text="Rien.", contact=contact))
    assert told in text(Client().get(page_of(draft)))


def test_who_writes_for_another_is_the_one_spoken_to(cast: Cast) -> None:
    son = Contact(name="Luc Petit", title="Monsieur", email="luc.petit@courriel.example")
    deposit = Deposit(
        branch="other", text="Pour ma mère.", contact=HELENE, representative=Representative(son, "son fils")
    )
    draft, _ = sent(cast, deposit)
    said = text(Client().get(page_of(draft)))
    assert "enregistrée, Monsieur Luc Petit." in said
    assert "Vous écrivez pour Hélène Ferrand." in said


def test_whoever_types_somebody_elses_address_learns_nothing_of_them(cast: Cast) -> None:
    """Hélène Durand is known here, with her name and her telephone; a form that bears her address shows neither."""
    stranger = Contact(email=KNOWN)
    draft, complaint = sent(cast, Deposit(branch="other", text="Qui est-ce ?", contact=stranger))
    assert complaint.party == cast.durand
    for answer in (holding(draft).get("/reclamer/recu/"), Client().get(page_of(draft))):
        said = text(answer)
        assert "<h1>Votre réclamation est enregistrée.</h1>" in said
        assert "Durand" not in said
        assert "Hélène" not in said
        assert "à h•••@courriel.example" in said
    assert "Durand" not in Paper(Client().get(paper_of(draft)).content).words


def test_a_file_whose_words_were_erased_has_no_receipt_any_more(cast: Cast) -> None:
    draft, complaint = sent(cast)
    assert complaint.party_id is not None
    audit.erase(subject=complaint.party_id, authority="rgpd", article="17-1-b", by=TESTS.id, at=MORNING)
    assert Client().get(page_of(draft)).status_code == 404


def test_the_days_stay_those_that_were_promised(cast: Cast) -> None:
    draft, complaint = sent(cast)
    shaped(complaint, state=State.WITHDRAWN)
    said = text(Client().get(page_of(draft)))
    assert "Au plus tard le samedi 23 janvier 2027" in said
    assert "Votre dossier a avancé depuis ce reçu." in said


def test_the_page_needs_no_script_and_calls_nobody(cast: Cast) -> None:
    draft, _ = sent(cast)
    said = text(holding(draft).get("/reclamer/recu/"))
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\bsrc=)", said)
    assert not re.search(r'(?:src|href)="(?:https?:)?//', said)
    assert said.count("<button") == said.count("hidden>") + 1  # « Copier » waits for its script; the language does not


def test_words_are_shown_as_they_were_written_and_run_nothing(cast: Cast) -> None:
    evil = Contact(name="<script>alert(1)</script>", email="x@courriel.example", reach_when="<b>tôt</b>")
    draft, _ = sent(cast, Deposit(branch="other", text="<img src=x onerror=alert(1)>", contact=evil))
    said = text(Client().get(page_of(draft)))
    assert "<script>alert" not in said
    assert "<img" not in said
    assert "&lt;b&gt;tôt" in said


def test_it_speaks_english(cast: Cast) -> None:
    draft, _ = sent(cast)
    said = text(Client(headers={"Accept-Language": "en"}).get(page_of(draft)))
    assert "<h1>Your complaint is registered, Madame Hélène Ferrand.</h1>" in said
    assert "By Saturday 23 January 2027 at the latest" in said
    assert "Product" in said
    paper = Paper(Client(headers={"Accept-Language": "en"}).get(paper_of(draft)).content)
    assert b"/Lang(en)" in paper.catalog
    assert "What happens next" in paper.words


def test_the_paper_says_what_the_page_says(cast: Cast) -> None:
    accounts.change_entity(
        entity=cast.entity,
        name="Maison Lavergne",
        time_zone="Europe/Paris",
        calendar="FR",
        mediator=MEDIATOR,
        postal="12 rue des Forges\n45000 Orléans",
        phone="02 38 00 00 00",
        by=cast.nadia.actor(),
        at=MORNING,
    )
    draft, complaint = sent(cast)
    answer = Client().get(paper_of(draft))
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == f'attachment; filename="recu-{complaint.reference}.pdf"'
    paper = Paper(answer.content)
    said = paper.words.replace("\u00a0", " ").replace("\u202f", " ")
    for words in (
        "Maison Lavergne",
        "Votre réclamation est enregistrée, Madame Hélène Ferrand",
        complaint.reference,
        "Reçue le lundi 23 novembre 2026, 9 h 47",
        "N’utilisez plus ce produit",
        "Réponse visée : lundi 7 décembre",
        "Au plus tard le samedi 23 janvier 2027",
        "www.mediateur.example",
        "Ma bouilloire a fondu.",
        "Bouilloire B-12",
        "<photo> & «é».png",
        "02 38 00 00 00",
        f"/recu/{receipts.token_of(draft.pk)}/",
    ):
        assert words in said, words
    assert receipts.key_of(draft.pk) not in said
    assert "pdfuaid:part" in paper.metadata
    assert {"H1", "H2", "L", "LI", "Link"} <= paper.tags
    assert b"/Lang(fr)" in paper.catalog
    assert ">Votre réclamation est enregistrée, Madame Hélène Ferrand<" in paper.metadata.replace("\u00a0", " ")


def test_ten_thousand_signs_and_no_letter_we_know_still_make_a_paper(cast: Cast) -> None:
    contact = Contact(name="محمد 😀", email="m@courriel.example")
    draft, _ = sent(cast, Deposit(branch="other", text="x" * 5_000 + " 😀 " + "漢" * 5_000, contact=contact))
    answer = Client().get(paper_of(draft))
    assert answer.status_code == 200
    assert Paper(answer.content).pages > 1


def test_when_the_typesetter_cannot_the_page_itself_prints(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    draft, complaint = sent(cast)

    def busy(*_: Any) -> bytes:
        raise pdf.PdfError("busy")

    monkeypatch.setattr(pdf, "render", busy)
    answer = Client().get(paper_of(draft))
    assert answer.status_code == 503
    assert "Le PDF n’a pas pu être préparé." in text(answer)
    assert complaint.reference in text(answer)


def test_a_receipt_makes_as_many_queries_whatever_was_said(cast: Cast) -> None:
    short, _ = sent(cast, Deposit(branch="other", text="Court.", contact=HELENE))
    files = tuple(ParsedFile(f"{n}.txt", "text/plain", "", False, b"x%d" % n) for n in range(6))
    long, _ = sent(cast, Deposit(branch="product", text="Long. " * 500, contact=HELENE, facts=TOLD.facts, files=files))
    Client().get(page_of(short))  # what is read once a process
    counts = []
    for draft in (short, long):
        with CaptureQueriesContext(connection) as captured:
            assert Client().get(page_of(draft)).status_code == 200
        counts.append(len(captured.captured_queries))
    assert counts == [18, 18]
