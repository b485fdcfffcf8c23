"""What waits is read again at once, brought back, opened for whom a colleague forwards; on the real database."""

import threading
import typing
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import OperationalError, connections
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.jobs import Job

from doleance.accounts import actions as accounts
from doleance.audit import actions as audit_actions
from doleance.audit import queries as audit
from doleance.channels import registry
from doleance.channels.email.fetched import Mail
from doleance.channels.rules import Limit, MessageState, NotInQuarantine, ParsedFile, ParsedMessage, Person, Reason
from doleance.complaints import rules as complaint_rules
from doleance.complaints.actions import dossiers as complaints
from doleance.complaints.models import Complaint
from doleance.complaints.rules import State
from doleance.intake import queries, rules, tasks
from doleance.intake.actions import filing, receiving, sorting
from doleance.intake.rules import Silence
from doleance.kernel.errors import NotAllowed, Stale
from doleance.notifications.models import Notice
from tests import factories
from tests.cast import MORNING, TESTS
from tests.channels import mails
from tests.intake.conftest import leave

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("calendars")]
HOUR = timedelta(hours=1)
DURAND = "helene.durand@courriel.example"
LOUIS = Person("Louis Martin", "louis@ailleurs.example")
BETTER = ParsedMessage(sender=Person("Louis Martin", LOUIS.address), subject="Colis", text="Mon colis est perdu.")


@pytest.fixture
def waiting(arrive):
    """Three messages that a better reader may read, and one that only a person can judge."""
    fields = ({"From": ""}, {"From": "", "Subject": "un"}, {"Subject": "", "text": ""}, {"X_Spam_Flag": "YES"})
    return [arrive(mails.mail(**{"Message_ID": f"<{number}@x.example>", **one})) for number, one in enumerate(fields)]


@pytest.fixture
def better(monkeypatch):
    """An upgrade: the reader reads now what it could not."""
    numbers = iter(range(100))

    def parse(self, raw):
        return replace(BETTER, message_id=f"<lu-{next(numbers)}@x.example>")

    monkeypatch.setattr("doleance.channels.email.child.Readers.parse", parse)


@pytest.fixture
def later(monkeypatch):
    """The job runs an hour later."""
    monkeypatch.setattr(tasks.clock, "now", lambda: MORNING + HOUR)


@pytest.fixture
def stub(box):
    """The header of a mail that is too large to be kept whole."""

    def kept(uidvalidity=1):
        mail = Mail(7, MORNING, b"From: helene.durand@courriel.example\r\nSubject: Photos\r\n\r\n")
        told = {"mailbox": box, "uidvalidity": uidvalidity, "by": TESTS, "at": MORNING}
        return receiving.accept_oversized(mail=mail, parsed=registry.CHANNELS["email"].parse(mail.raw), **told)

    return kept


def test_the_header_of_a_large_mail_is_kept_once_whatever_numbers_it_has(stub):
    first = stub()
    again = stub(uidvalidity=2)
    assert (first.state, first.limit) == (MessageState.QUARANTINED, Limit.SIZE)
    assert (again.state, again.duplicate_of) == (MessageState.DUPLICATE, first)


@pytest.mark.usefixtures("later")
def test_the_header_of_a_large_mail_is_no_mail_to_be_read_again(stub, cast):
    """What it says lies on the mail server: its header alone would open a file and be acknowledged."""
    message, actor = stub(), cast.bruno.actor()
    assert sorting.read_again_all(by=actor, at=MORNING + HOUR) == 0
    with pytest.raises(rules.HeaderOnly):
        sorting.read_again(message=message, by=actor, at=MORNING + HOUR)
    assert states([message]) == [MessageState.QUARANTINED]
    assert not Complaint.objects.exists()
    shown = queries.quarantined(message_id=message.id, actor=actor)
    assert shown is not None
    assert not shown.may_be_read_again


def ordered():
    [job] = ProcrastinateJob.objects.filter(task_name=queries.READ_AGAIN).order_by("id")
    return job


def states(messages):
    for message in messages:
        message.refresh_from_db()
    return [message.state for message in messages]


