"""Work in child processes that may die of it without harm: little memory, little time, no secret, no connection.

A child lives long, because starting one costs more than a hundred ordinary pieces of work; it is replaced after its
share of them, and whenever one killed it. What parent and child say to each other is theirs: this module only keeps
the processes.
"""

import os
import queue
import resource
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeAlias, TypeVar, cast

T = TypeVar("T")
Talk: TypeAlias = Callable[[BinaryIO, BinaryIO], T]  # asks on the first stream, reads the answer from the second

_ROOT = Path(__file__).resolve().parents[2]
# Libraries that compute take one thread: several wait for each other, and each reserves memory of its own.
ALONE = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
_ENDS_S = 5  # how long a process that closed its pipe may take to end


@dataclass(frozen=True, slots=True)
class Limits:
    """What one piece of work may take, and after how many a child is replaced.

    `wall_seconds`: a child that neither computes nor answers is hung. `turn_seconds`: how long to wait for a free
    child; None, for ever.
    """

    cpu_seconds: int
    memory_bytes: int
    wall_seconds: float
    share: int
    turn_seconds: float | None = None


class Busy(Exception):
    """No child was free in time."""


class Died(Exception):
    """The child ended, or talked nonsense, before it answered: how it ended, and whether it took too long."""

    def __init__(self, *, status: int, was_hung: bool) -> None:
        super().__init__(status)
        self.status, self.was_hung = status, was_hung


class Child:
    """One process and its pipe; not shared between threads."""

    def __init__(self, module: str, limits: Limits) -> None:
        self.served = 0
        self._limits = limits
        self._hung = False
        # No environment but what Python needs: no database address, no key. -P: the working folder holds no module.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", module, str(limits.cpu_seconds), str(limits.memory_bytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # a traceback could quote what people wrote
            env={"PYTHONPATH": str(_ROOT), "PATH": os.defpath, "LC_ALL": "C.UTF-8", **ALONE},
            cwd="/",
        )

    @property
    def pid(self) -> int:
        """The process, for those who watch it."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it still runs: the system may have ended it between two pieces of work."""
        return self._process.poll() is None

    def ask(self, talk: Talk[T]) -> T:
        """What the child answers. Raises Died."""
        watch = threading.Timer(self._limits.wall_seconds, self._give_up)
        watch.daemon = True
        watch.start()
        try:
            answer = talk(cast(BinaryIO, self._process.stdin), cast(BinaryIO, self._process.stdout))
        except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
            raise Died(status=self._ended(), was_hung=self._hung) from error
        finally:
            watch.cancel()
        self.served += 1
        return answer

    def _give_up(self) -> None:
        self._hung = True
        self._process.kill()

    def _ended(self) -> int:
        try:
            return self._process.wait(_ENDS_S)
        except subprocess.TimeoutExpired:  # it lives and talks nonsense
            self._process.kill()
            return self._process.wait()

    def close(self) -> None:
        """End the process: it has nothing to finish."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        self._process.kill()
        self._process.wait()


class Pool:
    """A few children of one kind, shared by the threads of this process; each is started when it is needed.

    `module` is named, not imported: what it loads is loaded in the children alone.
    """

    def __init__(self, module: str, limits: Limits, count: int = 2) -> None:
        self._module, self._limits = module, limits
        self._idle: queue.LifoQueue[Child | None] = queue.LifoQueue()
        for _ in range(count):
            self._idle.put(None)

    def ask(self, talk: Talk[T]) -> T:
        """What one of the children answers. Raises Died, and Busy when none was free in time."""
        try:
            child = self._idle.get(timeout=self._limits.turn_seconds)
        except queue.Empty as error:
            raise Busy from error
        kept: Child | None = None
        try:
            if child is not None and not child.is_alive:
                child.close()
                child = None
            child = child or Child(self._module, self._limits)
            answer = child.ask(talk)
            kept = child if child.served < self._limits.share else None
            return answer
        finally:
            if child is not None and kept is None:
                child.close()
            self._idle.put(kept)

    def close(self) -> None:
        """End the idle children; later work starts new ones."""
        idle = 0
        with suppress(queue.Empty):
            while True:
                child = self._idle.get_nowait()
                idle += 1
                if child is not None:
                    child.close()
        for _ in range(idle):
            self._idle.put(None)


def confine(memory_bytes: int) -> None:
    """In the child, before anything else: no file may grow, no core is left, memory is counted."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def allow(seconds: int) -> None:
    """In the child: grant one piece of work its processor time on top of what was used. SIGXCPU ends what exceeds."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + 1 + seconds, hard))
