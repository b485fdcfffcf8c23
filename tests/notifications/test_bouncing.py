"""A mail that came back: noted once, and no machine writes there again until a person mends the address."""

from datetime import timedelta

import pytest

from doleance.audit import queries as audit
from doleance.complainants import actions as complainants
from doleance.complainants import queries as complainant_queries
from doleance.kernel.ids import uuid7
from doleance.notifications.actions import bouncing, writing
from doleance.notifications.models import Notice
from doleance.notifications.rules import NoticeState
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
