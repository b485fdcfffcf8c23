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
    scheme = url.partition(":")[0]
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(scheme, 0)
    except ValueError:
        parts, port = urlsplit(""), 0
    if scheme not in _PORTS or not parts.hostname or not port:
        # The address itself is not told: it holds a password.
        raise BadSetting(name="smtp_url", source=scheme, reason="écrivez smtp+starttls://nom:motdepasse@hote:587.")
    return Post(
        host=parts.hostname,
        port=port,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        tls=scheme == "smtps",
        starttls=scheme == "smtp+starttls",
    )
