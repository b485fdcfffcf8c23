"""Days and amounts in the spellings that people use."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.complaints.questions import AnswerKind, FactUnreadable, Question
from doleance.portal.forms import spelling

DAY = Question("when", "Quand ?", "Quand", "Quand ?", AnswerKind.DAY)
MONEY = Question("charged", "Combien ?", "Combien", "Combien ?", AnswerKind.MONEY)
TEXT = Question("item", "Quoi ?", "Quoi", "Quoi ?")


@pytest.mark.parametrize(
    "said",
    [
        "12/11/2026",
        "12-11-2026",
        "12.11.2026",
        "12 11 2026",
        " 12 / 11 / 2026 ",
        "2026-11-12",
        "12 novembre 2026",
        "12 NOVEMBRE 2026",
        "12 nov. 2026",
        "le 12 novembre 2026",
        "jeudi 12 novembre 2026",
        "jeu. 12 nov. 2026",
        "le jeudi 12/11/2026",
        "12 November 2026",
        "Thursday 12 November 2026",
        "12th Nov 2026",
    ],
)
def test_a_day_is_read_in_many_spellings(said):
    assert spelling.read(DAY, said) == "2026-11-12"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("1er mars 2026", "2026-03-01"),
        ("1 août 2026", "2026-08-01"),
        ("3 fév. 2026", "2026-02-03"),
        ("mardi 3 février 2026", "2026-02-03"),
        ("9 juin 2026", "2026-06-09"),
        ("9 June 2026", "2026-06-09"),
        ("9 juillet 2026", "2026-07-09"),
        ("31 décembre 2025", "2025-12-31"),
        ("29/02/2028", "2028-02-29"),
    ],
)
def test_months_are_told_apart(said, kept):
    assert spelling.read(DAY, said) == kept


@pytest.mark.parametrize("said", ["12/11/26", "32/01/2026", "29/02/2027", "hier", "novembre 2026", "12 brumaire 2026"])
def test_what_is_no_day_is_refused(said):
    with pytest.raises(FactUnreadable):
        spelling.read(DAY, said)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("186,00 €", "186.00"),
        ("186,00\u00a0€", "186.00"),
        ("186.00", "186.00"),
        ("186", "186.00"),
        ("186 euros", "186.00"),
        ("186EUR", "186.00"),
        ("€186.00", "186.00"),
        ("186 € 50", "186.50"),
        ("186€50", "186.50"),
        ("186 euros 50 centimes", "186.50"),
        ("186,5", "186.50"),
        ("186,-", "186.00"),
        ("1 186,00 €", "1186.00"),
        ("1\u202f186,00\u00a0€", "1186.00"),
        ("1.186,00", "1186.00"),
        ("1,186.00", "1186.00"),
        ("1.186", "1186.00"),
        ("12'000", "12000.00"),
        ("1.234.567,89", "1234567.89"),
        ("0,99", "0.99"),
        ("٣", "3.00"),
    ],
)
def test_an_amount_is_read_in_many_spellings(said, kept):
    assert spelling.read(MONEY, said) == kept


@pytest.mark.parametrize("said", ["beaucoup", "-5", "186,005 000", "1e9", "12/11", "²"])
def test_what_is_no_amount_is_refused(said):
    with pytest.raises(FactUnreadable):
        spelling.read(MONEY, said)


@given(st.dates().filter(lambda day: day.year >= 1000))
def test_a_day_that_is_kept_is_typed_as_it_reads(day):
    shown = spelling.typed(DAY, day.isoformat(), "fr")
    assert re.fullmatch(r"\d\d/\d\d/\d{4}", shown)
    assert spelling.read(DAY, shown) == day.isoformat()


@given(st.decimals(0, 999_999_999, places=2), st.sampled_from(["fr", "en"]))
def test_an_amount_that_is_kept_is_typed_as_it_reads(amount, language):
    kept = f"{amount:.2f}"
    assert spelling.read(MONEY, spelling.typed(MONEY, kept, language)) == kept


@given(st.text(max_size=300))
def test_words_are_never_touched_by_spelling(said):
    assert spelling.typed(TEXT, said, "fr") == said


@given(st.text(max_size=60), st.sampled_from([DAY, MONEY]))
def test_any_text_is_read_or_refused(said, question):
    try:
        spelling.read(question, said)
    except FactUnreadable:
        return
