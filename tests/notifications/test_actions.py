"""The life of an outgoing mail, on the real database: one intent, at most one copy, and the file follows."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from doleance.accounts.rules import Role
from doleance.audit.models import AuditEvent
from doleance.channels import queries as channel_queries
from doleance.channels.actions import mailboxes
from doleance.channels.actions.mailboxes import MailboxSettings
from doleance.channels.email import threads
from doleance.channels.email.compose import compose
from doleance.complaints import rules as complaint_rules
from doleance.complaints.actions import dossiers as complaints
from doleance.complaints.models import Complaint, Exchange
from doleance.complaints.rules import ExchangeKind, Outcome, State
from doleance.deadlines import actions as deadlines
from doleance.deadlines.models import Clock
from doleance.kernel.db import write
from doleance.kernel.errors import NotAllowed
from doleance.kernel.ids import uuid7
from doleance.notifications import following, queries, rules
from doleance.notifications.actions import carrying, deciding, flights, writing
from doleance.notifications.models import Notice
from doleance.notifications.rules import Decision, NoticeState, Purpose
from doleance.packs.rules import ClockKind
from doleance.resolution import actions as resolution
from tests import factories
from tests.cast import MORNING, TESTS
from tests.notifications.conftest import after, jobs, mails, written

pytestmark = pytest.mark.usefixtures("mailbox", "folder")
S = NoticeState
TO = "helene.durand@courriel.example"


@pytest.fixture
def complaint(cast, calendars):
    found = factories.complaint(cast)
    deadlines.start(complaint=found, by=TESTS, at=MORNING)
    return found


@pytest.fixture
def decided(complaint, cast):
    """A file in which each grievance has its outcome."""
    agent = cast.amelie.actor()
    grievance = factories.grievance(complaint, by=agent)
    return resolution.decide(
        grievance=grievance, outcome=Outcome.UPHELD, reasons="", cause="Carton trop mince.", by=agent, at=MORNING
    )


def send(complaint, cast, **changes):
    told: dict[str, Any] = {
        "purpose": Purpose.REPLY,
        "to": TO,
        "subject": "Votre réclamation",
        "text": "Bonjour Madame.",
    }
    told |= {"by": cast.amelie.actor(), "at": MORNING, "delay_s": rules.UNDO_SECONDS}
    return writing.send(complaint=complaint, **(told | changes))


def claim(notice, at):
    return carrying.claim(notice_id=notice.id, by=flights.OUTBOX, at=at)


def codes(complaint):
    events = AuditEvent.objects.filter(stream=complaint.journal_stream).order_by("seq")
    return [event.code for event in events]


def clock(complaint, kind):
    return Clock.objects.filter(complaint=complaint, kind=kind).order_by("start_at", "id").first()


def reference_of(notice):
    return Complaint.objects.get(pk=notice.complaint_id).reference


# Queued


def test_a_mail_waits_fifteen_seconds_with_its_job(complaint, cast, mailbox):
    notice = send(complaint, cast)
    assert (notice.state, notice.not_before, notice.due_at) == (S.QUEUED, after(seconds=15), after(seconds=15))
    assert notice.mailbox == mailbox
    assert notice.author == cast.amelie
    assert notice.created_by == f"user:{cast.amelie.id}"
    (job,) = jobs(of=notice.id)
    assert job.scheduled_at == after(seconds=15)
    assert codes(complaint)[-1] == "notice_queued"


def test_whoever_is_writing_sees_that_a_mail_was_queued(complaint, cast):
    seen = complaint.version
    send(complaint, cast)
    complaint.refresh_from_db()
    assert complaint.version > seen


def test_the_same_form_sent_twice_makes_one_mail(complaint, cast):
    once = uuid7()
    first, second = send(complaint, cast, once=once), send(complaint, cast, once=once)
    assert first == second
    assert first.id == once
    assert len(jobs()) == 1


def test_the_row_and_its_job_are_undone_with_their_action(complaint, cast):
    @write
    def fails(*, by, at):
        send(complaint, cast)
        raise complaint_rules.ReasonMissing

    with pytest.raises(complaint_rules.ReasonMissing):
        fails(by=TESTS, at=MORNING)
    assert not Notice.objects.exists()
    assert jobs() == []


def test_the_message_id_is_signed_and_always_the_same(complaint, cast, settings):
    notice = send(complaint, cast)
    signed = threads.read_message_id(notice.message_id, settings.DOLEANCE_MAIL_KEY)
    assert signed == threads.SignedId(notice_id=notice.id, complaint_id=complaint.id)
    assert notice.message_id.endswith("@maison.example>")
    assert threads.read_message_id(notice.message_id, b"another key" * 3) is None


@pytest.mark.parametrize("role", [Role.QUALITY, Role.AUDITOR, Role.ADMINISTRATOR, Role.EXPERT])
def test_who_may_not_write_to_complainants(complaint, cast, role):
    person = {
        Role.QUALITY: cast.ines,
        Role.AUDITOR: cast.paul,
        Role.ADMINISTRATOR: cast.nadia,
        Role.EXPERT: cast.karim,
    }
    with pytest.raises(NotAllowed):
        send(complaint, cast, by=person[role].actor())


def test_an_empty_text_and_a_wrong_address_are_refused(complaint, cast):
    with pytest.raises(complaint_rules.EmptyText):
        send(complaint, cast, text="  \n ")
    for to in ("helene.durand", "a@b.fr, c@d.fr", "a@b.fr\r\nBcc: c@d.fr", ""):
        with pytest.raises(rules.BadAddress):
            send(complaint, cast, to=to)
    assert not Notice.objects.exists()


def test_one_final_answer_at_a_time_even_past_the_rules(decided, cast):
    send(decided, cast, purpose=Purpose.FINAL)
    with pytest.raises(Exception, match="notice_one_final_leaving"):
        send(decided, cast, purpose=Purpose.FINAL)


# Carried


def test_a_reply_leaves_and_the_file_follows(complaint, cast, worker, folder):
    notice = worker.carry(send(complaint, cast, text="Bonjour Madame,\n\nNous cherchons."))
    assert (notice.state, notice.attempts, notice.sent_at) == (S.SENT, 1, after(seconds=15))
    (mail,) = mails(folder)
    assert mail["Message-ID"] == notice.message_id
    assert mail["From"] == "Maison Lavergne <reclamations@maison.example>"
    assert mail["To"] == TO
    assert mail["Date"].datetime == after(seconds=15)
    assert mail["Auto-Submitted"] is None
    exchange = Exchange.objects.get(complaint=complaint, kind=ExchangeKind.OUTBOUND)
    assert (exchange.text, exchange.author, exchange.at) == (notice.text, cast.amelie, after(seconds=15))
    assert clock(complaint, ClockKind.ACKNOWLEDGE).met_at == after(seconds=15)
    assert clock(complaint, ClockKind.PROGRESS).met_at == after(seconds=15)
    assert clock(complaint, ClockKind.FINAL).met_at is None
    assert [code for code in codes(complaint) if code.startswith("notice")] == [
        "notice_queued",
        "notice_sending",
        "notice_sent",
    ]


def test_what_left_is_kept_byte_for_byte_but_for_its_link(complaint, cast, worker, folder):
    """Its link is its reader's alone: what is kept says where it stood, what left is composed again at will."""
    notice = worker.carry(send(complaint, cast))
    assert notice.sent_as is not None
    left = next(folder.glob("*.eml")).read_bytes()
    assert left == compose(queries.mail_of(notice, on_wire=True))
    assert channel_queries.raw_of(notice.sent_as) == compose(queries.mail_of(notice))
    assert following.token(notice.id) in left.decode()


