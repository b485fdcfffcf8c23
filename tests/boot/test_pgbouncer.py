"""The web behind PgBouncer in transaction mode: each transaction may find another server connection."""

import os
import pwd
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from doleance.boot import session
from doleance.boot.binaries import Account, identity
from doleance.boot.postgres import APP, SUPERUSER, Server
from tests.boot.conftest import environment, wait_for
from tests.house.source import ROOT

CONFIGURATION = """
[databases]
* = host={socket} port=5432
[pgbouncer]
listen_addr =
unix_socket_dir = {folder}
listen_port = 6432
auth_type = trust
auth_file = {folder}/users
pool_mode = transaction
default_pool_size = 2
logfile = {folder}/log
"""

USE = """
import threading, django
django.setup()
from django.db import connection, connections, transaction
from django.contrib.contenttypes.models import ContentType
wrong = []
def work():
    try:
        for _ in range(20):  # often enough for a driver that prepares statements to prepare one
            with transaction.atomic():
                ContentType.objects.filter(app_label="doleance").count()
            with connection.cursor() as cursor:
                cursor.execute("SHOW statement_timeout")
            assert len(list(ContentType.objects.order_by("id").iterator(chunk_size=3))) > 10
    except Exception as error:
        wrong.append(error)
    finally:
        connections.close_all()
threads = [threading.Thread(target=work) for _ in range(6)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(wrong)
"""


def account() -> Account:
    """PgBouncer refuses to be root."""
    entry = pwd.getpwnam("daemon") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    return Account(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)


def let_in(server: Server, who: Account) -> None:
    """Let the bouncer's account come to the server, as an administrator would."""
    if who.is_current:
        return
    with (server.data / "pg_ident.conf").open("a") as known:
        known.write(f'doleance "{who.name}" {APP}\n')
    with server.connect(SUPERUSER) as connection:
        connection.execute("SELECT pg_reload_conf()")
    for path in (server.socket, server.socket / ".s.PGSQL.5432"):
        path.chmod(0o777)


@pytest.fixture
def bouncer(ready: Path) -> Iterator[Path]:
    """A PgBouncer before the installation's server; gives the folder of its socket."""
    who, folder = account(), ready.parent / "bouncer"
    folder.mkdir()
    with session.session(ready, purpose="essai") as held:
        let_in(held.server, who)
        written = folder / "pgbouncer.ini"
        written.write_text(CONFIGURATION.format(socket=held.server.socket, folder=folder))
        (folder / "users").write_text(f'"{APP}" ""\n')
        os.chown(folder, who.uid, who.gid)
        program = next(path for path in ("/usr/sbin/pgbouncer", "/usr/bin/pgbouncer") if Path(path).exists())
        process = subprocess.Popen(
            [program, "-q", written], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **identity(who)
        )
        try:
            wait_for((folder / ".s.PGSQL.6432").exists)
            yield folder
        finally:
            process.terminate()
            process.wait()


@pytest.mark.needs("pgbouncer")
def test_pages_work_when_each_transaction_has_another_connection(ready, bouncer):
    url = f"postgresql://{APP}@/doleance?host={bouncer}&port=6432"
    given = {"DATABASE_URL": url, "DOLEANCE_PROCESS": "web", "DOLEANCE_PGBOUNCER": "1", "DOLEANCE_THREADS": "6"}
    env = environment(ready, DJANGO_SETTINGS_MODULE="doleance.boot.settings", **given)
    done = subprocess.run([sys.executable, "-c", USE], env=env, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "[]\n", done.stderr
    with psycopg.connect(url, prepare_threshold=None) as connection:
        assert connection.execute("SELECT current_user").fetchone() == (APP,)
