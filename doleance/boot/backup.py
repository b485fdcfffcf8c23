"""Sauvegarde la base dans un fichier scellé, les clés dans un autre, et relit ce qui a été écrit.

A backup without its keys opens nothing, keys without a backup tell nothing: keep them in two places. What is verified
is the file as written: opened again, restored into a database of its own, its rows counted, its journal verified.
"""

import argparse
import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryFile

import psycopg

from doleance.boot import archive, binaries, children, config, external, loading
from doleance.boot.config import Config
from doleance.boot.postgres import OWNER, SUPERUSER, Server
from doleance.boot.session import data_of
from doleance.kernel.clock import now
from doleance.kernel.errors import Refusal

ASKED, DAILY, BEFORE_MIGRATION = "demandee", "quotidienne", "avant-migration"
SUFFIX = ".sauvegarde"
FOLDER, KEYS_FOLDER = "sauvegardes", "cles"
EVERY = timedelta(hours=23)  # a little less than a day, so that the hour does not drift to the next day


class BackupFailed(Refusal):
    """Nothing was kept: a backup that cannot be trusted is removed."""

    code = "backup_failed"
    sentence = "La sauvegarde a échoué, rien n’a été gardé : {reason}"


@dataclass(frozen=True, slots=True)
class Made:
    """A backup and its keys."""

    path: Path
    keys: Path
    tables: int
    rows: int
    proof: str  # what was verified, in French


@dataclass(frozen=True, slots=True)
class Source:
    """The database to save: under its owner's name, and our own server when it is ours."""

    owner: str
    server: Server | None


def source_of(settled: Config) -> Source:
    """The database of this installation, wherever it is."""
    if settled.is_embedded:
        server = Server(data_of(settled.home))
        return Source(owner=server.url(OWNER), server=server)
    return Source(owner=external.owner_url(settled), server=None)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the two files go."""
    parser.add_argument("--to", type=Path, metavar="DOSSIER", help="où écrire la sauvegarde")
    parser.add_argument("--keys-to", type=Path, metavar="DOSSIER", help="où écrire les clés")


def run(options: argparse.Namespace) -> int:
    """Make a backup and say where its two halves are."""
    made = make(config.load(), reason=ASKED, folder=options.to, keys_folder=options.keys_to)
    print(f"Sauvegarde  {made.path}\n            {made.tables} tables, {made.rows} lignes, {made.proof}")
    print(f"Clés        {made.keys}\n            À garder ailleurs : sans elles la sauvegarde ne s’ouvre pas.")
    return 0


def make(settled: Config, *, reason: str, folder: Path | None = None, keys_folder: Path | None = None) -> Made:
    """Save database and keys, verify, then forget the oldest automatic ones. Raises `BackupFailed`."""
    place = _folder(folder or settled.home / FOLDER)
    keys = save_keys(settled, keys_folder or settled.home / KEYS_FOLDER)
    source = source_of(settled)
    at = now()
    path = place / f"doleance-{at:%Y%m%dT%H%M%S}Z-{reason}{SUFFIX}"
    draft = path.with_name(f".{path.name}.part")
    try:
        counts = _dump(source, draft, key=settled.secret("backup_key").read_bytes(), at=at)
        proof = _prove(settled, source, draft, counts, reason=reason)
        draft.rename(path)
        _sync(place)
    finally:
        draft.unlink(missing_ok=True)
    if reason != ASKED:
        _prune(place, reason, settled.backups_kept)
    return Made(path=path, keys=keys, tables=len(counts), rows=sum(counts.values()), proof=proof)


def is_due(settled: Config, *, at: datetime) -> bool:
    """Whether the last daily backup is a day old, or absent."""
    made_at = latest(settled)
    return made_at is None or made_at <= at - EVERY


def latest(settled: Config) -> datetime | None:
    """When the last daily backup of this home was made, or None."""
    newest = max((settled.home / FOLDER).glob(f"doleance-*-{DAILY}{SUFFIX}"), default=None)
    return _made_at(newest) if newest else None


def _made_at(path: Path) -> datetime:
    """The moment in a backup's name, which copying does not change."""
    return datetime.strptime(path.name.split("-")[1], "%Y%m%dT%H%M%S%z")


