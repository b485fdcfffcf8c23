"""The wire in: one folder of one IMAP server (RFC 3501, RFC 9051), read so that nothing is lost whatever it answers.

Knows nothing of the database. Mails are looked at with `BODY.PEEK[]`, which flags nothing; flags and moves are asked
for apart, by the caller, once the mail is safe. Only `UID EXPUNGE` of named messages (RFC 4315) is ever sent: a plain
EXPUNGE would destroy what somebody else marked. (imap-tools' own `flag`, `move` and `delete` send one: not used.)

Nothing that a server says is believed twice without a check: an answer must carry the UID that was asked for, and as
many bytes as the server told. Each command has a time and a budget of bytes, so that a server that drips or pours
ends with its connection.
"""

import imaplib
import ssl
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from imap_tools import BaseMailBox
from imap_tools.errors import UnexpectedCommandStatusError
from imap_tools.utils import encode_folder

from doleance.channels.email import fetched
from doleance.channels.email.fetched import Answer, Listed, Mail
from doleance.channels.email.guard import STEP_S, Guard, Guarded, GuardedTls, failures
from doleance.channels.rules import ImapAuth, MailboxError, MailboxFailed, Security
from doleance.kernel.hosts import is_loopback

R = TypeVar("R")

CONNECT_S = 15.0  # to be connected, greeted and protected; then each read has `STEP_S`
HEADER_BYTES = 256 * 1024  # of the header of a mail that is too large to be fetched
_TRIES = 3  # to get the same answer twice from a server that contradicts itself
_LISTED = "(UID FLAGS INTERNALDATE RFC822.SIZE)"
_MOST_UIDS = 200  # in one command: some servers refuse long lines
PAGE = 5_000  # mails of one listing: a folder of any size is told within the time and bytes of its commands
LAST_UID = 2**32 - 1  # RFC 3501 §2.3.1.1


@dataclass(frozen=True, slots=True)
class Server:
    """A server that keeps mail for us, and how to get in. `secret` is the password, or an OAuth 2 access token."""

    host: str
    port: int
    security: Security
    username: str
    auth: ImapAuth = ImapAuth.PASSWORD
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Opened:
    """A folder as its server presents it: how many mails it holds, and what its numbers are worth."""

    uidvalidity: int
    count: int
    uidnext: int | None


@dataclass(frozen=True, slots=True)
class Page:
    """What a folder says it holds from one UID to another, both included: sizes, moments and flags, by UID."""

    low: int
    high: int
    listed: dict[int, Listed] = field(repr=False)


