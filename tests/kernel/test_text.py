"""Text as it is kept, compared, cut and printed in French."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.kernel.text import fold, french, normalise, rejoined, truncate

any_text = st.text(st.characters(codec=None))
# Signs that meet in our sentences, so that chance tries their neighbourhoods rather than Chinese.
french_text = st.text(st.sampled_from("aé1'’«»:;!? \u00a0\u202f&#()…%€\n/"), max_size=30)


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("Prête ?", "Prête\u202f?"),
        ("Prête?", "Prête\u202f?"),
        ("Attention !", "Attention\u202f!"),
        ("Non ; oui", "Non\u202f; oui"),
        ("Objet : retard", "Objet\u00a0: retard"),
        ("Objet: retard", "Objet\u00a0: retard"),
        ("«oui»", "«\u00a0oui\u00a0»"),
        ("« oui » ?", "«\u00a0oui\u00a0»\u202f?"),
        ("« oui »: non", "«\u00a0oui\u00a0»: non"),
        ("l'aube d'été", "l’aube d’été"),
        ("Quoi ?!", "Quoi\u202f?!"),
        ("Quoi?!", "Quoi\u202f?!"),
        ("Hein (vraiment?) oui", "Hein (vraiment\u202f?) oui"),
        ("à 14:30", "à 14:30"),
        ("https://exemple.fr/?q=a;b", "https://exemple.fr/?q=a;b"),
        ("Dupont &amp; fils", "Dupont &amp; fils"),
        ("déjà\u00a0: bon", "déjà\u00a0: bon"),
        ("trop   !", "trop\u202f!"),
        ("", ""),
    ],
)
def test_french_spaces(typed, printed):
    assert french(typed) == printed


@given(french_text | any_text)
def test_french_twice_is_french_once(text):
    assert french(french(text)) == french(text)


@given(french_text | any_text)
def test_french_changes_spaces_and_apostrophes_only(text):
    def signs(value):
        return [sign for sign in value.replace("’", "'") if sign not in " \u00a0\u202f"]

    assert signs(french(text)) == signs(text)


@given(any_text)
def test_what_is_kept_can_be_stored_and_stays_the_same(text):
    kept = normalise(text)
    assert "\x00" not in kept
    assert "\r" not in kept
    assert unicodedata.is_normalized("NFC", kept)
    kept.encode()  # no lone surrogate
    assert normalise(kept) == kept


def test_kept_text_keeps_tabs_and_lines():
    assert normalise("a\r\nb\rc\td\x07e\u0301") == "a\nb\nc\tdé"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Œuvre", "oeuvre"),
        ("ÉTÉ", "été"),
        ("e\u0301te\u0301", "été"),
        ("L’aube", "l'AUBE"),
        ("  deux   mots ", "Deux\u00a0mots"),
        ("Straße", "STRASSE"),
        ("①", "1"),
    ],
)
def test_folded_alike(one, other):
    assert fold(one) == fold(other)


def test_folding_keeps_words_apart():
    assert fold("pêche") == fold("péché") == "peche"
    assert fold("cote") != fold("coteau")


@given(any_text)
def test_folding_twice_changes_nothing(text):
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("text", "limit", "cut"),
    [
        ("Colis jamais arrivé", 40, "Colis jamais arrivé"),
        ("Colis jamais arrivé", 19, "Colis jamais arrivé"),
        ("Colis jamais arrivé", 18, "Colis jamais…"),
        ("Colis jamais arrivé", 13, "Colis jamais…"),
        ("Colis, jamais arrivé", 8, "Colis…"),
        ("Anticonstitutionnellement", 10, "Anticonst…"),
        ("a\u0301a\u0301a\u0301a\u0301", 4, "a\u0301…"),
        ("👩\u200d🔧👩\u200d🔧", 4, "👩\u200d🔧…"),
        ("Colis", 1, "…"),
    ],
)
def test_truncation(text, limit, cut):
    assert truncate(text, limit) == cut


@given(any_text, st.integers(1, 60))
def test_truncation_holds_its_limit(text, limit):
    cut = truncate(text, limit)
    assert len(cut) <= limit
    assert cut == text or cut.endswith("…")
    assert cut == text or text.startswith(cut[:-1])


def test_no_room_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        truncate("a", 0)


@pytest.mark.parametrize(
    ("sheet", "shown"),
    [
        (
            "Ma commande, promise pour le 2 novembre,\nn’est toujours pas arrivée chez moi.\nM. Garnier",
            "Ma commande, promise pour le 2 novembre, n’est toujours pas arrivée chez moi.\nM. Garnier",
        ),
        ("M. Garnier\n8 allée des Pins\n33600 Pessac", "M. Garnier\n8 allée des Pins\n33600 Pessac"),
        ("de 10 h\nà midi, tous les jours de la semaine", "de 10 h\nà midi, tous les jours de la semaine"),
        ("Une ligne bien pleine\n\nune autre ligne", "Une ligne bien pleine\n\nune autre ligne"),
        ("", ""),
    ],
)
def test_lines_that_only_the_sheet_ended_are_joined(sheet, shown):
    assert rejoined(sheet) == shown


@given(any_text)
def test_joining_lines_changes_no_word(text):
    assert rejoined(text).split() == text.split()
