"""Which packs a file follows, on PostgreSQL: its clocks, its journal, its next due moment."""

from datetime import date, timedelta

import pytest

from doleance.accounts import actions as accounts
from doleance.audit import verify
from doleance.audit.models import AuditEvent
from doleance.complaints.actions import dossiers as complaints
from doleance.complaints.models import Complaint
from doleance.complaints.rules import ClosedFile, ReasonMissing
from doleance.deadlines import actions, queries
from doleance.deadlines.models import Clock
from doleance.deadlines.rules.following import NoPackLeft, PackNotOffered, SamePacks
from doleance.kernel.errors import NotAllowed, Stale
from doleance.packs.rules import ClockKind
from doleance.resolution import actions as resolution
from tests import factories
from tests.cast import TESTS
from tests.deadlines.places import paris

ACK, PROGRESS, INTERNAL, FINAL, HOLDING, EXTENDED = ClockKind
RECEIVED, LATER = paris(2026, 11, 12, 8, 47), paris(2026, 11, 16, 10)
WHY = "Une bouilloire n’est pas une donnée personnelle."


@pytest.fixture
def kettle(cast, calendars) -> Complaint:
    """A broken kettle, in a house that ticked the packs of personal data and of payments too."""
    tick(cast, "FR-PSD2", "EU-GDPR", "GENERAL")
    complaint = factories.complaint(cast, received_at=RECEIVED)
    actions.start(complaint=complaint, by=TESTS, at=RECEIVED)
    return complaint


def tick(cast, *packs):
    """Choose what new files of the house follow."""
    accounts.choose_packs(entity=cast.entity, packs=packs, by=cast.nadia.actor(), at=RECEIVED)
    cast.entity.refresh_from_db()


def follow(cast, complaint, *packs, who="amelie", reason=WHY, at=LATER, seen=None):
    by = getattr(cast, who).actor()
    return actions.follow(complaint=complaint, packs=packs, reason=reason, seen=seen, by=by, at=at)


def open_of(complaint) -> set[tuple[str, str]]:
    return set(Clock.objects.running().filter(complaint=complaint).values_list("pack", "kind"))


def intact() -> bool:
    return verify.check().intact and not list(queries.drifts())


def test_a_kettle_is_put_out_of_the_data_law(cast, kettle):
    follow(cast, kettle, "GENERAL")
    kept = Complaint.objects.get(pk=kettle.pk)
    assert kept.regimes == ["GENERAL"]
    assert {pack for pack, _ in open_of(kettle)} == {"GENERAL"}
    gone = Clock.objects.filter(complaint=kettle, cancel_reason="rules")
    assert {(clock.pack, clock.cancelled_at) for clock in gone} == {("FR-PSD2", LATER), ("EU-GDPR", LATER)}
    assert (kept.next_due_kind, kept.next_due_at) == ("acknowledge", paris(2026, 11, 14, 0))
    assert intact()


def test_the_journal_says_from_what_to_what_by_whom_and_the_reason_is_sealed(cast, kettle):
    follow(cast, kettle, "EU-GDPR", "GENERAL")
    first, second = AuditEvent.objects.filter(stream=kettle.journal_stream).order_by("seq")[2:]
    assert (first.code, second.code) == ("regimes_chosen", "clocks_cancelled")
    assert first.facts["from"] == ["FR-PSD2", "EU-GDPR", "GENERAL"]
    assert first.facts["to"] == ["EU-GDPR", "GENERAL"]
    assert first.by == cast.amelie.actor().id
    assert WHY not in str(first.facts)


def test_what_comes_back_is_due_the_same_day(cast, kettle):
    before = dict(Clock.objects.filter(complaint=kettle, pack="EU-GDPR").values_list("kind", "due_at"))
    follow(cast, kettle, "GENERAL")
    follow(cast, kettle, "EU-GDPR", "GENERAL", at=LATER + timedelta(hours=1))
    again = Clock.objects.running().filter(complaint=kettle, pack="EU-GDPR")
    assert dict(again.values_list("kind", "due_at")) == before
    assert intact()


