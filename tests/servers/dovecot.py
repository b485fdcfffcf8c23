"""A real Dovecot for tests (Debian's dovecot-imapd and dovecot-lmtpd), on free ports of this machine; a pytest plugin.

Any user may log in: their name is a mail address, their password is `PASSWORD`, their mails are a Maildir under
`folder/mail/<address>`. Works as root (mails then belong to `nobody`) and as an ordinary user.

    with open_dovecot(folder) as server:
        server.deliver("a@maison.example", b"From: ...")   # by LMTP, as a mail server would
        server.held("a@maison.example")                    # what the box holds now: UID, flags, bytes

Fixtures: `dovecot` (one server for the whole run) and `inbox` (the address of a user nobody else has). A test that
restarts the server uses its own, by `open_dovecot`. Mark tests with `@pytest.mark.needs(*PACKAGES)`.
"""

import getpass
import grp
import imaplib
import os
import pwd
import re
import shutil
import smtplib
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import pytest

from tests import needs

PACKAGES = ("dovecot-imapd", "dovecot-lmtpd")
PASSWORD = "secret"
DOMAIN = "maison.example"
START_S = 20.0
_FETCHED = re.compile(rb"UID (\d+) FLAGS \(([^)]*)\)")


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@dataclass(frozen=True, slots=True)
class Held:
    """One mail of a box as another client sees it. Flags as `\\Seen`; those of the session alone are left out."""

    uid: int
    flags: frozenset[str]
    raw: bytes = field(repr=False)


@dataclass
class Dovecot:
    """A server in `folder`. `port` speaks IMAP in clear (and STARTTLS), `tls_port` IMAPS, `lmtp_port` takes mail.

    The IMAPS certificate is the given PEM file (certificate and key); without one there is no TLS at all.
    """

    folder: Path
    certificate: Path | None = None
    host: str = "127.0.0.1"
    port: int = field(default_factory=free_port)
    tls_port: int = field(default_factory=free_port)
    lmtp_port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Begin to serve; returns once IMAP and LMTP greet."""
        config = self.folder / "dovecot.conf"
        config.write_text(_config(self))
        self.process = subprocess.Popen(["/usr/sbin/dovecot", "-F", "-c", config])
        ends = time.monotonic() + START_S
        for port in (self.port, self.lmtp_port):
            while not _greets(self.host, port):
                if self.process.poll() is not None or time.monotonic() > ends:
                    log = self.folder / "dovecot.log"
                    raise RuntimeError(log.read_text() if log.exists() else "it died before it could say why")
                time.sleep(0.02)

    def stop(self) -> None:
        """Stop serving; clients are cut off, mails stay."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(START_S)
            self.process = None

    def restart(self) -> None:
        """Stop and start again on the same ports."""
        self.stop()
        self.start()

    def deliver(self, address: str, raw: bytes, sender: str = "helene.durand@courriel.example") -> None:
        """Hand a mail over by LMTP; it is in the box when this returns. `sender` becomes its Return-Path."""
        with smtplib.LMTP(self.host, self.lmtp_port, timeout=START_S) as client:
            client.sendmail(sender, [address], raw)

    @contextmanager
    def client(self, address: str, folder: str | None = "INBOX") -> Iterator[imaplib.IMAP4]:
        """Another mail program of that user, in that folder."""
        client = imaplib.IMAP4(self.host, self.port, timeout=START_S)
        try:
            client.login(address, PASSWORD)
            if folder is not None:
                _right(client.select(folder))
            yield client
        finally:
            with suppress(OSError, imaplib.IMAP4.error):
                client.logout()

    def held(self, address: str, folder: str = "INBOX") -> list[Held]:
        """The mails of a folder by UID; nothing is flagged by looking."""
        found = []
        with self.client(address, folder) as client:
            for part in _right(client.uid("FETCH", "1:*", "(UID FLAGS BODY.PEEK[])")):
                if isinstance(part, tuple) and (match := _FETCHED.search(part[0])):
                    flags = frozenset(match[2].decode().split()) - {"\\Recent"}
                    found.append(Held(int(match[1]), flags, part[1]))
        return sorted(found, key=lambda one: one.uid)

    def uidvalidity(self, address: str, folder: str = "INBOX") -> int:
        """The UIDVALIDITY of a folder now."""
        with self.client(address, folder) as client:
            return int(client.response("UIDVALIDITY")[1][0] or 0)

    def create(self, address: str, folder: str) -> None:
        """Make a folder (plain ASCII name)."""
        with self.client(address, None) as client:
            _right(client.create(folder))

    def expunge(self, address: str, uid: int, folder: str = "INBOX") -> None:
        """Make one mail disappear for good, as a person with another mail program does."""
        with self.client(address, folder) as client:
            _right(client.uid("STORE", str(uid), "+FLAGS", r"(\Deleted)"))
            _right(client.uid("EXPUNGE", str(uid)))

    def maildir(self, address: str, folder: str = "INBOX") -> Path:
        """The Maildir of a folder on disk (`cur`, `new`, `tmp` and Dovecot's own files)."""
        root = self.folder / "mail" / address / "Maildir"
        return root if folder == "INBOX" else root / f".{folder}"

    def change_uidvalidity(self, address: str, folder: str = "INBOX") -> int:
        """Make Dovecot forget its numbers, as after a restored backup: the new UIDVALIDITY; UIDs begin again at 1.

        No client may have the folder open meanwhile, or its process would write the old numbers back.
        """
        before = self.uidvalidity(address, folder)
        maildir = self.maildir(address, folder)
        for path in [*maildir.glob("dovecot.index*"), *maildir.glob("dovecot.list.index*")]:
            path.unlink()
        lines = (maildir / "dovecot-uidlist").read_text().splitlines()
        numbers = "\n".join(f"{n} :{line.partition(' :')[2]}" for n, line in enumerate(lines[1:], 1))
        head = re.sub(r"V\d+", f"V{before + 1}", re.sub(r"N\d+", f"N{len(lines)}", lines[0]))
        (maildir / "dovecot-uidlist").write_text(f"{head}\n{numbers}\n" if numbers else f"{head}\n")
        return self.uidvalidity(address, folder)


