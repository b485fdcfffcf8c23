"""The ledger: one row for each identity, bytes sealed before anybody reads them, exactly one outcome."""

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from doleance.accounts.rules import Actor
from doleance.audit import queries as audit
from doleance.audit import seal
from doleance.channels import queries
from doleance.channels.actions import mailboxes, messages
from doleance.channels.actions.mailboxes import MailboxSettings
from doleance.channels.actions.messages import Incoming
from doleance.channels.models import Attachment, Blob, Mailbox, Message
from doleance.channels.rules import (
    MailboxTaken,
    MessageState,
    NotAnAddress,
    ParsedFile,
    ParsedMessage,
    Person,
    Reason,
    ReceivedFrom,
    Source,
)
from doleance.kernel.db import write
from doleance.kernel.errors import NotAllowed
from tests import factories
from tests.cast import MORNING, TESTS
from tests.channels import mails

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def incoming(cast):
    def make(raw=None, **changes):
        return Incoming(
            **(
                {"raw": raw or mails.mail(), "source": Source.IMPORT, "entity": cast.entity, "team": cast.team}
                | changes
            )
        )

    return make


def store(*items):
    return messages.store(items=items, by=TESTS, at=MORNING)


def last_event(stream):
    return list(audit.history(stream))[-1]


def codes(message):
    return [event.code for event in audit.history(message.journal_stream)]


def test_a_message_is_kept_byte_for_byte_and_sealed(incoming):
    raw = mails.mail()
    [stored] = store(incoming(raw))
    message = Message.objects.select_related("raw").get()
    assert stored.is_new
    assert stored.message == message
    assert message.state == MessageState.STORED
    assert (message.sha256, message.size) == (hashlib.sha256(raw).hexdigest(), len(raw))
    assert raw[:20] not in bytes(message.raw.sealed)
    assert queries.raw_of(message) == raw
    assert codes(message) == ["message_stored"]


def test_the_same_bytes_twice_are_one_row(incoming):
    first, second, other = store(incoming(), incoming(), incoming(mails.mail(Subject="autre")))
    assert (first.is_new, second.is_new, other.is_new) == (True, False, True)
    assert first.message.id == second.message.id
    [again] = store(incoming())
    assert (again.message.id, again.is_new) == (first.message.id, False)
    assert Message.objects.count() == Blob.objects.count() == 2


def test_a_row_that_somebody_else_made_meanwhile_is_the_row(incoming, monkeypatch):
    """Two imports at once: what one looked up before the other committed is looked up again."""
    [first] = store(incoming())
    look, blind = messages._known, [True]
    monkeypatch.setattr(messages, "_known", lambda items: {} if blind and blind.pop() else look(items))
    [second, other] = store(incoming(), incoming(mails.mail(Subject="autre")))
    assert (second.message, second.is_new) == (first.message, False)
    assert other.is_new
    assert Message.objects.count() == Blob.objects.count() == 2


def test_rows_keep_the_order_in_which_they_came(incoming):
    raws = [mails.mail(Subject=str(number)) for number in range(30)]
    store(*(incoming(raw) for raw in raws))
    kept = queries.raws_of(Message.objects.order_by("id"))
    assert [kept[pk] for pk in Message.objects.order_by("id").values_list("id", flat=True)] == raws


def test_a_place_in_a_mailbox_is_one_row_whatever_it_holds(incoming, cast):
    """I2: each (mailbox, uidvalidity, uid) has exactly one row; the same bytes at two places are two."""
    box = factories.mailbox(cast)
    place = {"source": Source.IMAP, "mailbox": box, "uidvalidity": 7, "server": MORNING - HOUR}
    [one, two] = store(incoming(uid=1, **place), incoming(uid=2, **place))
    [replay] = store(incoming(mails.mail(Subject="autre"), uid=1, **place))
    assert one.is_new
    assert two.is_new
    assert (replay.message.id, replay.is_new) == (one.message.id, False)
    # An import of what a mailbox gave already repeats it.
    [again] = store(incoming())
    assert not again.is_new
    assert again.message.id in {one.message.id, two.message.id}


def test_the_database_itself_refuses_a_second_row(incoming, cast):
    [stored] = store(incoming())

    @write(quiet="a test that goes around the actions")
    def force():
        copy = Message(**{name: getattr(stored.message, name) for name in (
            "source", "entity", "team", "sha256", "size", "received_at", "received_from", "stored_at")})  # fmt: skip
        copy.raw = Blob.objects.create(sha256="0" * 64, size=0, sealed=b"")
        copy.save(force_insert=True)

    with pytest.raises(IntegrityError, match="message_import_once"), transaction.atomic():
        force()


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"server": MORNING - HOUR, "separator": MORNING - 2 * HOUR}, (MORNING - HOUR, ReceivedFrom.SERVER)),
        ({"separator": MORNING - 2 * HOUR}, (MORNING - 2 * HOUR, ReceivedFrom.SEPARATOR)),
        ({}, (MORNING, ReceivedFrom.IMPORT)),
    ],
)
def test_when_it_was_received_as_far_as_the_wire_knows(incoming, told, expected):
    [stored] = store(incoming(**told))
    assert (stored.message.received_at, stored.message.received_from) == expected


