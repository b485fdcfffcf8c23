"""Jobs of the outbox against a real mail server: what it takes, refuses, leaves unsaid; what a kill leaves behind."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError
from procrastinate.contrib.django import app

from doleance.audit import verify
from doleance.channels.actions import mailboxes
from doleance.channels.actions.mailboxes import MailboxSettings
from doleance.channels.email import outgoing, smtp, threads
from doleance.channels.models import Mailbox
from doleance.channels.rules import Security
from doleance.complaints.models import Exchange
from doleance.deadlines import actions as deadlines
from doleance.kernel.clock import now
from doleance.kernel.db import write
from doleance.notifications import queries, rules, tasks
from doleance.notifications.actions import carrying, writing
from doleance.notifications.models import Notice
from doleance.notifications.rules import NoticeState, Purpose
from tests import factories
from tests.cast import MORNING, TESTS, assemble
from tests.channels.posts import CUT, make_certificate, open_post, scripted
from tests.notifications.conftest import after, jobs

S = NoticeState
TO = "helene.durand@courriel.example"


@pytest.fixture
def post():
    with open_post() as found:
        yield found


@pytest.fixture
def relay(settings, post):
    """The installation's own server."""
    settings.DOLEANCE_SINK = False
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", post.server.port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    return post


@pytest.fixture
def notice(cast, calendars, mailbox):
    return queue(factories.complaint(cast), cast)


def queue(complaint, cast, at=MORNING, **changes):
    told: dict[str, Any] = {
        "purpose": Purpose.REPLY,
        "to": TO,
        "subject": "Votre réclamation",
        "text": "Bonjour Madame.",
    }
    told |= {"by": cast.amelie.actor(), "at": at, "delay_s": rules.UNDO_SECONDS}
    return writing.send(complaint=complaint, **(told | changes))


def test_a_mail_arrives_signed_from_the_mailbox(relay, worker, notice, settings):
    worker.carry(notice)
    assert notice.state == S.SENT
    assert notice.accepted_as == "250 2.0.0 OK: queued as 1"
    (taken,) = relay.taken
    assert taken.mail_from == "reclamations@maison.example"
    assert taken.rcpt_tos == [TO]
    assert threads.read_message_id(notice.message_id, settings.DOLEANCE_MAIL_KEY)
    assert f"Message-ID: {notice.message_id}".encode() in taken.content.replace(b"\r\n ", b" ")


