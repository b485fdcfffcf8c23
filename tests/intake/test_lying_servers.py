"""Fetching from a server that lies: nothing lost, nothing doubled, nothing cut; and two rounds at once."""

import threading
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connections
from procrastinate.contrib.django.models import ProcrastinateJob

from doleance.audit import queries as audit
from doleance.channels import queries as channels
from doleance.channels.actions import fetching
from doleance.channels.email import guard, oauth
from doleance.channels.models import Mailbox, MailboxHealth, Message
from doleance.channels.rules import (
    AfterReading,
    ImapAuth,
    Limit,
    MailboxError,
    MessageState,
    Reason,
    Security,
)
from doleance.intake import collecting, tasks
from doleance.intake.actions import receiving
from doleance.kernel import clock
from tests import factories
from tests.cast import MORNING, TESTS, assemble
from tests.channels.posts import make_certificate
from tests.servers import dovecot as servers
from tests.servers.liar import CUT, open_liar
from tests.servers.tokens import open_tokens


def mail(number: int, text: str = "Ma bouilloire est cassée.") -> bytes:
    head = f"From: helene.durand@courriel.example\r\nMessage-ID: <{number}@courriel.example>\r\nSubject: N {number}"
    return f"{head}\r\n\r\n{text}\r\n".encode()


MAILS = {number: mail(number) for number in range(1, 6)}


@pytest.fixture
def liar():
    with open_liar(MAILS) as found:
        yield found


@pytest.fixture
def box(cast, liar):
    return mailbox(cast, liar)


def mailbox(cast, liar, **changes) -> Mailbox:
    told = {"imap_host": "127.0.0.1", "imap_port": liar.port, "imap_user": "boite"}
    told |= {"imap_security": Security.NONE, "imap_secret": "secret"}
    return factories.mailbox(cast, **(told | changes))


@pytest.fixture
def later(monkeypatch):
    """Let time pass."""

    def pass_on(**some: float) -> None:
        before = clock.now
        monkeypatch.setattr(clock, "now", lambda: before() + timedelta(**some))

    return pass_on


def health(box) -> MailboxHealth:
    return MailboxHealth.objects.get(mailbox=box)


def raws(box) -> dict[int | None, bytes]:
    rows = Message.objects.filter(mailbox=box).order_by("id")
    return {row.uid: channels.raw_of(row) for row in rows}


@pytest.mark.django_db
def test_what_was_hidden_is_found_within_the_hour(box, liar, later):
    hidden = [lambda uids: b"".join(liar.row(uid) for uid in uids if uid != 2)]
    liar.lists += hidden * 1
    liar.searches.append(lambda _: b"* SEARCH 1 3 4 5\r\n")
    liar.counted = 4
    collecting.collect(box)
    assert raws(box).keys() == {1, 3, 4, 5}
    assert health(box).seen_uid == 5
    liar.counted = None
    collecting.collect(box)
    assert raws(box).keys() == {1, 3, 4, 5}  # only what is above the mark was asked for
    later(minutes=61)
    collecting.collect(box)
    assert raws(box) == MAILS
    assert liar.flags[2] == {"\\Seen"}


@pytest.mark.django_db
def test_a_folder_that_counts_more_than_it_lists_is_looked_at_again(box, liar):
    liar.lists.append(lambda uids: b"".join(liar.row(uid) for uid in uids if uid != 2))
    liar.searches.append(lambda _: b"* SEARCH 1 3 4 5\r\n")
    collecting.collect(box)
    assert health(box).swept_at is None
    collecting.collect(box)
    assert raws(box) == MAILS
    assert health(box).swept_at is not None


@pytest.mark.django_db
def test_what_is_listed_and_never_given_holds_nobody_up_and_is_told(box, liar):
    def all_but_two(uids):
        return b"".join(liar.body(uid) for uid in uids if uid != 2)

    liar.bodies += [all_but_two] * 12
    collecting.collect(box)
    assert raws(box).keys() == {1, 3, 4, 5}
    assert (health(box).seen_uid, health(box).error) == (1, MailboxError.PROTOCOL)
    assert "UID 2" in health(box).said
    liar.bodies.clear()
    collecting.collect(box)
    assert raws(box) == MAILS
    assert (health(box).seen_uid, health(box).error) == (5, "")


@pytest.mark.django_db
def test_a_connection_cut_midway_is_made_again_and_nothing_is_cut_short(box, liar, monkeypatch):
    monkeypatch.setattr(collecting, "BATCH", 2)
    liar.bodies.append(lambda uids: b"".join(liar.body(uid) for uid in uids))
    liar.bodies.append(lambda uids: liar.body(uids[0]).partition(b"bouill")[0] + CUT)
    collecting.collect(box)
    assert raws(box) == MAILS
    assert health(box).error == ""


