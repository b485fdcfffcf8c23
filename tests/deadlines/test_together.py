"""People who change a calendar while complaints are being opened: no due date is left behind."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Event

from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from doleance.accounts.rules import Actor, Role
from doleance.deadlines import actions, queries, tasks
from tests import factories
from tests.cast import MORNING, TESTS, assemble

ADMIN = Actor(id="user:admin", name="Nadia", roles=frozenset({Role.ADMINISTRATOR}))
PATIENCE_S = 30


def waiting_for_a_lock() -> bool:
    """Whether one of our other connections waits for a row."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        row = cursor.fetchone()
    return bool(row and row[0])


def apart(work):
    """Run in a thread, on a connection of its own that is closed after."""

    def run():
        try:
            return work()
        finally:
            connection.close()

    return run


def test_a_holiday_waits_for_the_due_dates_being_computed(transactional_db, monkeypatch):
    cast = assemble()
    complaint = factories.complaint(cast, received_at=MORNING)
    actions.seed_calendars(by=TESTS, at=MORNING)
    computed, enough = Event(), Event()

    compute = actions.due.compute

    def slowly(**told):
        """The calendar has been read; nothing is inserted yet."""
        computed.set()
        assert enough.wait(PATIENCE_S)
        return compute(**told)

    monkeypatch.setattr(actions.due, "compute", slowly)

    def opening():
        actions.start(complaint=complaint, by=TESTS, at=MORNING)

    def closing():
        actions.set_holiday(calendar="FR", day=date(2026, 11, 27), name="Inventaire", by=ADMIN, at=MORNING)

    with ThreadPoolExecutor(2) as pool:
        opened = pool.submit(apart(opening))
        assert computed.wait(PATIENCE_S)
        closed = pool.submit(apart(closing))
        deadline = time.monotonic() + PATIENCE_S
        while not waiting_for_a_lock() and not closed.done() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not closed.done()
        enough.set()
        opened.result(PATIENCE_S)
        closed.result(PATIENCE_S)

    jobs = ProcrastinateJob.objects.filter(task_name="deadlines.recompute").order_by("id")
    assert [job.args for job in jobs] == [{"complaint_id": str(complaint.pk)}]
    assert list(queries.drifts())
    tasks.recompute(complaint_id=str(complaint.pk))
    assert list(queries.drifts()) == []


def test_two_first_starts_fill_calendars_once(transactional_db):
    def seed():
        return actions.seed_calendars(by=TESTS, at=MORNING)

    with ThreadPoolExecutor(2) as pool:
        counts = [future.result(PATIENCE_S) for future in [pool.submit(apart(seed)) for _ in range(2)]]
    assert min(counts) == 0
    assert max(counts) > 0
