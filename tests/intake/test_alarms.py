"""A mailbox that stopped: every administrator is told once, by a way that works; and once when it is back."""

import re
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from doleance.accounts import actions as accounts
from doleance.accounts.rules import Role
from doleance.audit.models import AuditEvent
from doleance.channels import queries as channels
from doleance.channels.actions import fetching, mailboxes
from doleance.channels.actions.mailboxes import settings_of
from doleance.channels.mailboxes import News, Trouble
from doleance.channels.models import MailboxHealth
from doleance.channels.rules import MailboxError, Security
from doleance.intake import alarms, tasks
from doleance.intake.actions import alarms as watching
from doleance.kernel import languages
from doleance.kernel.db import write
from doleance.kernel.errors import ChannelError
from tests import factories
from tests.cast import MORNING, TESTS, colleague
from tests.channels.posts import CUT, open_post, scripted

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
FETCHED = {"imap_host": "imap.maison.example", "imap_user": "maison", "imap_secret": "secret"}


@write(quiet="a test makes what a fetcher would have noted")
def note(box, **known):
    MailboxHealth.objects.update_or_create(mailbox=box, defaults={"checked_at": MORNING} | known)


@pytest.fixture
def stopped(cast):
    """A mailbox that has been failing for an hour."""
    box = factories.mailbox(cast, **FETCHED)
    note(box, failing_since=MORNING - HOUR, error="login", said="NO nope")
    return box


@pytest.fixture
def at_nine(monkeypatch):
    """The clock of jobs."""

    def set_now(moment):
        monkeypatch.setattr("doleance.kernel.clock.now", lambda: moment)

    set_now(MORNING)
    return set_now


def watch(box, at=MORNING):
    fresh = channels.mailbox_by_id(box.pk)
    assert fresh is not None
    return watching.watch(mailbox=fresh, by=TESTS, at=at)


def jobs():
    return list(ProcrastinateJob.objects.filter(task_name=watching.TELL).order_by("id"))


def test_each_administrator_gets_one_job_an_outage(cast, stopped):
    second = colleague("Noé Martin", {Role.ADMINISTRATOR, Role.AGENT}, [cast.team])
    gone = colleague("Parti Ailleurs", {Role.ADMINISTRATOR})
    accounts.change_user(
        user=gone, name=gone.name, roles={Role.ADMINISTRATOR}, teams=[], is_active=False, is_away=False,
        by=TESTS, at=MORNING,
    )  # fmt: skip
    assert watch(stopped) is News.STOPPED
    assert {job.args["user_id"] for job in jobs()} == {str(cast.nadia.pk), str(second.pk)}
    assert {job.args["error"] for job in jobs()} == {"login"}
    assert watch(stopped, at=MORNING + HOUR) is None
    assert len(jobs()) == 2
    event = AuditEvent.objects.filter(stream="settings").order_by("seq").last()
    assert event is not None
    assert event.code == "mailbox_stopped"
    assert "maison.example" not in str(event.facts)


def test_the_periodic_job_tells_and_logs_no_address(cast, stopped, at_nine, settings, tmp_path, caplog, capsys):
    settings.DOLEANCE_SINK, settings.DOLEANCE_MAIL_SINK = True, tmp_path
    tasks.watch_mailboxes(timestamp=0)
    [job] = jobs()
    tasks.tell_of_mailbox(**job.args)
    [written] = tmp_path.glob("*.eml")
    mail = message_from_bytes(written.read_bytes(), policy=policy.default)
    assert mail["To"] == cast.nadia.email
    assert "ne reçoit plus" in mail["Subject"]
    text = mail.get_body(("plain",)).get_content()
    assert "Identifiant ou mot de passe refusé" in text
    assert f"/reglages/courriel/{stopped.pk}/" in text
    logged = caplog.text + "".join(capsys.readouterr())
    assert "mailbox_stopped" in logged
    assert str(stopped.pk) in logged
    assert "maison.example" not in logged


def test_its_return_is_told_too(cast, stopped, at_nine, settings, tmp_path):
    settings.DOLEANCE_SINK, settings.DOLEANCE_MAIL_SINK = True, tmp_path
    tasks.watch_mailboxes(timestamp=0)
    later = MORNING + HOUR
    note(stopped, checked_at=later, ok_at=later, failing_since=None, error="")
    at_nine(later)
    tasks.watch_mailboxes(timestamp=0)
    tasks.watch_mailboxes(timestamp=0)
    _, back = jobs()
    tasks.tell_of_mailbox(**back.args)
    [written] = tmp_path.glob("*.eml")
    assert "reçoit de nouveau" in message_from_bytes(written.read_bytes(), policy=policy.default)["Subject"]


def test_whoever_left_meanwhile_is_told_nothing(cast, stopped, settings, tmp_path):
    settings.DOLEANCE_SINK, settings.DOLEANCE_MAIL_SINK = True, tmp_path
    second = colleague("Noé Martin", {Role.ADMINISTRATOR})
    watch(stopped)
    accounts.change_user(
        user=second, name=second.name, roles={Role.AGENT}, teams=[], is_active=False, is_away=False,
        by=TESTS, at=MORNING,
    )  # fmt: skip
    [theirs] = [job for job in jobs() if job.args["user_id"] == str(second.pk)]
    tasks.tell_of_mailbox(**theirs.args)
    assert not list(tmp_path.glob("*.eml"))


BULLETIN = alarms.Bulletin(news=News.STOPPED, at=MORNING, trouble=Trouble.FAILING, since=MORNING - HOUR, error="host")


