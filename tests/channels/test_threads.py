"""A quoted identifier proves which mail of ours is answered, or proves nothing."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.channels.email.addresses import is_address
from doleance.channels.email.compose import is_identifier
from doleance.channels.email.threads import (
    BOUNCE,
    REPLY,
    SignedId,
    SignedTag,
    read_message_id,
    read_tagged,
    sign_message_id,
    tagged,
)

KEY = b"k" * 32
keys = st.binary(min_size=16, max_size=64)
NOTICE, FILE = uuid.UUID(int=1), uuid.UUID(int=2)


def signed(key=KEY, domain="maison.example"):
    return sign_message_id(notice_id=NOTICE, complaint_id=FILE, domain=domain, key=key)


@given(st.uuids(), st.uuids(), keys)
def test_what_is_signed_is_read(notice, complaint, key):
    text = sign_message_id(notice_id=notice, complaint_id=complaint, domain="Maison.example", key=key)
    assert is_identifier(text)
    assert text.endswith("@maison.example>")
    assert len(text) < 200
    assert read_message_id(text, key) == SignedId(notice, complaint)


def test_the_same_notice_always_has_the_same_identifier():
    assert signed() == signed()


def test_case_brackets_spaces_and_the_domain_do_not_matter():
    """Servers change the case of what they quote, and some rewrite domains."""
    for text in (
        signed().upper(),
        signed().strip("<>"),
        f"  {signed()} ",
        signed().replace("maison.example", "relais.test"),
    ):
        assert read_message_id(text, KEY) == SignedId(NOTICE, FILE)


def test_another_key_reads_nothing():
    assert read_message_id(signed(), b"j" * 32) is None


@given(st.integers(0, 200), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_one_changed_sign_is_seen(place, sign):
    text = signed()
    local = text.index("@")
    place = 4 + place % (local - 4)
    changed = text[:place] + sign + text[place + 1 :]
    read = read_message_id(changed, KEY)
    # The last sign of each group carries bits that base32 drops: a change there says the same.
    assert read in {None, SignedId(NOTICE, FILE)}
    if place not in {4 + 51, local - 1} and changed != text:
        assert read is None


def test_a_signature_cannot_be_moved_to_another_file():
    other = sign_message_id(notice_id=NOTICE, complaint_id=uuid.UUID(int=3), domain="maison.example", key=KEY)
    payload, mac = other.split(".")[1], signed().split(".")[2]
    assert read_message_id(f"<d1.{payload}.{mac}", KEY) is None


@given(st.text(max_size=120))
def test_any_text_is_read_without_raising(text):
    assert read_message_id(text, KEY) is None


def test_a_letter_that_only_looks_like_ours_is_read_as_nothing():
    """The Kelvin sign is a k without regard to case, and no sign of base32."""
    kelvin = signed().replace("a", "\u212a", 1)
    assert read_message_id(kelvin, KEY) is None
    assert read_tagged(tag().replace("a", "\u212a").replace("m\u212aison", "maison"), KEY) is None


ADDRESS = "reclamations@maison.example"


def tag(address=ADDRESS, kind=REPLY, about=FILE, key=KEY):
    return tagged(address, kind=kind, about=about, key=key)


@given(st.from_regex(r"[a-z0-9._-]{1,20}", fullmatch=True), st.sampled_from([REPLY, BOUNCE]), st.uuids(), st.binary())
def test_what_is_tagged_is_read(local, kind, about, key):
    address = tag(f"{local}@maison.example", kind, about, key)
    assert address.startswith(f"{local}+{kind}")
    assert address.endswith("@maison.example")
    assert is_address(address)
    assert len(address.rpartition("@")[0].encode()) <= 64
    assert read_tagged(address, key) == SignedTag(kind, about)


def test_the_same_address_is_always_tagged_alike_in_small_letters():
    assert tag() == tag()
    assert tag().rpartition("@")[0].partition("+")[2].islower()


@given(st.text(max_size=60), st.uuids())
def test_an_address_takes_a_tag_that_fits_or_none(address, about):
    made = tag(address, about=about)
    assert made == "" or (len(made.rpartition("@")[0].encode()) <= 64 and read_tagged(made, KEY) is not None)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "maison.example",
        "a@b@c",
        "deja+marque@maison.example",
        '"a b"@maison.example',
        "x" * 21 + "@maison.example",
    ],
)
def test_an_address_that_takes_no_tag_gets_none(address):
    assert tag(address) == ""


def test_twenty_octets_before_the_plus_is_what_there_is_room_for():
    assert tag("x" * 20 + "@maison.example")
    assert tag("é" * 10 + "@maison.example")
    assert tag("é" * 10 + "x@maison.example") == ""


def test_case_the_name_and_the_domain_of_a_tag_do_not_matter():
    """An alias has another name, a forwarder another domain, some servers write capitals."""
    local, _, _ = tag().partition("@")
    for address in (
        tag().upper(),
        f" {tag()} ",
        f"{local}@relais.test",
        "plaintes" + tag().removeprefix("reclamations"),
    ):
        assert read_tagged(address, KEY) == SignedTag(REPLY, FILE)


def test_a_tag_for_refusals_is_none_for_answers():
    moved = tag(kind=BOUNCE).replace("+b", "+r")
    assert read_tagged(moved, KEY) is None
    assert read_tagged(tag(), b"j" * 32) is None


def test_a_kind_that_is_none_of_ours_is_a_bug():
    with pytest.raises(ValueError, match="x"):
        tag(kind="x")


@given(st.integers(0, 41), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_one_changed_sign_of_a_tag_is_seen(place, sign):
    address = tag()
    place += address.index("+") + 2
    changed = address[:place] + sign + address[place + 1 :]
    read = read_tagged(changed, KEY)
    if changed == address or place == address.index("+") + 27:  # bits that base32 drops: a change there says the same
        assert read in {None, SignedTag(REPLY, FILE)}
    else:
        assert read is None


@given(st.text(max_size=120))
def test_any_address_is_read_without_raising(address):
    assert read_tagged(address, KEY) is None


@given(st.from_regex(r"[a-z]{1,8}\+[rb][a-z2-7]{42}@[a-z]{1,9}", fullmatch=True))
def test_a_forged_tag_is_read_as_nothing(address):
    assert read_tagged(address, KEY) is None
