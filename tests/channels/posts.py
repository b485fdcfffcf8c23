"""SMTP servers for tests: an honest one, with or without TLS, and one that follows a script to the letter."""

import datetime as dt
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from doleance.channels.email.smtp import Server
from doleance.channels.rules import Security


@dataclass
class Post:
    """An honest post office: keeps what it takes; `refuse` maps a recipient to the reply it gets."""

    server: Server
    taken: list[Envelope] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    at_end: str = ""  # the reply to the end of a mail, instead of taking it
    on: dict[str, Callable[[], None]] = field(default_factory=dict)  # done when a client says EHLO, MAIL, DATA or QUIT

    def _reached(self, step: str) -> None:
        self.on.get(step, lambda: None)()

    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # noqa: N802  aiosmtpd's names
        self._reached("EHLO")
        session.host_name = hostname
        return responses

    async def handle_MAIL(self, server, session, envelope, address, mail_options):  # noqa: N802
        self._reached("MAIL")
        envelope.mail_from = address
        return "250 OK"

    async def handle_QUIT(self, server, session, envelope):  # noqa: N802
        self._reached("QUIT")
        return "221 Bye"

    async def handle_RCPT(  # noqa: N802
        self, server, session, envelope, address, rcpt_options
    ):
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if self.at_end:
            return self.at_end
        self.taken.append(envelope)
        self._reached("DATA")
        return f"250 2.0.0 OK: queued as {len(self.taken)}"


def _authenticator(server, session, envelope, mechanism, data):
    if isinstance(data, LoginPassword) and (data.login, data.password) == (b"outbox", b"right"):
        return AuthResult(success=True)
    return AuthResult(success=False, handled=False)


@contextmanager
def open_post(security: Security = Security.NONE, certificate: Path | None = None, login: str = "") -> Iterator[Post]:
    """Run an honest server on a free port of this machine; with a login, one must give it."""
    context = None
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    host = "127.0.0.1" if security is Security.NONE else "localhost"
    post = Post(Server(host, port, security, login, "right" if login else ""))
    options: dict = {"enable_SMTPUTF8": True}
    if login:
        # aiosmtpd knows of no TLS but STARTTLS: elsewhere it offers the login and does not insist.
        insists = security is Security.STARTTLS
        options |= {"authenticator": _authenticator, "auth_required": insists, "auth_require_tls": insists}
    if security is Security.TLS:
        options["ssl_context"] = context
    if security is Security.STARTTLS:
        options |= {"tls_context": context, "require_starttls": True}
    controller = Controller(post, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield post
    finally:
        controller.stop()


CUT, HANG, DRIP = "<cut>", "<hang>", "<drip>"


@dataclass
class Script:
    """A server that says `greeting`, then answers the n-th line it gets with the n-th reply.

    A reply may be CUT (the connection is reset), HANG (nothing is said until the client leaves) or DRIP (one sign at a
    time, for ever). After a `354` reply the lines up to the lone dot count as one. `heard` holds what it got.
    """

    port: int
    heard: list[bytes] = field(default_factory=list)


@contextmanager
def scripted(replies: Sequence[str], greeting: str = "220 here") -> Iterator[Script]:
    """Run one scripted conversation on a free port of this machine."""
    listener = socket.create_server(("127.0.0.1", 0))
    script = Script(listener.getsockname()[1])

    def talk() -> None:
        with suppress(OSError):
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as lines:
                _follow(connection, lines, [greeting, *replies], script)

    thread = threading.Thread(target=talk, daemon=True)
    thread.start()
    try:
        yield script
    finally:
        listener.close()
        thread.join(5)


def _follow(connection, lines, replies, script):
    in_mail = False
    for number, reply in enumerate(replies):
        if number:
            heard = lines.readline()
            while in_mail and heard not in {b".\r\n", b""}:
                heard += lines.readline()
                if heard.endswith(b"\r\n.\r\n"):
                    break
            script.heard.append(heard)
        if reply.endswith(CUT):  # « 354 go<cut> »: says so, and leaves
            connection.sendall(reply.removesuffix(CUT).encode() + b"\r\n" if reply != CUT else b"")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # close by a reset
            return
        if reply == HANG:
            lines.read()
            return
        while reply == DRIP:
            connection.sendall(b"2")
            time.sleep(0.02)
        connection.sendall(reply.encode() + b"\r\n")
        in_mail = reply.startswith("354")
    script.heard += list(lines)


def make_certificate(folder: Path, *names: str) -> Path:
    """A self-signed certificate for these host names and addresses, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0])])
    start = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    alternatives: list[x509.GeneralName] = [
        x509.IPAddress(ip_address(one)) if one[0].isdigit() else x509.DNSName(one) for one in names
    ]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=36500))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return path
