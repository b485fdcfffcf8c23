"""A PostgreSQL that is somebody else's: checked, prepared by its owner, saved and filled again."""

from pathlib import Path

import psycopg
import pytest

from doleance.boot import backup, external, session
from doleance.boot.external import TooOld, Unreachable
from doleance.boot.postgres import APP, OWNER, SUPERUSER
from tests.boot.conftest import doleance


@pytest.fixture
def theirs(empty):
    """A server with two databases and our roles, as a database administrator leaves it."""
    with session.session(empty, purpose="essai") as held:
        held.server.make_database("plaintes")
        held.server.make_database("reprise")
        yield held.server


def addresses(server, name: str) -> dict[str, str]:
    return {"DATABASE_URL": server.url(APP, name), "DATABASE_OWNER_URL": server.url(OWNER, name)}


def test_the_owner_migrates_then_the_application_works_and_a_backup_fills_another(theirs, empty):
    home = empty.parent / "machine"
    there = addresses(theirs, "plaintes")
    early = doleance(home, "verify", **there)
    assert early.returncode == 2
    assert "doleance migrate" in early.stderr
    assert doleance(home, "migrate", **there).returncode == 0
    assert doleance(home, "verify", **there).returncode == 0
    assert not (home / "postgres").exists()  # no server of ours beside theirs

    made = doleance(home, "backup", **there)
    assert made.returncode == 0, made.stderr
    assert "relue en entier" in made.stdout
    (saved,) = (home / backup.FOLDER).iterdir()
    refused = doleance(home, "restore", str(saved), **there)
    assert refused.returncode == 2
    assert "contient déjà des tables" in refused.stderr
    restored = doleance(home, "restore", str(saved), **addresses(theirs, "reprise"))
    assert restored.returncode == 0, restored.stderr
    assert rows(theirs, "plaintes") == rows(theirs, "reprise") > 0
    with (
        psycopg.connect(theirs.url(APP, "reprise")) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("DELETE FROM doleance_auditevent")


def rows(server, name: str) -> int:
    with psycopg.connect(server.url(OWNER, name)) as connection:
        row = connection.execute("SELECT count(*) FROM doleance_auditevent").fetchone()
        return row[0] if row else 0


def test_a_server_that_may_lose_rows_is_told_aloud_and_used(theirs, capsys):
    external.check_server(theirs.url(APP, "plaintes"))
    assert capsys.readouterr().err == ""
    with theirs.connect(SUPERUSER) as connection:
        connection.execute("ALTER ROLE doleance_app SET synchronous_commit = off")
    external.check_server(theirs.url(APP, "plaintes"))
    assert "synchronous_commit = off" in capsys.readouterr().err


def test_a_server_that_is_away_is_said_in_one_sentence(tmp_path: Path):
    with pytest.raises(Unreachable):
        external.check_server(f"postgresql://doleance_app@/doleance?host={tmp_path}")


def test_a_server_that_is_too_old_is_refused(theirs, monkeypatch):
    monkeypatch.setattr(external, "MINIMUM", 99)
    with pytest.raises(TooOld) as refused:
        external.check_server(theirs.url(APP, "plaintes"))
    assert "99" in str(refused.value)
