"""Header fields as mail programs really write them: folded, encoded, broken, in eight bits."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.channels.email import headers
from doleance.channels.rules import Limit


def names(raw: bytes) -> list[str]:
    return [name for name, _ in headers.read_block(raw).fields]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"Colis perdu", "Colis perdu"),
        (b"=?utf-8?q?R=C3=A9clamation_n=C2=B0_12?=", "Réclamation n° 12"),
        (b"=?UTF-8?B?UsOpY2xhbWF0aW9u?=", "Réclamation"),
        (b"=?iso-8859-1*fr?Q?d=E9=E7u?= et =?iso-8859-1?q?d=E9=E7u?=", "déçu et déçu"),
        # The spaces between two encoded words are not text, and a letter may be cut between them.
        (b"=?utf-8?b?w6k=?= \t =?utf-8?b?w6k=?=", "éé"),
        (b"=?utf-8?q?=C3?= =?utf-8?q?=A9t=C3=A9?=", "été"),
        (b"=?ISO-2022-JP?B?GyRCJUYlOSVIGyhC?=", "テスト"),
        # Not encoded at all: UTF-8, else Western.
        ("Réclamation".encode(), "Réclamation"),
        ("Réclamation".encode("latin-1"), "Réclamation"),
        # Broken: what can be had.
        (b"=?NONE?B?VEVTVA=?=", "TEST"),
        (b"=?utf-8?b?w6?=", "\ufffd"),
        (b"=?utf-8?q?unclosed", "=?utf-8?q?unclosed"),
        (b"=?utf-8?q?pourquoi ??=", "pourquoi ?"),
        (b"two \r\n\t lines", "two lines"),
        (b"nul\x00here", "nulhere"),
        (b"", ""),
    ],
)
def test_a_field_is_read_as_one_line_of_text(value, text):
    assert headers.text(value) == text


@given(st.binary(max_size=400))
def test_any_bytes_give_a_text_without_traps(value):
    text = headers.text(value)
    assert "\x00" not in text
    assert "\n" not in text
    text.encode("utf-8")  # no lone surrogate


def test_fields_are_unfolded_and_the_body_begins_after_the_empty_line():
    raw = b"From: a@b.fr\r\nSubject: un\r\n  deux\r\n\ttrois\r\n\r\nle corps"
    block = headers.read_block(raw)
    assert headers.text(block.first("subject")) == "un deux trois"
    assert raw[block.end :] == b"le corps"


def test_spaces_before_the_colon_and_foreign_lines_stop_nothing():
    raw = b"Received: x\nquite Delivered-To: y\nFrom  : a@b.fr\n__\n  more\nSubject: z\n\nbody"
    assert names(raw) == ["received", "from", "subject"]
    assert headers.read_block(raw).first("from") == b"a@b.fr more"


def test_a_line_of_spaces_does_not_end_the_header():
    assert names(b"Subject: a\n \n\tb\nTo: c@d.fr\n\nbody") == ["subject", "to"]


def test_without_the_empty_line_the_body_begins_where_fields_end():
    raw = b"Subject: bonjour\nJe vous \xc3\xa9cris\npour me plaindre"
    block = headers.read_block(raw)
    assert block.first("subject") == b"bonjour"
    assert raw[block.end :].startswith(b"Je vous")


def test_the_separator_of_an_mbox_is_no_field():
    block = headers.read_block(b"From x@y.fr Mon May  2 16:07:05 2005\r\nFrom: a@b.fr\r\n\r\n")
    assert block.separator == b"From x@y.fr Mon May  2 16:07:05 2005"
    assert headers.separator_moment(block.separator) == datetime(2005, 5, 2, 16, 7, 5, tzinfo=UTC)


def test_a_header_ends_at_a_boundary():
    block = headers.read_block(b"Content-Type: text/plain\n--b\n\nbody", 0, frozenset({b"--b"}))
    assert block.end == len(b"Content-Type: text/plain\n")


def test_a_block_over_256_kb_is_refused_and_a_field_over_64_kb():
    with pytest.raises(headers.OverLimit) as over:
        headers.read_block(b"X-Long: y\n" * 30_000 + b"\nbody")
    assert over.value.limit == Limit.HEADER_BLOCK
    with pytest.raises(headers.OverLimit) as over:
        headers.read_block(b"Subject: " + b"a" * 70_000 + b"\n\nbody")
    assert over.value.limit == Limit.HEADER


def test_what_is_refused_can_still_be_shown():
    block = headers.read_block(b"Subject: " + b"a" * 70_000 + b"\nFrom: a@b.fr\n\nbody", strict=False)
    assert len(block.first("subject")) == 1_000
    assert block.first("from") == b"a@b.fr"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b'text/plain; charset="utf-8"; format=flowed', ("text/plain", {"charset": "utf-8", "format": "flowed"})),
        (b"Text/HTML   ; charest=us-ascii", ("text/html", {"charest": "us-ascii"})),
        (b"text/plain; name=This is a test.txt", ("text/plain", {"name": "This is a test.txt"})),
        (b"multipart/mixed; boundary=----=_Part_5028", ("multipart/mixed", {"boundary": "----=_Part_5028"})),
        (b'a/b; name="=?UTF-8?B?44Gm44GZ44GoLnR4dA==?="', ("a/b", {"name": "てすと.txt"})),
        # RFC 2231: percent signs, a charset, pieces out of order.
        (b"inline; filename*=ISO-8859-1''Eelanal%FC%FCsi.jpg", ("inline", {"filename": "Eelanalüüsi.jpg"})),
        (b"a/b; name*1*=%C3%A9.txt; name*0*=utf-8''caf", ("a/b", {"name": "café.txt"})),
        (b"a/b; name*0=long; name*1=er.txt", ("a/b", {"name": "longer.txt"})),
        (b'a/b; name="a\\"b"', ("a/b", {"name": 'a"b'})),
        (b'a/b; name="unclosed', ("a/b", {"name": "unclosed"})),
        (b"", ("", {})),
    ],
)  # fmt: skip
def test_parameters(value, expected):
    assert headers.parameters(value) == expected


@given(st.binary(max_size=300))
def test_any_bytes_give_parameters_and_identifiers(value):
    headers.parameters(value)
    assert all(one.startswith("<") and one.endswith(">") for one in headers.identifiers(value))
    headers.moment(value)
    headers.received_moment(value)
    headers.separator_moment(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"<a@b.fr>", ("<a@b.fr>",)),
        (b"<a@b.fr>,\n <c@d.fr> <e@f.fr>", ("<a@b.fr>", "<c@d.fr>", "<e@f.fr>")),
        (b"<1234   @   local(blah)  .machine .example>", ("<1234@local.machine.example>",)),
        (b"<invalid.   \nsomething@bar.net>", ("<invalid.something@bar.net>",)),
        (b"201002191008.30117.foo.bar@company.com", ("<201002191008.30117.foo.bar@company.com>",)),
        (b"", ()),
        (b"votre message du 3 mai", ()),
        (b"<" + b"a" * 2_000 + b"@b.fr>", ()),
    ],
)
def test_identifiers(value, expected):
    assert headers.identifiers(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"Mon, 23 Nov 2026 07:06:11 +0100", datetime(2026, 11, 23, 6, 6, 11, tzinfo=UTC)),
        (b"21 Nov 97 09:55:06 GMT", datetime(1997, 11, 21, 9, 55, 6, tzinfo=UTC)),
        (b"Sat, 20 Sep 2008 20:04:30 +0300 (\xf9\xf2\xe5\xef)", datetime(2008, 9, 20, 17, 4, 30, tzinfo=UTC)),
        (b"Pn, 29 paX 2007 21:13:00 +0100", None),
        (b"Mon, 31 Feb 2026 07:06:11 +0100", None),
        (b"Mon, 30 Jun 99999 15:33:50 +0600", None),
        (b"", None),
    ],
)
def test_moments(value, expected):
    assert headers.moment(value) == expected


def test_the_trace_says_when_after_its_last_semicolon():
    trace = b"from x (a; b) by y with SMTP id 3; Mon, 22 Sep 2008 20:20:25 GMT"
    assert headers.received_moment(trace) == datetime(2008, 9, 22, 20, 20, 25, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"From x@y.fr Mon May  2 16:07:05 2005", datetime(2005, 5, 2, 16, 7, 5, tzinfo=UTC)),
        (b"From 123@xxx Mon May 02 16:07:05 +0200 2005", datetime(2005, 5, 2, 14, 7, 5, tzinfo=UTC)),
        (b"From x@y.fr Mon May  2 16:07 2005", datetime(2005, 5, 2, 16, 7, tzinfo=UTC)),
        (b"From mike@nowhere.com", None),
        (b"From x@y.fr Mon Max 42 16:07:05 2005", None),
    ],
)
def test_separators(line, expected):
    assert headers.separator_moment(line) == expected
