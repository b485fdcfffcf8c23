"""Throwaway houses of many sizes: one server, one database a number of files, kept in a folder when one is named.

What fills a database works in a process of its own, as superuser, so that it costs what a restore costs.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from doleance.boot import binaries
from doleance.boot.postgres import APP, OWNER, SUPERUSER, Server


class Houses:
    """A started server and its databases."""

    def __init__(self, folder: Path, server: Server) -> None:
        self._folder, self._server = folder, server

    def name(self, count: int, seed: int) -> str:
        """The database of so many files."""
        return f"house_{count}_{seed}"

    def beside(self, name: str) -> str:
        """The address of an empty database for another product, beside that one and as superuser."""
        other = f"{name}_other"
        with self._server.connect() as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{other}"'.encode())
            connection.execute(f'CREATE DATABASE "{other}"'.encode())
        return self.url(other)

    def url(self, name: str) -> str:
        """The address of a database, as superuser."""
        return self._server.url(SUPERUSER, name)

    def environment(self, name: str, role: str = APP) -> Mapping[str, str]:
        """What makes a process work on a database: Doléance's, or any other's of this server."""
        mine = {"DJANGO_SETTINGS_MODULE": "doleance.boot.settings", "DOLEANCE_HOME": str(self._folder / "home")}
        urls = {"DATABASE_URL": self._server.url(role, name), "DATABASE_OWNER_URL": self._server.url(OWNER, name)}
        return os.environ | mine | urls

    def empty(self, name: str) -> str:
        """A database of that name with its tables and nothing in them, made anew; its name."""
        with self._server.connect() as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}"'.encode())
        self._server.make_database(name)
        self._run(["django", "migrate", "--verbosity=0"], name, OWNER)
        return name

    def build(self, count: int, seed: int, *, processes: int, verified: bool = True) -> str:
        """The database of `count` files, filled (and `verified`) now unless it was kept; its name."""
        name = self.name(count, seed)
        with self._server.connect() as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [f"{name}_done"]).fetchone()
            if known is None:
                connection.autocommit = True
                connection.execute(f'DROP DATABASE IF EXISTS "{name}"'.encode())
        if known is not None:
            self._run(["django", "migrate", "--verbosity=0"], f"{name}_done", OWNER)  # it may be of a version before
            return f"{name}_done"
        self._server.make_database(name)
        self._run(["django", "migrate", "--verbosity=0"], name, OWNER)
        told = [f"--count={count}", f"--seed={seed}", f"--processes={processes}"]
        self._run(["benchmarks.generating", *told], name, SUPERUSER)
        if verified:
            self._run(["doleance.boot.cli", "verify"], name, APP)
        with self._server.connect() as connection:
            connection.autocommit = True
            connection.execute(f'ALTER DATABASE "{name}" RENAME TO "{name}_done"'.encode())
        return f"{name}_done"

    def _run(self, module: list[str], name: str, role: str) -> None:
        subprocess.run([sys.executable, "-m", *module], env=self.environment(name, role), check=True)


@contextmanager
def kept(folder: Path | None) -> Iterator[Houses]:
    """The houses of a folder, which stay there; without one they are removed at the end. From the main thread."""
    made = folder or Path(tempfile.mkdtemp(prefix="doleance-houses-", dir=_reachable()))
    made.mkdir(parents=True, exist_ok=True)
    server = Server(made / "data", durable=False)
    os.chown(made, server.account.uid, server.account.gid)
    try:
        server.start()
        yield Houses(made, server)
    finally:
        server.stop()
        if folder is None:
            shutil.rmtree(made, ignore_errors=True)


def _reachable() -> Path:
    """Where the server's account gets in: root's own temporary folder is closed to it."""
    parent = Path(tempfile.gettempdir())
    return parent if binaries.account_for(parent / "data").reaches(parent) else Path("/tmp")
