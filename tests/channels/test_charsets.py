"""Bytes to text: the declared charset when it fits, else what loses least."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.channels.email.charsets import codec, decode


@pytest.mark.parametrize(
    ("data", "declared", "text", "lost"),
    [
        ("été".encode(), "utf-8", "été", 0),
        ("été".encode("latin-1"), "iso-8859-1", "été", 0),
        # « iso-8859-1 » means windows-1252 for whoever writes œ, € and curved quotes.
        ("l’œuf à 3 €".encode("cp1252"), "iso-8859-1", "l’œuf à 3 €", 0),
        # Declared wrongly: Western text said to be UTF-8, UTF-8 said to be Western or plain ASCII.
        ("été".encode("latin-1"), "utf-8", "été", 0),
        ("été".encode(), "iso-8859-1", "été", 0),
        ("été".encode(), "us-ascii", "été", 0),
        ("été".encode(), "", "été", 0),
        ("été".encode("latin-1"), "", "été", 0),
        # One broken byte costs one sign, not the accents around it.
        ("des étés déçus".encode() + b"\xff", "utf-8", "des étés déçus\ufffd", 1),
        (b"caf\xe9 \x81", "iso-8859-1", "café \ufffd", 1),
        ("テスト".encode("iso2022_jp"), "iso-2022-jp", "テスト", 0),
        ("あいう".encode("cp932"), "Shift_JIS", "あいう", 0),
        ("스티해".encode("cp949"), "ks_c_5601-1987", "스티해", 0),
        ("Добро".encode("koi8-r"), "koi8-r", "Добро", 0),
        (b"+AOk-t+AOk-", "utf-7", "été", 0),
        ("a\ufeffb".encode("utf-16"), "utf-16", "a\ufeffb", 0),
        ("\ufeffbonjour".encode(), "utf-8", "bonjour", 0),
        (b"a\x00b\r\nc\rd", "utf-8", "ab\nc\nd", 0),
        ("Bonjour à vous".encode(), "utf-16", "Bonjour à vous", 0),
        # No charset at all.
        (b"abc", "zlib", "abc", 0),
        (b"abc", "x-unknown", "abc", 0),
        (b"abc", "\xff" * 100, "abc", 0),
    ],
)
def test_decode(data, declared, text, lost):
    assert decode(data, declared) == (text, lost)


@pytest.mark.parametrize(
    "name", ["idna", "punycode", "unicode_escape", "rot13", "hex", "zlib", "undefined", "a" * 10_000]
)
def test_what_is_no_charset_of_mail_is_never_used(name):
    """Some of Python's codecs are quadratic, or run code paths no mail needs."""
    assert codec(name) == ""


@given(st.binary(max_size=200), st.text(max_size=30))
def test_any_bytes_give_a_text_that_postgresql_keeps(data, declared):
    text, lost = decode(data, declared)
    assert "\x00" not in text
    assert lost >= 0
    assert text.encode("utf-8").decode("utf-8") == text


@given(st.text(st.characters(codec="cp1252", categories=["L", "N", "P", "Zs"]), max_size=100))
def test_western_text_survives_a_wrong_declaration(text):
    """French in windows-1252, declared UTF-8, is read right unless its bytes happen to be UTF-8."""
    data = text.encode("cp1252")
    try:
        expected = data.decode("utf-8")
    except UnicodeDecodeError:
        expected = text
    said, lost = decode(data, "utf-8")
    if lost == 0 and not any(sign in text for sign in "ÃÂâ"):
        assert said == decode(expected.encode(), "utf-8")[0]
