"""Access tokens for mail servers that take no password (RFC 6749 §6): a refresh token is shown, a key comes back.

Over https only, to the host of the settings only: a redirection is not followed, or it would carry our secrets away.
"""

import hashlib
import http.client
import json
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode, urlsplit

from doleance.channels.email import doors
from doleance.channels.email.fetched import words
from doleance.channels.rules import MailboxError, MailboxFailed

STEP_S = 8.0  # each wait
LIMIT_S = 12.0  # the whole exchange: a transaction waits for it, and a page's may not wait longer than 15 s
_LARGEST = 64 * 1024
_USUAL_S = 300.0  # how long an access token lives when its server does not say
_LONGEST_S = 24 * 3600.0
_MARGIN_S = 60.0  # a token is not used in its last minute


@dataclass(frozen=True, slots=True)
class Application:
    """Who asks, and where: the token endpoint, what the provider knows us by, and what the mailbox's owner granted."""

    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)

    @property
    def digest(self) -> str:
        """What names these settings without telling them."""
        told = [self.token_url, self.client_id, self.client_secret, self.refresh_token]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Granted:
    """An access token; `refresh_token` is not empty when the provider replaced the one that was shown."""

    access_token: str = field(repr=False)
    lifetime_s: float
    refresh_token: str = field(default="", repr=False)


class Tokens:
    """The access tokens of this process, each kept until it expires; and by what each refresh token was replaced.

    A provider that replaces a refresh token may take the use of the old one for a theft, and close the mailbox: one
    that was replaced is shown no more, even by who still holds it. Whoever asks for a mailbox asks alone
    (`channels.actions.fetching.renew_token`); no lock is held here while a provider is waited for.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, tuple[str, float]] = {}
        self._replaced: dict[str, Application] = {}

    def kept(self, application: Application) -> tuple[str, str] | None:
        """An access token at hand, and the refresh token that replaced the one given (empty: none did)."""
        with self._lock:
            latest = self._latest(application)
            found = self._known.get(latest.digest)
            if found is None or time.monotonic() >= found[1]:
                return None
            return found[0], latest.refresh_token if latest is not application else ""

    def get(self, application: Application) -> tuple[str, str]:
        """An access token, and the refresh token to keep from now on (empty: the same). Raises `MailboxFailed`."""
        if (found := self.kept(application)) is not None:
            return found
        with self._lock:
            latest = self._latest(application)
        granted = ask(latest)
        with self._lock:
            following = latest
            if granted.refresh_token:
                following = replace(latest, refresh_token=granted.refresh_token)
                self._replaced[latest.digest] = following
            ends = time.monotonic() + granted.lifetime_s - _MARGIN_S
            self._known = {key: kept for key, kept in self._known.items() if time.monotonic() < kept[1]}
            self._known[following.digest] = (granted.access_token, ends)
        return granted.access_token, following.refresh_token if following is not application else ""

    def forget(self, application: Application) -> bool:
        """Ask again next time: the mail server refused what was kept. Whether there was something."""
        with self._lock:
            return self._known.pop(self._latest(application).digest, None) is not None

    def _latest(self, application: Application) -> Application:
        """What replaced it last. A provider that gives an old one again makes a circle, which ends."""
        seen: set[str] = set()
        while (digest := application.digest) in self._replaced and digest not in seen:
            seen.add(digest)
            application = self._replaced[digest]
        return application


tokens = Tokens()


def ask(application: Application) -> Granted:
    """Show the refresh token and get an access token. Raises `MailboxFailed`: TOKEN when it is refused for good."""
    parts = urlsplit(application.token_url)
    if parts.scheme != "https" or not parts.hostname:
        raise MailboxFailed(MailboxError.TOKEN_SERVER, "https")
    form = {
        "grant_type": "refresh_token",
        "refresh_token": application.refresh_token,
        "client_id": application.client_id,
    }
    if application.client_secret:
        form["client_secret"] = application.client_secret
    try:
        port = parts.port or 443
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        status, body = _post(parts.hostname, port, path, urlencode(form))
    except ssl.SSLCertVerificationError as error:
        raise MailboxFailed(MailboxError.TOKEN_SERVER, words([error.verify_message])) from error
    except doors.OutOfBounds as error:
        raise MailboxFailed(MailboxError.NETWORK, words([str(error)])) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise MailboxFailed(MailboxError.TOKEN_SERVER, words([str(error) or type(error).__name__])) from error
    return _granted(status, body, application)


def _post(host: str, port: int, path: str, form: str) -> tuple[int, bytes]:
    """The status and the beginning of the answer; the connection is cut when the whole takes too long."""
    connection = _Connection(host, port, timeout=STEP_S, context=ssl.create_default_context())
    cut = threading.Timer(LIMIT_S, lambda: _cut(connection))
    cut.daemon = True
    cut.start()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    try:
        connection.request("POST", path, body=form, headers=headers)
        response = connection.getresponse()
        with response:
            return response.status, response.read(_LARGEST)
    finally:
        cut.cancel()
        connection.close()


class _Connection(http.client.HTTPSConnection):
    """Connects to the address that was checked; TLS checks the name. No proxy, and no redirection is followed."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._create_connection = doors.connect


def _cut(connection: http.client.HTTPSConnection) -> None:
    sock = connection.sock
    if sock is not None:
        with suppress(OSError):
            socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _granted(status: int, body: bytes, application: Application) -> Granted:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, Mapping):
        raise MailboxFailed(MailboxError.TOKEN_SERVER, f"HTTP {status}")
    token = told.get("access_token")
    if status != 200 or not isinstance(token, str) or not _is_token(token):
        _refused(status, told, application)
        raise MailboxFailed(MailboxError.TOKEN_SERVER, f"HTTP {status}")
    following = told.get("refresh_token")
    is_new = isinstance(following, str) and bool(following) and following != application.refresh_token
    return Granted(token, _lifetime(told.get("expires_in")), str(following) if is_new else "")


def _refused(status: int, told: Mapping[str, object], application: Application) -> None:
    """Raise the provider's own words (RFC 6749 §5.2)."""
    error, detail = told.get("error"), told.get("error_description")
    if not isinstance(error, str):
        return
    said = words([error, detail if isinstance(detail, str) else None], application.refresh_token)
    if application.client_secret:
        said = said.replace(application.client_secret, "…")
    raise MailboxFailed(MailboxError.TOKEN if 400 <= status < 500 else MailboxError.TOKEN_SERVER, said)


def _is_token(token: str) -> bool:
    """RFC 6750 §2.1 in short: visible ASCII, so that nothing can be slipped into the login."""
    return bool(token) and all("\x21" <= sign <= "\x7e" for sign in token)


def _lifetime(told: object) -> float:
    try:
        return min(max(float(str(told)), 0.0), _LONGEST_S)
    except ValueError:
        return _USUAL_S
