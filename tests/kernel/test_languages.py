"""What a page speaks and what a letter speaks."""

import pytest
from django.utils import translation

from doleance.kernel import languages
from doleance.kernel.text import NARROW, NO_BREAK
from doleance.kernel.tongue import FRENCH


@pytest.mark.parametrize(
    ("chosen", "spoken"), [("fr", "fr"), ("fr-ca", "fr"), ("en", "en"), ("en-gb", "en"), ("de", "fr")]
)
def test_a_page_speaks_one_of_our_languages(chosen, spoken):
    with translation.override(chosen):
        assert languages.code() == languages.reader().code == spoken


def test_where_nothing_is_chosen_it_is_french():
    with translation.override(None):
        assert languages.code() == "fr"


def test_a_letter_speaks_its_own_language_whoever_has_it_written():
    with translation.override("fr"):
        assert languages.tongue("en").say("demain, {hour}", hour="10:00") == "tomorrow, 10:00"
        assert languages.tongue("en").plural("{n} mois", "{n} mois", 2) == "2 months"
    with translation.override("en"):
        assert languages.tongue("fr").say("demain, {hour}", hour="10 h") == "demain, 10 h"
        assert languages.reader().say("hier") == "yesterday"


@pytest.mark.parametrize(("n", "words"), [(0, "0 jour"), (1, "1 jour"), (2, "2 jours"), (-2, "-2 jours")])
def test_french_without_a_catalogue(n, words):
    assert FRENCH.plural("{n} jour", "{n} jours", n) == words


def test_french_spaces_are_for_french_pages():
    assert FRENCH.typeset("Vraiment ? L'un : oui") == f"Vraiment{NARROW}? L’un{NO_BREAK}: oui"
    assert languages.tongue("en").typeset("Reason: none. Why?") == "Reason: none. Why?"


def test_a_fact_with_braces_is_shown_as_it_is():
    assert FRENCH.say("Objet : {subject}", subject="{day} 100 %") == "Objet : {day} 100 %"