def test_a_mailbox_has_its_own_server_and_password(
    cast, calendars, worker, settings, mailbox, post, tmp_path, monkeypatch
):
    certificate = make_certificate(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    settings.DOLEANCE_SINK, settings.EMAIL_HOST = False, "127.0.0.1"
    with open_post(Security.STARTTLS, certificate, login="outbox") as own:
        wanted = MailboxSettings(
            address=mailbox.address,
            smtp_host="localhost",
            smtp_port=own.server.port,
            smtp_user="outbox",
            smtp_security=Security.STARTTLS,
            smtp_password="right",
        )
        mailboxes.change_mailbox(mailbox=mailbox, wanted=wanted, by=TESTS, at=MORNING)
        notice = worker.carry(queue(factories.complaint(cast), cast))
    assert notice.state == S.SENT
    assert len(own.taken) == 1
    assert post.taken == []


def test_without_a_mailbox_the_installation_writes(cast, calendars, worker, relay, settings):
    settings.DOLEANCE_MAIL_FROM = "Maison Lavergne <bonjour@maison.example>"
    notice = worker.carry(queue(factories.complaint(cast), cast))
    assert notice.state == S.SENT
    assert relay.taken[0].mail_from == "bonjour@maison.example"


def test_a_recipient_refused_for_good(relay, worker, notice):
    relay.refuse[TO] = "550 5.1.1 no such user"
    worker.carry(notice)
    assert (notice.state, notice.last_error) == (S.FAILED, "recipient: 550 5.1.1 no such user")


def test_a_recipient_refused_for_now_is_tried_again(relay, worker, notice):
    relay.refuse[TO] = "450 4.2.1 greylisted"
    worker.carry(notice)
    assert notice.state == S.QUEUED
    assert notice.not_before == after(seconds=15, minutes=1)
    relay.refuse.clear()
    worker.carry(notice)
    assert (notice.state, notice.attempts, notice.last_error) == (S.SENT, 2, "")
    assert len(relay.taken) == 1


def test_a_server_that_is_away_is_waited_for(worker, notice, settings, relay):
    settings.EMAIL_PORT = 1  # nobody listens there
    worker.carry(notice)
    assert notice.state == S.QUEUED
    assert notice.last_error.startswith("connection:")


def test_accepted_then_reset_is_uncertain_and_never_sent_again(worker, notice, settings, relay):
    with scripted(["250 here", "250 ok", "250 ok", "354 go", CUT]) as script:
        settings.EMAIL_PORT = script.port
        worker.carry(notice)
    assert notice.state == S.UNCERTAIN
    settings.EMAIL_PORT = relay.server.port
    for minutes in (1, 60, 6000):
        worker.sweep(after(minutes=minutes))
        worker.work(after(minutes=minutes))
        worker.carry(notice, at=after(minutes=minutes))
    assert relay.taken == []


def test_a_mail_that_cannot_be_composed_is_parked(relay, worker, notice, monkeypatch):
    """Nothing left, so nothing is uncertain; a person sees it, and the job does not come back for ever."""
    monkeypatch.setattr(queries, "mail_of", lambda notice, **_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        worker.carry(notice)
    notice.refresh_from_db()
    assert (notice.state, notice.last_error) == (S.FAILED, "composition: ZeroDivisionError")


# The sweep


def test_a_lost_job_is_replaced(relay, worker, notice, superuser_jobs):
    superuser_jobs()
    assert jobs() == []
    worker.sweep(after(seconds=30))
    assert jobs() == []  # not late yet
    worker.sweep(after(minutes=2))
    (job,) = jobs(of=notice.id)
    worker.sweep(after(minutes=3))
    assert jobs() == [job]  # one is enough
    worker.work(after(minutes=3))
    assert len(relay.taken) == 1


@pytest.fixture
def superuser_jobs(db):
    """Lose every waiting job, as an operator's mistake or a restored queue would."""

    def lose():
        for job in jobs():
            app.job_manager.cancel_job_by_id(job.id, delete_job=True)

    return lose


def test_a_mail_behind_another_is_not_woken_each_minute(relay, cast, calendars, mailbox, worker, superuser_jobs):
    complaint = factories.complaint(cast)
    first, second = queue(complaint, cast), queue(complaint, cast, at=after(seconds=1))
    superuser_jobs()
    worker.sweep(after(minutes=5))
    assert [job.args["notice_id"] for job in jobs()] == [str(first.id)]
    worker.work(after(minutes=5))
    second.refresh_from_db()
    assert second.state == S.SENT
    assert len(relay.taken) == 2


def test_a_mail_lost_sight_of_is_handed_to_a_person(relay, worker, notice, cast):
    carrying.claim(notice_id=notice.id, by=TESTS, at=after(seconds=15))
    worker.sweep(after(minutes=9))
    notice.refresh_from_db()
    assert notice.state == S.SENDING
    worker.sweep(after(minutes=11))
    notice.refresh_from_db()
    assert notice.state == S.UNCERTAIN
    [row] = queries.for_people(cast.amelie.actor(), at=after(minutes=11), limit=9)[S.UNCERTAIN].rows
    assert (row.id, row.may_decide, row.may_retain) == (notice.id, True, False)


# The database goes away


def test_what_is_known_is_noted_when_the_database_is_back(relay, worker, notice, monkeypatch):
    mark_sent, calls, pauses = carrying.mark_sent, [], []

    def away_twice(**told):
        calls.append(told)
        if len(calls) < 3:
            raise OperationalError
        return mark_sent(**told)

    monkeypatch.setattr(carrying, "mark_sent", away_twice)
    monkeypatch.setattr(tasks, "_forget_connection", lambda: None)
    monkeypatch.setattr(tasks, "_wait", pauses.append)
    worker.carry(notice)
    assert notice.state == S.SENT
    assert len(relay.taken) == 1
    assert len(pauses) == 2


def test_the_database_is_waited_for_a_minute_at_most(relay, worker, notice, monkeypatch):
    pauses = []

    def away(**told):
        raise OperationalError

    monkeypatch.setattr(carrying, "mark_sent", away)
    monkeypatch.setattr(tasks, "_forget_connection", lambda: None)
    monkeypatch.setattr(tasks, "_wait", pauses.append)
    with pytest.raises(OperationalError):
        worker.carry(notice)
    assert 30 < sum(pauses) <= 60
    notice.refresh_from_db()
    assert notice.state == S.SENDING
    worker.sweep(after(minutes=11))
    notice.refresh_from_db()
    assert notice.state == S.UNCERTAIN


# A real worker, and real kills


@pytest.fixture
def house(transactional_db):
    """The cast, its calendars and its mailbox, committed."""
    cast = assemble()
    deadlines.seed_calendars(by=TESTS, at=MORNING)
    wanted = MailboxSettings(address="reclamations@maison.example", name="Maison Lavergne")
    mailboxes.add_mailbox(entity=cast.entity, wanted=wanted, by=TESTS, at=MORNING)
    return cast


def committed(cast):
    """A mail that is due now by the clock of this machine."""
    at = now()
    complaint = factories.complaint(cast, received_at=at)
    return queue(complaint, cast, at=at, delay_s=0)


def test_a_worker_carries_it_in_its_own_threads(house, relay):
    notices = [committed(house) for _ in range(5)]
    connector: Any = app.connector
    with app.replace_connector(connector.get_worker_connector()) as worker_app:
        worker_app.run_worker(wait=False, queues=["mail"], concurrency=4, install_signal_handlers=False)
    assert {notice.state for notice in Notice.objects.all()} == {S.SENT}
    assert len(relay.taken) == len(notices)
    assert verify.check().findings == []  # invariant I4: the journal folds to the rows


CHILD = """
import django, sys
django.setup()
from doleance.notifications import tasks
tasks.deliver(notice_id=sys.argv[1])
"""


def child(post, notice):
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "doleance.boot.settings",
        "DOLEANCE_SMTP_URL": f"smtp://127.0.0.1:{post.server.port}",
    }
    root = Path(__file__).resolve().parents[2]
    return subprocess.Popen([sys.executable, "-c", CHILD, str(notice.id)], env=environment, cwd=root)


@pytest.mark.parametrize(("step", "copies"), [("EHLO", 0), ("MAIL", 0), ("DATA", 1), ("QUIT", 1)])
def test_killed_between_sending_and_sent_it_is_never_sent_twice(house, post, relay, worker, step, copies):
    """kill -9 of a real worker, in the hands of the server: before the mail, after it, after its acceptance."""
    notice = committed(house)
    running = []
    post.on[step] = lambda: [one.kill() for one in running]
    running.append(child(post, notice))
    assert running[0].wait(60) == -9
    post.on.clear()

    assert len(post.taken) == copies
    notice.refresh_from_db()
    assert notice.state == S.SENDING
    again = now()
    worker.carry(notice, at=again)
    worker.sweep(again + rules.LEASE / 2)
    worker.work(again + rules.LEASE / 2)
    notice.refresh_from_db()
    assert notice.state == S.SENDING
    later = again + 2 * rules.LEASE
    worker.sweep(later)
    worker.work(later)
    worker.carry(notice, at=later)
    assert notice.state == S.UNCERTAIN
    assert len(post.taken) == copies
    assert not Exchange.objects.filter(complaint=notice.complaint_id, kind="outbound").exists()


def test_a_child_left_alone_sends_it(house, post):
    notice = committed(house)
    assert child(post, notice).wait(60) == 0
    notice.refresh_from_db()
    assert notice.state == S.SENT
    assert len(post.taken) == 1


@write(quiet="a key is lost behind our back")
def lose_the_key(mailbox: Mailbox) -> None:
    Mailbox.objects.filter(pk=mailbox.pk).update(smtp_secret=uuid4().bytes + b"sealed by a key that is gone")


def test_a_password_that_does_not_open_waits_and_says_so(cast, calendars, mailbox, worker, settings, post):
    """Its key is gone: nothing has left, so nobody is asked whether it did; the right one lets it leave."""
    settings.DOLEANCE_SINK = False
    wanted = MailboxSettings(
        address=mailbox.address,
        name=mailbox.name,
        smtp_host="127.0.0.1",
        smtp_port=post.server.port,
        smtp_security=Security.NONE,
    )
    mailboxes.change_mailbox(mailbox=mailbox, wanted=wanted, by=TESTS, at=MORNING)
    lose_the_key(mailbox)
    notice = queue(factories.complaint(cast), cast)
    worker.carry(notice)
    assert (notice.state, notice.attempts) == (S.QUEUED, 1)
    [row] = queries.for_people(cast.amelie.actor(), at=after(hours=2), limit=9)[S.NO_CHANNEL].rows
    assert row.words == rules.CAUSES[outgoing.UNREADABLE]
    mailboxes.change_mailbox(mailbox=mailbox, wanted=wanted, by=TESTS, at=MORNING)
    assert worker.carry(notice).state == S.SENT


def test_what_breaks_before_the_wire_is_no_doubt(relay, worker, notice, monkeypatch):
    def broken(*_: Any) -> None:
        raise ValueError("anything")

    monkeypatch.setattr(smtp, "_envelope", broken)
    assert worker.carry(notice).state == S.QUEUED
    monkeypatch.undo()
    monkeypatch.setattr(outgoing, "way_out", broken)
    worker.set_now(notice.not_before)
    assert worker.carry(notice).state == S.QUEUED
    assert notice.last_error == "way out: ValueError"
