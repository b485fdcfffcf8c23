"""Where a message turns to another request, and where it only looks so."""

import pytest

from doleance.understanding.text.clauses import clauses
from doleance.understanding.text.requests import boundaries, requests
from doleance.understanding.text.sentences import sentences
from doleance.understanding.text.vocabulary import packs


def passages(text, language="fr", categories=None):
    return [span.of(text) for span in requests(text, sentences(text), packs.find(text, language), categories)]


SEVERAL = [
    (
        "fr",
        (
            "Bonjour,\n\nMon colis devait arriver lundi et le transporteur ne donne plus de nouvelles. Par ailleurs, la "  # noqa: E501
            "facture de mars compte deux fois "
            "les frais de dossier.\n\nCordialement"
        ),
        ["Mon colis devait arriver lundi", "Par ailleurs, la facture"],
    ),
    (
        "fr",
        (
            "Plusieurs problèmes :\n- le colis est arrivé ouvert chez la gardienne\n- la facture compte deux fois le prix "  # noqa: E501
            "de la lampe\n"
            "- votre conseiller m'a raccroché au nez"
        ),
        ["- le colis", "- la facture", "- votre conseiller"],
    ),
    (
        "fr",
        "1) Le livreur a jeté le paquet par-dessus le portail. 2) Vous avez prélevé deux fois 49,90 € sur mon compte.",
        ["1) Le livreur", "2) Vous avez"],
    ),
    (
        "en",
        (
            "The parcel never came and the courier has no trace of it. On a separate note, your website crashes whenever "  # noqa: E501
            "I open the invoice page."
        ),
        ["The parcel never", "On a separate note"],
    ),
]

ONE = [
    (
        "fr",
        (
            "Le lave-linge fait un bruit terrible, il fuit, et la porte ferme mal. En plus l'eau coule partout. Je veux "  # noqa: E501
            "un remplacement."
        ),
    ),
    ("fr", "Mon colis n'est jamais arrivé. Je veux que vous me remboursiez les 49,90 €."),
    ("fr", "Symptômes :\n- le tambour tape\n- la pompe fuit\n- le hublot reste bloqué"),
    (
        "fr",
        "Historique :\n- le 3 mars : commande\n- le 7 mars : appel au service client\n- le 12 mars : facture reçue",
    ),
    ("fr", "Bonjour Madame,\n\nMerci de me rappeler.\n\nCordialement"),
    ("en", "The kettle leaks and the lid is loose. It also smells of plastic. I would like a refund please."),
]


@pytest.mark.parametrize(("language", "text", "beginnings"), SEVERAL)
def test_several_requests_are_parted(language, text, beginnings):
    found = passages(text, language)
    assert len(found) == len(beginnings)
    assert all(passage.startswith(beginning) for passage, beginning in zip(found, beginnings, strict=True))


@pytest.mark.parametrize(("language", "text"), ONE)
def test_one_request_stays_whole(language, text):
    assert boundaries(text, sentences(text), packs.find(text, language)) == []


def test_greeting_and_closing_are_of_no_request():
    text = "Bonjour, mon colis est perdu depuis lundi.\n\nCordialement,\nJeanne"
    assert passages(text)[0].startswith("mon colis est perdu")
    assert "Cordialement" not in passages(text)[0].split("\n")[0]


def test_a_change_of_likely_category_parts_what_words_do_not():
    text = "Les douches du vestiaire restent glacées depuis novembre. Le nouveau moniteur se moque des débutants devant tout le groupe."  # noqa: E501
    likely = [{"product": 0.9, "customer_service": 0.05}, {"customer_service": 0.9, "product": 0.05}]
    spans = sentences(text)
    found = packs.find(text, "fr")
    assert boundaries(text, spans, found, likely) == [1]
    assert boundaries(text, spans, found, [likely[0], likely[0]]) == []


def test_no_sentence_no_request():
    assert passages("") == []
    assert passages("Bonjour,\n\nCordialement") == []


def test_what_leads_to_a_request_is_no_request():
    text = (
        "Je suis fatiguée de tout ça. Ma facture de 612 euros compte deux fois les frais. La cliente précédente riait."
    )
    assert passages(text)[0].startswith("Ma facture")


def test_something_was_told_before_what_says_another():
    text = "Votre vendeur s'est moqué de moi. Par ailleurs, la facture de mars compte deux fois les frais de dossier."
    assert len(passages(text)) == 2


def test_two_matters_in_one_breath():
    text = (
        "slt hier soir le livreur a jeté mon colis par dessus le portail devant tout le quartier qui regardait "
        "et sur votre site la page de réclamation affiche une erreur dès que je clique"
    )
    found = packs.find(text, "fr")
    cut = [span.of(text) for span in clauses(sentences(text), found.folded)]
    assert [one.split()[:3] for one in cut] == [["slt", "hier", "soir"], ["et", "sur", "votre"]]
    assert "".join(cut) == text


@pytest.mark.parametrize(
    "text",
    [
        "le colis est perdu et le livreur ne répond plus",  # short
        (
            "le colis que vous deviez livrer mardi puis jeudi puis samedi est perdu et le livreur qui l'apportait "
            "dit que votre transporteur ne le lui a jamais remis"
        ),  # one matter
    ],
)
def test_one_matter_in_one_breath(text):
    assert [span.of(text) for span in clauses(sentences(text), packs.find(text, "fr").folded)] == [text]
