"""What is left of a mail once quotes, signatures and small print are set apart; places lead back to the body."""

import email
import email.policy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.understanding.rules import BodyType, Sender, Span
from doleance.understanding.text.clean import clean
from doleance.understanding.text.replies import Part
from tests.intake import samples
from tests.understanding.text import mails


@pytest.mark.parametrize("name", mails.QUOTED)
def test_quotes_go_and_the_words_stay(name):
    body, own = mails.QUOTED[name]
    assert clean(body).text == own


@pytest.mark.parametrize("name", mails.QUOTED)
def test_lines_ended_as_mail_ends_them_make_no_difference(name):
    body, own = mails.QUOTED[name]
    assert clean(body.replace("\n", "\r\n")).text == own


@pytest.mark.parametrize("name", mails.TRAPS)
def test_what_only_looks_like_a_quote_stays(name):
    assert clean(mails.TRAPS[name]).text == mails.TRAPS[name]


@pytest.mark.parametrize("name", mails.SIGNED)
def test_signatures_and_small_print_go(name):
    body, own = mails.SIGNED[name]
    assert clean(body).text == own


def test_what_was_set_apart_says_what_it_is():
    cleaned = clean(mails.QUOTED["gmail"][0])
    assert "Merci de votre message" in cleaned.set_apart(Part.QUOTE)
    signed = clean(mails.SIGNED["a firm"][0])
    assert "Claire Dubost" in signed.set_apart(Part.SIGNATURE)
    assert signed.set_apart(Part.QUOTE) == ""


FORWARD = (
    "{intro}---------- Forwarded message ---------\nDe : Paul Vidal <paul.vidal@example.fr>\nDate: lun. 3 mars 2026 à "
    "10:12\n"
    "Subject: Réclamation\nTo: <contact@example.com>\n\n\nBonjour,\n\nMa chaudière fuit.\n\nPaul Vidal"
)
APPLE_FORWARD = (
    "Pour vous.\n\nDébut du message transféré :\n\n> De: Paul Vidal <paul.vidal@example.fr>\n> Objet: Réclamation\n"
    "> Date: 3 mars 2026 à 10:12:11 UTC+1\n> À: contact@example.com\n> \n> Ma chaudière fuit.\n"
)
OUTLOOK_FORWARD = (
    "Pour suite à donner.\n\nDe : Paul Vidal <paul.vidal@example.fr>\nEnvoyé : lundi 3 mars 2026 10:12\nÀ : "
    "contact@example.com\n"
    "Objet : Réclamation\n\nMa chaudière fuit.\n"
)
PAUL = Sender("Paul Vidal", "paul.vidal@example.fr")


def test_a_forward_keeps_its_words_and_names_its_author():
    cleaned = clean(FORWARD.format(intro=""))
    assert cleaned.text == "Bonjour,\n\nMa chaudière fuit.\n\nPaul Vidal"
    assert cleaned.author == PAUL


def test_a_forward_with_a_word_of_who_forwards_it():
    assert clean(FORWARD.format(intro="À traiter.\n\n")).text.startswith("À traiter.\n\nBonjour,\n\nMa chaudière")


def test_a_forward_written_inside_quoting_signs():
    cleaned = clean(APPLE_FORWARD)
    assert cleaned.text == "Pour vous.\n\nMa chaudière fuit."
    assert cleaned.author == PAUL


def test_the_subject_tells_a_forward_of_outlook_from_an_answer():
    assert clean(OUTLOOK_FORWARD, subject="RE: Réclamation").text == "Pour suite à donner."
    cleaned = clean(OUTLOOK_FORWARD, subject="TR : Réclamation")
    assert cleaned.text == "Pour suite à donner.\n\nMa chaudière fuit."
    assert cleaned.author == PAUL


def test_a_mail_that_only_quotes_keeps_its_words():
    assert clean("> Ma chaudière fuit.\n> Que faire ?").text == "Ma chaudière fuit.\nQue faire ?"


def test_fields_with_nothing_above_them_are_a_forward():
    body = OUTLOOK_FORWARD.partition("\n\n")[2]
    assert clean(body).text == "Ma chaudière fuit."


@pytest.mark.parametrize("name", mails.HTML)
def test_programs_mark_their_quotes_in_html(name):
    cleaned = clean(mails.HTML[name], BodyType.HTML)
    assert cleaned.text == "Rien reçu."
    assert cleaned.body_span(Span(0, 4)) is None


def test_lists_and_tables_of_html_keep_their_lines():
    cleaned = clean(
        "<p>Bonjour</p><ul><li>colis perdu</li><li>facture "
        "fausse</li></ul><table><tr><td>Article</td><td>Prix</td></tr><tr><td>Lampe</td><td>49,90 €</td></tr></table>",
        BodyType.HTML,
    )
    lines = [" ".join(line.split()) for line in cleaned.text.split("\n") if line]
    assert lines == ["Bonjour", "* colis perdu", "* facture fausse", "Article Prix", "Lampe 49,90 €"]


def test_a_forward_in_html_keeps_its_words():
    page = mails.FORWARDED_HTML
    cleaned = clean(page, BodyType.HTML, subject="Fwd: Fuite")
    assert cleaned.text == "À traiter.\n\nMa chaudière fuit."
    assert cleaned.author == PAUL


@given(st.text(alphabet="ab é\u0301>\n\r:-_@À.De123", max_size=300))
def test_every_sign_of_the_clean_text_comes_from_its_place(body):
    cleaned = clean(body)
    for at, sign in enumerate(cleaned.text):
        span = cleaned.body_span(Span(at, at + 1))
        assert span is not None
        source = span.of(body)
        assert (
            sign == source
            or (sign == "\n" and source.strip(" ") in {"\r", "\r\n", "\n"})
            or source.startswith(("e", "a"))
        )


@pytest.mark.parametrize("name", mails.QUOTED)
def test_spans_quote_the_body(name):
    body, _ = mails.QUOTED[name]
    cleaned = clean(body)
    for line in cleaned.text.split("\n"):
        if line:
            start = cleaned.text.index(line)
            span = cleaned.body_span(Span(start, start + len(line)))
            assert span.of(body) == line


def test_cleaning_twice_changes_nothing_more():
    for body, _ in [*mails.QUOTED.values(), *mails.SIGNED.values()]:
        once = clean(body).text
        assert clean(once).text == once


def _plain(path: Path) -> tuple[str, str]:
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    part = message.get_body(("plain",))
    return part.get_content(), message["subject"]


def test_common_fragments_of_a_public_collection():
    """Public collection (crisp): 43 mails of twelve languages whose visible text is the same five lines."""
    folder = samples.require("mail_crisp") / "fixtures"
    own = (folder / "email_french_2.txt").read_text("utf-8").partition("\n\n")[0].split()
    bodies = [path.read_text("utf-8") for path in sorted(folder.glob("*.txt")) if own[0] in path.read_text("utf-8")]
    held = [body for body in bodies if "Fusce bibendum" in body]
    right = sum(clean(body).text.split() == own for body in held)
    assert len(held) == 43
    assert right >= 39


def test_standard_replies_of_a_public_collection():
    """Public collection (talon): twelve programs answer one word above a quote."""
    folder = samples.require("mail_talon") / "standard_replies"
    mails_there = sorted(folder.glob("*.eml"))
    right = [path.name for path in mails_there if clean(_plain(path)[0], subject=_plain(path)[1]).text == "Hello"]
    assert len(mails_there) == 12
    assert len(right) == 12