def test_reading_completes_when_it_was_received(incoming):
    """The topmost Received is known once the message is read; `Date:` never counts."""
    [stored] = store(incoming())
    parsed = ParsedMessage(received=MORNING - 3 * HOUR, date=MORNING - 9 * HOUR)
    messages.describe(message=stored.message, parsed=parsed, at=MORNING)
    assert (stored.message.received_at, stored.message.received_from) == (MORNING - 3 * HOUR, ReceivedFrom.HEADER)
    assert stored.message.dated_at == MORNING - 9 * HOUR


@pytest.mark.parametrize("origin", ["server", "separator"])
def test_reading_does_not_correct_a_surer_source(incoming, origin):
    [stored] = store(incoming(**{origin: MORNING - HOUR}))
    parsed = ParsedMessage(received=MORNING - 3 * HOUR, separator=MORNING - 2 * HOUR)
    messages.describe(message=stored.message, parsed=parsed, at=MORNING)
    assert stored.message.received_at == MORNING - HOUR


def test_a_claimed_message_is_nobody_else_s(incoming):
    [stored] = store(incoming())
    with transaction.atomic():
        assert messages.claim(messages=[stored.message], state=MessageState.STORED) == [stored.message]
        assert messages.claim(messages=[stored.message], state=MessageState.LINKED) == []


FILES = (
    ParsedFile("a.pdf", "application/pdf", "", False, b"%PDF"),
    ParsedFile("b.png", "image/png", "<x@y>", True, b"\x89"),
)


def read(message, **known):
    parsed = replace(ParsedMessage(sender=Person("Hélène", "helene.durand@courriel.example")), **known)
    messages.describe(message=message, parsed=parsed, at=MORNING)
    return message


def test_linking_hands_the_bytes_to_the_person(incoming, cast):
    """Reliability.md §6: a raw row has its own key until a person is linked; then only that is wrapped again."""
    [stored] = store(incoming())
    message = read(stored.message)
    blobs = [message.raw_id]
    messages.link(message=message, files=FILES, subject=cast.durand.id, by=TESTS, at=MORNING)
    blobs += Attachment.objects.order_by("position").values_list("blob_id", flat=True)
    opener = seal.Opener(blobs)
    assert {opener.subject(blob) for blob in blobs} == {cast.durand.id}
    assert queries.raw_of(message) == mails.mail()
    assert [queries.content_of(one) for one in queries.attachments(message)] == [b"%PDF", b"\x89"]
    assert codes(message) == ["message_stored", "message_linked"]


def test_read_anew_a_message_keeps_what_was_shown_and_adds_what_is_found_now(incoming, cast):
    """After an upgrade the same bytes give the files that were inside winmail.dat."""
    [stored] = store(incoming())
    packed = ParsedFile("winmail.dat", "application/ms-tnef", "", False, b"tnef")
    photo = ParsedFile("photo.jpg", "image/jpeg", "", False, b"\xff\xd8")
    contract = ParsedFile("contrat.pdf", "application/pdf", "", False, b"%PDF")
    told = {"subject": cast.durand.id, "by": TESTS, "at": MORNING}
    for found in ([packed], [photo, contract], [contract, photo], [contract, photo, photo]):
        waiting = read(stored.message)
        messages.quarantine(message=waiting, files=found, reason=Reason.FAILED, by=TESTS, at=MORNING)
    messages.link(message=read(stored.message), files=[photo, replace(contract, data=b"%PDF 2")], **told)
    kept = queries.attachments(stored.message)
    assert [(one.position, one.name, queries.content_of(one)) for one in kept] == [
        (0, "winmail.dat", b"tnef"),
        (1, "photo.jpg", b"\xff\xd8"),
        (2, "contrat.pdf", b"%PDF"),
        (3, "photo.jpg", b"\xff\xd8"),
        (4, "contrat.pdf", b"%PDF 2"),
    ]


def test_quarantine_says_why_and_keeps_the_files(incoming, cast):
    [stored] = store(incoming())
    messages.quarantine(message=read(stored.message), reason=Reason.SPAM, files=FILES, by=TESTS, at=MORNING)
    message = Message.objects.get()
    assert (message.state, message.reason) == (MessageState.QUARANTINED, Reason.SPAM)
    assert [one.name for one in queries.attachments(message)] == ["a.pdf", "b.png"]
    # Linked later, its files follow.
    messages.link(message=message, files=FILES, subject=cast.durand.id, by=TESTS, at=MORNING)
    assert Attachment.objects.count() == 2
    assert seal.Opener([message.raw_id]).subject(message.raw_id) == cast.durand.id


def test_a_duplicate_names_its_message(incoming):
    first, second = store(incoming(), incoming(mails.mail(Subject="copie")))
    messages.mark_duplicate(message=read(second.message), of=first.message, by=TESTS, at=MORNING)
    message = Message.objects.get(pk=second.message.pk)
    assert (message.state, message.duplicate_of) == (MessageState.DUPLICATE, first.message)


