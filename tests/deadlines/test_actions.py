"""What happens to clocks and calendars, on PostgreSQL, and what the journal says of it (M13, M14, M30)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection
from procrastinate.contrib.django.models import ProcrastinateJob

from doleance.accounts import actions as accounts
from doleance.accounts.rules import Actor, Role
from doleance.audit import verify
from doleance.audit.models import AuditEvent
from doleance.complainants.rules import PartyStatus
from doleance.complaints.actions import dossiers as complaints
from doleance.complaints.models import Complaint
from doleance.complaints.rules import State
from doleance.deadlines import actions, queries, tasks
from doleance.deadlines.models import Calendar, Clock, Holiday
from doleance.deadlines.rules.calendar import (
    HolidayUnnamed,
    NoSuchHoliday,
    OutsideCalendar,
    UnknownCalendar,
)
from doleance.deadlines.rules.clocks import CancelReason
from doleance.deadlines.rules.places import PLACES
from doleance.kernel.errors import NotAllowed
from doleance.packs import loader
from doleance.packs.rules import ClockKind, effective_hash
from tests import factories
from tests.cast import MORNING, TESTS, Cast
from tests.deadlines.places import paris

ACK, PROGRESS, INTERNAL, FINAL, HOLDING, EXTENDED = ClockKind
RECEIVED = paris(2026, 11, 12, 8, 47)


@pytest.fixture
def complaint(cast: Cast) -> Complaint:
    """Mme Durand's complaint of Thursday 12 November 2026, its clocks not started."""
    return factories.complaint(cast, received_at=RECEIVED)


@pytest.fixture
def running(complaint: Complaint) -> Complaint:
    """The same, its clocks started."""
    actions.start(complaint=complaint, by=TESTS, at=RECEIVED)
    return complaint


@pytest.fixture
def admin() -> Actor:
    return Actor(id="user:admin", name="Nadia", roles=frozenset({Role.ADMINISTRATOR}))


def events(stream: str) -> list[tuple[str, dict[str, Any]]]:
    rows = AuditEvent.objects.filter(stream=stream).order_by("seq")
    return [(row.code, row.facts) for row in rows]


def codes(complaint: Complaint) -> list[str]:
    return [code for code, _ in events(complaint.journal_stream)]


def due(clocks) -> dict[tuple[str, str], date]:
    return {(clock.pack, clock.kind): clock.due_on for clock in clocks}


def still_open(complaint: Complaint) -> dict[tuple[str, str], date]:
    return due(Clock.objects.running().filter(complaint=complaint).order_by("id"))


def next_step(complaint: Complaint) -> tuple[datetime | None, str]:
    complaint.refresh_from_db()
    return complaint.next_due_at, complaint.next_due_kind


def intact() -> bool:
    """The journal verifies, agrees with the rows, and every clock can be computed again."""
    return verify.check().intact and not list(queries.drifts())


def test_a_complaint_gets_the_clocks_of_its_packs(complaint):
    started = actions.start(complaint=complaint, by=TESTS, at=RECEIVED)
    assert due(started) == {
        ("FR-CONSO", FINAL): date(2027, 1, 12),
        ("GENERAL", ACK): date(2026, 11, 13),
        ("GENERAL", PROGRESS): date(2026, 11, 26),
        ("GENERAL", INTERNAL): date(2026, 11, 26),
        ("GENERAL", FINAL): date(2027, 1, 12),
    }
    assert due(queries.clocks(complaint)) == due(started)
    assert codes(complaint) == ["complaint_opened", "clocks_started"]
    assert next_step(complaint) == (paris(2026, 11, 14, 0), "acknowledge")
    assert intact()


def test_a_clock_keeps_all_it_was_computed_from(running):
    (conso,) = loader.in_force(["FR-CONSO"], RECEIVED.date())
    clock = Clock.objects.get(complaint=running, pack="FR-CONSO")
    assert (clock.pack_version, clock.pack_hash) == (1, effective_hash(conso))
    assert (clock.start_event, clock.start_at, clock.count, clock.unit) == ("first_written_at", RECEIVED, 2, "m")
    assert (clock.calendar_id, clock.time_zone, clock.due_at) == ("FR", "Europe/Paris", paris(2027, 1, 13, 0))
    assert (clock.is_statutory, clock.repeats, clock.roll_over) == (False, False, False)
    assert clock.explanation == {
        "from": "2026-11-12",
        "due": "2027-01-12",
        "skipped": [],
        "shortened": False,
        "rolled_from": None,
        "rest": False,
    }


