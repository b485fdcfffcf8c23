"""A sealed dump loaded into a database: to prove that a backup can be used, or to use it."""

import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile

import psycopg
from psycopg import sql

from doleance.boot import archive, binaries
from doleance.boot.postgres import Server
from doleance.kernel.errors import Refusal

# Sessions are not a memory worth keeping, and would let people in again; the cache is unlogged.
WITHOUT_ROWS = ("django_session", "cache_entry")


class LoadFailed(Refusal):
    """PostgreSQL did not take the dump; its own words follow."""

    code = "load_failed"
    sentence = "La sauvegarde ne se remet pas en place : {reason}"


def load(path: Path, *, key: bytes, url: str, options: tuple[str, ...] = ()) -> None:
    """Load the backup at `path` into the empty database at `url`. Raises `LoadFailed` and what `archive.read` does."""
    _pg_restore(path, key, [f"--dbname={url}", "--exit-on-error", *options])


def read_whole(path: Path, *, key: bytes) -> None:
    """Read the whole backup as PostgreSQL would, into nothing. Raises as `load` does."""
    _pg_restore(path, key, ["--file=/dev/null"])


def _pg_restore(path: Path, key: bytes, options: list[str]) -> None:
    command = [str(binaries.bin_dir() / "pg_restore"), "--format=custom", *options]
    with TemporaryFile() as said:
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said) as restore:
            is_cut = not _feed(restore, archive.read(path, key=key))
        if restore.returncode != 0 or is_cut:
            said.seek(0)
            raise LoadFailed(reason=said.read().decode("utf-8", "replace").strip() or "il s’est arrêté en route")


def _feed(restore: subprocess.Popen[bytes], pieces: Iterator[bytes]) -> bool:
    """Give it the whole dump; False when it stopped listening. A damaged backup leaves it no time to commit."""
    if restore.stdin is None:
        raise RuntimeError("pg_restore was started without a pipe")
    try:
        for data in pieces:
            restore.stdin.write(data)
    except BrokenPipeError:
        return False
    except BaseException:
        restore.kill()
        raise
    return True


@contextmanager
def scratch(server: Server) -> Iterator[str]:
    """An empty database of our own server, dropped at the end."""
    name = f"doleance_essai_{secrets.token_hex(4)}"
    server.make_database(name)
    try:
        yield name
    finally:
        drop(server, name)


def drop(server: Server, name: str) -> None:
    """Drop the database `name`, whoever is connected."""
    with server.connect() as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def count_rows(connection: psycopg.Connection) -> dict[str, int]:
    """How many rows each table has, those that a backup keeps."""
    found = connection.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') ORDER BY c.relname"
    ).fetchall()
    counts = {}
    for (name,) in found:
        if name not in WITHOUT_ROWS:
            query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier("public", name))
            row = connection.execute(query).fetchone()
            counts[name] = int(row[0]) if row else 0
    return counts