def test_all_is_read_again_after_an_upgrade_and_what_only_a_person_judges_stays(waiting, cast, better, later):
    actor = cast.bruno.actor()
    assert sorting.read_again_all(by=actor, at=MORNING + HOUR / 2) == 3
    assert queries.reading_again(actor) == 3
    # Ordered twice, it is read once.
    assert sorting.read_again_all(by=actor, at=MORNING + HOUR / 2) == 3
    tasks.read_again(**ordered().args)
    assert states(waiting) == [MessageState.LINKED] * 3 + [MessageState.QUARANTINED]
    assert Complaint.objects.count() == 3
    assert queries.reading_again(actor) == 0
    ProcrastinateJob.objects.filter(task_name=queries.READ_AGAIN).update(status="succeeded")
    assert queries.reading_again(actor) is None


def test_what_still_waits_was_read_and_is_counted_as_done(waiting, cast, later):
    actor = cast.bruno.actor()
    sorting.read_again_all(by=actor, at=MORNING + HOUR / 2)
    tasks.read_again(**ordered().args)
    assert set(states(waiting)) == {MessageState.QUARANTINED}
    assert queries.reading_again(actor) == 0


def test_one_message_on_which_we_fail_waits_as_it_did_and_the_others_are_read(waiting, cast, later, monkeypatch):
    calls = iter([RuntimeError("encore"), BETTER, replace(BETTER, subject="autre")])

    def parse(self, raw):
        found = next(calls)
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr("doleance.channels.email.child.Readers.parse", parse)
    sorting.read_again_all(by=cast.bruno.actor(), at=MORNING + HOUR / 2)
    tasks.read_again(**ordered().args)
    assert states(waiting)[:3] == [MessageState.QUARANTINED, MessageState.LINKED, MessageState.LINKED]


def test_a_database_that_is_away_blames_no_message_and_the_job_comes_back(waiting, cast, later, monkeypatch):
    def away(self, raw):
        raise OperationalError("the database system is starting up")

    monkeypatch.setattr("doleance.channels.email.child.Readers.parse", away)
    sorting.read_again_all(by=cast.bruno.actor(), at=MORNING + HOUR / 2)
    with pytest.raises(OperationalError):
        tasks.read_again(**ordered().args)
    strategy = tasks.read_again.retry_strategy
    assert strategy is not None
    job = typing.cast(Job, SimpleNamespace(attempts=1))
    assert strategy.get_retry_decision(exception=OperationalError(), job=job) is not None


@pytest.mark.django_db(transaction=True)
def test_ordered_twice_at_once_there_is_one_job(waiting, cast):
    actor, barrier = cast.bruno.actor(), threading.Barrier(2)

    def order(_):
        barrier.wait()
        try:
            return sorting.read_again_all(by=actor, at=MORNING + HOUR / 2)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(order, range(2))) == [3, 3]
    ordered()


def test_what_was_set_aside_is_not_read_again(waiting, cast):
    sorting.file_away(message=waiting[0], because="publicité", by=cast.bruno.actor(), at=MORNING)
    assert sorting.read_again_all(by=cast.bruno.actor(), at=MORNING + HOUR) == 2


def test_nothing_to_read_again_orders_nothing(cast, box):
    assert sorting.read_again_all(by=cast.bruno.actor(), at=MORNING) == 0
    assert not ProcrastinateJob.objects.filter(task_name=queries.READ_AGAIN).exists()


def test_who_left_meanwhile_reads_nothing(waiting, cast, better, later):
    sorting.read_again_all(by=cast.bruno.actor(), at=MORNING + HOUR / 2)
    gone = {"name": cast.bruno.name, "roles": cast.bruno.roles, "teams": [], "is_active": False, "is_away": False}
    accounts.change_user(user=cast.bruno, **gone, by=cast.nadia.actor(), at=MORNING)
    tasks.read_again(**ordered().args)
    assert set(states(waiting)) == {MessageState.QUARANTINED}


@pytest.mark.parametrize("person", ["amelie", "chloe", "ines", "paul", "nadia", "karim"])
def test_only_who_sorts_the_quarantine_orders_it(waiting, cast, person):
    actor = getattr(cast, person).actor()
    with pytest.raises(NotAllowed):
        sorting.read_again_all(by=actor, at=MORNING)
    with pytest.raises(NotAllowed):
        sorting.bring_back(message=waiting[0], by=actor, at=MORNING)


