"""The worker: what an action defers there belongs to the action's transaction, and mailboxes are listened to."""

import os
import signal
import subprocess

import pytest
from django.db import transaction
from procrastinate.contrib.django import app, connector_params
from procrastinate.contrib.django.models import ProcrastinateJob

from doleance.boot import children
from doleance.boot.worker import Connector
from doleance.channels.models import MailboxHealth, Message
from doleance.channels.rules import MessageState, Security
from doleance.deadlines import actions as deadlines
from tests import factories
from tests.boot.conftest import wait_for
from tests.cast import MORNING, TESTS, assemble
from tests.servers import dovecot as servers

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_job_deferred_by_a_job_is_undone_with_it():
    class Undone(Exception):
        pass

    def defer(*, fails: bool) -> None:
        with transaction.atomic():
            app.configure_task("boot.tidy", queue="nobody").defer(timestamp=0)
            if fails:
                raise Undone

    with app.replace_connector(Connector(kwargs=connector_params())):
        with pytest.raises(Undone):
            defer(fails=True)
        assert not ProcrastinateJob.objects.filter(queue_name="nobody").exists()
        defer(fails=False)
    assert ProcrastinateJob.objects.filter(queue_name="nobody").count() == 1


@pytest.fixture
def worker():
    """A real worker on this run's database."""
    told = os.environ | {"DOLEANCE_PROCESS": "work"}
    process = subprocess.Popen(
        children.command("jobs"), env=told, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    yield process
    if process.poll() is None:
        process.kill()
    process.wait(30)


@pytest.mark.needs(*servers.PACKAGES)
def test_a_mail_becomes_a_file_as_soon_as_its_server_tells_of_it(dovecot, inbox, request):
    told = {"imap_host": dovecot.host, "imap_port": dovecot.port, "imap_user": inbox}
    cast = assemble()
    deadlines.seed_calendars(by=TESTS, at=MORNING)
    box = factories.mailbox(cast, address=inbox, imap_security=Security.NONE, imap_secret=servers.PASSWORD, **told)
    process = request.getfixturevalue("worker")
    wait_for(lambda: MailboxHealth.objects.filter(mailbox=box, ok_at__isnull=False).exists(), 60)
    dovecot.deliver(inbox, b"From: helene.durand@courriel.example\r\nSubject: Colis perdu\r\n\r\nBonjour\r\n")
    wait_for(lambda: Message.objects.filter(mailbox=box, state=MessageState.LINKED).exists(), 50)
    assert [one.flags for one in dovecot.held(inbox)] == [{"\\Seen"}]
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
