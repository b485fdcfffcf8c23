"""The state table: each row holds as written, what is not in the table is refused, and no path cheats a guard."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from doleance.accounts.rules import Actor, Permission, Role, machine
from doleance.complaints import rules
from doleance.complaints.rules import Check, FileFacts, GrievanceState, Guard, Outcome, State, Waiting
from doleance.kernel.errors import NotAllowed

AGENT = Actor(id="user:a", name="Amélie", roles=frozenset({Role.AGENT}))
QUALITY = Actor(id="user:q", name="Qualité", roles=frozenset({Role.QUALITY}))
MACHINE = machine("test")
DECIDED = FileFacts(states=[GrievanceState.DECIDED])
COMPLETE = FileFacts(states=[GrievanceState.DECIDED], told=True, lesson_known=True)
UNDECIDED = FileFacts(states=[GrievanceState.ACCEPTED])

ROWS = sorted(rules.MOVES)
ABSENT = sorted({(origin, target) for origin in State for target in State} - set(rules.MOVES))
PEOPLE_MAY = [pair for pair in ROWS if rules.MOVES[pair].who is not None]
MACHINE_ONLY = [pair for pair in ROWS if rules.MOVES[pair].who is None]


def guarded(guard: Guard) -> list[tuple[State, State]]:
    return [pair for pair in ROWS if rules.MOVES[pair].guard is guard]


@pytest.mark.parametrize(("origin", "target"), PEOPLE_MAY)
def test_each_row_is_open_to_who_handles_the_file(origin, target):
    move = rules.may_move(origin=origin, target=target, actor=AGENT, facts=COMPLETE, reason="Elle l’a demandé.")
    assert move is rules.MOVES[origin, target]


@pytest.mark.parametrize(("origin", "target"), ROWS)
def test_each_row_is_shut_to_who_does_not_handle(origin, target):
    with pytest.raises(NotAllowed):
        rules.may_move(origin=origin, target=target, actor=QUALITY, facts=COMPLETE, reason="Parce que.")


@pytest.mark.parametrize(("origin", "target"), MACHINE_ONLY)
def test_a_machine_only_row_is_shut_to_people(origin, target):
    with pytest.raises(NotAllowed):
        rules.may_move(origin=origin, target=target, actor=AGENT, facts=COMPLETE, reason="Parce que.")
    assert rules.may_move(origin=origin, target=target, actor=MACHINE, facts=COMPLETE)


def test_only_the_outbox_says_that_a_file_is_answered():
    assert MACHINE_ONLY == [(State.DECIDED, State.ANSWERED)]


@pytest.mark.parametrize(("origin", "target"), ABSENT)
def test_a_move_that_is_not_in_the_table_is_refused_to_everybody(origin, target):
    for actor in (AGENT, MACHINE):
        with pytest.raises(rules.MoveRefused) as refusal:
            rules.may_move(origin=origin, target=target, actor=actor, facts=COMPLETE, reason="Parce que.")
        assert refusal.value.facts == {"origin": origin, "target": target}
        assert origin.label in str(refusal.value)


@pytest.mark.parametrize(("origin", "target"), guarded(Guard.ALL_DECIDED))
@pytest.mark.parametrize("facts", [UNDECIDED, FileFacts(states=[])], ids=["undecided", "no-grievance"])
def test_deciding_and_answering_wait_for_each_grievance(origin, target, facts):
    with pytest.raises(rules.NotAllDecided):
        rules.may_move(origin=origin, target=target, actor=MACHINE, facts=facts, reason="Parce que.")


@pytest.mark.parametrize(("origin", "target"), guarded(Guard.REASON))
def test_a_reason_is_asked_of_people_and_not_of_machines(origin, target):
    for reason in ("", "  \n"):
        with pytest.raises(rules.ReasonMissing):
            rules.may_move(origin=origin, target=target, actor=AGENT, facts=COMPLETE, reason=reason)
    assert rules.may_move(origin=origin, target=target, actor=MACHINE, facts=COMPLETE)


@pytest.mark.parametrize(("origin", "target"), guarded(Guard.CHECKLIST))
def test_closing_is_a_checklist_that_only_a_reason_forces(origin, target):
    lacking = replace(COMPLETE, told=False, causes_missing=2)
    for actor in (AGENT, MACHINE):
        with pytest.raises(rules.ChecklistIncomplete) as refusal:
            rules.may_move(origin=origin, target=target, actor=actor, facts=lacking, reason=" ")
        assert refusal.value.facts == {"count": 2}
    assert rules.may_move(origin=origin, target=target, actor=AGENT, facts=lacking, reason="Aucun contact.")
    assert rules.may_move(origin=origin, target=target, actor=AGENT, facts=COMPLETE)


def test_the_guards_cover_the_table():
    counted = [pair for guard in Guard for pair in guarded(guard)]
    assert sorted(counted) == ROWS
    assert guarded(Guard.NONE)


@pytest.mark.parametrize("target", sorted(rules.MERGEABLE))
def test_a_stub_is_moved_by_nobody(target):
    for actor in (AGENT, MACHINE):
        with pytest.raises(rules.MoveRefused):
            rules.may_move(
                origin=State.MERGED, target=target, actor=actor, facts=replace(COMPLETE, is_stub=True), reason="Oui."
            )


def test_a_silence_decides_nothing():
    """domain.md: a complainant's silence never decides by itself."""
    assert {target for origin, target in ROWS if origin is State.WAITING} == {
        State.INVESTIGATION,
        State.WITHDRAWN,
        State.FORWARDED,
        State.MERGED,  # by a person, who can undo it
    }


