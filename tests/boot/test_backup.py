"""Backups: made, proved, kept, and put back on another machine."""

import argparse
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from doleance import migrations
from doleance.boot import archive, backup, binaries, config, loading, restore, session
from doleance.boot.archive import Damaged
from doleance.boot.backup import BackupFailed
from doleance.boot.loading import LoadFailed
from doleance.boot.postgres import APP, OWNER
from doleance.boot.session import InUse
from doleance.kernel import clock
from tests.boot.conftest import doleance, environment

NAME = "Madame Durand"


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], config.Config]:
    """Make a home the one that this process works on."""

    def choose(home: Path) -> config.Config:
        for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "DOLEANCE_PROCESS"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("DOLEANCE_HOME", str(home))
        return config.load()

    return choose


@pytest.fixture
def here(ready: Path, use: Callable[[Path], config.Config]) -> config.Config:
    return use(ready)


def sql(home: Path, query: str, role: str = OWNER) -> list[str]:
    with (
        session.session(home, purpose="essai") as held,
        psycopg.connect(held.server.url(role), autocommit=True) as connection,
    ):
        cursor = connection.execute(query)
        return [str(row[0]) for row in cursor.fetchall()] if cursor.description else []


def write_something(home: Path) -> None:
    sql(home, f"INSERT INTO auth_group (name) VALUES ('{NAME}')")


def names(home: Path) -> list[str]:
    return sql(home, "SELECT name FROM auth_group")


def save(settled: config.Config, reason: str = backup.ASKED) -> backup.Made:
    with session.session(settled.home, purpose="essai"):
        return backup.make(settled, reason=reason)


def put_back(path: Path, keys: Path | None = None) -> int:
    return restore.run(argparse.Namespace(path=path, keys=keys))


def test_a_backup_is_put_back_on_another_machine_with_its_keys(here, use, capsys):
    write_something(here.home)
    events = sql(here.home, "SELECT hash FROM doleance_auditevent ORDER BY stream, seq")
    made = save(here)
    assert made.proof == "remise en place à l’essai, journal intact"
    assert made.rows > len(events) > 0
    assert {stat.S_IMODE(path.stat().st_mode) for path in (made.path, made.keys)} == {0o600}
    assert {stat.S_IMODE(path.parent.stat().st_mode) for path in (made.path, made.keys)} == {0o700}
    content = made.path.read_bytes()
    assert NAME.encode() not in content
    assert not [path for path in (here.home / "secrets").iterdir() if path.read_bytes() in content]
    assert not sql(here.home, "SELECT 1 FROM pg_database WHERE datname LIKE 'doleance_%'")  # the trial is gone

    elsewhere = use(here.home.parent / "ailleurs")
    with pytest.raises(restore.NoKeys):
        put_back(made.path)
    assert not elsewhere.home.exists()  # asking made nothing, and no new key
    assert put_back(made.path, made.keys) == 0
    assert f"{made.rows} lignes" in capsys.readouterr().out
    for name in config.SECRETS:
        assert elsewhere.secret(name).read_bytes() == here.secret(name).read_bytes()
    assert names(elsewhere.home) == [NAME]
    assert sql(elsewhere.home, "SELECT hash FROM doleance_auditevent ORDER BY stream, seq") == events
    with pytest.raises(psycopg.errors.InsufficientPrivilege):  # rights came back with the rows
        sql(elsewhere.home, "DELETE FROM doleance_auditevent", APP)
    verified = doleance(elsewhere.home, "verify")  # starts the older tables anew, then reads the whole journal
    assert verified.returncode == 0, verified.stdout + verified.stderr
    (told,) = sql(elsewhere.home, "SELECT facts FROM doleance_auditevent WHERE facts->>'code' = 'database_restored'")
    assert archive.facts_of(made.path)["at"] in told
    assert not (elsewhere.home / "restored").exists()


def test_what_was_there_before_is_kept_beside_and_a_running_home_is_left_alone(here, capsys):
    made = save(here)
    write_something(here.home)
    with session.session(here.home, purpose="import"), pytest.raises(InUse) as refused:
        put_back(made.path)
    assert "import" in str(refused.value)
    put_back(made.path)
    assert names(here.home) == []
    (aside,) = sql(here.home, "SELECT datname FROM pg_database WHERE datname LIKE 'doleance_avant_%'")
    assert aside in capsys.readouterr().out


def test_a_damaged_backup_replaces_nothing(here, tmp_path):
    made = save(here)
    write_something(here.home)
    content = made.path.read_bytes()
    middle = len(content) // 2
    wrong = tmp_path / "abimee.sauvegarde"
    for damaged in (content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :], content[:-1]):
        wrong.write_bytes(damaged)
        with pytest.raises(Damaged):
            put_back(wrong)
    for absent in (tmp_path / "absente.sauvegarde", tmp_path):
        with pytest.raises(restore.NoFile):
            put_back(absent)
    with pytest.raises(archive.NotABackup):
        put_back(here.home / config.FILE)
    with pytest.raises(restore.NotKeys):
        put_back(made.path, here.home / config.FILE)
    assert names(here.home) == [NAME]
    assert not sql(here.home, "SELECT 1 FROM pg_database WHERE datname LIKE 'doleance_%'")


