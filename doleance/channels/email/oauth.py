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
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from doleance.channels.email.fetched import words
from doleance.channels.rules import MailboxError, MailboxFailed

STEP_S = 15.0  # each wait
LIMIT_S = 45.0  # the whole exchange
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
    """The access tokens of this process, each kept until it expires."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, tuple[str, float]] = {}

    def get(self, application: Application) -> tuple[str, str]:
        """An access token, and the refresh token to keep from now on (empty: the same). Raises `MailboxFailed`."""
        with self._lock:
            found = self._known.get(application.digest)
            if found is not None and time.monotonic() < found[1]:
                return found[0], ""
            granted = ask(application)
            following = application
            if granted.refresh_token:
                following = Application(
                    application.token_url, application.client_id, application.client_secret, granted.refresh_token
                )
            ends = time.monotonic() + granted.lifetime_s - _MARGIN_S
            self._known = {key: kept for key, kept in self._known.items() if time.monotonic() < kept[1]}
            self._known[following.digest] = (granted.access_token, ends)
            return granted.access_token, granted.refresh_token

    def forget(self, application: Application) -> bool:
        """Ask again next time: the mail server refused what was kept. Whether there was something."""
        with self._lock:
            return self._known.pop(application.digest, None) is not None


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
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise MailboxFailed(MailboxError.TOKEN_SERVER, words([str(error) or type(error).__name__])) from error
    return _granted(status, body, application)


def _post(host: str, port: int, path: str, form: str) -> tuple[int, bytes]:
    """The status and the beginning of the answer; the connection is cut when the whole takes too long."""
    connection = http.client.HTTPSConnection(host, port, timeout=STEP_S, context=ssl.create_default_context())
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