def parked(cast):
    """A message on which we failed before anything of it was read."""
    raw = mails.with_files("Mon colis est perdu.\n", "", {"reçu.pdf": b"%PDF"})
    message = factories.message(cast, raw)
    receiving.park(message=message, by=TESTS, at=MORNING)
    message.refresh_from_db()
    return message


@pytest.mark.parametrize("way", ["open", "link"])
def test_what_a_person_takes_out_of_quarantine_after_a_failure_of_ours_is_read_first(cast, box, way):
    message, by = parked(cast), cast.bruno.actor()
    if way == "open":
        complaint = sorting.open_from_quarantine(message=message, by=by, at=MORNING)
        assert complaint.party == cast.durand
    else:
        reference = factories.complaint(cast).reference
        complaint = sorting.link_from_quarantine(message=message, reference=reference, by=by, at=MORNING)
    message.refresh_from_db()
    assert (message.state, message.text) == (MessageState.LINKED, "Mon colis est perdu.")
    assert message.exchange.complaint == complaint
    assert message.exchange.text == "Mon colis est perdu."
    assert [one.name for one in message.attachments.order_by("position")] == ["reçu.pdf"]


def test_what_we_still_fail_on_is_opened_all_the_same(cast, box, monkeypatch):
    def failing(*told, **known):
        raise LookupError("a bug of ours")

    monkeypatch.setattr(filing, "describe", failing)
    message = parked(cast)
    complaint = sorting.open_from_quarantine(message=message, by=cast.bruno.actor(), at=MORNING)
    assert (complaint.party, complaint.exchanges.get().text) == (None, "")


def test_what_was_set_aside_is_brought_back(waiting, cast):
    lead = cast.bruno.actor()
    sorting.file_away(message=waiting[0], because="publicité", by=lead, at=MORNING)
    for _ in range(2):
        sorting.bring_back(message=waiting[0], by=lead, at=MORNING + HOUR)
    waiting[0].refresh_from_db()
    assert (waiting[0].filed_at, waiting[0].filed_because) == (None, "")
    assert waiting[0].id in {row.id for row in queries.quarantine(actor=lead)}
    told = [event.code for event in audit.history(waiting[0].journal_stream)]
    assert told[-2:] == ["message_filed_away", "message_brought_back"]


def test_what_left_the_quarantine_is_not_brought_back(waiting, cast):
    sorting.open_from_quarantine(message=waiting[0], by=cast.bruno.actor(), at=MORNING)
    with pytest.raises(NotInQuarantine):
        sorting.bring_back(message=waiting[0], by=cast.bruno.actor(), at=MORNING)


def test_an_erased_message_is_shown_as_erased_and_not_read_again(waiting, cast):
    audit_actions.erase(subject=waiting[0].entity_id, authority="rgpd", article="17-1-b", by=TESTS.id, at=MORNING)
    shown = queries.quarantined(message_id=waiting[0].id, actor=cast.bruno.actor())
    assert shown is not None
    assert (shown.is_erased, shown.source, shown.is_cut) == (True, "", False)
    assert queries.original(waiting[0]) is None
    with pytest.raises(rules.OriginalErased):
        sorting.read_again(message=waiting[0], by=cast.bruno.actor(), at=MORNING)


def test_the_files_of_a_message_that_waits_can_be_had_by_who_may_read_it(arrive, cast):
    files = (ParsedFile("reçu.pdf", "application/pdf", "", False, b"%PDF"),)
    message = arrive(mails.mail(X_Spam_Flag="YES"), files=files)
    [attachment] = message.attachments.order_by("position")
    told = {"message_id": message.id, "attachment_id": attachment.id}
    assert queries.quarantined_file(**told, actor=cast.amelie.actor()) == attachment
    assert queries.quarantined_file(**told, actor=cast.chloe.actor()) is None
    sorting.open_from_quarantine(message=message, by=cast.bruno.actor(), at=MORNING)
    assert queries.quarantined_file(**told, actor=cast.amelie.actor()) is None