@pytest.mark.parametrize("state", sorted(rules.SETTLED))
def test_every_settled_state_can_come_back_to_work(state):
    assert (state, State.REOPENED) in rules.MOVES
    assert (State.REOPENED, State.INVESTIGATION) in rules.MOVES


def test_open_settled_and_merged_are_all_the_states():
    assert rules.OPEN | rules.SETTLED | {State.MERGED} == set(State)
    assert not rules.OPEN & rules.SETTLED
    assert rules.WORKING < rules.OPEN
    assert rules.OVER - {State.MERGED} < rules.SETTLED


@pytest.mark.parametrize(
    ("state", "turn"),
    [
        *[(state, Waiting.US) for state in sorted(rules.OPEN - {State.WAITING})],
        (State.WAITING, Waiting.COMPLAINANT),
        (State.ANSWERED, Waiting.COMPLAINANT),
        (State.FOLLOW_UP, Waiting.COMPLAINANT),
        (State.CLOSED, Waiting.NOBODY),
        (State.WITHDRAWN, Waiting.NOBODY),
        (State.FORWARDED, Waiting.NOBODY),
        (State.MERGED, Waiting.NOBODY),
    ],
)
def test_it_is_always_somebody_turn_or_nobody(state, turn):
    assert rules.waiting_on(state) is turn


@pytest.mark.parametrize(
    ("states", "decided"),
    [
        ([], False),
        ([GrievanceState.DROPPED], False),
        ([GrievanceState.PROPOSED], False),
        ([GrievanceState.IN_PROGRESS], False),
        ([GrievanceState.DECIDED, GrievanceState.ACCEPTED], False),
        ([GrievanceState.DECIDED, GrievanceState.PROPOSED], False),
        ([GrievanceState.DECIDED], True),
        ([GrievanceState.WITHDRAWN], True),
        ([GrievanceState.DECIDED, GrievanceState.WITHDRAWN, GrievanceState.DROPPED], True),
    ],
)
def test_a_file_is_decided_when_no_grievance_waits(states, decided):
    assert rules.all_decided(states) is decided


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ({}, []),
        ({"states": [GrievanceState.ACCEPTED]}, [Check.OUTCOMES, Check.CAUSES]),  # undecided: its cause is not known
        ({"told": False}, [Check.TOLD]),
        ({"causes_missing": 1}, [Check.CAUSES]),
        ({"lesson_known": False}, [Check.LESSON]),
        ({"leaving": 1}, [Check.OUTBOX]),
    ],
)
def test_each_fact_lacking_is_one_point_of_the_checklist(change, missing):
    points = rules.checklist(replace(COMPLETE, **change))
    assert [check for check, _ in points] == list(Check)
    assert [check for check, met in points if not met] == missing


@pytest.mark.parametrize(
    ("subject", "text", "title"),
    [
        ("Colis perdu", "x", "Colis perdu"),
        ("RE: Re : TR: Colis   perdu", "x", "Colis perdu"),
        ("Réclamation", "x", "Réclamation"),
        ("Re:", "Bonjour, rien reçu.", "Bonjour, rien reçu."),
        ("", "  Bonjour,\n rien reçu. ", "Bonjour, rien reçu."),
        ("", "mot " * 60, ("mot " * 30).strip()),
        ("", "", ""),
    ],
)
def test_a_first_title_comes_from_the_subject_or_the_first_words(subject, text, title):
    assert rules.title_from(subject, text) == title


@given(st.text(max_size=400), st.text(max_size=400))
def test_a_title_fits_its_column_and_stands_on_one_line(subject, text):
    title = rules.title_from(subject, text)
    assert len(title) <= 200
    assert len(title.splitlines()) <= 1


