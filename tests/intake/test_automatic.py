"""What machines answer: linked to the mail of ours that it answers, believed of nothing, answered by nobody."""

from datetime import timedelta
from typing import Any

import pytest

from doleance.audit import actions as audit_actions
from doleance.audit import queries as audit
from doleance.channels.email.threads import BOUNCE, REPLY, tagged
from doleance.channels.rules import MessageState, Reason
from doleance.complainants import actions as complainant_actions
from doleance.complainants import queries as complainants
from doleance.complainants.models import Address
from doleance.complainants.rules import AddressChannel
from doleance.complaints.models import Complaint
from doleance.complaints.rules import State
from doleance.deadlines import actions as deadlines
from doleance.deadlines.models import Clock
from doleance.intake import queries
from doleance.intake.actions import sorting
from doleance.intake.rules import Silence
from doleance.notifications.models import Notice
from doleance.packs.rules import ClockKind
from tests import factories
from tests.cast import MORNING, TESTS
from tests.channels import mails
from tests.intake.test_actions import settled

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("calendars")]
HOUR = timedelta(hours=1)
DURAND = "helene.durand@courriel.example"


@pytest.fixture
def complaint(cast, box):
    found = factories.complaint(cast)
    deadlines.start(complaint=found, by=TESTS, at=MORNING)
    return found


BOX = "reclamations@maison.example"


def report(message_id: str, *, action="failed", status="5.1.1", to=BOX, number=1, named=DURAND) -> bytes:
    """A delivery report as Postfix writes it (RFC 3464)."""
    parts = (
        "--b\r\nContent-Type: text/plain\r\n\r\nI'm sorry to have to inform you.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; relais.example\r\n\r\n"
        f"Final-Recipient: rfc822; {named}\r\nAction: {action}\r\nStatus: {status}\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {message_id}\r\n\r\n--b--\r\n"
    )
    head = (
        f"Return-Path: <>\r\nFrom: MAILER-DAEMON@relais.example\r\nTo: {to}\r\nSubject: Undelivered\r\n"
        f"Message-ID: <bounce-{number}@relais.example>\r\nAuto-Submitted: auto-replied\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
    )
    return (head + parts).encode()


def codes(stream):
    return [event.code for event in audit.history(stream)]


def test_a_bounce_is_linked_to_the_mail_that_it_answers_and_its_address_is_invalid(arrive, cast, complaint, sent):
    notice = sent(complaint)
    message = arrive(report(notice.message_id), at=MORNING + HOUR)
    assert (message.state, message.answers, message.rule) == (MessageState.LINKED, notice.id, "returned")
    assert (message.exchange.complaint, message.exchange.kind) == (complaint, "automatic")
    notice.refresh_from_db()
    assert notice.bounced_at == MORNING + HOUR
    assert notice.bounce.startswith("5.1.1")
    assert "notice_bounced" in codes(complaint.journal_stream)
    address = Address.objects.get(normal=DURAND)
    assert address.invalid_at == MORNING + HOUR
    assert "no such user" in address.invalid_because
    [task] = queries.invalid_addresses(cast.amelie.actor())
    assert (task.reference, task.party, task.address) == (complaint.reference, "Hélène Durand", DURAND)
    assert "address_invalid" in codes(address.journal_stream)


def test_a_bounce_to_our_signed_envelope_needs_no_quoted_identifier(arrive, complaint, sent, settings):
    notice = sent(complaint)
    to = tagged("r@maison.example", kind=BOUNCE, about=notice.id, key=settings.DOLEANCE_MAIL_KEY)
    message = arrive(report("<sans@rapport.example>", to=to), at=MORNING + HOUR)
    assert (message.answers, message.rule) == (notice.id, "plus_address")
    assert Address.objects.get(normal=DURAND).invalid_at == MORNING + HOUR


