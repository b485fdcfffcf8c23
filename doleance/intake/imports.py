"""Importe des courriels : un fichier mbox ou eml, un Maildir, ou tous les fichiers d’un dossier.

Everything is stored before anything is read. Killed and begun again, the import goes on where it was; a job reads
meanwhile what was stored and is not read yet.
"""

import argparse
import json
import os
import sys
import time
import traceback
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError
from tqdm import tqdm

from doleance.accounts import queries as accounts
from doleance.accounts.models import Entity
from doleance.accounts.rules import machine
from doleance.channels import queries as channels
from doleance.channels import registry
from doleance.channels.models import ImportRun, Mailbox, Message
from doleance.channels.rules import ParsedMessage
from doleance.intake import queries, sources
from doleance.intake.actions import importing, receiving
from doleance.intake.sources import Found, Unreadable
from doleance.kernel import clock
from doleance.kernel.errors import Refusal

STORE_BATCH, STORE_BYTES = 100, 32 * 1024 * 1024  # items and bytes of one commit
READ_BATCH, READ_BYTES = 50, 16 * 1024 * 1024  # messages decided about in one commit, and their bytes
RESCUE_BATCHES = 20  # read by one job
TRIES = 3
_MACHINE = machine("import")
_LOG = structlog.get_logger(__name__)


class NoSuchSource(Refusal):
    """The path leads nowhere."""

    code = "no_such_source"
    sentence = "« {path} » n’existe pas, ou ne se lit pas."


class NoSuchMailbox(Refusal):
    """No mailbox of ours has this address."""

    code = "no_such_mailbox"
    sentence = "Aucune boîte de messagerie n’a l’adresse {address}. Ajoutez-la dans les réglages."


class NoSuchEntity(Refusal):
    """No entity has this name."""

    code = "no_such_entity"
    sentence = "Aucune entité ne s’appelle « {name} »."


@dataclass(slots=True)
class Progress:
    """The bars on standard error, and the files that could not be taken."""

    refused: list[Unreadable] = field(default_factory=list)

    def bar(self, what: str, total: int, unit: str) -> "tqdm[Any]":
        """A bar that shows itself to a person, and says nothing to a file."""
        return tqdm(total=total, desc=what, unit=unit, file=sys.stderr, disable=None, dynamic_ncols=True)

    def report(self) -> None:
        """Name what could not be taken: nothing is left out in silence."""
        for one in self.refused:
            sys.stderr.write(f"Pas importé\u00a0: {one.path} ({one.why})\n")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `doleance import`."""
    parser.add_argument("path", type=Path, metavar="CHEMIN", help="mbox, eml, Maildir ou dossier (tous ses fichiers)")
    parser.add_argument(
        "--no-acknowledge", action="store_true", help="reprise d’historique : n’envoie aucun accusé de réception"
    )
    parser.add_argument("--mailbox", metavar="ADRESSE", help="boîte de messagerie qui a reçu ces courriels")
    parser.add_argument("--entity", metavar="NOM", help="entité concernée, sans boîte de messagerie")


def run(options: argparse.Namespace) -> int:
    """Import, then print one JSON object as the last line; 1 when a file could not be taken."""
    began = time.monotonic()
    progress = Progress()
    started = _begin(options)
    store(started, Path(options.path), progress)
    read(started, progress)
    told = queries.tally(started)
    progress.report()
    figures = {
        "received": told.received,
        "linked": told.linked,
        "quarantined": told.quarantined,
        "duplicate": told.duplicate,
        "complaints": told.complaints,
        "seconds": round(time.monotonic() - began, 3),
    }
    sys.stdout.write(json.dumps(figures) + "\n")
    return 1 if progress.refused else 0


def _begin(options: argparse.Namespace) -> ImportRun:
    path = Path(options.path)
    if not os.access(path, os.R_OK):
        raise NoSuchSource(path=path)
    mailbox = _mailbox(options.mailbox) if options.mailbox else None
    entity = mailbox.entity if mailbox else _entity(options.entity)
    return importing.begin_import(
        path=str(path.resolve()).encode("utf-8", "replace").decode(),
        entity=entity,
        team=(mailbox.team if mailbox else None) or accounts.default_team(entity),
        mailbox=mailbox,
        acknowledge=not options.no_acknowledge,
        by=_MACHINE,
        at=clock.now(),
    )


def _mailbox(address: str) -> Mailbox:
    found = channels.mailbox_by_address(address)
    if found is None:
        raise NoSuchMailbox(address=address)
    return found


def _entity(name: str | None) -> Entity:
    found = accounts.entity() if name is None else Entity.objects.filter(name=name).first()
    if found is None:
        raise NoSuchEntity(name=name)
    return found


def store(run: ImportRun, root: Path, progress: Progress) -> None:
    """Keep every item of the source that is not in the run's record yet, by batches; what was added since, too."""
    known = queries.known_lines(run)
    paths = sources.files(root)
    with progress.bar("Réception", len(paths), "fichier") as bar:
        for batch in _batches(_fresh(paths, root, known, progress, bar)):
            importing.store_lines(run=run, found=batch, by=_MACHINE, at=clock.now())
    importing.end_listing(run=run, by=_MACHINE, at=clock.now())


