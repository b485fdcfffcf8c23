"""Fait les tâches de fond, jusqu’à ce qu’on l’arrête."""

import argparse
import os
import threading
import time

from django.conf import settings
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector

GRACE_S = 20.0  # what jobs get to finish; less than what the supervisor waits
ORPHAN_S = 5.0  # what they get when the supervisor was killed: the database is going away too


def add_arguments(_: argparse.ArgumentParser) -> None:
    """How many jobs at a time is a setting."""


def run(_: argparse.Namespace) -> int:
    """Work until SIGTERM: what is running is finished, what takes too long goes back to the queue."""
    connector = app.connector
    if not isinstance(connector, DjangoConnector):
        raise TypeError("the worker's own connections come from Django's settings")
    threading.Thread(target=_leave_with, args=[os.getppid()], daemon=True).start()
    with app.replace_connector(connector.get_worker_connector()) as worker:
        worker.run_worker(
            concurrency=settings.INSTALLATION.jobs,
            shutdown_graceful_timeout=GRACE_S,
            delete_jobs="successful",
        )
    return 0


def _leave_with(parent: int) -> None:
    """End soon after a parent that was killed: without its database a worker would wait for ever."""
    while os.getppid() == parent:
        time.sleep(1.0)
    time.sleep(ORPHAN_S)
    os._exit(1)
