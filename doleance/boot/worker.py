"""Fait les tâches de fond, jusqu’à ce qu’on l’arrête."""

import argparse

from django.conf import settings
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector

GRACE_S = 20.0  # less than what the supervisor waits


def add_arguments(_: argparse.ArgumentParser) -> None:
    """How many jobs at a time is a setting."""


def run(_: argparse.Namespace) -> int:
    """Work until SIGTERM: what is running is finished, what takes too long goes back to the queue."""
    connector = app.connector
    if not isinstance(connector, DjangoConnector):
        raise TypeError("the worker's own connections come from Django's settings")
    with app.replace_connector(connector.get_worker_connector()) as worker:
        worker.run_worker(
            concurrency=settings.INSTALLATION.jobs,
            shutdown_graceful_timeout=GRACE_S,
            delete_jobs="successful",
        )
    return 0