def test_a_final_answer_answers_the_file(decided, cast, worker):
    worker.carry(send(decided, cast, purpose=Purpose.FINAL))
    decided.refresh_from_db()
    assert (decided.state, decided.answered_at) == (State.ANSWERED, after(seconds=15))
    assert not Clock.objects.filter(complaint=decided, met_at__isnull=True, cancelled_at__isnull=True).exists()


def test_a_final_answer_leaves_even_when_the_file_moved_meanwhile(decided, cast, worker, folder):
    notice = send(decided, cast, purpose=Purpose.FINAL)
    factories.grievance(decided, title="Un grief de plus", by=cast.amelie.actor())
    worker.carry(notice)
    decided.refresh_from_db()
    assert notice.state == S.SENT
    assert decided.state == State.INVESTIGATION
    assert len(mails(folder)) == 1


def test_a_mail_is_carried_once_whatever_the_number_of_jobs(complaint, cast, worker, folder):
    notice = send(complaint, cast)
    for _ in range(3):
        worker.carry(notice)
    assert len(mails(folder)) == 1
    assert notice.attempts == 1


def test_too_early_a_job_waits_for_its_moment(complaint, cast, worker, folder):
    notice = worker.carry(send(complaint, cast), at=after(seconds=14))
    assert notice.state == S.QUEUED
    assert [job.scheduled_at for job in jobs(of=notice.id)] == [after(seconds=15), after(seconds=15)]
    assert mails(folder) == []


