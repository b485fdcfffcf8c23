"""From a raw mail to a file, an exchange or the quarantine; what a person does there. On the real child process."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from doleance.audit import queries as audit
from doleance.audit.models import AuditEvent
from doleance.channels import queries as channels
from doleance.channels.actions import mailboxes
from doleance.channels.actions.mailboxes import MailboxSettings
from doleance.channels.email.fetched import Mail
from doleance.channels.email.threads import sign_message_id
from doleance.channels.models import ImportRun, Message
from doleance.channels.rules import MessageState, NotInQuarantine, ParsedMessage, Person, Reason, ReceivedFrom
from doleance.complainants import queries as complainants
from doleance.complaints.actions import dossiers as complaints
from doleance.complaints.actions import grievances
from doleance.complaints.models import Complaint, Exchange
from doleance.complaints.rules import Outcome, State
from doleance.deadlines import actions as deadlines
from doleance.deadlines.models import Clock
from doleance.intake import rules
from doleance.intake.actions import importing, receiving, sorting
from doleance.intake.rules import Silence
from doleance.intake.sources import Found
from doleance.kernel.errors import NotAllowed
from doleance.notifications.models import Notice
from doleance.packs.rules import ClockKind
from tests import factories
from tests.cast import MORNING, TESTS
from tests.channels import mails

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("calendars")]
HOUR = timedelta(hours=1)
DURAND = "helene.durand@courriel.example"


def codes(stream):
    return [event.code for event in audit.history(stream)]


def test_a_mail_and_its_job_are_kept_together(box):
    mail = Mail(uid=9, at=MORNING - HOUR, raw=mails.mail())
    [message] = receiving.accept(mails=[mail], mailbox=box, uidvalidity=1, by=TESTS, at=MORNING)
    [job] = ProcrastinateJob.objects.filter(task_name=receiving.READ_MESSAGE).order_by("id")
    assert job.args == {"message_id": str(message.id)}
    assert (message.received_at, message.received_from) == (MORNING - HOUR, ReceivedFrom.SERVER)
    [again] = receiving.accept(mails=[mail], mailbox=box, uidvalidity=1, by=TESTS, at=MORNING)
    assert again == message
    assert ProcrastinateJob.objects.filter(task_name=receiving.READ_MESSAGE).count() == 1


def test_a_mail_opens_a_file_with_its_clocks_and_its_acknowledgement(arrive, cast):
    message = arrive(
        mails.with_files("Mon colis est perdu.\n", "", {"reçu.pdf": b"%PDF"}), at=MORNING - HOUR, read_at=MORNING
    )
    complaint = Complaint.objects.get()
    assert message.state == MessageState.LINKED
    assert message.exchange.complaint == complaint
    assert (complaint.title, complaint.state) == ("Réclamation n° 12 : été déçu", State.RECEIVED)
    assert complaint.party == cast.durand
    assert complaint.team == cast.team
    # Electronic: sent is received, and neither is when we read it.
    assert complaint.received_at == complaint.sent_at == MORNING - HOUR
    assert complaint.registered_at == MORNING
    assert complaint.exchanges.get().text == "Mon colis est perdu."
    assert ClockKind.FINAL in Clock.objects.filter(complaint=complaint).values_list("kind", flat=True)
    notice = Notice.objects.get()
    assert (notice.to_address, notice.purpose) == (DURAND, "acknowledgement")
    assert codes(message.journal_stream) == ["message_stored", "message_linked"]


def test_a_stranger_is_made_known_by_address(arrive):
    arrive(mails.mail(From="Louis Martin <louis@ailleurs.example>"))
    complaint = Complaint.objects.select_related("party").get()
    assert complaint.party is not None
    assert complaint.party.name == "Louis Martin"
    assert complainants.email_of(complaint.party) == "louis@ailleurs.example"


def test_a_message_is_decided_about_once(arrive, box):
    message = arrive(mails.mail())
    assert receiving.receive(message=message, by=TESTS, at=MORNING) is None
    assert Complaint.objects.count() == 1


def test_the_same_message_twice_is_a_duplicate_that_names_the_first(arrive):
    first = arrive(mails.mail(Received="from a by b; Mon, 23 Nov 2026 08:00:00 +0100"))
    second = arrive(mails.mail(Received="from a by c; Mon, 23 Nov 2026 08:00:01 +0100"))
    assert (second.state, second.duplicate_of) == (MessageState.DUPLICATE, first)
    assert Complaint.objects.count() == 1
    # A third one names the first as well, not the second.
    assert arrive(mails.mail(Received="from a by d; Mon, 23 Nov 2026 08:00:02 +0100")).duplicate_of == first


def test_the_same_identifier_with_another_body_is_kept_and_flagged(arrive):
    first = arrive(mails.mail("Mon colis est perdu."))
    second = arrive(mails.mail("Et ma facture est fausse."))
    assert second.state == MessageState.LINKED
    assert second.same_id_as == first
    assert Complaint.objects.count() == 2


def test_without_an_identifier_two_equal_bodies_are_two_messages(arrive):
    arrive(mails.mail(Message_ID="", Subject="un"))
    assert arrive(mails.mail(Message_ID="", Subject="deux")).state == MessageState.LINKED
    assert Complaint.objects.count() == 2


@pytest.mark.parametrize("header", ["In_Reply_To", "References"])
def test_an_answer_to_our_mail_joins_its_file(arrive, cast, signed, header):
    complaint = factories.complaint(cast)
    message = arrive(mails.mail("Toujours rien reçu.", **{header: f"<autre@x.example> {signed(complaint)}"}))
    assert message.state == MessageState.LINKED
    assert message.exchange.complaint == complaint
    assert message.exchange.rule == {"In_Reply_To": "in_reply_to", "References": "references"}[header]
    assert Complaint.objects.count() == 1
    assert not Notice.objects.exists()


def settled(cast, state):
    complaint = factories.complaint(cast)
    deadlines.start(complaint=complaint, by=TESTS, at=MORNING)
    grievance = factories.grievance(complaint)
    complaint = complaints.locked(complaint, by=None)
    grievances.settle_grievance(
        complaint=complaint,
        grievance=grievance,
        outcome=Outcome.UPHELD,
        reasons="oui",
        cause="transport",
        by=TESTS,
        at=MORNING,
    )
    complaints.move(complaint=complaint, to=State.DECIDED, by=TESTS, at=MORNING)
    deadlines.met(complaint=complaint, kind=ClockKind.FINAL, by=TESTS, at=MORNING)
    complaints.move(complaint=complaint, to=State.ANSWERED, by=TESTS, at=MORNING)
    if state == State.CLOSED:
        complaints.set_lesson(complaint=complaint, lesson=False, text="", by=TESTS, at=MORNING)
        complaints.move(complaint=complaint, to=State.CLOSED, by=TESTS, at=MORNING)
    return Complaint.objects.get(pk=complaint.pk)


@pytest.mark.parametrize("state", [State.ANSWERED, State.CLOSED])
def test_an_answer_reopens_a_settled_file_and_its_clocks(arrive, cast, signed, state):
    complaint = settled(cast, state)
    arrive(mails.mail("Ce n’est pas réglé.", In_Reply_To=signed(complaint)), at=MORNING + HOUR)
    complaint.refresh_from_db()
    assert (complaint.state, complaint.reopened_count) == (State.REOPENED, 1)
    assert complaint.next_due_at is not None
    assert complaint.next_due_at > MORNING


def test_an_unknown_sender_with_a_right_reference_is_held(arrive, cast, signed):
    complaint = settled(cast, State.CLOSED)
    message = arrive(mails.mail("Bonjour.", From="Un Autre <autre@ailleurs.example>", In_Reply_To=signed(complaint)))
    assert (message.state, message.reason) == (MessageState.QUARANTINED, Reason.HELD_SENDER)
    assert message.cites == complaint.id
    complaint.refresh_from_db()
    assert complaint.state == State.CLOSED
    assert complaint.exchanges.count() == 1
    assert not Notice.objects.exists()


def test_a_forged_or_foreign_reference_is_no_reference(arrive, cast, settings):
    complaint = factories.complaint(cast)
    forged = sign_message_id(notice_id=uuid4(), complaint_id=complaint.id, domain="maison.example", key=b"j" * 32)
    gone = sign_message_id(
        notice_id=uuid4(), complaint_id=uuid4(), domain="maison.example", key=settings.DOLEANCE_MAIL_KEY
    )
    message = arrive(mails.mail(In_Reply_To=forged, References=gone))
    assert message.exchange.complaint != complaint


def test_the_mail_that_is_answered_wins_over_the_thread(arrive, cast, signed):
    one, two = factories.complaint(cast), factories.complaint(cast)
    message = arrive(mails.mail(In_Reply_To=signed(one), References=f"{signed(one)} {signed(two)}"))
    assert message.exchange.complaint == one


BOUNCE = {
    "From": "Mail Delivery Subsystem <mailer-daemon@relais.example>",
    "Return_Path": "<>",
    "Auto_Submitted": "auto-replied",
}


def test_a_bounce_of_our_mail_joins_its_file_and_moves_nothing(arrive, cast, sent):
    complaint = settled(cast, State.ANSWERED)
    body = f"Undelivered.\n\n<{DURAND}>: 550 5.1.1 no such user\n\nMessage-ID: {sent(complaint).message_id}\n"
    message = arrive(mails.mail(body, Message_ID="<b@relais.example>", **BOUNCE), at=MORNING + HOUR)
    assert message.state == MessageState.LINKED
    assert message.is_automatic
    assert message.exchange.kind == "automatic"
    complaint.refresh_from_db()
    assert complaint.state == State.ANSWERED
    assert Notice.objects.count() == 1


def test_an_absence_that_answers_our_mail_joins_its_file(arrive, cast, signed):
    complaint = factories.complaint(cast)
    message = arrive(mails.mail("Je suis absente.", Auto_Submitted="auto-replied", In_Reply_To=signed(complaint)))
    assert message.exchange.complaint == complaint
    assert not Notice.objects.exists()


def test_a_bounce_of_nothing_of_ours_waits(arrive):
    message = arrive(mails.mail("Undelivered.", **BOUNCE))
    assert (message.state, message.reason) == (MessageState.QUARANTINED, Reason.AUTOMATIC)
    assert not Complaint.objects.exists()


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (mails.mail(From=""), Reason.NO_SENDER),
        (mails.mail(From="Réclamations <reclamations@maison.example>"), Reason.OWN_ADDRESS),
        (mails.mail(X_Spam_Flag="YES"), Reason.SPAM),
        (mails.mail("", Subject=""), Reason.EMPTY),
        (b"\xff\xd8\xff une photo", Reason.NOT_A_MESSAGE),
        (b"", Reason.NOT_A_MESSAGE),
        (mails.nested(60), Reason.OVER_LIMIT),
        (mails.mail().replace(b"Bonjour", b"\x81\x8d\x8f" * 20), Reason.UNREADABLE),
    ],
)  # fmt: skip
def test_what_waits_for_a_person(arrive, raw, reason):
    message = arrive(raw)
    assert (message.state, message.reason) == (MessageState.QUARANTINED, reason)
    assert not Complaint.objects.exists()
    assert not Notice.objects.exists()
    assert codes(message.journal_stream) == ["message_stored", "message_quarantined"]


@pytest.mark.parametrize(
    ("fields", "silence"),
    [
        ({"List_Id": "<clients.maison.example>"}, Silence.LIST),
        ({"Precedence": "bulk"}, Silence.BULK),
        ({"X_Auto_Response_Suppress": "All"}, Silence.SUPPRESSED),
        ({"From": "noreply@ailleurs.example"}, Silence.ROBOT),
        ({"Reply_To": "reclamations@maison.example"}, Silence.OURS),
    ],
)
def test_a_file_opened_by_a_machine_s_mail_is_not_acknowledged_and_says_why(arrive, fields, silence):
    message = arrive(mails.mail(**fields))
    assert message.state == MessageState.LINKED
    assert message.silence == silence
    assert not Notice.objects.exists()
    complaint = Complaint.objects.get()
    [event] = [one for one in audit.history(complaint.journal_stream) if one.code == "acknowledgement_withheld"]
    assert event.facts["reason"] == silence
    # The duty stays: a person has to write.
    assert Clock.objects.running().filter(complaint=complaint, kind=ClockKind.ACKNOWLEDGE).exists()


def test_who_writes_from_a_staff_address_is_a_person_like_another(arrive, cast):
    message = arrive(mails.mail(From=f"Amélie <{cast.amelie.email}>"))
    assert message.state == MessageState.LINKED
    assert message.silence == Silence.OURS
    assert not Notice.objects.exists()


def test_a_mailbox_that_keeps_silent_acknowledges_nothing(cast, arrive, box):
    silent = MailboxSettings(address=box.address, acknowledge=False)
    mailboxes.change_mailbox(mailbox=box, wanted=silent, by=TESTS, at=MORNING)
    assert arrive(mails.mail()).silence == Silence.MAILBOX
    assert not Notice.objects.exists()


def test_a_failure_of_ours_parks_the_message_where_a_person_sees_it(cast):
    message = factories.message(cast)
    receiving.park(message=message, by=TESTS, at=MORNING)
    message.refresh_from_db()
    assert (message.state, message.reason) == (MessageState.QUARANTINED, Reason.FAILED)
    receiving.park(message=message, by=TESTS, at=MORNING)
    assert codes(message.journal_stream) == ["message_stored", "message_quarantined"]


@pytest.fixture
def held(arrive):
    """A message without a sender, an hour old, in quarantine."""
    return arrive(mails.mail(From=""), at=MORNING - HOUR, read_at=MORNING)


def test_one_press_makes_it_a_complaint_received_when_it_was(held, cast):
    complaint = sorting.open_from_quarantine(
        message=held, name="Louis Martin", address=" louis@ailleurs.example ", by=cast.bruno.actor(), at=MORNING
    )
    held.refresh_from_db()
    assert held.state == MessageState.LINKED
    assert complaint.received_at == MORNING - HOUR
    assert complaint.registered_at == MORNING
    assert complaint.party is not None
    assert complaint.party.name == "Louis Martin"
    assert Notice.objects.get().to_address == "louis@ailleurs.example"


def test_a_complaint_without_any_contact_is_a_complaint(held, cast):
    complaint = sorting.open_from_quarantine(message=held, by=cast.bruno.actor(), at=MORNING)
    assert complaint.party is None
    assert not Notice.objects.exists()


def test_over_a_limit_one_press_makes_it_a_complaint_of_its_sender(arrive, cast):
    message = arrive(mails.mail(Subject="a" * 70_000))
    assert message.limit == "header"
    complaint = sorting.open_from_quarantine(message=message, by=cast.bruno.actor(), at=MORNING)
    assert complaint.party == cast.durand
    assert Notice.objects.get().to_address == DURAND


def test_spam_that_a_person_reads_as_a_complaint_is_acknowledged(arrive, cast):
    message = arrive(mails.mail(X_Spam_Flag="YES"))
    sorting.open_from_quarantine(message=message, by=cast.bruno.actor(), at=MORNING)
    assert Notice.objects.count() == 1


def test_a_bounce_made_a_complaint_is_still_not_answered(arrive, cast):
    message = arrive(mails.mail("Undelivered.", **BOUNCE))
    sorting.open_from_quarantine(message=message, by=cast.bruno.actor(), at=MORNING)
    assert not Notice.objects.exists()


def test_an_address_that_cannot_be_written_to_is_refused(held, cast):
    with pytest.raises(rules.AddressUnreadable):
        sorting.open_from_quarantine(message=held, address="louis chez ailleurs", by=cast.bruno.actor(), at=MORNING)
    assert Message.objects.get(pk=held.pk).state == MessageState.QUARANTINED


def test_a_held_message_is_linked_by_hand(arrive, cast, signed):
    complaint = settled(cast, State.CLOSED)
    message = arrive(mails.mail(From="autre@ailleurs.example", In_Reply_To=signed(complaint)))
    typed = f" {complaint.reference.lower()} "
    sorting.link_from_quarantine(message=message, reference=typed, by=cast.bruno.actor(), at=MORNING)
    message.refresh_from_db()
    assert message.exchange.complaint == complaint
    assert message.exchange.rule == "by_hand"
    complaint.refresh_from_db()
    assert complaint.state == State.REOPENED
    # The stranger's address is not the complainant's by that.
    assert not complainants.writes_from(cast.durand, "autre@ailleurs.example")


def test_a_reference_that_this_person_may_not_read_is_unknown(held, cast):
    other = factories.complaint(cast, team=cast.logistics)
    for reference in (other.reference, "R26-ABCD-E", ""):
        with pytest.raises(rules.UnknownReference):
            sorting.link_from_quarantine(message=held, reference=reference, by=cast.bruno.actor(), at=MORNING)


def test_no_complaint_at_all_is_set_aside_with_its_reason(held, cast):
    sorting.file_away(message=held, because="publicité", by=cast.bruno.actor(), at=MORNING)
    held.refresh_from_db()
    assert held.state == MessageState.QUARANTINED
    assert held.filed_because == "publicité"
    with pytest.raises(rules.FiledWithoutReason):
        sorting.file_away(message=held, because=" ", by=cast.bruno.actor(), at=MORNING)
    # A change of mind stays possible.
    sorting.open_from_quarantine(message=held, by=cast.bruno.actor(), at=MORNING)
    assert Complaint.objects.count() == 1


def test_a_message_is_read_again(held, cast, monkeypatch):
    """After an upgrade Doléance may read what it could not."""
    better = ParsedMessage(sender=Person("Hélène", DURAND), subject="Colis", text="Mon colis est perdu.")
    monkeypatch.setattr("doleance.channels.email.child.Readers.parse", lambda self, raw: better)
    again = sorting.read_again(message=held, by=cast.bruno.actor(), at=MORNING)
    assert again.state == MessageState.LINKED
    complaint = Complaint.objects.get()
    assert complaint.party == cast.durand
    assert complaint.received_at == MORNING - HOUR


def test_a_message_that_still_cannot_be_read_stays(held, cast):
    assert sorting.read_again(message=held, by=cast.bruno.actor(), at=MORNING).state == MessageState.QUARANTINED


@pytest.mark.parametrize("person", ["amelie", "chloe", "ines", "paul", "nadia", "karim"])
def test_only_who_sorts_the_quarantine_decides(held, cast, person):
    actor = getattr(cast, person).actor()
    complaint = factories.complaint(cast)
    for decide in (
        lambda: sorting.open_from_quarantine(message=held, by=actor, at=MORNING),
        lambda: sorting.link_from_quarantine(message=held, reference=complaint.reference, by=actor, at=MORNING),
        lambda: sorting.file_away(message=held, because="non", by=actor, at=MORNING),
        lambda: sorting.read_again(message=held, by=actor, at=MORNING),
    ):
        with pytest.raises(NotAllowed):
            decide()
    assert Message.objects.get(pk=held.pk).filed_at is None


def test_a_lead_of_another_team_finds_nothing_to_decide(held, cast):
    actor = replace(cast.bruno.actor(), teams=frozenset({cast.logistics.id}))
    with pytest.raises(NotInQuarantine):
        sorting.open_from_quarantine(message=held, by=actor, at=MORNING)


def test_two_people_decide_once(held, cast):
    sorting.open_from_quarantine(message=held, by=cast.bruno.actor(), at=MORNING)
    with pytest.raises(NotInQuarantine):
        sorting.file_away(message=held, because="non", by=cast.bruno.actor(), at=MORNING)


@pytest.fixture
def begin(cast):
    def begun(path="/mails", **changes) -> ImportRun:
        told = {"entity": cast.entity, "team": cast.team, "mailbox": None, "acknowledge": True}
        return importing.begin_import(path=path, **(told | changes), by=TESTS, at=MORNING)

    return begun


def found(number, raw=None):
    return Found(f"{number}.eml", 0, raw or mails.mail(Message_ID=f"<{number}@x.example>"))


def test_an_unfinished_import_goes_on_and_a_finished_one_begins_anew(begin):
    first = begin()
    assert begin() == first
    assert begin(acknowledge=False) != first
    assert begin(path="/autres") != first
    importing.end_listing(run=first, by=TESTS, at=MORNING)
    assert importing.end_import(run=first, by=TESTS, at=MORNING)
    assert begin() != first


def test_an_import_keeps_a_line_for_each_item_and_a_job_to_rescue_it(begin):
    run = begin()
    new = importing.store_lines(run=run, found=[found(1), found(2), found(3, found(1).raw)], by=TESTS, at=MORNING)
    assert new == 2
    lines = list(run.lines.order_by("path").values_list("path", "repeats"))
    assert lines == [("1.eml", False), ("2.eml", False), ("3.eml", True)]
    [job] = ProcrastinateJob.objects.filter(task_name=importing.READ_IMPORT).order_by("id")
    assert job.args == {"run_id": str(run.id)}
    assert job.scheduled_at is not None
    # Nothing new, nothing to rescue; the line that is there already is there once.
    assert importing.store_lines(run=run, found=[found(1), found(2)], by=TESTS, at=MORNING) == 0
    assert run.lines.count() == 3
    assert ProcrastinateJob.objects.filter(task_name=importing.READ_IMPORT).count() == 1


def test_an_import_ends_when_all_is_listed_and_read(begin):
    run = begin()
    importing.store_lines(run=run, found=[found(1)], by=TESTS, at=MORNING)
    assert not importing.end_import(run=run, by=TESTS, at=MORNING)
    importing.end_listing(run=run, by=TESTS, at=MORNING)
    assert not importing.end_import(run=run, by=TESTS, at=MORNING)
    [message] = channels.to_read(run, limit=9)
    receiving.receive(message=message, by=TESTS, at=MORNING)
    assert importing.end_import(run=run, by=TESTS, at=MORNING)
    assert codes(run.journal_stream) == ["import_begun", "import_lines_stored", "import_listed", "import_finished"]
    facts = AuditEvent.objects.filter(stream=run.journal_stream, facts__code="import_finished").get().facts
    assert facts["received"] == facts["linked"] + facts["quarantined"] + facts["duplicate"] == 1


def test_history_is_not_acknowledged_and_owes_no_acknowledgement(begin):
    run = begin(acknowledge=False)
    importing.store_lines(run=run, found=[found(1)], by=TESTS, at=MORNING)
    [message] = channels.to_read(run, limit=9)
    receiving.receive(message=message, by=TESTS, at=MORNING)
    complaint = Complaint.objects.get()
    assert Message.objects.get(direction="in").silence == Silence.HISTORY
    assert not Notice.objects.exists()
    open_kinds = set(Clock.objects.running().filter(complaint=complaint).values_list("kind", flat=True))
    assert ClockKind.ACKNOWLEDGE not in open_kinds
    assert ClockKind.FINAL in open_kinds


@pytest.mark.parametrize(("days", "is_history"), [(31, True), (29, False)])
def test_what_an_import_brings_is_history_by_its_date(begin, days, is_history):
    received = MORNING - timedelta(days=days)
    raw = mails.mail(Received=f"from a by b; {received:%a, %d %b %Y %H:%M:%S +0000}")
    importing.store_lines(run=begin(), found=[found(1, raw)], by=TESTS, at=MORNING)
    [message] = Message.objects.order_by("id")
    receiving.receive(message=message, by=TESTS, at=MORNING)
    assert Notice.objects.exists() is not is_history
    running = Clock.objects.running().filter(complaint=Complaint.objects.get(), kind=ClockKind.ACKNOWLEDGE)
    assert running.exists() is not is_history


@pytest.mark.parametrize(("began", "is_history"), [(0, True), (60, False)])
def test_a_mail_that_comes_out_of_a_mailbox_after_a_long_outage_is_no_history(box, began, is_history):
    """Received forty days ago: before Doléance fetched this mailbox at all, or while it could not."""
    mail = Mail(uid=9, at=MORNING - timedelta(days=40), raw=mails.mail())
    told = {"mailbox": box, "uidvalidity": 1, "began_at": MORNING - timedelta(days=began)}
    [message] = receiving.accept(mails=[mail], **told, by=TESTS, at=MORNING)
    receiving.receive(message=message, by=TESTS, at=MORNING)
    assert Notice.objects.exists() is not is_history
    running = Clock.objects.running().filter(complaint=Complaint.objects.get(), kind=ClockKind.ACKNOWLEDGE)
    assert running.exists() is not is_history


def test_a_batch_is_decided_about_in_one_transaction(begin, cast):
    run = begin()
    importing.store_lines(run=run, found=[found(1), found(2), found(3)], by=TESTS, at=MORNING)
    messages = channels.to_read(run, limit=9)
    parsed = [ParsedMessage(sender=Person("", DURAND), subject=str(number), text="x") for number in range(3)]
    receiving.receive(message=messages[1], by=TESTS, at=MORNING)
    decided = receiving.register_all(read=list(zip(messages, parsed, strict=True)), by=TESTS, at=MORNING)
    assert decided == [messages[0], messages[2]]
    assert Complaint.objects.count() == 3


def test_a_mail_of_ours_that_somebody_forwards_opens_nothing_for_us(arrive):
    """It opens a new file: its reader's own link is neither in the file, nor in what was read of the mail."""
    token = "Zm9yd2FyZGVkLWxpbmstdG"
    message = arrive(mails.mail(f"Je transfère : https://maison.example/suivi/l/{token}/ et /recu/{token}/"))
    [exchange] = Exchange.objects.filter(message=message)
    for words in (message.text, exchange.text, exchange.complaint.title):
        assert token not in words
    assert exchange.text.count("••••••") == message.text.count("••••••") == 2
