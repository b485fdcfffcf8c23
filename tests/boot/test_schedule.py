"""Periodic jobs: each is known to the worker, and what a killed worker was doing is taken up again."""

from datetime import timedelta
from importlib import import_module
from pathlib import Path

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from procrastinate.contrib.django import app

from doleance.boot import backup, schedule
from doleance.kernel.clock import now


def test_every_job_of_the_table_is_known_to_the_worker_once():
    for path in settings.PROCRASTINATE_IMPORT_PATHS:
        import_module(path)
    known = {(periodic.task.name, periodic.cron) for periodic in app.periodic_registry.periodic_tasks.values()}
    assert known == {(task.name, cron) for cron, task in schedule.SCHEDULE}
    assert all(app.tasks[task.name] is task for _, task in schedule.SCHEDULE)
    for periodic in app.periodic_registry.periodic_tasks.values():  # one waits at most, whatever was missed
        assert periodic.configure_kwargs["queueing_lock"] == periodic.task.name


def leave_behind(attempts: int, silent: timedelta, lock: str | None = None, queueing_lock: str | None = None) -> int:
    """A job that a worker took, after which it was heard of no more."""
    job = app.configure_task("boot.tidy", lock=lock, queueing_lock=queueing_lock).defer(timestamp=0)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (%s) RETURNING id", [now() - silent])
        worker = cursor.fetchone()[0]
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', attempts = %s, worker_id = %s WHERE id = %s",
            [attempts, worker, job],
        )
    return int(job)


def status(job: int) -> tuple[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT status, attempts FROM procrastinate_jobs WHERE id = %s", [job])
        return tuple(cursor.fetchone())


@pytest.mark.django_db(transaction=True)
def test_what_a_killed_worker_was_doing_is_taken_up_again_and_at_last_given_up():
    dead = leave_behind(attempts=0, silent=timedelta(minutes=2))
    alive = leave_behind(attempts=0, silent=timedelta(seconds=2))
    poison = leave_behind(attempts=schedule.MOST_TRIES, silent=timedelta(minutes=2))
    async_to_sync(schedule.rescue.func)(timestamp=0)
    assert status(dead)[0] == "todo"
    assert status(alive)[0] == "doing"
    assert status(poison)[0] == "failed"


@pytest.mark.django_db(transaction=True)
def test_a_dead_job_that_another_one_replaces_locks_nobody_out_and_keeps_none_from_being_taken_up():
    """A killed round of a mailbox holds its lock; the next round waits behind it under the same queueing lock."""
    name = "collect:boite"
    replaced = leave_behind(attempts=0, silent=timedelta(minutes=2), lock=name, queueing_lock=name)
    waiting = app.configure_task("boot.tidy", lock=name, queueing_lock=name).defer(timestamp=0)
    after = leave_behind(attempts=0, silent=timedelta(minutes=2))
    async_to_sync(schedule.rescue.func)(timestamp=0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, status FROM procrastinate_jobs ORDER BY id")
        assert dict(cursor.fetchall()) == {waiting: "todo", after: "todo"}, f"{replaced} is gone"


@pytest.mark.django_db
def test_ended_sessions_are_removed():
    Session.objects.create(session_key="a", session_data="", expire_date=now() - timedelta(days=1))
    Session.objects.create(session_key="b", session_data="", expire_date=now() + timedelta(days=1))
    schedule.tidy(timestamp=0)
    assert [one.session_key for one in Session.objects.order_by("session_key")] == ["b"]


@pytest.mark.parametrize(("embedded", "due", "made"), [(True, True, 1), (True, False, 0), (False, True, 0)])
def test_a_backup_is_made_when_it_is_due_and_the_database_is_ours(monkeypatch, embedded, due, made):
    asked: list[str] = []

    def make(settled, *, reason):
        asked.append(reason)
        return backup.Made(path=Path(), keys=Path(), tables=1, rows=1, proof="")

    monkeypatch.setattr(backup, "make", make)
    monkeypatch.setattr(backup, "is_due", lambda settled, at: due)
    monkeypatch.setattr("doleance.boot.config.Config.is_embedded", embedded)
    schedule.back_up(timestamp=0)
    assert asked == [backup.DAILY] * made
