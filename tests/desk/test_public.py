"""A receipt and the page of a file say the same things in the same words: there is one place that says them."""

from datetime import UTC, date, datetime

import pytest

from doleance.complainants.rules import AddressChannel, Recourse
from doleance.complaints import questions
from doleance.desk.queries import follow, public, receipt
from doleance.kernel import languages
from doleance.notifications.telling import Promise, Promises
from doleance.packs.rules import Term, Unit

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


FINAL = Promises(final=Promise(date(2027, 1, 12), "deux mois", Term(2, Unit.MONTH)))
NAMED = Recourse(mediator="Le médiateur")


def unanswered(promises=FINAL, recourse=NAMED, **told):
    said = public.unanswered(promises, recourse, FR, again=public.CALL_AGAIN_HERE, **told)
    return " ".join(said.split())


def test_who_has_a_mediator_turns_to_them_from_the_last_day_on():
    free = "vous pouvez saisir gratuitement le médiateur."
    assert unanswered().startswith(
        f"Sans réponse le mardi 12 janvier 2027 au plus tard, ou si elle ne vous convient pas, {free}"
    )
    late = unanswered(overdue=date(2027, 1, 5))
    assert late.startswith(f"Sans réponse depuis le mardi 5 janvier 2027, ou si elle ne vous convient pas, {free}")
    assert unanswered(Promises()).startswith(f"Si notre réponse ne vous convient pas, {free}")


def test_who_has_no_mediator_is_told_to_ask_us_again():
    assert unanswered(recourse=Recourse()).startswith(
        "Sans réponse le mardi 12 janvier 2027 au plus tard, relancez-nous"
    )
    late = unanswered(Promises(), Recourse(), overdue=date(2027, 1, 5))
    assert late.startswith("Sans réponse depuis le mardi 5 janvier 2027, relancez-nous ici.")
    assert unanswered(Promises(), Recourse()).startswith("Si notre réponse ne vous convient pas")


@pytest.mark.parametrize("recourse", [NAMED, Recourse()])
@pytest.mark.parametrize("told", [{}, {"overdue": date(2027, 1, 5)}])
def test_a_second_review_is_one_of_an_answer(recourse, told):
    """The table of moves refuses it before."""
    review = next(one for one in unanswered(recourse=recourse, **told).split(". ") if "second examen" in one)
    assert "Sans réponse" not in review
    assert "notre réponse" in review or "une fois que nous avons répondu" in review
    assert "second examen" not in unanswered(recourse=recourse, may_review=False, **told)


def test_a_moment_is_a_day_in_full_and_an_hour_at_the_houses_place():
    said = public.moment_of(datetime(2026, 11, 23, 8, 47, tzinfo=UTC), "Europe/Paris", FR)
    assert said.replace("\u00a0", " ") == "lundi 23 novembre 2026, 9 h 47"
