"""Names of the machine itself."""

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def is_loopback(host: str) -> bool:
    """Whether `host` names this machine and no other, however it is written."""
    return host.lower() in LOOPBACK
