"""A connection to a mail server that cannot hold us up: each command has its time and its bytes."""

import imaplib
import select
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from doleance.channels.email import doors
from doleance.channels.email.fetched import words
from doleance.channels.rules import MailboxError, MailboxFailed

STEP_S = 60.0  # one command, when it brings nothing large
RATE = 64 * 1024  # bytes a second: a server slower than that on a large mail is too slow
SPARE = 64 * 1024 * 1024  # bytes that a command may bring beyond what was told: long listings
_CHUNK = 256 * 1024


class Guard:
    """Watches one connection: ends it when a command takes too long or brings too much, or when somebody says so."""

    def __init__(self) -> None:
        self.client: imaplib.IMAP4 | None = None
        self.is_late = False  # it was ended because its time was over
        self.is_cut = False  # somebody else ended it
        self._left = SPARE

    def spend(self, size: int) -> None:
        """Count bytes that arrive; raises imaplib's abort when they are more than was asked for."""
        self._left -= size
        if self._left < 0:
            raise imaplib.IMAP4.abort("more bytes than asked for")

    @contextmanager
    def limit(self, size: int = 0) -> Iterator[None]:
        """The time and bytes of one command that should bring `size` bytes."""
        self._left = SPARE + 2 * size
        timer = threading.Timer(STEP_S + size / RATE, self._too_late)
        timer.daemon = True
        timer.start()
        try:
            if self.is_cut:
                raise imaplib.IMAP4.abort("socket error: cut")
            yield
        finally:
            timer.cancel()

    def patience(self, seconds: float) -> None:
        """How long one read may wait from now on."""
        if (found := self._socket()) is not None:
            found.settimeout(seconds)

    def readable(self, seconds: float) -> bool:
        """Wait until the server says something, or its connection ends; False when it did not for so long."""
        found = self._socket()
        if found is None or self.is_cut:
            return False
        if getattr(self.client, "buffered", b"") or (isinstance(found, ssl.SSLSocket) and found.pending()):
            return True
        poll = select.poll()
        poll.register(found, select.POLLIN | select.POLLHUP)
        return bool(poll.poll(max(0.0, seconds) * 1000))

    def cut(self) -> None:
        """End the connection now, from any thread: whoever waits on it wakes up."""
        self.is_cut = True
        self._end()

    def close(self) -> None:
        """Give the connection back to the system."""
        if self.client is not None:
            with suppress(OSError, AttributeError):
                self.client.shutdown()

    def _too_late(self) -> None:
        self.is_late = True
        self._end()

    def _end(self) -> None:
        """The base class on purpose: `SSLSocket.shutdown` would take the TLS state away from the waiting thread."""
        found = self._socket()
        if found is not None:
            with suppress(OSError):
                socket.socket.shutdown(found, socket.SHUT_RDWR)

    def _socket(self) -> socket.socket | None:
        found = self.client.__dict__.get("sock") if self.client is not None else None
        return found if isinstance(found, socket.socket) else None


class Guarded(imaplib.IMAP4):
    """imaplib's client, reading by its own buffer: what arrived ahead is known, and counted before it is kept."""

    def __init__(self, guard: Guard, *args: Any, **named: Any) -> None:
        self.buffered = bytearray()
        self._guard = guard
        self._source: socket.socket | None = None
        guard.client = self
        super().__init__(*args, **named)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        return doors.connect((self.host, self.port), timeout)

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes of a literal."""
        self._guard.spend(size)
        while len(self.buffered) < size:
            self._receive(size - len(self.buffered))
        return self._take(size)

    def readline(self) -> bytes:
        """One line, with its end."""
        begin = 0
        while (end := self.buffered.find(b"\n", begin)) < 0:
            begin = len(self.buffered)
            self._receive(_CHUNK)
            self._guard.spend(len(self.buffered) - begin)
        return self._take(end + 1)

    @property
    def has_news(self) -> bool:
        """Whether the server told of a mail since `begin_idle`."""
        return "EXISTS" in self.untagged_responses

    def begin_idle(self) -> bytes:
        """Ask to be told (RFC 2177) and wait until the server listens; the command's tag. imaplib has no IDLE yet."""
        self.untagged_responses.pop("EXISTS", None)
        found = self._untyped
        tag: bytes = found._command("IDLE")  # noqa: SLF001
        while found._get_response() is not None:  # noqa: SLF001
            if self.tagged_commands[tag]:
                raise self.error("IDLE refused")
        return tag

    def hear(self) -> None:
        """Wait for one response and keep it."""
        self._untyped._get_response()  # noqa: SLF001

    @property
    def _untyped(self) -> Any:
        """Itself: the types of imaplib do not tell what its subclasses use."""
        return self

    def _take(self, size: int) -> bytes:
        found = bytes(memoryview(self.buffered)[:size])
        del self.buffered[:size]
        return found

    def _receive(self, size: int) -> None:
        """Wait for bytes. What came before the connection was protected is no answer (a known attack on STARTTLS)."""
        if self.buffered and self._source is not self.sock:
            raise self.abort("bytes before TLS")
        chunk = self.sock.recv(min(size, _CHUNK))
        if not chunk:
            raise self.abort("socket error: EOF")
        self._source = self.sock
        self.buffered += chunk


class GuardedTls(Guarded, imaplib.IMAP4_SSL):
    """The same over TLS."""

    def _create_socket(self, timeout: float | None) -> socket.socket:
        plain = super()._create_socket(timeout)
        return ssl.SSLContext.wrap_socket(self.ssl_context, plain, server_hostname=self.host)


@contextmanager
def failures(guard: Guard, secret: str, *, connecting: bool = False) -> Iterator[None]:
    """Say what went wrong on the wire in our words: whatever is raised inside becomes `MailboxFailed`."""
    try:
        yield
    except MailboxFailed:
        raise
    except Exception as error:
        kind = _kind(error, guard, connecting=connecting)
        raise MailboxFailed(kind, words([str(error) or type(error).__name__], secret)) from error


def _kind(error: Exception, guard: Guard, *, connecting: bool) -> MailboxError:
    if guard.is_late:
        return MailboxError.SLOW
    if isinstance(error, doors.OutOfBounds):
        return MailboxError.NETWORK
    if isinstance(error, socket.gaierror) or (connecting and isinstance(error, UnicodeError)):
        return MailboxError.HOST
    if isinstance(error, ssl.SSLCertVerificationError):
        return MailboxError.CERTIFICATE
    if isinstance(error, TimeoutError) and not connecting:
        return MailboxError.SLOW
    if isinstance(error, OSError) or guard.is_cut or _is_goodbye(error, guard):
        return MailboxError.CONNECTION
    return MailboxError.PROTOCOL


def _is_goodbye(error: Exception, guard: Guard) -> bool:
    """Whether the server left, with a word or without."""
    said = getattr(guard.client, "untagged_responses", {}) if guard.client is not None else {}
    return isinstance(error, imaplib.IMAP4.error) and ("socket error" in str(error) or "BYE" in said)
