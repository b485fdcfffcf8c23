"""Fetching from a server that lies: nothing lost, nothing doubled, nothing cut; and two rounds at once."""

import threading
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connections
from procrastinate.contrib.django.models import ProcrastinateJob

from doleance.audit import queries as audit
from doleance.channels import queries as channels
from doleance.channels.actions import fetching, mailboxes
from doleance.channels.actions.mailboxes import settings_of
from doleance.channels.email import guard, imap, oauth
from doleance.channels.models import Mailbox, MailboxHealth, Message
from doleance.channels.rules import (
    AfterReading,
    ImapAuth,
    Limit,
    MailboxError,
    MailboxFailed,
    MessageState,
    Reason,
    Security,
)
from doleance.intake import tasks
from doleance.intake.actions import receiving
from doleance.intake.fetching import collecting
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

    liar.bodies += [all_but_two] * 40
    collecting.collect(box)
    assert raws(box).keys() == {1, 3, 4, 5}
    assert (health(box).seen_uid, health(box).error) == (5, MailboxError.WITHHELD)
    assert "UID 2" in health(box).said
    assert health(box).swept_at is not None
    liar.heard.clear()
    collecting.collect(box)
    asked = [line for line in liar.heard if line.startswith(("UID FETCH", "UID SEARCH"))]
    assert asked, "it is asked for again, by its name; nothing else is"
    assert {line.split()[2] for line in asked} == {"2", "6:*"}
    collecting._SUSPECTS.clear()  # another process, which knows nothing of it
    collecting.collect(box)
    assert health(box).error == MailboxError.WITHHELD
    liar.bodies.clear()
    collecting.collect(box)
    assert raws(box) == MAILS
    assert (health(box).seen_uid, health(box).error) == (5, "")


@pytest.mark.django_db
def test_a_large_folder_comes_in_over_several_rounds_each_going_on_where_the_last_was_cut(box, liar, monkeypatch):
    monkeypatch.setattr(imap, "PAGE", 4)
    monkeypatch.setattr(collecting, "BATCH", 2)
    monkeypatch.setattr(collecting, "ROUND_S", 0.0)  # one batch each
    monkeypatch.setattr(guard, "SPARE", 4_000)  # a listing of the whole folder would be too much
    liar.mails = {number: mail(number) for number in range(1, 41)}
    for expected in range(2, 40, 2):
        liar.heard.clear()
        assert collecting.collect(box) is True
        assert (health(box).seen_uid, health(box).error) == (expected, "")
        listed = [line.split()[2] for line in liar.heard if line.startswith("UID FETCH") and "FLAGS" in line]
        assert len(listed) == 1, "one page"
        assert listed[0].startswith(f"{expected - 1}:")
    monkeypatch.setattr(collecting, "ROUND_S", 60.0)
    assert collecting.collect(box) is False
    assert raws(box) == liar.mails
    assert health(box).swept_at is not None


@pytest.mark.django_db
def test_a_long_listing_leaves_time_for_one_batch(box, liar, monkeypatch):
    monkeypatch.setattr(imap, "PAGE", 2)
    monkeypatch.setattr(collecting, "ROUND_S", -1.0)
    liar.mails = {number: mail(number) for number in range(1, 8)}
    while collecting.collect(box):
        assert health(box).error == ""
    assert raws(box) == liar.mails


@pytest.mark.django_db
def test_a_full_folder_of_read_mails_keeps_nothing_out_and_costs_no_sweep(cast, liar, monkeypatch):
    box = mailbox(cast, liar, after_reading=AfterReading.MOVE, done_folder="Traites")
    liar.refused["UID MOVE"] = "NO [OVERQUOTA] full"
    collecting.collect(box)
    found = health(box)
    assert raws(box) == MAILS
    assert (found.error, found.seen_uid) == (MailboxError.DONE_FOLDER, 5)
    assert "OVERQUOTA" in found.said
    liar.heard.clear()
    assert collecting.collect(box) is False
    assert not [line for line in liar.heard if line.startswith(("UID SEARCH", "UID FETCH 1:"))]
    assert health(box).error == MailboxError.DONE_FOLDER
    liar.refused.clear()
    assert collecting.collect(box) is True, "one mail moved: the others follow at once"
    assert collecting.collect(box) is False
    assert (health(box).error, liar.mails) == ("", {})
    assert liar.moved == MAILS


@pytest.mark.django_db
def test_one_mail_that_breaks_each_connection_is_told_as_that_mail(box, liar):
    del liar.mails[1], liar.mails[2], liar.mails[4], liar.mails[5]
    liar.bodies += [lambda uids: liar.body(uids[0]).partition(b"bouill")[0] + CUT] * 9
    collecting.collect(box)
    assert health(box).error == MailboxError.CONNECTION
    collecting.collect(box)
    assert health(box).error == MailboxError.WITHHELD
    liar.mails[6] = mail(6)
    liar.bodies.insert(0, lambda uids: b"".join(liar.body(uid) for uid in uids))
    collecting.collect(box)
    assert raws(box) == {6: mail(6)}
    assert (health(box).error, health(box).seen_uid) == (MailboxError.WITHHELD, 6)