@pytest.mark.parametrize(
    ("action", "status", "bounced"),
    [("delayed", "4.4.1", False), ("delivered", "2.0.0", False), ("failed", "4.4.7", True)],
)
def test_what_is_late_delivered_or_not_for_good_leaves_the_address_valid(
    arrive, complaint, sent, action, status, bounced
):
    notice = sent(complaint)
    message = arrive(report(notice.message_id, action=action, status=status), at=MORNING + HOUR)
    assert message.exchange.complaint == complaint
    notice.refresh_from_db()
    assert (notice.bounced_at is not None) == bounced
    assert Address.objects.get(normal=DURAND).invalid_at is None


def test_a_bounce_told_twice_is_told_once(arrive, complaint, sent):
    notice = sent(complaint)
    for number in (1, 2):
        arrive(report(notice.message_id, number=number), at=MORNING + number * HOUR)
    notice.refresh_from_db()
    assert notice.bounced_at == MORNING + HOUR
    assert codes(complaint.journal_stream).count("notice_bounced") == 1
    assert codes(complaint.journal_stream).count("automatic_reply_added") == 2


def test_a_forged_bounce_marks_nothing(arrive, complaint, sent):
    sent(complaint)
    message = arrive(report(f"<d1.{'a' * 52}.{'a' * 26}@maison.example>"))
    assert (message.state, message.reason) == (MessageState.QUARANTINED, Reason.AUTOMATIC)
    assert Address.objects.get(normal=DURAND).invalid_at is None


def test_an_out_of_office_from_a_rewritten_address_is_linked_and_moves_nothing(arrive, complaint, sent):
    notice = sent(complaint)
    before = set(Clock.objects.running().filter(complaint=complaint).values_list("kind", flat=True))
    raw = mails.mail(
        "Je suis absente jusqu’au 3.",
        From="Absence <vacation-7@courriel.example>",
        Auto_Submitted="auto-replied",
        In_Reply_To=notice.message_id,
    )
    message = arrive(raw, at=MORNING + HOUR)
    assert (message.state, message.answers) == (MessageState.LINKED, notice.id)
    assert message.exchange.kind == "automatic"
    assert set(Clock.objects.running().filter(complaint=complaint).values_list("kind", flat=True)) == before
    assert Complaint.objects.get(pk=complaint.pk).state == State.RECEIVED
    assert not Address.objects.filter(normal="vacation-7@courriel.example").exists()


def test_an_identifier_and_a_header_let_no_stranger_in(arrive, complaint, sent):
    """Whoever saw our mail has its identifier: it is shown beside the file, and waits for a person."""
    raw = mails.mail(
        "Acceptez l’offre.", From="autre@ailleurs.example", Auto_Submitted="auto-replied",
        In_Reply_To=sent(complaint).message_id,
    )  # fmt: skip
    message = arrive(raw, at=MORNING + HOUR)
    assert (message.state, message.reason) == (MessageState.QUARANTINED, Reason.AUTOMATIC)
    assert (message.cites, message.rule, message.answers) == (complaint.id, "in_reply_to", None)


def test_a_report_on_somebody_else_waits(arrive, complaint, sent):
    notice = sent(complaint)
    message = arrive(report(notice.message_id, named="neveu@ailleurs.example"), at=MORNING + HOUR)
    assert (message.state, message.reason, message.cites) == ("quarantined", Reason.AUTOMATIC, complaint.id)
    notice.refresh_from_db()
    assert notice.bounced_at is None


def test_a_refusal_where_our_mail_was_passed_on_condemns_nobody(arrive, complaint, sent, settings):
    """Mme Durand forwards her mail to a nephew whose mailbox is gone: her own address works."""
    notice = sent(complaint)
    to = tagged("r@maison.example", kind=BOUNCE, about=notice.id, key=settings.DOLEANCE_MAIL_KEY)
    message = arrive(report(notice.message_id, to=to, named="neveu@ailleurs.example"), at=MORNING + HOUR)
    assert (message.exchange.complaint, message.answers) == (complaint, notice.id)
    notice.refresh_from_db()
    assert notice.bounced_at == MORNING + HOUR
    assert Address.objects.get(normal=DURAND).invalid_at is None


