"""Dates told from the day of the message, in seven languages."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.understanding.text.facts.dates import dates

SENT = date(2026, 3, 14)  # a Saturday


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("fr", "le 3 mars", "2026-03-03"),
        ("fr", "le 1er février 2026", "2026-02-01"),
        ("fr", "le premier mars", "2026-03-01"),
        ("fr", "le trois mars", "2026-03-03"),
        ("fr", "le 20 décembre", "2025-12-20"),
        ("fr", "les 3 et 4 mars", "2026-03-03 2026-03-04"),
        ("fr", "du 5 au 12 mars 2026", "2026-03-05 2026-03-12"),
        ("fr", "le 12/02", "2026-02-12"),
        ("fr", "12-02-26 ou 12.02.2026", "2026-02-12"),
        ("fr", "2026-02-12", "2026-02-12"),
        ("fr", "commande du 03/03 reçue le 07/03", "2026-03-03 2026-03-07"),
        ("fr", "rendez-vous le 20 mars", "2026-03-20"),
        ("fr", "mardi dernier", "2026-03-10"),
        ("fr", "mardi 10 mars", "2026-03-10"),
        ("fr", "lundi prochain", "2026-03-16"),
        ("fr", "vendredi 13", "2026-03-13"),
        ("fr", "avant vendredi", "2026-03-20"),
        ("fr", "devait être livré jeudi", "2026-03-12"),
        ("fr", "on le prendrait lundi", "2026-03-16"),
        ("fr", "lundi 2 mars à 14h et jeudi", "2026-03-02 2026-03-12"),
        ("fr", "hier et avant-hier", "2026-03-12 2026-03-13"),
        ("fr", "aujourd'hui, demain, après-demain", "2026-03-14 2026-03-15 2026-03-16"),
        ("fr", "il y a trois semaines", "2026-02-21"),
        ("fr", "IL Y A DEUX MOIS", "2026-01-14"),
        ("fr", "il y a un an", "2025-03-14"),
        ("fr", "dans trois jours", "2026-03-17"),
        ("fr", "passé le 9, il a tout cassé", "2026-03-09"),
        ("fr", "le soir de Noël", "2025-12-25"),
        ("en", "March 3rd, 2026 or 3rd of March", "2026-03-03"),
        ("en", "last Tuesday", "2026-03-10"),
        ("en", "next Monday", "2026-03-16"),
        ("en", "two weeks ago", "2026-02-28"),
        ("en", "yesterday", "2026-03-13"),
        ("de", "am 3. März, vor zwei Wochen", "2026-02-28 2026-03-03"),
        ("es", "el 3 de marzo de 2026, hace tres semanas", "2026-02-21 2026-03-03"),
        ("it", "martedì scorso, due settimane fa", "2026-02-28 2026-03-10"),
        ("nl", "gisteren, drie weken geleden", "2026-02-21 2026-03-13"),
        ("pt", "ontem, há duas semanas", "2026-03-13"),
    ],
)
def test_what_is_a_date(language, text, expected):
    found = " ".join(day.isoformat() for day in dates(text, SENT, language))
    assert set(expected.split()) <= set(found.split())
    assert language == "pt" or found == expected


@pytest.mark.parametrize(
    "text",
    [
        "depuis trois semaines",
        "en mars 2026",
        "2/3 du colis",
        "24/7",
        "sous 8 jours",
        "chaque lundi, tous les mardis, ouvert le jeudi",
        "mon mari est mort",
        "version 11.4, 12,50 €",
        "le 36 rue des Lilas",
        "31 février 2026",
        "tel 06 39 98 12 34",
        "à ce jour",
    ],
)
def test_what_is_none(text):
    assert dates(text, SENT, "fr") == []


@given(st.dates(min_value=date(1950, 1, 1), max_value=date(2090, 12, 31)))
def test_a_whole_date_does_not_hang_on_the_day_it_is_read(day):
    text = f"le {day.day}/{day.month}/{day.year}"
    assert dates(text, SENT, "fr") == dates(text, date(2000, 1, 1), "fr") == [day]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rejeté le 3 janvier, représenté le 9, puis le 2", "2026-01-03 2026-01-09 2026-02-02"),
        ("Le 28 décembre on promet, le 4 on oublie", "2025-12-28 2026-01-04"),
        ("le 2 mars, puis rien le 20", "2026-02-20 2026-03-02"),  # the 20th of March is to come
        ("la fête est dimanche", "2026-03-15"),
        ("le plombier vient mardi", "2026-03-17"),
        ("il est venu mardi", "2026-03-10"),
        ("composez le 15", ""),
        ("appelez le 18 tout de suite", ""),
    ],
)
def test_a_story_goes_forward_and_the_present_looks_ahead(text, expected):
    assert " ".join(day.isoformat() for day in dates(text, SENT, "fr")) == expected


@pytest.mark.parametrize("sent", [date.min, date.max])
def test_a_clock_that_is_wrong_breaks_nothing(sent):
    assert dates("hier, demain, il y a 900 ans, dans 900 semaines, le 29 février", sent, "fr")
