"""Where a request comes from: the network that budgets count together, and never more than its keyed hash is kept.

A proxy in front tells whom it speaks for in `X-Forwarded-For`; so can anybody. It is believed of the proxies that the
installation names (`proxy_addresses`), for as many steps as it says there are (`proxies`).
"""

import ipaddress
from collections.abc import Sequence

from django.conf import settings
from django.http import HttpRequest

_V6_BITS = 56


def network_of(request: HttpRequest) -> str:
    """The network of whoever sent a request; empty when nobody can tell."""
    told = request.META.get("HTTP_X_FORWARDED_FOR", "")
    peer = client(
        peer=request.META.get("REMOTE_ADDR", ""),
        forwarded=[one.strip() for one in told.split(",") if one.strip()],
        proxies=settings.DOLEANCE_PROXIES,
        trusted=settings.DOLEANCE_PROXY_ADDRESSES,
    )
    return network(peer)


def client(*, peer: str, forwarded: Sequence[str], proxies: int, trusted: str) -> str:
    """The client's address: that of the connection, or what the outermost of our proxies saw.

    `forwarded` is X-Forwarded-For, the nearest proxy's word last; `trusted` names the addresses or networks of our
    proxies, joined by commas, or `*`. What stands further left was written by a stranger.
    """
    if not proxies or len(forwarded) < proxies or not _is_ours(peer, trusted):
        return peer
    if not all(_is_ours(one, trusted) for one in forwarded[len(forwarded) - proxies + 1 :]):
        return peer
    return forwarded[-proxies]


def network(address: str) -> str:
    """The network an address is counted with; empty for what is none.

    An IPv4 address is a whole network already: a household, a school, a company is behind one, and its neighbours are
    strangers to it. One IPv6 subscriber has up to 2^72 addresses, mostly a /56 (RIPE-690): that is counted.
    """
    found = _address(address)
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.IPv6Network((int(found) >> (128 - _V6_BITS) << (128 - _V6_BITS), _V6_BITS)))
    return str(found) if found is not None else ""


def _is_ours(address: str, trusted: str) -> bool:
    found = _address(address)
    if found is None:
        return False
    return any(one.strip() == "*" or found in ipaddress.ip_network(one.strip()) for one in trusted.split(",") if one)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An address as proxies write it: bare, with a port, in brackets, with a zone."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