@pytest.mark.parametrize("sender", ["Amélie <amelie.rousseau@maison.example>", "reclamations@maison.example"])
def test_what_one_of_ours_forwards_waits_with_its_author_and_opens_in_their_name(arrive, cast, sender):
    message = arrive(mails.mail(From=sender, Subject="TR : colis"), forwarded=LOUIS)
    assert (message.state, message.reason) == (MessageState.QUARANTINED, Reason.FORWARDED)
    shown = queries.quarantined(message_id=message.id, actor=cast.bruno.actor())
    assert shown is not None
    assert shown.proposed == LOUIS
    complaint = sorting.open_from_quarantine(
        message=message, name=LOUIS.name, address=LOUIS.address, by=cast.bruno.actor(), at=MORNING
    )
    assert complaint.party is not None
    assert complaint.party.name == "Louis Martin"
    assert Notice.objects.get().to_address == LOUIS.address


def test_a_forward_of_our_own_answer_proposes_nobody(arrive, cast):
    message = arrive(
        mails.mail(Subject="TR : votre réponse"), forwarded=Person("Maison", "reclamations@maison.example")
    )
    assert queries.proposed_by(message) is None
    assert message.exchange.complaint.party == cast.durand


def test_a_form_of_a_site_proposes_whom_it_says_to_answer(arrive, cast):
    message = arrive(mails.mail(From="noreply@formulaire.example", Reply_To="Louis <louis@ailleurs.example>"))
    assert queries.proposed_by(message) == Person("Louis", "louis@ailleurs.example")
    assert (message.silence, Notice.objects.count()) == (Silence.ROBOT, 0)
    change(message.exchange.complaint, cast)
    assert Notice.objects.get().to_address == LOUIS.address  # a person answers for them: they are told


def change(complaint, cast, person="amelie", **changes):
    told = {"name": LOUIS.name, "address": LOUIS.address, "by": getattr(cast, person).actor(), "at": MORNING}
    return sorting.change_party(complaint=complaint, **(told | changes))


def test_an_acknowledgement_that_left_stays_the_only_one(arrive, cast, sent):
    arrive(mails.mail(), forwarded=LOUIS)
    complaint = Complaint.objects.get()
    leave(Notice.objects.get(), MORNING)
    change(complaint, cast)
    assert Notice.objects.get().state == "sent"


def test_the_person_is_changed_once_and_to_themselves_never(arrive, cast):
    arrive(mails.mail(), forwarded=LOUIS)
    complaint = Complaint.objects.get()
    change(complaint, cast, address=DURAND.upper())
    assert Notice.objects.get().state == "queued"
    for _ in range(2):
        change(complaint, cast)
    told = [event.code for event in audit.history(complaint.journal_stream)]
    assert told.count("party_set") == 1
    assert sorted(one.state for one in Notice.objects.order_by("id")) == ["queued", "retained"]


def test_a_file_that_changed_meanwhile_keeps_its_person(arrive, cast):
    arrive(mails.mail(), forwarded=LOUIS)
    complaint = Complaint.objects.get()
    with pytest.raises(Stale):
        change(complaint, cast, seen=complaint.version - 1)


def test_history_changes_hands_in_silence(cast, box):
    message = factories.message(cast, mails.mail(), acknowledge=False)
    receive(message)
    change(Complaint.objects.get(), cast)
    assert not Notice.objects.exists()


def receive(message):
    receiving.receive(message=message, by=TESTS, at=MORNING)


@pytest.mark.parametrize(
    ("address", "refusal"),
    [
        ("louis", rules.AddressUnreadable),
        ("", rules.AddressUnreadable),
        ("Reclamations+x@maison.example", rules.AddressOfOurs),
    ],
)
def test_a_file_does_not_go_to_nobody_nor_to_us(cast, box, address, refusal):
    with pytest.raises(refusal):
        change(factories.complaint(cast), cast, address=address)


def test_a_file_that_is_over_keeps_its_person(cast, box):
    complaint = factories.complaint(cast)
    complaints.move(complaint=complaint, to=State.WITHDRAWN, by=TESTS, at=MORNING)
    with pytest.raises(complaint_rules.ClosedFile):
        change(complaint, cast)


@pytest.mark.parametrize("person", ["chloe", "ines", "paul", "nadia", "karim"])
def test_only_who_handles_a_file_changes_its_person(cast, box, person):
    complaint = factories.complaint(cast)
    with pytest.raises(NotAllowed):
        change(complaint, cast, person)
    assert Complaint.objects.get(pk=complaint.pk).party == cast.durand
