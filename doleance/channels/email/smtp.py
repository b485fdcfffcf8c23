"""The wire out: one mail to one recipient, and a true word on what became of it.

Three ends are possible, and the caller must tell them apart: the server took the mail, it did not, or nobody knows.
The last one exists: between the end of the mail and the server's answer a connection may die, and the mail may be in
the recipient's box. That is `InDoubt`, and it is never tried again by a machine.
"""

import re
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import NoReturn

from doleance.channels.email import doors
from doleance.channels.email.compose import wire_address
from doleance.channels.rules import Security
from doleance.kernel.errors import ChannelError
from doleance.kernel.hosts import is_loopback

# Seconds. RFC 5321 §4.5.3.2 allows minutes for each step; a whole mail has `LIMIT_S`, whatever the server does.
CONNECT_S = 20.0
STEP_S = 60.0
LIMIT_S = 300.0
PROBE_S = 30.0  # somebody waits for the answer of a test
_LINE_STARTS = re.compile(rb"^\.", re.MULTILINE)
_UNPRINTABLE = re.compile(r"[^\x20-\x7e\xa0-\uffff]+")


@dataclass(frozen=True, slots=True)
class Server:
    """A server that takes our mail, and how to talk to it."""

    host: str
    port: int
    security: Security
    username: str = ""
    password: str = field(default="", repr=False)
    is_installed: bool = False  # set in the installation's own file, not on a page: it may be anywhere


class InDoubt(ChannelError):
    """The whole mail was handed over and no answer came: the server may have taken it, or not."""

    def __init__(self, message: str) -> None:
        super().__init__(message, permanent=False)


def send(
    mail: bytes,
    *,
    server: Server,
    envelope_from: str,
    to: str,
    limit_s: float = LIMIT_S,
    is_late: Callable[[], bool] = lambda: False,
) -> str:
    """Hand `mail` (CRLF line ends) to `server` for the one recipient `to`; return the server's word of acceptance.

    Raises `InDoubt` when the mail may have been taken; `ChannelError` when it was not: permanent when the server
    refused this mail or this recipient for good, otherwise (no connection, a refused login, a temporary refusal)
    worth another try. Nothing is handed over once `limit_s` seconds have passed, however long the process slept, nor
    when `is_late` says so: the caller's clock began before this call, and runs while the machine itself sleeps.
    """
    ends = time.monotonic() + limit_s
    if is_late():
        raise ChannelError("connection: too late to hand it over", permanent=False)
    sender, recipient = wire_address(envelope_from), wire_address(to)
    try:
        with _session(server, domain=sender.rpartition("@")[2], ends=ends) as client:
            _envelope(client, mail, sender, recipient)
            return _hand_over(client, mail, ends, is_late)
    except ChannelError:
        raise
    except Exception as error:  # whatever went wrong before the end mark, the mail was not handed over
        raise ChannelError(f"before the mail: {type(error).__name__}", permanent=False) from error


def probe(server: Server, *, domain: str, limit_s: float = PROBE_S) -> None:
    """Connect, protect the connection, log in and take leave, without a mail. Raises ChannelError."""
    try:
        with _session(server, domain=domain, ends=time.monotonic() + limit_s) as client:
            client.noop()
            with suppress(OSError, smtplib.SMTPException):  # it let us in: how it says goodbye is its own affair
                client.quit()
    except ChannelError:
        raise
    except Exception as error:
        raise ChannelError(f"connection: {type(error).__name__}", permanent=False) from error


@contextmanager
def _session(server: Server, *, domain: str, ends: float) -> Iterator[smtplib.SMTP]:
    """A connection that was greeted, protected and logged in, closed at the end, cut when its time is over."""
    client = _client(server, domain)
    cut = threading.Timer(max(0.0, ends - time.monotonic()), _cut, [client])
    cut.daemon = True
    cut.start()
    try:
        _prepare(client, server)
        yield client
    finally:
        cut.cancel()
        with suppress(OSError, smtplib.SMTPException):
            client.close()


def _client(server: Server, domain: str) -> smtplib.SMTP:
    """An unconnected client: the connection itself is made where its failure is told."""
    name = domain or None
    if server.security is Security.TLS:
        context = ssl.create_default_context()
        kind = smtplib.SMTP_SSL if server.is_installed else _CheckedTls
        return kind(local_hostname=name, timeout=CONNECT_S, context=context)
    return (smtplib.SMTP if server.is_installed else _Checked)(local_hostname=name, timeout=CONNECT_S)


