"""Reading in a child process that may die of a message without harm.

The child lives long, because starting one costs more than a hundred ordinary messages; it is replaced after some
thousands, and whenever a message killed it. That message is then only peeked at, by a fresh child.
"""

import atexit
import os
import queue
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, cast

from doleance.accounts.theme import DrawnLogo
from doleance.channels.email import wire
from doleance.channels.rules import Limit, ParsedMessage, Problem, SafeHtml

_ROOT = Path(__file__).resolve().parents[3]
# Named, not imported: what reads mail (HTML, images, calendars) is loaded in the child alone.
_READER = "doleance.channels.email.reader"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one message may take, and how long a child lives (reliability.md §2)."""

    cpu_seconds: int = 10
    memory_bytes: int = 1024**3
    wall_seconds: float = 60.0  # a child that neither computes nor answers is hung
    messages: int = 2_000


class Died(Exception):
    """The child ended before it answered; `limit` says of what."""

    def __init__(self, limit: Limit) -> None:
        super().__init__(limit)
        self.limit = limit


class Child:
    """One process and its pipe; not shared between threads."""

    def __init__(self, limits: Limits) -> None:
        self.served = 0
        self._limits = limits
        self._hung = False
        # No environment but what Python needs: no database address, no key. -P: the working folder holds no module.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", _READER, str(limits.cpu_seconds), str(limits.memory_bytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # a traceback could quote the message
            env={"PYTHONPATH": str(_ROOT), "PATH": os.defpath, "LC_ALL": "C.UTF-8"},
            cwd="/",
        )

    @property
    def pid(self) -> int:
        """The process, for those who watch it."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it still runs: the system may have ended it between two messages."""
        return self._process.poll() is None

    def ask(self, mode: bytes, raw: bytes) -> wire.Answer:
        """What the child says of a message or file. Raises Died."""
        watch = threading.Timer(self._limits.wall_seconds, self._give_up)
        watch.daemon = True
        watch.start()
        try:
            wire.send_request(cast(BinaryIO, self._process.stdin), mode, raw)
            answer = wire.read_answer(cast(BinaryIO, self._process.stdout), mode)
        except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
            raise Died(self._cause()) from error
        finally:
            watch.cancel()
        self.served += 1
        return answer

    def _give_up(self) -> None:
        self._hung = True
        self._process.kill()

    def _cause(self) -> Limit:
        try:
            status = self._process.wait(5)
        except subprocess.TimeoutExpired:  # it lives and talks nonsense
            self._process.kill()
            status = self._process.wait()
        if self._hung or status == -signal.SIGXCPU:
            return Limit.TIME
        return Limit.MEMORY if status == wire.OUT_OF_MEMORY else Limit.CRASH

    def close(self) -> None:
        """End the process: it has nothing to finish."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        self._process.kill()
        self._process.wait()


class Readers:
    """A few children shared by the threads of this process; each is started when it is needed."""

    def __init__(self, count: int = 2, limits: Limits = Limits()) -> None:
        self._limits = limits
        self._idle: queue.LifoQueue[Child | None] = queue.LifoQueue()
        for _ in range(count):
            self._idle.put(None)

    def parse(self, raw: bytes) -> ParsedMessage:
        """What a message says. Never raises on any bytes: a message that kills its reader is peeked at.

        A crash is tried once more: the system may have killed an innocent child.
        """
        try:
            return self._read(wire.READ, raw)
        except Died as died:
            if died.limit != Limit.CRASH:
                return self._peek(raw, died.limit)
        try:
            return self._read(wire.READ, raw)
        except Died as died:
            return self._peek(raw, died.limit)

    def html(self, raw: bytes) -> SafeHtml | None:
        """The HTML that a message shows, made harmless; None when it has none that can be shown. Never raises."""
        try:
            answer = self._ask(wire.PAGE, raw)
        except Died:
            return None
        return answer if isinstance(answer, SafeHtml) else None

    def thumbnail(self, data: bytes) -> bytes | None:
        """A small image (WebP) of an image file; None for what is none, or is hostile. Never raises."""
        try:
            answer = self._ask(wire.THUMBNAIL, data)
        except Died:
            return None
        return answer if isinstance(answer, bytes) else None

    def logo(self, data: bytes) -> DrawnLogo | None:
        """A house's logo drawn anew (PNG); None for what cannot be drawn, or is hostile. Never raises."""
        try:
            answer = self._ask(wire.LOGO, data)
        except Died:
            return None
        return answer if isinstance(answer, DrawnLogo) else None

    def _read(self, mode: bytes, raw: bytes) -> ParsedMessage:
        answer = self._ask(mode, raw)
        if not isinstance(answer, ParsedMessage):
            raise Died(Limit.CRASH)
        return answer

    def _peek(self, raw: bytes, limit: Limit) -> ParsedMessage:
        try:
            seen = self._read(wire.PEEK, raw)
        except Died:
            return ParsedMessage(problem=Problem.OVER_LIMIT, limit=limit)
        return seen if seen.problem == Problem.NOT_A_MESSAGE else replace(seen, limit=limit)

    def _ask(self, mode: bytes, raw: bytes) -> wire.Answer:
        child = self._idle.get()
        kept: Child | None = None
        try:
            if child is not None and not child.is_alive:
                child.close()
                child = None
            child = child or Child(self._limits)
            answer = child.ask(mode, raw)
            kept = child if child.served < self._limits.messages else None
            return answer
        finally:
            if child is not None and kept is None:
                child.close()
            self._idle.put(kept)

    def close(self) -> None:
        """End the idle children; a later message starts new ones."""
        count = 0
        with suppress(queue.Empty):
            while True:
                child = self._idle.get_nowait()
                count += 1
                if child is not None:
                    child.close()
        for _ in range(count):
            self._idle.put(None)


readers = Readers()
atexit.register(readers.close)


def parse(raw: bytes) -> ParsedMessage:
    """What a message says, read in a limited child process of this process. Never raises on any bytes."""
    return readers.parse(raw)
