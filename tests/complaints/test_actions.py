"""What happens to a complaint: each action does its part, leaves its event, and refuses what the rules refuse."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection

from doleance.accounts.rules import machine
from doleance.audit import queries as audit
from doleance.complaints import queries, rules
from doleance.complaints.actions import dossiers, taxonomy
from doleance.complaints.actions import grievances as grievance_actions
from doleance.complaints.models import Category, Complaint
from doleance.complaints.rules import ExchangeKind, GrievanceState, Outcome, State, Waiting
from doleance.kernel import ids
from doleance.kernel.errors import NotAllowed, Stale
from tests.cast import MORNING, TESTS
from tests.factories import LETTER, complaint, grievance, incoming

pytestmark = pytest.mark.django_db
LATER = MORNING + timedelta(hours=2)
ROBOT = machine("test")


@pytest.fixture
def file(cast):
    taxonomy.seed(by=TESTS, at=MORNING)
    return complaint(cast)


@pytest.fixture
def amelie(cast):
    return cast.amelie.actor()


@pytest.fixture
def ines(cast):
    return cast.ines.actor()


def codes(file: Complaint) -> list[str]:
    return [event.facts["code"] for event in audit.history(file.journal_stream)]


def last(file: Complaint) -> dict:
    event = audit.history(file.journal_stream).last()
    assert event is not None
    return event.facts


def fresh(file: Complaint) -> Complaint:
    return Complaint.objects.get(pk=file.pk)


def at(file: Complaint, state: State) -> Complaint:
    """The file in that state, by the shortest allowed way."""
    ways = {
        State.RECEIVED: [],
        State.ASSESSMENT: [State.ASSESSMENT],
        State.INVESTIGATION: [State.ASSESSMENT, State.INVESTIGATION],
        State.WAITING: [State.ASSESSMENT, State.WAITING],
        State.DECIDED: [State.ASSESSMENT, State.DECIDED],
        State.ANSWERED: [State.ASSESSMENT, State.DECIDED, State.ANSWERED],
        State.CONTESTED: [State.ASSESSMENT, State.DECIDED, State.ANSWERED, State.CONTESTED],
        State.CLOSED: [State.ASSESSMENT, State.DECIDED, State.ANSWERED, State.CLOSED],
        State.WITHDRAWN: [State.WITHDRAWN],
        State.FORWARDED: [State.FORWARDED],
    }
    if State.DECIDED in ways[state]:
        settled(file)
    for step in ways[state]:
        if fresh(file).state != step:
            dossiers.move(complaint=file, to=step, by=ROBOT, at=MORNING, reason="Il le faut.")
    return fresh(file)


def settled(file: Complaint) -> None:
    one = grievance(file, category="product.damaged")
    current = fresh(file)
    grievance_actions.settle_grievance(
        complaint=current, grievance=one, outcome=Outcome.UPHELD, reasons="", cause="Casse", by=ROBOT, at=MORNING
    )


def test_a_file_opens_with_a_reference_its_moments_and_its_first_exchange(cast):
    sent = MORNING - timedelta(days=1)
    file = complaint(cast, sent_at=sent, at=LATER)
    assert ids.is_reference(file.reference)
    assert (file.sent_at, file.first_written_at, file.received_at, file.registered_at) == (sent, sent, MORNING, LATER)
    assert file.regimes == cast.entity.packs
    assert (file.state, file.waiting_on, file.owner_id, file.version) == (State.RECEIVED, Waiting.US, None, 1)
    [first] = queries.exchanges(file)
    assert (first.kind, first.text, first.at, first.rule) == (ExchangeKind.INBOUND, LETTER, MORNING, "opened")
    assert last(file)["code"] == "complaint_opened"


def test_a_file_without_title_or_date_of_sending_takes_the_first_words_and_the_reception(cast):
    file = complaint(cast, title="", sent_at=None)
    assert file.title.startswith("Bonjour, Ma bouilloire")
    assert file.first_written_at == MORNING


def test_two_files_never_share_a_reference(cast, monkeypatch):
    drawn = iter(["R26-2222-2", "R26-2222-2", "R26-3333-3"])
    monkeypatch.setattr(ids, "new_reference", lambda year, size: next(drawn))
    assert [complaint(cast).reference, complaint(cast).reference] == ["R26-2222-2", "R26-3333-3"]


def test_when_references_are_spent_nothing_is_opened_under_a_taken_one(cast, monkeypatch):
    monkeypatch.setattr(ids, "new_reference", lambda year, size: "R26-2222-2")
    complaint(cast)
    with pytest.raises(RuntimeError):
        complaint(cast)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (State.RECEIVED, State.RECEIVED),
        (State.ASSESSMENT, State.ASSESSMENT),
        (State.DECIDED, State.DECIDED),
        (State.WAITING, State.INVESTIGATION),
        (State.ANSWERED, State.REOPENED),
        (State.CLOSED, State.REOPENED),
        (State.WITHDRAWN, State.REOPENED),
        (State.FORWARDED, State.REOPENED),
    ],
)
def test_a_new_message_brings_a_file_back_to_work(file, cast, before, after):
    at(file, before)
    message = incoming(cast, "Toujours rien.", at=LATER)
    exchange = dossiers.add_exchange(
        complaint=file, message=message, text="Toujours rien.", rule="signed_reference", by=ROBOT, at=LATER
    )
    now = fresh(file)
    assert State(now.state) is after
    assert (exchange.kind, exchange.at, exchange.rule) == (ExchangeKind.INBOUND, LATER, "signed_reference")
    assert "message_added" in codes(file)
    if after is State.REOPENED:
        assert now.reopened_count == 1
        assert (now.decided_at, now.answered_at, now.closed_at) == (None, None, None)
        assert now.waiting_on == Waiting.US


def test_what_left_is_noted_and_interrupts_nobody_who_writes(file, cast):
    seen = fresh(file).version
    exchange = dossiers.add_outbound(
        complaint=file, message=None, text="Bonjour", author_id=cast.amelie.id, by=ROBOT, at=LATER
    )
    assert (exchange.kind, exchange.author_id, exchange.at) == (ExchangeKind.OUTBOUND, cast.amelie.id, LATER)
    assert fresh(file).version == seen
    assert last(file)["code"] == "message_sent"


def test_a_note_stays_in_the_house_and_the_same_form_writes_one(file, ines):
    once = uuid4()
    notes = [dossiers.note(complaint=file, text=" Vu. ", once=once, by=ines, at=LATER) for _ in range(2)]
    assert notes[0] == notes[1]
    assert (notes[0].kind, notes[0].text, notes[0].message_id) == (ExchangeKind.NOTE, "Vu.", None)
    assert codes(file).count("note_added") == 1


@pytest.mark.parametrize("text", ["", " \n "])
def test_an_empty_note_is_refused(file, amelie, text):
    with pytest.raises(rules.EmptyText):
        dossiers.note(complaint=file, text=text, by=amelie, at=LATER)


@pytest.mark.parametrize("who", ["paul", "nadia", "karim"])
def test_who_may_not_note_does_not(file, cast, who):
    with pytest.raises(NotAllowed):
        dossiers.note(complaint=file, text="Vu.", by=getattr(cast, who).actor(), at=LATER)


@pytest.mark.parametrize(
    ("state", "stamp"),
    [
        (State.DECIDED, "decided_at"),
        (State.ANSWERED, "answered_at"),
        (State.CLOSED, "closed_at"),
        (State.WITHDRAWN, "closed_at"),
        (State.FORWARDED, "closed_at"),
    ],
)
def test_a_state_leaves_its_moment_and_the_turn(file, state, stamp):
    now = at(file, state)
    assert getattr(now, stamp) == MORNING
    assert now.waiting_on == rules.waiting_on(state)
    assert (last(file)["code"], last(file)["to"]) == ("state_moved", state.value)


def test_a_refused_move_changes_nothing(file, amelie):
    before = codes(file)
    with pytest.raises(rules.MoveRefused):
        dossiers.move(complaint=file, to=State.CLOSED, by=amelie, at=LATER)
    assert fresh(file).state == State.RECEIVED
    assert codes(file) == before


def test_closing_counts_what_still_leaves(file, amelie):
    at(file, State.ANSWERED)
    dossiers.set_lesson(complaint=file, lesson=False, text="", by=amelie, at=LATER)
    with pytest.raises(rules.ChecklistIncomplete):
        dossiers.move(complaint=file, to=State.CLOSED, by=amelie, at=LATER, leaving=1)
    assert dossiers.move(complaint=file, to=State.CLOSED, by=amelie, at=LATER).closed_at == LATER


def test_a_person_reopens_with_a_reason(file, amelie):
    at(file, State.CLOSED)
    with pytest.raises(rules.ReasonMissing):
        dossiers.reopen(complaint=file, by=amelie, at=LATER)
    assert dossiers.reopen(complaint=file, by=amelie, at=LATER, reason="Fait nouveau").state == State.REOPENED


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (State.RECEIVED, State.ASSESSMENT),
        (State.ASSESSMENT, State.ASSESSMENT),
        (State.CONTESTED, State.INVESTIGATION),
        (State.WAITING, State.WAITING),
        (State.ANSWERED, State.ANSWERED),
    ],
)
def test_taking_a_file_makes_one_its_owner_and_begins_the_work(file, cast, amelie, before, after):
    at(file, before)
    dossiers.release(complaint=file, by=ROBOT, at=MORNING)
    taken = dossiers.take(complaint=file, by=amelie, at=LATER)
    assert (taken.owner_id, State(taken.state)) == (cast.amelie.id, after)
    told = codes(file)
    dossiers.take(complaint=file, by=amelie, at=LATER)
    assert codes(file) == told


@pytest.mark.parametrize("state", [State.CLOSED, State.WITHDRAWN, State.FORWARDED])
def test_what_is_over_is_not_taken(file, amelie, state):
    at(file, state)
    with pytest.raises(rules.ClosedFile):
        dossiers.take(complaint=file, by=amelie, at=LATER)


def edits(file: Complaint, by) -> dict:
    """What changes a file's own words, who answers for it, or its grievance, one call a name."""
    one = queries.grievances(file)[0]
    told = {"by": by, "at": LATER}
    return {
        "take": lambda: dossiers.take(complaint=file, **told),
        "assign": lambda: dossiers.assign(complaint=file, owner=None, team=file.team, **told),
        "rename": lambda: dossiers.rename(complaint=file, title="Autre", **told),
        "set_lesson": lambda: dossiers.set_lesson(complaint=file, lesson=True, text="", **told),
        "change": lambda: grievance_actions.change_grievance(
            grievance=one, title="Autre", category="other", wanted="", cause="Casse", **told
        ),
    }