@pytest.mark.django_db
def test_a_mail_that_breaks_each_connection_is_left_for_the_end(box, liar):
    def breaks(uids):
        return (
            b"".join(CUT if uid == 2 else liar.body(uid) for uid in uids) if 2 not in uids else liar.body(2)[:90] + CUT
        )

    liar.bodies += [breaks] * 40
    for _ in range(3):
        collecting.collect(box)
    assert raws(box).keys() == {1, 3, 4, 5}
    assert health(box).error == MailboxError.CONNECTION
    liar.bodies.clear()
    collecting.collect(box)
    assert raws(box) == MAILS


@pytest.mark.django_db
def test_numbers_that_name_other_mails_are_seen_through(box, liar, later):
    collecting.collect(box)
    liar.mails[3] = mail(33, "Une tout autre réclamation, plus longue que celle d’avant.")
    later(hours=2)
    assert collecting.collect(box) is True
    assert collecting.collect(box) is False
    rows = list(Message.objects.filter(mailbox=box).order_by("id"))[5:]
    assert [(row.uid, row.state) for row in rows] == [
        (uid, MessageState.STORED if uid == 3 else MessageState.DUPLICATE) for uid in range(1, 6)
    ]


@pytest.mark.django_db
def test_sizes_that_are_always_wrong_change_nothing(box, liar, later):
    lie = [lambda uids: b"".join(liar.row(uid, size=7) for uid in uids)]
    liar.lists += lie * 99
    collecting.collect(box)
    later(hours=2)
    collecting.collect(box)
    assert raws(box) == MAILS
    assert health(box).epoch == 0


@pytest.mark.django_db
def test_a_move_that_is_refused_is_told_and_stops_nothing(cast, liar):
    box = mailbox(cast, liar, after_reading=AfterReading.MOVE, done_folder="Fait")
    liar.refused["UID MOVE"] = "NO over quota"
    collecting.collect(box)
    assert raws(box) == MAILS
    assert (health(box).error, health(box).said) == (MailboxError.DONE_FOLDER, "over quota")
    liar.refused.clear()
    collecting.collect(box)
    assert (liar.mails, liar.moved) == ({}, MAILS)
    assert health(box).error == ""


@pytest.mark.django_db
def test_a_mail_too_large_is_told_and_stays_where_it_is(cast, liar, monkeypatch):
    box = mailbox(cast, liar, after_reading=AfterReading.MOVE, done_folder="Fait")
    liar.mails[3] = mail(3, "x" * 5_000)
    monkeypatch.setattr(collecting, "SIZE_LIMIT", 4_000)
    collecting.collect(box)
    [row] = Message.objects.filter(mailbox=box, uid=3)
    assert (row.state, row.reason, row.limit) == (MessageState.QUARANTINED, Reason.OVER_LIMIT, Limit.SIZE)
    assert (row.subject, row.from_address) == ("N 3", "helene.durand@courriel.example")
    assert liar.mails.keys() == {3}
    collecting.collect(box)
    assert Message.objects.filter(mailbox=box).count() == 5
    assert health(box).error == ""


@pytest.mark.django_db
def test_a_server_that_stalls_is_left_after_its_time(box, liar, monkeypatch):
    monkeypatch.setattr(guard, "STEP_S", 0.3)
    liar.bodies.append(lambda uids: b"<hang>")
    collecting.collect(box)
    assert health(box).error == MailboxError.SLOW
    collecting.collect(box)
    assert raws(box) == MAILS


