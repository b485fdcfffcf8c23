"""A PostgreSQL of somebody else's for tests: TCP, passwords, the roles that our guide makes; a PgBouncer.

Debian's programs when they are there, else those that Doléance brings. As root both run as `nobody`.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from doleance.boot import binaries
from doleance.boot.postgres import APP, AUDITOR, OWNER
from doleance.kernel.sql import script
from tests.database import system_binaries
from tests.servers.dovecot import free_port

DATABASE, PASSWORD = "plaintes", "mot-de-passe"
ACCESS = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
BOUNCER = """
[databases]
* = host=127.0.0.1 port={behind}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {folder}/users
pool_mode = transaction
default_pool_size = {pool}
logfile = {folder}/log
"""
POOL = 3  # server connections: fewer than the pages have threads


@dataclass(frozen=True, slots=True)
class External:
    """The server, as its administrator knows it."""

    folder: Path
    port: int

    def url(self, role: str = APP, *, port: int = 0) -> str:
        """Its address over the network; with `port`, that of what stands before it."""
        return f"postgresql://{role}:{PASSWORD}@127.0.0.1:{port or self.port}/{DATABASE}"

    def administrator(self, database: str = DATABASE) -> psycopg.Connection:
        """A superuser's connection, each statement by itself."""
        address = f"postgresql://postgres@/{database}?host={self.folder}&port={self.port}"
        return psycopg.connect(address, autocommit=True, connect_timeout=10)


@contextmanager
def open_postgresql(folder: Path) -> Iterator[External]:
    """A server whose files are in `folder`, with an empty database and our three roles, each with a password."""
    account = binaries.account_for(folder / "data")
    programs = system_binaries() or binaries.programs_for(account).folder
    os.chown(folder, account.uid, account.gid)
    server = External(folder, free_port())
    options = ["-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
    made = binaries.run_as(account, [str(programs / "initdb"), "-D", str(folder / "data"), "-U", "postgres", *options])
    assert made.returncode == 0, made.stderr
    (folder / "data" / "pg_hba.conf").write_text(ACCESS)
    given = {"listen_addresses": "127.0.0.1", "port": server.port, "unix_socket_directories": folder, "fsync": "off"}
    command = [str(programs / "postgres"), "-D", str(folder / "data")]
    command += [part for name, value in given.items() for part in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, cwd="/", env=binaries.bare_environment(), **binaries.identity(account)
        )
    try:
        _furnish(server, process)
        yield server
    finally:
        process.terminate()
        process.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


def _furnish(server: External, process: "subprocess.Popen[bytes]") -> None:
    """What the guide has an administrator do."""
    with _patiently(server, process) as admin:
        admin.execute(f"CREATE DATABASE {DATABASE} ENCODING 'UTF8' TEMPLATE template0 LOCALE 'C.UTF-8'")
    with server.administrator() as admin:
        admin.execute(script("doleance.boot", "roles.sql").encode())
        for role in (OWNER, APP, AUDITOR):
            admin.execute(f"ALTER ROLE {role} PASSWORD '{PASSWORD}'")


def _patiently(server: External, process: "subprocess.Popen[bytes]") -> psycopg.Connection:
    ends = time.monotonic() + 30
    while True:
        try:
            return server.administrator("postgres")
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > ends:
                raise
            time.sleep(0.05)


@contextmanager
def open_pgbouncer(folder: Path, server: External) -> Iterator[int]:
    """A PgBouncer in transaction mode before `server`; gives its port. Needs the package `pgbouncer`."""
    account = binaries.account_for(folder / "data")  # PgBouncer refuses to be root too
    port = free_port()
    written = folder / "pgbouncer.ini"
    written.write_text(BOUNCER.format(behind=server.port, port=port, folder=folder, pool=POOL))
    (folder / "users").write_text(f'"{APP}" "{PASSWORD}"\n')
    os.chown(folder, account.uid, account.gid)
    program = shutil.which("pgbouncer", path=os.environ.get("PATH", "") + ":/usr/sbin")
    assert program, "the package pgbouncer"
    process = subprocess.Popen(
        [program, "-q", written],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        **binaries.identity(account),
    )
    try:
        ends = time.monotonic() + 20
        while True:
            try:
                psycopg.connect(server.url(port=port), prepare_threshold=None, connect_timeout=5).close()
                break
            except psycopg.OperationalError:
                if process.poll() is not None or time.monotonic() > ends:
                    raise
                time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(20)
        shutil.rmtree(folder, ignore_errors=True)
