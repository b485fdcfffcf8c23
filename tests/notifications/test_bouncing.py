"""A mail that came back: noted once, and no machine writes there again until a person mends the address."""

from datetime import timedelta

import pytest

from doleance.audit import queries as audit
from doleance.complainants import actions as complainants
from doleance.complainants import queries as complainant_queries
from doleance.complainants.rules import AddressInvalid
from doleance.intake.actions import mending
from doleance.kernel.db import write
from doleance.kernel.ids import uuid7
from doleance.notifications import queries, rules
from doleance.notifications.actions import bouncing, carrying, deciding, waking, writing
from doleance.notifications.models import Notice
from doleance.notifications.rules import NoticeState, Purpose
from doleance.resolution import actions as resolution
from tests import factories
from tests.cast import MORNING, TESTS
from tests.notifications.conftest import mails

pytestmark = pytest.mark.usefixtures("mailbox", "folder", "calendars")
HOUR = timedelta(hours=1)
TO = "helene.durand@courriel.example"


def codes(complaint):
    return [event.code for event in audit.history(complaint.journal_stream)]


def acknowledge(complaint, at=MORNING):
    notice = writing.acknowledge(complaint=complaint, by=TESTS, at=at)
    assert notice is not None
    return notice


def refuse(at=MORNING):
    known = complainant_queries.by_email(TO)
    assert known is not None
    assert known is not None
    complainants.mark_invalid(address=known, because="5.1.1", by=TESTS, at=at)
    return known


def bounce(notice, at=MORNING + HOUR):
    return bouncing.note_bounce(notice_id=notice.id, status="5.1.1", words="no such user", by=TESTS, at=at)


def test_a_mail_that_left_comes_back_once(cast, worker):
    notice = worker.carry(acknowledge(factories.complaint(cast)))
    assert notice.state == NoticeState.SENT
    told = bounce(notice)
    assert told is not None
    assert (told.bounced_at, told.bounce, told.state) == (MORNING + HOUR, "5.1.1 no such user", NoticeState.SENT)
    assert bounce(notice, MORNING + 2 * HOUR) is None
    assert codes(notice.complaint).count("notice_bounced") == 1


def test_what_left_inside_it_comes_back_with_it(cast, worker):
    first = worker.carry(acknowledge(factories.complaint(cast)))
    waiting = [acknowledge(factories.complaint(cast)) for _ in range(2)]
    worker.work(at=MORNING + 2 * HOUR)
    carrier = Notice.objects.get(pk__in=[one.id for one in waiting], carrier__isnull=True)
    bounce(carrier, MORNING + 3 * HOUR)
    assert Notice.objects.filter(bounced_at=MORNING + 3 * HOUR).count() == 2
    first.refresh_from_db()
    assert first.bounced_at is None


def test_what_never_left_does_not_come_back(cast):
    assert bounce(acknowledge(factories.complaint(cast))) is None
    assert bouncing.note_bounce(notice_id=uuid7(), status="", words="", by=TESTS, at=MORNING) is None


def test_no_machine_writes_to_an_address_that_refused_meanwhile(cast, worker, folder):
    complaint = factories.complaint(cast)
    notice = acknowledge(complaint)
    refuse()
    assert worker.carry(notice).state == NoticeState.RETAINED
    assert mails(folder) == []
    assert codes(complaint)[-1] == "acknowledgement_unreachable"
    assert writing.acknowledge(complaint=complaint, by=TESTS, at=MORNING) is None


def test_once_the_address_is_trusted_again_it_is_written_to(cast, worker, folder):
    known = refuse()
    complaint = factories.complaint(cast)
    assert writing.acknowledge(complaint=complaint, by=TESTS, at=MORNING) is None
    complainants.trust_address(address=known, by=cast.amelie.actor(), at=MORNING)
    assert worker.carry(acknowledge(complaint)).state == NoticeState.SENT
    assert len(mails(folder)) == 1


# A refusal on the wire


@pytest.mark.parametrize(
    ("error", "is_dead"),
    [
        ("recipient: 550 5.1.1 no such user", True),
        ("recipient: 551 user not local", True),
        ("recipient: 554 5.2.1 mailbox disabled", True),
        ("recipient: 550 5.7.1 blocked by policy", False),
        ("recipient: 552 5.2.2 mailbox full", False),
        ("recipient: 450 4.2.1 try later", False),
        ("sender: 550 5.1.8 bad sender", False),
        ("mail: 554 5.7.1 spam", False),
    ],
)
def test_only_a_refusal_of_the_recipient_says_that_nobody_is_there(error, is_dead):
    assert rules.refuses_recipient(error) is is_dead


def written(complaint, cast, **changes):
    told = {"purpose": Purpose.REPLY, "to": TO, "subject": "Objet", "text": "Texte", "by": cast.amelie.actor()}
    return writing.send(complaint=complaint, **(told | {"at": MORNING} | changes))


def failed(notice, error="recipient: 550 5.1.1 no such user", *, permanent=True):
    taken = carrying.claim(notice_id=notice.id, by=TESTS, at=notice.not_before)
    assert taken is not None
    told = {"attempt": taken.attempts, "error": error, "permanent": permanent}
    carrying.mark_failed(notice_id=notice.id, **told, by=TESTS, at=notice.not_before)
    notice.refresh_from_db()
    return notice