@pytest.mark.django_db
def test_a_number_given_to_another_mail_of_the_same_size_is_seen_among_sizes_that_are_always_wrong(box, liar, later):
    liar.bodies += [lambda uids: b"".join(liar.body(uid, size=9) for uid in uids)] * 9
    liar.lists.append(lambda uids: b"".join(liar.row(uid, size=9) for uid in uids))
    collecting.collect(box)
    assert raws(box) == MAILS
    liar.bodies.clear()
    liar.mails[5] = mail(5, "Ma théière est cassée!!")  # as long as the one before it
    assert len(liar.mails[5]) == len(MAILS[5])
    liar.moments[5] = "23-Nov-2026 09:00:00 +0000"
    liar.lists.append(lambda uids: b"".join(liar.row(uid, size=9 if uid < 5 else None) for uid in uids))
    later(minutes=61)
    while collecting.collect(box):
        pass
    assert liar.mails[5] in [channels.raw_of(row) for row in Message.objects.filter(mailbox=box).order_by("id")]


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
    assert health(box).error == MailboxError.WITHHELD
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
    while collecting.collect(box):
        pass
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


OAUTH = {"imap_auth": ImapAuth.XOAUTH2, "oauth_client_id": "client-1", "imap_secret": "1//first"}


@pytest.fixture
def provider(monkeypatch):
    """A provider that replaces the refresh token each time, and what it was shown."""
    shown = []

    def ask(application):
        shown.append(application.refresh_token)
        return oauth.Granted(f"ya29.{len(shown)}", 3600.0, f"1//next-{len(shown)}")

    monkeypatch.setattr(oauth, "ask", ask)
    monkeypatch.setattr(oauth, "tokens", oauth.Tokens())
    return shown


@pytest.fixture
def granted(cast, liar):
    return mailbox(cast, liar, oauth_token_url="https://jetons.maison.example/token", **OAUTH)


def renew(box) -> str:
    return fetching.renew_token(mailbox=box, by=TESTS, at=MORNING)


@pytest.mark.django_db
@pytest.mark.parametrize("same_process", [True, False])
def test_a_refresh_token_that_was_replaced_is_shown_no_more_whoever_still_holds_it(
    granted, provider, monkeypatch, same_process
):
    listener, button = Mailbox.objects.get(pk=granted.pk), Mailbox.objects.get(pk=granted.pk)
    assert renew(granted) == "ya29.1"
    for box in (listener, button):
        if same_process:
            oauth.tokens.forget(channels.application_of(box))
        else:
            monkeypatch.setattr(oauth, "tokens", oauth.Tokens())
        renew(box)
    assert provider == ["1//first", "1//next-1", "1//next-2"]
    assert channels.imap_secret(Mailbox.objects.get(pk=granted.pk)) == "1//next-3"


@pytest.mark.django_db
def test_a_successor_whose_commit_failed_is_kept_by_the_next_call(granted, provider, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(fetching.audit, "record", lambda **_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            renew(granted)
    box = Mailbox.objects.get(pk=granted.pk)
    assert channels.imap_secret(box) == "1//first"
    assert renew(box) == "ya29.1"
    assert channels.imap_secret(Mailbox.objects.get(pk=granted.pk)) == "1//next-1"
    assert provider == ["1//first"]


@pytest.mark.django_db
def test_a_token_settled_meanwhile_by_a_person_stays(granted, monkeypatch):
    def ask(_):
        wanted = replace(settings_of(granted), imap_secret="1//person")
        mailboxes.change_mailbox(mailbox=granted, wanted=wanted, by=TESTS, at=MORNING)
        return oauth.Granted("ya29.late", 3600.0, "1//late")

    monkeypatch.setattr(oauth, "ask", ask)
    monkeypatch.setattr(oauth, "tokens", oauth.Tokens())
    renew(granted)
    assert channels.imap_secret(Mailbox.objects.get(pk=granted.pk)) == "1//person"


@pytest.mark.django_db
def test_a_token_opens_no_other_door_than_the_one_that_is_set(granted, provider):
    old = Mailbox.objects.get(pk=granted.pk)
    wanted = replace(settings_of(granted), imap_host="localhost", imap_secret="1//other")
    mailboxes.change_mailbox(mailbox=granted, wanted=wanted, by=TESTS, at=MORNING)
    with pytest.raises(MailboxFailed):
        renew(old)
    assert provider == []


@pytest.mark.django_db(transaction=True)
def test_two_who_ask_at_once_show_each_refresh_token_once(provider, monkeypatch):
    told = {"imap_host": "127.0.0.1", "imap_user": "boite", "oauth_token_url": "https://jetons.maison.example/token"}
    box = factories.mailbox(assemble(), **(OAUTH | told))
    together = threading.Barrier(2)

    def ask_alone():
        mine = Mailbox.objects.get(pk=box.pk)
        together.wait(10)
        try:
            renew(mine)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=ask_alone) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert provider == ["1//first"]
    assert channels.imap_secret(Mailbox.objects.get(pk=box.pk)) == "1//next-1"


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
    fetching.sweep(mailbox=box, uidvalidity=7, swept=True, at=MORNING)
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
