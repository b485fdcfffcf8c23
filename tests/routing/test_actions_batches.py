"""One gesture on many files: judged and journalled file by file, done once, carried on by a job, taken back."""

from datetime import timedelta

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from doleance.accounts import actions as accounts
from doleance.accounts.rules import Role
from doleance.audit import queries as audit
from doleance.complaints.actions import dossiers as complaints
from doleance.complaints.models import Complaint
from doleance.complaints.rules import NotInTeam, State
from doleance.kernel.errors import NotAllowed
from doleance.kernel.ids import uuid7
from doleance.routing import rules, tasks
from doleance.routing.actions import batches
from doleance.routing.models import Batch, BatchItem
from doleance.routing.queries import batches as queries
from doleance.routing.queries.batches import Gesture
from doleance.routing.rules import Act, Fate
from tests.cast import MORNING, TESTS, colleague
from tests.factories import complaint

pytestmark = pytest.mark.django_db
SOON = MORNING + timedelta(seconds=5)
TAKE = Gesture(Act.TAKE)


@pytest.fixture
def four(cast):
    """Four files of Relation client, one of them withdrawn."""
    made = [complaint(cast) for _ in range(4)]
    complaints.move(complaint=made[3], to=State.WITHDRAWN, by=TESTS, at=MORNING)
    return [one.reference for one in made]


def start(user, gesture, references, at=MORNING, once=None):
    return batches.start(once=once or uuid7(), gesture=gesture, references=references, by=user.actor(), at=at)


def fates(batch):
    told = BatchItem.objects.filter(batch=batch).order_by("id").values_list("complaint__reference", "fate")
    return {reference: Fate(fate) for reference, fate in told}


def owners(references):
    rows = Complaint.objects.filter(reference__in=references).select_related("owner", "team").order_by("id")
    return [(one.owner.name if one.owner else "", one.team.name) for one in rows]


def last_code(reference):
    stream = Complaint.objects.get(reference=reference).journal_stream
    return audit.history(stream).order_by("-seq")[0].code


def test_many_are_taken_and_the_locked_one_stays(cast, four):
    batch = start(cast.amelie, TAKE, four)
    assert list(fates(batch).values()) == [Fate.DONE, Fate.DONE, Fate.DONE, Fate.CLOSED]
    assert owners(four) == [("Amélie Rousseau", "Relation client")] * 3 + [("", "Relation client")]
    assert batch.finished_at == MORNING
    assert last_code(four[0]) == "state_moved"
    codes = [event.code for event in audit.history(f"user:{cast.amelie.pk}").order_by("seq")]
    assert codes[-2:] == ["batch_made", "batch_finished"]


def test_the_plan_says_what_the_gesture_then_does(cast, four):
    gesture = Gesture(Act.ASSIGN, cast.team, cast.bruno)
    complaints.assign(
        complaint=Complaint.objects.get(reference=four[1]), owner=cast.bruno, team=cast.team, by=TESTS, at=MORNING
    )
    planned = {one.reference: one.fate for one in queries.plan(gesture, references=four, actor=cast.amelie.actor())}
    assert list(planned.values()) == [Fate.DONE, Fate.SAME, Fate.DONE, Fate.CLOSED]
    assert fates(start(cast.amelie, gesture, four)) == planned


def test_the_same_form_twice_is_one_batch(cast, four):
    once = uuid7()
    start(cast.amelie, TAKE, four, once=once)
    versions = list(Complaint.objects.order_by("id").values_list("version", flat=True))
    start(cast.amelie, TAKE, four, once=once)
    assert list(Complaint.objects.order_by("id").values_list("version", flat=True)) == versions
    assert Batch.objects.count() == 1
    with pytest.raises(NotAllowed):
        start(cast.bruno, TAKE, four, once=once)


def test_rights_are_those_of_each_file(cast, four):
    theirs = complaint(cast, team=cast.logistics).reference
    planned = queries.plan(TAKE, references=[theirs, "R26-XXXX-X", *four[:1]], actor=cast.amelie.actor())
    assert [one.fate for one in planned] == [Fate.GONE, Fate.GONE, Fate.DONE]
    batch = start(cast.amelie, TAKE, [theirs, "R26-XXXX-X", *four[:1]])
    assert list(fates(batch)) == four[:1]
    assert owners([theirs]) == [("", "Logistique")]


@pytest.mark.parametrize("who", ["ines", "paul", "nadia", "karim"])
def test_who_handles_no_file_makes_no_gesture(cast, four, who):
    with pytest.raises(NotAllowed):
        start(getattr(cast, who), TAKE, four)
    assert not Batch.objects.exists()


def test_a_person_must_be_there_and_in_the_team(cast, four):
    with pytest.raises(NotInTeam):
        start(cast.amelie, Gesture(Act.ASSIGN, cast.team, cast.chloe), four)
    with pytest.raises(rules.NoTarget):
        start(cast.amelie, Gesture(Act.ASSIGN, cast.team), four)
    with pytest.raises(rules.NoTarget):
        start(cast.amelie, Gesture(Act.TEAM), four)


def test_no_file_or_too_many_are_refused(cast, monkeypatch):
    with pytest.raises(rules.NothingChosen):
        start(cast.amelie, TAKE, [])
    monkeypatch.setattr(rules, "MOST", 2)
    with pytest.raises(rules.TooManyChosen):
        start(cast.amelie, TAKE, ["a", "b", "c"])


def test_a_file_stays_with_who_is_in_the_new_team_too(cast, four):
    both = colleague("Luc Roy", {Role.AGENT}, [cast.team, cast.logistics])
    file = Complaint.objects.get(reference=four[0])
    complaints.assign(complaint=file, owner=both, team=cast.team, by=TESTS, at=MORNING)
    start(cast.amelie, Gesture(Act.TEAM, cast.logistics), four[:2])
    assert owners(four[:2]) == [("Luc Roy", "Logistique"), ("", "Logistique")]


