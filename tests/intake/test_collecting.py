"""Fetching from a real Dovecot: everything once, committed before the server is touched, whatever happens between."""

from datetime import timedelta

import pytest

from doleance.channels import queries as channels
from doleance.channels.models import MailboxHealth, Message
from doleance.channels.rules import AfterReading, MailboxError, MailboxFailed, MessageState, Security
from doleance.intake.actions import receiving
from doleance.intake.fetching import collecting
from doleance.kernel import clock
from tests import factories
from tests.servers import dovecot as servers

pytestmark = [pytest.mark.django_db, pytest.mark.needs(*servers.PACKAGES)]
DONE = "Traites"


def mail(number: int, text: str = "Ma bouilloire est cassée.") -> bytes:
    head = f"From: helene.durand@courriel.example\r\nMessage-ID: <{number}@courriel.example>\r\nSubject: N {number}"
    return f"{head}\r\n\r\n{text}\r\n".encode()


@pytest.fixture
def fetched(cast, dovecot, inbox):
    """Make a mailbox of ours that is fetched from Dovecot's `inbox`."""

    def make(address: str = inbox, **changes):
        told = {"imap_host": dovecot.host, "imap_port": dovecot.port, "imap_user": address}
        told |= {"imap_security": Security.NONE, "imap_secret": servers.PASSWORD}
        return factories.mailbox(cast, address=address, **(told | changes))

    return make


def health(mailbox) -> MailboxHealth:
    return MailboxHealth.objects.get(mailbox=mailbox)


def ledger(mailbox) -> list[Message]:
    return list(Message.objects.filter(mailbox=mailbox).order_by("id"))


def test_what_the_folder_holds_comes_in_once_and_is_marked_as_read(fetched, dovecot, inbox):
    box = fetched()
    dovecot.deliver(inbox, mail(1))
    dovecot.deliver(inbox, mail(2))
    assert collecting.collect(box) is False
    assert [(row.uid, row.state) for row in ledger(box)] == [(1, "stored"), (2, "stored")]
    assert {row.uidvalidity for row in ledger(box)} == {dovecot.uidvalidity(inbox)}
    held = dovecot.held(inbox)
    assert [one.flags for one in held] == [{"\\Seen"}, {"\\Seen"}]
    assert [bytes(channels.raw_of(row)) for row in ledger(box)] == [one.raw for one in held]
    found = health(box)
    assert (found.seen_uid, found.error, found.failing_since) == (2, "", None)
    assert found.swept_at is not None
    assert found.ok_at is not None
    dovecot.deliver(inbox, mail(3))
    collecting.collect(box)
    collecting.collect(box)
    assert [row.uid for row in ledger(box)] == [1, 2, 3]
    assert health(box).last_message_at == ledger(box)[2].received_at


def test_read_mail_moves_and_its_folder_is_made(fetched, dovecot, inbox):
    box = fetched(after_reading=AfterReading.MOVE, done_folder=DONE)
    dovecot.deliver(inbox, mail(1))
    collecting.collect(box)
    assert dovecot.held(inbox) == []
    assert [one.raw for one in dovecot.held(inbox, DONE)] == [channels.raw_of(ledger(box)[0])]


def test_mail_is_left_as_it_is_when_nothing_is_wanted(fetched, dovecot, inbox):
    box = fetched(after_reading=AfterReading.NOTHING)
    dovecot.deliver(inbox, mail(1))
    collecting.collect(box)
    assert [one.flags for one in dovecot.held(inbox)] == [frozenset()]
    assert len(ledger(box)) == 1


class Stop(BaseException):
    """The process was killed here."""


