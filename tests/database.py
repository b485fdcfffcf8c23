"""A throwaway PostgreSQL for each run, started by the product's own launcher without its safety.

The migrated cluster is kept in the system's temporary folder under the hash of all that shaped it, and copied for each
run. Tests connect as `doleance_app`; migrations ran as `doleance_owner`, so that what the journal forbids is forbidden
in tests too. `DOLEANCE_TEST_DATABASE=system` takes the system's PostgreSQL (Debian's 15) instead of the wheel's.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import psycopg
import pytest
from psycopg import sql

from doleance.boot import binaries
from doleance.boot.postgres import APP, OWNER, SUPERUSER, Server

ROOT = Path(__file__).resolve().parents[1]
TEMPLATE, NAME = "doleance_template", "doleance_test"
KEPT_DAYS = 7


class NoServer(Exception):
    """The PostgreSQL that was asked for is not on this machine."""


class Database:
    """The run's server, started when the first test asks for it, and its database, renewed at will."""

    def __init__(self) -> None:
        self.folder, self._lock = _new_folder()
        self.server = Server(self.folder / "data", durable=False)

    def environment(self) -> dict[str, str]:
        """What makes a process of Doléance work on this database, and keep its files in this run's folder."""
        found = {"DATABASE_URL": self.server.url(APP, NAME), "DATABASE_OWNER_URL": self.server.url(OWNER, NAME)}
        found |= {"DOLEANCE_HOME": str(self.folder / "home"), "DOLEANCE_PROCESS": "test"}
        found |= {"DOLEANCE_MAIL_NETWORKS": "127.0.0.0/8,::1"}  # the servers of tests
        (self.folder / "home" / "static").mkdir(parents=True, exist_ok=True)  # whitenoise warns of an absent folder
        if os.environ.get("DOLEANCE_TEST_DATABASE") == "system":
            found["PG_BIN"] = str(system_binaries() or self.folder)
        return found

    def start(self) -> None:
        """Bring the server up with a fresh database, from the kept cluster when there is one. Raises NoServer."""
        if self.server.process is not None:
            return
        if os.environ.get("DOLEANCE_TEST_DATABASE") == "system" and not system_binaries():
            raise NoServer
        account = self.server.account
        os.chown(self.folder, account.uid, account.gid)
        with _cache() as folder:
            kept = folder / f"cluster-{digest()}"
            if kept.exists():
                os.utime(kept)
                subprocess.run(["cp", "-a", kept, self.server.data], check=True)
            else:
                self._build()
                subprocess.run(["cp", "-a", self.server.data, folder / "new"], check=True)
                (folder / "new").rename(kept)
        self.server.start()
        self.renew()

    def _build(self) -> None:
        """Make the cluster and its migrated template."""
        self.server.start()
        try:
            self.server.make_database(TEMPLATE)
            owner = self.server.url(OWNER, TEMPLATE)
            environment = os.environ | {"DATABASE_URL": owner, "DATABASE_OWNER_URL": owner}
            migrate = [sys.executable, "-m", "django", "migrate", "--verbosity=0"]
            subprocess.run(migrate, env=environment, cwd=ROOT, check=True)
        finally:
            self.server.stop()

    def renew(self) -> None:
        """A fresh database from the template; whoever is still connected to the old one is thrown out."""
        with self.superuser("postgres") as admin:
            name, template = sql.Identifier(NAME), sql.Identifier(TEMPLATE)
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
            made = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {} STRATEGY file_copy")
            admin.execute(made.format(name, template, sql.Identifier(OWNER)))

    def superuser(self, name: str = NAME) -> psycopg.Connection:
        """A superuser's connection, each statement its own transaction."""
        return self.server.connect(SUPERUSER, name)

    def close(self) -> None:
        """Stop the server and remove every trace of the run."""
        self.server.stop()
        self._lock.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def system_binaries() -> Path | None:
    """The folder of the newest PostgreSQL that the system installed."""
    found = [path for path in binaries.SYSTEM.glob("*/bin") if (path / "postgres").exists()]
    return max(found, key=lambda path: int(path.parent.name), default=None)


def digest() -> str:
    """The hash of all that shapes the template: programs, versions, launcher, settings, migrations and their SQL."""
    found = hashlib.sha256(str(binaries.bin_dir()).encode())
    shaping = [ROOT / "requirements.txt", Path(__file__), ROOT / "doleance/boot/postgres.py"]
    for pattern in ("boot/settings.py", "boot/databases.py", "migrations/*", "*/sql/*.sql", "*/*.toml"):
        shaping += sorted((ROOT / "doleance").glob(pattern))
    for path in shaping:
        if path.is_file():
            found.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()[:24]


@contextmanager
def _cache() -> Iterator[Path]:
    """The folder of kept clusters, ours alone, locked: two runs at once build one cluster."""
    folder = Path(tempfile.gettempdir()) / f"doleance-tests-{os.geteuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        raise RuntimeError(f"{folder} belongs to somebody else")
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        shutil.rmtree(folder / "new", ignore_errors=True)
        for old in folder.glob("cluster-*"):
            if time.time() - old.stat().st_mtime > KEPT_DAYS * 86_400:
                shutil.rmtree(old)
        yield folder


def _new_folder() -> tuple[Path, IO[str]]:
    """A folder for this run, locked while it lives; the folders of runs that were killed are removed."""
    parent = Path(tempfile.gettempdir())
    if not binaries.account_for(parent / "data").reaches(parent):  # root's own TMPDIR is closed to `nobody`
        parent = Path("/tmp")
    for stale in parent.glob("doleance-run-*/lock"):
        with suppress(OSError), stale.open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(Server(stale.parent / "data", durable=False).socket, ignore_errors=True)
            shutil.rmtree(stale.parent, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix="doleance-run-", dir=parent))
    held = (folder / "lock").open("w")
    fcntl.flock(held, fcntl.LOCK_EX)
    return folder, held


database_key = pytest.StashKey[Database]()
