"""When a finding may be written and an answer may leave (M16)."""

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.complainants.rules import MEDIATOR_BLOCK
from doleance.complaints.rules import OVER, GrievanceSettled, GrievanceState, MoveRefused, Outcome, State
from doleance.kernel.errors import Refusal
from doleance.packs import loader
from doleance.packs.rules import Letter, Must
from doleance.resolution import rules
from doleance.resolution.rules import AnswerFacts, NextStep, StepFacts

READY = AnswerFacts(
    state=State.DECIDED,
    grievances=[GrievanceState.DECIDED],
    address="durand@exemple.fr",
    musts=frozenset({MEDIATOR_BLOCK}),
    is_consumer=True,
    mediator="Médiateur de la consommation, https://mediateur.exemple",
    final_leaving=False,
)
WORKED_ON = [State.ASSESSMENT, State.INVESTIGATION, State.DECIDED]


@pytest.mark.parametrize("state", sorted(set(State) - set(WORKED_ON)))
def test_a_file_nobody_works_on_is_not_decided(state):
    with pytest.raises(rules.NotWorkedOn) as refusal:
        rules.may_decide(state=state, grievance=GrievanceState.ACCEPTED, outcome=Outcome.UPHELD, reasons="Oui.")
    assert state.label in str(refusal.value)


@pytest.mark.parametrize("state", WORKED_ON)
@pytest.mark.parametrize("outcome", list(Outcome))
def test_any_finding_is_written_with_its_reasons(state, outcome):
    rules.may_decide(state=state, grievance=GrievanceState.ACCEPTED, outcome=outcome, reasons="Le colis est perdu.")


@pytest.mark.parametrize("outcome", sorted(rules.NEEDS_REASONS))
def test_a_finding_against_the_person_without_reasons_is_refused(outcome):
    with pytest.raises(rules.ReasonsMissing) as refusal:
        rules.may_decide(state=State.ASSESSMENT, grievance=GrievanceState.ACCEPTED, outcome=outcome, reasons=" \n")
    assert outcome.label in str(refusal.value)


@pytest.mark.parametrize("outcome", sorted(set(Outcome) - rules.NEEDS_REASONS))
def test_what_the_person_asked_for_needs_no_reasons(outcome):
    rules.may_decide(state=State.ASSESSMENT, grievance=GrievanceState.ACCEPTED, outcome=outcome, reasons="")


@pytest.mark.parametrize("state", [GrievanceState.DROPPED, GrievanceState.WITHDRAWN])
def test_a_grievance_set_aside_waits_for_no_finding(state):
    with pytest.raises(GrievanceSettled):
        rules.may_decide(state=State.ASSESSMENT, grievance=state, outcome=Outcome.UPHELD, reasons="Oui.")


def test_only_a_full_finding_or_a_withdrawal_goes_without_reasons():
    assert set(Outcome) - rules.NEEDS_REASONS == {Outcome.UPHELD, Outcome.WITHDRAWN}


def test_a_ready_answer_may_leave():
    rules.may_reply(READY)
    rules.may_answer(READY)


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"address": ""}, rules.NoAddress),
        ({"final_leaving": True}, rules.AlreadyLeaving),
        ({"state": State.ASSESSMENT}, rules.NotReadyToAnswer),
        ({"state": State.ANSWERED}, rules.NotReadyToAnswer),
        ({"grievances": []}, rules.NotReadyToAnswer),
        ({"grievances": [GrievanceState.DECIDED, GrievanceState.ACCEPTED]}, rules.NotReadyToAnswer),
        ({"mediator": "  "}, rules.MediatorMissing),
    ],
)
def test_what_an_answer_lacks_is_named(change, refusal):
    with pytest.raises(refusal):
        rules.may_answer(replace(READY, **change))


@pytest.mark.parametrize("change", [{"is_consumer": False}, {"musts": frozenset()}])
def test_the_mediator_joins_for_consumers_under_a_pack_that_says_so(change):
    assert rules.needs_mediator(READY)
    facts = replace(READY, mediator="", **change)
    assert not rules.needs_mediator(facts)
    rules.may_answer(facts)


@pytest.mark.parametrize("outcome", list(Outcome))
def test_what_gives_the_person_less_than_they_asked_is_a_refusal(outcome):
    assert rules.refuses({Outcome.UPHELD, outcome}) == (outcome in rules.NEEDS_REASONS)
    assert not rules.refuses([])


def test_what_a_letter_must_hold_is_told_with_what_its_writer_looks_for_first():
    letters = frozenset({Letter.FINAL})
    musts = [Must(MEDIATOR_BLOCK, "Médiateur", letters), Must("court", "Juge", letters), Must("x", "Raisons", letters)]
    owed = rules.demands(musts, is_consumer=True)
    assert [(one.label, one.is_joined) for one in owed] == [("Raisons", False), ("Médiateur", True), ("Juge", True)]
    assert [one.label for one in owed if one.is_mediator] == ["Médiateur"], "joined as settings hold it"
    assert [one.label for one in rules.demands(musts, is_consumer=False)] == ["Raisons", "Juge"]
    body = [Must("adr", "Organisme", letters)]  # directive 2015/2366, art. 101(2): any user is told of one
    assert [(one.is_joined, one.is_mediator) for one in rules.demands(body, is_consumer=True)] == [(True, True)]
    assert [(one.is_joined, one.is_mediator) for one in rules.demands(body, is_consumer=False)] == [(False, False)]