def test_starting_twice_opens_nothing_twice(running):
    assert actions.start(complaint=running, by=TESTS, at=RECEIVED) == []
    assert len(queries.clocks(running)) == 5
    assert codes(running).count("clocks_started") == 1


def test_what_was_met_does_not_start_again(running):
    actions.met(complaint=running, kind=FINAL, by=TESTS, at=MORNING)
    assert actions.start(complaint=running, by=TESTS, at=MORNING) == []


def test_consumer_law_is_not_for_a_professional(cast, complaint):
    cast.durand.status = PartyStatus.PROFESSIONAL
    complaint.party.status = PartyStatus.PROFESSIONAL
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(complaints, "locked", lambda given, **_: given)
        started = actions.start(complaint=complaint, by=TESTS, at=RECEIVED)
    assert {clock.pack for clock in started} == {"GENERAL"}


def test_somebody_unknown_is_treated_as_a_consumer(cast):
    nobody = factories.complaint(cast, received_at=RECEIVED, party=None)
    started = actions.start(complaint=nobody, by=TESTS, at=RECEIVED)
    assert ("FR-CONSO", FINAL) in due(started)


def test_a_complaint_older_than_a_pack_does_not_get_it(cast):
    old = factories.complaint(cast, received_at=paris(2012, 5, 10))
    started = actions.start(complaint=old, by=TESTS, at=MORNING)
    assert due(started) == {
        ("GENERAL", ACK): date(2012, 5, 11),
        ("GENERAL", PROGRESS): date(2012, 5, 25),  # Ascension, the 17th
        ("GENERAL", INTERNAL): date(2012, 5, 25),
        ("GENERAL", FINAL): date(2012, 7, 10),
    }
    assert intact()


def test_the_place_decides_the_day_and_the_midnight(cast, complaint):
    accounts.change_entity(
        entity=cast.entity,
        name=cast.entity.name,
        time_zone="Indian/Reunion",
        calendar="FR-974",
        mediator="",
        by=Actor(id="user:admin", name="Nadia", roles=frozenset({Role.ADMINISTRATOR})),
        at=MORNING,
    )
    evening = factories.complaint(cast, received_at=datetime(2024, 12, 18, 21, tzinfo=UTC))  # the 19th there
    started = actions.start(complaint=evening, by=TESTS, at=MORNING)
    assert due(started)["GENERAL", ACK] == date(2024, 12, 23)  # 20 December is a holiday there
    assert next_step(evening) == (datetime(2024, 12, 23, 20, tzinfo=UTC), "acknowledge")


def test_an_unknown_calendar_is_refused(cast, complaint):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(complaints, "locked", lambda given, **_: given)
        complaint.entity.calendar = "XX"
        with pytest.raises(UnknownCalendar):
            actions.start(complaint=complaint, by=TESTS, at=RECEIVED)
    assert queries.clocks(complaint) == []


def test_the_acknowledgement_meets_its_clock_alone(running):
    (clock,) = actions.met(complaint=running, kind=ACK, by=TESTS, at=paris(2026, 11, 12, 8, 48))
    assert (clock.kind, clock.met_at) == (ACK, paris(2026, 11, 12, 8, 48))
    assert ("GENERAL", PROGRESS) in still_open(running)
    assert next_step(running) == (paris(2026, 11, 27, 0), "progress")
    assert codes(running)[-1] == "clocks_met"
    assert intact()


def test_a_word_from_a_person_acknowledges_and_starts_the_next_turn(running):
    told = paris(2026, 11, 20, 16, 30)
    met = actions.met(complaint=running, kind=PROGRESS, by=TESTS, at=told)
    assert {clock.kind for clock in met} == {ACK, PROGRESS}
    turn = Clock.objects.running().get(complaint=running, kind=PROGRESS)
    assert (turn.start_event, turn.start_at, turn.due_on) == ("last_word", told, date(2026, 12, 4))
    assert turn.pack_hash == met[0].pack_hash
    assert next_step(running) == (paris(2026, 11, 27, 0), "internal")
    assert intact()