@pytest.fixture
def wire(settings):
    """Mails really leave."""
    settings.DOLEANCE_SINK = False
    settings.EMAIL_HOST = ""
    return settings


def by(post):
    return {"smtp_host": post.server.host, "smtp_port": post.server.port, "smtp_security": Security.NONE}


def test_it_leaves_by_another_mailbox(cast, stopped, wire):
    with open_post() as post:
        factories.mailbox(cast, address="autre@maison.example", **by(post))
        alarms.tell(mailbox=stopped, person=cast.nadia, bulletin=BULLETIN)
    [taken] = post.taken
    assert (taken.mail_from, taken.rcpt_tos) == ("autre@maison.example", [cast.nadia.email])


def test_the_next_way_is_tried_when_one_fails(cast, stopped, wire):
    """One that refuses, one that cuts after the mail: the third takes it, under the same Message-ID."""
    with open_post() as dead:
        factories.mailbox(cast, address="a@maison.example", **by(dead))
    cutting = ["250 here", "250 sender", "250 recipient", "354 go", CUT]
    with scripted(cutting) as script, open_post() as post:
        cut = {"smtp_host": "127.0.0.1", "smtp_port": script.port, "smtp_security": Security.NONE}
        factories.mailbox(cast, address="b@maison.example", **cut)
        factories.mailbox(cast, address="c@maison.example", **by(post))
        alarms.tell(mailbox=stopped, person=cast.nadia, bulletin=BULLETIN)
    assert [taken.mail_from for taken in post.taken] == ["c@maison.example"]
    assert isinstance(post.taken[0].content, bytes)
    found = re.findall(rb"Message-ID: *(<[^>]+>)", script.heard[-1] + post.taken[0].content)
    assert len(found) == 2
    assert len(set(found)) == 1


def test_the_likeliest_way_comes_first(cast, stopped, wire):
    """Sound mailboxes, the installation, those that fail too, and its own server at the end."""
    own = mailboxes.change_mailbox(
        mailbox=stopped, wanted=replace(settings_of(stopped), smtp_host="own.example"), by=TESTS, at=MORNING
    )
    failing = factories.mailbox(cast, address="a@maison.example", smtp_host="a.example", **FETCHED)
    note(failing, failing_since=MORNING)
    sound = factories.mailbox(cast, address="b@maison.example", smtp_host="b.example")
    factories.mailbox(cast, address="c@maison.example", smtp_host="c.example", is_active=False)
    factories.mailbox(cast, address="d@maison.example")
    assert alarms.ways(own) == [sound, failing, own]
    wire.EMAIL_HOST, wire.DOLEANCE_MAIL_FROM = "smtp.maison.example", "doleance@maison.example"
    assert alarms.ways(own) == [sound, None, failing, own]


def test_without_any_way_the_job_fails_and_comes_back(cast, stopped, wire):
    with pytest.raises(ChannelError):
        alarms.tell(mailbox=stopped, person=cast.nadia, bulletin=BULLETIN)


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("trouble", list(Trouble))
def test_every_trouble_is_a_sentence(trouble, language):
    said = alarms.sentence(
        trouble, "a@maison.example", when="depuis hier", error="login", say=languages.tongue(language)
    )
    assert "a@maison.example" in said
    assert said.endswith(".")


def test_an_unknown_error_is_left_out():
    said = alarms.sentence(Trouble.FAILING, "a@b.example", when="depuis hier", error="?", say=languages.tongue("fr"))
    assert said == "La boîte a@b.example ne reçoit plus depuis hier."


def test_what_nobody_checks_while_the_worker_lives_is_told_once(cast, monkeypatch):
    monkeypatch.setattr(alarms, "_UNCHECKED", {})
    box = factories.mailbox(cast, **FETCHED)
    note(box, checked_at=MORNING - HOUR)
    five = timedelta(minutes=5)
    assert watch(box) is None  # it may have been off until now
    assert watch(box, at=MORNING + HOUR) is None  # and have slept meanwhile
    assert watch(box, at=MORNING + HOUR + five) is News.STOPPED
    assert watch(box, at=MORNING + HOUR + 2 * five) is None
    assert {job.args["trouble"] for job in jobs()} == {Trouble.UNCHECKED}
    note(box, checked_at=MORNING + 2 * HOUR)
    assert watch(box, at=MORNING + 2 * HOUR) is News.BACK


@pytest.mark.parametrize("error", ["withheld", "done_folder"])
def test_a_mailbox_that_receives_with_a_flaw_is_never_told_as_stopped(cast, error):
    box = factories.mailbox(cast, **FETCHED)
    note(box, failing_since=MORNING - HOUR, error=error, said="UID 2")
    assert watch(box) is None
    told = alarms.told(channels.watched()[0], at=MORNING, say=languages.reader())
    assert "reçoit, mais un point est à régler" in told
    assert "ne reçoit plus" not in told
    fetching.fail(mailbox=box, error=MailboxError.CONNECTION, said="", at=MORNING)
    assert MailboxHealth.objects.get(mailbox=box).failing_since == MORNING  # an outage that begins now
    note(box, failing_since=MORNING, error="connection", checked_at=MORNING + HOUR)
    assert watch(box, at=MORNING + HOUR) is News.STOPPED
    note(box, failing_since=MORNING, error=error, checked_at=MORNING + HOUR)
    assert watch(box, at=MORNING + HOUR) is News.BACK
