"""A receipt and the page of a file say the same things in the same words: there is one place that says them."""

from datetime import UTC, datetime

import pytest

from doleance.complainants.rules import AddressChannel
from doleance.complaints import questions
from doleance.desk.queries import follow, public, receipt
from doleance.kernel import languages

FR = languages.tongue("fr")
MAIL, PHONE = {AddressChannel.EMAIL: "helene@courriel.example"}, {AddressChannel.PHONE: "06 12 34 56 78"}
SHARED = ("_REACHED", "_MASKS", "_moment", "_sentence", "_unanswered", "_answer")


@pytest.mark.parametrize("page", [follow, receipt])
def test_neither_page_has_words_of_its_own_for_what_both_say(page):
    assert page.public is public
    assert [name for name in SHARED if hasattr(page, name)] == []


@pytest.mark.parametrize(
    ("known", "preferred", "words"),
    [
        ({}, None, ""),
        ({}, AddressChannel.PHONE, ""),
        (MAIL | PHONE, None, "par courriel"),
        (MAIL | PHONE, AddressChannel.PHONE, "par téléphone"),
        (PHONE, AddressChannel.EMAIL, "par téléphone"),
        ({AddressChannel.POST: "3 rue des Lilas"}, None, "par courrier"),
    ],
)
def test_an_answer_comes_by_the_way_preferred_else_by_the_first_there_is(known, preferred, words):
    said = public.reached(known, preferred, FR)
    assert words in said
    assert bool(said) is bool(known)
    assert not any(value in said for value in known.values()), "masked"


@pytest.mark.parametrize(
    ("code", "value", "words"),
    [
        ("promised", "2026-11-12", "jeudi 12 novembre 2026"),
        ("promised", "?", "Je ne sais pas"),
        ("received", "no such choice", "no such choice"),
        ("order", "A-4711", "A-4711"),
        ("order", "", ""),
        ("none of ours", "as it is", "as it is"),
    ],
)
def test_an_answer_is_said_as_one_reads_it(code, value, words):
    asked = {one.code: one for one in questions.questions_of("delivery")}
    assert public.answer(asked.get(code), value, FR).replace("\u00a0", " ") == words


def test_a_moment_is_a_day_in_full_and_an_hour_at_the_houses_place():
    said = public.moment_of(datetime(2026, 11, 23, 8, 47, tzinfo=UTC), "Europe/Paris", FR)
    assert said.replace("\u00a0", " ") == "lundi 23 novembre 2026, 9 h 47"