@pytest.mark.parametrize("kind", [REPLY, BOUNCE])
def test_an_auto_reply_without_our_identifiers_is_linked_by_the_address_it_came_to(
    arrive, complaint, sent, settings, kind
):
    notice = sent(complaint)
    about = complaint.id if kind == REPLY else notice.id
    to = tagged("r@maison.example", kind=kind, about=about, key=settings.DOLEANCE_MAIL_KEY)
    message = arrive(mails.mail("Absente.", To=to, Auto_Submitted="auto-generated", From="a@relais.example"))
    assert (message.exchange.complaint, message.exchange.kind) == (complaint, "automatic")
    assert message.answers == (notice.id if kind == BOUNCE else None)


def test_a_responder_that_hides_is_a_machine_when_it_writes_to_the_envelope(arrive, complaint, sent, settings):
    """No header says so, but people answer to From or Reply-To: only responders write there (RFC 3834 §4)."""
    notice = sent(complaint)
    to = tagged("r@maison.example", kind=BOUNCE, about=notice.id, key=settings.DOLEANCE_MAIL_KEY)
    message = arrive(mails.mail("Merci de votre message.", To=to, From="contact@relais.example"))
    assert message.is_automatic
    assert message.exchange.kind == "automatic"
    assert message.silence == Silence.REPORT
    assert Notice.objects.count() == 1


def test_an_absence_that_only_repeats_our_subject_is_believed_from_the_complainant(arrive, complaint):
    fields = {"Subject": f"Absence : votre réclamation {complaint.reference}", "Auto_Submitted": "auto-replied"}
    assert arrive(mails.mail(**fields)).exchange.complaint == complaint
    stranger = arrive(mails.mail(From="autre@ailleurs.example", Message_ID="<2@x.example>", **fields))
    assert (stranger.state, stranger.reason) == (MessageState.QUARANTINED, Reason.AUTOMATIC)
    assert stranger.cites == complaint.id


def test_a_machine_s_mail_attached_by_hand_reopens_nothing_either(arrive, cast):
    complaint = settled(cast, State.CLOSED)
    message = arrive(mails.mail("Absente.", Auto_Submitted="auto-replied", From="a@relais.example"))
    assert message.reason == Reason.AUTOMATIC
    lead = cast.bruno.actor()
    sorting.link_from_quarantine(message=message, reference=complaint.reference, by=lead, at=MORNING)
    message.refresh_from_db()
    assert (message.state, message.exchange.kind, message.exchange.rule) == ("linked", "automatic", "by_hand")
    assert Complaint.objects.get(pk=complaint.pk).state == State.CLOSED


def invalid(address=DURAND, at=MORNING):
    known = complainants.by_email(address)
    assert known is not None
    complainant_actions.mark_invalid(address=known, because="5.1.1 no such user", by=TESTS, at=at)
    return known


def test_an_invalid_address_gets_no_acknowledgement_and_the_file_says_so(arrive, cast, complaint):
    """A mail from before the refusal, read late, shows nothing of the address."""
    invalid(at=MORNING + HOUR)
    message = arrive(mails.mail(), at=MORNING, read_at=MORNING + 2 * HOUR)
    assert not Notice.objects.exists()
    assert message.silence == Silence.INVALID
    opened = message.exchange.complaint
    [event] = [one for one in audit.history(opened.journal_stream) if one.code == "acknowledgement_withheld"]
    assert event.facts["reason"] == "invalid"
    assert Clock.objects.running().filter(complaint=opened, kind=ClockKind.ACKNOWLEDGE).exists()
    assert Address.objects.get(normal=DURAND).invalid_at == MORNING + HOUR


