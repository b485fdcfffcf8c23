"""Jobs of routing: a batch too large for one request, or one whose request died."""

from uuid import UUID

import structlog
from procrastinate.contrib.django import app

from doleance.kernel import clock
from doleance.routing.actions import batches
from doleance.routing.models import Batch
from doleance.routing.queries.batches import RUN

log = structlog.get_logger()


@app.task(name=RUN, retry=3)
def run(batch_id: str) -> None:
    """Do what waits in a batch, with the rights that its author has today; one already done is left alone."""
    batch = Batch.objects.select_related("author").filter(pk=UUID(batch_id), finished_at=None).first()
    if batch is not None:
        batches.carry_out(batch=batch, by=batch.author.actor(), at=clock.now())
        log.info("batch_carried_out", batch=batch_id)