def test_rows_that_are_missing_after_loading_replace_nothing(here, monkeypatch):
    made = save(here)
    monkeypatch.setattr(archive, "facts_of", _one_row_more(archive.facts_of))
    with pytest.raises(restore.NotWhole):
        put_back(made.path)
    assert not sql(here.home, "SELECT 1 FROM pg_database WHERE datname LIKE 'doleance_%'")


def _one_row_more(read):
    def facts_of(path):
        facts = read(path)
        facts["counts"]["doleance_auditevent"] += 1
        return facts

    return facts_of


def undo_latest_migration(home: Path) -> None:
    """Bring the tables back to what the version before this one left."""
    names = sorted(path.stem for path in Path(migrations.__path__[0]).glob("0*.py"))
    with session.session(home, purpose="essai") as held:
        address = held.server.url(OWNER)
        told = environment(home, DATABASE_URL=address, DATABASE_OWNER_URL=address, PGOPTIONS="-c doleance.action=undo")
        told["DJANGO_SETTINGS_MODULE"] = "doleance.boot.settings"
        line = [sys.executable, "-m", "django", "migrate", "--verbosity=0", "doleance", names[-2]]
        subprocess.run(line, env=told, check=True, timeout=120)


def test_a_new_version_saves_what_is_there_before_it_changes_the_tables(here):
    undo_latest_migration(here.home)
    migrated = doleance(here.home, "migrate")
    assert migrated.returncode == 0, migrated.stderr
    (saved,) = (here.home / backup.FOLDER).iterdir()
    assert saved.name.endswith(f"-{backup.BEFORE_MIGRATION}{backup.SUFFIX}")
    (applied,) = sql(here.home, "SELECT count(*) FROM django_migrations")
    assert archive.facts_of(saved)["counts"]["django_migrations"] == int(applied) - 1


@pytest.fixture
def broken_restore(here, monkeypatch) -> Iterator[None]:
    """PostgreSQL's programs, with a pg_restore that fails."""
    folder = here.home.parent / "bin"
    folder.mkdir()
    for program in binaries.bin_dir().iterdir():
        (folder / program.name).symlink_to(program)
    (folder / "pg_restore").unlink()
    (folder / "pg_restore").write_text("#!/bin/sh\nexit 1\n")
    (folder / "pg_restore").chmod(0o755)
    with session.session(here.home, purpose="essai"):
        monkeypatch.setattr(binaries, "bin_dir", lambda: folder)
        yield


def test_a_backup_that_cannot_be_proved_is_not_kept(here, broken_restore):
    with pytest.raises(LoadFailed):
        backup.make(here, reason=backup.ASKED)
    assert not list((here.home / backup.FOLDER).iterdir())


def test_a_dump_that_lacks_rows_is_not_kept(here, monkeypatch):
    counts = iter([{"doleance_team": 2}, {"doleance_team": 1}])
    monkeypatch.setattr(loading, "count_rows", lambda connection: next(counts))
    with pytest.raises(BackupFailed):
        save(here)
    assert not list((here.home / backup.FOLDER).iterdir())


def test_one_backup_a_day_and_a_few_are_kept(use, tmp_path):
    settled = use(tmp_path)
    now = clock.now()
    folder = settled.home / backup.FOLDER
    folder.mkdir()
    assert backup.is_due(settled, at=now)

    def leave(at, reason):
        (folder / f"doleance-{at:%Y%m%dT%H%M%S}Z-{reason}{backup.SUFFIX}").touch()

    leave(now - timedelta(days=30), backup.ASKED)
    for days in range(9, 0, -1):
        leave(now - timedelta(days=days), backup.DAILY)
    assert backup.is_due(settled, at=now)
    leave(now - timedelta(hours=22), backup.DAILY)
    assert not backup.is_due(settled, at=now)
    backup._prune(folder, backup.DAILY, settled.backups_kept)
    kept = sorted(folder.glob(f"*{backup.DAILY}*"))
    assert len(kept) == settled.backups_kept == 7
    assert not backup.is_due(settled, at=now)  # the newest stayed
    assert len(list(folder.glob(f"*{backup.ASKED}*"))) == 1  # what a person asked for is theirs


def test_keys_are_one_file_for_its_owner_alone(use, tmp_path):
    settled = use(tmp_path / "home")
    place = tmp_path / "cle-usb"
    path = backup.save_keys(settled, place)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_text()
    for name in config.SECRETS:
        assert settled.secret(name).read_bytes().hex() in text
    before = path.stat().st_mtime_ns
    assert backup.save_keys(settled, place) == path
    assert path.stat().st_mtime_ns == before
    settled.path_of("mail_key").unlink()
    assert backup.save_keys(settled, place).read_text() != text


def test_keys_that_a_restore_replaces_are_kept_aside(use, tmp_path):
    settled = use(tmp_path / "home")
    before = {name: settled.secret(name).read_bytes() for name in config.SECRETS}
    after = before | {"master_key": b"m" * 32}
    aside = restore._put_keys(settled, after)
    assert {name: settled.secret(name).read_bytes() for name in config.SECRETS} == after
    assert aside is not None
    assert {path.name: path.read_bytes() for path in aside.iterdir()} == {"master_key": before["master_key"]}
    assert stat.S_IMODE(settled.path_of("master_key").stat().st_mode) == 0o600
    assert restore._put_keys(settled, {}) is None
