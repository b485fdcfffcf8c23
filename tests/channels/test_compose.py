"""A mail is what its row says, and nothing that somebody wrote can become a header."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.channels.email import compose
from doleance.channels.email.compose import Outgoing
from doleance.channels.email.html_part import html_part
from doleance.kernel.errors import ChannelError
from doleance.kernel.text import normalise

OUTGOING = Outgoing(
    from_address="reclamations@lavergne.example",
    from_name="Maison Lavergne",
    to_address="durand@example.net",
    subject="Votre réclamation R26-7K4M-W",
    text="Bonjour,\n\nC’est réglé.",
    message_id="<d1.abc@lavergne.example>",
    at=datetime(2026, 11, 21, 8, 47, tzinfo=UTC),
    reply_to="reclamations@lavergne.example",
)
LONG = f"<{'b' * 300}@x.example>"


def read(outgoing: Outgoing):
    return message_from_bytes(compose.compose(outgoing), policy=policy.default)


def plain(mail) -> str:
    """What the plain text part says, format=flowed not undone."""
    return mail.get_body(("plain",)).get_content()


def html(mail) -> str:
    return mail.get_body(("html",)).get_content()


def header_lines(mail: bytes) -> list[bytes]:
    """The unfolded lines of the header block, as a server sees them."""
    block = mail.split(b"\r\n\r\n", 1)[0]
    return block.replace(b"\r\n ", b" ").split(b"\r\n")


def unflow(text: str) -> str:
    """What a reader makes of format=flowed (RFC 3676 §4.2)."""
    lines: list[str] = []
    is_open = False
    for row in text.removesuffix("\n").split("\n"):
        bare = row.removeprefix(" ")
        if is_open:
            lines[-1] += bare
        else:
            lines.append(bare)
        is_open = bare.endswith(" ") and bare != "-- "
    return "\n".join(lines)


def test_the_same_row_gives_the_same_bytes():
    assert compose.compose(OUTGOING) == compose.compose(OUTGOING)


def test_the_headers_of_a_reply():
    mail = read(replace(OUTGOING, in_reply_to="<a@b>", references=("<0@b>", "<a@b>")))
    assert mail["From"] == "Maison Lavergne <reclamations@lavergne.example>"
    assert mail["To"] == "durand@example.net"
    assert mail["Reply-To"] == "reclamations@lavergne.example"
    assert mail["Subject"] == "Votre réclamation R26-7K4M-W"
    assert mail["Date"] == "Sat, 21 Nov 2026 08:47:00 +0000"
    assert mail["Message-ID"] == "<d1.abc@lavergne.example>"
    assert mail["In-Reply-To"] == "<a@b>"
    assert mail["References"] == "<0@b> <a@b>"
    assert mail["Content-Language"] == "fr"
    assert plain(mail).replace("\r\n", "\n") == "Bonjour,\n\nC’est réglé.\n"


def test_only_a_machine_s_mail_says_that_no_machine_may_answer():
    by_hand, by_machine = read(OUTGOING), read(replace(OUTGOING, automatic=True))
    assert (by_hand["Auto-Submitted"], by_hand["X-Auto-Response-Suppress"]) == (None, None)
    assert (by_machine["Auto-Submitted"], by_machine["X-Auto-Response-Suppress"]) == ("auto-replied", "All")


def test_every_line_is_short_and_of_seven_bits():
    text = "Nous avons bien reçu votre réclamation, merci de votre patience. " * 40 + "x" * 3000
    mail = compose.compose(
        replace(OUTGOING, text=text, from_name="Société Père, Fils & Compagnie, " * 6, references=("<a@b>",) * 60)
    )
    assert mail.isascii()
    assert max(len(line) for line in mail.split(b"\r\n")) <= 100
    assert b"\n" not in mail.replace(b"\r\n", b"")


def test_a_long_identifier_is_quoted_as_it_is():
    """The standard library writes it as encoded words, which nobody follows: the thread would be lost."""
    lines = header_lines(compose.compose(replace(OUTGOING, in_reply_to=LONG, references=("<a@b>", LONG))))
    assert f"In-Reply-To: {LONG}".encode() in lines
    assert f"References: <a@b> {LONG}".encode() in lines


@pytest.mark.parametrize(
    "subject",
    [
        "Bonjour\r\nBcc: thief@example.net",
        "Bonjour\nBcc: thief@example.net",
        "Bonjour\rBcc: thief@example.net",
        "Bonjour\x0bBcc: thief@example.net",
        "Bonjour\x85Bcc: thief@example.net",
        "Bonjour\u2028Bcc: thief@example.net",
        "=?utf-8?q?Bonjour=0D=0ABcc:_thief@example.net?=",
        "é =?utf-8?q?Bonjour=0D=0ABcc:_thief@example.net?=",
        "Bonjour\r\n\r\n<html>",
    ],
)
def test_a_subject_never_becomes_a_header(subject):
    lines = header_lines(compose.compose(replace(OUTGOING, subject=subject, from_name=subject)))
    names = [line.split(b":")[0] for line in lines]
    assert b"Bcc" not in names
    assert names.count(b"Subject") == 1
    assert set(names) == {line.split(b":")[0] for line in header_lines(compose.compose(OUTGOING))}


@pytest.mark.parametrize(
    "hostile",
    ["<a@b>\r\nBcc: c@d", "<a@b>\n", "<a b@c>", "<a@b> <c@d>", "a@b", "<>", "<é@b>", f"<{'x' * 500}@b>", ""],
)
def test_what_has_not_the_shape_of_an_identifier_is_not_quoted(hostile):
    mail = read(replace(OUTGOING, in_reply_to=hostile, references=(hostile, "<good@b>")))
    assert mail["In-Reply-To"] is None
    assert mail["References"] == "<good@b>"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "durand",
        "a@b\r\nBcc: c@d",
        "a@b, c@d",
        "a b@c",
        "<a@b>",
        "a@b>",
        '"a"@b',
        "a@b\x00",
        "a@b\x7f",
        "a@",
        "@b",
        f"a@{'éà' * 30}.fr",
    ],
)
@pytest.mark.parametrize("place", ["from_address", "to_address"])
def test_what_is_not_one_address_is_refused_for_good(address, place):
    with pytest.raises(ChannelError) as raised:
        compose.compose(replace(OUTGOING, **{place: address}))
    assert raised.value.permanent


def test_our_own_identifier_must_be_one():
    with pytest.raises(ChannelError):
        compose.compose(replace(OUTGOING, message_id="<a@b>\r\nBcc: c@d"))


def test_a_domain_with_accents_leaves_in_ascii():
    assert read(replace(OUTGOING, to_address="durand@société.example"))["To"] == "durand@xn--socit-esab.example"


def test_an_accent_before_the_at_sign_makes_a_mail_of_eight_bits():
    mail = compose.compose(replace(OUTGOING, to_address="hélène@example.net"))
    assert "To: hélène@example.net\r\n".encode() in mail


def test_a_name_keeps_its_commas_and_quotes():
    for name in ('Dupont, "Père" \\ Fils', "Société Dupont, Père & Fils", "Maison, Lavergne; SA <x>"):
        mail = read(replace(OUTGOING, from_name=name))
        (address,) = mail["From"].addresses if hasattr(mail["From"], "addresses") else [None]
        assert address is not None
        assert (address.display_name, address.addr_spec) == (name, OUTGOING.from_address)


def test_the_signature_mark_and_the_quotes_survive():
    text = "> cité\nFrom ici\n  retrait\n\n-- \nMaison"
    mail = read(replace(OUTGOING, text=text))
    assert mail.get_body(("plain",))["Content-Type"].params["format"] == "flowed"
    assert unflow(plain(mail).replace("\r\n", "\n")) == text


def test_a_narrow_space_never_breaks():
    text = ("mot " * 17) + "«\u00a0Réponse au plus tard\u202f!\u00a0»"
    rows = compose.flow(text).split("\n")
    assert all(not row.startswith(("\u00a0", "\u202f")) for row in rows)
    assert unflow(compose.flow(text)) == text


LINE = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=200)


@given(st.lists(LINE, max_size=8))
def test_a_text_is_read_as_it_was_written(lines):
    text = "\n".join(line.rstrip() for line in lines).rstrip()
    mail = read(replace(OUTGOING, text=text))
    kept = unflow(plain(mail).replace("\r\n", "\n"))
    assert kept == normalise(text).rstrip()


@given(st.text(max_size=300), st.text(max_size=100))
def test_no_subject_and_no_name_breaks_the_header_block(subject, name):
    lines = header_lines(compose.compose(replace(OUTGOING, subject=subject, from_name=name)))
    assert {line.split(b":")[0] for line in lines} - {b"Subject"} == {
        line.split(b":")[0] for line in header_lines(compose.compose(replace(OUTGOING, subject="")))
    }


# Two renderings


def test_a_mail_is_plain_text_and_the_same_words_as_html():
    mail = read(replace(OUTGOING, text="Bonjour,\n\nMerci :\n\n- un\n- deux"))
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert [part["Content-Transfer-Encoding"] for part in mail.iter_parts()] == ["quoted-printable"] * 2
    assert [part["MIME-Version"] for part in mail.iter_parts()] == [None, None]
    assert html(mail).replace("\r\n", "\n") == html_part(
        "Bonjour,\n\nMerci :\n\n- un\n- deux", title="Votre réclamation R26-7K4M-W", language="fr"
    )


def test_the_boundary_comes_from_the_identifier():
    one, other = read(OUTGOING), read(replace(OUTGOING, message_id="<d1.xyz@lavergne.example>"))
    assert one.get_boundary() == read(replace(OUTGOING, text="Autre chose")).get_boundary()
    assert one.get_boundary() != other.get_boundary()


# What a signature covers (DKIM, RFC 6376)

SIGNED = ("From", "To", "Reply-To", "Subject", "Date", "Message-ID", "In-Reply-To", "References")
OF_CONTENT = ("MIME-Version", "Content-Type", "Content-Language")


def test_each_header_that_a_relay_signs_stands_once():
    mail = read(replace(OUTGOING, in_reply_to="<a@b>", references=("<a@b>",), automatic=True))
    for name in (*SIGNED, *OF_CONTENT, "Auto-Submitted", "X-Auto-Response-Suppress"):
        assert len(mail.get_all(name)) == 1, name
    assert len(mail.keys()) == len(SIGNED) + len(OF_CONTENT) + 2


@given(st.text(max_size=400), st.text(max_size=120), st.text(max_size=120))
def test_nothing_on_the_way_has_a_reason_to_touch_it(text, subject, name):
    """Seven bits, short lines, no space at the end of one: what relaxed and simple forms of a mail differ by."""
    mail = compose.compose(replace(OUTGOING, text=text, subject=subject, from_name=name, references=("<a@b>",) * 30))
    lines = mail.split(b"\r\n")
    assert mail.isascii()
    assert b"\n" not in mail.replace(b"\r\n", b"")
    assert max(map(len, lines)) <= 200
    assert not [line for line in lines if line.endswith((b" ", b"\t"))]
    assert mail.endswith(b"\r\n")
    assert not mail.endswith(b"\r\n\r\n\r\n")


def test_the_space_that_keeps_a_paragraph_whole_is_written_as_a_sign():
    """A relay that trims lines would break format=flowed; encoded, the space survives it."""
    text = "Nous avons bien reçu votre réclamation, merci de votre patience. " * 3
    trimmed = b"\r\n".join(line.rstrip() for line in compose.compose(replace(OUTGOING, text=text)).split(b"\r\n"))
    mail = message_from_bytes(trimmed, policy=policy.default)
    assert unflow(plain(mail).replace("\r\n", "\n")) == text.rstrip()
