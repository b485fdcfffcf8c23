"""The order of the pages: nobody skips one that is needed, nobody goes round in circles."""

from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from doleance.complaints.questions import QUESTIONS
from doleance.portal.forms import steps
from doleance.portal.forms.steps import BEHALF, CONTACT, DANGER, FACTS, PAGES, STORY, SUBJECT, SUMMARY, WISHES

Answers = dict[str, Mapping[str, Any]]
BRANCHES = st.sampled_from(sorted(QUESTIONS))


@st.composite
def answers(draw):
    """The answers of somebody who passed some pages, in any order, and perhaps changed the type since."""
    said = {}
    if draw(st.booleans()):
        said["subject"] = {"branch": draw(BRANCHES)}
    if draw(st.booleans()):
        said["story"] = {"text": draw(st.sampled_from(["", "Cassée."])), "expected": ""}
    if draw(st.booleans()):
        facts = {"dangerous": draw(st.sampled_from(["yes", "no", "?"]))}
        said["facts"] = {"branch": draw(BRANCHES), "facts": facts}
    for page in (DANGER, WISHES, BEHALF):
        if draw(st.booleans()):
            said[page.code] = {"seen": True}
    if draw(st.booleans()):
        said["contact"] = {"for_other": draw(st.booleans())}
    return said


def pass_page(page, said):
    """The answers once this page is answered."""
    told = {
        SUBJECT: {"branch": "product"},
        STORY: {"text": "Cassée.", "expected": ""},
        FACTS: {"branch": steps.branch_of(said), "facts": {"dangerous": "yes"}},
        CONTACT: {"for_other": True},
    }
    return said | {page.code: told.get(page, {"seen": True})}


@given(answers())
def test_going_on_from_anywhere_reaches_the_summary(said):
    page, walked = steps.first_open(said), []
    while page is not SUMMARY:
        assert page not in walked
        walked.append(page)
        said = pass_page(page, said)
        page = steps.after(page, said, mending=False)
    assert steps.first_open(said) is SUMMARY


@given(answers(), st.sampled_from(PAGES), st.booleans())
def test_one_never_goes_beyond_a_page_that_waits(said, page, mending):
    onward = steps.after(page, said, mending=mending)
    assert onward in steps.met(said)
    assert PAGES.index(onward) <= PAGES.index(steps.first_open(said))


@given(answers(), st.sampled_from(PAGES))
def test_going_back_always_ends_at_the_first_page(said, page):
    for _ in PAGES:
        page = steps.before(page, said) or SUBJECT
    assert page is SUBJECT


@given(answers())
def test_the_steps_only_grow(said):
    assert [page.step for page in steps.met(said)] == sorted(page.step for page in steps.met(said))
    assert {page.step for page in steps.met(said)} <= set(range(1, steps.STEPS + 1))


def test_the_advice_comes_only_to_somebody_in_danger():
    said: Answers = {"subject": {"branch": "product"}, "facts": {"branch": "product", "facts": {"dangerous": "yes"}}}
    assert DANGER in steps.met(said)
    assert DANGER not in steps.met(said | {"subject": {"branch": "delivery"}})


def test_another_type_has_its_questions_asked():
    said: Answers = {
        "subject": {"branch": "delivery"},
        "story": {"text": "Cassée."},
        "facts": {"branch": "product", "facts": {"item": "Bouilloire"}},
        "wishes": {},
        "contact": {},
    }
    assert steps.first_open(said) is FACTS
    assert steps.facts_of(said) == {}
    assert steps.first_open(said | {"subject": {"branch": "product"}}) is SUMMARY


def test_mending_returns_to_the_summary():
    said: Answers = {
        "subject": {"branch": "other"},
        "story": {"text": "Cassée."},
        "facts": {"branch": "other", "facts": {}},
        "wishes": {},
        "contact": {},
    }
    assert steps.after(STORY, said, mending=True) is SUMMARY
    assert steps.after(STORY, said, mending=False) is FACTS
    assert steps.after(CONTACT, said | {"contact": {"for_other": True}}, mending=True) is BEHALF


def test_a_story_without_a_word_is_not_told():
    assert steps.first_open({"subject": {"branch": "other"}, "story": {"text": "", "expected": "x"}}) is STORY