def test_the_next_day_follows_when_a_nearer_pack_goes(cast, kettle):
    actions.met(complaint=kettle, kind=PROGRESS, by=TESTS, at=LATER)
    follow(cast, kettle, "FR-PSD2")
    kept = Complaint.objects.get(pk=kettle.pk)
    assert (kept.next_due_kind, kettle.next_due_kind) == ("final", "final")
    assert kept.next_due_at == Clock.objects.get(complaint=kettle, pack="FR-PSD2", kind=FINAL).due_at
    assert intact()


def test_a_statutory_day_that_is_past_stays_open_and_is_the_next(cast, kettle):
    late = paris(2026, 12, 20)
    change = follow(cast, kettle, "GENERAL", at=late)
    assert {one.opening.pack for one in change.stays} == {"FR-PSD2", "EU-GDPR"}
    assert {("EU-GDPR", "final"), ("FR-PSD2", "final")} <= open_of(kettle)
    assert intact()


def test_an_acknowledgement_that_left_is_met_under_the_new_rule_too(cast, kettle):
    complaints.add_outbound(
        complaint=kettle, message=None, text="Bien reçu.", author_id=None, by=TESTS, at=paris(2026, 11, 12, 9)
    )
    follow(cast, kettle, "EU-GDPR")
    follow(cast, kettle, "GENERAL")
    met = Clock.objects.get(complaint=kettle, pack="GENERAL", kind=ACK, met_at__isnull=False)
    assert (met.met_at, met.due_on) == (paris(2026, 11, 12, 9), date(2026, 11, 13))
    assert intact()


def test_a_reopening_starts_nothing_of_a_pack_that_was_put_aside(cast, kettle):
    follow(cast, kettle, "GENERAL")
    by = cast.amelie.actor()
    resolution.withdraw(complaint=kettle, reason="Elle renonce.", by=by, at=LATER)
    resolution.reopen(complaint=kettle, reason="Elle se ravise.", by=by, at=LATER + timedelta(days=1))
    assert {pack for pack, _ in open_of(kettle)} == {"GENERAL"}
    assert intact()


def test_what_the_house_unticked_since_may_be_kept(cast, kettle):
    tick(cast, "GENERAL")
    follow(cast, Complaint.objects.get(pk=kettle.pk), "EU-GDPR")
    assert {pack for pack, _ in open_of(kettle)} == {"EU-GDPR"}


@pytest.mark.parametrize(
    ("packs", "reason", "refusal"),
    [
        ((), WHY, NoPackLeft),
        (("GENERAL", "FR-ACPR"), WHY, PackNotOffered),
        (("FR-PSD2", "EU-GDPR", "GENERAL"), WHY, SamePacks),
        (("GENERAL",), "  ", ReasonMissing),
    ],
)
def test_what_is_refused_changes_nothing(cast, kettle, packs, reason, refusal):
    before = open_of(kettle)
    with pytest.raises(refusal):
        follow(cast, kettle, *packs, reason=reason)
    assert open_of(kettle) == before
    assert Complaint.objects.get(pk=kettle.pk).regimes == ["FR-PSD2", "EU-GDPR", "GENERAL"]


def test_who_may_not_or_saw_another_file_changes_nothing(cast, kettle):
    with pytest.raises(NotAllowed):
        follow(cast, kettle, "GENERAL", who="ines")
    with pytest.raises(NotAllowed):
        follow(cast, kettle, "GENERAL", who="chloe")
    with pytest.raises(Stale):
        follow(cast, kettle, "GENERAL", seen=kettle.version + 1)
    assert Complaint.objects.get(pk=kettle.pk).regimes == ["FR-PSD2", "EU-GDPR", "GENERAL"]


def test_a_settled_file_is_reopened_first(cast, kettle):
    resolution.withdraw(complaint=kettle, reason="Elle renonce.", by=cast.amelie.actor(), at=LATER)
    with pytest.raises(ClosedFile):
        follow(cast, kettle, "GENERAL")
