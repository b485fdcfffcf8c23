"""Where a mailbox may have us connect to: the addresses of a name are checked, and the checked one is used."""

import socket

import pytest

from doleance.channels.email import doors, imap, oauth, smtp
from doleance.channels.mailboxes import SendingError, sending_error
from doleance.channels.rules import MailboxError, MailboxFailed, Security
from doleance.kernel.errors import ChannelError
from tests.servers.liar import open_liar

ALLOWED = doors.networks("192.168.1.0/24, 127.0.0.0/8,::1")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("192.168.1.9", True),
        ("127.0.0.1", True),
        ("::1", True),
        ("::ffff:192.168.1.9", True),
        ("192.168.2.9", False),
        ("10.0.0.1", False),
        ("172.16.0.1", False),
        ("fd12::1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::a00:1", False),  # 10.0.0.1 by NAT64
        ("2002:a00:1::1", False),  # and by 6to4
        ("64:ff9b::5db8:d822", True),
    ],
)
def test_public_addresses_and_those_of_the_setting_are_open(address, expected):
    assert doors.is_open(address, ALLOWED) is expected


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "fe80::1%eth0", "0.0.0.0", "::", "224.0.0.1", "ff02::1", "fd00:ec2::254", "168.63.129.16",
     "100.100.100.200", "255.255.255.255", "::ffff:169.254.169.254"],
)  # fmt: skip
def test_some_addresses_are_no_mail_servers_whatever_is_set(address):
    assert not doors.is_open(address, doors.networks("0.0.0.0/0,::/0"))


@pytest.fixture
def inside(settings, monkeypatch):
    """A server of this machine that a public-looking name leads to; the machine's networks are closed."""
    settings.DOLEANCE_MAIL_NETWORKS = ()
    found = socket.getaddrinfo("127.0.0.1", 0, type=socket.SOCK_STREAM)[0]

    def resolve(host, port, *_, **__):
        return [(*found[:4], ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with open_liar() as liar:
        yield liar


def test_a_mailbox_does_not_lead_inside(inside):
    for security in (Security.TLS, Security.STARTTLS):
        server = imap.Server("imap.maison.example", inside.port, security, "boite")
        with pytest.raises(MailboxFailed) as raised, imap.session(server):
            pytest.fail("it was let in")
        assert raised.value.kind is MailboxError.NETWORK
        with pytest.raises(ChannelError) as refused:
            smtp.probe(smtp.Server("smtp.maison.example", inside.port, security), domain="maison.example")
        assert sending_error(str(refused.value)) is SendingError.NETWORK
    with pytest.raises(MailboxFailed) as raised:
        oauth.ask(oauth.Application(f"https://jetons.maison.example:{inside.port}/token", "c", "", "r"))
    assert raised.value.kind is MailboxError.NETWORK
    assert inside.heard == []


def test_the_installations_own_server_may_be_anywhere(inside):
    server = smtp.Server("smtp.maison.example", inside.port, Security.NONE, is_installed=True)
    with pytest.raises(ChannelError) as refused:
        smtp.probe(server, domain="maison.example")
    assert sending_error(str(refused.value)) is not SendingError.NETWORK


def test_the_name_is_resolved_once_and_the_address_that_was_checked_is_used(settings, monkeypatch):
    asked = []

    def resolve(host, port, *_, **__):
        asked.append(host)
        place = ("192.168.2.9", port) if len(asked) == 1 else ("127.0.0.1", port)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", one) for one in (place, ("127.0.0.1", port))]

    with open_liar() as liar:
        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        with doors.connect(("imap.maison.example", liar.port), 5.0) as sock:
            assert sock.getpeername() == ("127.0.0.1", liar.port)  # the closed one of the two was not tried
    assert asked == ["imap.maison.example"]
