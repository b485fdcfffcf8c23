"""The run of an import and its lines."""

from collections.abc import Sequence
from datetime import datetime

from procrastinate.contrib.django import app

from doleance.accounts import queries as accounts
from doleance.accounts.models import Entity, Team
from doleance.accounts.rules import Actor
from doleance.audit import actions as audit
from doleance.channels.actions import messages as channels
from doleance.channels.actions.messages import Incoming
from doleance.channels.models import ImportLine, ImportRun, Mailbox
from doleance.channels.rules import Source
from doleance.intake import queries
from doleance.intake.sources import Found
from doleance.kernel.db import hold, write

READ_IMPORT = "intake.read_import"  # the job's name, by which it is deferred
RESCUE_SECONDS = 60  # after which a job reads what an import stored and did not read: it was killed


@write
def begin_import(
    *,
    path: str,
    entity: Entity,
    team: Team,
    mailbox: Mailbox | None,
    acknowledge: bool,
    by: Actor,
    at: datetime,
) -> ImportRun:
    """The import of a path: the one that was begun with the same choices and not finished, else a new one."""
    hold(f"import:{path}")
    wanted = ImportRun(path=path, entity=entity, team=team, mailbox=mailbox, acknowledge=acknowledge, started_at=at)
    begun = queries.unfinished_run(wanted)
    if begun is not None:
        return begun
    wanted.save(force_insert=True)
    facts = {"entity": entity.id, "mailbox": mailbox.id if mailbox else None, "acknowledge": acknowledge}
    audit.record(stream=wanted.journal_stream, code="import_begun", by=by.id, at=at, facts=facts, texts={"path": path})
    return wanted


@write
def store_lines(*, run: ImportRun, found: Sequence[Found], by: Actor, at: datetime) -> int:
    """Keep a batch of an import's items and the job that will read them if we cannot; how many were new."""
    items = [
        Incoming(
            raw=one.raw,
            source=Source.IMPORT,
            entity=run.entity,
            team=run.team or accounts.default_team(run.entity),
            mailbox=run.mailbox,
            separator=one.separator,
            acknowledge=run.acknowledge,
        )
        for one in found
    ]
    stored = channels.store(items=items, by=by, at=at)
    ImportLine.objects.bulk_create(
        [
            ImportLine(
                run=run,
                path=one.path,
                position=one.position,
                sha256=row.message.sha256,
                message=row.message,
                repeats=not row.is_new,
            )
            for one, row in zip(found, stored, strict=True)
        ],
        ignore_conflicts=True,  # the same import, run twice at once, wrote this line
    )
    new = sum(row.is_new for row in stored)
    facts = {"lines": len(found), "new": new}
    audit.record(stream=run.journal_stream, code="import_lines_stored", by=by.id, at=at, facts=facts)
    if new:
        order_rescue(run=run, seconds=RESCUE_SECONDS, by=by, at=at)
    return new


@write
def order_rescue(*, run: ImportRun, seconds: int, by: Actor, at: datetime) -> None:  # noqa: ARG001
    """Leave the job that reads what an import stored, unless one waits already: one a run, however much is stored."""
    name = f"import:{run.id}"
    hold(name)  # two who order at once: the second finds the job of the first
    if not queries.is_ordered(name):
        task = app.configure_task(READ_IMPORT, queue="intake", queueing_lock=name, schedule_in={"seconds": seconds})
        task.defer(run_id=str(run.id))


@write
def end_listing(*, run: ImportRun, by: Actor, at: datetime) -> None:
    """Note that every item of an import's source is in the ledger."""
    if run.listed_at is None:
        run.listed_at = at
        run.save(update_fields=["listed_at"])
        audit.record(stream=run.journal_stream, code="import_listed", by=by.id, at=at)


@write
def end_import(*, run: ImportRun, by: Actor, at: datetime) -> bool:
    """Note that an import is finished, when every item is stored and read; whether it is."""
    current = ImportRun.objects.select_for_update().get(pk=run.pk)
    told = queries.tally(current)
    if current.finished_at is None and current.listed_at is not None and not told.unread:
        current.finished_at = at
        current.save(update_fields=["finished_at"])
        facts = {"received": told.received, "linked": told.linked, "quarantined": told.quarantined}
        facts |= {"duplicate": told.duplicate, "complaints": told.complaints}
        audit.record(stream=current.journal_stream, code="import_finished", by=by.id, at=at, facts=facts)
    return current.finished_at is not None