EDITS = ["take", "assign", "rename", "set_lesson", "change"]


@pytest.mark.parametrize("act", EDITS)
def test_what_is_over_is_not_changed(file, amelie, act):
    at(file, State.CLOSED)
    before = codes(file)
    with pytest.raises(rules.ClosedFile):
        edits(file, amelie)[act]()
    assert codes(file) == before


@pytest.mark.parametrize("act", EDITS)
def test_what_is_answered_is_still_completed(file, amelie, act):
    at(file, State.ANSWERED)
    edits(file, amelie)[act]()
    assert fresh(file).state == State.ANSWERED


@pytest.mark.parametrize("act", [*EDITS, "note", "drop", "grievance"])
def test_who_does_not_see_a_file_changes_nothing_there(file, cast, act):
    one = grievance(file, category="product")
    chloe, before = cast.chloe.actor(), codes(file)
    calls = edits(file, chloe) | {
        "note": lambda: dossiers.note(complaint=file, text="Vu", by=chloe, at=LATER),
        "drop": lambda: grievance_actions.drop_grievance(grievance=one, reason="Erreur", by=chloe, at=LATER),
        "grievance": lambda: grievance(file, by=chloe),
    }
    with pytest.raises(NotAllowed):
        calls[act]()
    assert codes(file) == before