@pytest.mark.parametrize("after", [AfterReading.SEEN, AfterReading.MOVE])
@pytest.mark.parametrize(
    ("point", "stored"), [("intake.before_store", 0), ("intake.before_flag", 1), ("intake.after_flag", 1)]
)
def test_killed_anywhere_the_next_round_heals_it(fetched, dovecot, inbox, monkeypatch, after, point, stored):
    box = fetched(after_reading=after, done_folder=DONE)
    collecting.collect(box)
    dovecot.deliver(inbox, mail(1))

    def die(passed: str) -> None:
        if passed == point:
            raise Stop

    with monkeypatch.context() as patch:
        patch.setattr(collecting.crashes, "point", die)
        with pytest.raises(Stop):
            collecting.collect(box)
    assert len(ledger(box)) == stored
    touched = dovecot.held(inbox) == [] or bool(dovecot.held(inbox)[0].flags)
    assert touched is (point == "intake.after_flag")  # nothing was touched before it was safe
    collecting.collect(box)
    assert len(ledger(box)) == 1
    if after is AfterReading.MOVE:
        assert dovecot.held(inbox) == []
        assert len(dovecot.held(inbox, DONE)) == 1
    else:
        assert [one.flags for one in dovecot.held(inbox)] == [{"\\Seen"}]


def test_new_numbers_are_recognised_by_their_bytes(fetched, dovecot, inbox):
    box = fetched()
    dovecot.deliver(inbox, mail(1))
    dovecot.deliver(inbox, mail(2))
    collecting.collect(box)
    first, second = ledger(box)
    dovecot.change_uidvalidity(inbox)
    dovecot.deliver(inbox, mail(3))
    collecting.collect(box)
    rows = ledger(box)[2:]
    assert [(row.uid, row.state, row.duplicate_of) for row in rows] == [
        (1, MessageState.DUPLICATE, first),
        (2, MessageState.DUPLICATE, second),
        (3, MessageState.STORED, None),
    ]
    collecting.collect(box)
    assert len(ledger(box)) == 5
    dovecot.change_uidvalidity(inbox)
    collecting.collect(box)
    assert [row.duplicate_of for row in ledger(box)[5:]] == [first, second, rows[2]]  # the original, not a copy of it


def test_another_folder_with_the_same_numbers_is_another_folder(fetched, dovecot, inbox):
    box = fetched()
    dovecot.deliver(inbox, mail(1))
    collecting.collect(box)
    dovecot.create(inbox, "Autre")
    uidlist = dovecot.maildir(inbox, "Autre") / "dovecot-uidlist"
    with dovecot.client(inbox, "Autre") as client:
        client.append("Autre", "", "", mail(9))
    text = uidlist.read_text()
    uidlist.write_text(text.replace(f"V{dovecot.uidvalidity(inbox, 'Autre')}", f"V{dovecot.uidvalidity(inbox)}"))
    for index in dovecot.maildir(inbox, "Autre").glob("dovecot.index*"):
        index.unlink()
    numbers = dovecot.uidvalidity(inbox)
    assert dovecot.uidvalidity(inbox, "Autre") == numbers
    box.imap_folder = "Autre"
    collecting.collect(box)
    assert [(row.uid, row.state) for row in ledger(box)] == [(1, "stored"), (1, "stored")]
    assert [row.uidvalidity for row in ledger(box)] == [numbers, numbers + 2**32]


def test_old_mail_of_a_new_mailbox_is_history(fetched, dovecot, inbox):
    box = fetched()
    with dovecot.client(inbox) as client:
        for number, days in enumerate((31, 29)):
            moment = clock.now() - timedelta(days=days)
            client.append("INBOX", "", moment, mail(number))
    collecting.collect(box)
    assert [row.acknowledge for row in ledger(box)] == [False, True]


def test_nothing_was_heard_later_than_now(fetched, dovecot, inbox):
    """A date in the future would keep the alarm of a silent mailbox from ever ringing."""
    box = fetched()
    with dovecot.client(inbox) as client:
        client.append("INBOX", "", clock.now() + timedelta(days=30), mail(1))
    collecting.collect(box)
    heard = health(box).last_message_at
    assert heard is not None
    assert heard <= clock.now()


