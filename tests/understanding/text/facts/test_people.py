"""Who writes and how to reach them; companies by their keys."""

import pytest

from doleance.understanding.rules import Sender
from doleance.understanding.text.clean import clean
from doleance.understanding.text.facts import people

BODY = (
    "Bonjour,\n\nMon colis est perdu. Rappelez-moi au 06 39 98 12 34.\n\nCordialement,\nJeanne Morin\n12 rue des "
    "Lilas\n69003 Lyon\n"
    "jeanne.morin@example.fr"
)


def test_the_signature_names_its_author():
    found = people.people(
        clean(BODY), Sender(name="J. Morin", email="Jeanne.Morin@example.fr", phone="+33 6 39 98 12 34")
    )
    assert found.phones == ("+33639981234",)
    assert found.emails == ("jeanne.morin@example.fr",)
    assert found.names[0] == "J. Morin"
    assert "Jeanne Morin" in found.names
    assert found.addresses == ("12 rue des Lilas 69003 Lyon",)


def test_a_forward_gives_its_real_author():
    body = (
        "---------- Forwarded message ---------\nDe : Paul Vidal <paul@example.fr>\nDate: lun. 3 mars 2026 à "
        "10:12\nSubject: a\nTo: b@example.com\n\n"
        "Ma chaudière fuit."
    )
    found = people.people(clean(body), Sender(email="accueil@example.com"))
    assert found.emails == ("accueil@example.com", "paul@example.fr")
    assert "Paul Vidal" in found.names


def test_what_is_quoted_is_nobody():
    body = "Rien reçu.\n\nLe lun. 3 mars 2026 à 10:12, Service <service@example.com> a écrit :\n> Appelez le 01 99 00 12 34\n"  # noqa: E501
    found = people.people(clean(body), Sender())
    assert found == people.people(clean("Rien reçu."), Sender())


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("06 39 98 12 34", "+33639981234"),
        ("+33 (0)6 39 98 12 34", "+33639981234"),
        ("0033639981234", "+33639981234"),
        ("+44 20 7946 0561", "+442079460561"),
        ("020 7946 0561", "02079460561"),
        ("", ""),
        ("12", ""),
    ],
)
def test_a_number_has_one_form(written, expected):
    assert people.phone(written) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SIRET 732 829 320 00074", ["73282932000074"]),
        ("SIREN : 732829320", ["732829320"]),
        ("TVA FR 44 732 829 320", ["FR44732829320"]),
        ("SIREN 732829321", []),
        ("TVA FR 45 732 829 320", []),
        ("SIRET 356 000 000 00048", ["35600000000048"]),
        ("SIRET 356 000 000 00010", ["35600000000010"]),
        ("mon numéro 732829320", []),
        ("SIREN 000000000", []),
    ],
)
def test_companies_by_their_keys(text, expected):
    assert people.companies(text) == expected