@pytest.mark.parametrize("act", ["take", "assign", "rename", "set_lesson", "change", "drop"])
def test_what_changed_meanwhile_is_not_overwritten(file, cast, amelie, act):
    one = grievance(file, category="product")
    seen = fresh(file).version
    dossiers.note(complaint=file, text="Entre-temps", by=cast.bruno.actor(), at=LATER)
    told = {"by": amelie, "at": LATER, "seen": seen}
    calls = {
        "take": lambda: dossiers.take(complaint=file, **told),
        "assign": lambda: dossiers.assign(complaint=file, owner=None, team=cast.team, **told),
        "rename": lambda: dossiers.rename(complaint=file, title="Autre", **told),
        "set_lesson": lambda: dossiers.set_lesson(complaint=file, lesson=True, text="", **told),
        "change": lambda: grievance_actions.change_grievance(
            grievance=one, title="Autre", category="other", wanted="", cause="", **told
        ),
        "drop": lambda: grievance_actions.drop_grievance(grievance=one, reason="Erreur", **told),
    }
    with pytest.raises(Stale):
        calls[act]()
    told["seen"] = fresh(file).version
    calls[act]()


def test_a_file_goes_to_a_team_and_to_somebody_there(file, cast, amelie):
    given = dossiers.assign(complaint=file, owner=cast.bruno, team=cast.team, by=amelie, at=LATER)
    assert (given.owner_id, given.team_id) == (cast.bruno.id, cast.team.id)
    given = dossiers.assign(complaint=file, owner=None, team=cast.logistics, by=amelie, at=LATER)
    assert (given.owner_id, given.team_id) == (None, cast.logistics.id)
    rows = last(file)["rows"][f"complaint:{file.pk}"]
    assert rows["owner_id"] is None
    assert rows["team_id"] == str(cast.logistics.id)


