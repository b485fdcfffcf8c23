"""Fait les tâches de fond, jusqu’à ce qu’on l’arrête."""

import argparse
import os
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from django.conf import settings
from procrastinate.connector import BaseConnector
from procrastinate.contrib.django import app, connector_params
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.job_context import JobContext
from procrastinate.psycopg_connector import PsycopgConnector
from procrastinate.worker import Worker

from doleance.intake.fetching import listening

log = structlog.get_logger()
GRACE_S = 20.0  # what jobs get to finish; less than what the supervisor waits
ORPHAN_S = 5.0  # what they get when the supervisor was killed: the database is going away too


def add_arguments(_: argparse.ArgumentParser) -> None:
    """How many jobs at a time is a setting."""


class Connector(PsycopgConnector):
    """The worker's own connections, but for what an action does: its jobs belong to its transaction.

    Through the worker's pool a job would be seen, and done, before the rows that it is about are committed.
    """

    def get_sync_connector(self) -> BaseConnector:
        """Django's connection of this thread."""
        return DjangoConnector()


async def follow(call_next: Callable[[], Awaitable[Any]], context: JobContext, _: Worker) -> Any:
    """Name the job on each line that is logged while it is done, and say where it failed, tried again or not."""
    with structlog.contextvars.bound_contextvars(job=context.job.id, task=context.job.task_name):
        try:
            return await call_next()
        except Exception:
            log.exception("job_failed", attempts=context.job.attempts)
            raise


def run(_: argparse.Namespace) -> int:
    """Work until SIGTERM: what is running is finished, what takes too long goes back to the queue."""
    threading.Thread(target=_leave_with, args=[os.getppid()], daemon=True).start()
    ears = listening.Ears()
    with app.replace_connector(Connector(kwargs=connector_params())) as worker:
        ears.start()
        try:
            worker.run_worker(
                concurrency=settings.INSTALLATION.jobs,
                shutdown_graceful_timeout=GRACE_S,
                delete_jobs="successful",
                worker_middleware=[follow],
            )
        finally:
            ears.stop()
    return 0


def _leave_with(parent: int) -> None:
    """End soon after a parent that was killed: without its database a worker would wait for ever."""
    while os.getppid() == parent:
        time.sleep(1.0)
    time.sleep(ORPHAN_S)
    os._exit(1)
