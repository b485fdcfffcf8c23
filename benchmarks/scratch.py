"""A throwaway installation for a harness: its own PostgreSQL, migrated, with the product's roles."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from doleance.boot import binaries
from doleance.boot.postgres import APP, OWNER, Server

NAME = "doleance_scratch"


@contextmanager
def installation(*, durable: bool) -> Iterator[Server]:
    """A started server whose database `NAME` is migrated, and the environment that makes this process work on it.

    `durable` keeps fsync, as an installation does: for what is timed. Call it from the main thread, before
    `django.setup()`.
    """
    parent = Path(tempfile.gettempdir())
    if not binaries.account_for(parent / "data").reaches(parent):  # root's own TMPDIR is closed to `nobody`
        parent = Path("/tmp")
    folder = Path(tempfile.mkdtemp(prefix="doleance-scratch-", dir=parent))
    server = Server(folder / "data", durable=durable)
    os.chown(folder, server.account.uid, server.account.gid)
    try:
        server.start()
        server.make_database(NAME)
        owner = server.url(OWNER, NAME)
        os.environ |= {"DJANGO_SETTINGS_MODULE": "doleance.boot.settings", "DOLEANCE_HOME": str(folder / "home")}
        migrate = [sys.executable, "-m", "django", "migrate", "--verbosity=0"]
        subprocess.run(migrate, env=os.environ | {"DATABASE_URL": owner, "DATABASE_OWNER_URL": owner}, check=True)
        os.environ |= {"DATABASE_URL": server.url(APP, NAME), "DATABASE_OWNER_URL": owner}
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
