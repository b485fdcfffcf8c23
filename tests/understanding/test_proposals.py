"""Which griefs are proposed, what fills their forms, from when on they are routed without a person."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.understanding import proposals
from doleance.understanding.proposals import Fate, Judged
from doleance.understanding.rules import Amount, MessageKind
from tests.understanding.readings import FEE, LATE, LETTER, RUDE, proposed, reading

CODES = {0: "delivery.late", 1: "billing.wrong_amount", 2: "customer_service.impolite"}
AT = datetime(2026, 11, 23, tzinfo=UTC)
KNOWN = {"delivery", "delivery.late", "billing", "other", "other.unspecified"}


def judged(proposed="delivery.late", final="delivery.late", confidence=900, language="fr"):
    return Judged(language, proposed, final, confidence, AT)


@pytest.mark.parametrize(
    ("category", "sub", "code"),
    [
        ("delivery", "late", "delivery.late"),
        ("delivery", "delivery.late", "delivery.late"),
        ("delivery", "eaten", "delivery"),
        ("billing", "", "billing"),
        ("magic", "wand", "other.unspecified"),
    ],
)
def test_a_proposal_names_what_the_taxonomy_knows(category, sub, code):
    one = replace(proposed(LETTER, LATE, "delivery.late"), category=category, sub=sub)
    assert proposals.code_of(one, KNOWN) == code


@pytest.mark.parametrize(
    ("told", "known", "is_first", "places"),
    [
        ("", (), True, [0, 1, 2]),  # a mail that opens its file
        ("billing", ("billing",), True, [0, 2]),  # a form: the point that was told is one of them
        ("digital", ("digital",), True, [1, 2]),  # none of that branch: the first is what they told
        ("", ("delivery.late", "billing"), False, [1, 2]),  # a later message: only what is new
        ("", tuple(CODES.values()), False, []),
    ],
)
def test_what_is_proposed_follows_what_the_file_has(told, known, is_first, places):
    found = proposals.to_propose(reading(), codes=CODES, known=known, told=told, is_first=is_first)
    assert found == places


@pytest.mark.parametrize("kind", sorted(set(MessageKind) - proposals.COMPLAINING))
def test_what_is_no_complaint_proposes_nothing(kind):
    assert proposals.to_propose(reading(kind=kind), codes=CODES, known=(), is_first=True) == []


def test_a_machine_gun_of_requests_is_bounded():
    many = reading("x", *[proposed("x", "x", "delivery.late")] * 40)
    codes = dict.fromkeys(range(40), "delivery.late")
    assert len(proposals.to_propose(many, codes=codes, known=(), is_first=True)) == proposals.MOST


@pytest.mark.parametrize(
    ("quote", "title"),
    [
        ("ma commande n’est pas arrivée.", "Ma commande n’est pas arrivée"),
        ("  - le   colis\nest ouvert ", "Le colis est ouvert"),
        ("mot " * 40, "Mot" + " mot" * 19 + "…"),
        ("", ""),
    ],
)
def test_a_title_is_the_first_words(quote, title):
    assert proposals.title_of(quote) == title


@pytest.mark.parametrize(
    ("one", "fate", "is_right"),
    [
        (judged(), Fate.ACCEPTED, True),
        (judged(final="delivery.lost"), Fate.CORRECTED, True),  # the same team
        (judged(final="billing"), Fate.CORRECTED, False),
        (judged(final=""), Fate.DROPPED, False),
        (judged(proposed=""), Fate.MISSED, False),
    ],
)
def test_what_people_made_of_a_proposal(one, fate, is_right):
    assert (one.fate, one.is_right and bool(one.proposed)) == (fate, is_right)


def test_no_gate_before_enough_were_judged():
    assert proposals.gate([judged()] * 49) is None
    assert proposals.gate([judged()] * 50) == (900, 1000, 50)


def test_the_gate_is_the_lowest_confidence_that_is_right_often_enough():
    sure = [judged(confidence=900)] * 60
    doubtful = [judged(confidence=700, final="billing")] * 3 + [judged(confidence=700)] * 2
    wrong = [judged(confidence=500, final="")] * 20
    assert proposals.gate(sure + doubtful + wrong) == (700, 953, 65)
    assert proposals.gate(sure + doubtful + wrong, precision=990) == (900, 1000, 60)
    assert proposals.gate(wrong * 5) is None


@given(st.lists(st.tuples(st.integers(0, 1000), st.booleans()), max_size=120), st.integers(500, 1000))
def test_above_the_gate_the_share_asked_for_holds(told, precision):
    rows = [judged(confidence=c, final="delivery.late" if right else "billing") for c, right in told]
    found = proposals.gate(rows, precision=precision, least=5)
    if found is None:
        return
    gate, share, count = found
    above = [one for one in rows if one.confidence >= gate]
    assert len(above) == count >= 5
    assert sum(one.is_right for one in above) * 1000 >= precision * count
    assert share >= precision


def test_figures_count_what_was_wrong_and_what_was_missed():
    rows = [
        judged(),
        judged(final="billing"),
        judged(final=""),
        judged(proposed="", final="billing"),
        judged(proposed="billing", final="billing.refund", language="en"),
    ]
    billing, delivery = proposals.figures(rows)
    assert (billing.code, billing.precision, billing.recall) == ("billing", 1000, 333)
    assert (delivery.code, delivery.precision, delivery.recall) == ("delivery", 333, 1000)
    assert proposals.whole(rows).precision == 500
    assert [(one.code, one.precision) for one in proposals.by_language(rows)] == [("fr", 333), ("en", 1000)]
    assert proposals.confusion(rows) == {
        ("delivery", "delivery"): 1,
        ("delivery", "billing"): 1,
        ("delivery", ""): 1,
        ("billing", "billing"): 1,
    }


def test_nothing_judged_has_no_figures():
    assert proposals.figures([]) == []
    assert proposals.whole([]).precision is None


def test_facts_fill_what_is_asked_where_there_is_no_doubt():
    read = reading()
    late, fee, rude = read.grievances
    assert proposals.facts_for("delivery.late", late, read) == {"order": "C88412"}
    assert proposals.facts_for("billing.wrong_amount", fee, read) == {"charged": "186.00"}
    assert proposals.facts_for("customer_service.impolite", rude, read) == {}


def test_two_amounts_fill_nothing():
    both = reading(amounts=(Amount("186.00", "EUR"), Amount("86.00", "EUR")))
    assert proposals.facts_for("billing", both.grievances[1], both) == {}


def test_a_message_of_one_request_lends_it_all_that_it_names():
    one = reading(LETTER, proposed(LETTER, RUDE, "delivery.late"))
    assert proposals.facts_for("delivery.late", one.grievances[0], one) == {"order": "C88412"}
    two = reading(LETTER, proposed(LETTER, RUDE, "delivery.late"), proposed(LETTER, FEE, "billing"))
    assert proposals.facts_for("delivery.late", two.grievances[0], two) == {}


def test_an_amount_in_another_currency_is_no_answer_in_euros():
    read = reading(amounts=(Amount("186.00", "USD"),))
    assert proposals.facts_for("billing", read.grievances[1], read) == {}


def test_what_was_settled_alike_counts_as_often_as_it_was():
    """Grouped or one by one, the figures and the gate are the same."""
    told = [
        judged(),
        judged(confidence=880, final="billing"),
        judged(confidence=880),
        judged(proposed="", final="other"),
    ]
    many = [replace(one, times=40 + place) for place, one in enumerate(told)]
    single = [one for one in told for _ in range(40 + told.index(one))]
    assert proposals.gate(many, precision=600) == proposals.gate(single, precision=600)
    assert proposals.gate(many, precision=600) is not None
    assert proposals.figures(many) == proposals.figures(single)
    assert proposals.whole(many) == proposals.whole(single)
    assert proposals.by_language(many) == proposals.by_language(single)
    assert proposals.confusion(many) == proposals.confusion(single)