@pytest.mark.parametrize("who", ["chloe", "karim", "nadia"])
def test_a_file_goes_to_nobody_who_could_not_handle_it(file, cast, amelie, who):
    with pytest.raises(rules.NotInTeam):
        dossiers.assign(complaint=file, owner=getattr(cast, who), team=cast.team, by=amelie, at=LATER)


def test_a_file_goes_to_nobody_who_is_away(file, cast, amelie):
    cast.bruno.is_away = True
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('doleance.action', 'tests', true)")
        cast.bruno.save(update_fields=["is_away"])
    with pytest.raises(rules.NotInTeam):
        dossiers.assign(complaint=file, owner=cast.bruno, team=cast.team, by=amelie, at=LATER)


def test_a_title_is_ours_on_one_line(file, amelie):
    assert dossiers.rename(complaint=file, title="  Bouilloire \n cassée ", by=amelie, at=LATER).title == (
        "Bouilloire cassée"
    )
    assert last(file)["code"] == "title_set"
    with pytest.raises(rules.EmptyText):
        dossiers.rename(complaint=file, title=" ", by=amelie, at=LATER)


def test_a_lesson_is_said(file, amelie):
    told = dossiers.set_lesson(complaint=file, lesson=True, text=" Emballage ", by=amelie, at=LATER)
    assert (told.lesson, told.lesson_text) == (True, "Emballage")


def test_grievances_are_numbered_and_begin_the_work(file, cast, amelie):
    one = grievance(file, category="product.damaged", by=amelie)
    two = grievance(file, category="customer_service", title=" Aucune\nréponse ", by=amelie)
    assert (one.number, two.number, two.title) == (1, 2, "Aucune réponse")
    now = fresh(file)
    assert (now.owner_id, State(now.state)) == (cast.amelie.id, State.ASSESSMENT)
    assert (one.team_id, one.owner_id) == (cast.team.id, cast.amelie.id)


def test_the_same_form_writes_one_grievance(file, amelie):
    once = uuid4()
    assert grievance(file, category="product", once=once, by=amelie) == grievance(
        file, category="product", once=once, by=amelie
    )
    assert len(queries.grievances(file)) == 1


def test_a_new_grievance_takes_a_decided_file_back_to_work(file):
    at(file, State.DECIDED)
    grievance(file, category="product")
    assert fresh(file).state == State.INVESTIGATION


@pytest.mark.parametrize("state", [State.ANSWERED, State.CLOSED])
def test_no_grievance_joins_a_settled_file(file, state):
    at(file, state)
    with pytest.raises(rules.ClosedFile):
        grievance(file, category="product")


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"category": "nothing"}, rules.UnknownCategory),
        ({"category": "retired"}, rules.UnknownCategory),
        ({"category": "product", "title": " "}, rules.EmptyText),
    ],
)
def test_a_grievance_has_a_living_category_and_a_title(file, amelie, change, refusal):
    retire("other.cancellation")
    if change["category"] == "retired":
        change = change | {"category": "other.cancellation"}
    with pytest.raises(refusal):
        grievance(file, **change)
    one = grievance(file, category="product")
    told = {"title": "T", "category": "product", "wanted": "", "cause": ""} | change
    with pytest.raises(refusal):
        grievance_actions.change_grievance(grievance=one, **told, by=amelie, at=LATER)


