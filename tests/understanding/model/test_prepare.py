"""What a text becomes before it is looked at."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.understanding.model.prepare import bare, prepare, usual_accents

ACCENTS = {"recu": "reçu", "tele": "télé"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("JE N’AI RIEN REÇU", "je n'ai rien reçu"),
        ("Nuuuuul !!!!!!", "nuul !!"),
        ("voir https://exemple.fr/x?y et a.b@exemple.fr svp", "voir et svp"),
        ("deux\u00a0fois  12 000 €", "deux fois 12 000 €"),
        ("e\u0301te\u0301", "été"),
        ("un\0deux", "un deux"),
    ],
)
def test_one_form(text, expected):
    assert prepare(text) == expected


def test_accents_come_back_where_none_was_typed():
    assert prepare("PAS RECU MA TELE", ACCENTS) == "pas reçu ma télé"


def test_a_text_typed_with_accents_is_left_as_it_is():
    assert prepare("déjà recu", ACCENTS) == "déjà recu"


def test_usual_accents_follow_the_majority():
    usual = usual_accents(["reçu à temps", "reçu", "il a recu", "la porte", "là ou la"])
    assert usual["recu"] == "reçu"
    assert "la" not in usual
    assert "porte" not in usual


def test_an_even_vote_changes_nothing():
    assert usual_accents(["pêche", "peche"]) == {}


def test_bare():
    assert bare("Été à Noël, cœur") == "Ete a Noel, cœur"


@given(st.text(max_size=200))
def test_preparing_twice_changes_nothing_more_of_the_case(text):
    once = prepare(text)
    assert once == once.strip()
    assert "\0" not in once