def test_filing_away_keeps_the_message_and_the_reason(incoming):
    [stored] = store(incoming())
    messages.quarantine(message=read(stored.message), reason=Reason.SPAM, files=(), by=TESTS, at=MORNING)
    messages.file_away(message=stored.message, because="publicité", by=TESTS, at=MORNING + HOUR)
    message = Message.objects.get()
    assert message.state == MessageState.QUARANTINED
    assert (message.filed_at, message.filed_because) == (MORNING + HOUR, "publicité")
    assert "publicité" not in str(last_event(message.journal_stream).facts)


def test_a_sent_mail_is_kept_as_it_left(cast):
    message = messages.keep_sent(
        raw=b"From: nous\r\n\r\nbonjour",
        entity=cast.entity,
        mailbox=None,
        message_id="<d1.x@maison.example>",
        sender=Person("Maison", "reclamations@maison.example"),
        to="helene.durand@courriel.example",
        subject_line="Votre réclamation",
        text="bonjour",
        is_automatic=True,
        subject=cast.durand.id,
        by=TESTS,
        at=MORNING,
    )
    assert queries.raw_of(message) == b"From: nous\r\n\r\nbonjour"
    assert (message.direction, message.state) == ("out", MessageState.LINKED)


def test_no_bytes_stand_without_their_row(incoming, cast):
    """I7: no blob without a row, no row without a blob."""
    one, _ = store(incoming(), incoming(mails.mail(Subject="b")))
    messages.link(message=read(one.message), files=FILES, subject=cast.durand.id, by=TESTS, at=MORNING)
    known = {*Message.objects.values_list("raw_id", flat=True), *Attachment.objects.values_list("blob_id", flat=True)}
    assert known == set(Blob.objects.values_list("id", flat=True))
    for blob in Blob.objects.order_by("id"):
        data = seal.open_sealed(blob.id, bytes(blob.sealed))
        assert (hashlib.sha256(data).hexdigest(), len(data)) == (blob.sha256, blob.size)


def test_the_ledger_is_written_by_actions_only(incoming):
    [stored] = store(incoming())
    with pytest.raises(Exception, match="outside an action"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM doleance_message WHERE id = %s", [stored.message.id])


NADIA_WANTS = MailboxSettings(
    address="Reclamations@maison.example", name="  La  Maison ", smtp_host="mail.example", smtp_user="maison"
)


def test_an_administrator_adds_a_mailbox_and_its_password_is_sealed(cast):
    wanted = replace(NADIA_WANTS, smtp_password="très secret")
    box = mailboxes.add_mailbox(entity=cast.entity, wanted=wanted, by=cast.nadia.actor(), at=MORNING)
    kept = Mailbox.objects.get()
    assert (kept.address, kept.name) == ("Reclamations@maison.example", "La Maison")
    assert kept.smtp_secret is not None
    assert b"secret" not in bytes(kept.smtp_secret)
    assert queries.smtp_password(kept) == "très secret"
    event = last_event("settings")
    assert event.code == "mailbox_added"
    assert "maison.example" not in str(event.facts)
    assert queries.our_addresses().mailboxes == {"reclamations@maison.example"}
    # A change without a password keeps it, an empty one takes it away.
    mailboxes.change_mailbox(mailbox=box, wanted=NADIA_WANTS, by=cast.nadia.actor(), at=MORNING)
    assert queries.smtp_password(Mailbox.objects.get()) == "très secret"
    again = replace(NADIA_WANTS, smtp_password="nouveau")
    mailboxes.change_mailbox(mailbox=box, wanted=again, by=cast.nadia.actor(), at=MORNING)
    assert queries.smtp_password(Mailbox.objects.get()) == "nouveau"
    gone = replace(NADIA_WANTS, smtp_password="")
    mailboxes.change_mailbox(mailbox=box, wanted=gone, by=cast.nadia.actor(), at=MORNING)
    assert queries.smtp_password(Mailbox.objects.get()) == ""


def test_a_mailbox_is_added_by_administrators_once_and_with_an_address(cast):
    def add(address, by: Actor):
        return mailboxes.add_mailbox(entity=cast.entity, wanted=MailboxSettings(address=address), by=by, at=MORNING)

    with pytest.raises(NotAllowed):
        add("a@maison.example", cast.bruno.actor())
    with pytest.raises(NotAnAddress):
        add("maison.example", cast.nadia.actor())
    add("a@maison.example", cast.nadia.actor())
    with pytest.raises(MailboxTaken):
        add("A@Maison.example", cast.nadia.actor())


def test_what_the_queries_know(incoming, cast):
    box = factories.mailbox(cast, address="Service@maison.example")
    assert queries.mailbox_by_address(" service@MAISON.example ") == box
    assert queries.mailbox_by_address("autre@maison.example") is None
    assert queries.mailboxes() == [box]
    assert cast.amelie.email.lower() in queries.our_addresses().staff
    [stored] = store(incoming())
    assert queries.by_id(stored.message.id) == stored.message
    assert queries.by_id(cast.entity.id) is None
