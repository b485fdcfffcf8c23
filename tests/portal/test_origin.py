"""Where a request comes from: believed of our own proxies alone."""

import pytest
from django.test import RequestFactory

from doleance.portal.origin import client, network, network_of

STRANGER, FORGED, PROXY, INNER = "203.0.113.7", "198.51.100.1", "127.0.0.1", "10.0.0.2"
OURS = "127.0.0.1,::1,10.0.0.0/8"


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxies", "found"),
    [
        (STRANGER, [], 0, STRANGER),
        (STRANGER, [FORGED], 0, STRANGER),  # no proxy is set: nobody is believed
        (STRANGER, [FORGED], 1, STRANGER),  # not one of our proxies
        (PROXY, [STRANGER], 1, STRANGER),
        (PROXY, [FORGED, STRANGER], 1, STRANGER),  # what the client itself sent stands further left
        (PROXY, [FORGED, STRANGER, INNER], 2, STRANGER),
        (PROXY, [STRANGER, FORGED], 2, PROXY),  # what should be our outer proxy is not
        (PROXY, [], 1, PROXY),
        (PROXY, [INNER], 2, PROXY),
        ("::1", ["2001:db8::7"], 1, "2001:db8::7"),
        ("", [STRANGER], 1, ""),
    ],
)
def test_only_our_proxies_are_believed(peer, forwarded, proxies, found):
    assert client(peer=peer, forwarded=forwarded, proxies=proxies, trusted=OURS) == found


def test_a_star_trusts_whoever_connects():
    assert client(peer=STRANGER, forwarded=[FORGED], proxies=1, trusted="*") == FORGED


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("203.0.113.7:4711", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:aa:bb01::7", "2001:db8:aa:bb00::/56"),
        ("[2001:db8:aa:bbff:1:2:3:4]:4711", "2001:db8:aa:bb00::/56"),
        ("2001:db8:aa:bc00::7", "2001:db8:aa:bc00::/56"),
        ("fe80::1%eth0", "fe80::/56"),
        ("", ""),
        ("unknown", ""),
        ("_hidden", ""),
        ("1.2.3.4.5", ""),
    ],
)
def test_the_network_of_an_address(address, found):
    assert network(address) == found


def test_a_request_says_where_it_comes_from(settings):
    settings.DOLEANCE_PROXIES, settings.DOLEANCE_PROXY_ADDRESSES = 1, "127.0.0.1,::1"
    asked = RequestFactory().get("/", headers={"X-Forwarded-For": f"{FORGED}, {STRANGER}"})
    assert network_of(asked) == STRANGER
    settings.DOLEANCE_PROXIES = 0
    assert network_of(asked) == "127.0.0.1"
