"""Jobs of intake: a stored message is read even if the process that stored it was killed."""

from uuid import UUID

from procrastinate import JobContext
from procrastinate.contrib.django import app

from doleance.accounts.rules import machine
from doleance.channels import queries as channels
from doleance.intake import imports, queries
from doleance.intake.actions import importing, receiving
from doleance.kernel import clock

_MACHINE = machine("intake")


@app.task(name=receiving.READ_MESSAGE, retry=imports.TRIES, pass_context=True)
def read_message(context: JobContext, message_id: str) -> None:
    """Read one message and decide about it; after three failures a person sees it in quarantine."""
    message = channels.by_id(UUID(message_id))
    if message is None:
        return
    if context.job.attempts >= imports.TRIES:
        receiving.park(message=message, by=_MACHINE, at=clock.now())
        return
    receiving.receive(message=message, by=_MACHINE, at=clock.now())


@app.task(name=importing.READ_IMPORT, retry=imports.TRIES)
def read_import(run_id: str) -> None:
    """Read what an import stored and nobody read: its process was killed, or needs a hand."""
    run = queries.import_run(UUID(run_id))
    if run is not None:
        imports.read(run, imports.Progress(), newest_first=True)