def test_sending_is_committed_alone(complaint, cast):
    """Inside another action SENDING would not be committed before the wire."""

    @write
    def careless(*, by, at):
        return claim(send(complaint, cast), after(minutes=1))

    with pytest.raises(RuntimeError, match="transaction of its own"):
        careless(by=TESTS, at=MORNING)


def test_the_order_of_a_conversation_is_kept(complaint, cast, worker, folder):
    first = send(complaint, cast, text="Un")
    second = send(complaint, cast, text="Deux", at=after(seconds=1))
    worker.carry(second)
    assert second.state == S.QUEUED
    worker.carry(first, at=after(minutes=1))
    assert jobs(until=after(minutes=1), of=second.id)  # the end of the first woke the second
    worker.carry(second, at=after(minutes=1))
    assert [written(mail) for mail in mails(folder)] == ["Un", "Deux"]


def test_another_file_waits_for_nobody(complaint, cast, worker, folder):
    send(complaint, cast)
    other = factories.complaint(cast, party=cast.petit)
    worker.carry(send(other, cast, to="marc.petit@courriel.example", at=after(seconds=1)))
    assert len(mails(folder)) == 1


def test_a_conversation_is_one_thread(cast, calendars, worker, folder):
    message = factories.incoming(cast)
    message.message_id, message.references = "<theirs@courriel.example>", ["<older@courriel.example>", "<bad one>"]
    keep(message)
    complaint = factories.complaint(cast, message=message)
    first = worker.carry(send(complaint, cast))
    worker.carry(send(complaint, cast, at=after(hours=1)))
    one, two = mails(folder)
    assert one["In-Reply-To"] == two["In-Reply-To"] == "<theirs@courriel.example>"
    assert one["References"] == "<older@courriel.example> <theirs@courriel.example>"
    assert two["References"] == f"<older@courriel.example> {first.message_id} <theirs@courriel.example>"


@write(quiet="a test gives an old message its identifiers")
def keep(message, *, by=None, at=None):
    message.save()


# Not carried


def test_nothing_configured_says_so_and_loses_nothing(complaint, cast, worker, settings):
    settings.DOLEANCE_SINK = False
    notice = worker.carry(send(complaint, cast))
    assert notice.state == S.NO_CHANNEL
    assert codes(complaint)[-1] == "notice_blocked"
    [row] = queries.for_people(cast.amelie.actor(), at=MORNING, limit=9)[S.NO_CHANNEL].rows
    assert row.id == notice.id
    assert queries.leaving(complaint) == 1


def test_no_sender_says_so_too(cast, calendars, worker, settings, mailbox):
    settings.DOLEANCE_SINK, settings.EMAIL_HOST, settings.DOLEANCE_MAIL_FROM = False, "localhost", ""
    wanted = MailboxSettings(address=mailbox.address, is_active=False)
    mailboxes.change_mailbox(mailbox=mailbox, wanted=wanted, by=TESTS, at=MORNING)
    notice = worker.carry(send(factories.complaint(cast), cast))
    assert notice.state == S.NO_CHANNEL


def test_a_mailbox_made_later_sends_what_waited(cast, calendars, worker, settings, folder, mailbox):
    settings.DOLEANCE_SINK = False
    notice = worker.carry(send(factories.complaint(cast), cast))
    settings.DOLEANCE_SINK = True
    assert deciding.send_again(notice=notice, by=cast.amelie.actor(), at=after(hours=1)).state == S.QUEUED
    assert worker.carry(notice).state == S.SENT
    assert len(mails(folder)) == 1


def test_a_refusal_for_good_waits_for_a_person(complaint, cast):
    notice = send(complaint, cast)
    claim(notice, after(seconds=15))
    failed = carrying.mark_failed(
        notice_id=notice.id, attempt=1, error="mail: 554", permanent=True, by=TESTS, at=after(seconds=16)
    )
    assert failed is not None
    assert (failed.state, failed.last_error) == (S.FAILED, "mail: 554")
    again = deciding.send_again(notice=notice, by=cast.amelie.actor(), at=after(hours=1))
    assert (again.state, again.last_error, again.not_before) == (S.QUEUED, "", after(hours=1))


