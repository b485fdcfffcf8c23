"""Processes that live under one parent: started again when they die, gone when it goes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from doleance.boot.postgres import die_with_parent

CODE = Path(__file__).resolve().parents[2]
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0
STEADY_S = 60.0  # whoever lived that long starts again at once


@dataclass
class Child:
    """One process to keep alive. `passed` are open files it inherits."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    passed: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    _started_at: float = 0.0
    _wait_s: float = 0.0
    _again_at: float = field(default=0.0)

    def start(self) -> None:
        """Start it, in a session of its own: Ctrl-C reaches the parent alone, which stops its children in order."""
        self._started_at = time.monotonic()
        self.process = subprocess.Popen(
            list(self.command),
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            pass_fds=self.passed,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509  the parent has one thread
        )

    def tend(self) -> int | None:
        """Start it again when it died and its wait is over. Returns the exit code of a death just noticed."""
        if self.process is None:
            if time.monotonic() >= self._again_at:
                self.start()
            return None
        code = self.process.poll()
        if code is None:
            return None
        self._sweep()
        self.process = None
        lived_s = time.monotonic() - self._started_at
        self._wait_s = FIRST_WAIT_S if lived_s > STEADY_S else min(max(self._wait_s * 2, FIRST_WAIT_S), LONGEST_WAIT_S)
        self._again_at = time.monotonic() + self._wait_s
        return code

    def ask_to_stop(self) -> None:
        """Ask it to finish what it is doing."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def end(self, patience_s: float) -> None:
        """Wait for its end, then end whatever of its group is left."""
        if self.process is None:
            return
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(max(patience_s, 0.0))
        self._sweep()
        self.process.wait()
        self.process = None

    def _sweep(self) -> None:
        """Kill what remains of its process group: grandchildren whose parent died badly."""
        if self.process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)


def stop_all(children: Sequence[Child], *, patience_s: float) -> None:
    """Ask all to stop at once, then wait for each, `patience_s` seconds in all; what is left then is killed."""
    for child in children:
        child.ask_to_stop()
    deadline = time.monotonic() + patience_s
    for child in children:
        child.end(deadline - time.monotonic())


def command(*arguments: str) -> list[str]:
    """A command of `doleance` as a child process, in the Python that runs this one."""
    return [sys.executable, "-m", "doleance.boot.cli", *arguments]


def environment(**changes: str) -> dict[str, str]:
    """The environment of a child: ours, this very code first on its path, and `changes`."""
    path = os.pathsep.join(filter(None, [str(CODE), os.environ.get("PYTHONPATH", "")]))
    return os.environ | {"PYTHONPATH": path, "DJANGO_SETTINGS_MODULE": "doleance.boot.settings"} | changes