class Session:
    """A connection that is logged in. Any method may raise `MailboxFailed`; the session is worth nothing then."""

    def __init__(self, box: BaseMailBox, guard: Guard, secret: str) -> None:
        self._box, self._guard, self._secret = box, guard, secret
        self._client: Any = box.client

    @property
    def can_idle(self) -> bool:
        """Whether the server tells of new mail by itself (RFC 2177)."""
        return "IDLE" in self._client.capabilities

    @property
    def can_move(self) -> bool:
        """Whether mails can leave the folder without a plain EXPUNGE: MOVE (RFC 6851) or UIDPLUS (RFC 4315)."""
        return bool({"MOVE", "UIDPLUS"} & set(self._client.capabilities))

    def select(self, folder: str, *, writable: bool) -> Opened:
        """Open a folder. Raises FOLDER when it does not open, PROTOCOL when its numbers have no validity."""
        self._ask(lambda: self._box.folder.set(folder, readonly=not writable), refused=MailboxError.FOLDER)
        said = self._client.untagged_responses
        with failures(self._guard, self._secret):
            validity = int(said["UIDVALIDITY"][-1])
            count = int(said["EXISTS"][-1])
            following = [int(one) for one in said.get("UIDNEXT", [])[-1:]]
        if not 0 < validity < 2**32:
            raise MailboxFailed(MailboxError.PROTOCOL, f"UIDVALIDITY {validity}")
        return Opened(validity, count, following[0] if following else None)

    def folders(self) -> tuple[str, ...]:
        """The names of the folders that can be opened, in order."""
        found = self._ask(self._box.folder.list)
        return tuple(sorted(one.name for one in found if "\\Noselect" not in one.flags))

    def pages(self, opened: Opened, above: int = 0) -> Iterator[Page]:
        """What the folder says it holds above a UID, by pages of `PAGE` mails, the oldest first; no content.

        From the beginning (or when much is above) it is asked in two ways: what one answer hides, the other may show.
        The last page, which has no end, may be empty.
        """
        if above and opened.uidnext is not None and opened.uidnext - above <= PAGE:
            yield Page(above + 1, LAST_UID, self._list(f"{above + 1}:*", above))
            return
        shown = self._search(above)
        low = above + 1
        for high in shown[PAGE - 1 :: PAGE]:
            yield self._page(low, high, shown)
            low = high + 1
        yield self._page(low, LAST_UID, shown)

    def _search(self, above: int) -> list[int]:
        data = self._uid("SEARCH", *(["UID", f"{above + 1}:*"] if above else ["ALL"]))
        found = {int(one) for line in data if isinstance(line, bytes) for one in line.split() if one.isdigit()}
        return sorted(uid for uid in found if above < uid <= LAST_UID)

    def _page(self, low: int, high: int, shown: Sequence[int]) -> Page:
        """The mails from `low` to `high`; what was `shown` there and the listing hides is asked by name."""
        found = self._list(f"{low}:{high if high < LAST_UID else '*'}", low - 1)
        here = shown[bisect_left(shown, low) : bisect_right(shown, high)]
        for part in fetched.parts([uid for uid in here if uid not in found], _MOST_UIDS):
            found |= self._list(fetched.uid_set(part), low - 1)
        return Page(low, high, {uid: one for uid, one in found.items() if uid <= high})

    def relisted(self, uids: Sequence[int]) -> dict[int, Listed]:
        """Those of these mails that the folder still holds."""
        found: dict[int, Listed] = {}
        for part in fetched.parts(uids, _MOST_UIDS):
            found |= self._list(fetched.uid_set(part), 0)
        return {uid: found[uid] for uid in uids if uid in found}

    def latest(self, opened: Opened, most: int) -> list[Listed]:
        """The last mails of the folder, the latest first."""
        if not opened.count:
            return []
        asked = f"{max(1, opened.count - most + 1)}:*"
        status, data = self._ask(lambda: self._client.fetch(asked, _LISTED))
        if status != "OK":
            raise MailboxFailed(MailboxError.PROTOCOL, fetched.words(data, self._secret))
        found = [answer.listed for answer in fetched.answers(data) if answer.uid and answer.size is not None]
        return sorted(found, key=lambda one: -one.uid)[:most]

    def authentication(self, uids: Sequence[int]) -> list[str]:
        """The topmost Authentication-Results (RFC 8601) of each of these mails that has one, the latest mail first."""
        if not uids:
            return []
        data = self._uid("FETCH", fetched.uid_set(uids), "(UID BODY.PEEK[HEADER.FIELDS (Authentication-Results)])")
        found = {answer.uid: answer.raw for answer in fetched.answers(data) if answer.uid in set(uids) and answer.raw}
        values = (fetched.first_value(raw) for _, raw in sorted(found.items(), key=lambda one: -(one[0] or 0)))
        return [value for value in values if value]

    def _list(self, uids: str, above: int) -> dict[int, Listed]:
        data = self._uid("FETCH", uids, _LISTED)
        found = [answer for answer in fetched.answers(data) if answer.uid is not None and answer.uid > above]
        # `n:*` names the last mail even when its UID is below n (RFC 3501 §6.4.8); flags alone come unasked.
        return {answer.uid: answer.listed for answer in found if answer.uid and answer.size is not None}

    def fetch(self, wanted: Sequence[Listed]) -> list[Mail]:
        """The mails themselves, byte for byte, in the order asked; one that the server does not give is left out.

        What is answered of another UID is passed over. An answer of another length than was told is asked for again;
        it is believed when the server insists. Nothing that was cut is returned.
        """
        asked = {one.uid: one for one in wanted}
        given: dict[int, list[Answer]] = {uid: [] for uid in asked}
        for answer in self._bodies(wanted):
            if answer.uid in given and answer.raw is not None:
                given[answer.uid].append(answer)
        mails = (self._settled(one, given[one.uid]) for one in wanted)
        return [mail for mail in mails if mail is not None]

    def _settled(self, one: Listed, given: list[Answer]) -> Mail | None:
        """The content of one mail, once it is sure."""
        for _ in range(_TRIES):
            found = fetched.sure(one, given)
            if found is not None:
                return found
            given += [answer for answer in self._bodies([one]) if answer.uid == one.uid and answer.raw is not None]
        return fetched.sure(one, given)

    def _bodies(self, wanted: Sequence[Listed]) -> list[Answer]:
        size = sum(one.size for one in wanted)
        uids = fetched.uid_set([one.uid for one in wanted])
        return fetched.answers(self._uid("FETCH", uids, "(UID INTERNALDATE RFC822.SIZE BODY.PEEK[])", size=size))

    def header(self, one: Listed) -> Mail | None:
        """The beginning of the header of a mail that is too large; None when the server does not give it."""
        asked = f"(UID BODY.PEEK[HEADER]<0.{HEADER_BYTES}>)"
        data = self._uid("FETCH", str(one.uid), asked, size=HEADER_BYTES)
        for answer in fetched.answers(data):
            if answer.uid == one.uid and answer.raw:
                return Mail(one.uid, one.at, answer.raw, one.size)
        return None

    def flag_seen(self, uids: Sequence[int]) -> None:
        """Mark mails as read on the server."""
        for part in fetched.parts(uids, _MOST_UIDS):
            self._uid("STORE", fetched.uid_set(part), "+FLAGS.SILENT", r"(\Seen)")

    def move(self, uids: Sequence[int], folder: str) -> None:
        """Move mails to another folder, which is made when the server asks for it. Raises DONE_FOLDER when it fails.

        Without MOVE they are copied, marked as deleted, and expunged by name where UIDPLUS allows it; else they stay,
        marked.
        """
        for part in fetched.parts(uids, _MOST_UIDS):
            try:
                self._move(fetched.uid_set(part), folder)
            except MailboxFailed as error:
                if "TRYCREATE" not in error.said.upper():
                    raise
                self._ask(lambda: self._box.folder.create(folder), refused=MailboxError.DONE_FOLDER)
                self._move(fetched.uid_set(part), folder)

    def _move(self, uids: str, folder: str) -> None:
        name = encode_folder(folder)
        if "MOVE" in self._client.capabilities:
            self._uid("MOVE", uids, name, refused=MailboxError.DONE_FOLDER)
            return
        self._uid("COPY", uids, name, refused=MailboxError.DONE_FOLDER)
        self._uid("STORE", uids, "+FLAGS.SILENT", r"(\Seen \Deleted)")
        if "UIDPLUS" in self._client.capabilities:
            self._uid("EXPUNGE", uids)

    def wait_for_news(self, seconds: float) -> bool:
        """IDLE until the folder has a new mail or `seconds` are over; whether it has. `Guard.cut` wakes it up.

        Seconds must be under 29 minutes (RFC 2177 §3).
        """
        client, ends = self._client, time.monotonic() + seconds
        with failures(self._guard, self._secret):
            with self._guard.limit():
                tag = client.begin_idle()
            while not client.has_news and self._guard.readable(ends - time.monotonic()):
                with self._guard.limit():
                    client.hear()
            with self._guard.limit():
                client.send(b"DONE\r\n")
                self._box.consume_until_tagged_response(tag)
        return bool(client.has_news)

    def _uid(self, command: str, *words: Any, size: int = 0, refused: MailboxError = MailboxError.PROTOCOL) -> Any:
        """The untagged data of a `UID` command that the server carried out."""
        status, data = self._ask(lambda: self._client.uid(command, *words), size=size, refused=refused)
        if status != "OK":
            raise MailboxFailed(refused, fetched.words(data, self._secret))
        return data

    def _ask(self, call: Callable[[], R], *, size: int = 0, refused: MailboxError = MailboxError.PROTOCOL) -> R:
        with failures(self._guard, self._secret), self._guard.limit(size):
            try:
                return call()
            except UnexpectedCommandStatusError as error:
                raise MailboxFailed(refused, fetched.words(error.command_result[1], self._secret)) from error