def test_a_passing_refusal_is_tried_again_and_then_shown(complaint, cast):
    notice = send(complaint, cast)
    agent = cast.amelie.actor()
    moment = notice.not_before
    for attempt in range(1, 200):
        assert claim(notice, moment) is not None
        delayed = carrying.mark_failed(
            notice_id=notice.id, attempt=attempt, error="451", permanent=False, by=TESTS, at=moment
        )
        assert delayed is not None
        if delayed.state == S.FAILED:
            break
        assert delayed.state == S.QUEUED
        assert jobs(of=notice.id)[-1].scheduled_at == delayed.not_before
        late = delayed.not_before - delayed.due_at > timedelta(hours=1)
        shown = queries.count_for_people(agent, at=delayed.not_before)
        assert shown == (1 if late else 0)
        moment = delayed.not_before
    else:
        pytest.fail("it never gave up")
    assert moment - MORNING > timedelta(days=4)


def test_the_next_mail_of_a_file_waits_for_one_that_is_tried_again(complaint, cast):
    first, second = send(complaint, cast), send(complaint, cast, at=after(seconds=1))
    claim(first, after(seconds=15))
    carrying.mark_failed(notice_id=first.id, attempt=1, error="451", permanent=False, by=TESTS, at=after(seconds=16))
    assert claim(second, after(seconds=20)) is None
    claim(first, after(minutes=2))
    carrying.mark_failed(notice_id=first.id, attempt=2, error="550", permanent=True, by=TESTS, at=after(minutes=2))
    assert claim(second, after(minutes=2)) is not None


# Nobody knows


@pytest.fixture
def uncertain(complaint, cast):
    notice = send(complaint, cast)
    claim(notice, after(seconds=15))
    found = carrying.mark_uncertain(notice_id=notice.id, attempt=1, error="reset", by=TESTS, at=after(minutes=20))
    assert found is not None
    return found


def test_what_nobody_knows_about_is_never_tried_again_by_a_machine(uncertain, worker, folder):
    for moment in (after(minutes=21), after(hours=1), after(days=30)):
        worker.carry(uncertain, at=moment)
        worker.sweep(moment)
        worker.work(moment)
    assert uncertain.state == S.UNCERTAIN
    assert mails(folder) == []


def test_a_person_says_that_it_left(uncertain, complaint, cast):
    agent = cast.amelie.actor()
    notice = deciding.decide_uncertain(notice=uncertain, decision=Decision.LEFT, by=agent, at=after(hours=2))
    assert (notice.state, notice.sent_at) == (S.SENT, after(seconds=15))
    exchange = Exchange.objects.get(complaint=complaint, kind=ExchangeKind.OUTBOUND)
    assert exchange.at == after(seconds=15)  # when it left, not when somebody said so
    assert clock(complaint, ClockKind.PROGRESS).met_at == after(seconds=15)


def test_a_person_says_that_the_final_answer_left(decided, cast):
    notice = send(decided, cast, purpose=Purpose.FINAL)
    claim(notice, after(seconds=15))
    carrying.mark_uncertain(notice_id=notice.id, attempt=1, error="reset", by=TESTS, at=after(minutes=20))
    deciding.decide_uncertain(notice=notice, decision=Decision.LEFT, by=cast.bruno.actor(), at=after(hours=1))
    decided.refresh_from_db()
    assert decided.state == State.ANSWERED


def test_a_person_orders_it_again(uncertain, cast, worker, folder):
    deciding.decide_uncertain(
        notice=uncertain, decision=Decision.SEND_AGAIN, by=cast.amelie.actor(), at=after(hours=2)
    )
    assert worker.carry(uncertain).state == S.SENT
    assert uncertain.attempts == 2
    (mail,) = mails(folder)
    assert mail["Message-ID"] == uncertain.message_id  # the same: a mail program shows one


def test_what_is_known_is_not_decided(complaint, cast, worker):
    agent = cast.amelie.actor()
    notice = worker.carry(send(complaint, cast))
    with pytest.raises(rules.NothingToDecide):
        deciding.decide_uncertain(notice=notice, decision=Decision.LEFT, by=agent, at=after(hours=1))
    with pytest.raises(rules.NothingToDecide):
        deciding.send_again(notice=notice, by=agent, at=after(hours=1))
    with pytest.raises(NotAllowed):
        deciding.decide_uncertain(notice=notice, decision=Decision.LEFT, by=cast.paul.actor(), at=after(hours=1))


def sent(notice, attempt, at):
    return carrying.mark_sent(
        notice_id=notice.id, attempt=attempt, mail=b"Subject: x\r\n\r\n", accepted_as="250", by=TESTS, at=at
    )


def test_a_worker_that_was_stopped_brings_true_news_late(uncertain):
    news = sent(uncertain, 1, after(hours=1))
    assert news is not None
    assert news.state == S.SENT


