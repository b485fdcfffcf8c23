"""The text and the files of a message."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.channels.email import bodies
from doleance.channels.email.parse import parse
from tests.channels import mails


def head(kind: str) -> bytes:
    return f"From: a@b.fr\r\nSubject: x\r\nContent-Type: {kind}\r\n".encode()


def test_plain_words_are_preferred_to_html():
    parsed = parse(mails.with_files("Mots simples\n", "<p>Mots <b>riches</b></p>", {}))
    assert parsed.text == "Mots simples"
    assert not parsed.is_html_only


def test_html_alone_is_read_as_text():
    html = "<html><head><style>p{}</style></head><body><p>Bonjour&nbsp;Madame,</p><ul><li>un</li></ul></body></html>"
    parsed = parse(mails.with_files("", html, {}))
    assert parsed.is_html_only
    assert parsed.text.split("\n")[0] == "Bonjour Madame,"
    assert "* un" in parsed.text
    assert "p{}" not in parsed.text


def test_an_empty_plain_part_leaves_the_floor_to_html():
    raw = (
        head("multipart/alternative; boundary=b") + b"\r\n--b\r\nContent-Type: text/plain\r\n\r\n  \r\n"
        b"--b\r\nContent-Type: text/html\r\n\r\n<p>tout est ici</p>\r\n--b--\r\n"
    )
    assert parse(raw).text == "tout est ici"


def test_texts_that_follow_each_other_are_all_read():
    raw = head("multipart/mixed; boundary=b") + b"\r\n--b\r\n\r\nle debut\r\n--b\r\n\r\nla fin\r\n--b--\r\n"
    assert parse(raw).text == "le debut\n\nla fin"


def test_files_keep_their_bytes_and_their_names():
    data = bytes(range(256)) * 10
    parsed = parse(mails.with_files("voir la pièce", "", {"facture été.pdf": data, "2.pdf": b"%PDF"}))
    assert [(one.name, one.media_type, one.data) for one in parsed.files] == [
        ("facture été.pdf", "application/pdf", data),
        ("2.pdf", "application/pdf", b"%PDF"),
    ]
    assert parsed.text == "voir la pièce"


def test_a_text_file_is_a_file_and_not_a_word_of_the_message():
    raw = (
        head("multipart/mixed; boundary=b")
        + b"\r\n--b\r\n\r\nvoir le fichier\r\n--b\r\nContent-Type: text/plain; name=a.txt\r\n"
        b"Content-Disposition: attachment; filename=a.txt\r\n\r\nle fichier\r\n--b--\r\n"
    )
    parsed = parse(raw)
    assert parsed.text == "voir le fichier"
    assert [(one.name, one.data) for one in parsed.files] == [("a.txt", b"le fichier")]


def test_a_message_that_only_carries_another_is_read_for_its_text():
    raw = (
        head("multipart/mixed; boundary=b") + b"\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
        b"From: c@d.fr\r\nSubject: Colis\r\n\r\nil est perdu\r\n--b--\r\n"
    )
    parsed = parse(raw)
    assert parsed.text == "il est perdu"
    assert [(one.name, one.media_type) for one in parsed.files] == [("Colis.eml", "message/rfc822")]
    assert parsed.sender.address == "a@b.fr"


def test_an_image_in_the_text_is_an_inline_file():
    raw = (
        head("multipart/related; boundary=b")
        + b'\r\n--b\r\nContent-Type: text/html\r\n\r\n<img src="cid:x@y">voyez\r\n'
        b"--b\r\nContent-Type: image/png\r\nContent-ID: <x@y>\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        b"iVBORw0KGgo=\r\n--b--\r\n"
    )
    parsed = parse(raw)
    assert parsed.text == "voyez"
    assert [(one.name, one.content_id, one.is_inline) for one in parsed.files] == [("piece-1.png", "<x@y>", True)]


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("facture.pdf", "facture.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\anne\\photo.jpg", "photo.jpg"),
        ("fac\x00ture\n.pdf", "facture.pdf"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("..", "piece-1.pdf"),
        ("", "piece-1.pdf"),
        ("é" * 300 + ".pdf", "é" * 196 + ".pdf"),
        ("a" * 300, "a" * 200),
    ],
)
def test_the_name_of_a_file_is_shown_without_its_tricks(given_name, kept):
    assert bodies.file_name(given_name, "application/pdf", 0) == kept


@given(st.text(max_size=400))
def test_any_name_is_short_and_is_no_path(name):
    kept = bodies.file_name(name, "text/plain", 3)
    assert kept
    assert len(kept) <= 200
    assert not set("/\\\x00\n\u202e") & set(kept)


@pytest.mark.parametrize(
    ("flowed", "delsp", "text"),
    [
        ("une ligne \nqui continue\nune autre", False, "une ligne qui continue\nune autre"),
        ("> cité \n> suite\nréponse", False, "> cité suite\nréponse"),
        ("> cité \nréponse", False, "> cité \nréponse"),
        ("あい \nう", True, "あいう"),
        ("fin\n-- \nHélène", False, "fin\n-- \nHélène"),
        (" From ici", False, "From ici"),
        ("", False, ""),
    ],
)
def test_flowed_text_is_put_back_together(flowed, delsp, text):
    assert bodies.unflow(flowed, delsp=delsp) == text


@pytest.mark.parametrize(
    "html", ["<div>" * 200_000 + "au fond", "<table><tr><td>" * 100 + "au fond", "<" * 100_000 + " au fond"]
)
def test_html_that_the_library_cannot_bear_is_read_by_its_words(html):
    assert "au fond" in bodies.html_to_text(html)


@given(st.text(max_size=300))
def test_any_html_gives_a_text(html):
    assert "\x00" not in bodies.html_to_text(html)


def test_a_very_long_text_is_cut_and_the_raw_message_keeps_it():
    parsed = parse(head("text/plain") + b"\r\n" + b"mots " * 300_000)
    assert len(parsed.text) <= bodies.TEXT_LIMIT
    assert parsed.text.endswith("…")