def retire(code: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('doleance.action', 'tests', true)")
    Category.objects.filter(pk=code).update(is_active=False)


def test_a_grievance_is_corrected_and_its_cause_written(file, amelie):
    one = grievance(file, category="product")
    changed = grievance_actions.change_grievance(
        grievance=one, title="Deux", category="delivery.lost", wanted="Un avoir", cause="Tri", by=amelie, at=LATER
    )
    assert (changed.title, changed.category_id, changed.wanted, changed.cause) == (
        "Deux",
        "delivery.lost",
        "Un avoir",
        "Tri",
    )
    assert last(file)["rows"][f"grievance:{one.pk}"] == {"category_id": "delivery.lost"}


def test_a_dropped_grievance_stays_on_file_and_is_dropped_once(file, amelie):
    one = grievance(file, category="product")
    with pytest.raises(rules.ReasonMissing):
        grievance_actions.drop_grievance(grievance=one, reason=" ", by=amelie, at=LATER)
    grievance_actions.drop_grievance(grievance=one, reason="Doublon", by=amelie, at=LATER)
    grievance_actions.drop_grievance(grievance=one, reason="Doublon", by=amelie, at=LATER)
    assert [row.state for row in queries.grievances(file)] == [GrievanceState.DROPPED]
    assert codes(file).count("grievance_dropped") == 1


def test_dropping_the_last_undecided_grievance_decides_the_file(file, amelie):
    at(file, State.ASSESSMENT)
    settled(file)
    two = grievance(file, category="product")
    grievance_actions.drop_grievance(grievance=two, reason="Doublon", by=amelie, at=LATER)
    assert fresh(file).state == State.DECIDED


def test_dropping_the_only_decided_grievance_undecides_the_file(file, amelie):
    at(file, State.DECIDED)
    [one] = queries.grievances(file)
    grievance_actions.drop_grievance(grievance=one, reason="Erreur", by=amelie, at=LATER)
    assert fresh(file).state == State.INVESTIGATION


def test_nothing_is_dropped_from_what_is_over(file, amelie):
    at(file, State.CLOSED)
    [one] = queries.grievances(file)
    with pytest.raises(rules.ClosedFile):
        grievance_actions.drop_grievance(grievance=one, reason="Erreur", by=amelie, at=LATER)


@pytest.mark.parametrize(
    "act",
    [
        lambda file, by: dossiers.take(complaint=file, by=by, at=LATER),
        lambda file, by: dossiers.assign(complaint=file, owner=None, team=file.team, by=by, at=LATER),
        lambda file, by: dossiers.rename(complaint=file, title="Autre", by=by, at=LATER),
        lambda file, by: dossiers.set_lesson(complaint=file, lesson=True, text="", by=by, at=LATER),
        lambda file, by: grievance(file, category="product", by=by),
        lambda file, by: dossiers.move(complaint=file, to=State.ASSESSMENT, by=by, at=LATER),
        lambda file, by: grievance_actions.drop_grievance(
            grievance=grievance(file, category="product"), reason="Erreur", by=by, at=LATER
        ),
    ],
    ids=["take", "assign", "rename", "lesson", "grievance", "move", "drop"],
)
@pytest.mark.parametrize("who", ["ines", "paul", "nadia", "karim"])
def test_who_does_not_handle_files_changes_nothing(file, cast, who, act):
    with pytest.raises(NotAllowed):
        act(file, getattr(cast, who).actor())


def test_the_next_due_moment_is_kept_beside_the_file_in_silence(file):
    told = codes(file)
    dossiers.note_next(complaint=file, due_at=LATER, kind="final")
    assert (fresh(file).next_due_at, fresh(file).next_due_kind) == (LATER, "final")
    assert codes(file) == told


def test_the_taxonomy_is_seeded_once_and_people_s_changes_stay(file):
    assert Category.objects.count() > 20
    retire("other.cancellation")
    assert taxonomy.seed(by=TESTS, at=LATER) == 0
    assert not Category.objects.get(pk="other.cancellation").is_active
    children = Category.objects.filter(parent__isnull=False)
    assert all(child.code.startswith(f"{child.parent_id}.") for child in children)


def test_who_sees_a_file(file, cast):
    see = {
        who: queries.find(reference=f" {file.reference.lower()} ", actor=getattr(cast, who).actor()) is not None
        for who in ("amelie", "bruno", "chloe", "ines", "paul", "nadia", "karim")
    }
    assert see == {
        "amelie": True,
        "bruno": True,
        "chloe": False,
        "ines": True,
        "paul": True,
        "nadia": False,
        "karim": False,
    }


def test_who_answers_for_a_file_sees_it_whatever_its_team(file, cast, amelie):
    dossiers.assign(complaint=file, owner=cast.amelie, team=cast.team, by=amelie, at=LATER)
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('doleance.action', 'tests', true)")
    Complaint.objects.filter(pk=file.pk).update(team=cast.logistics)
    assert queries.visible_to(amelie).count() == 1
    assert queries.visible_to(cast.bruno.actor()).count() == 0
    assert queries.unfinished_files_of(cast.amelie) == [file]
