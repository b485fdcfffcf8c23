"""Two at once: a claim and an undo, two workers, two acknowledgements for one address. No timing decides, locks do."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any

import pytest
from django.db import connection

from doleance.audit import verify
from doleance.channels.actions import mailboxes
from doleance.channels.actions.mailboxes import MailboxSettings
from doleance.complaints.actions import dossiers as complaint_actions
from doleance.complaints.models import Complaint, Exchange
from doleance.deadlines import actions as deadlines
from doleance.notifications import rules
from doleance.notifications.actions import carrying, deciding, flights, writing
from doleance.notifications.models import Notice
from doleance.notifications.rules import NoticeState, Purpose
from tests import factories
from tests.cast import MORNING, TESTS, Cast, assemble
from tests.notifications.conftest import after

S = NoticeState
TO = "helene.durand@courriel.example"
ROUNDS = 15


@pytest.fixture
def house(transactional_db, folder):
    cast = assemble()
    deadlines.seed_calendars(by=TESTS, at=MORNING)
    mailboxes.add_mailbox(
        entity=cast.entity, wanted=MailboxSettings(address="reclamations@maison.example"), by=TESTS, at=MORNING
    )
    return cast


def send(complaint, cast, **changes):
    told = {"purpose": Purpose.REPLY, "to": TO, "subject": "x", "text": "Bonjour"} | changes
    return writing.send(complaint=complaint, **told, by=cast.amelie.actor(), at=MORNING)


def at_once(*calls: Callable[[], object]) -> list[object]:
    """Call them all at the same moment, each on a connection of its own; a refusal is an answer too."""
    barrier = threading.Barrier(len(calls))

    def one(call: Callable[[], object]) -> object:
        try:
            connection.ensure_connection()
            barrier.wait(10)
            return call()
        except rules.TooLateToRetain as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(one, calls))


def claim(notice):
    return carrying.claim(notice_id=notice.id, by=flights.OUTBOX, at=after(hours=1))


def test_of_an_undo_and_a_worker_exactly_one_wins(house):
    agent, wins = house.amelie.actor(), set()
    complaint = factories.complaint(house)
    for _ in range(ROUNDS):
        notice = send(complaint, house)
        taken, back = at_once(
            partial(claim, notice), partial(deciding.retain, notice=notice, by=agent, at=after(hours=1))
        )
        notice.refresh_from_db()
        if isinstance(back, rules.TooLateToRetain):
            assert taken is not None
            assert notice.state == S.SENDING
            carrying.mark_failed(notice_id=notice.id, attempt=1, error="", permanent=True, by=TESTS, at=after(hours=1))
        else:
            assert taken is None
            assert notice.state == S.RETAINED
        wins.add(notice.state)
    assert wins <= {S.SENDING, S.RETAINED}


def test_an_undo_before_and_an_undo_after(house):
    """Both ends of the race, one after the other: the order alone decides."""
    agent, complaint = house.amelie.actor(), factories.complaint(house)
    first = send(complaint, house)
    deciding.retain(notice=first, by=agent, at=after(seconds=14))
    assert claim(first) is None
    second = send(complaint, house)
    assert claim(second) is not None
    with pytest.raises(rules.TooLateToRetain):
        deciding.retain(notice=second, by=agent, at=after(seconds=16))


def test_many_workers_one_mail(house):
    complaint = factories.complaint(house)
    for _ in range(5):
        notice = send(complaint, house)
        taken = at_once(*[partial(claim, notice)] * 6)
        assert sum(1 for one in taken if one is not None) == 1
        notice.refresh_from_db()
        assert notice.attempts == 1
        carrying.mark_failed(notice_id=notice.id, attempt=1, error="", permanent=True, by=TESTS, at=after(hours=1))


def test_many_workers_one_conversation(house):
    """Each worker holds another mail of the file: only the first one may leave."""
    complaint = factories.complaint(house)
    notices = [send(complaint, house, text=f"{number}") for number in range(5)]
    taken = at_once(*[partial(claim, notice) for notice in notices])
    assert [one is not None for one in taken] == [True, False, False, False, False]


def test_many_workers_one_address(house):
    """Acknowledgements of six files claimed at the same moment: one mail leaves, and takes the others along."""
    notices = [writing.acknowledge(complaint=factories.complaint(house), by=TESTS, at=MORNING) for _ in range(6)]
    taken = at_once(*[partial(claim, notice) for notice in notices])
    (head,) = [one for one in taken if one is not None]
    assert isinstance(head, Notice)
    rows = Notice.objects.all()
    assert {row.state for row in rows} == {S.SENDING}
    assert {row.carrier_id for row in rows if row.pk != head.pk} == {head.pk}
    carrying.mark_sent(notice_id=head.id, attempt=1, mail=b"\r\n", accepted_as="", by=TESTS, at=after(hours=1))
    assert verify.check().findings == []


def test_news_told_by_two_at_once_count_once(house):
    complaint = factories.complaint(house)
    notice = send(complaint, house)
    claim(notice)

    def tell():
        return carrying.mark_sent(
            notice_id=notice.id, attempt=1, mail=b"\r\n", accepted_as="", by=TESTS, at=after(hours=1)
        )

    told = at_once(tell, tell, tell)
    assert sum(1 for one in told if one is not None) == 1
    assert complaint.exchanges.filter(kind="outbound").count() == 1


@dataclass
class Somebody:
    """One of a crowd: sends, takes, ends, takes back, notes, as its dice say."""

    house: Cast
    files: list[Complaint]
    dice: Random

    def act(self, times: int) -> None:
        for _ in range(times):
            self.dice.choice([self.send, self.note, self.retain, self.carry, self.carry])()

    def waiting(self) -> list[Notice]:
        return list(Notice.objects.filter(state=S.QUEUED).order_by("id"))[:1]

    def send(self) -> None:
        send(self.dice.choice(self.files), self.house)

    def note(self) -> None:
        agent, complaint = self.house.amelie.actor(), self.dice.choice(self.files)
        complaint_actions.note(complaint=complaint, text="note", by=agent, at=after(hours=1))

    def retain(self) -> None:
        for notice in self.waiting():
            with suppress(rules.TooLateToRetain):
                deciding.retain(notice=notice, by=self.house.amelie.actor(), at=after(hours=1))

    def carry(self) -> None:
        for notice in self.waiting():
            taken = claim(notice)
            if taken is not None:
                self.end(taken)

    def end(self, notice: Notice) -> None:
        told: dict[str, Any] = {"notice_id": notice.id, "attempt": notice.attempts, "by": TESTS, "at": after(hours=2)}
        self.dice.choice(
            [
                partial(carrying.mark_uncertain, **told, error=""),
                partial(carrying.mark_failed, **told, error="", permanent=True),
                partial(carrying.mark_sent, **told, mail=b"\r\n", accepted_as=""),
            ]
        )()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_crowd_on_two_files_neither_blocks_nor_doubles(house, seed):
    """Sends, claims, ends, undos, notes on the same files from four sides: no deadlock, and the journal folds."""
    files = [factories.complaint(house) for _ in range(2)]
    for complaint in files:
        writing.acknowledge(complaint=complaint, by=TESTS, at=MORNING)
    crowd = [Somebody(house, files, Random(f"{seed} {number}")) for number in range(4)]
    at_once(*[partial(one.act, 12) for one in crowd])
    sent = Notice.objects.filter(state=S.SENT)
    assert Exchange.objects.filter(kind="outbound").count() == sent.count()
    assert verify.check().findings == []
