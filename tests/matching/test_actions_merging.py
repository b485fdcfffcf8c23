"""Merging two files and separating them again: what each has, before, meanwhile and after."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from doleance.accounts.rules import complainant
from doleance.audit import queries as journal
from doleance.audit import verify
from doleance.channels.models import Message
from doleance.complaints import queries, rules
from doleance.complaints.actions import access as accesses
from doleance.complaints.actions import circles as circling
from doleance.complaints.actions import dossiers
from doleance.complaints.models import CirclePerson, Complaint
from doleance.complaints.rules import GrievanceState, LinkUse, Outcome, State
from doleance.deadlines import queries as clocks
from doleance.kernel.db import write as write_action
from doleance.kernel.errors import NotAllowed, Stale
from doleance.matching import queries as matching
from doleance.matching.actions import answering, merging
from doleance.matching.models import Merge, Pair
from doleance.matching.rules import Answer, KeptMoved, KeptNotOpen, NotMerged, OtherCircle
from doleance.notifications import rules as outbox
from doleance.notifications import tasks as outbox_tasks
from doleance.notifications.actions import pointing, writing
from doleance.notifications.actions.flights import POINT
from doleance.notifications.models import Notice
from doleance.notifications.rules import NoticeState, Purpose, Way
from doleance.resolution import actions as resolution
from tests import factories
from tests.cast import MORNING, TESTS
from tests.channels import mails
from tests.intake.conftest import arrive, box, signed

__all__ = ["arrive", "box", "signed"]
pytestmark = pytest.mark.django_db
LATER = MORNING + timedelta(days=3)
SECRET = "A" * 22


def fresh(file: Complaint) -> Complaint:
    return Complaint.objects.select_related("entity", "team", "owner", "party").get(pk=file.pk)


def whole() -> bool:
    """The journal verifies and folds to the live rows; every clock is what computing it again gives."""
    found = verify.check(lambda _: None)
    assert found.intact, found.findings
    assert not list(clocks.drifts())
    return True


def leave(notice: Notice) -> Notice:
    """The mail has left: the shortest way to it."""
    sent = {"state": NoticeState.SENT, "sent_at": LATER}
    write_action(quiet="a test")(lambda: Notice.objects.filter(pk=notice.pk).update(**sent))()
    return Notice.objects.get(pk=notice.pk)


def codes(file: Complaint) -> list[str]:
    return [event.facts["code"] for event in journal.history(file.journal_stream)]


@pytest.fixture
def amelie(cast):
    return cast.amelie.actor()


def merged(kept, stub, by, at=LATER) -> Merge:
    return merging.merge(kept=kept, stub=stub, by=by, at=at)


def test_a_merged_file_is_a_stub_and_both_histories_are_read_in_the_kept_one(kept, stub, amelie):
    merge = merged(kept, stub, amelie)
    assert (fresh(stub).state, fresh(stub).merged_into_id) == (State.MERGED, kept.pk)
    assert fresh(kept).state == State.RECEIVED
    assert {one.complaint_id for one in queries.exchanges(fresh(kept))} == {kept.pk, stub.pk}
    assert [one.complaint_id for one in queries.exchanges(fresh(stub))] == [stub.pk]
    assert "merged" in codes(kept)
    assert "merged" in codes(stub)
    assert (merge.pair.answer, merge.pair.answered_by_id) == (Answer.MERGED, amelie.user_id)
    assert whole()


def test_the_clocks_of_the_stub_end_and_the_earliest_of_both_count(kept, stub, amelie):
    """Whichever is kept: the later file, when it is, owes what the earlier one did."""
    due = {(one.opening.pack, one.kind): one.due.due_at for one in clocks.running(kept) if one.is_open}
    merged(kept=stub, stub=kept, by=amelie)
    assert not [one for one in clocks.running(fresh(kept)) if one.is_open]
    assert {(one.opening.pack, one.kind): one.due.due_at for one in clocks.running(fresh(stub)) if one.is_open} == due
    assert fresh(stub).next_due_at == min(due.values())
    assert whole()


def test_merging_into_the_earlier_file_moves_no_clock_of_it(kept, stub, amelie):
    before = [(one.id, one.due) for one in clocks.running(kept)]
    merged(kept, stub, amelie)
    assert [(one.id, one.due) for one in clocks.running(fresh(kept))] == before
    assert whole()


def test_separating_gives_each_what_it_had_with_clocks_state_and_grievances(kept, stub, amelie):
    factories.grievance(kept, title="Bouilloire cassée")
    factories.grievance(stub, title="Personne ne répond", category="customer_service.slow_response")
    for reversed_ in (False, True):
        one, two = (stub, kept) if reversed_ else (kept, stub)
        before = {
            file.pk: (fresh(file).state, sorted((c.kind, c.due.due_at) for c in clocks.running(file) if c.is_open))
            for file in (one, two)
        }
        merge = merged(fresh(one), fresh(two), amelie)
        merging.separate(merge=merge, by=amelie, at=LATER + timedelta(days=400))
        for file in (one, two):
            open_now = sorted((c.kind, c.due.due_at) for c in clocks.running(fresh(file)) if c.is_open)
            assert (fresh(file).state, open_now) == before[file.pk]
        assert fresh(two).merged_into_id is None
        assert whole()
    assert Pair.objects.get().answer == Answer.DIFFERENT


def test_what_the_stub_complains_of_besides_is_answered_in_the_kept_file(kept, stub, amelie):
    factories.grievance(kept, title="Bouilloire cassée")
    same = factories.grievance(stub, title="BOUILLOIRE CASSEE")
    more = factories.grievance(stub, title="Personne ne répond", category="customer_service.slow_response")
    merge = merged(fresh(kept), fresh(stub), amelie)
    titles = [one.title for one in queries.grievances(kept)]
    assert titles == ["Bouilloire cassée", "Personne ne répond"]
    copy = queries.grievances(kept)[1]
    resolution.decide(grievance=copy, outcome=Outcome.UPHELD, reasons="Vrai.", cause="Oubli", by=amelie, at=LATER)
    merging.separate(merge=merge, by=amelie, at=LATER)
    copy.refresh_from_db()
    more.refresh_from_db()
    same.refresh_from_db()
    assert copy.state == GrievanceState.DROPPED
    assert (more.state, more.outcome, more.reasons) == (GrievanceState.DECIDED, Outcome.UPHELD, "Vrai.")
    assert same.state == GrievanceState.ACCEPTED
    assert whole()


def test_a_later_mail_to_the_stub_wakes_the_kept_file_and_stays_with_the_stub(kept, stub, amelie, arrive, signed):
    factories.grievance(kept)
    dossiers.take(complaint=kept, by=amelie, at=LATER)
    merge = merged(fresh(kept), stub, amelie)
    dossiers.move(complaint=fresh(kept), to=State.WAITING, by=amelie, at=LATER)
    version = fresh(kept).version
    sender = "Hélène Petit-Durand <helene.petit-durand@courriel.example>"
    message = arrive(
        mails.mail("Toujours rien.", From=sender, In_Reply_To=signed(stub)), at=LATER + timedelta(hours=1)
    )
    assert message.exchange.complaint_id == stub.pk
    assert message.exchange in queries.exchanges(fresh(kept))
    assert (fresh(kept).state, fresh(stub).state) == (State.INVESTIGATION, State.MERGED)
    assert fresh(kept).version > version  # whoever is writing is told
    told = matching.parting(merge)
    assert [one.pk for one in told.to_stub] == [message.exchange.pk]
    merging.separate(merge=merge, by=amelie, at=LATER)
    assert message.exchange not in queries.exchanges(fresh(kept))
    assert message.exchange in queries.exchanges(fresh(stub))
    assert whole()


def test_a_mail_to_the_stub_reopens_a_kept_file_that_was_answered(kept, stub, amelie, arrive, signed):
    merged(kept, stub, amelie)
    resolution.withdraw(complaint=fresh(kept), reason="Au téléphone.", by=amelie, at=LATER)
    sender = "Hélène Petit-Durand <helene.petit-durand@courriel.example>"
    arrive(mails.mail("Finalement non.", From=sender, In_Reply_To=signed(stub)), at=LATER)
    assert fresh(kept).state == State.REOPENED
    assert [one for one in clocks.running(fresh(kept)) if one.is_open]
    assert whole()


def test_a_stranger_continues_no_stub(kept, stub, amelie, arrive, signed):
    merged(kept, stub, amelie)
    mail = mails.mail("Et moi ?", From="Un Autre <autre@ailleurs.example>", In_Reply_To=signed(stub))
    assert not hasattr(Message.objects.get(pk=arrive(mail, at=LATER).pk), "exchange")


def test_a_link_of_a_mail_leads_to_the_kept_file_of_the_same_person_and_a_key_does_not(kept, opened, amelie):
    stub = opened(days=2)  # of the same party
    at = LATER
    accesses.give_link(complaint=stub, purpose=LinkUse.MAIL, secret=SECRET, by=TESTS, at=at)
    accesses.give_key(complaint=stub, secret="B" * 22, by=TESTS, at=at)
    merge = merged(kept, stub, amelie)
    assert queries.find_by_link(token=SECRET, at=at) == kept
    assert queries.find_by_key(reference=stub.reference, key="B" * 22) == stub
    merging.separate(merge=merge, by=amelie, at=at)
    assert queries.find_by_link(token=SECRET, at=at) == stub
    assert queries.revoked_since(kept.pk, at - timedelta(minutes=1))  # whoever came by it leaves


def test_a_link_of_another_person_shows_nothing_of_the_kept_file(kept, stub, amelie):
    accesses.give_link(complaint=stub, purpose=LinkUse.MAIL, secret=SECRET, by=TESTS, at=LATER)
    merged(kept, stub, amelie)
    assert queries.find_by_link(token=SECRET, at=LATER) == stub


def test_who_may_not_read_one_of_them_merges_nothing(cast, kept, stub, opened):
    other = opened(team=cast.logistics)
    with pytest.raises(NotAllowed):
        merged(kept, stub, cast.chloe.actor())
    with pytest.raises(NotAllowed):
        merged(kept, other, cast.amelie.actor())
    with pytest.raises(NotAllowed):
        merged(kept, stub, cast.paul.actor())
    with pytest.raises(NotAllowed):
        merged(kept, stub, complainant(kept.pk))
    assert not Merge.objects.exists()


def test_a_restricted_file_is_merged_with_one_of_the_same_circle_only(cast, kept, stub, amelie):
    inside = [cast.amelie, cast.bruno]
    told = {"inside": inside, "concerned": [], "reason": "Discrétion.", "by": amelie, "at": LATER}
    circling.restrict(complaint=kept, **told)
    with pytest.raises(OtherCircle):
        merged(fresh(kept), stub, amelie)
    circling.restrict(complaint=stub, **told)
    merged(fresh(kept), fresh(stub), amelie)
    with pytest.raises(rules.MergedFile):
        circling.open_up(complaint=stub, reason="Levé.", by=amelie, at=LATER)
    circling.restrict(complaint=fresh(kept), **(told | {"inside": [cast.amelie, cast.ines]}))
    names = {one.user_id for one in CirclePerson.objects.filter(complaint=stub, is_inside=True)}
    assert names == {cast.amelie.pk, cast.ines.pk}  # it is read in the kept file: one circle for both
    assert whole()


def test_a_circle_that_closes_later_closes_around_the_stub_too(cast, kept, stub, amelie):
    merged(kept, stub, amelie)
    told: dict[str, Any] = {"inside": [cast.amelie, cast.bruno], "concerned": [], "reason": "Discrétion."}
    circling.restrict(complaint=fresh(kept), **told, by=amelie, at=LATER)
    assert fresh(stub).restricted_at is not None
    assert queries.find(reference=stub.reference, actor=cast.karim.actor()) is None
    assert whole()


def test_one_reply_and_a_pointer_elsewhere_once(cast, kept, stub, amelie, box):
    factories.grievance(kept)
    merged(fresh(kept), stub, amelie)
    final = writing.send(
        complaint=fresh(kept),
        purpose=Purpose.FINAL,
        to="helene.durand@courriel.example",
        subject="Notre réponse",
        text="Nous vous remboursons 49 euros.",
        by=amelie,
        at=LATER,
    )
    assert pointing.point(answer=final, by=TESTS, at=LATER) == []  # it has not left
    left = leave(final)
    [pointer] = pointing.point(answer=left, by=TESTS, at=LATER)
    assert (pointer.complaint_id, pointer.to_address) == (stub.pk, "helene.petit-durand@courriel.example")
    assert kept.reference in pointer.text
    assert stub.reference in pointer.subject
    assert "rembours" not in pointer.text
    assert pointing.point(answer=left, by=TESTS, at=LATER) == []  # ordered twice, it leaves once


def test_two_files_of_one_address_need_no_pointer_but_a_page_that_has_a_key(kept, opened, amelie):
    same, typed = opened(days=1), opened(days=2)
    accesses.give_key(complaint=typed, secret=SECRET, by=TESTS, at=LATER)
    merged(kept, same, amelie)
    merged(fresh(kept), typed, amelie)
    final = writing.send(
        complaint=fresh(kept),
        purpose=Purpose.FINAL,
        to="helene.durand@courriel.example",
        subject="Notre réponse",
        text="Oui.",
        by=amelie,
        at=LATER,
    )
    [pointer] = pointing.point(answer=leave(final), by=TESTS, at=LATER)
    assert (pointer.complaint_id, pointer.way) == (typed.pk, Way.PAGE)
    assert outbox.Purpose(pointer.purpose) is Purpose.POINTER


def ordered() -> list[str]:
    """The answers of which a job waits to say where they are; taken, as if its last try had failed."""
    jobs = ProcrastinateJob.objects.filter(task_name=POINT, status="todo").order_by("id")
    found = [job.args["notice_id"] for job in jobs]
    with connection.cursor() as cursor:  # that table is the queue's own
        cursor.execute("UPDATE procrastinate_jobs SET status = 'failed' WHERE task_name = %s", [POINT])
    return found


def answered(kept, by, state=State.ANSWERED) -> Notice:
    """An answer that has left, of which nothing was said elsewhere."""
    final = writing.send(
        complaint=fresh(kept),
        purpose=Purpose.FINAL,
        to="helene.durand@courriel.example",
        subject="Notre réponse",
        text="Oui.",
        by=by,
        at=LATER,
    )
    write_action(quiet="a test")(lambda: Complaint.objects.filter(pk=kept.pk).update(state=state))()
    return leave(final)


@pytest.fixture
def _then(monkeypatch):
    monkeypatch.setattr(outbox_tasks, "now", lambda: LATER + timedelta(days=1))


@pytest.mark.usefixtures("_then")
def test_a_pointer_that_was_lost_is_found_and_written_once(kept, stub, amelie, box):
    factories.grievance(kept)
    merged(fresh(kept), stub, amelie)
    answer = answered(kept, amelie)
    ordered()
    outbox_tasks.sweep_pointers(0)
    outbox_tasks.sweep_pointers(0)  # one waits already
    assert ordered() == [str(answer.pk)]
    outbox_tasks.sweep_pointers(0)  # that one failed too
    [again] = ordered()
    outbox_tasks.point(notice_id=again)
    outbox_tasks.point(notice_id=again)
    assert [one.complaint_id for one in Notice.objects.filter(purpose=Purpose.POINTER)] == [stub.pk]
    outbox_tasks.sweep_pointers(0)
    assert ordered() == []


@pytest.mark.usefixtures("_then")
@pytest.mark.parametrize("state", [State.REOPENED, State.WITHDRAWN])
def test_no_pointer_is_found_for_a_file_that_waits_for_another_answer_or_for_none(kept, stub, amelie, box, state):
    factories.grievance(kept)
    merged(fresh(kept), stub, amelie)
    answered(kept, amelie, state)
    outbox_tasks.sweep_pointers(0)
    assert ordered() == []


@pytest.mark.usefixtures("_then")
def test_a_file_that_joined_after_the_answer_left_is_told_nothing_of_it(kept, stub, amelie, box):
    factories.grievance(kept)
    answer = answered(kept, amelie, State.REOPENED)
    merged(fresh(kept), stub, amelie, at=LATER + timedelta(hours=1))
    write_action(quiet="a test")(lambda: Complaint.objects.filter(pk=kept.pk).update(state=State.ANSWERED))()
    outbox_tasks.sweep_pointers(0)
    assert ordered() == []
    assert pointing.point(answer=answer, by=TESTS, at=LATER) == []


@pytest.mark.usefixtures("_then")
def test_a_pointer_that_nobody_found_for_a_month_stays_unwritten(kept, stub, amelie, box, monkeypatch):
    factories.grievance(kept)
    merged(fresh(kept), stub, amelie)
    answered(kept, amelie)
    monkeypatch.setattr(outbox_tasks, "now", lambda: LATER + outbox.POINTED_WITHIN + timedelta(hours=1))
    outbox_tasks.sweep_pointers(0)
    assert ordered() == []


def test_nothing_is_written_in_a_stub_but_what_its_people_send(kept, stub, amelie):
    grievance = factories.grievance(stub)
    merged(kept, fresh(stub), amelie)
    with pytest.raises(rules.ClosedFile):
        dossiers.take(complaint=stub, by=amelie, at=LATER)
    with pytest.raises(rules.ClosedFile):
        resolution.decide(grievance=grievance, outcome=Outcome.UPHELD, reasons="Vrai.", cause="", by=amelie, at=LATER)


def test_chains_are_undone_from_the_last_and_cycles_cannot_be_made(kept, stub, opened, amelie):
    third = opened(days=3)
    first = merged(kept, stub, amelie)
    second = merged(fresh(third), fresh(kept), amelie)
    assert queries.kept_of(fresh(stub)) == third
    assert set(queries.family(third)) == {third.pk, kept.pk, stub.pk}
    with pytest.raises(KeptNotOpen):
        merged(fresh(stub), fresh(third), amelie)
    with pytest.raises(KeptMoved):
        merging.separate(merge=first, by=amelie, at=LATER)
    merging.separate(merge=second, by=amelie, at=LATER)
    merging.separate(merge=first, by=amelie, at=LATER)
    assert queries.family(third) == [third.pk]
    with pytest.raises(NotMerged):
        merging.separate(merge=first, by=amelie, at=LATER)
    assert whole()


def test_a_danger_told_in_the_stub_jumps_the_queue_of_the_kept_file_until_they_part(kept, opened, amelie):
    stub = opened(is_safety=True)
    merge = merged(kept, stub, amelie)
    assert fresh(kept).is_safety
    merging.separate(merge=merge, by=amelie, at=LATER)
    assert (fresh(kept).is_safety, fresh(stub).is_safety) == (False, True)
    assert whole()


def test_a_file_that_was_answered_is_merged_and_comes_back_as_it_was(kept, stub, amelie):
    resolution.withdraw(complaint=kept, reason="Au téléphone.", by=amelie, at=LATER)
    closed_at = fresh(kept).closed_at
    merge = merged(kept=stub, stub=fresh(kept), by=amelie)
    merging.separate(merge=merge, by=amelie, at=LATER + timedelta(days=9))
    assert (fresh(kept).state, fresh(kept).closed_at) == (State.WITHDRAWN, closed_at)
    assert not [one for one in clocks.running(fresh(kept)) if one.is_open]
    assert whole()


def test_what_changed_meanwhile_is_not_merged_unseen(kept, stub, amelie):
    seen = fresh(stub).version
    dossiers.note(complaint=stub, text="Elle rappelle.", by=amelie, at=LATER)
    with pytest.raises(Stale):
        merging.merge(kept=kept, stub=stub, seen_stub=seen, by=amelie, at=LATER)
    assert fresh(stub).state == State.RECEIVED


def test_a_preview_tells_what_would_be_kept_and_sent_and_writes_nothing(kept, stub, amelie):
    factories.grievance(stub, title="Personne ne répond", category="customer_service.slow_response")
    told = matching.preview(kept=fresh(stub), stub=kept)
    assert told.moves_due
    assert told.due_at == fresh(kept).next_due_at
    told = matching.preview(kept=fresh(kept), stub=fresh(stub))
    assert not told.moves_due
    assert [one.title for one in told.points] == ["Personne ne répond"]
    assert [(one.way, one.to) for one in told.pointed] == [(Way.EMAIL, "helene.petit-durand@courriel.example")]
    assert not Merge.objects.exists()


def test_a_link_stays_two_files_and_different_is_remembered_until_it_is_taken_back(kept, stub, amelie):
    pair = answering.link(one=kept, other=stub, by=amelie, at=LATER)
    assert answering.link(one=stub, other=kept, by=amelie, at=LATER) == pair
    assert (fresh(kept).state, fresh(stub).state) == (State.RECEIVED, State.RECEIVED)
    assert "linked" in codes(kept)
    assert "linked" in codes(stub)
    answering.take_back(pair=pair, by=amelie, at=LATER)
    answering.tell_apart(one=kept, other=stub, by=amelie, at=LATER)
    assert Pair.objects.get().answer == Answer.DIFFERENT
    assert matching.pairs_of(kept, actor=amelie) == []
    assert whole()
