"""What recognises a person, and what to call one who gave no name."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.complainants import rules
from doleance.complainants.rules import Recourse, recourse


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Durand@Exemple.fr", "durand@exemple.fr"),
        (" durand@exemple.fr ", "durand@exemple.fr"),
        ("he\u0301le\u0300ne@exemple.fr", "hélène@exemple.fr"),
    ],
)
def test_two_spellings_of_one_address_are_one(one, other):
    assert rules.normal_email(one) == rules.normal_email(other)


def test_a_plus_address_stays_apart():
    assert rules.normal_email("durand+a@exemple.fr") != rules.normal_email("durand@exemple.fr")


@given(st.text(max_size=80))
def test_the_normal_form_is_its_own_normal_form(address):
    normal = rules.normal_email(address)
    assert rules.normal_email(normal) == normal
    assert unicodedata.is_normalized("NFC", normal)


@pytest.mark.parametrize(
    ("name", "address", "called"),
    [
        ("Hélène Durand", "h@exemple.fr", "Hélène Durand"),
        ("  Hélène   Durand ", "h@exemple.fr", "Hélène Durand"),
        ('"Durand, Hélène"', "h@exemple.fr", "Durand, Hélène"),
        ("Du\x00rand", "h@exemple.fr", "Durand"),
        ("h.durand@exemple.fr", "h.durand@exemple.fr", "h.durand"),
        ("", "h.durand@exemple.fr", "h.durand"),
        ("", "", ""),
        ("x@y", "", "x@y"),
        ("N" * 300, "", "N" * 200),
    ],
)
def test_what_to_call_somebody(name, address, called):
    assert rules.name_or_address(name, address) == called


@given(st.text(max_size=400), st.text(max_size=400))
def test_a_name_fits_its_column_and_holds_no_nul(name, address):
    called = rules.name_or_address(name, address.replace("\x00", ""))
    assert len(called) <= 200
    assert "\x00" not in called


@pytest.mark.parametrize("status", rules.PartyStatus)
def test_the_mediator_is_named_to_who_may_be_a_consumer_under_a_pack_that_demands_it(status):
    told = rules.names_mediator(musts={rules.MEDIATOR_BLOCK}, is_consumer=status in rules.MAYBE_CONSUMERS)
    assert told == (status in {rules.PartyStatus.UNKNOWN, rules.PartyStatus.CONSUMER})
    assert not rules.names_mediator(musts=set(), is_consumer=True)


@pytest.mark.parametrize(
    ("musts", "is_consumer", "expected"),
    [
        ({"mediateur_coordonnees_site"}, True, Recourse("M. Médiateur")),
        ({"mediateur", "voies_recours"}, True, Recourse("M. Médiateur", court=True)),
        ({"adr"}, True, Recourse("M. Médiateur")),
        ({"mediateur", "voies_recours"}, False, Recourse(court=True)),
        ({"mediateur_coordonnees_site"}, False, Recourse()),
        (set(), True, Recourse()),
    ],
)
def test_a_mediator_is_named_to_consumers_and_the_courts_to_anybody(musts, is_consumer, expected):
    """ux.md §7.3: consumers only; a business sees its own recourse."""
    assert recourse(musts=musts, is_consumer=is_consumer, mediator=" M. Médiateur\n") == expected
