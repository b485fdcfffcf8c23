"""One straight line of migrations, none missing."""

import io
import itertools
import re

import pytest
from django.core.management import call_command

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