def test_true_news_stop_a_second_copy(uncertain, cast, worker, folder):
    """Ordered again by a person, not yet taken: the first copy had left after all."""
    deciding.decide_uncertain(
        notice=uncertain, decision=Decision.SEND_AGAIN, by=cast.amelie.actor(), at=after(hours=1)
    )
    sent(uncertain, 1, after(hours=1))
    worker.work(after(hours=2))
    assert mails(folder) == []


def test_news_of_an_old_try_change_nothing_and_are_written_down(uncertain, complaint, cast):
    deciding.decide_uncertain(
        notice=uncertain, decision=Decision.SEND_AGAIN, by=cast.amelie.actor(), at=after(hours=1)
    )
    claim(uncertain, after(hours=1))
    assert sent(uncertain, 1, after(hours=2)) is None
    assert codes(complaint)[-1] == "notice_left_before"
    uncertain.refresh_from_db()
    assert (uncertain.state, uncertain.attempts) == (S.SENDING, 2)


def test_news_told_twice_count_once(complaint, cast):
    notice = send(complaint, cast)
    claim(notice, after(seconds=15))
    assert sent(notice, 1, after(seconds=16)) is not None
    assert sent(notice, 1, after(seconds=17)) is None
    for mark in (carrying.mark_uncertain, carrying.mark_failed):
        extra = {"permanent": False} if mark is carrying.mark_failed else {}
        assert mark(notice_id=notice.id, attempt=1, error="", by=TESTS, at=after(hours=1), **extra) is None
    assert Exchange.objects.filter(complaint=complaint, kind=ExchangeKind.OUTBOUND).count() == 1


# Taken back


def test_a_mail_is_taken_back_with_its_text(complaint, cast, worker, folder):
    notice = send(complaint, cast, text="Bonjour Madame Durant,")
    back = deciding.retain(notice=notice, by=cast.amelie.actor(), at=after(seconds=9))
    assert (back.state, back.text) == (S.RETAINED, "Bonjour Madame Durant,")
    worker.work(after(minutes=5))
    assert mails(folder) == []
    assert codes(complaint)[-1] == "notice_retained"
    assert queries.leaving(complaint) == 0


@pytest.mark.parametrize(
    "act",
    [deciding.retain, deciding.send_again, partial(deciding.decide_uncertain, decision=Decision.LEFT)],
    ids=["retain", "again", "left"],
)
def test_who_does_not_see_the_file_does_nothing_to_its_mails(complaint, cast, act):
    notice = send(complaint, cast)
    before = codes(complaint)
    with pytest.raises(NotAllowed):
        act(notice=notice, by=cast.chloe.actor(), at=after(seconds=9))
    assert codes(complaint) == before


def test_a_mail_that_is_leaving_is_not_taken_back(complaint, cast, worker):
    notice = send(complaint, cast)
    claim(notice, after(seconds=15))
    with pytest.raises(rules.TooLateToRetain):
        deciding.retain(notice=notice, by=cast.amelie.actor(), at=after(seconds=15))


def test_what_was_taken_back_lets_the_next_one_leave(complaint, cast, worker, folder):
    first, second = send(complaint, cast), send(complaint, cast, text="Deux", at=after(seconds=1))
    deciding.retain(notice=first, by=cast.amelie.actor(), at=after(seconds=9))
    worker.carry(second)
    assert [written(mail) for mail in mails(folder)] == ["Deux"]


def test_who_may_not_write_takes_nothing_back(complaint, cast):
    notice = send(complaint, cast)
    with pytest.raises(NotAllowed):
        deciding.retain(notice=notice, by=cast.ines.actor(), at=MORNING)


def test_an_answer_that_was_replaced_is_not_sent_again(decided, cast, worker):
    first = send(decided, cast, purpose=Purpose.FINAL)
    claim(first, after(seconds=15))
    carrying.mark_failed(notice_id=first.id, attempt=1, error="550", permanent=True, by=TESTS, at=after(seconds=16))
    worker.carry(send(decided, cast, purpose=Purpose.FINAL, at=after(hours=1)))
    with pytest.raises(rules.Replaced):
        deciding.send_again(notice=first, by=cast.amelie.actor(), at=after(hours=2))
    assert deciding.retain(notice=first, by=cast.amelie.actor(), at=after(hours=2)).state == S.RETAINED


def test_a_note_is_never_a_mail(complaint, cast, worker, folder):
    complaints.note(complaint=complaint, text="canari", by=cast.amelie.actor(), at=MORNING)
    worker.work(after(days=1))
    worker.sweep(after(days=1))
    assert not Notice.objects.exists()
    assert mails(folder) == []
