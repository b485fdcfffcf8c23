"""What must be true before pages are served: typefaces, catalogues, tables, the house itself, static files.

Runs as the role that owns the schema, in one process with one start of Django.
"""

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from doleance.accounts import actions as accounts
from doleance.accounts import queries
from doleance.accounts.rules import machine
from doleance.boot import actions, backup, locks, prepare, restore
from doleance.complaints.actions import taxonomy
from doleance.deadlines import actions as deadlines
from doleance.kernel import assets, clock
from doleance.notifications.actions import carrying as notifications


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What it works on is in the environment."""
    parser.add_argument("--pages", action="store_true", help="sans toucher à la base")


def run(options: argparse.Namespace) -> int:
    """Prepare all, unless another process just did."""
    home = settings.DOLEANCE_HOME
    with _one_at_a_time(home):
        if not (prepare.has_pages(home) if options.pages else prepare.is_current(home, os.environ["DATABASE_URL"])):
            print("Préparation…", flush=True)
            compile_catalogues(prepare.PACKAGE / "locale")
            assets.build(settings.ASSETS)
            if not options.pages:
                with _one_machine_at_a_time():
                    migrate()
                    furnish()
                    settle_restore(home)
            call_command("collectstatic", verbosity=0, interactive=False)
            prepare.note(home, only_pages=options.pages)
    return 0


@contextmanager
def _one_at_a_time(home: Path) -> Iterator[None]:
    """Two commands of a fresh checkout prepare once."""
    lock = locks.FileLock(home / "prepare.lock")
    lock.exclusive()
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _one_machine_at_a_time() -> Iterator[None]:
    """Two machines that start at once change the tables once: the second waits, then finds nothing left to do."""
    with psycopg.connect(os.environ["DATABASE_URL"], connect_timeout=10) as direct:
        direct.execute("SELECT pg_advisory_xact_lock(hashtextextended('doleance prepare', 0))")
        yield


def migrate() -> None:
    """Bring the schema up to date. In embedded mode, a database that already holds something is saved first."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not plan:
        return
    if executor.loader.applied_migrations and settings.INSTALLATION.is_embedded:
        backup.make(settings.INSTALLATION, reason=backup.BEFORE_MIGRATION)
    call_command("migrate", verbosity=0, interactive=False)


def furnish() -> None:
    """What every installation needs in its tables; what people changed since is left as it is."""
    by, at = machine("prepare"), clock.now()
    accounts.ensure_house(by=by, at=at)
    taxonomy.seed(by=by, at=at)
    deadlines.seed_calendars(by=by, at=at)
    if queries.is_set_up():  # before, the house has no name of its own
        accounts.name_addresses(by=by, at=at)


def settle_restore(home: Path) -> None:
    """After a restore, before anything may leave: say so on the journal, and doubt the mails that waited."""
    mark = home / restore.MARK
    if mark.is_file():
        by, at = machine("restore"), clock.now()
        actions.note_restore(backup_at=mark.read_text("ascii"), by=by, at=at)
        notifications.doubt_after_restore(by=by, at=at)
        mark.unlink()


def compile_catalogues(folder: Path) -> None:
    """Compile each translation that changed, in Python: `msgfmt` is absent from a fresh machine."""
    for source in folder.glob("*/LC_MESSAGES/*.po"):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        draft = target.with_name(f"{target.name}.{os.getpid()}")
        with source.open("rb") as stream, draft.open("wb") as written:
            write_mo(written, read_po(stream, locale=source.parts[-3]))
        draft.replace(target)