def test_each_word_starts_one_turn(running):
    for day in (16, 18, 20):
        actions.met(complaint=running, kind=PROGRESS, by=TESTS, at=paris(2026, 11, day))
    turns = Clock.objects.filter(complaint=running, kind=PROGRESS).order_by("start_at")
    assert [(turn.start_at, turn.met_at) for turn in turns] == [
        (RECEIVED, paris(2026, 11, 16)),
        (paris(2026, 11, 16), paris(2026, 11, 18)),
        (paris(2026, 11, 18), paris(2026, 11, 20)),
        (paris(2026, 11, 20), None),
    ]
    assert intact()


def test_the_final_answer_ends_everything(running):
    actions.met(complaint=running, kind=FINAL, by=TESTS, at=paris(2026, 12, 1))
    assert still_open(running) == {}
    assert next_step(running) == (None, "")
    assert len(queries.clocks(running)) == 5
    assert queries.next_due(running) is None
    assert intact()


def test_meeting_what_is_not_open_says_nothing(running):
    actions.met(complaint=running, kind=FINAL, by=TESTS, at=MORNING)
    before = codes(running)
    assert actions.met(complaint=running, kind=ACK, by=TESTS, at=MORNING) == []
    assert codes(running) == before


def test_a_withdrawn_complaint_owes_nothing(running):
    complaints.move(complaint=running, to=State.WITHDRAWN, by=TESTS, at=MORNING)
    ended = actions.cancel(complaint=running, by=TESTS, at=MORNING)
    assert {clock.cancel_reason for clock in ended} == {"withdrawn"}
    assert still_open(running) == {}
    assert next_step(running) == (None, "")
    assert events(running.journal_stream)[-1][1]["reason"] == "withdrawn"
    assert actions.cancel(complaint=running, by=TESTS, at=MORNING) == []
    assert intact()


def test_history_owes_no_acknowledgement_twice(running):
    ended = actions.cancel(complaint=running, by=TESTS, at=MORNING, reason=CancelReason.HISTORY, kinds=[ACK])
    assert [clock.kind for clock in ended] == [ACK]
    assert next_step(running)[1] == "progress"


def test_a_file_at_work_keeps_its_clocks(running):
    with pytest.raises(ValueError, match="received: a file in that state keeps its clocks"):
        actions.cancel(complaint=running, by=TESTS, at=MORNING)


def answered(complaint: Complaint, at: datetime) -> None:
    actions.met(complaint=complaint, kind=FINAL, by=TESTS, at=at)


def test_a_reopening_keeps_the_last_day_that_is_ahead(running):
    answered(running, paris(2026, 12, 1))
    since = paris(2026, 12, 10, 9)
    started = actions.reopen(complaint=running, by=TESTS, at=since)
    assert due(started) == {
        ("FR-CONSO", FINAL): date(2027, 1, 12),
        ("GENERAL", PROGRESS): date(2026, 12, 24),
        ("GENERAL", INTERNAL): date(2026, 12, 24),
        ("GENERAL", FINAL): date(2027, 1, 12),
    }
    assert {clock.reopened_at for clock in started} == {since}
    assert codes(running)[-1] == "clocks_reopened"
    assert next_step(running) == (paris(2026, 12, 25, 0), "progress")
    assert intact()


def test_a_reopening_after_the_last_day_counts_from_the_message(running):
    answered(running, paris(2027, 1, 10))
    since = paris(2027, 2, 1)
    started = actions.reopen(complaint=running, by=TESTS, at=since + timedelta(hours=1), since=since)
    finals = [clock for clock in started if clock.kind == FINAL]
    assert {(clock.start_event, clock.start_at, clock.due_on) for clock in finals} == {
        ("reopened", since, date(2027, 4, 1))
    }
    assert intact()


def test_a_reopening_starts_once(running):
    answered(running, paris(2026, 12, 1))
    actions.reopen(complaint=running, by=TESTS, at=paris(2026, 12, 10))
    assert actions.reopen(complaint=running, by=TESTS, at=paris(2026, 12, 11)) == []
    assert actions.reopen(complaint=running, by=TESTS, at=MORNING) == []


