"""Mails that are more than words: Outlook's winmail.dat, invitations, S/MIME, PGP, pieces of a message."""

import base64
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.channels.email import calendars, rtf, smime, tnef
from doleance.channels.email.parse import parse
from doleance.channels.rules import Mark
from tests.hostile import builders


def test_a_winmail_dat_gives_its_text_and_files():
    parsed = parse(builders.winmail(text="Colis perdu, voir la facture.", files={"facture.pdf": b"%PDF-1"}))
    assert parsed.text == "Colis perdu, voir la facture."
    assert [(one.name, one.media_type, one.data) for one in parsed.files] == [
        ("facture.pdf", "application/pdf", b"%PDF-1")
    ]
    assert parsed.marks == (Mark.TNEF,)


def test_a_winmail_dat_gives_its_html():
    parsed = parse(builders.winmail(html="<p>Colis <b>perdu</b></p>"))
    assert parsed.text == "Colis perdu"
    assert parsed.has_html
    assert set(parsed.marks) == {Mark.TNEF, Mark.HTML_ONLY}


def test_a_broken_winmail_dat_stays_a_file():
    parsed = parse(builders.winmail(text="Colis perdu", cut=30))
    assert [one.name for one in parsed.files] == ["winmail.dat"]
    assert set(parsed.marks) == {Mark.TNEF, Mark.PARTIAL}


@given(st.binary(max_size=300))
def test_no_bytes_make_winmail_dat_raise(data):
    assert tnef.unpack(data).files == []
    tnef.unpack(b"\x78\x9f\x3e\x22\x01\x00" + data)


@given(st.integers(0, 400), st.integers(0, 255))
def test_a_damaged_winmail_dat_raises_nothing(at, value):
    data = bytearray(builders.tnef(text="Colis perdu", html="<p>a", files={"a.pdf": b"%PDF"}))
    data[at % len(data)] = value
    tnef.unpack(bytes(data))


# The first example of [MS-OXRTFCP], §4.1.1.
COMPRESSED = bytes.fromhex(
    "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
)


def test_rich_text_compressed_as_outlook_does():
    assert rtf.decompress(COMPRESSED) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"


def test_compressed_rich_text():
    plain = b"{\\rtf1\\ansi\\ansicpg1252 D\\'e9j\\'e0 \\b perdu\\b0\\par suite\\u8364?}"
    raw = struct.pack("<II4sI", len(plain) + 12, len(plain), b"MELA", 0) + plain
    assert rtf.said(rtf.decompress(raw)) == ("Déjà perdu\nsuite€", False)


def test_html_wrapped_in_rich_text():
    wrapped = (
        b"{\\rtf1\\ansi\\ansicpg1252\\fromhtml1 {\\fonttbl{\\f0 Arial;}}{\\*\\htmltag64 <p>}\\htmlrtf {\\par "
        b"\\htmlrtf0 Perdu \\'e0 Lyon{\\*\\htmltag72 </p>}}"
    )
    assert rtf.said(wrapped) == ("<p>Perdu à Lyon</p>", True)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (rb"\u8364?uros", "€uros"),
        (rb"\u-10179?\u-8704? oui", "\N{GRINNING FACE} oui"),
        (rb"un \u-10179? seul", "un \ufffd seul"),
        (rb"\u-8704?\u-10179?", "\ufffd\ufffd"),
        (rb"zero\u0?", "zero"),
        (rb"\uc0\u233 t\u233 ", "été"),
        (rb"\uc2\u233\'c3\'a9t\u233 ??", "été"),
        (rb"{\uc0\u233 }\u233?t", "éét"),
        (rb"\uc3\u233 a}b", "éb"),
        (b"avant{\\pict\\bin5 }}{{\\}apres", "avantapres"),
        (rb"\bin3 abcsuite", "suite"),
        (rb"\bin999999 tout", ""),
        (rb"\bin-5 suite", "suite"),
        (rb"e\u769?", "é"),
    ],
)
def test_rich_text_in_unicode(body, words):
    assert rtf.said(b"{\\rtf1\\ansi " + body + b"}") == (words, False)


@given(st.binary(max_size=300) | st.lists(st.sampled_from([rb"\u-10179?", rb"\u-8704", rb"\uc0", b"{", b"}", b"a"])))
def test_no_bytes_make_rich_text_raise(data):
    data = data if isinstance(data, bytes) else b"".join(data)
    said, _ = rtf.said(data)
    assert said.encode().decode() == said, "a database takes it"
    rtf.decompress(struct.pack("<II4sI", 0, 200, b"LZFu", 0) + data)


