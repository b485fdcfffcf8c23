"""The parts of a message, within limits and without recursion."""

from email import message_from_bytes
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.channels.email import mime
from doleance.channels.email.headers import OverLimit
from doleance.channels.rules import Limit
from tests.channels import mails

HEAD = b"From: a@b.fr\n"


def flat(part):
    yield part
    for child in part.children:
        yield from flat(child)


def kinds(raw):
    return [(one.depth, one.kind) for one in flat(mime.cut(raw))]


def bodies(raw):
    return [one.bytes_of(raw) for one in flat(mime.cut(raw)) if not one.children]


def test_a_message_without_parts_is_one():
    raw = HEAD + b"\nbonjour\n"
    assert kinds(raw) == [(0, "text/plain")]
    assert bodies(raw) == [b"bonjour\n"]


def test_parts_end_before_the_line_end_of_their_boundary():
    raw = (
        HEAD
        + b"Content-Type: multipart/mixed; boundary=b\n\npreamble\n--b\n\none\n--b\r\n\r\ntwo\r\n\r\n--b--\nepilogue\n"
    )
    assert bodies(raw) == [b"one", b"two\r\n"]


def test_boundaries_that_resemble_each_other_are_told_apart():
    raw = (
        HEAD + b'Content-Type: multipart/mixed; boundary="x"\n\n--x\n'
        b"Content-Type: multipart/alternative; boundary=x_alt\n\n--x_alt\n\na\n--x_alt--\n--x\n\nb\n--x--\n"
    )
    assert kinds(raw) == [(0, "multipart/mixed"), (1, "multipart/alternative"), (2, "text/plain"), (1, "text/plain")]
    assert bodies(raw) == [b"a", b"b"]


def test_an_outer_boundary_closes_what_was_left_open():
    raw = (
        HEAD + b"Content-Type: multipart/mixed; boundary=o\n\n--o\n"
        b"Content-Type: multipart/mixed; boundary=i\n\n--i\n\nin\n--o\n\nout\n"
    )
    assert kinds(raw) == [(0, "multipart/mixed"), (1, "multipart/mixed"), (2, "text/plain"), (1, "text/plain")]
    assert bodies(raw) == [b"in", b"out\n"]


def test_a_forwarded_message_is_a_part_with_its_own_header():
    raw = (
        HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\n"
        b"From xxxx Tue May 10 11:28:07 2005\nSubject: dedans\nContent-Type: multipart/mixed; boundary=c\n\n"
        b"--c\n\nle fond\n--c--\n--b--\n"
    )
    assert kinds(raw) == [(0, "multipart/mixed"), (1, "message/rfc822"), (2, "multipart/mixed"), (3, "text/plain")]
    forwarded = mime.cut(raw).children[0]
    assert forwarded.bytes_of(raw).startswith(b"From xxxx")
    assert forwarded.children[0].block.first("subject") == b"dedans"


@pytest.mark.parametrize("missing", [b"", b"; boundary=", b"; boundary=absent"])
def test_a_multipart_without_parts_is_text(missing):
    raw = HEAD + b"Content-Type: multipart/mixed" + missing + b"\n\nbonjour\n"
    assert kinds(raw) == [(0, "multipart/mixed")]
    assert bodies(raw) == [b"bonjour\n"]


def test_parts_without_a_header_are_text():
    raw = HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n--b\nbonjour\n--b--\n"
    assert bodies(raw) == [b"bonjour"]


@pytest.mark.parametrize(
    ("encoding", "body", "content"),
    [
        (b"base64", b"w6l0w6k=\r\n", "été".encode()),
        (b"BASE64", b"w6l0\r\nw6k\r\n!?", "été".encode()),
        (b"base64", b"w6l0w6k=w6k=", "étéé".encode()),
        (b"base64", b"w", b""),
        (b"quoted-printable", b"=C3=A9t=\r\n=C3=A9", "été".encode()),
        (b"quoted printable;", b"=C3=A9", "é".encode()),
        (b"x-uuencode", b"begin 644 a.txt\n#86)C\n`\nend\n", b"abc"),
        (b"x-uuencode", b"begin 644 a.txt\n#86)C\n\xff\xff\nend\n", b"abc"),
        (b"x-uuencode", b"nothing of the kind", b"nothing of the kind"),
        (b"7-bit", b"=C3", b"=C3"),
        (b"text/html", b"<p>", b"<p>"),
        (b"", b"a", b"a"),
    ],
)
def test_transfer_encodings(encoding, body, content):
    raw = HEAD + b"Content-Transfer-Encoding: " + encoding + b"\n\n" + body
    assert bodies(raw) == [content]


def test_more_than_a_thousand_parts_are_refused():
    assert len(mime.cut(mails.many_parts(999)).children) == 999
    with pytest.raises(OverLimit) as over:
        mime.cut(mails.many_parts(1_000))
    assert over.value.limit == Limit.PARTS


@pytest.mark.parametrize("depth", [51, 3_000])
def test_more_than_fifty_levels_are_refused(depth):
    assert kinds(mails.nested(50))[-1] == (50, "text/plain")
    with pytest.raises(OverLimit) as over:
        mime.cut(mails.nested(depth))
    assert over.value.limit == Limit.DEPTH


def test_messages_inside_messages_are_counted_too():
    raw = HEAD + b"Content-Type: message/rfc822\n\n" * 60 + b"au fond"
    with pytest.raises(OverLimit) as over:
        mime.cut(raw)
    assert over.value.limit == Limit.DEPTH


@given(st.binary(max_size=500))
def test_any_bytes_are_cut_within_their_bounds(noise):
    raw = HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" + noise + b"\n--b\n\nend\n"
    for part in flat(mime.cut(raw)):
        assert 0 <= part.start <= part.end <= len(raw)
        part.bytes_of(raw)


@given(st.lists(st.tuples(st.sampled_from(["plain", "html", "csv"]), st.text(max_size=80)), min_size=1, max_size=5))
def test_what_the_standard_library_writes_is_cut_as_it_reads_it(parts):
    """CPython's reader is the oracle where mail is well made."""
    message = EmailMessage()
    message["Subject"] = "oracle"
    message.set_content(parts[0][1], subtype=parts[0][0])
    for subtype, content in parts[1:]:
        message.add_attachment(content, subtype=subtype, filename="a.txt")
    raw = message.as_bytes()
    expected: list[Any] = [
        one.get_payload(decode=True) for one in message_from_bytes(raw).walk() if not one.is_multipart()
    ]
    found = [content.replace(b"\r\n", b"\n").rstrip(b"\n") for content in bodies(raw)]
    assert found == [content.replace(b"\r\n", b"\n").rstrip(b"\n") for content in expected]
