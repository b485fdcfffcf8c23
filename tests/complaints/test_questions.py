"""What is asked about each type: answers are read once and for all, and what nobody asked is missing."""

import re
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.complaints import questions
from doleance.complaints.questions import UNKNOWN, AnswerKind, FactUnreadable, Question
from doleance.kernel.text import normalise

BRANCHES = list(questions.QUESTIONS)
EVERY = [(branch, one) for branch in BRANCHES for one in questions.questions_of(branch)]
DAY = Question("day", "", "", "", AnswerKind.DAY, "Par exemple 12/11/2026.")
MONEY = Question("money", "", "", "", AnswerKind.MONEY, "En euros, par exemple 186,00.")
CHOICE = Question("choice", "", "", "", AnswerKind.CHOICE, choices=(("yes", "Oui"), ("no", "Non")))
SPACES = st.sampled_from(["", " ", "\u00a0", "\u202f", "  "])


def an_answer(question):
    """What somebody may type for a question that it understands."""
    match question.kind:
        case AnswerKind.DAY:
            return st.dates(date(1000, 1, 1)).map(lambda day: f"{day.day}/{day.month}/{day.year}")
        case AnswerKind.MONEY:
            return st.decimals(0, 999_999_999, places=2).map(lambda amount: str(amount).replace(".", ","))
        case AnswerKind.CHOICE:
            return st.sampled_from([code for code, _ in question.choices])
        case _:
            return st.text()


def some_facts(category):
    return st.fixed_dictionaries({}, optional={one.code: an_answer(one) for one in questions.questions_of(category)})


@given(st.dates(date(1000, 1, 1)), st.sampled_from("/.- "), SPACES)
def test_a_day_as_french_people_write_it_is_that_day(day, sign, space):
    typed = f"{day.day:02}{space}{sign}{space}{day.month:02}{sign}{day.year:04}"
    assert questions.read(DAY, f" {typed} ") == questions.read(DAY, day.isoformat()) == day.isoformat()


@pytest.mark.parametrize("typed", ["hier", "31/02/2026", "12/11/26", "12/11", "2026-13-01", "0/0/0000", "1/1/99999"])
def test_what_is_no_day_is_refused_with_an_example(typed):
    with pytest.raises(FactUnreadable, match=re.escape("Par exemple 12/11/2026.")):
        questions.read(DAY, typed)


@given(
    st.integers(0, 999_999_999), st.integers(0, 99), st.sampled_from(",."), SPACES, st.sampled_from(["", "€", "EUR"])
)
def test_an_amount_keeps_its_cents(euros, cents, sign, space, currency):
    kept = questions.read(MONEY, f"{euros}{sign}{cents:02}{space}{currency}")
    assert Decimal(kept) == Decimal(euros) + Decimal(cents) / 100
    assert re.fullmatch(r"\d+\.\d\d", kept)


def test_an_amount_is_read_with_its_spaces_and_without_its_cents():
    assert questions.read(MONEY, "1 186,5 €") == "1186.50"
    assert questions.read(MONEY, "1\u202f186 euros") == "1186.00"


@pytest.mark.parametrize("typed", ["-3", "1,234", "cent", "12.345,00", "1e5", "12 $", "9" * 10])
def test_what_is_no_amount_is_refused(typed):
    with pytest.raises(FactUnreadable):
        questions.read(MONEY, typed)


def test_a_choice_is_one_of_its_own():
    assert questions.read(CHOICE, " yes ") == "yes"
    with pytest.raises(FactUnreadable):
        questions.read(CHOICE, "Oui")


@pytest.mark.parametrize(("branch", "question"), EVERY)
def test_not_knowing_is_an_answer_to_every_question(branch, question):
    assert questions.read(question, " ? ") == UNKNOWN
    missing = questions.missing(branch, {question.code: UNKNOWN})
    assert question not in missing


@given(st.sampled_from(EVERY), st.data())
def test_what_was_read_reads_again_the_same(one, data):
    question = one[1]
    kept = questions.read(question, data.draw(an_answer(question)))
    assert questions.read(question, kept) == kept


@given(st.sampled_from(EVERY), st.text())
def test_whatever_is_typed_is_read_or_refused_in_words(one, typed):
    kept, refused = "", ""
    try:
        kept = questions.read(one[1], typed)
    except FactUnreadable as refusal:
        refused = str(refusal)
    assert not (kept and refused)
    assert bool(kept or refused) == bool(normalise(typed).strip())
    assert kept == kept.strip()
    assert "\x00" not in kept


@given(st.sampled_from(BRANCHES).flatmap(lambda branch: st.tuples(st.just(branch), some_facts(branch))))
def test_each_question_is_answered_missing_or_free(told):
    branch, typed = told
    facts = questions.accept(branch, typed)
    answered = [one for one, _ in questions.answered(branch, facts)]
    missing = questions.missing(branch, facts)
    assert not set(answered) & set(missing)
    left = [one for one in questions.questions_of(branch) if one not in answered and one not in missing]
    assert all(one.may_skip for one in left)
    assert questions.accept(branch, facts) == facts


@given(st.sampled_from(BRANCHES), st.sampled_from(BRANCHES))
def test_answers_of_another_branch_are_passed_over(branch, other):
    codes = {one.code for one in questions.questions_of(branch)}
    typed = {one.code: UNKNOWN for one in questions.questions_of(other)} | {"unheard_of": "x"}
    assert set(questions.accept(branch, typed)) == codes & set(typed)


def test_a_category_asks_what_its_branch_does():
    assert questions.questions_of("delivery.late") == questions.questions_of("delivery")
    assert questions.questions_of("nowhere") == questions.missing("nowhere", {}) == ()


@pytest.mark.parametrize("branch", BRANCHES)
def test_nothing_told_everything_is_missing_but_what_may_be_skipped(branch):
    every = questions.questions_of(branch)
    assert questions.missing(branch, {}) == tuple(one for one in every if not one.may_skip)
    assert len({one.code for one in every}) == len(every)
