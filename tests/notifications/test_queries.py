"""What a file shows of its mails, and what waits for a person."""

import pytest

from doleance.channels.actions import mailboxes
from doleance.channels.actions import messages as channels
from doleance.channels.actions.mailboxes import MailboxSettings
from doleance.channels.actions.messages import Incoming
from doleance.channels.rules import Source
from doleance.notifications import queries
from doleance.notifications.actions import carrying, deciding, writing
from doleance.notifications.rules import NoticeState, Purpose
from tests import factories
from tests.cast import MORNING, TESTS
from tests.house.source import product
from tests.notifications.conftest import after

pytestmark = pytest.mark.usefixtures("mailbox", "folder")
S = NoticeState
TO = "helene.durand@courriel.example"


@pytest.fixture
def complaint(cast, calendars):
    return factories.complaint(cast)


def send(complaint, by, at=MORNING, purpose=Purpose.REPLY, delay_s=15):
    return writing.send(
        complaint=complaint, purpose=purpose, to=TO, subject="x", text="Bonjour", by=by, at=at, delay_s=delay_s
    )


def fail(notice, at=MORNING):
    carrying.claim(notice_id=notice.id, by=TESTS, at=notice.not_before)
    carrying.mark_failed(notice_id=notice.id, attempt=1, error="550 no", permanent=True, by=TESTS, at=at)


def test_a_file_counts_down_before_a_mail_leaves(complaint, cast):
    send(complaint, cast.amelie.actor())
    (row,) = queries.outbox(complaint, at=after(seconds=3))
    assert row.words.format(**row.facts) == "part dans 12\u00a0s"
    assert (row.state, row.seconds_left, row.author) == (S.QUEUED, 12, "Amélie Rousseau")
    assert (row.may_retain, row.may_decide, row.may_send_again) == (True, False, False)
    assert row.reference == complaint.reference


def test_what_has_not_left_is_counted_by_state_and_what_left_is_not(complaint, cast, worker):
    agent = cast.amelie.actor()
    assert queries.tallies() == {S.QUEUED: 0, S.FAILED: 0, S.UNCERTAIN: 0, S.NO_CHANNEL: 0}
    worker.carry(send(complaint, agent))
    fail(send(complaint, agent, at=after(minutes=5)))
    for minutes in (7, 9):
        send(complaint, agent, at=after(minutes=minutes))
    assert queries.tallies() == {S.QUEUED: 2, S.FAILED: 1, S.UNCERTAIN: 0, S.NO_CHANNEL: 0}


def test_a_file_shows_its_mails_in_the_order_of_the_conversation(complaint, cast, worker):
    agent = cast.amelie.actor()
    first = worker.carry(send(complaint, agent))
    second = send(complaint, agent, at=after(minutes=5))
    fail(second, at=after(minutes=6))
    third = send(complaint, agent, at=after(minutes=7))
    rows = queries.outbox(complaint, at=after(minutes=7))
    assert [(row.id, row.state) for row in rows] == [
        (first.id, S.SENT),
        (second.id, S.FAILED),
        (third.id, S.QUEUED),
    ]
    assert rows[1].last_error == "550 no"
    assert [row.may_send_again for row in rows] == [False, True, False]


def test_what_waits_for_a_person_is_shown_to_who_may_read_the_file(complaint, cast):
    notice = send(complaint, cast.amelie.actor())
    fail(notice)
    assert queries.stuck(complaint) == 1
    elsewhere = factories.complaint(cast, team=cast.logistics)
    fail(send(elsewhere, cast.chloe.actor()))
    at = after(hours=1)

    def seen(person):
        piles = queries.for_people(person.actor(), at=at, limit=100)
        assert queries.count_for_people(person.actor(), at=at) == sum(pile.total for pile in piles.values())
        return [row.reference for pile in piles.values() for row in pile.rows]

    assert seen(cast.amelie) == seen(cast.bruno) == [complaint.reference]
    assert seen(cast.chloe) == [elsewhere.reference]
    assert set(seen(cast.ines)) == {complaint.reference, elsewhere.reference}
    assert seen(cast.nadia) == seen(cast.karim) == []
    assert queries.find(notice.id, cast.amelie.actor()) == notice
    assert queries.find(notice.id, cast.chloe.actor()) is None
    assert queries.find(notice.id, cast.nadia.actor()) is None


def test_what_is_queued_or_gone_waits_for_nobody(complaint, cast, worker):
    agent = cast.amelie.actor()
    worker.carry(send(complaint, agent))
    deciding.retain(notice=send(complaint, agent, at=after(minutes=1)), by=agent, at=after(minutes=1))
    send(complaint, agent, at=after(minutes=2))
    assert queries.for_people(agent, at=after(days=1), limit=9) == {}
    assert queries.leaving(complaint) == 1
    assert queries.stuck(complaint) == 0


@pytest.mark.parametrize(
    ("end", "leaving"),
    [
        ("queued", True),
        ("sending", True),
        ("uncertain", True),
        ("failed", False),
        ("retained", False),
        ("sent", False),
    ],
)
def test_a_final_answer_under_way_stops_a_second_one(complaint, cast, worker, end, leaving):
    agent = cast.amelie.actor()
    notice = send(complaint, agent, purpose=Purpose.FINAL)
    if end not in {"queued", "retained", "sent"}:
        carrying.claim(notice_id=notice.id, by=TESTS, at=notice.not_before)
    if end == "uncertain":
        carrying.mark_uncertain(notice_id=notice.id, attempt=1, error="", by=TESTS, at=after(minutes=1))
    elif end == "failed":
        carrying.mark_failed(notice_id=notice.id, attempt=1, error="", permanent=True, by=TESTS, at=after(minutes=1))
    elif end == "retained":
        deciding.retain(notice=notice, by=agent, at=after(seconds=1))
    elif end == "sent":
        worker.carry(notice)
    assert queries.final_leaving(complaint) is leaving


def test_a_reply_is_no_final_answer(complaint, cast):
    send(complaint, cast.amelie.actor())
    assert not queries.final_leaving(complaint)


def test_the_mailbox_a_file_came_in_by_writes_for_it(cast, calendars, mailbox):
    team_box = factory_mailbox(cast, "logistique@maison.example", team=cast.logistics)
    assert queries.mailbox_for(factories.complaint(cast)) == mailbox
    assert queries.mailbox_for(factories.complaint(cast, team=cast.logistics)) == team_box
    raw = b"From: helene.durand@courriel.example\r\n\r\nBonjour"
    item = Incoming(raw=raw, source=Source.IMPORT, entity=cast.entity, team=cast.team, mailbox=team_box)
    [stored] = channels.store(items=[item], by=TESTS, at=MORNING)
    assert queries.mailbox_for(factories.complaint(cast, message=stored.message)) == team_box


def factory_mailbox(cast, address, **changes):
    wanted = MailboxSettings(address=address, **changes)
    return mailboxes.add_mailbox(entity=cast.entity, wanted=wanted, by=TESTS, at=MORNING)


def test_every_event_of_the_outbox_has_its_sentence():
    codes = set(queries.journal_codes())
    texts = [one.text for one in product() if one.path.startswith("doleance/notifications/actions/")]
    used = {code for code in codes if any(f'"{code}"' in text for text in texts)}
    assert used == codes
