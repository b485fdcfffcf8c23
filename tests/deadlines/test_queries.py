"""What is asked about deadlines: *le fil* of a file, its next step, and whether all can be computed again (I6)."""

from datetime import timedelta

import pytest
from django.db import connection

from doleance.complaints.actions import dossiers as complaints
from doleance.complaints.rules import State
from doleance.deadlines import actions, queries
from doleance.deadlines.models import Clock, Holiday
from doleance.deadlines.rules.calendar import UnknownCalendar
from doleance.packs.rules import ClockKind
from tests import factories
from tests.cast import TESTS
from tests.deadlines.places import paris, spaced

ACK, PROGRESS, INTERNAL, FINAL, HOLDING, EXTENDED = ClockKind
RECEIVED, NOW = paris(2026, 11, 12, 8, 47), paris(2026, 11, 23, 9, 12)


@pytest.fixture
def running(cast):
    """Mme Durand's complaint of 12 November 2026, acknowledged at once."""
    complaint = factories.complaint(cast, received_at=RECEIVED)
    actions.start(complaint=complaint, by=TESTS, at=RECEIVED)
    actions.met(complaint=complaint, kind=ACK, by=TESTS, at=RECEIVED)
    return complaint


def test_the_thread_of_a_file(running):
    steps = queries.thread(complaint=running, at=NOW)
    assert [(step.label, spaced(step.words), step.classes) for step in steps] == [
        ("Reçue", "jeu. 12 nov., 8 h 47", "done"),
        ("Accusé de réception", "12 nov., 8 h 47", "done"),
        ("Point d’étape", "26 nov., dans 3 j ouvrés", "now"),
        ("Objectif interne", "26 nov., dans 3 j ouvrés", ""),
        ("Réponse au plus tard", "12 janv. 2027, 2 mois", "law"),
    ]
    assert all(step.why for step in steps[1:])


def test_the_thread_costs_three_queries(running, django_assert_num_queries):
    queries.thread(complaint=running, at=NOW)
    with django_assert_num_queries(2):  # the calendar's revision, the clocks; its days are known
        queries.thread(complaint=running, at=NOW)


def test_a_file_without_clocks_shows_what_has_not_started(cast, calendars):
    complaint = factories.complaint(cast, received_at=RECEIVED)
    steps = queries.thread(complaint=complaint, at=NOW)
    assert [(step.code, step.words) for step in steps[1:]] == [
        ("acknowledge", "non démarré"),
        ("final", "non démarré"),
    ]


def test_the_next_step(running):
    found = queries.next_due(running)
    assert found is not None
    assert (found.kind, found.due.due_at) == (PROGRESS, paris(2026, 11, 27, 0))


def test_calendars_of_a_list(calendars):
    found = queries.calendars(["FR", "FR-974", "FR", "XX"])
    assert sorted(found) == ["FR", "FR-974"]
    with pytest.raises(UnknownCalendar):
        queries.calendar("XX")


def test_nothing_drifts_by_itself(running):
    actions.met(complaint=running, kind=PROGRESS, by=TESTS, at=NOW)
    assert list(queries.drifts()) == []


def tamper(rows, **changes):
    """Change rows as no action would."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('doleance.action', 'tests', true)")
    rows.update(**changes)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"due_on": paris(2027, 1, 1).date()}, {"due_on"}),
        ({"due_at": paris(2027, 1, 12)}, {"due_at"}),
        ({"start_at": RECEIVED - timedelta(days=1)}, {"start_at", "due_on", "due_at", "explanation"}),
        ({"count": 3}, {"due_on", "due_at", "explanation"}),
        ({"time_zone": "Indian/Reunion"}, {"due_at"}),
    ],
)
def test_a_clock_that_was_edited_is_named(running, changes, found):
    clock = Clock.objects.get(complaint=running, pack="FR-CONSO")
    tamper(Clock.objects.filter(pk=clock.pk), **changes)
    drifts = list(queries.drifts())
    assert {drift.what for drift in drifts} == found
    assert {(drift.complaint_id, drift.clock_id) for drift in drifts} == {(running.pk, clock.pk)}


def test_a_met_clock_that_was_edited_is_named(running):
    clock = Clock.objects.get(complaint=running, kind=ACK)
    tamper(Clock.objects.filter(pk=clock.pk), due_on=paris(2026, 11, 20).date())
    assert [(drift.what, drift.stored, drift.computed) for drift in queries.drifts()] == [
        ("due_on", "2026-11-20", "2026-11-13")
    ]


def test_a_holiday_that_was_slipped_in_is_seen(running):
    tamper(Holiday.objects.filter(calendar="FR", day="2026-12-25"), day="2026-11-20")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE doleance_calendar SET revision = gen_random_uuid() WHERE code = 'FR'")
    assert {drift.clock_id for drift in queries.drifts()} == set(
        Clock.objects.running().filter(unit="bd").order_by("id").values_list("id", flat=True)
    )


def test_a_next_step_that_was_edited_is_named(running):
    complaints.note_next(complaint=running, due_at=None, kind="")
    assert [(drift.what, drift.clock_id, drift.stored) for drift in queries.drifts()] == [
        ("next_due_at", None, "None")
    ]


def test_a_settled_file_that_still_owes_something_is_named(running):
    complaints.move(complaint=running, to=State.WITHDRAWN, by=TESTS, at=NOW)
    assert {drift.what for drift in queries.drifts()} == {"open"}
    actions.cancel(complaint=running, by=TESTS, at=NOW)
    assert list(queries.drifts()) == []


def test_events_have_their_sentence(running):
    told = queries.journal_codes()
    assert {"clocks_started", "clocks_met", "calendar_seeded", "holiday_set"} <= set(told)
    assert all(sentence[0].isupper() for sentence in told.values())
