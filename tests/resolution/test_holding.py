"""The holding reply: what it says, what its leaving moves, and when it is refused."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from doleance.audit import queries as audit
from doleance.complaints import rules as complaint_rules
from doleance.complaints.models import Complaint
from doleance.deadlines import actions as deadlines
from doleance.deadlines import queries as clocks
from doleance.deadlines.models import Clock
from doleance.deadlines.rules.clocks import CancelReason
from doleance.kernel.errors import NotAllowed, Stale
from doleance.notifications.actions import deciding
from doleance.notifications.actions.carrying import claim, mark_sent
from doleance.notifications.actions.flights import OUTBOX
from doleance.notifications.models import Notice
from doleance.notifications.rules import NoticeState, Purpose, Way
from doleance.packs.rules import ClockKind
from doleance.resolution import actions, queries, rules
from tests import factories
from tests.cast import TESTS, Cast
from tests.deadlines.places import paris

pytestmark = pytest.mark.django_db
RECEIVED = paris(2026, 11, 12, 8, 47)
LATER = paris(2026, 11, 25, 10)
REASONS = "La banque du bénéficiaire ne nous a pas encore répondu."
UNTIL = "Notre réponse vous parviendra au plus tard le mercredi 23 décembre 2026."


def opened(cast: Cast, *packs: str) -> Complaint:
    cast.entity.packs = list(packs)
    factories.mailbox(cast, smtp_host="smtp.example")
    file = factories.complaint(cast, received_at=RECEIVED)
    deadlines.start(complaint=file, by=TESTS, at=RECEIVED)
    return file


@pytest.fixture
def payment(cast: Cast, calendars: None) -> Complaint:
    """A complaint about a payment, of 12 November 2026."""
    return opened(cast, "FR-PSD2", "GENERAL")


def fresh(file: Complaint) -> Complaint:
    return Complaint.objects.select_related("entity", "party").get(pk=file.pk)


def put_off(file: Complaint, cast: Cast, at: datetime = LATER, **more: Any) -> Notice:
    told: dict[str, Any] = {
        "text": f" {REASONS} ",
        "seen": fresh(file).version,
        "once": uuid4(),
        "by": cast.amelie.actor(),
    }
    return actions.put_off(complaint=file, **(told | {"at": at} | more))


def leave(notice: Notice, at: datetime) -> None:
    claimed = claim(notice_id=notice.pk, by=OUTBOX, at=at)
    assert claimed is not None
    told: dict[str, Any] = {"mail": b"Subject: x\r\n\r\nx", "accepted_as": "ok", "by": OUTBOX, "at": at}
    mark_sent(notice_id=claimed.pk, attempt=claimed.attempts, **told)


def last_days(file: Complaint) -> dict[tuple[str, str], date]:
    kinds = [ClockKind.FINAL, ClockKind.EXTENDED, ClockKind.HOLDING]
    rows = Clock.objects.running().filter(complaint=file, kind__in=kinds)
    return {(clock.pack, clock.kind): clock.due_on for clock in rows.order_by("id")}


def test_it_says_its_reasons_and_the_day_and_moves_nothing_before_it_leaves(payment, cast):
    before = last_days(payment)
    notice = put_off(payment, cast)
    assert notice.purpose == Purpose.HOLDING
    assert notice.text.replace("\u00a0", " ") == f"{REASONS}\n\n{UNTIL}"
    assert last_days(payment) == before
    assert before[("FR-PSD2", "final")] == before[("FR-PSD2", "holding")] == date(2026, 11, 30)


def test_its_leaving_moves_the_last_day_that_its_pack_lets_move_and_no_other(payment, cast):
    leave(put_off(payment, cast), LATER + timedelta(seconds=20))
    assert last_days(payment) == {
        ("GENERAL", "final"): date(2027, 1, 12),
        ("FR-PSD2", "final_max"): date(2026, 12, 23),
    }
    moved = Clock.objects.get(complaint=payment, pack="FR-PSD2", kind=ClockKind.FINAL)
    assert moved.cancel_reason == CancelReason.EXTENDED
    assert [event.facts["code"] for event in audit.history(payment.journal_stream)].count("clocks_met") == 1


def test_the_day_it_promises_is_the_nearest_that_remains(cast, calendars):
    """Three months of the regulation on data are beyond the two that the house promises itself."""
    file = opened(cast, "EU-GDPR", "GENERAL")
    found = clocks.holding(file, LATER)
    assert found is not None
    assert (found.since, found.until) == (date(2026, 12, 12), date(2027, 1, 12))
    assert found.blocks == ("Les raisons de la prolongation",)


def test_one_that_was_taken_back_moves_nothing_and_gives_its_reasons_again(payment, cast):
    notice = put_off(payment, cast)
    deciding.retain(notice=notice, by=cast.amelie.actor(), at=LATER)
    assert ("FR-PSD2", "final") in last_days(payment)
    assert queries.written(fresh(payment), notice.text, purpose=Purpose.HOLDING, at=LATER) == REASONS
    assert put_off(payment, cast).pk != notice.pk


def test_a_letter_waits_to_be_posted(payment, cast):
    notice = put_off(payment, cast, way=Way.POST, postal="Hélène Durand\n3 rue Haute\n75002 Paris")
    assert (notice.state, notice.purpose) == (NoticeState.TO_PRINT, Purpose.HOLDING)
    assert ("FR-PSD2", "final") in last_days(payment)


def test_the_same_form_sent_twice_sends_one(payment, cast):
    once, seen = uuid4(), fresh(payment).version
    assert put_off(payment, cast, once=once, seen=seen) == put_off(payment, cast, once=once, seen=seen)


@pytest.mark.parametrize("text", ["", " \n "])
def test_without_reasons_it_is_refused(payment, cast, text):
    with pytest.raises(complaint_rules.EmptyText):
        put_off(payment, cast, text=text)
    assert not Notice.objects.exists()


def test_while_one_is_leaving_and_once_one_has_left_another_is_refused(payment, cast):
    notice = put_off(payment, cast)
    with pytest.raises(rules.HoldingLeaving):
        put_off(payment, cast)
    leave(notice, LATER + timedelta(seconds=20))
    with pytest.raises(rules.NothingToPutOff):
        put_off(payment, cast, at=LATER + timedelta(hours=1))


@pytest.mark.parametrize(
    "at", [paris(2026, 12, 1), paris(2026, 12, 1) - timedelta(seconds=10)], ids=["too late", "would leave too late"]
)
def test_out_of_time_it_is_refused(payment, cast, at):
    with pytest.raises(rules.NothingToPutOff):
        put_off(payment, cast, at=at)


@pytest.mark.parametrize("packs", [["GENERAL", "FR-CONSO"], ["FR-ACPR"]])
def test_where_no_pack_knows_a_later_limit_it_is_refused(cast, calendars, packs):
    with pytest.raises(rules.NothingToPutOff):
        put_off(opened(cast, *packs), cast)


def test_what_changed_meanwhile_and_who_may_not_write_are_refused(payment, cast):
    with pytest.raises(Stale):
        put_off(payment, cast, seen=fresh(payment).version - 1)
    for person in (cast.ines, cast.paul, cast.nadia):
        with pytest.raises(NotAllowed):
            put_off(payment, cast, by=person.actor())


def test_a_preview_is_what_leaves_and_refuses_what_sending_would(payment, cast):
    told: dict[str, Any] = {"complaint": fresh(payment), "text": REASONS, "purpose": Purpose.HOLDING}
    told |= {"seen": fresh(payment).version}
    assert queries.preview(**told, at=LATER).text == put_off(payment, cast).text
    with pytest.raises(rules.HoldingLeaving):
        queries.preview(**(told | {"seen": fresh(payment).version, "complaint": fresh(payment)}), at=LATER)
