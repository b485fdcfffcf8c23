"""What a passage answers of the form, and what is still to ask."""

from datetime import date

import pytest

from doleance.complaints import questions
from doleance.understanding.rules import SignalCode
from doleance.understanding.text.facts import form

SENT = date(2026, 3, 14)


def told(text, sub="", **more):
    return form.Told(text=text, sub=sub, sent=SENT, language="fr", **more)


@pytest.mark.parametrize(
    ("category", "sub", "text", "expected"),
    [
        (
            "delivery",
            "late",
            "Ma commande CMD-2026-118 devait arriver le 3 mars et je n'ai rien reçu.",
            {"order": "CMD-2026-118", "promised": "2026-03-03", "received": "no"},
        ),
        ("delivery", "damaged_in_transit", "Le carton est arrivé écrasé.", {"received": "damaged"}),
        (
            "billing",
            "wrong_amount",
            "La facture FA-2026-77 me réclame 89,90 € au lieu de 59,90 €, déjà prélevés.",
            {"invoice": "FA-2026-77", "charged": "89.90", "expected": "59.90", "paid": "yes"},
        ),
        (
            "customer_service",
            "impolite",
            "Votre conseiller m'a raccroché au nez au téléphone le 3 mars.",
            {
                "when": "2026-03-03",
                "means": "phone",
                "said": "Votre conseiller m'a raccroché au nez au téléphone le 3 mars.",
            },
        ),
        (
            "digital",
            "malfunction",
            "Dans mon espace client, sur iPhone 12, erreur 502.",
            {"page": "espace client", "device": "iPhone 12", "error": "erreur 502"},
        ),
        ("product", "defect", "La machine fuit depuis trois semaines.", {"since": "depuis trois semaines"}),
    ],
)
def test_what_is_answered(category, sub, text, expected):
    assert form.answers(category, told(text, sub)) == expected


def test_a_danger_answers_its_question():
    assert (
        form.answers("product", told("Elle fume.", signals=frozenset({SignalCode.SAFETY_RISK})))["dangerous"] == "yes"
    )


def test_what_is_missing_follows_the_form():
    asked = {one.code for one in questions.DELIVERY}
    assert {one.code for one in form.missing("delivery", told("Rien reçu."))} == asked - {"received"}
    assert form.missing("nothing", told("Rien reçu.")) == ()


def test_a_lone_reference_of_the_message_serves_a_passage_without_one():
    assert form.answers("delivery", told("Rien reçu.", order_refs=("4512",)))["order"] == "4512"
    assert "order" not in form.answers("delivery", told("Rien reçu.", order_refs=("4512", "4513")))
