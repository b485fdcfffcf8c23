"""The language of a message, and the doubt."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doleance.understanding.model.languages import SEVEN, UNKNOWN, Languages
from doleance.understanding.model.prepare import bare

LANGUAGES = Languages()
TOLD = [json.loads(line) for line in Path(__file__).with_name("languages.jsonl").read_text("utf-8").splitlines()]


def share(count, change=str):
    """How many first `count` words have their language told, without any help."""
    right = [
        LANGUAGES.guess(change(" ".join(one["text"].split()[:count]))).language == one["language"] for one in TOLD
    ]
    return sum(right) / len(right)


def test_there_is_something_to_tell():
    assert {one["language"] for one in TOLD} == set(SEVEN)
    assert len(TOLD) >= 20 * len(SEVEN)


# language.md, goals: five words ≥ .97, three words ≥ .94.
@pytest.mark.parametrize(("words", "goal"), [(99, 0.99), (5, 0.97), (3, 0.94)])
def test_short_messages(words, goal):
    assert share(words) >= goal


def test_without_accents():
    assert share(5, bare) >= 0.95


def test_capitals_change_nothing():
    assert share(5, str.upper) >= 0.97


@pytest.mark.parametrize(
    ("text", "language"),
    [("ok merci", "fr"), ("refund pls", "en"), ("colis jamais reçu", "fr"), ("wo ist mein paket", "de")],
)
def test_what_customers_write_is_known(text, language):
    assert LANGUAGES.guess(text).language == language


@pytest.mark.parametrize(
    "text", ["", "12345", "!!!", "ok", "hi", "CMD-2026-0045", "a@b.example", "https://exemple.fr"]
)
def test_nothing_is_told_of_nothing(text):
    assert LANGUAGES.guess(text).language == UNKNOWN
    assert not LANGUAGES.guess(text).is_sure


def test_a_long_text_in_another_language_is_named():
    guess = LANGUAGES.guess("Gdzie jest moja paczka, czekam już trzy tygodnie i nikt nie odpowiada")
    assert guess.language == "pl"
    assert guess.is_sure


@settings(deadline=None)
@given(st.text(max_size=400))
def test_any_text_is_borne(text):
    guess = LANGUAGES.guess(text)
    assert guess.language == UNKNOWN or len(guess.language) == 2
    assert guess.language != UNKNOWN or not guess.is_sure