INVITATION = (
    "BEGIN:VCALENDAR\r\nMETHOD:{method}\r\nBEGIN:VEVENT\r\nSUMMARY:Visite du technicien\r\n"
    "DTSTART;TZID=Europe/Paris:20261124T090000\r\nDTEND;TZID=Europe/Paris:20261124T100000\r\n"
    "LOCATION:12 rue des Lilas\\, Lyon\r\nORGANIZER;CN=Anne Petit:mailto:anne@courriel.example\r\n"
    "ATTENDEE;CN=Marc;PARTSTAT=DECLINED:mailto:marc@courriel.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


@pytest.mark.parametrize(
    ("method", "first"),
    [
        ("REQUEST", "Invitation à un rendez-vous\u00a0: Visite du technicien"),
        ("CANCEL", "Annulation d’un rendez-vous\u00a0: Visite du technicien"),
        ("REPLY", "Réponse à une invitation\u00a0: Visite du technicien"),
    ],
)
def test_an_invitation_in_words(method, first):
    said = calendars.told(INVITATION.format(method=method).encode())
    lines = said.split("\n")
    assert lines[:4] == [
        first,
        "Quand\u00a0: 24/11/2026 à 09:00 (CET), jusqu’au 24/11/2026 à 10:00 (CET)",
        "Où\u00a0: 12 rue des Lilas, Lyon",
        "De la part de\u00a0: Anne Petit <anne@courriel.example>",
    ]
    assert lines[4:] == (["Marc <marc@courriel.example> refuse"] if method == "REPLY" else [])


@given(st.text(max_size=200))
def test_no_calendar_raises(text):
    calendars.told(text.encode())
    calendars.told(INVITATION.format(method=text).encode())


def test_a_signed_message_is_read_inside_its_wrapping():
    parsed = parse(builders.smime_signed(b"Content-Type: text/plain; charset=utf-8\r\n\r\nPerdu \xc3\xa0 Lyon\r\n"))
    assert (parsed.text, parsed.files, parsed.marks) == ("Perdu à Lyon", (), (Mark.SIGNED_SMIME,))


def test_an_encrypted_message_stays_a_file_and_says_so():
    parsed = parse(builders.smime_enveloped())
    assert (parsed.text, parsed.marks) == ("", (Mark.ENCRYPTED_SMIME,))
    assert [one.name for one in parsed.files] == ["smime.p7m"]


@given(st.binary(max_size=200))
def test_no_bytes_make_the_signature_reader_raise(data):
    smime.signed_content(data)
    smime.is_enveloped(b"\x30\x80" + data)


def test_a_text_signed_in_line_loses_its_armour():
    raw = (
        b"From: a@b.fr\nSubject: x\n\n-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nPerdu.\n- -- \nAnne\n"
        b"-----BEGIN PGP SIGNATURE-----\n\niQ==\n-----END PGP SIGNATURE-----\n"
    )
    assert (parse(raw).text, parse(raw).marks) == ("Perdu.\n-- \nAnne", (Mark.SIGNED_PGP,))


def test_pgp_in_parts():
    encrypted = (
        b'From: a@b.fr\nSubject: x\nContent-Type: multipart/encrypted; protocol="application/pgp-encrypted"; '
        b"boundary=b\n\n--b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n\n--b\n"
        b"Content-Type: application/octet-stream; name=encrypted.asc\n\n-----BEGIN PGP MESSAGE-----\n--b--\n"
    )
    parsed = parse(encrypted)
    assert parsed.marks == (Mark.ENCRYPTED_PGP,)
    assert parsed.files[-1].name == "encrypted.asc"
    signed = encrypted.replace(b"multipart/encrypted", b"multipart/signed").replace(b'-encrypted"', b'-signature"')
    assert parse(signed).marks == (Mark.SIGNED_PGP,)


def test_a_piece_of_a_message_is_read_as_far_as_it_goes():
    raw = (
        b"From: a@b.fr\nSubject: x\nContent-Type: message/partial; number=1; total=2; id=z\n\n"
        b"Subject: Colis\nContent-Type: text/plain\n\nPerdu depuis\n"
    )
    assert (parse(raw).text, parse(raw).marks) == ("Perdu depuis", (Mark.PARTIAL,))


def test_relays_and_servers_are_read_as_they_stand():
    raw = (
        b"Delivered-To: reclamations+abc@maison.example\nX-Original-To: <tous@maison.example>\n"
        b"Authentication-Results: mx.example; dmarc=pass\n (p=reject)\nAuthentication-Results: =?utf-8?q?faux?=; x\n"
        b"From: a@b.fr\n\nx\n"
    )
    parsed = parse(raw)
    assert parsed.delivered_to == ("reclamations+abc@maison.example", "tous@maison.example")
    assert parsed.authentication == ("mx.example; dmarc=pass (p=reject)", "=?utf-8?q?faux?=; x")


OURS, FORGED = b"Authentication-Results: mx.example; spf=fail\n", b"Authentication-Results: mx.example; dmarc=pass\n"
RECEIVED, OTHER = (
    b"Received: by x; Mon, 5 Oct 2026 09:00:00 +0000\n",
    b"Authentication-Results: relais.example; none\n",
)


@pytest.mark.parametrize(
    ("head", "kept"),
    [
        (OTHER + OURS + RECEIVED + FORGED, ("relais.example; none", "mx.example; spf=fail")),
        (RECEIVED + OURS + FORGED, ("mx.example; spf=fail",)),  # as Gmail writes
        (RECEIVED + OTHER + FORGED, ("relais.example; none",)),
        (OTHER + RECEIVED + FORGED, ("relais.example; none",)),
        (RECEIVED, ()),
    ],
)
def test_results_that_the_sender_may_have_written_are_not_kept(head, kept):
    assert parse(head + b"From: a@b.fr\n\nx\n").authentication == kept


def test_when_structured_reading_fails_the_words_are_still_there(monkeypatch):
    monkeypatch.setattr("doleance.channels.email.bodies.gather", lambda root, raw: base64.b64decode(b"?"))
    parsed = parse(b"From: a@b.fr\nSubject: Colis\n\nPerdu.\n")
    assert (parsed.sender.address, parsed.subject, parsed.text) == ("a@b.fr", "Colis", "Perdu.")
    assert parsed.marks == (Mark.PARTIAL,)
