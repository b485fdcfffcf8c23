"""Locks on files, released by the kernel when their process dies."""

import fcntl
import os
from pathlib import Path


class FileLock:
    """An advisory lock (flock) on `path`. Children started with exec do not inherit it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def _open(self) -> int:
        if self._descriptor is None:
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return self._descriptor

    def try_exclusive(self, note: str = "") -> bool:
        """Take the lock alone if it is free, and leave `note` for those who find it taken."""
        descriptor = self._open()
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        self.annotate(note)
        return True

    def is_held(self) -> bool:
        """Whether somebody else has it alone; takes nothing."""
        if not self.path.exists():
            return False
        probe = FileLock(self.path)
        try:
            fcntl.flock(probe._open(), fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            probe.release()
        return False

    def annotate(self, note: str) -> None:
        """Replace what the holder says of itself."""
        descriptor = self._open()
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, note.encode(), 0)

    def exclusive(self) -> None:
        """Take the lock alone, waiting for all others to let go."""
        fcntl.flock(self._open(), fcntl.LOCK_EX)

    def shared(self) -> None:
        """Take the lock together with others, waiting while somebody holds it alone."""
        fcntl.flock(self._open(), fcntl.LOCK_SH)

    def release(self) -> None:
        """Let go; does nothing when not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def note(self) -> str:
        """What the holder says of itself."""
        try:
            return self.path.read_text("utf-8")
        except OSError:
            return ""