def test_each_block_a_shipped_pack_wants_is_joined_or_looked_for():
    """A block with a new name must be given its place: it would be asked of the writer of each letter."""
    codes = {must.code for packs in loader.shipped().values() for pack in packs for must in pack.must}
    assert codes - rules.JOINED == {"reasons", "motivation", "all_points", "delay_reasons"}
    assert codes >= rules.JOINED


def test_a_page_to_follow_the_file_takes_an_answer_to_who_has_no_address():
    rules.may_answer(replace(READY, address="", page=True))
    rules.may_reply(replace(READY, address="", page=True))


def test_a_message_of_progress_wants_an_address_only():
    rules.may_reply(replace(READY, state=State.ASSESSMENT, grievances=[], mediator="", final_leaving=True))
    with pytest.raises(rules.NoAddress):
        rules.may_reply(replace(READY, address=""))


@given(
    st.builds(
        AnswerFacts,
        state=st.sampled_from(State),
        grievances=st.lists(st.sampled_from(GrievanceState), max_size=4),
        address=st.sampled_from(["", "durand@exemple.fr"]),
        musts=st.sampled_from([frozenset(), frozenset({MEDIATOR_BLOCK})]),
        is_consumer=st.booleans(),
        mediator=st.sampled_from(["", "Médiateur"]),
        final_leaving=st.booleans(),
        final_bounced=st.booleans(),
    )
)
def test_nothing_leaves_as_final_while_something_is_owed(facts):
    """Whatever the file: a final answer has an address, an outcome for each grievance, and the block the law wants."""
    with suppress(Refusal):
        rules.may_answer(facts)
        assert facts.address
        assert facts.state is State.DECIDED or (
            facts.final_bounced and facts.state in {State.ANSWERED, State.FOLLOW_UP}
        )
        assert not set(facts.grievances) & {
            GrievanceState.PROPOSED,
            GrievanceState.ACCEPTED,
            GrievanceState.IN_PROGRESS,
        }
        assert facts.mediator or not (facts.musts and facts.is_consumer)


WORK = StepFacts(
    state=State.ASSESSMENT,
    is_owned=True,
    grievances=[],
    final_leaving=False,
    stuck=0,
    is_reachable=True,
    is_complete=False,
)


@pytest.mark.parametrize(
    ("change", "step"),
    [
        ({"stuck": 1}, NextStep.STUCK),
        ({"state": State.CLOSED, "stuck": 1}, NextStep.STUCK),
        ({"state": State.CLOSED}, NextStep.NOTHING),
        ({"state": State.WITHDRAWN}, NextStep.NOTHING),
        ({"state": State.FORWARDED}, NextStep.NOTHING),
        ({"state": State.MERGED}, NextStep.NOTHING),
        ({"state": State.ANSWERED}, NextStep.COMPLETE),
        ({"state": State.ANSWERED, "is_complete": True}, NextStep.CLOSE),
        ({"state": State.FOLLOW_UP, "is_complete": True}, NextStep.CLOSE),
        ({"state": State.ANSWERED, "is_complete": True, "final_bounced": True}, NextStep.BOUNCED),
        ({"state": State.FOLLOW_UP, "final_bounced": True}, NextStep.BOUNCED),
        ({"state": State.ANSWERED, "final_bounced": True, "final_leaving": True}, NextStep.LEAVING),
        ({"state": State.CLOSED, "final_bounced": True}, NextStep.NOTHING),
        ({"state": State.REOPENED}, NextStep.RESUME),
        ({"state": State.CONTESTED}, NextStep.RESUME),
        ({"state": State.WAITING}, NextStep.WAIT),
        ({"state": State.RECEIVED}, NextStep.TAKE),
        ({"is_owned": False}, NextStep.TAKE),
        ({}, NextStep.GRIEVANCE),
        ({"grievances": [GrievanceState.DROPPED]}, NextStep.GRIEVANCE),
        ({"grievances": [GrievanceState.ACCEPTED]}, NextStep.DECIDE),
        ({"state": State.INVESTIGATION, "grievances": [GrievanceState.ACCEPTED]}, NextStep.DECIDE),
        ({"state": State.DECIDED}, NextStep.ANSWER),
        ({"state": State.DECIDED, "final_leaving": True}, NextStep.LEAVING),
        ({"state": State.DECIDED, "is_reachable": False}, NextStep.UNREACHABLE),
        ({"state": State.DECIDED, "is_owned": False}, NextStep.TAKE),
    ],
)
def test_a_file_says_the_one_thing_to_do(change, step):
    assert rules.next_step(replace(WORK, **change)) is step


@given(st.sampled_from(State), st.booleans(), st.lists(st.sampled_from(GrievanceState), max_size=3), st.booleans())
def test_only_what_is_over_asks_for_nothing(state, is_owned, grievances, leaving):
    facts = replace(WORK, state=state, is_owned=is_owned, grievances=grievances, final_leaving=leaving)
    assert (rules.next_step(facts) is NextStep.NOTHING) is (state in OVER)


@pytest.mark.parametrize("state", State)
def test_only_what_waited_or_came_back_is_resumed(state):
    if state in {State.WAITING, State.REOPENED, State.CONTESTED}:
        rules.may_resume(state)
    else:
        with pytest.raises(MoveRefused):
            rules.may_resume(state)
