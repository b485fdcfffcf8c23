"""What leaves has no name in it, and what comes back has them all again."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.drafting.masks import Masks
from doleance.understanding.text.lines import fold

NAMES = ("Hélène Durand", "Jean-François d’Aubigné", "Li Wei")
LETTERS = st.text(alphabet="abcdefghijklmnopqrstuvwxyzéèàçÉÀ", min_size=3, max_size=12)
WORDS = st.lists(st.one_of(st.text(max_size=30), st.sampled_from(NAMES), st.just("[PERSONNE_1]")), max_size=12)


def hidden(text: str, *names: str) -> str:
    return Masks(names=names or NAMES).hide(text)


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("Bonjour, je suis HELENE DURAND et je vous écris.", "HELENE"),
        ("C'est encore durand, du 3e étage", "durand"),
        ("Durand75 sur votre site", "Durand"),
        ("d'Aubigné ou jean francois, c'est moi", "francois"),
        ("Écrivez à h.durand@example.fr merci", "example.fr"),
        ("voir https://photos.example.org/u/4471?k=2", "photos"),
        ("rappelez le 06 39 98 14 02 vite", "39 98"),
        ("mon fixe +33 (0)1 99 00 12 34", "99 00"),
        ("j'habite 12 bis rue des Lilas, 69003 Lyon", "Lilas"),
        ("j'habite 12 bis rue des Lilas, 69003 Lyon", "Lyon"),
        ("IBAN FR76 3000 4000 0312 3456 7890 143", "3000"),
        ("ma commande CMD-2026-0045 de lundi", "0045"),
        ("le dossier 45 12 889", "889"),
        ("votre dossier R26-KMPQ-W, s'il vous plaît", "KMPQ"),
        ("la voiture AB-123-CD est rayée", "123"),
        ("mon code client 47.18.2093", "2093"),
        ("carte 4970 1012 3456 7899 débitée", "3456"),
        ("votre conseillère Mme Lambert m'a dit", "Lambert"),
        ("M. de La Tour est passé", "Tour"),
        ("je m’appelle Karim Benali", "Benali"),
        ("Maître Étienne Roux vous écrira", "Roux"),
    ],
)
def test_what_names_somebody_is_hidden(text: str, gone: str) -> None:
    assert gone not in hidden(text)


@pytest.mark.parametrize(
    "text",
    [
        "On m'a pris 1 250,00 € le 12/02/2026 puis 49,90 €.",
        "Il faisait 14 degrés à 14h30 dans la chambre 203.",
        "C'est arrivé trois fois en 2025, la dernière le 3 mars.",
        "J'ai payé 12 euros, et 3 fois !",
    ],
)
def test_sums_days_and_hours_stay(text: str) -> None:
    assert hidden(text) == text


def test_the_same_person_has_the_same_mark_in_all_texts() -> None:
    masks = Masks(names=NAMES)
    first, second = masks.hide("Hélène Durand a payé."), masks.hide("HELENE  DURAND attend.")
    assert first.split()[0] == second.split()[0]
    assert masks.show(first) == "Hélène Durand a payé."


def test_a_mark_that_was_never_given_shows_nothing() -> None:
    masks = Masks(names=NAMES)
    masks.hide("Hélène Durand")
    for told in ("[PERSONNE_7]", "[personne 1]", "[Numero_3]"):
        with pytest.raises(KeyError):
            masks.show(f"Bonjour {told},")
    assert masks.show("Nous ferons [à décider].") == "Nous ferons [à décider]."


@given(WORDS)
def test_what_was_hidden_comes_back(words: list[str]) -> None:
    text = " ".join(words)
    masks = Masks(names=NAMES)
    back = masks.show(masks.hide(text))
    assert "".join(fold(back).split()) == "".join(fold(text).split())


@given(WORDS, st.lists(LETTERS, min_size=1, max_size=3))
def test_no_name_that_is_known_leaves(words: list[str], names: list[str]) -> None:
    """Whatever is around it, in whatever case: as a word, it is gone."""
    name = " ".join(names)
    text = " ".join([*words[:6], name.upper(), *words[6:], name])
    left = fold(re.sub(r"\[[A-Z]+_\d+\]", " ", Masks(names=[name]).hide(text)))
    for word in fold(name).split():
        if word not in {"des", "les", "van", "von", "ben", "the", "mme"}:
            assert not re.search(rf"(?<![^\W\d_]){re.escape(word)}(?![^\W\d_])", left)


@given(st.text(max_size=200), st.sampled_from(["[PERSONNE_1]", "[ NUMERO 12 ]", "[Texte_1]"]))
def test_nobody_forges_a_mark(text: str, forged: str) -> None:
    """A mark that somebody typed stands for itself, and never for another's name."""
    masks = Masks(names=NAMES)
    masks.hide("Hélène Durand")
    sent = masks.hide(f"{text} {forged}")
    assert masks.behind["[PERSONNE_1]"] == "Hélène Durand"
    assert not sent.endswith(forged)


@pytest.mark.parametrize(
    "told",
    [
        "Versez sur FR76 3000 4000 0312 3456 7890 143.",
        "Appelez M. Inconnu au 06 39 98 99 99.",
        "Passez au 12 rue des Lilas, 69003 Lyon.",
        "Votre dossier 88123 est clos.",
    ],
)
def test_an_answer_names_nothing_that_the_file_does_not_know(told: str) -> None:
    assert not Masks(names=NAMES).is_known(told)


def test_an_answer_may_greet_by_a_mark_and_name_sums_and_days() -> None:
    told = "Madame [PERSONNE_1],\n\nNous vous rendons 49,90 € le 12/02/2026, voyez l’[annexe 2]."
    masks = Masks(names=NAMES)
    masks.hide("Hélène Durand")
    assert masks.is_known(told)
    assert masks.show(told).startswith("Madame Hélène Durand")