class FileLife(RuleBasedStateMachine):
    """Any sequence of moves by anybody: what the table promises holds at each step."""

    @initialize()
    def opened(self) -> None:
        self.state = State.RECEIVED
        self.facts = FileFacts(states=[])
        self.forced = False
        self.before = State.RECEIVED

    @rule()
    def separate(self) -> None:
        """As `complaints.actions.merging.take_out` does: it leads nowhere any more, and goes back where it stood."""
        if self.state is State.MERGED:
            self.facts = replace(self.facts, is_stub=False)
            rules.may_move(origin=State.MERGED, target=self.before, actor=AGENT, facts=self.facts)
            self.state = self.before

    @rule()
    def add_grievance(self) -> None:
        if self.state in rules.OPEN:
            self.facts = replace(self.facts, states=[*self.facts.states, GrievanceState.ACCEPTED])
            if self.state is State.DECIDED:
                self._go(State.INVESTIGATION, AGENT, "")

    @rule()
    def decide_first(self) -> None:
        if GrievanceState.ACCEPTED in self.facts.states and self.state in rules.WORKING:
            states = list(self.facts.states)
            states[states.index(GrievanceState.ACCEPTED)] = GrievanceState.DECIDED
            self.facts = replace(self.facts, states=states)

    @rule(known=st.booleans(), leaving=st.integers(0, 2), causes=st.integers(0, 2))
    def learn(self, known: bool, leaving: int, causes: int) -> None:
        self.facts = replace(self.facts, lesson_known=known, leaving=leaving, causes_missing=causes)

    @rule(
        to=st.sampled_from(State),
        actor=st.sampled_from([AGENT, QUALITY, MACHINE]),
        why=st.sampled_from(["", "Oui."]),
    )
    def try_to(self, to: State, actor: Actor, why: str) -> None:
        before = self.state
        try:
            self._go(to, actor, why)
        except (rules.MoveRefused, NotAllowed, rules.NotAllDecided, rules.ReasonMissing, rules.ChecklistIncomplete):
            assert self.state is before
        else:
            assert (before, to) in rules.MOVES
            assert actor is not QUALITY

    def _go(self, target: State, actor: Actor, why: str) -> None:
        rules.may_move(origin=self.state, target=target, actor=actor, facts=self.facts, reason=why)
        if target is State.CLOSED:
            self.forced = bool(why)
            assert self.forced or all(met for _, met in rules.checklist(self.facts))
        if target in {State.ANSWERED, State.REOPENED}:
            self.facts = replace(self.facts, told=target is State.ANSWERED)
        if target is State.MERGED:
            self.before, self.facts = self.state, replace(self.facts, is_stub=True)
        self.state = target

    @invariant()
    def an_answer_was_decided(self) -> None:
        if self.state in {State.DECIDED, State.ANSWERED}:
            assert rules.all_decided(self.facts.states)

    @invariant()
    def nobody_is_kept_waiting_unseen(self) -> None:
        assert (rules.waiting_on(self.state) is Waiting.US) is (self.state in rules.OPEN - {State.WAITING})

    @invariant()
    def there_is_always_a_way_on(self) -> None:
        assert self.state is State.MERGED or any(origin is self.state for origin, _ in rules.MOVES)


TestFileLife = FileLife.TestCase


def test_permission_of_moves_is_the_handling_one():
    assert {move.who for move in rules.MOVES.values()} == {Permission.HANDLE, None}


U, P, N = Outcome.UPHELD, Outcome.PARTLY_UPHELD, Outcome.NOT_UPHELD


@pytest.mark.parametrize(
    ("outcomes", "summary"),
    [
        ([], None),
        *[([outcome], outcome) for outcome in Outcome],
        ([U, U], U),
        ([U, N], P),
        ([P, N], P),
        ([U, P], P),
        ([N, N], N),
        ([N, Outcome.WITHDRAWN], N),
        ([U, Outcome.FORWARDED], U),
        ([Outcome.WITHDRAWN, Outcome.FORWARDED], Outcome.NO_FURTHER_ACTION),
    ],
)
def test_one_finding_stands_for_a_file_in_lists(outcomes, summary):
    assert rules.verdict(outcomes) is summary


@pytest.mark.parametrize(
    ("text", "said", "quoted"),
    [
        ("Merci.", "Merci.", ""),
        ("Merci.\n\n> Bonjour\n> Vous\n", "Merci.", "> Bonjour\n> Vous"),
        ("Merci.\n\nLe 12 nov., A a écrit :\n\n> Bonjour", "Merci.", "Le 12 nov., A a écrit :\n\n> Bonjour"),
        ("Merci.\nLe 12 nov., A <a@b>\na écrit :\n> Bon", "Merci.", "Le 12 nov., A <a@b>\na écrit :\n> Bon"),
        ("Elle m’a dit.\na écrit :\n> Bonjour", "Elle m’a dit.", "a écrit :\n> Bonjour"),
        ("OK\n-- Message d'origine --\n> Bonjour", "OK", "-- Message d'origine --\n> Bonjour"),
        ("> Vraiment ?\nOui.", "> Vraiment ?\nOui.", ""),
        ("> Rien que cela", "> Rien que cela", ""),
        ("Le 3 mars a écrit :\n> a", "Le 3 mars a écrit :\n> a", ""),
        ("", "", ""),
    ],
)
def test_the_mail_quoted_below_is_set_apart(text, said, quoted):
    assert rules.split_quoted(text) == (said, quoted)


@given(st.text(st.sampled_from(">ab \n:"), max_size=60))
def test_setting_apart_loses_no_word(text):
    said, quoted = rules.split_quoted(text)
    assert f"{said}\n{quoted}".split() == text.split()
    assert said.strip() or not text.strip()


@pytest.mark.parametrize("state", State)
def test_only_what_is_over_is_not_edited(state):
    if state in {State.CLOSED, State.WITHDRAWN, State.FORWARDED, State.MERGED}:
        with pytest.raises(rules.ClosedFile):
            rules.may_edit(state)
    else:
        rules.may_edit(state)
