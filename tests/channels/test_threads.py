"""A quoted identifier proves which mail of ours is answered, or proves nothing."""

import uuid

from hypothesis import given
from hypothesis import strategies as st

from doleance.channels.email.compose import is_identifier
from doleance.channels.email.threads import SignedId, read_message_id, sign_message_id

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
