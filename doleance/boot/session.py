"""Who runs the database server of a home, and who shares it.

The first process to come starts the server and stops it; the others attach to it. Locks on files say who is who: the
kernel releases them when a process dies, however it dies.
"""

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from doleance.boot import binaries, locks
from doleance.boot.config import make_home
from doleance.boot.postgres import PATIENCE_S, Server, ServerFailed


def data_of(home: Path) -> Path:
    """The data directory of a home: `<home>/postgres`.

    As root, when the server's account cannot come into the home, the data lie in `binaries.STATE` and
    `<home>/postgres` is a link to them.
    """
    data = home / "postgres"
    if data.exists() or data.is_symlink():
        return data.resolve()
    account = binaries.account_for(data)
    if account.is_current or account.reaches(home):
        return data
    key = hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:12]
    target = binaries.STATE / f"{home.name}-{key}" / "postgres"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.parent.chmod(0o711)
    data.symlink_to(target)
    return target


def usual_url(home: Path) -> str:
    """The address of the home's own database, whether it runs or not; touches nothing."""
    return Server((home / "postgres").resolve()).url()


class Session:
    """One process's hold on the database of a home: it owns the server, or shares it with the process that does."""

    def __init__(self, home: Path, *, purpose: str) -> None:
        self.home = home
        self.purpose = purpose
        self.owns = False
        self.server: Server
        self._main = locks.FileLock(home / "postgres.lock")
        self._shared = locks.FileLock(home / "postgres.shared.lock")

    def open(self) -> "Session":
        """Start the server, or attach to the one that another process started. Raises what `Server.start` raises."""
        make_home(self.home)
        self.server = Server(data_of(self.home), log=self.home / "postgres.log")
        deadline = time.monotonic() + PATIENCE_S
        while not self._take():
            if time.monotonic() > deadline:
                raise ServerFailed(reason=f"« {self._main.note()} » ne rend pas la main")
            time.sleep(0.05)
        return self

    def _take(self) -> bool:
        if self._main.try_exclusive(self.purpose):
            self.owns = True
            try:
                self.server.start()
                self.server.make_database()
            except BaseException:
                self.close(wait=False)
                raise
            return True
        self._shared.shared()
        if self.server.is_ready():
            self.server = Server(self.server.data, log=self.server.log)  # its socket, as the owner chose it
            return True
        self._shared.release()
        return False

    def close(self, *, wait: bool = True) -> None:
        """Let go. The owner stops the server; with `wait`, only once nobody shares it any more."""
        if self.owns:
            if wait:
                self._shared.exclusive()
            self.server.stop()
            self.owns = False
            self._main.release()
        self._shared.release()


@contextmanager
def session(home: Path, *, purpose: str) -> Iterator[Session]:
    """The database of `home` for as long as the block lasts, whoever runs the server."""
    held = Session(home, purpose=purpose).open()
    finished = False
    try:
        yield held
        finished = True
    finally:
        held.close(wait=finished)