class _Box(BaseMailBox):
    """imap-tools' mailbox over a guarded connection."""

    def __init__(self, server: Server, guard: Guard) -> None:
        self._server, self._guard = server, guard
        super().__init__()

    def _get_mailbox_client(self) -> imaplib.IMAP4:
        server = self._server
        if server.security is Security.TLS:
            context = ssl.create_default_context()
            return GuardedTls(self._guard, server.host, server.port, ssl_context=context, timeout=CONNECT_S)
        client = Guarded(self._guard, server.host, server.port, timeout=CONNECT_S)
        if server.security is Security.STARTTLS:
            client.starttls(ssl.create_default_context())
        return client


@contextmanager
def session(server: Server, guard: Guard | None = None) -> Iterator[Session]:
    """A connection that is protected and logged in, closed at the end. Raises `MailboxFailed`.

    `guard.cut()`, from another thread, ends it at once.
    """
    guard = guard or Guard()
    if server.security is Security.NONE and not is_loopback(server.host):
        raise MailboxFailed(MailboxError.CLEAR)
    try:
        with failures(guard, server.secret, connecting=True), guard.limit():
            box = _Box(server, guard)
        guard.patience(STEP_S)
        _log_in(box, guard, server)
        yield Session(box, guard, server.secret)
        with suppress(Exception), guard.limit():  # a goodbye that fails changes nothing
            box.logout()
    finally:
        guard.close()


def _log_in(box: BaseMailBox, guard: Guard, server: Server) -> None:
    refused = MailboxError.TOKEN if server.auth is ImapAuth.XOAUTH2 else MailboxError.LOGIN
    with failures(guard, server.secret), guard.limit():
        try:
            if server.auth is ImapAuth.XOAUTH2:
                _xoauth2(box.client, server)
            elif (server.username + server.secret).isascii():
                box.login(server.username, server.secret, initial_folder=None)
            else:
                box.login_utf8(server.username, server.secret, initial_folder=None)
            box.client._get_capabilities()  # noqa: SLF001  they change with the login
        except imaplib.IMAP4.abort:
            raise
        except UnexpectedCommandStatusError as error:
            raise MailboxFailed(refused, fetched.words(error.command_result[1], server.secret)) from error
        except imaplib.IMAP4.error as error:
            raise MailboxFailed(refused, fetched.words([str(error)], server.secret)) from error


def _xoauth2(client: imaplib.IMAP4, server: Server) -> None:
    """Log in by an access token. A refusal comes as a challenge, which wants an empty answer before its NO."""
    answers = iter([f"user={server.username}\1auth=Bearer {server.secret}\1\1".encode()])
    client.authenticate("XOAUTH2", lambda _: next(answers, b""))
