"""Listening by IDLE to a real Dovecot: news is told at once, and nothing holds the worker up."""

import queue
from dataclasses import replace

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from doleance.channels.actions import mailboxes
from doleance.channels.rules import Security
from doleance.intake import tasks
from doleance.intake.fetching import listening
from doleance.intake.fetching.listening import Ears
from tests import factories
from tests.cast import MORNING, TESTS, assemble
from tests.servers import dovecot as servers

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.needs(*servers.PACKAGES)]
MAIL = b"From: helene.durand@courriel.example\r\nSubject: Colis\r\n\r\nBonjour\r\n"
SOON = 30.0  # what a loaded machine may need; nothing waits that long


@pytest.fixture
def people():
    return assemble()


@pytest.fixture
def fetched(people, dovecot):
    def make(address: str, server: servers.Dovecot = dovecot):
        told = {"imap_host": server.host, "imap_port": server.port, "imap_user": address}
        told |= {"imap_security": Security.NONE, "imap_secret": servers.PASSWORD}
        return factories.mailbox(people, address=address, **told)

    return make


@pytest.fixture
def ears(monkeypatch):
    """Ears that look at the settings often, and what they told."""
    monkeypatch.setattr(listening, "REFRESH_S", 0.05)
    monkeypatch.setattr(listening, "FIRST_S", 0.05)
    told: queue.Queue = queue.Queue()
    found = Ears(order=told.put)
    found.told = told
    yield found
    found.stop()
    if found.is_alive():
        found.join(SOON)
    for ear in found.ears.values():
        ear.join(SOON)
        assert not ear.is_alive()
    assert not found.is_alive()


def test_news_is_told_at_once(fetched, dovecot, inbox, ears):
    box = fetched(inbox)
    ears.start()
    assert ears.told.get(timeout=SOON) == box.id  # mail may have come while nobody listened
    dovecot.deliver(inbox, MAIL)
    assert ears.told.get(timeout=SOON) == box.id
    dovecot.deliver(inbox, MAIL)
    assert ears.told.get(timeout=SOON) == box.id


def test_a_server_that_went_away_is_listened_to_again(fetched, inbox, ears):
    with servers.open_dovecot() as own:
        box = fetched(inbox, own)
        ears.start()
        assert ears.told.get(timeout=SOON) == box.id
        own.restart()
        assert ears.told.get(timeout=SOON) == box.id
        own.deliver(inbox, MAIL)
        assert ears.told.get(timeout=SOON) == box.id


def test_ears_follow_the_settings(fetched, inbox, ears):
    box, other = fetched(inbox), fetched(f"autre-{inbox}")
    ears.refresh()
    first = dict(ears.ears)
    assert set(first) == {box.id, other.id}
    changed = replace(mailboxes.settings_of(box), imap_folder="Autre")
    mailboxes.change_mailbox(mailbox=box, wanted=changed, by=TESTS, at=MORNING)
    aside = replace(mailboxes.settings_of(other), is_active=False)
    mailboxes.change_mailbox(mailbox=other, wanted=aside, by=TESTS, at=MORNING)
    ears.refresh()
    assert set(ears.ears) == {box.id}
    assert ears.ears[box.id] is not first[box.id]
    for old in first.values():
        old.join(SOON)
        assert not old.is_alive()


def test_more_mailboxes_than_ears_are_fetched_each_minute_all_the_same(fetched, inbox, ears, monkeypatch):
    monkeypatch.setattr(listening, "MOST", 1)
    first = fetched(inbox)
    fetched(f"autre-{inbox}")
    ears.refresh()
    assert set(ears.ears) == {first.id}


def test_what_is_ordered_twice_waits_once(fetched, inbox):
    box = fetched(inbox)
    tasks.order(box.id)
    tasks.order(box.id)
    tasks.collect_all(timestamp=0)
    [job] = ProcrastinateJob.objects.filter(task_name="intake.collect_mail").order_by("id")
    assert (job.lock, job.queueing_lock) == (f"collect-slot:{box.id.int % 2}", f"collect:{box.id}")
    assert job.args == {"mailbox_id": str(box.id)}
