"""Every periodic job, in one table: when it runs (cron, UTC; a sixth field is seconds) and what it does."""

from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.core.management import call_command
from procrastinate.contrib.django import app
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Job, Status
from procrastinate.tasks import Task

from doleance.boot import backup
from doleance.deadlines import tasks as deadlines
from doleance.drafting import tasks as drafting
from doleance.intake import tasks as intake
from doleance.kernel.clock import now
from doleance.matching import tasks as matching
from doleance.notifications import tasks as notifications
from doleance.understanding import tasks as understanding

log = structlog.get_logger()
SILENT_S = 30.0  # a worker that gave no sign for that long is dead: its jobs are taken up again
MOST_TRIES = 10  # of a job whose worker dies each time; what reads messages gives up earlier and says so to people
FAILED_KEPT = timedelta(days=30)


@app.task(name="boot.rescue", queue="upkeep", pass_context=False)
async def rescue(timestamp: int) -> None:  # noqa: ARG001  the moment it was scheduled for
    """Give back to the queue what a killed worker was doing."""
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=SILENT_S):
        log.warning("job_taken_up_again", job=job.id, task=job.task_name, attempts=job.attempts)
        if job.attempts < MOST_TRIES:
            await _take_up(job)
        else:
            await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=False)


async def _take_up(job: Job) -> None:
    """Queue a job again; when one that does the same waits already, that one is enough, and must not be locked out."""
    try:
        await app.job_manager.retry_job(job)
    except UniqueViolation:
        log.warning("job_replaced", job=job.id, task=job.task_name)
        await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=True)


@app.task(name="boot.back_up", queue="upkeep", lock="backup")
def back_up(timestamp: int) -> None:  # noqa: ARG001
    """Save the database of an embedded installation when the last daily backup is a day old.

    Asked often: a shop's computer may be off at any fixed hour.
    """
    if settings.INSTALLATION.is_embedded and backup.is_due(settings.INSTALLATION, at=now()):
        made = backup.make(settings.INSTALLATION, reason=backup.DAILY)
        log.info("backup_made", tables=made.tables, rows=made.rows, proof=made.proof)


@app.task(name="boot.tidy", queue="upkeep")
def tidy(timestamp: int) -> None:  # noqa: ARG001
    """Remove ended sessions."""
    call_command("clearsessions")


@app.task(name="boot.forget_failed", queue="upkeep")
async def forget_failed(timestamp: int) -> None:  # noqa: ARG001
    """Remove jobs that failed long ago; those that succeeded are removed at once."""
    await app.job_manager.delete_old_jobs(
        nb_hours=int(FAILED_KEPT.total_seconds() // 3600), include_failed=True, include_cancelled=True
    )


@app.task(name="boot.calendars", queue="upkeep")
def calendars(timestamp: int) -> None:  # noqa: ARG001
    """Keep the public holidays of the coming years in the calendars."""
    deadlines.seed_calendars()


SCHEDULE: tuple[tuple[str, Task[Any, Any, Any]], ...] = (
    ("* * * * *", notifications.sweep),
    ("* * * * *", intake.collect_all),
    ("* * * * *", intake.read_lost),
    ("* * * * *", intake.send_waiting),
    ("* * * * *", matching.look),
    ("* * * * * */15", rescue),  # each quarter of a minute: a silent worker's work goes on within a minute (I12)
    ("*/5 * * * *", intake.watch_mailboxes),
    ("*/5 * * * *", drafting.give_up_lost),
    ("*/10 * * * *", back_up),
    ("23 * * * *", tidy),
    ("29 * * * *", intake.sweep_drafts),
    ("31 * * * *", notifications.forget_codes),
    ("41 * * * *", notifications.sweep_pointers),
    ("11 2 * * *", matching.sweep),
    ("37 3 * * *", forget_failed),
    ("7 4 * * *", understanding.measure),
    ("17 4 * * *", intake.understand_again),
    ("43 3 * * 1", calendars),
)
for cron, task in SCHEDULE:
    # One waits at most: after a night without a worker a job runs once, not six hundred times.
    app.periodic(cron=cron, periodic_id=task.name, queueing_lock=task.name)(task)
