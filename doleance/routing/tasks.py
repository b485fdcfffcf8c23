"""Jobs of routing: a batch too large for one request, or one whose request died."""

from uuid import UUID

import structlog
from procrastinate.contrib.django import app

from doleance.kernel import clock
from doleance.routing.actions import batches
from doleance.routing.models import Batch
from doleance.routing.queries.batches import RUN, UNDO

AT_A_TIME = 10  # files
log = structlog.get_logger()


@app.task(name=RUN, retry=3)
def run(batch_id: str) -> None:
    """Do what waits in a batch; one already done is left alone.

    Its author and the clock are asked again every few files: a right that is taken stops the rest, and each change
    bears its own moment, by which open pages learn of it.
    """
    while (batch := _unfinished(UUID(batch_id))) is not None:
        batches.carry_out(batch=batch, most=AT_A_TIME, by=batch.author.actor(), at=clock.now())
    log.info("batch_carried_out", batch=batch_id)


@app.task(name=UNDO, retry=3)
def undo(batch_id: str) -> None:
    """Give back what is left of a batch that was undone; mostly nothing is."""
    batch = Batch.objects.select_related("author").exclude(undone_at=None).get(pk=UUID(batch_id))
    batches.take_back(batch=batch, by=batch.author.actor(), at=clock.now())


def _unfinished(batch_id: UUID) -> Batch | None:
    return Batch.objects.select_related("author").filter(pk=batch_id, finished_at=None).first()