def test_a_message_expunged_between_listing_and_fetching_holds_nobody_up(fetched, dovecot, inbox, monkeypatch):
    box = fetched()
    for number in (1, 2, 3):
        dovecot.deliver(inbox, mail(number))
    fetch = collecting.Session.fetch

    def too_late(session, wanted):
        monkeypatch.undo()
        dovecot.expunge(inbox, 2)
        return fetch(session, wanted)

    monkeypatch.setattr(collecting.Session, "fetch", too_late)
    collecting.collect(box)
    assert [row.uid for row in ledger(box)] == [1, 3]
    assert (health(box).seen_uid, health(box).error) == (3, "")


def test_a_batch_that_fails_midway_leaves_the_rest_for_the_next_round(fetched, dovecot, inbox, monkeypatch):
    box = fetched()
    for number in range(1, 8):
        dovecot.deliver(inbox, mail(number))
    monkeypatch.setattr(collecting, "BATCH", 3)
    accept, rounds = receiving.accept, []

    def fails(**told):
        rounds.append([mail.uid for mail in told["mails"]])
        if len(rounds) == 2:
            raise RuntimeError("the disk is full")
        return accept(**told)

    with monkeypatch.context() as patch:
        patch.setattr(receiving, "accept", fails)
        with pytest.raises(RuntimeError):
            collecting.collect(box)
    assert [row.uid for row in ledger(box)] == [1, 2, 3]
    assert health(box).error == MailboxError.OURS
    assert [bool(one.flags) for one in dovecot.held(inbox)] == [True] * 3 + [False] * 4
    collecting.collect(box)
    assert [row.uid for row in ledger(box)] == list(range(1, 8))
    assert health(box).error == ""


def test_a_server_that_is_gone_is_told_then_found_again(cast, fetched, inbox):
    with servers.open_dovecot() as own:
        box = fetched(imap_host=own.host, imap_port=own.port)
        own.deliver(inbox, mail(1))
        collecting.collect(box)
        own.stop()
        collecting.collect(box)
        first = health(box)
        assert (first.error, first.failing_since is None) == (MailboxError.CONNECTION, False)
        collecting.collect(box)
        assert health(box).failing_since == first.failing_since
        own.start()
        own.deliver(inbox, mail(2))
        collecting.collect(box)
    assert (health(box).error, health(box).failing_since) == ("", None)
    assert [row.uid for row in ledger(box)] == [1, 2]


def test_two_mailboxes_each_keep_their_copy(fetched, dovecot, inbox):
    other = f"autre-{inbox}"
    boxes = [fetched(), fetched(other)]
    for address in (inbox, other):
        dovecot.deliver(address, mail(1))
    for box in boxes:
        collecting.collect(box)
    assert [len(ledger(box)) for box in boxes] == [1, 1]


def test_a_probe_tells_what_is_there_and_touches_nothing(fetched, dovecot, inbox):
    box = fetched()
    dovecot.deliver(inbox, b"Authentication-Results: mx.maison.example;\r\n dkim=pass\r\n" + mail(1))
    dovecot.deliver(inbox, b"Authentication-Results: (c) proxy.example 1; dkim=pass\r\n" + mail(2))
    dovecot.deliver(inbox, mail(3))
    dovecot.create(inbox, DONE)
    found = collecting.probe(box)
    assert (found.messages, found.folders) == (3, ("INBOX", DONE))
    assert (found.can_idle, found.can_move) == (True, True)
    assert found.authserv_ids == ("proxy.example", "mx.maison.example")
    assert found.latest_at is not None
    assert [one.flags for one in dovecot.held(inbox)] == [frozenset()] * 3
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"imap_secret": "wrong"}, MailboxError.LOGIN),
        ({"imap_folder": "Absent"}, MailboxError.FOLDER),
        ({"imap_port": 1}, MailboxError.CONNECTION),
        ({"imap_host": "nulle.part.invalid", "imap_security": Security.TLS}, MailboxError.HOST),
    ],
)
def test_a_probe_says_what_to_do(fetched, changes, kind):
    with pytest.raises(MailboxFailed) as raised:
        collecting.probe(fetched(**changes))
    assert raised.value.kind is kind
    assert servers.PASSWORD not in raised.value.said