def _fresh(
    paths: Sequence[Path], root: Path, known: set[tuple[str, int, str]], progress: Progress, bar: "tqdm[Any]"
) -> Iterator[Found]:
    for path in paths:
        for item in sources.items(path, root):
            if isinstance(item, Unreadable):
                progress.refused.append(item)
            elif (item.path, item.position, item.sha256) not in known:
                yield item
        bar.update()


def _batches(items: Iterable[Found]) -> Iterator[list[Found]]:
    batch: list[Found] = []
    size = 0
    for item in items:
        batch.append(item)
        size += len(item.raw)
        if len(batch) >= STORE_BATCH or size >= STORE_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def read(run: ImportRun, progress: Progress, *, newest_first: bool = False, batches: int | None = None) -> bool:
    """Read what the import stored, at most so many batches, and say whether nothing is left.

    Several processes may do it at once. The job reads from the end while the command reads from the beginning; who
    finds that another process has taken what it read goes on from the other end, so that they seldom meet.
    """
    with progress.bar("Lecture", queries.tally(run).unread, "courriel") as bar:
        for _ in repeat(None) if batches is None else repeat(None, batches):
            waiting = channels.to_read(run, limit=READ_BATCH, newest_first=newest_first)
            if not waiting:
                break
            messages = next(cut(waiting))
            done = read_batch(messages)
            bar.update(done)
            if done < len(messages):
                newest_first = not newest_first
            if not done:
                time.sleep(0.2)  # another process holds them: it is about to finish
        else:
            return False
    importing.end_import(run=run, by=_MACHINE, at=clock.now())
    return True


def cut(messages: Iterable[Message]) -> Iterator[list[Message]]:
    """Messages in batches that fit in memory, in their order; one that is too large for any is alone in its own."""
    batch: list[Message] = []
    size = 0
    for message in messages:
        if batch and (len(batch) >= READ_BATCH or size + message.size > READ_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(message)
        size += message.size
    if batch:
        yield batch


def read_batch(messages: Sequence[Message]) -> int:
    """Read some messages and decide about them in one transaction; one by one when that fails. How many were ours."""
    try:
        raws = channels.raws_of(messages)
        read = [(message, _parse(message, raws[message.id])) for message in messages]
        return len(receiving.register_all(read=read, by=_MACHINE, at=clock.now()))
    except Exception as error:  # noqa: BLE001  each is tried again by itself, and its failure told
        _LOG.warning("batch_failed", messages=len(messages), error=type(error).__name__, where=_where(error))
    return sum(_read_one(message) for message in messages)


def _where(error: Exception) -> str:
    """The place in our code where something failed: its words could quote a message, a place cannot."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if f"{os.sep}doleance{os.sep}" in frame.filename]
    return f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else ""


def _parse(message: Message, raw: bytes) -> ParsedMessage:
    return registry.channel_of(message).parse(raw)


def _read_one(message: Message) -> bool:
    """Read one message by itself; a failure of ours parks it after three tries, and the others go on.

    When the database is what fails, no message is to blame: the error goes up, and the job comes back later.
    """
    for _ in range(TRIES):
        try:
            return receiving.receive(message=message, by=_MACHINE, at=clock.now()) is not None
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:  # noqa: BLE001  whatever it is, it stays with this message
            _LOG.warning("message_failed", message=str(message.id), error=type(error).__name__, where=_where(error))
    receiving.park(message=message, by=_MACHINE, at=clock.now())
    return True