def test_a_new_mail_from_an_invalid_address_shows_that_it_works(arrive, complaint):
    invalid()
    message = arrive(mails.mail(), at=MORNING + HOUR)
    assert message.silence == ""
    assert Address.objects.get(normal=DURAND).invalid_at is None
    assert Notice.objects.get().to_address == DURAND


def test_a_follow_up_from_an_invalid_address_shows_it_too(arrive, complaint, signed):
    invalid()
    arrive(mails.mail("Toujours rien.", In_Reply_To=signed(complaint)), at=MORNING + HOUR)
    assert Address.objects.get(normal=DURAND).invalid_at is None


def test_a_machine_or_a_disowned_sender_shows_nothing(arrive, cast, complaint, signed):
    invalid()
    arrive(mails.mail("Absente.", Auto_Submitted="auto-replied", In_Reply_To=signed(complaint)), at=MORNING + HOUR)
    guarded = factories.mailbox(cast, address="verifie@maison.example", authserv_id="mx.maison.example")
    failed = ("mx.maison.example; dmarc=fail header.from=courriel.example",)
    arrive(mails.mail(Message_ID="<2@x.example>"), at=MORNING + HOUR, into=guarded, authentication=failed)
    assert Address.objects.get(normal=DURAND).invalid_at == MORNING


def test_who_sees_the_task_of_an_invalid_address(cast, complaint):
    known = invalid()
    seen = {person.name for person in cast.staff if queries.count_invalid_addresses(person.actor())}
    assert seen == {cast.amelie.name, cast.bruno.name, cast.ines.name, cast.paul.name}
    assert queries.find_address(address_id=known.id, actor=cast.amelie.actor()) == known
    assert queries.find_address(address_id=known.id, actor=cast.chloe.actor()) is None


@pytest.mark.parametrize("mend", ["correct", "trust", "add"])
def test_the_task_ends_when_a_person_mends_the_address(cast, complaint, mend):
    known, agent = invalid(), cast.amelie.actor()
    if mend == "correct":
        complainant_actions.correct_address(address=known, value="h.durand@courriel.example", by=agent, at=MORNING)
    elif mend == "trust":
        complainant_actions.trust_address(address=known, by=agent, at=MORNING)
    else:
        told: dict[str, Any] = {"channel": AddressChannel.EMAIL, "value": "h.durand@courriel.example"}
        complainant_actions.add_address(party=cast.durand, **told, by=agent, at=MORNING)
    assert queries.invalid_addresses(agent) == []
    assert complainants.email_of(cast.durand) == (DURAND if mend == "trust" else "h.durand@courriel.example")


def test_the_person_of_a_file_is_changed_to_the_one_it_speaks_for(arrive, cast):
    quoted = "-------- Message transféré --------\nDe : Louis Martin <louis@ailleurs.example>\n\nMon colis est perdu."
    message = arrive(mails.mail(quoted, Subject="TR : colis"))
    complaint = Complaint.objects.get()
    proposed = queries.proposed_by(message)
    assert proposed is not None
    assert proposed.address == "louis@ailleurs.example"
    assert complaint.party == cast.durand  # proposed, never applied by itself
    first = Notice.objects.get()
    changed = sorting.change_party(
        complaint=complaint, name=proposed.name, address=proposed.address, by=cast.amelie.actor(), at=MORNING
    )
    assert changed.party is not None
    assert changed.party.name == "Louis Martin"
    first.refresh_from_db()
    assert first.state == "retained"
    assert Notice.objects.exclude(pk=first.pk).get().to_address == "louis@ailleurs.example"
    assert "party_set" in codes(complaint.journal_stream)
    # What he wrote is his: an erasure of Mme Durand keeps it, one of his destroys it.
    audit_erase(cast.durand.id)
    assert queries.original(message) is not None
    audit_erase(changed.party.id)
    assert queries.original(message) is None


def audit_erase(subject):
    audit_actions.erase(subject=subject, authority="rgpd", article="17-1-b", by=TESTS.id, at=MORNING)
