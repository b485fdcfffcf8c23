"""When two files may be merged, and what one lacks of the other. No database."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from doleance.complaints.rules import MERGEABLE, OPEN, GrievanceState, State
from doleance.matching import rules
from doleance.matching.rules import PointOf, Side
from tests.cast import MORNING

HOUSE = uuid4()


def side(state: State = State.ASSESSMENT, **changes: Any) -> Side:
    told = Side(id=uuid4(), reference="R26-7K4M-W", entity=HOUSE, state=state, circle=None)
    return replace(told, **changes)


@pytest.mark.parametrize("state", sorted(State))
def test_what_is_merged_goes_on_in_an_open_file_only(state):
    if state in OPEN:
        rules.may_merge(kept=side(state), stub=side())
    else:
        with pytest.raises(rules.KeptNotOpen):
            rules.may_merge(kept=side(state), stub=side())


@pytest.mark.parametrize("state", sorted(State))
def test_a_stub_is_made_of_what_is_open_or_settled(state):
    if state in MERGEABLE:
        rules.may_merge(kept=side(), stub=side(state))
    else:
        with pytest.raises(rules.NotMergeable):
            rules.may_merge(kept=side(), stub=side(state))


def test_a_merge_never_widens_who_reads_a_restricted_file():
    inside, other = uuid4(), uuid4()
    circle = {inside: True}
    rules.may_merge(kept=side(circle=circle), stub=side(circle={inside: True}))
    for wrong in (None, {inside: True, other: True}, {inside: False}):
        with pytest.raises(rules.OtherCircle):
            rules.may_merge(kept=side(circle=circle), stub=side(circle=wrong))
        with pytest.raises(rules.OtherCircle):
            rules.may_merge(kept=side(circle=wrong), stub=side(circle=circle))


def test_files_of_two_companies_the_same_file_and_a_leaving_answer_are_refused():
    one = side()
    with pytest.raises(rules.SameFile):
        rules.may_merge(kept=one, stub=one)
    with pytest.raises(rules.OtherHouse):
        rules.may_merge(kept=one, stub=side(entity=uuid4()))
    with pytest.raises(rules.AnswerLeaving):
        rules.may_merge(kept=one, stub=side(is_leaving=True))
    with pytest.raises(rules.AnswerLeaving):
        rules.may_merge(kept=side(is_leaving=True), stub=one)


def point(title: str, category: str = "delivery.lost", state: GrievanceState = GrievanceState.ACCEPTED) -> PointOf:
    return PointOf(uuid4(), title, category, state)


def test_what_one_lacks_is_told_once_whatever_accents_and_capitals():
    known = [point("Colis perdu"), point("Accueil", "customer_service.impolite", GrievanceState.DROPPED)]
    theirs = [
        point("COLIS PERDU"),
        point("Colis perdu", "billing.refund"),
        point("Accueil", "customer_service.impolite"),
        point("Accueil", "customer_service.impolite"),
        point("Écarté", state=GrievanceState.DROPPED),
    ]
    found = rules.lacking(kept=known, stub=theirs, stub_state=State.RECEIVED)
    assert found == [theirs[1].id, theirs[2].id]
    assert rules.lacking(kept=known, stub=theirs, stub_state=State.ANSWERED) == []


def test_the_earliest_open_file_is_the_one_to_keep():
    later = MORNING + timedelta(days=1)
    assert rules.keeps((State.RECEIVED, MORNING), (State.ASSESSMENT, later))
    assert not rules.keeps((State.CLOSED, MORNING), (State.ASSESSMENT, later))
    assert rules.keeps((State.CLOSED, MORNING), (State.ANSWERED, later))
