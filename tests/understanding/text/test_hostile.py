"""Texts made to break a reader: no exception, places that hold, whatever is written."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doleance.understanding.rules import BodyType, Incoming, Sender, Span
from doleance.understanding.text import alerts, kinds
from doleance.understanding.text.clean import clean
from doleance.understanding.text.facts import amounts, dates, form, people, references, remedies
from doleance.understanding.text.requests import requests
from doleance.understanding.text.sentences import sentences
from doleance.understanding.text.vocabulary import packs

SENT = date(2026, 3, 14)


def read(body, body_type=BodyType.TEXT, language="fr", subject=""):
    """Everything that rules read of a message, as the engine asks it."""
    cleaned = clean(body, body_type, subject=subject)
    text = cleaned.text
    found = packs.find(text, language)
    spans = sentences(text)
    passages = requests(text, spans, found)
    message = Incoming("1", "email", subject, body, body_type, Sender())
    kinds.kind(message, cleaned, found)
    alerts.urgency(alerts.signals(text, found), found, sent=SENT, language=language)
    references.references(text)
    amounts.amounts(text)
    dates.dates(text, SENT, language)
    people.people(cleaned, Sender())
    for passage in passages[:3]:
        remedies.wanted(found, passage)
        form.answers("billing", form.Told(passage.of(text), "", SENT, language))
    return cleaned, passages


PIECES = [
    "a" * 40_000,
    "> " * 5_000 + "\n",
    "> > > >\n" * 2_000,
    "Le 3 mars 2026 à 10:12, X <x@example.com> a écrit :\n" * 500,
    "De : X\nEnvoyé : 3 mars 2026 10:12\nÀ : Y\nObjet : Z\n" * 300,
    "-- \n" * 3_000,
    "commande n° " * 2_000,
    "n°" * 5_000,
    "1 " * 10_000,
    "9" * 20_000 + " €",
    "mardi " * 3_000,
    "12/03 " * 3_000,
    "quatre-vingt-" * 2_000 + "euros",
    "j'ai pas " * 3_000,
    "avocat " * 3_000,
    "\x00" * 1_000,
    "\u202e\u202dabc\u2066" * 1_000,
    "👩‍👩‍👧‍👦🏳️‍🌈" * 1_000,
    "e\u0301" * 5_000,
    "\ud800",
    "العربية עברית 中文 русский " * 500,
    "<" * 5_000,
    "1) " * 3_000,
    "- \n" * 3_000,
    "Bonjour, " * 2_000,
    "\r" * 5_000,
    "\u2028\x0c\x85" * 1_000,
]


@pytest.mark.parametrize("number", range(len(PIECES)))
def test_a_hostile_text_is_read(number):
    cleaned, passages = read(PIECES[number])
    for passage in passages:
        assert 0 <= passage.start < passage.end <= len(cleaned.text)


def test_a_line_of_a_million_signs_is_read():
    cleaned, _ = read("mon colis 4512 est perdu " * 40_000)
    assert len(cleaned.text) == len("mon colis 4512 est perdu " * 40_000) - 1


@pytest.mark.parametrize("number", range(len(PIECES)))
def test_a_hostile_page_is_read(number):
    read(f'<div class="gmail_quote">{PIECES[number][:5_000]}</div><p>{PIECES[number][:5_000]}</p>', BodyType.HTML)


def test_a_page_of_nested_tags_is_read():
    read("<div>" * 3_000 + "perdu" + "</div>" * 3_000, BodyType.HTML)
    read('<blockquote type="cite">' * 3_000 + "perdu", BodyType.HTML)


WORDS = st.sampled_from(
    [
        "Bonjour",
        ",",
        ".",
        "!",
        "?",
        "\n",
        "\r\n",
        ">",
        "--",
        "De",
        ":",
        "À",
        "Objet",
        "Envoyé",
        "Le",
        "3",
        "mars",
        "2026",
        "10:12",
        "a",
        "écrit",
        "<x@example.fr>",
        "commande",
        "n°",
        "4512",
        "49,90",
        "€",
        "mardi",
        "dernier",
        "avocat",
        "tribunal",
        "Cordialement",
        "Jeanne",
        "06",
        "39",
        "98",
        "12",
        "34",
        "-",
        "1)",
        "2)",
        "par",
        "ailleurs",
        "facture",
        "colis",
        "\xa0",
        "́",
        "\x00",
        "👍",
        "«»",
    ]
)


@settings(max_examples=150)
@given(
    st.lists(WORDS, max_size=60),
    st.sampled_from(["fr", "en", "de", "es", "it", "nl", "pt", "und"]),
    st.sampled_from(["", "TR : x", "Re: x"]),
)
def test_any_words_are_read_and_places_hold(words, language, subject):
    body = " ".join(words)
    cleaned, passages = read(body, language=language, subject=subject)
    for passage in passages:
        place = cleaned.body_span(passage)
        assert place is not None
        assert 0 <= place.start < place.end <= len(body)
        first = Span(passage.start, passage.start + 1).of(cleaned.text)
        assert place.of(body)[:1] == first or not first.isascii()


@given(st.text(max_size=300), st.sampled_from(list(BodyType)))
def test_any_text_is_read(body, body_type):
    read(body, body_type)


def test_reading_twice_gives_the_same():
    body = "Bonjour,\n\nMon colis 4512 est perdu. Par ailleurs la facture de 49,90 € est fausse. Mon avocat suivra.\n\nCordialement"  # noqa: E501
    assert read(body) == read(body)