class _Checked(smtplib.SMTP):
    """Connects to the address that was checked."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return doors.connect((host, port), timeout)


class _CheckedTls(smtplib.SMTP_SSL):
    """The same over TLS, which checks the name."""

    context: ssl.SSLContext
    _host: str

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self.context.wrap_socket(doors.connect((host, port), timeout), server_hostname=self._host)


def _cut(client: smtplib.SMTP) -> None:
    """Wake up whoever waits on the connection, by ending it.

    The base class is called on purpose: `SSLSocket.shutdown` would take the TLS state away from the waiting thread.
    """
    if client.sock is not None:
        with suppress(OSError):
            socket.socket.shutdown(client.sock, socket.SHUT_RDWR)


def _prepare(client: smtplib.SMTP, server: Server) -> None:
    """Connect, greet, protect, log in. A failure is the server's or the settings' fault: always temporary."""
    if server.username and server.security is Security.NONE and not is_loopback(server.host):
        raise ChannelError("the password would travel in clear", permanent=False)
    try:
        client._host = server.host  # type: ignore[attr-defined]  # noqa: SLF001  connect() forgets the name TLS checks
        code, reply = client.connect(server.host, server.port)
        if code != 220:
            _refused("greeting", code, reply, permanent=False)
        if client.sock is not None:
            client.sock.settimeout(STEP_S)
        _protect_and_log_in(client, server)
    except smtplib.SMTPAuthenticationError as error:
        _refused("login", error.smtp_code, error.smtp_error, permanent=False)
    except doors.OutOfBounds as error:
        raise ChannelError(f"network: {_words(str(error))}", permanent=False) from error
    except (smtplib.SMTPException, OSError, UnicodeError) as error:
        raise ChannelError(f"connection: {_words(str(error) or type(error).__name__)}", permanent=False) from error


def _protect_and_log_in(client: smtplib.SMTP, server: Server) -> None:
    client.ehlo_or_helo_if_needed()
    if server.security is Security.STARTTLS:
        client.starttls(context=ssl.create_default_context())
        client.ehlo()
    if server.username:
        client.login(server.username, server.password)


def _envelope(client: smtplib.SMTP, mail: bytes, envelope_from: str, to: str) -> None:
    """Name the sender and the recipient, then ask to speak. Raises ChannelError."""
    options = [f"size={len(mail)}"] if client.has_extn("size") else []
    if not (to.isascii() and envelope_from.isascii()):
        if not client.has_extn("smtputf8"):
            raise ChannelError("the server takes no address with such signs (RFC 6531)", permanent=True)
        options += ["SMTPUTF8", "BODY=8BITMIME"]
    try:
        for step, (code, reply) in (
            ("sender", client.mail(envelope_from, options)),
            ("recipient", client.rcpt(to)),
        ):
            if not 200 <= code < 300:
                _refused(step, code, reply)
        code, reply = client.docmd("DATA")
    except (smtplib.SMTPException, OSError) as error:
        raise ChannelError(f"envelope: {_words(str(error))}", permanent=False) from error
    if code != 354:
        _refused("mail", code, reply)


def _hand_over(client: smtplib.SMTP, mail: bytes, ends: float, is_late: Callable[[], bool]) -> str:
    """The mail, then its end mark alone: a failure before the mark is surely not a mail taken."""
    body = _LINE_STARTS.sub(b"..", mail if mail.endswith(b"\r\n") else mail + b"\r\n")
    try:
        client.send(body)
    except (smtplib.SMTPException, OSError) as error:
        raise ChannelError(f"mail: {_words(str(error))}", permanent=False) from error
    left = ends - time.monotonic()
    if left <= 0 or is_late():  # the process was stopped meanwhile: somebody may already have decided otherwise
        raise ChannelError("mail: too late to hand it over", permanent=False)
    try:
        if client.sock is not None:
            client.sock.settimeout(left)
        client.send(b".\r\n")
        code, reply = client.getreply()
    except Exception as error:  # after the mark, whatever went wrong, nobody knows
        raise InDoubt(f"end of mail: {_words(str(error))}") from error
    if not 200 <= code < 600 or 300 <= code < 400:
        raise InDoubt(f"end of mail: {code} {_words(reply)}")
    if code >= 400:
        _refused("mail", code, reply)
    with suppress(Exception):  # it is taken: nothing that follows may say otherwise
        client.quit()
    return f"{code} {_words(reply)}"


def _refused(step: str, code: int, reply: bytes | str, *, permanent: bool | None = None) -> NoReturn:
    """Raise the server's refusal; 5xx is for good, the rest may pass (RFC 5321 §4.2.1)."""
    raise ChannelError(f"{step}: {code} {_words(reply)}", permanent=code >= 500 if permanent is None else permanent)


def _words(reply: bytes | str) -> str:
    """A server's words as one short printable line."""
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return _UNPRINTABLE.sub(" ", text).strip()[:300]
