"""Findings, replies, the final answer, closing: what each does to the file, its clocks and its outbox."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from doleance.accounts import actions as accounts
from doleance.accounts.rules import complainant, machine
from doleance.audit import queries as audit
from doleance.complainants.rules import PartyStatus
from doleance.complaints import rules as complaint_rules
from doleance.complaints.actions import dossiers as complaints
from doleance.complaints.actions import taxonomy
from doleance.complaints.models import Complaint
from doleance.complaints.rules import GrievanceState, Outcome, State
from doleance.deadlines import actions as deadlines
from doleance.deadlines import queries as clocks
from doleance.kernel.db import write as write_action
from doleance.kernel.errors import NotAllowed, Stale
from doleance.notifications.actions import bouncing, flights
from doleance.notifications.models import Notice
from doleance.notifications.rules import Purpose
from doleance.resolution import actions, queries, rules
from tests.cast import MORNING, TESTS
from tests.factories import complaint, grievance

pytestmark = pytest.mark.django_db
LATER = MORNING + timedelta(hours=2)
ROBOT = machine("test")
MEDIATOR = "Médiateur du commerce\nhttps://mediateur.example"


@pytest.fixture
def file(cast) -> Complaint:
    taxonomy.seed(by=TESTS, at=MORNING)
    accounts.change_entity(
        entity=cast.entity,
        name="Maison",
        time_zone="Europe/Paris",
        calendar="FR",
        mediator=MEDIATOR,
        by=TESTS,
        at=MORNING,
    )
    opened = complaint(cast)
    deadlines.start(complaint=opened, by=TESTS, at=MORNING)
    return opened


@pytest.fixture
def amelie(cast):
    return cast.amelie.actor()


def fresh(file: Complaint) -> Complaint:
    return Complaint.objects.select_related("entity", "party").get(pk=file.pk)


def codes(file: Complaint) -> list[str]:
    return [event.facts["code"] for event in audit.history(file.journal_stream)]


def decide(one, by, outcome=Outcome.UPHELD, **more):
    told = {"reasons": "C’est établi", "cause": "Casse", "by": by, "at": LATER} | more
    return actions.decide(grievance=one, outcome=outcome, **told)


def write(act, file, by, **more):
    told = {"text": " Bonjour. ", "seen": fresh(file).version, "once": uuid4(), "by": by, "at": LATER} | more
    return act(complaint=file, **told)


def decided(file, by) -> Complaint:
    decide(grievance(file, by=by), by)
    return fresh(file)


def answered(file, by) -> Complaint:
    decided(file, by)
    return complaints.move(complaint=file, to=State.ANSWERED, by=ROBOT, at=LATER)


def test_the_last_finding_decides_the_file(file, cast, amelie):
    one, two = grievance(file, by=amelie), grievance(file, title="Silence", by=amelie)
    assert decide(one, amelie).state == State.ASSESSMENT
    now_file = decide(two, amelie, Outcome.NOT_UPHELD)
    assert (now_file.state, now_file.decided_at) == (State.DECIDED, LATER)
    two.refresh_from_db()
    assert (two.state, two.outcome, two.reasons, two.cause, two.decided_at) == (
        GrievanceState.DECIDED,
        Outcome.NOT_UPHELD,
        "C’est établi",
        "Casse",
        LATER,
    )
    assert all("Casse" not in str(event.facts) for event in audit.history(file.journal_stream))


def test_a_finding_may_be_changed_until_the_answer(file, amelie):
    one = grievance(file, by=amelie)
    decide(one, amelie)
    decide(one, amelie, Outcome.NOT_UPHELD)
    one.refresh_from_db()
    assert one.outcome == Outcome.NOT_UPHELD
    assert fresh(file).state == State.DECIDED


def test_deciding_takes_a_waiting_file_back_to_work(file, amelie):
    one, _ = grievance(file, by=amelie), grievance(file, title="Silence", by=amelie)
    complaints.move(complaint=file, to=State.WAITING, by=amelie, at=LATER)
    assert decide(one, amelie).state == State.INVESTIGATION


@pytest.mark.parametrize(
    ("told", "refusal"),
    [
        ({"outcome": Outcome.NOT_UPHELD, "reasons": " "}, rules.ReasonsMissing),
        ({"seen": 0}, Stale),
    ],
)
def test_a_finding_that_is_refused_changes_nothing(file, amelie, told, refusal):
    one = grievance(file, by=amelie)
    before = codes(file)
    with pytest.raises(refusal):
        decide(one, amelie, **told)
    one.refresh_from_db()
    assert one.state == GrievanceState.ACCEPTED
    assert codes(file) == before


def test_what_was_set_aside_is_not_decided(file, amelie):
    one, two = grievance(file, by=amelie), grievance(file, title="Silence", by=amelie)
    assert actions.drop(grievance=one, reason="Doublon", by=amelie, at=LATER).state == GrievanceState.DROPPED
    with pytest.raises(complaint_rules.GrievanceSettled):
        decide(one, amelie)
    assert decide(two, amelie).state == State.DECIDED


def test_a_settled_file_is_reopened_before_it_is_decided(file, amelie):
    one = grievance(file, by=amelie)
    actions.withdraw(complaint=file, reason="Elle l’écrit", by=amelie, at=LATER)
    with pytest.raises(complaint_rules.ClosedFile):
        decide(one, amelie)


def test_a_message_of_progress_settles_nothing_and_takes_the_file(file, cast, amelie):
    notice = write(actions.reply, file, amelie)
    assert (notice.purpose, notice.text, notice.to_address) == (
        Purpose.REPLY,
        "Bonjour.",
        "helene.durand@courriel.example",
    )
    assert notice.subject == f"Votre réclamation {file.reference}"
    assert notice.due_at == LATER + timedelta(seconds=15)
    assert (fresh(file).state, fresh(file).owner_id) == (State.ASSESSMENT, cast.amelie.id)


def test_a_final_answer_holds_the_mediator_and_the_file_waits_for_its_departure(file, amelie):
    decided(file, amelie)
    notice = write(actions.answer, file, amelie)
    assert notice.purpose == Purpose.FINAL
    assert notice.text.startswith("Bonjour.\n\nSi cette réponse ne vous convient pas")
    assert notice.text.endswith(MEDIATOR)
    assert fresh(file).state == State.DECIDED


def test_a_business_is_told_of_no_mediator(file, cast, amelie):
    decided(file, amelie)
    party = cast.durand
    party.status = PartyStatus.PROFESSIONAL
    facts = queries.answer_facts(fresh(file))
    file.party = party
    assert rules.needs_mediator(facts)
    assert not rules.needs_mediator(queries.answer_facts(file))


@pytest.mark.parametrize("act", [actions.reply, actions.answer])
def test_the_same_form_sends_one_mail(file, amelie, act):
    decided(file, amelie)
    once, seen = uuid4(), fresh(file).version
    first = write(act, file, amelie, once=once, seen=seen)
    assert write(act, file, amelie, once=once, seen=seen) == first
    assert Notice.objects.count() == 1


@pytest.mark.parametrize("act", [actions.reply, actions.answer])
@pytest.mark.parametrize(
    ("told", "refusal"), [({"text": " \n"}, complaint_rules.EmptyText), ({"seen": 1}, Stale)], ids=["empty", "stale"]
)
def test_nothing_leaves_empty_or_unread(file, amelie, act, told, refusal):
    decided(file, amelie)
    with pytest.raises(refusal):
        write(act, file, amelie, **told)
    assert not Notice.objects.exists()


@pytest.mark.parametrize("act", [actions.reply, actions.answer])
def test_nothing_leaves_to_nobody(cast, file, amelie, act):
    alone = complaint(cast, party=None)
    decide(grievance(alone, by=amelie), amelie)
    with pytest.raises(rules.NoAddress):
        write(act, alone, amelie)


def test_a_final_answer_waits_for_the_findings_and_for_the_one_that_is_leaving(file, amelie):
    with pytest.raises(rules.NotReadyToAnswer):
        write(actions.answer, file, amelie)
    one = grievance(file, by=amelie)
    decide(one, amelie)
    write(actions.answer, file, amelie)
    for act in (
        lambda: write(actions.answer, file, amelie),
        lambda: decide(one, amelie),
        lambda: actions.drop(grievance=one, reason="Erreur", by=amelie, at=LATER),
        lambda: actions.withdraw(complaint=file, reason="Elle l’écrit", by=amelie, at=LATER),
        lambda: actions.close(complaint=file, reason="Oui", seen=fresh(file).version, by=amelie, at=LATER),
        lambda: actions.wait(complaint=file, by=amelie, at=LATER),
        lambda: actions.resume(complaint=file, by=amelie, at=LATER),
        lambda: actions.add_grievance(
            complaint=file, title="Silence", category="product.damaged", by=amelie, at=LATER
        ),
    ):
        before = codes(file)
        with pytest.raises(rules.AlreadyLeaving):
            act()
        assert (fresh(file).state, codes(file)) == (State.DECIDED, before)


def test_a_grievance_brings_a_decided_file_back_while_nothing_leaves(file, amelie):
    decided(file, amelie)
    told = {"title": "Silence", "category": "product.damaged", "once": uuid4(), "by": amelie, "at": LATER}
    one = actions.add_grievance(complaint=file, **told)
    assert actions.add_grievance(complaint=file, **told) == one
    assert (fresh(file).state, one.number) == (State.INVESTIGATION, 2)


def test_work_waits_and_is_taken_up_again(file, amelie):
    complaints.take(complaint=file, by=amelie, at=LATER)
    assert actions.wait(complaint=file, seen=fresh(file).version, by=amelie, at=LATER).state == State.WAITING
    for act in (actions.wait, actions.resume):
        with pytest.raises(Stale):
            act(complaint=file, seen=1, by=amelie, at=LATER)
    resumed = actions.resume(complaint=file, seen=fresh(file).version, by=amelie, at=LATER)
    assert resumed.state == State.INVESTIGATION


def test_what_is_decided_is_not_resumed_by_a_button(file, amelie):
    decided(file, amelie)
    with pytest.raises(complaint_rules.MoveRefused):
        actions.resume(complaint=file, by=amelie, at=LATER)
    assert fresh(file).state == State.DECIDED


@pytest.mark.parametrize(
    "act",
    [
        lambda file, one, by: write(actions.reply, file, by),
        lambda file, one, by: write(actions.answer, file, by),
        lambda file, one, by: decide(one, by),
        lambda file, one, by: actions.drop(grievance=one, reason="Oui", by=by, at=LATER),
        lambda file, one, by: actions.wait(complaint=file, by=by, at=LATER),
        lambda file, one, by: actions.resume(complaint=file, by=by, at=LATER),
        lambda file, one, by: actions.withdraw(complaint=file, reason="Oui", by=by, at=LATER),
        lambda file, one, by: actions.reopen(complaint=file, reason="Oui", by=by, at=LATER),
        lambda file, one, by: actions.close(complaint=file, reason="Oui", seen=0, by=by, at=LATER),
        lambda file, one, by: actions.add_grievance(
            complaint=file, title="Silence", category="product.damaged", by=by, at=LATER
        ),
    ],
    ids=["reply", "answer", "decide", "drop", "wait", "resume", "withdraw", "reopen", "close", "grievance"],
)
def test_who_does_not_see_a_file_settles_nothing_there(file, cast, amelie, act):
    one = grievance(file, by=amelie)
    before = codes(file)
    with pytest.raises(NotAllowed):
        act(file, one, cast.chloe.actor())
    assert codes(file) == before


def test_closing_a_complete_file_ends_its_clocks(file, amelie):
    answered(file, amelie)
    complaints.set_lesson(complaint=file, lesson=False, text="", by=amelie, at=LATER)
    closed = actions.close(complaint=file, reason="", seen=fresh(file).version, by=amelie, at=LATER)
    assert (closed.state, closed.closed_at) == (State.CLOSED, LATER)
    assert not [one for one in clocks.running(file) if one.is_open]


def test_closing_counts_what_still_leaves(file, amelie):
    decided(file, amelie)
    write(actions.reply, file, amelie)
    complaints.move(complaint=file, to=State.ANSWERED, by=ROBOT, at=LATER)
    complaints.set_lesson(complaint=file, lesson=False, text="", by=amelie, at=LATER)
    with pytest.raises(complaint_rules.ChecklistIncomplete):
        actions.close(complaint=file, reason="", seen=fresh(file).version, by=amelie, at=LATER)
    with pytest.raises(Stale):
        actions.close(complaint=file, reason="Oui", seen=1, by=amelie, at=LATER)


def test_a_withdrawal_stops_the_clocks_and_a_reopening_gives_some_again(file, amelie):
    actions.withdraw(complaint=file, reason="Elle l’écrit", by=amelie, at=LATER)
    assert fresh(file).next_due_at is None
    with pytest.raises(complaint_rules.ReasonMissing):
        actions.reopen(complaint=file, reason=" ", by=amelie, at=LATER)
    reopened = actions.reopen(complaint=file, reason="Elle revient", by=amelie, at=LATER)
    assert reopened.state == State.REOPENED
    assert fresh(file).next_due_at is not None


@pytest.mark.parametrize("act", [actions.withdraw, actions.reopen])
def test_a_state_is_not_changed_by_who_has_not_read(file, amelie, act):
    with pytest.raises(Stale):
        act(complaint=file, reason="Oui", seen=0, by=amelie, at=LATER)


@pytest.mark.parametrize("who", ["ines", "paul", "nadia", "karim"])
@pytest.mark.parametrize(
    "act",
    [
        lambda file, one, by: decide(one, by),
        lambda file, one, by: actions.drop(grievance=one, reason="Oui", by=by, at=LATER),
        lambda file, one, by: write(actions.reply, file, by),
        lambda file, one, by: write(actions.answer, file, by),
        lambda file, one, by: actions.close(complaint=file, reason="Oui", seen=fresh(file).version, by=by, at=LATER),
        lambda file, one, by: actions.withdraw(complaint=file, reason="Oui", by=by, at=LATER),
        lambda file, one, by: actions.reopen(complaint=file, reason="Oui", by=by, at=LATER),
    ],
    ids=["decide", "drop", "reply", "answer", "close", "withdraw", "reopen"],
)
def test_who_does_not_handle_files_settles_nothing(file, cast, amelie, who, act):
    one = grievance(file, by=amelie)
    with pytest.raises(NotAllowed):
        act(file, one, getattr(cast, who).actor())


def test_a_preview_refuses_what_sending_would(file, amelie):
    seen = fresh(file).version
    told: dict[str, Any] = {"complaint": fresh(file), "purpose": Purpose.REPLY, "seen": seen, "at": LATER}
    assert queries.preview(text=" Bonjour. ", **told).text == "Bonjour."
    with pytest.raises(complaint_rules.EmptyText):
        queries.preview(text=" ", **told)
    with pytest.raises(Stale):
        queries.preview(text="Bonjour.", **(told | {"seen": 0}))
    with pytest.raises(rules.NotReadyToAnswer):
        queries.preview(text="Bonjour.", **(told | {"purpose": Purpose.FINAL}))


def test_what_a_person_wrote_is_told_from_what_was_joined(file, amelie):
    decided(file, amelie)
    current = fresh(file)
    text = queries.final_text(current, "Bonjour.", queries.answer_facts(current))
    assert queries.written(current, text) == "Bonjour."
    assert queries.written(current, "Sans le bloc") == "Sans le bloc"


def test_where_a_pack_wants_the_ways_of_recourse_the_answer_names_the_courts(file, amelie):
    decided(file, amelie)
    current = fresh(file)
    facts = queries.answer_facts(current)
    court = "Vous gardez dans tous les cas le droit de saisir la justice."
    assert court not in queries.final_text(current, "Bonjour.", facts)
    current.regimes = ["FR-ACPR"]
    text = queries.final_text(current, "Bonjour.", queries.answer_facts(current))
    assert text.endswith(f"{MEDIATOR}\n\n{court}")
    assert queries.written(current, text) == "Bonjour."


@pytest.mark.parametrize("outcome", [Outcome.UPHELD, Outcome.PARTLY_UPHELD])
def test_a_refusal_under_the_rules_of_personal_data_names_the_authority_and_the_courts(file, amelie, outcome):
    """Regulation (EU) 2016/679, art. 12(4)."""
    decide(grievance(file, by=amelie), amelie, outcome)
    current = fresh(file)
    current.regimes = ["EU-GDPR"]
    facts = queries.answer_facts(current)
    refused = outcome is not Outcome.UPHELD
    assert (rules.needs_authority(facts), rules.needs_court(facts)) == (refused, refused)
    text = queries.final_text(current, "Bonjour.", facts)
    assert text.startswith("Bonjour.\n\nSi vous estimez que vos droits sur vos données") is refused
    assert text.endswith("Vous gardez dans tous les cas le droit de saisir la justice.") is refused
    read = queries.preview(complaint=current, text="Bonjour.", purpose=Purpose.FINAL, seen=current.version, at=LATER)
    labels = [(one.label, one.is_joined) for one in read.demands]
    assert (
        labels
        == [
            ("Les raisons du refus", False),
            ("L’autorité de contrôle, et comment la saisir", True),
            ("Le recours devant un juge", True),
        ]
        * refused
    )


def test_a_letter_in_english_is_joined_in_english(file, amelie):
    """Without a catalogue of that language the French text stands: a block is never lost for want of a translation."""
    decided(file, amelie)
    current = fresh(file)
    current.language = "en"
    assert MEDIATOR in queries.final_text(current, "Hello.", queries.answer_facts(current))
    assert file.reference in queries.subject(current)


# An answer that came back


def test_an_answer_that_came_back_is_given_again(file, amelie):
    decided(file, amelie)
    first = write(actions.answer, file, amelie)
    leave(first, LATER)
    complaints.set_lesson(complaint=file, lesson=False, text="", by=amelie, at=LATER)
    assert all(met for _, met in queries.checklist(fresh(file)))
    with pytest.raises(rules.NotReadyToAnswer):
        write(actions.answer, file, amelie)
    bouncing.note_bounce(notice_id=first.id, status="5.1.1", words="No", by=TESTS, at=LATER)
    current = fresh(file)
    assert (complaint_rules.Check.TOLD, False) in queries.checklist(current)
    facts = queries.answer_facts(current)
    assert queries.next_step(current, facts, queries.checklist(current)) is rules.NextStep.BOUNCED
    with pytest.raises(complaint_rules.ChecklistIncomplete):
        actions.close(complaint=file, reason="", seen=current.version, by=amelie, at=LATER)
    again = write(actions.answer, file, amelie, at=LATER + timedelta(hours=1))
    with pytest.raises(rules.AlreadyLeaving):
        write(actions.answer, file, amelie)
    leave(again, LATER + timedelta(hours=2))
    current = fresh(file)
    assert (current.state, current.answered_at) == (State.ANSWERED, LATER + timedelta(hours=2))
    assert codes(file).count("answered_again") == 1
    closed = actions.close(complaint=file, reason="", seen=current.version, by=amelie, at=LATER + timedelta(hours=3))
    assert closed.state == State.CLOSED


@write_action(quiet="a test lets a mail leave as a worker does")
def leave(notice, left_at, *, by=TESTS, at=LATER):
    flight = flights.hold_flight(notice.id)
    flights.leave(flight=flight, mail=b"Subject: x\r\n\r\n", accepted_as="250", left_at=left_at, by=by, at=left_at)


def test_who_wrote_the_contested_answer_is_named_and_not_who_has_the_file_now(cast, file, amelie):
    decided(file, amelie)
    sent = write(actions.answer, file, amelie)
    leave(sent, LATER + timedelta(minutes=5))
    complaints.assign(complaint=fresh(file), owner=cast.bruno, team=cast.team, by=TESTS, at=LATER)
    contested = actions.contest(complaint=fresh(file), reason="Non.", by=complainant(file.pk), at=LATER)
    assert contested.reviewed_by_id == cast.amelie.pk


def test_an_answer_given_without_a_letter_of_ours_is_its_owners(cast, file, amelie):
    answered(file, amelie)
    contested = actions.contest(complaint=fresh(file), reason="Non.", by=complainant(file.pk), at=LATER)
    assert contested.reviewed_by_id == cast.amelie.pk