def test_what_is_ordered_again_goes_where_the_address_was_corrected_to(cast, worker, folder):
    complaint, amelie = factories.complaint(cast), cast.amelie.actor()
    notice = failed(written(complaint, cast))
    assert complainant_queries.is_invalid(TO)
    with pytest.raises(AddressInvalid):
        deciding.send_again(notice=notice, by=amelie, at=MORNING + HOUR)
    known = complainant_queries.by_email(TO)
    assert known is not None
    complainants.correct_address(address=known, value="h.durand@courriel.example", by=amelie, at=MORNING + HOUR)
    deciding.send_again(notice=notice, by=amelie, at=MORNING + 2 * HOUR)
    assert worker.carry(notice).state == NoticeState.SENT
    assert (notice.to_address, notice.to_normal) == ("h.durand@courriel.example",) * 2
    assert mails(folder)[0]["To"] == "h.durand@courriel.example"


# A person mends the address


@pytest.mark.parametrize("end", ["withheld", "bounced", "refused"])
def test_what_was_acknowledged_to_nobody_is_acknowledged_once_the_address_is_mended(cast, worker, folder, end):
    complaint, amelie = factories.complaint(cast), cast.amelie.actor()
    notice = acknowledge(complaint)
    if end == "refused":
        failed(notice)
    elif end == "bounced":
        bounce(worker.carry(notice))
        refuse(MORNING + HOUR)
    else:
        refuse()
        assert worker.carry(notice).state == NoticeState.RETAINED
    known = complainant_queries.by_email(TO)
    assert known is not None
    before = len(mails(folder))
    mending.correct_address(address=known, value="h.durand@courriel.example", by=amelie, at=MORNING + 2 * HOUR)
    worker.work(MORNING + 3 * HOUR)
    assert [mail["To"] for mail in mails(folder)[before:]] == ["h.durand@courriel.example"]
    mending.trust_address(address=known, by=amelie, at=MORNING + 4 * HOUR)
    worker.work(MORNING + 9 * HOUR)
    assert len(mails(folder)) == before + 1


# Order, ends and races


def test_a_mail_behind_a_failing_one_says_that_it_waits_and_one_to_somebody_else_does_not(cast, worker):
    complaint = factories.complaint(cast)
    failed(written(complaint, cast), "connection: refused", permanent=False)
    behind = written(complaint, cast, at=MORNING + timedelta(minutes=1))
    other = written(complaint, cast, at=MORNING + timedelta(minutes=1), to="autre@courriel.example")
    words = {row.id: row.words for row in queries.outbox(complaint, at=MORNING + HOUR)}
    assert (words[behind.id], words[other.id]) == ("attend un envoi précédent", "part maintenant")
    assert worker.carry(other).state == NoticeState.SENT
    assert worker.carry(behind).state == NoticeState.QUEUED


def test_a_withdrawn_file_is_acknowledged_no_more(cast, worker, folder):
    complaint, amelie = factories.complaint(cast), cast.amelie.actor()
    notice = acknowledge(complaint)
    resolution.withdraw(complaint=complaint, reason="Au téléphone.", by=amelie, at=MORNING)
    assert worker.carry(notice).state == NoticeState.RETAINED
    assert mails(folder) == []
    assert codes(complaint)[-1] == "acknowledgement_needless"


def test_two_people_at_once_the_second_is_told_so(cast):
    shown, carrier = [acknowledge(factories.complaint(cast)) for _ in range(2)]
    stale = Notice.objects.get(pk=shown.pk)  # what a page showed before it entered the other one
    entered(shown, carrier)
    for act in (deciding.send_again, deciding.retain):
        with pytest.raises(rules.NothingToDecide):
            act(notice=stale, by=cast.amelie.actor(), at=MORNING)
    told = {"decision": rules.Decision.LEFT, "by": cast.amelie.actor(), "at": MORNING}
    with pytest.raises(rules.NothingToDecide):
        deciding.decide_uncertain(notice=stale, **told)


@write(quiet="a test lets one mail enter another as a claim does")
def entered(rider, head, *, by=None, at=None):
    rider.carrier = head
    rider.save(update_fields=["carrier"])


def test_one_refusal_keeps_no_other_blocked_mail(cast, worker, folder, settings):
    """Two mails found no server; the address of the first went dead since."""
    settings.DOLEANCE_SINK, settings.EMAIL_HOST = False, ""
    first, second = [factories.complaint(cast) for _ in range(2)]
    blocked = [worker.carry(written(first, cast)), worker.carry(written(second, cast, to="autre@courriel.example"))]
    assert {notice.state for notice in blocked} == {NoticeState.NO_CHANNEL}
    settings.DOLEANCE_SINK = True
    refuse()
    ids = [notice.id for notice in blocked]
    assert waking.wake_some(notices=ids, by=cast.amelie.actor(), at=MORNING + HOUR) == 1
    assert [Notice.objects.get(pk=one).state for one in ids] == [NoticeState.NO_CHANNEL, NoticeState.QUEUED]
