"""A real SMTP server that keeps its own account of what it was given, and misbehaves as told.

Its account is outside the product: what it lists is what left. A mail counts as received from the end mark on,
whatever the sender was told afterwards; that is the moment from which a second copy would be a double.
"""

import asyncio
import logging
import threading
import time
import weakref
from collections import Counter, deque
from dataclasses import dataclass, field
from email.parser import BytesHeaderParser
from email.policy import compat32
from enum import Enum
from typing import Any, Self

from aiosmtpd.smtp import SMTP, Envelope, Session

HOST = "127.0.0.1"


class Step(Enum):
    """Where a server may say no, or go: in the order of a session."""

    GREETING = "greeting"
    HELLO = "hello"
    SENDER = "sender"
    RECIPIENT = "recipient"
    DATA = "data"  # before the mail is handed over
    END = "end"  # the whole mail was given, its end mark too


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What the server does to one session. Nothing said: it takes the mail.

    `code` refuses at `step`; without a code, the connection is cut there. At `END` a cut comes after the mail was
    taken (accept-then-reset); a refusal at `END` takes nothing. `slow_s`: seconds before each answer (a tarpit).
    """

    step: Step | None = None
    code: int = 0
    slow_s: float = 0.0


TAKES = Behaviour()
TAKES_THEN_CUTS = Behaviour(step=Step.END)


@dataclass(frozen=True, slots=True)
class Received:
    """One mail that was given, up to its end mark. `told` is the code that the sender was answered; 0: cut."""

    envelope_from: str
    recipients: tuple[str, ...]
    raw: bytes = field(repr=False)
    message_id: str
    told: int
    at: float


class Sink:
    """The server, in a thread of its own, on a port of its own choosing; use it as a context."""

    def __init__(self, *, port: int = 0) -> None:
        self.port = port
        self.always = TAKES
        self.sessions = 0
        self._sessions: weakref.WeakSet[_Session] = weakref.WeakSet()
        self._next: deque[Behaviour] = deque()
        self._received: list[Received] = []
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="smtp sink", daemon=True)
        self._listening = threading.Event()

    def __enter__(self) -> Self:
        logging.getLogger("mail.log").setLevel(logging.WARNING)  # it would tell every line of every session
        self._thread.start()
        if not self._listening.wait(10):
            raise RuntimeError("the SMTP sink did not start")
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    @property
    def received(self) -> list[Received]:
        """What was given so far, in order."""
        with self._lock:
            return list(self._received)

    @property
    def copies(self) -> Counter[str]:
        """How many copies of each Message-ID were given: what the sender must not believe to be undelivered."""
        return Counter(one.message_id for one in self.received if one.told < 400)

    def then(self, *behaviours: Behaviour) -> None:
        """How the next sessions go, one each; after them, `always`."""
        with self._lock:
            self._next.extend(behaviours)

    def wait_for(self, count: int, *, seconds: float = 30.0) -> list[Received]:
        """At least `count` mails. Raises TimeoutError."""
        ends = time.monotonic() + seconds
        while len(found := self.received) < count:
            if time.monotonic() > ends:
                raise TimeoutError(f"{len(found)} of {count} mails came in {seconds} s")
            time.sleep(0.02)
        return found

    def behaviour(self) -> Behaviour:
        """How the session that begins now goes."""
        with self._lock:
            self.sessions += 1
            return self._next.popleft() if self._next else self.always

    def keep(self, envelope: Envelope, told: int) -> None:
        """Write a mail down, before its sender is answered."""
        raw = envelope.original_content or b""
        head = BytesHeaderParser(policy=compat32).parsebytes(raw)
        one = Received(
            envelope_from=envelope.mail_from or "",
            recipients=tuple(envelope.rcpt_tos),
            raw=raw,
            message_id="".join(str(head.get("Message-ID", "")).split()),
            told=told,
            at=time.time(),
        )
        with self._lock:
            self._received.append(one)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(self._loop.create_server(self._session, HOST, self.port))
        self.port = server.sockets[0].getsockname()[1]
        self._listening.set()
        try:
            self._loop.run_forever()
        finally:
            server.close()
            self._loop.run_until_complete(self._end_all())
            self._loop.close()

    async def _end_all(self) -> None:
        """Cut what is still open, and let each session notice."""
        for session in self._sessions:
            session.cut()
        waiting = asyncio.all_tasks() - {asyncio.current_task()}
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await asyncio.sleep(0)

    def _session(self) -> "_Session":
        session = _Session(self, loop=self._loop)
        self._sessions.add(session)
        return session


class _Handler:
    """What aiosmtpd asks when the whole mail is there."""

    async def handle_DATA(self, server: "_Session", _: Session, envelope: Envelope) -> str:  # noqa: N802  its name there
        return await server.end(envelope)


class _Session(SMTP):
    """One connection, which goes as its behaviour says."""

    def __init__(self, sink: Sink, *, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(_Handler(), hostname="puits.example", ident="SMTP", loop=loop, enable_SMTPUTF8=True)
        self._sink = sink
        self._way = sink.behaviour()
        self._greeted = False

    async def push(self, status: Any) -> None:
        if self._way.slow_s:
            await asyncio.sleep(self._way.slow_s)
        if not self._greeted:
            self._greeted = True
            if self._way.step is Step.GREETING:
                if self._way.code:
                    await super().push(self._refusal)
                return self.cut()
        return await super().push(status)

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802
        await self._unless(Step.HELLO, super().smtp_EHLO, hostname)

    async def smtp_HELO(self, hostname: str) -> None:  # noqa: N802
        await self._unless(Step.HELLO, super().smtp_HELO, hostname)

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802
        await self._unless(Step.SENDER, super().smtp_MAIL, arg)

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802
        await self._unless(Step.RECIPIENT, super().smtp_RCPT, arg)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        await self._unless(Step.DATA, super().smtp_DATA, arg)

    async def _unless(self, step: Step, go_on: Any, argument: Any) -> None:
        if self._way.step is not step:
            await go_on(argument)
        elif self._way.code:
            await self.push(self._refusal)
        else:
            self.cut()

    async def end(self, envelope: Envelope) -> str:
        """The answer to a whole mail; kept first, so that a cut cannot lose it."""
        if self._way.step is not Step.END:
            self._sink.keep(envelope, 250)
            return "250 2.0.0 pris"
        self._sink.keep(envelope, self._way.code)
        if self._way.code:
            return self._refusal
        self.cut()
        raise asyncio.CancelledError

    @property
    def _refusal(self) -> str:
        return f"{self._way.code} {self._way.code // 100}.7.1 pas maintenant"

    def cut(self) -> None:
        """A reset, not a farewell."""
        if self.transport is not None:
            self.transport.abort()
