"""Sentences of mails, letters and telephone messages."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.understanding.text.sentences import sentences


def said(text):
    return [span.of(text) for span in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mon colis est perdu. Que faites-vous ?", ["Mon colis est perdu.", "Que faites-vous ?"]),
        ("M. Dupont est venu. Rien n'est réparé !", ["M. Dupont est venu.", "Rien n'est réparé !"]),
        ("Le montant est de 1.250,50 euros.", ["Le montant est de 1.250,50 euros."]),
        ("Vu le 12.03 par Mme. Petit, réf. 4512.", ["Vu le 12.03 par Mme. Petit, réf. 4512."]),
        ("Rien reçu.Je veux être remboursé.", ["Rien reçu.", "Je veux être remboursé."]),
        ("elle est cassee!!!je veux etre remboursé", ["elle est cassee!!!", "je veux etre remboursé"]),
        ("bonjour. rien recu. merci", ["bonjour.", "rien recu.", "merci"]),
        ("Le colis, la notice, etc. Et puis rien.", ["Le colis, la notice, etc.", "Et puis rien."]),
        ("Am 3. März kam nichts. Bitte melden.", ["Am 3. März kam nichts.", "Bitte melden."]),
        ("une phrase\ncoupée par le programme\nde courriel.", ["une phrase\ncoupée par le programme\nde courriel."]),
        ("Bonjour,\nmon colis est perdu.", ["Bonjour,", "mon colis est perdu."]),
        ("Voici :\n- le colis\n- la facture", ["Voici :", "- le colis", "- la facture"]),
        ("- le colis, \n  le carton aussi\n- la facture", ["- le colis, \n  le carton aussi", "- la facture"]),
        ("Deux points : 1) le colis est perdu 2) la facture est fausse", [
            "Deux points :", "1) le colis est perdu", "2) la facture est fausse",
        ]),
        ("1. Le colis est perdu.\n2. La facture est fausse.", ["1. Le colis est perdu.", "2. La facture est fausse."]),
        ("Le colis est perdu.\n\nLa facture aussi", ["Le colis est perdu.", "La facture aussi"]),
        ("", []),
        (" \n\t\n", []),
    ],
)  # fmt: skip
def test_where_sentences_end(text, expected):
    assert said(text) == expected


@given(st.text(alphabet="aB é.!?…\n-*1):;,'\u00a0👍", max_size=200))
def test_every_sign_is_in_exactly_one_sentence(text):
    spans = sentences(text)
    assert all(a.end <= b.start for a, b in itertools.pairwise(spans))
    inside = {at for span in spans for at in range(span.start, span.end)}
    assert all(sign.isspace() for at, sign in enumerate(text) if at not in inside)
    assert all(span.of(text) == span.of(text).strip() and span.of(text) for span in spans)