@contextmanager
def open_dovecot(certificate: Path | None = None) -> Iterator[Dovecot]:
    """Run a server of one's own until the end of the block, in a new folder that goes with it."""
    folder = Path(tempfile.mkdtemp(prefix="dovecot-", dir="/tmp"))  # sockets have short names only
    server = Dovecot(folder, certificate)
    try:
        folder.chmod(0o755)
        (folder / "mail").mkdir()
        if os.geteuid() == 0:
            shutil.chown(folder / "mail", *_mail_account())
        try:
            server.start()
        except RuntimeError:  # somebody took one of its ports since they were chosen
            server.stop()
            server.port, server.tls_port, server.lmtp_port = free_port(), free_port(), free_port()
            server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """The run's own server, in clear."""
    for package in PACKAGES:
        needs.require(package)
    with open_dovecot() as server:
        yield server


@pytest.fixture
def inbox() -> str:
    """The address, and login, of a user of `dovecot` whom no other test knows."""
    return f"boite-{uuid4().hex[:12]}@{DOMAIN}"


def _right(answer: tuple[str, list]) -> list:
    status, data = answer
    if status != "OK":
        raise AssertionError(f"{status} {data!r}")
    return data


def _greets(host: str, port: int) -> bool:
    with suppress(OSError), socket.create_connection((host, port), timeout=5) as connection:
        return bool(connection.recv(1))
    return False


def _mail_account() -> tuple[int, int]:
    """Who owns the mails: never root, Dovecot refuses it."""
    account = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    return account.pw_uid, account.pw_gid


def _config(server: Dovecot) -> str:
    uid, gid = _mail_account()
    folder = server.folder
    lines = [
        f"base_dir = {folder}/run",
        f"state_dir = {folder}/state",
        f"log_path = {folder}/dovecot.log",
        "protocols = imap lmtp",
        f"listen = {server.host}",
        "disable_plaintext_auth = no",
        "auth_mechanisms = plain login",
        "mail_location = maildir:~/Maildir",
        "first_valid_uid = 1",
        f"postmaster_address = postmaster@{DOMAIN}",
        "mail_max_userip_connections = 100",
        "recipient_delimiter = +",
        "namespace inbox {\n  inbox = yes\n  separator = .\n}",
        f"passdb {{\n  driver = static\n  args = password={PASSWORD}\n}}",
        f"userdb {{\n  driver = static\n  args = uid={uid} gid={gid} home={folder}/mail/%u allow_all_users=yes\n}}",
        f"service lmtp {{\n  inet_listener lmtp {{\n    port = {server.lmtp_port}\n  }}\n}}",
    ]
    login = f"  inet_listener imap {{\n    port = {server.port}\n  }}\n"
    if server.certificate is None:
        lines.append("ssl = no")
        login += "  inet_listener imaps {\n    port = 0\n  }\n"
    else:
        lines += ["ssl = yes", f"ssl_cert = <{server.certificate}", f"ssl_key = <{server.certificate}"]
        login += f"  inet_listener imaps {{\n    port = {server.tls_port}\n    ssl = yes\n  }}\n"
    if os.geteuid() != 0:
        me, us = getpass.getuser(), grp.getgrgid(os.getegid()).gr_name
        lines += [f"default_internal_user = {me}", f"default_login_user = {me}", f"default_internal_group = {us}"]
        lines.append("service anvil {\n  chroot =\n}")
        login += "  chroot =\n"
    lines.append(f"service imap-login {{\n{login}}}")
    return "\n".join(lines) + "\n"