def test_a_contested_answer_is_not_judged_by_who_gave_it(cast, four):
    file = complaints.take(complaint=complaint(cast), by=cast.amelie.actor(), at=MORNING)
    complaints.move(complaint=file, to=State.WITHDRAWN, by=TESTS, at=MORNING)
    Complaint.objects.filter(pk=file.pk)  # the move to contested is the complainant's own
    complaints.move(complaint=file, to=State.REOPENED, by=TESTS, at=MORNING)
    gesture = Gesture(Act.ASSIGN, cast.team, cast.bruno)
    held = Complaint.objects.get(pk=file.pk)
    held.reviewed_by = cast.bruno
    is_reviewed = queries._is_reviewed(gesture, held, cast.amelie.actor(), {})
    assert is_reviewed
    assert not queries._is_reviewed(gesture, held, cast.amelie.actor(), {cast.team.pk: {cast.bruno.pk}})


def test_what_was_given_away_is_given_back(cast, four):
    batch = start(cast.amelie, Gesture(Act.TEAM, cast.logistics), four[:3])
    assert complaints.queries.find(reference=four[0], actor=cast.amelie.actor()) is None
    touched = Complaint.objects.get(reference=four[2])
    complaints.rename(complaint=touched, title="Autre", by=cast.chloe.actor(), at=MORNING)
    batches.undo(batch=batch, by=cast.amelie.actor(), at=SOON)
    assert owners(four[:3]) == [("", "Relation client"), ("", "Relation client"), ("", "Logistique")]
    assert list(fates(batch).values()) == [Fate.UNDONE, Fate.UNDONE, Fate.KEPT]
    before = audit.history(f"user:{cast.amelie.pk}").count()
    batches.undo(batch=Batch.objects.get(pk=batch.pk), by=cast.amelie.actor(), at=SOON)
    assert audit.history(f"user:{cast.amelie.pk}").count() == before


def test_an_undo_whose_request_dies_is_finished_by_its_job(cast, four, monkeypatch):
    batch = start(cast.amelie, Gesture(Act.TEAM, cast.logistics), four[:3])
    give_back, given = complaints.give_back, []

    def dies(**told):
        given.append(told)
        if len(given) == 2:
            raise MemoryError
        return give_back(**told)

    monkeypatch.setattr(complaints, "give_back", dies)
    with pytest.raises(MemoryError):
        batches.undo(batch=batch, by=cast.amelie.actor(), at=SOON)
    assert list(fates(batch).values()) == [Fate.UNDONE, Fate.DONE, Fate.DONE]
    job = ProcrastinateJob.objects.get(task_name=queries.UNDO)
    assert job.scheduled_at is not None
    tasks.undo(**job.args)
    assert set(fates(batch).values()) == {Fate.UNDONE}
    tasks.undo(**job.args)
    assert owners(four[:3]) == [("", "Relation client")] * 3


def test_it_is_given_back_by_who_gave_it_and_soon(cast, four):
    batch = start(cast.amelie, Gesture(Act.TEAM, cast.logistics), four[:1])
    with pytest.raises(NotAllowed):
        batches.undo(batch=batch, by=cast.bruno.actor(), at=SOON)
    with pytest.raises(rules.UndoTooLate):
        batches.undo(batch=batch, by=cast.amelie.actor(), at=MORNING + rules.UNDO)
    assert owners(four[:1]) == [("", "Logistique")]


def test_beyond_a_hundred_a_job_does_it_with_the_rights_of_then(cast, four, monkeypatch):
    monkeypatch.setattr(rules, "AT_ONCE", 2)
    batch = start(cast.amelie, TAKE, four[:3])
    assert not batch.finished_at
    assert set(fates(batch).values()) == {Fate.WAITING}
    assert ProcrastinateJob.objects.filter(task_name=queries.RUN, scheduled_at=None).count() == 1
    tasks.run(batch_id=str(batch.pk))
    batch.refresh_from_db()
    assert batch.finished_at is not None
    assert set(fates(batch).values()) == {Fate.DONE}
    tasks.run(batch_id=str(batch.pk))  # a job that runs again finds nothing to do


def test_a_right_taken_back_meanwhile_stops_the_job(cast, four, monkeypatch):
    monkeypatch.setattr(rules, "AT_ONCE", 2)
    batch = start(cast.amelie, TAKE, four[:3])
    told = {"name": cast.amelie.name, "is_active": True, "is_away": False}
    accounts.change_user(user=cast.amelie, roles={Role.EXPERT}, teams=[cast.team], **told, by=TESTS, at=MORNING)
    tasks.run(batch_id=str(batch.pk))
    assert set(fates(batch).values()) == {Fate.GONE}
    assert owners(four[:3]) == [("", "Relation client")] * 3


def test_what_a_dead_request_left_is_carried_on(cast, four, monkeypatch):
    with monkeypatch.context() as dying:
        dying.setattr(batches, "_finish", lambda **_: None)
        dying.setattr(
            queries, "waiting", lambda of, **_: list(of.items.order_by("id").values_list("pk", flat=True))[:1]
        )
        batch = start(cast.amelie, TAKE, four[:3])
    assert list(fates(batch).values()).count(Fate.WAITING) == 2
    assert ProcrastinateJob.objects.filter(task_name=queries.RUN, scheduled_at__isnull=False).count() == 1
    tasks.run(batch_id=str(batch.pk))
    assert set(fates(batch).values()) == {Fate.DONE}