@pytest.mark.django_db
def test_a_token_opens_the_mailbox_and_its_successor_is_kept_sealed(cast, tmp_path, monkeypatch):
    certificate = make_certificate(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setattr(oauth, "tokens", oauth.Tokens())
    first = (200, {"access_token": "ya29.old", "expires_in": 3600, "refresh_token": "1//second"})
    second = (200, {"access_token": "ya29.new", "expires_in": 3600})
    with open_liar(MAILS, token="ya29.old") as liar, open_tokens(certificate, first, second) as server:
        told = {"imap_auth": ImapAuth.XOAUTH2, "oauth_token_url": server.url, "oauth_client_id": "client-1"}
        box = mailbox(cast, liar, imap_secret="1//first", **told)
        collecting.collect(box)
        assert raws(box) == MAILS
        kept = Mailbox.objects.get(pk=box.pk)
        assert channels.imap_secret(kept) == "1//second"
        assert b"1//second" not in bytes(kept.imap_secret or b"")
        assert "mailbox_token_renewed" in [event.code for event in audit.history("settings")]
        liar.token = "ya29.new"  # the one that is kept was revoked: another is asked for, once
        collecting.collect(kept)
        assert health(box).error == ""
        assert [one["refresh_token"] for one in server.asked] == ["1//first", "1//second"]
        liar.token = "ya29.other"
        collecting.collect(kept)
        assert health(box).error == MailboxError.TOKEN


@pytest.mark.django_db
def test_a_token_settled_meanwhile_by_a_person_stays(box):
    old = Mailbox.objects.get(pk=box.pk)
    fetching.keep_refresh_token(mailbox=box, token="1//person", by=TESTS, at=MORNING)
    fetching.keep_refresh_token(mailbox=old, token="1//late", by=TESTS, at=MORNING)
    assert channels.imap_secret(Mailbox.objects.get(pk=box.pk)) == "1//person"


@pytest.mark.django_db
def test_marks_of_an_epoch_that_is_over_change_nothing(box):
    fetching.begin(mailbox=box, place="here", at=MORNING)
    fetching.number(mailbox=box, epoch=0, uidvalidity=7)
    fetching.advance(mailbox=box, uidvalidity=7, seen_uid=9, last_message_at=MORNING)
    fetching.advance(mailbox=box, uidvalidity=7, seen_uid=4, last_message_at=MORNING - timedelta(days=1))
    assert (health(box).seen_uid, health(box).last_message_at) == (9, MORNING)
    fetching.number(mailbox=box, epoch=0, uidvalidity=None)
    fetching.number(mailbox=box, epoch=0, uidvalidity=8)  # a round that began before
    fetching.advance(mailbox=box, uidvalidity=7, seen_uid=50, last_message_at=None)
    fetching.succeed(mailbox=box, uidvalidity=7, swept=True, at=MORNING)
    found = health(box)
    assert (found.epoch, found.uidvalidity, found.seen_uid, found.swept_at) == (1, None, 0, None)
    marks = fetching.begin(mailbox=box, place="elsewhere", at=MORNING)
    assert (marks.epoch, marks.began_at) == (2, MORNING)


@pytest.mark.django_db(transaction=True)
@pytest.mark.needs(*servers.PACKAGES)
def test_two_rounds_at_once_store_nothing_twice(dovecot, inbox, monkeypatch):
    told = {"imap_host": dovecot.host, "imap_port": dovecot.port, "imap_user": inbox, "imap_security": Security.NONE}
    box = factories.mailbox(assemble(), address=inbox, imap_secret=servers.PASSWORD, **told)
    for number in range(1, 31):
        dovecot.deliver(inbox, mail(number))
    monkeypatch.setattr(collecting, "BATCH", 7)
    together = threading.Barrier(2)
    accept, failures = receiving.accept, []

    def at_once(**batch):
        together.wait(30)
        return accept(**batch)

    monkeypatch.setattr(receiving, "accept", at_once)

    def work() -> None:
        try:
            collecting.collect(Mailbox.objects.select_related("entity", "team").get(pk=box.pk))
        except Exception as error:  # noqa: BLE001  told below
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert list(Message.objects.order_by("uid").values_list("uid", flat=True)) == list(range(1, 31))
    jobs = ProcrastinateJob.objects.filter(task_name=receiving.READ_MESSAGES).order_by("id")
    ordered = [one for job in jobs for one in job.args["message_ids"]]
    assert sorted(ordered) == sorted(str(row.id) for row in Message.objects.order_by("id"))
    assert health(box).seen_uid == 30
    assert all(one.flags == {"\\Seen"} for one in dovecot.held(inbox))


def attempt(count: int) -> Any:
    """What the worker tells a job that failed so many times."""
    return SimpleNamespace(job=SimpleNamespace(attempts=count))


@pytest.mark.django_db
@pytest.mark.usefixtures("calendars")
def test_what_arrived_together_is_read_together_once(box):
    collecting.collect(box)
    [job] = ProcrastinateJob.objects.filter(task_name=receiving.READ_MESSAGES).order_by("id")
    for _ in range(2):
        tasks.read_messages.func(attempt(0), **job.args)
    assert [row.state for row in Message.objects.order_by("id")] == [MessageState.LINKED] * 5
    assert Message.objects.filter(exchange__rule="opened").count() == 5


@pytest.mark.django_db
def test_a_batch_that_cannot_be_read_becomes_single_jobs(box):
    collecting.collect(box)
    [job] = ProcrastinateJob.objects.filter(task_name=receiving.READ_MESSAGES).order_by("id")
    tasks.read_messages.func(attempt(3), **job.args)
    single = ProcrastinateJob.objects.filter(task_name=receiving.READ_MESSAGE).order_by("id")
    assert [one.args["message_id"] for one in single] == job.args["message_ids"]
