"""Remet une sauvegarde en place. La base d’avant est gardée à côté, sous un autre nom."""

import argparse
import json
import os
from datetime import datetime
from pathlib import Path

import psycopg
from psycopg import sql

from doleance.boot import archive, config, external, loading, prepare
from doleance.boot.config import Config
from doleance.boot.postgres import DATABASE, OWNER, SUPERUSER, Server
from doleance.boot.session import Session
from doleance.kernel.clock import now
from doleance.kernel.errors import Refusal

MARK = "restored"  # until the next preparation has dealt with it


class NoFile(Refusal):
    """Nothing is there."""

    code = "no_file"
    sentence = "{path} est introuvable."


class NoKeys(Refusal):
    """A backup without its keys opens nothing."""

    code = "no_backup_keys"
    sentence = "Cette installation n’a pas les clés de la sauvegarde ({wanted}). Donnez leur fichier avec --keys."


class NotKeys(Refusal):
    """The file holds no keys."""

    code = "not_keys"
    sentence = "{path} n’est pas un fichier de clés de Doléance."


class NotEmpty(Refusal):
    """A database that is not ours to rename already holds something."""

    code = "database_not_empty"
    sentence = (
        "La base de DATABASE_OWNER_URL contient déjà des tables. Créez une base vide, mettez son adresse dans les "
        "réglages, puis recommencez."
    )


class NotWhole(Refusal):
    """What was loaded is not what was saved."""

    code = "restore_not_whole"
    sentence = "Les lignes relues ne sont pas celles de la sauvegarde : rien n’a été remplacé."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The backup, and its keys when this machine does not have them."""
    parser.add_argument("path", type=Path, metavar="SAUVEGARDE")
    parser.add_argument("--keys", type=Path, metavar="CLES", help="le fichier de clés écrit avec la sauvegarde")


def run(options: argparse.Namespace) -> int:
    """Load, count, and only then put it in the place of what is there."""
    for path in filter(None, (options.path, options.keys)):
        if not path.is_file():
            raise NoFile(path=path)
    settled = config.load()
    facts = archive.facts_of(options.path)
    secrets = _read_keys(options.keys) if options.keys else {}
    key = _backup_key(settled, secrets, facts["key"])
    place = _restore_external if settled.database_url else _restore_own
    told = place(settled, options.path, key, facts["counts"])
    moved = _put_keys(settled, secrets)
    mark(settled.home, backup_at=facts["at"])
    print(f"Remis en place : la sauvegarde du {datetime.fromisoformat(facts['at']):%d/%m/%Y à %H:%M} UTC, {told}")
    if moved:
        print(f"Les clés d’avant sont gardées dans {moved}")
    print("Les courriers qui attendaient de partir attendront votre décision : ils sont peut-être déjà partis.")
    return 0


def mark(home: Path, *, backup_at: str) -> None:
    """Ask the next start to bring the tables up to date and to hold what might leave twice (`preparation`)."""
    prepare.forget(home)
    (home / MARK).write_text(backup_at, "ascii")


def _read_keys(path: Path) -> dict[str, bytes]:
    try:
        held = json.loads(path.read_text("utf-8"))["secrets"]
        return {name: bytes.fromhex(held[name]) for name in config.SECRETS}
    except (ValueError, KeyError, TypeError, UnicodeDecodeError) as error:
        raise NotKeys(path=path) from error


def _backup_key(settled: Config, secrets: dict[str, bytes], wanted: str) -> bytes:
    """The key that opens the backup: the given one, else this home's. Never makes one."""
    if secrets:
        return secrets["backup_key"]
    here = settled.path_of("backup_key")
    if not here.is_file() or archive.name_of(here.read_bytes()) != wanted:
        raise NoKeys(wanted=wanted)
    return here.read_bytes()


def _restore_own(settled: Config, path: Path, key: bytes, counts: dict[str, int]) -> str:
    """Into a new database of our own server, then by exchanging names. Refused while Doléance runs."""
    session = Session(settled.home, purpose="restore").open_alone()
    try:
        server, moment = session.server, f"{now():%Y%m%d_%H%M%S}"
        fresh, aside = f"doleance_remise_{moment}", f"doleance_avant_{moment}"
        server.make_database(fresh)
        try:
            loading.load(path, key=key, url=server.url(SUPERUSER, fresh))
            _require_whole(server.url(OWNER, fresh), counts)
        except BaseException:
            loading.drop(server, fresh)
            raise
        is_kept = _exchange(server, fresh, aside)
    finally:
        session.close(wait=False)
    if is_kept:
        return f"{sum(counts.values())} lignes. La base d’avant est gardée sous le nom « {aside} »."
    return f"{sum(counts.values())} lignes."


def _exchange(server: Server, fresh: str, aside: str) -> bool:
    """Give `fresh` the name that is served; whether what had it before held something, and is kept as `aside`."""
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    with server.connect() as connection, connection.transaction():
        for old, new in ((DATABASE, aside), (fresh, DATABASE)):
            connection.execute(rename.format(sql.Identifier(old), sql.Identifier(new)))
    with psycopg.connect(server.url(OWNER, aside)) as before:
        held = loading.count_rows(before)
    if not held:
        loading.drop(server, aside)
    return bool(held)


def _restore_external(settled: Config, path: Path, key: bytes, counts: dict[str, int]) -> str:
    """Into the empty database that settings name."""
    url = external.owner_url(settled)
    external.check_server(url)
    with psycopg.connect(url, connect_timeout=10) as connection:
        if loading.count_rows(connection):
            raise NotEmpty
    loading.load(path, key=key, url=url, options=("--no-owner", "--single-transaction"))
    _require_whole(url, counts)
    return f"{sum(counts.values())} lignes."


def _require_whole(url: str, counts: dict[str, int]) -> None:
    with psycopg.connect(url, connect_timeout=10) as connection:
        if loading.count_rows(connection) != counts:
            raise NotWhole


def _put_keys(settled: Config, secrets: dict[str, bytes]) -> Path | None:
    """Put the backup's keys in the place of this home's, which are kept aside; returns where, if any were."""
    folder = settled.home / "secrets"
    aside, moved = folder / f"avant-{now():%Y%m%d-%H%M%S}", False
    for name, value in secrets.items():
        path = settled.path_of(name)
        if path.is_file() and path.read_bytes() == value:
            continue
        if path.is_file():
            aside.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.rename(aside / name)
            moved = True
        folder.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(value)
            stream.flush()
            os.fsync(stream.fileno())
    return aside if moved else None
