"""Jobs of matching: files are compared within the minute of their arrival, and those that changed at night."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from doleance.audit import queries as audit
from doleance.complaints import queries as complaints
from doleance.kernel import clock
from doleance.matching import meaning, queries
from doleance.matching.actions import answering
from doleance.matching.meaning import Window
from doleance.understanding.duplicates.traits import keys_of

A_MINUTE, A_PAGE = 100, 500  # files that one job compares at most, lately and at night
LATELY = timedelta(hours=6)  # what arrived while no worker ran is compared too; what is older waits for the night
log = structlog.get_logger()


@app.task(name="matching.look", queue="upkeep", lock="matching")
def look(timestamp: int) -> None:  # noqa: ARG001  the moment it was scheduled for
    """Compare what arrived or changed lately: receiving never waits for it, and never fails by it."""
    _compare(queries.to_compare(limit=A_MINUTE, since=clock.now() - LATELY))


@app.task(name="matching.sweep", queue="upkeep", lock="matching")
def sweep(timestamp: int, after: str = "") -> None:
    """Compare every open file that was never compared, changed since, or could not be read then; some a job.

    Between two of them others have their turn: what just arrived does not wait for the night's work. Killed, it goes
    on where it was.
    """
    if not after:
        answering.forget_old(at=clock.now())
    last = UUID(after) if after else None
    files = queries.to_compare(limit=A_PAGE, unread=settings.DOLEANCE_READING, after=last)
    _compare(files)
    if len(files) == A_PAGE:
        with suppress(AlreadyEnqueued):
            rest = sweep.configure(queueing_lock=f"matching.sweep:{files[-1]}")
            rest.defer(timestamp=timestamp, after=str(files[-1]))


def _compare(files: Sequence[UUID]) -> None:
    """Compare files with those that share something with them. What goes wrong with one stops no other."""
    window = Window(clock.now())
    for pk in queries.by_company(files):
        try:
            compare(pk, window)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            log.exception("file_not_compared", complaint=str(pk))


def compare(pk: UUID, window: Window | None = None) -> int:
    """Compare one file and propose what is alike; how many pairs are new."""
    complaint = complaints.by_id(pk)
    if complaint is None or audit.is_erased(complaint.party_id or complaint.pk):
        return 0
    at, own, said = clock.now(), queries.compared(complaint), meaning.of(complaint)
    answering.note_traits(complaint=complaint, keys=keys_of(own), meaning=said, at=at)
    others = window or Window(at)
    alike = others.near(complaint, said)
    others.add(complaint, said)
    found = queries.matches(complaint, own, meaning=said, alike=alike)
    return len(answering.propose(complaint=complaint, matches=found, at=at))
