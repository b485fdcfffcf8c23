"""The server that sends the mails of accounts (a forgotten password), from its address."""

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from doleance.boot.config import BadSetting

_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class Post:
    """A mail server; an empty host means none."""

    host: str = ""
    port: int = 25
    user: str = ""
    password: str = ""
    tls: bool = False
    starttls: bool = False


def parse(url: str) -> Post:
    """Read `smtp+starttls://user:password@host:587`. An empty text is no server. Raises `BadSetting`."""
    if not url:
        return Post()
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise BadSetting(
            name="smtp_url", source=parts.scheme, reason="écrivez smtp+starttls://nom:motdepasse@hote:587."
        )
    return Post(
        host=parts.hostname,
        port=parts.port or _PORTS[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        tls=parts.scheme == "smtps",
        starttls=parts.scheme == "smtp+starttls",
    )
