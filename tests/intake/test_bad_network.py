"""A mailbox fetched through a proxy that cuts, drips and lies: nothing lost, nothing doubled (reliability.md §4)."""

import hashlib
import random
from collections import Counter

import pytest

from doleance.channels import queries as channels
from doleance.channels import rules
from doleance.channels.models import Message
from doleance.channels.rules import AfterReading, MessageState, Security
from doleance.intake.fetching import collecting
from tests import factories
from tests.servers import dovecot as servers
from tests.servers.proxy import Fault, Proxy

pytestmark = [pytest.mark.django_db, pytest.mark.needs(*servers.PACKAGES)]
DONE = "Traites"
MAILS, ROUNDS = 10, 30


def mail(number: int, chance: random.Random) -> bytes:
    head = (
        f"From: client-{number}@courriel.example\r\nMessage-ID: <mail-{number}@courriel.example>\r\nSubject: {number}"
    )
    # A body may say what only a server says: it is a literal, and must be read as one.
    lines = chance.choices(
        ["Bonjour", "* 1 FETCH (UID 7)", "A3 OK FETCH {12}", "", ")", "* BYE"], k=chance.randint(1, 60)
    )
    return "\r\n".join([head, "", *lines, ""]).encode()


def body(raw: bytes) -> str:
    return hashlib.sha256(raw.partition(b"\r\n\r\n")[2]).hexdigest()


def originals(mailbox) -> Counter[str]:
    """The mails of the ledger by their content, but those that are known to repeat another one byte for byte.

    Under a UIDVALIDITY that a server makes up every mail has a row of its own again; nobody reads it twice.
    """
    rows = Message.objects.filter(mailbox=mailbox).select_related("duplicate_of").order_by("id")
    for row in rows:
        assert row.state == MessageState.STORED or row.duplicate_of.sha256 == row.sha256
    read = [row for row in rows if row.duplicate_of is None]
    return Counter(body(bytes(channels.raw_of(row))) for row in read)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("after", [AfterReading.SEEN, AfterReading.MOVE])
def test_nothing_lost_nothing_doubled(cast, dovecot, inbox, seed, after, monkeypatch):
    chance, given = random.Random(seed), Counter()
    dovecot.create(inbox, DONE)
    with Proxy((dovecot.host, dovecot.port), seed=seed) as proxy:
        told = {"imap_host": dovecot.host, "imap_port": proxy.port, "imap_user": inbox, "after_reading": after}
        told |= {"imap_security": Security.NONE, "imap_secret": servers.PASSWORD}
        told |= {"done_folder": DONE} if after is AfterReading.MOVE else {}
        box = factories.mailbox(cast, address=inbox, **told)
        for turn in range(ROUNDS):
            if turn % (ROUNDS // MAILS) == 0 and given.total() < MAILS:
                raw = mail(turn, chance)
                dovecot.deliver(inbox, raw)
                given[body(raw)] += 1
            collecting.collect(box)
        assert proxy.done.total() >= ROUNDS // 4, "the proxy did its worst"
        proxy.behave()
        # The whole folder is compared with the ledger at times: that moment is now, whatever was lied before.
        monkeypatch.setattr(rules, "must_sweep", lambda **_: True)
        for _ in range(4):
            collecting.collect(box)
    assert originals(box) == given, dict(proxy.done)
    assert given.total() == MAILS
    left, done = dovecot.held(inbox), dovecot.held(inbox, DONE)
    if after is AfterReading.SEEN:
        assert [one.flags for one in left] == [{"\\Seen"}] * MAILS
        assert not done
    else:
        # Cut between its mark and its expunge, a mail stays marked: it was moved all the same, and nobody doubles it.
        assert all("\\Deleted" in one.flags for one in left)
        assert Counter(body(one.raw) for one in done) == given, "moved, each once"


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.NONE])
def test_each_fault_alone(cast, dovecot, inbox, fault, monkeypatch):
    given = Counter()
    with Proxy((dovecot.host, dovecot.port), seed=7, faults=(fault,), share=0.8) as proxy:
        told = {"imap_host": dovecot.host, "imap_port": proxy.port, "imap_user": inbox}
        box = factories.mailbox(cast, address=inbox, imap_security=Security.NONE, imap_secret=servers.PASSWORD, **told)
        for turn in range(12):
            if turn % 2 == 0:
                raw = mail(turn, random.Random(turn))
                dovecot.deliver(inbox, raw)
                given[body(raw)] += 1
            collecting.collect(box)
        assert proxy.done[fault], "the fault happened"
        proxy.behave()
        monkeypatch.setattr(rules, "must_sweep", lambda **_: True)
        for _ in range(3):
            collecting.collect(box)
    assert originals(box) == given
