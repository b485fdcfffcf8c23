"""Amounts as people write them."""

import pytest

from doleance.understanding.rules import Amount
from doleance.understanding.text.facts.amounts import amounts, placed


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("49,90 €", "49.90"),
        ("1 250,00€", "1250.00"),
        ("1\u202f250\u00a0€", "1250"),
        ("1.250 euros", "1250"),
        ("49€90", "49.90"),
        ("12 euros 50.", "12.50"),
        ("0,5 €", "0.5"),
        ("deux cents euros", "200"),
        ("quatre-vingt-dix-neuf euros", "99"),
        ("mille deux cents euros", "1200"),
        ("douze euros cinquante", "12.50"),
        ("une centaine d'euros", "100"),
        ("50 centimes", "0.50"),
        ("3 k€", "3000"),
        ("mes 1200 balles", "1200"),
        ("entre 40 et 50 euros", "40 50"),
        ("89 au lieu de 59 euros", "59 89"),
        ("59 euros au lieu de 49", "49 59"),
        ("facturé 49.90 au lieu de 39.90", "39.90 49.90"),
        ("le tarif est passé de 29,90 à 36,90", "29.90 36.90"),
        ("remboursez mes 30e svp", "30"),
        ("4,35e à enlever", "4.35"),
        ("j'ai payé 35,5 euros, pas 35,5 %", "35.5"),
        ("49,90€/mois pendant 12 mois", "49.90"),
        ("two hundred and fifty pounds", "250"),
        ("deux mille euros et trente centimes", "2000.30"),
        ("le 20e jour, 3 mars 2026 à 12h, 50 %, 2 fois, la 3e relance", ""),
        ("commande 4512, version 12.03", ""),
    ],
)
def test_values(text, values):
    assert " ".join(one.value for one in amounts(text)) == values


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("£15", [("15", "GBP")]),
        ("$1,250.50", [("1250.50", "USD")]),
        ("CHF 40.- et 12 francs suisses", [("12", "CHF"), ("40", "CHF")]),
        ("20 quid", [("20", "GBP")]),
        ("EUR 49,90", [("49.90", "EUR")]),
        ("100 dirhams", [("100", "MAD")]),
    ],
)
def test_currencies(text, expected):
    assert amounts(text) == [Amount(*one) for one in expected]


def test_each_once_sorted_by_value():
    assert [one.value for one in amounts("100 € puis 20 € puis 100 €")] == ["20", "100"]


def test_places_lie_on_the_figures():
    text = "Payé 49,90 € au lieu de 39,90 €."
    assert [text[start : start + 5] for start, _ in placed(text)] == ["49,90", "39,90"]


def test_figures_without_end_are_no_amount():
    assert amounts("9" * 5_000 + " €") == []
    assert amounts("1 000 000 000 €") == [Amount("1000000000", "EUR")]
