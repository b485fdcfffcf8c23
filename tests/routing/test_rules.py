"""One gesture on many files: what keeps a file as it is, and until when it is taken back."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.complaints.rules import OVER, State
from doleance.routing import rules
from doleance.routing.rules import Act, Fate
from tests.cast import MORNING


@given(st.sampled_from(State), st.booleans(), st.booleans(), st.booleans())
def test_only_what_nothing_holds_back_is_done(state, same, elsewhere, reviewed):
    fate = rules.fate_of(state=state, is_same=same, is_elsewhere=elsewhere, is_reviewed=reviewed)
    assert (fate is Fate.DONE) is not (state in OVER or same or elsewhere or reviewed)


@pytest.mark.parametrize(
    ("told", "fate"),
    [
        ({"state": State.CLOSED, "is_same": True}, Fate.CLOSED),
        ({"is_elsewhere": True}, Fate.ELSEWHERE),
        ({"is_same": True}, Fate.SAME),
        ({"is_reviewed": True}, Fate.REVIEWED),
        ({}, Fate.DONE),
    ],
)
def test_what_holds_a_file_back_is_told(told, fate):
    usual = {"state": State.ASSESSMENT, "is_same": False, "is_elsewhere": False, "is_reviewed": False}
    assert rules.fate_of(**(usual | told)) is fate


@pytest.mark.parametrize(
    ("act", "after", "undone", "may"),
    [
        (Act.ASSIGN, timedelta(seconds=14), None, True),
        (Act.TEAM, timedelta(0), None, True),
        (Act.ASSIGN, rules.UNDO, None, False),
        (Act.ASSIGN, timedelta(seconds=1), MORNING, False),
        (Act.TAKE, timedelta(seconds=1), None, False),
    ],
)
def test_a_gift_is_taken_back_for_a_moment(act, after, undone, may):
    told = {"act": act, "finished_at": MORNING, "undone_at": undone, "at": MORNING + after}
    if may:
        rules.may_undo(**told)
    else:
        with pytest.raises(rules.UndoTooLate):
            rules.may_undo(**told)


def test_what_is_not_finished_is_not_taken_back():
    with pytest.raises(rules.UndoTooLate):
        rules.may_undo(act=Act.ASSIGN, finished_at=None, undone_at=None, at=MORNING)