def test_a_file_that_was_never_answered_keeps_its_clocks_when_reopened(running):
    before = still_open(running)
    assert actions.reopen(complaint=running, by=TESTS, at=MORNING) == []
    assert still_open(running) == before


def test_a_file_that_no_pack_ever_timed_has_nothing_to_start_again(complaint):
    assert actions.reopen(complaint=complaint, by=TESTS, at=MORNING) == []
    assert codes(complaint) == ["complaint_opened"]


def test_a_withdrawn_file_gets_its_clocks_back(running):
    actions.cancel(complaint=running, by=TESTS, at=MORNING, reason=CancelReason.WITHDRAWN)
    actions.reopen(complaint=running, by=TESTS, at=paris(2026, 12, 1))
    assert set(still_open(running)) == {
        ("FR-CONSO", FINAL),
        ("GENERAL", PROGRESS),
        ("GENERAL", INTERNAL),
        ("GENERAL", FINAL),
    }


def test_the_database_refuses_a_second_open_clock_for_one_duty(running):
    clock = Clock.objects.get(complaint=running, kind=ACK)
    twin = Clock.of(running, clock.running().opening, clock.running().due, calendar="FR", zone="Europe/Paris")
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('doleance.action', 'tests', true)")
    with pytest.raises(IntegrityError, match="clock_one_open"):
        Clock.objects.bulk_create([twin])


def test_rows_say_what_they_are(running):
    clock = Clock.objects.get(complaint=running, kind=ACK)
    holiday = Holiday.objects.get(calendar="FR", day=date(2026, 12, 25))
    assert [str(row) for row in (clock, holiday, holiday.calendar)] == [
        "acknowledge 2026-11-13",
        "2026-12-25 Noël",
        "France",
    ]


def test_calendars_are_seeded_once_for_every_place(db):
    added = actions.seed_calendars(by=TESTS, at=MORNING)
    assert set(Calendar.objects.order_by("code").values_list("code", flat=True)) == set(PLACES)
    assert added == Holiday.objects.count()
    assert Holiday.objects.filter(calendar="FR").count() == 11 * 8
    assert {(row.first_year, row.last_year) for row in Calendar.objects.order_by("code")} == {(2024, 2031)}
    assert actions.seed_calendars(by=TESTS, at=MORNING) == 0
    assert actions.seed_calendars(by=TESTS, at=MORNING.replace(year=2027)) == sum(
        1 for day in Holiday.objects.order_by("id").values_list("day", flat=True) if day.year == 2032
    )
    assert intact()


def test_france_comes_first_among_the_choices(calendars):
    choices = queries.calendar_choices()
    assert choices[:3] == [("FR", "France"), ("FR-6AE", "Alsace"), ("FR-971", "Guadeloupe")]
    assert len(choices) == len(PLACES)


def test_a_seeding_never_undoes_what_people_changed(calendars, admin):
    actions.remove_holiday(calendar="FR", day=date(2027, 5, 17), by=admin, at=MORNING)
    actions.set_holiday(calendar="FR", day=date(2026, 12, 24), name="Pont de Noël", by=admin, at=MORNING)
    actions.seed_calendars(by=TESTS, at=MORNING)
    actions.seed_calendars(by=TESTS, at=MORNING.replace(year=2028))
    calendar = queries.calendar("FR")
    assert date(2027, 5, 17) not in calendar.names
    assert calendar.name(date(2026, 12, 24)) == "Pont de Noël"
    assert (calendar.first_year, calendar.last_year) == (2024, 2033)
    assert intact()


def test_a_late_holiday_moves_what_is_still_due_and_nothing_else(running, admin):
    actions.met(complaint=running, kind=ACK, by=TESTS, at=RECEIVED)
    actions.set_holiday(calendar="FR", day=date(2026, 11, 13), name="Deuil national", by=admin, at=MORNING)
    (job,) = ProcrastinateJob.objects.filter(task_name="deadlines.recompute").order_by("id")
    assert job.args == {"complaint_id": str(running.pk)}
    assert {drift.what for drift in queries.drifts()} == {"due_on", "due_at", "explanation"}

    tasks.recompute(**job.args)
    assert due(queries.clocks(running)) == {
        ("GENERAL", ACK): date(2026, 11, 13),  # met: what was, stays
        ("GENERAL", PROGRESS): date(2026, 11, 27),
        ("GENERAL", INTERNAL): date(2026, 11, 27),
        ("FR-CONSO", FINAL): date(2027, 1, 12),
        ("GENERAL", FINAL): date(2027, 1, 12),
    }
    assert next_step(running) == (paris(2026, 11, 28, 0), "progress")
    assert codes(running)[-1] == "clocks_recomputed"
    assert intact()

    tasks.recompute(**job.args)
    assert codes(running).count("clocks_recomputed") == 1


