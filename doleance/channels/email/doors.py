"""Which servers a setting typed on a page may have us connect to: the one place of that rule (SSRF).

Whoever sets a mailbox must not make Doléance talk to what only its machine can reach: its own services, the internal
network, the metadata service of a cloud. A name is resolved once, its addresses are checked, and the connection is
made to the very address that was checked; TLS still checks the name. `DOLEANCE_MAIL_NETWORKS` names the networks of
the installation's own mail servers; some addresses are no mail server's and stay closed whatever it says.
"""

import ipaddress
import socket
import time
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from django.conf import settings

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
# Link-local, unspecified, multicast, reserved, and where clouds answer about the machine itself.
NEVER: Sequence[Network] = [
    ipaddress.ip_network(one)
    for one in (
        "0.0.0.0/8",
        "169.254.0.0/16",
        "224.0.0.0/3",
        "100.100.100.200/32",
        "168.63.129.16/32",
        "192.0.0.192/32",
        "::/128",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
        "fd00:ec2::254/128",
    )
]
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052 §2.1


class OutOfBounds(OSError):
    """No address of this server is one that we connect to."""


def networks(told: str) -> tuple[Network, ...]:
    """The networks of a comma-separated list. Raises ValueError."""
    return tuple(ipaddress.ip_network(one.strip()) for one in told.split(",") if one.strip())


def is_open(address: str, allowed: Sequence[Network]) -> bool:
    """Whether a server at `address` may be connected to: a public address, or one of the `allowed` networks."""
    found = _plain(ipaddress.ip_address(address.partition("%")[0]))
    if any(found in network for network in NEVER):
        return False
    return found.is_global or any(found in network for network in allowed)


def _plain(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, when it does."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def connect(
    address: tuple[str, int], timeout: float | None = None, source_address: tuple[str, int] | None = None
) -> socket.socket:
    """A connection to `address` (host, port), as `socket.create_connection` makes one. Raises OSError.

    `OutOfBounds`: the name leads only where we do not go.
    """
    host, port = address
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    checked = [one for one in found if is_open(str(one[4][0]), settings.DOLEANCE_MAIL_NETWORKS)]
    if not checked:
        raise OutOfBounds(", ".join(dict.fromkeys(str(one[4][0]) for one in found)))
    ends = time.monotonic() + timeout if timeout else None
    failure = OSError("no address")
    for family, kind, protocol, _, place in checked:
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(max(0.1, ends - time.monotonic()) if ends else None)
            if source_address:
                sock.bind(source_address)
            sock.connect(place)
            sock.settimeout(timeout)
        except OSError as error:
            sock.close()
            failure = error
        else:
            return sock
    raise failure
