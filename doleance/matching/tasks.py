"""Jobs of matching: files are compared within the minute of their arrival, and those that changed at night."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError
from procrastinate.contrib.django import app

from doleance.complaints import queries as complaints
from doleance.kernel import clock
from doleance.matching import meaning, queries
from doleance.matching.actions import answering
from doleance.matching.meaning import Window
from doleance.understanding.duplicates.traits import keys_of

A_MINUTE, A_NIGHT = 100, 20_000  # files at most
LATELY = timedelta(hours=6)  # what arrived while no worker ran is compared too; what is older waits for the night
log = structlog.get_logger()


@app.task(name="matching.look", queue="upkeep", lock="matching")
def look(timestamp: int) -> None:  # noqa: ARG001  the moment it was scheduled for
    """Compare what arrived or changed lately: receiving never waits for it, and never fails by it."""
    _compare(queries.to_compare(limit=A_MINUTE, since=clock.now() - LATELY))


@app.task(name="matching.sweep", queue="upkeep", lock="matching")
def sweep(timestamp: int) -> None:  # noqa: ARG001
    """Compare every open file that was never compared, changed since, or could not be read then."""
    _compare(queries.to_compare(limit=A_NIGHT, unread=settings.DOLEANCE_READING))


def _compare(files: Sequence[UUID]) -> None:
    """Compare files with those that share something with them. What goes wrong with one stops no other."""
    window = Window(clock.now())
    for pk in files:
        try:
            compare(pk, window)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            log.exception("file_not_compared", complaint=str(pk))


def compare(pk: UUID, window: Window | None = None) -> int:
    """Compare one file and propose what is alike; how many pairs are new."""
    complaint = complaints.by_id(pk)
    if complaint is None:
        return 0
    at, own, said = clock.now(), queries.compared(complaint), meaning.of(complaint)
    answering.note_traits(complaint=complaint, keys=keys_of(own), meaning=said, at=at)
    others = window or Window(at)
    alike = others.near(complaint, said)
    others.add(complaint, said)
    found = queries.matches(complaint, own, meaning=said, alike=alike)
    return len(answering.propose(complaint=complaint, matches=found, at=at))