def test_a_holiday_taken_back_brings_due_dates_nearer(calendars, running, admin):
    actions.set_holiday(calendar="FR", day=date(2026, 11, 18), name="Inventaire", by=admin, at=MORNING)
    actions.recompute(complaint=running, by=TESTS, at=MORNING)
    assert still_open(running)["GENERAL", INTERNAL] == date(2026, 11, 27)
    actions.remove_holiday(calendar="FR", day=date(2026, 11, 18), by=admin, at=MORNING)
    actions.recompute(complaint=running, by=TESTS, at=MORNING)
    assert still_open(running)["GENERAL", INTERNAL] == date(2026, 11, 26)
    assert [code for code, _ in events("settings") if code.startswith("holiday")] == ["holiday_set", "holiday_removed"]
    assert intact()


def test_a_holiday_on_a_last_day_changes_its_explanation(running, admin):
    actions.set_holiday(calendar="FR", day=date(2027, 1, 12), name="Deuil national", by=admin, at=MORNING)
    moved = actions.recompute(complaint=running, by=TESTS, at=MORNING)
    assert {(clock.kind, clock.due_on, clock.explanation["rest"]) for clock in moved} == {
        (FINAL, date(2027, 1, 12), True)
    }


def test_a_holiday_after_everything_is_due_moves_nothing(running, admin):
    actions.set_holiday(calendar="FR", day=date(2027, 1, 13), name="Inventaire", by=admin, at=MORNING)
    assert not ProcrastinateJob.objects.filter(task_name="deadlines.recompute").exists()


def test_renaming_a_holiday_moves_nothing(running, admin):
    actions.set_holiday(calendar="FR", day=date(2026, 12, 25), name="Noël, fermé", by=admin, at=MORNING)
    assert queries.calendar("FR").name(date(2026, 12, 25)) == "Noël, fermé"
    assert not ProcrastinateJob.objects.filter(task_name="deadlines.recompute").exists()
    assert intact()


def test_calendars_are_for_those_who_change_settings(calendars, cast):
    agent = cast.amelie.actor()
    with pytest.raises(NotAllowed):
        actions.set_holiday(calendar="FR", day=date(2026, 12, 24), name="Pont", by=agent, at=MORNING)
    with pytest.raises(NotAllowed):
        actions.remove_holiday(calendar="FR", day=date(2026, 12, 25), by=agent, at=MORNING)


def test_what_calendars_refuse(calendars, admin):
    with pytest.raises(HolidayUnnamed):
        actions.set_holiday(calendar="FR", day=date(2026, 12, 24), name=" ", by=admin, at=MORNING)
    with pytest.raises(UnknownCalendar):
        actions.set_holiday(calendar="XX", day=date(2026, 12, 24), name="Pont", by=admin, at=MORNING)
    with pytest.raises(OutsideCalendar, match="2024 à 2031"):
        actions.set_holiday(calendar="FR", day=date(2032, 12, 24), name="Pont", by=admin, at=MORNING)
    with pytest.raises(NoSuchHoliday):
        actions.remove_holiday(calendar="FR", day=date(2026, 12, 24), by=admin, at=MORNING)
    with pytest.raises(UnknownCalendar):
        actions.remove_holiday(calendar="XX", day=date(2026, 12, 24), by=admin, at=MORNING)


def test_the_jobs_act_as_doleance(db, monkeypatch):
    monkeypatch.setattr("doleance.kernel.clock.now", lambda: MORNING)
    tasks.seed_calendars()
    assert Calendar.objects.count() == len(PLACES)
    assert {facts["by"] for _, facts in events("settings")} == {"machine:deadlines"}
    tasks.recompute(complaint_id="0198c5a0-0000-7000-8000-000000000000")
