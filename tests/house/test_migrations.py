"""One straight line of migrations, none missing."""

import io
import itertools
import re
from typing import ClassVar

import pytest
from django.contrib.postgres.operations import AddConstraintNotValid
from django.core.management import call_command
from django.db import connection, models
from django.db import migrations as migrations_of_django
from django.db.migrations import operations
from django.db.migrations.loader import MigrationLoader

from tests.house.source import ROOT

FOLDER = ROOT / "doleance/migrations"


def migrations() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("0*.py"))


def faults(names: list[str], last: str) -> list[str]:
    """What keeps a list of migrations from being one straight line that ends at `last`."""
    numbers = [int(name.partition("_")[0]) for name in names]
    found = []
    if numbers != list(range(1, len(names) + 1)):
        found.append(f"numbers are not 1, 2, 3…: {numbers}")
    if not names or last != names[-1]:
        found.append(f"max_migration.txt says {last}, the last one is {names[-1:]}")
    return found


def test_the_line_is_straight():
    """Two branches that add a migration conflict in max_migration.txt, where it is seen."""
    assert not faults(migrations(), (FOLDER / "max_migration.txt").read_text().strip())


def test_each_migration_follows_the_one_before():
    names = migrations()
    for before, name in itertools.pairwise(names):
        text = (FOLDER / f"{name}.py").read_text("utf-8")
        assert f'("doleance", "{before}")' in text, f"{name} does not follow {before}"


@pytest.mark.django_db
def test_no_migration_is_missing():
    said = io.StringIO()
    try:
        call_command("makemigrations", "doleance", check=True, dry_run=True, stdout=said, stderr=said)
    except SystemExit:
        pytest.fail(f"models changed without a migration:\n{said.getvalue()}")


def test_migrations_run_on_any_postgresql_15():
    """ICU collations are absent from the embedded server, uuidv7() from PostgreSQL before 18 (stack.md, section 1)."""
    texts = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.py")}
    texts |= {path.name: path.read_text("utf-8") for path in (ROOT / "doleance").glob("*/sql/*.sql")}
    banned = re.compile(r"create\s+collation|uuidv7\(|pgcrypto|uuid-ossp", re.IGNORECASE)
    assert not [name for name, text in texts.items() if banned.search(text)]


@pytest.mark.parametrize(
    ("names", "last"),
    [
        (["0001_initial", "0003_x"], "0003_x"),
        (["0001_initial", "0002_x", "0002_y"], "0002_y"),
        (["0001_initial", "0002_x"], "0001_initial"),
        ([], "0001_initial"),
    ],
)
def test_a_bent_line_is_seen(names, last):
    assert faults(names, last)


def test_a_straight_line_passes():
    assert not faults(["0001_initial", "0002_journal"], "0002_journal")


# Tables that hold a row a file or more. What looks at each of their rows must not keep everybody from reading them.
LARGE = {
    *("complaint", "message", "exchange", "notice", "grievance", "clock", "party", "address", "attachment"),
    *("auditevent", "sealedkey"),
}
FIRST_HELD = 32  # those before were released


def locking(migration: migrations_of_django.Migration) -> list[str]:
    """Operations that check each row of a large table under a lock which keeps others from reading it."""
    found = []
    for one in migration.operations:
        name = str(getattr(one, "model_name", "")).lower()
        is_check = isinstance(one, operations.AddConstraint) and not isinstance(one, AddConstraintNotValid)
        field = one.field if isinstance(one, operations.AddField) else None
        is_link = isinstance(field, models.ForeignKey) and field.db_constraint
        if name in LARGE and (is_check or is_link):
            found.append(f"{migration.name}: {one.describe()}")
    return found


def test_large_tables_are_checked_while_they_are_read():
    """A constraint is added NOT VALID, and validated by a later migration: another transaction, a weaker lock."""
    loader = MigrationLoader(None, load=False)
    loader.load_disk()
    told = sorted(loader.disk_migrations.items())
    late = [one for (app, name), one in told if app == "doleance" and int(name[:4]) >= FIRST_HELD]
    assert late
    assert not [fault for one in late for fault in locking(one)]


def test_a_lock_is_seen():
    check = models.CheckConstraint(condition=models.Q(version__gte=0), name="x")
    link = models.ForeignKey("doleance.complaint", on_delete=models.PROTECT, null=True)

    class Made(migrations_of_django.Migration):
        operations: ClassVar = [
            operations.AddConstraint("complaint", check),
            operations.AddField("notice", "other", link),
            AddConstraintNotValid("complaint", check),
            operations.AddConstraint("pair", check),
        ]

    assert len(locking(Made("0099_x", "doleance"))) == 2


@pytest.mark.django_db
def test_every_constraint_was_validated():
    with connection.cursor() as cursor:
        cursor.execute("SELECT conname FROM pg_constraint WHERE NOT convalidated")
        assert cursor.fetchall() == []
