"""Names and addresses, as the standard wants them and as programs write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.channels.email.addresses import is_address, people
from doleance.channels.rules import Person


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"helene@courriel.example", [("", "helene@courriel.example")]),
        ("Hélène Durand <helene@courriel.example>".encode(), [("Hélène Durand", "helene@courriel.example")]),
        (b'"Durand, Helene" <h@d.fr>, m@p.fr', [("Durand, Helene", "h@d.fr"), ("", "m@p.fr")]),
        (b"=?UTF-8?Q?Durand=2C_Anne?= <a@b.fr>", [("Durand, Anne", "a@b.fr")]),
        # RFC 2822, appendix A: comments, groups, routes, quoted signs.
        (
            b"Pete(A wonderful \\) chap) <pete(his account)@silly.test(his host)>",
            [("Pete", "pete@silly.test")],
        ),
        (
            b"A Group(Some people) :Chris Jones <c@(Chris's host.)public.example>, Jo <j@one.test> (my friend);",
            [("Chris Jones", "c@public.example"), ("Jo", "j@one.test")],
        ),
        (
            b"Mary Smith <@machine.tld:mary@example.net>, , x@y.fr",
            [("Mary Smith", "mary@example.net"), ("", "x@y.fr")],
        ),
        (b'"Giant; \\"Big\\" Box" <sysservices@example.net>', [("Giant; Big Box", "sysservices@example.net")]),
        (b"Undisclosed recipients:;", []),
        (b"MAILER-DAEMON@b.fr (Mail Delivery System)", [("Mail Delivery System", "MAILER-DAEMON@b.fr")]),
        # What programs get wrong.
        (b"Big Bug bb@bug.com", [("Big Bug", "bb@bug.com")]),
        (b"tim@powerupdev.com concierge@powerupdev.com", [("", "tim@powerupdev.com")]),
        (b"Durand, Anne <anne@durand.fr>", [("Durand, Anne", "anne@durand.fr")]),
        (b"Mikel@Lindsaar <raasdnil@gmail.com>", [("Mikel@Lindsaar", "raasdnil@gmail.com")]),
        (b'"Unfinished <a@b.fr>', [("Unfinished", "a@b.fr")]),
        (b"(never closed a@b.fr", [("never closed", "a@b.fr")]),
        (b"'Anne' <anne@durand.fr>", [("Anne", "anne@durand.fr")]),
        (b"Anne <anne @ durand . fr>", [("Anne", "anne@durand.fr")]),
        (b"anne@durand.fr.", [("", "anne@durand.fr")]),
        (b"mailto:x@y.fr", [("", "x@y.fr")]),
        ('"KLAUS- HÄNSCHEL" <>'.encode(), [("KLAUS- HÄNSCHEL", "")]),
        ('"Jöhn" <jdöe@mächine.example>'.encode(), [("Jöhn", "jdöe@mächine.example")]),
        (b"nobody", [("nobody", "")]),
        (b"", []),
    ],
)
def test_people(value, expected):
    assert people(value) == tuple(Person(name, address) for name, address in expected)


@pytest.mark.parametrize("text", ["a@b.fr", "a+b@c.example", "xxxxx@xxxxx", "jdöe@mächine.example", "o'neil@b.fr"])
def test_an_address(text):
    assert is_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a@",
        "@b.fr",
        "a@b..fr",
        "a@.fr",
        "a b@c.fr",
        "a@b@c.fr",
        "a@b.fr\nBcc: x@y.fr",
        "<a@b.fr>",
        "a@" + "b" * 64,
    ],
)
def test_no_address(text):
    assert not is_address(text)


@given(st.binary(max_size=300))
def test_any_bytes_give_people_whose_addresses_are_addresses(value):
    for one in people(value):
        assert not one.address or is_address(one.address)
        assert "\n" not in one.name
        assert "\x00" not in one.name


@given(st.text(max_size=200))
def test_any_text_as_a_name_keeps_the_address(name):
    """Whatever stands before it, quoted as the standard asks, the address is found."""
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    found = people(f'"{quoted}" <helene@courriel.example>'.encode("utf-8", "replace"))
    assert [one.address for one in found] == ["helene@courriel.example"]