def save_keys(settled: Config, folder: Path) -> Path:
    """Write every secret of the home into one file of `folder`, for its owner alone, unless it is there already."""
    secrets = {name: settled.secret(name).read_bytes().hex() for name in config.SECRETS}
    key = archive.name_of(bytes.fromhex(secrets["backup_key"]))
    path = _folder(folder) / f"doleance-{key}.cles"
    text = json.dumps({"key": key, "secrets": secrets}, indent=1) + "\n"
    if not path.exists() or path.read_text("utf-8") != text:
        draft = path.with_name(f".{path.name}.part")
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        draft.rename(path)
        _sync(path.parent)
    return path


def _folder(path: Path) -> Path:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path.absolute()


def _sync(folder: Path) -> None:
    """Put the folder's entries on disk: a renamed file is safe only then."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _dump(source: Source, draft: Path, *, key: bytes, at: datetime) -> dict[str, int]:
    """Seal a dump of one snapshot into `draft`; returns how many rows each table had in that very snapshot."""
    with psycopg.connect(source.owner, connect_timeout=10) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        row = connection.execute("SELECT pg_export_snapshot(), current_setting('server_version')").fetchone()
        snapshot, version = row or ("", "")
        counts = loading.count_rows(connection)
        facts = {"at": at.isoformat(), "postgresql": version, "counts": counts}
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            writer = archive.Writer(stream, key=key, facts=facts)
            for data in _pg_dump(source.owner, snapshot):
                writer.write(data)
            writer.close()
            stream.flush()
            os.fsync(stream.fileno())
    return counts


def _without_extension() -> list[str]:
    """The option that leaves the extension out, of a pg_dump that has it (17)."""
    asked = subprocess.run(
        [str(binaries.bin_dir() / "pg_dump"), "--help"], capture_output=True, text=True, check=False
    )
    return ["--exclude-extension=vector"] if "--exclude-extension" in asked.stdout else []


def _pg_dump(url: str, snapshot: str) -> Iterator[bytes]:
    options = ["--format=custom", "--compress=6", "--no-unlogged-table-data", f"--snapshot={snapshot}"]
    # What `doleance vectors` made is derived, and a server without the extension could not take it.
    options += ["--exclude-schema=doleance_vectors", *_without_extension()]
    options += [f"--exclude-table-data={name}" for name in loading.WITHOUT_ROWS]
    command = [str(binaries.bin_dir() / "pg_dump"), *options, f"--dbname={url}"]
    with TemporaryFile() as said:
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said) as dump:
            while dump.stdout is not None and (data := dump.stdout.read(1 << 20)):
                yield data
        if dump.returncode != 0:
            said.seek(0)
            raise BackupFailed(reason=said.read().decode("utf-8", "replace").strip())


def _prove(settled: Config, source: Source, path: Path, counts: Mapping[str, int], *, reason: str) -> str:
    """Open what was written and load it elsewhere; returns what was proved, in French. Raises `BackupFailed`."""
    key = settled.secret("backup_key").read_bytes()
    if source.server is None:
        loading.read_whole(path, key=key)
        return "relue en entier"
    with loading.scratch(source.server) as name:
        loading.load(path, key=key, url=source.server.url(SUPERUSER, name))
        with psycopg.connect(source.server.url(OWNER, name)) as connection:
            found = loading.count_rows(connection)
        if found != counts:
            raise BackupFailed(reason="les lignes relues ne sont pas celles qui ont été écrites.")
        if reason == BEFORE_MIGRATION:  # the code is already newer than the tables
            return "remise en place à l’essai"
        return f"remise en place à l’essai, {_journal(source.server, name)}"


def _journal(server: Server, name: str) -> str:
    """Verify the journal of the database `name`. A broken journal is told, and its backup is kept as evidence."""
    addresses = {"DATABASE_URL": server.url(database=name), "DATABASE_OWNER_URL": server.url(OWNER, name)}
    environment = children.environment(**addresses, DOLEANCE_PROCESS="command")
    done = subprocess.run(
        children.command("verify"), env=environment, check=False, capture_output=True, stdin=subprocess.DEVNULL
    )
    return {0: "journal intact", 1: "MAIS SON JOURNAL N’EST PAS INTACT (doleance verify)"}.get(
        done.returncode, "journal non vérifié"
    )


def _prune(folder: Path, reason: str, kept: int) -> None:
    """Remove the oldest backups made for `reason`, beyond `kept`. What a person asked for is theirs to remove."""
    for old in sorted(folder.glob(f"doleance-*-{reason}{SUFFIX}"))[:-kept]:
        old.unlink()
