"""Who runs the database server of a home, and who shares it.

The first process to come starts the server and stops it; the others attach to it. Locks on files say who is who: the
kernel releases them when a process dies, however it dies.
"""

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from doleance.boot import binaries, locks
from doleance.boot.config import make_home
from doleance.boot.postgres import PATIENCE_S, Server, ServerFailed
from doleance.kernel.errors import Refusal

SERVING = "serve "  # how the note of a process that serves pages begins; its address follows


class AlreadyServed(Refusal):
    """The same home is served by another process."""

    code = "already_served"
    sentence = "Doléance tourne déjà ici : {address}. Arrêtez-la d’abord (Ctrl-C dans sa fenêtre), puis recommencez."


class InUse(Refusal):
    """The work needs the database for itself, and another process has it."""

    code = "in_use"
    sentence = "La base est utilisée par une autre commande (« {note} »). Arrêtez-la, puis recommencez."


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
    for folder in (binaries.STATE, target.parent):
        folder.chmod(folder.stat().st_mode | 0o111)
    data.symlink_to(target)
    return target


def _main_lock(home: Path) -> locks.FileLock:
    return locks.FileLock(home / "postgres.lock")


def refuse_if_served(home: Path) -> None:
    """Raise `AlreadyServed` when a living process serves this home."""
    lock = _main_lock(home)
    if not lock.is_held():
        return
    note = lock.note()
    if note.startswith(SERVING):
        raise AlreadyServed(address=note.removeprefix(SERVING))


def usual_url(home: Path) -> str:
    """The address of the home's own database, whether it runs or not; touches nothing."""
    return Server((home / "postgres").resolve()).url()


class Session:
    """One process's hold on the database of a home: it owns the server, or shares it with the process that does."""

    def __init__(self, home: Path, *, purpose: str) -> None:
        make_home(home)
        self.home = home
        self.purpose = purpose
        self.owns = False
        self.server = Server(data_of(home), log=home / "postgres.log")
        self._main = _main_lock(home)
        self._shared = locks.FileLock(home / "postgres.shared.lock")

    def open(self) -> "Session":
        """Start the server, or attach to the one another process started. Raises what `Server.start` raises."""
        deadline = time.monotonic() + PATIENCE_S
        while not (self._own() or self._attach()):
            if time.monotonic() > deadline:
                raise ServerFailed(reason=f"« {self._main.note()} » ne rend pas la main")
            time.sleep(0.05)
        return self

    def open_alone(self, *, on_wait: Callable[[str], None] | None = None) -> "Session":
        """Start the server as its only user, to serve it or to replace it.

        With `on_wait`, another command's end is awaited, and its name is told once; without, it is refused.
        Raises `AlreadyServed`, `InUse`, and what `Server.start` raises.
        """
        told = False
        while not self._own():
            note = self._main.note()
            refuse_if_served(self.home)
            if on_wait is None:
                raise InUse(note=note)
            if not told:
                on_wait(note)
                told = True
            time.sleep(0.1)
        return self

    def _own(self) -> bool:
        if not self._main.try_exclusive(self.purpose):
            return False
        self.owns = True
        try:
            self.server.start()
            self.server.make_database()
        except BaseException:
            self.close(wait=False)
            raise
        return True

    def _attach(self) -> bool:
        self._shared.shared()
        if self.server.is_ready():
            self.server = Server(self.server.data, log=self.server.log)  # reads where the owner put the socket
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
