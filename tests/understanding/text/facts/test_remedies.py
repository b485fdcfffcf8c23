"""What is wished for, in the words of asking."""

import pytest

from doleance.understanding.rules import Span, WantedRemedy
from doleance.understanding.text.facts import remedies
from doleance.understanding.text.vocabulary import packs


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("fr", "Je veux être remboursée.", "refund"),
        ("fr", "rendez moi mon argent", "refund"),
        ("fr", "Merci de le réparer ou de le remplacer.", "repair replacement"),
        ("fr", "J'exige un dédommagement et des excuses.", "compensation apology"),
        ("fr", "Pouvez-vous m'expliquer cette facture ?", "explanation"),
        ("fr", "Je demande l'annulation de ma commande.", "cancellation"),
        ("fr", "Rappelez-moi.", "other"),
        ("fr", "Le colis est abîmé.", ""),
        ("en", "I want a refund and an apology.", "refund apology"),
        ("en", "Please send a replacement.", "replacement"),
        ("de", "Ich möchte mein Geld zurück.", "refund"),
        ("es", "Quiero que me devuelvan el dinero.", "refund"),
    ],
)
def test_wanted(language, text, expected):
    assert [one.value for one in remedies.wanted(packs.find(text, language))] == expected.split()


def test_only_within_a_passage():
    text = "Remboursez-moi. Et présentez des excuses à ma femme."
    found = packs.find(text, "fr")
    assert remedies.wanted(found, Span(0, 15)) == (WantedRemedy.REFUND,)
    assert remedies.wanted(found, Span(16, len(text))) == (WantedRemedy.APOLOGY,)


def test_what_was_promised_is_not_asked_for():
    assert remedies.wanted(packs.find("Vous m'aviez promis un remboursement.", "fr")) == ()


@pytest.mark.parametrize(
    ("text", "about", "expected"),
    [
        ("Le virement promis n'est jamais venu.", "billing.refund", "refund"),
        ("Le four s'éteint tout seul.", "product.defect", "repair"),
        ("Le four s'éteint, je veux un appareil neuf.", "product.defect", "replacement"),
        ("Vous continuez malgré ma lettre.", "other.cancellation", "cancellation"),
        ("Refaites-la sur le vrai chiffre.", "billing.wrong_amount", "other"),
        ("Elle m'appelle tous les midis. Qu'elle cesse.", "other.advertising", "other"),
        ("Qui surveille les plateaux ?", "product.safety", "explanation"),
        ("Vous avez ri.", "customer_service.impolite", ""),
        ("La surprise est sur le relevé.", "billing.wrong_amount", ""),
        ("Je demande le relevé de mes appels.", "billing.wrong_amount", "explanation"),
    ],
)
def test_what_is_implied_ordered_or_only_told(text, about, expected):
    assert [one.value for one in remedies.wanted(packs.find(text, "fr"), about=about)] == expected.split()
