"""Which files are compared, what is proposed, and what never is again."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django.models import ProcrastinateJob

from doleance.audit import actions as audit
from doleance.complaints.actions import circles as circling
from doleance.complaints.actions import dossiers
from doleance.kernel import clock
from doleance.matching import queries, tasks
from doleance.matching.actions import answering, merging
from doleance.matching.models import Pair, Traits
from doleance.matching.rules import NAME_WINDOW, SURE_WINDOW, Answer
from doleance.understanding.duplicates.score import Reason, Relation
from doleance.understanding.duplicates.traits import keys_of
from tests import factories
from tests.cast import MORNING, TESTS, party

pytestmark = pytest.mark.django_db
LATER = MORNING + timedelta(days=3)
FIRST = "Ma livraison C-90227 est annulée sans prévenir, j’avais posé ma journée. Rappelez le 06 45 67 89 22."
AGAIN = "Livraison annulée ce matin sans prévenir, j’ai perdu une journée. Commande C-90227."


@pytest.fixture(autouse=True)
def _then(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: LATER)


def file(cast, text, days=0, **changes):
    return factories.complaint(
        cast, text=text, title="Livraison", received_at=MORNING + timedelta(days=days), **changes
    )


def looked(*files):
    return [tasks.compare(one.pk) for one in files]


def test_the_same_matter_by_another_address_is_proposed_once_and_says_why(cast):
    one = file(cast, FIRST)
    two = file(cast, AGAIN, days=1, party=party("Helene Durant"))
    assert looked(one, two) == [0, 1]
    pair = Pair.objects.get()
    assert (pair.first_id, pair.second_id, pair.answer) == (one.pk, two.pk, Answer.OPEN)
    assert pair.relation == Relation.DUPLICATE
    assert Reason.ORDER in [reason for reason, _ in queries.facts_of(pair)]
    assert looked(one, two) == [0, 0]
    assert queries.count_open(cast.amelie.actor()) == 1


def test_another_name_about_the_same_order_is_asked_about_as_one_matter(cast):
    """Whoever of a household writes about an order: who merges sees both names."""
    one = file(cast, FIRST)
    two = file(cast, AGAIN, party=party("Paul Roussel"))
    looked(one, two)
    assert Pair.objects.get().relation == Relation.DUPLICATE


def test_what_was_answered_is_never_proposed_again(cast):
    one, two = file(cast, FIRST), file(cast, AGAIN, days=1)
    looked(one, two)
    by = cast.amelie.actor()
    answering.tell_apart(one=one, other=two, by=by, at=LATER)
    dossiers.note(complaint=one, text="Relu.", by=by, at=LATER)
    assert looked(one, two) == [0, 0]
    assert Pair.objects.get().answer == Answer.DIFFERENT
    assert queries.count_open(by) == 0


def test_a_stub_waits_for_no_answer(cast):
    one, two, three = file(cast, FIRST), file(cast, AGAIN, days=1), file(cast, AGAIN, days=2)
    looked(one, two, three)
    by = cast.amelie.actor()
    assert queries.count_open(by) == 3
    merging.merge(kept=one, stub=two, by=by, at=LATER)
    assert {row.pk for pair in queries.open_pairs(by) for row in (pair.first, pair.second)} == {one.pk, three.pk}


def test_who_does_not_read_both_files_learns_of_no_pair(cast):
    one, two = file(cast, FIRST), file(cast, AGAIN, days=1)
    looked(one, two)
    told = {"inside": [cast.bruno, cast.ines], "concerned": [], "reason": "Discrétion.", "by": cast.bruno.actor()}
    circling.restrict(complaint=two, **told, at=LATER)
    assert queries.count_open(cast.amelie.actor()) == 0
    assert queries.count_open(cast.chloe.actor()) == 0
    assert queries.count_open(cast.bruno.actor()) == 1
    assert queries.pairs_of(one, actor=cast.amelie.actor()) == []


def test_candidates_are_bounded_and_within_their_window(cast):
    one = file(cast, FIRST)
    near = file(cast, "Bonjour.", days=80, party=party("Hélène Durant"))
    far = file(cast, "Bonjour.", days=NAME_WINDOW.days + 5, party=party("Helena Durand"))
    own = file(cast, "Bonjour.", days=SURE_WINDOW.days - 1)
    past = file(cast, "Bonjour.", days=SURE_WINDOW.days + 5)
    for each in (one, near, far, own, past):
        answering.note_traits(complaint=each, keys=keys_of(queries.compared(each)), at=LATER)
    found = queries.candidates(one, keys_of(queries.compared(one)))
    assert set(found) == {near, own}
    assert queries.candidates(one, keys_of(queries.compared(one)), limit=1) == [own]


def test_a_sweep_compares_what_is_open_and_new_or_changed_only(cast):
    one, two = file(cast, FIRST), file(cast, AGAIN, days=1)
    assert set(queries.to_compare(limit=10)) == {one.pk, two.pk}
    tasks.sweep(0)
    assert queries.to_compare(limit=10) == []
    assert Traits.objects.count() == 2
    dossiers.note(complaint=one, text="Elle rappelle.", by=cast.amelie.actor(), at=LATER + timedelta(hours=1))
    assert queries.to_compare(limit=10) == [one.pk]
    assert queries.to_compare(limit=10, since=LATER + timedelta(days=1)) == []


def test_a_sweep_goes_by_pages_each_a_job_and_meets_what_fails_once(cast, monkeypatch):
    """Between two pages others have their turn: the minute's look has the same lock."""
    files = [file(cast, FIRST, days=place, party=party(f"Personne {place}")) for place in range(5)]
    monkeypatch.setattr(tasks, "A_PAGE", 2)
    compared, failing = queries.compared, files[3].pk

    def fails(complaint):
        if complaint.pk == failing:
            raise ValueError
        return compared(complaint)

    monkeypatch.setattr(queries, "compared", fails)
    tasks.sweep(0)
    done, jobs = set(), []
    while True:
        done |= set(Traits.objects.values_list("pk", flat=True))
        later = list(ProcrastinateJob.objects.filter(task_name="matching.sweep").order_by("id")[len(jobs) :])
        if not later:
            break
        jobs += later
        assert len(later) == 1
        assert later[0].lock == "matching"
        assert len(done) <= 2 * len(jobs)
        tasks.sweep(**later[0].args)
    assert len(jobs) == 2
    assert done == {one.pk for one in files} - {failing}


def test_what_is_written_while_a_file_is_compared_is_compared_again(cast, monkeypatch):
    one = file(cast, FIRST)
    compared = queries.compared

    def meanwhile(complaint):
        told = compared(complaint)
        dossiers.note(complaint=complaint, text="Elle rappelle.", by=cast.amelie.actor(), at=LATER)
        return told

    monkeypatch.setattr(queries, "compared", meanwhile)
    tasks.compare(one.pk)
    monkeypatch.undo()
    assert queries.to_compare(limit=10) == [one.pk]
    tasks.compare(one.pk)
    assert queries.to_compare(limit=10) == []


def test_many_candidates_are_asked_for_with_as_few_queries_as_two(cast):
    def asked(complaint):
        with CaptureQueriesContext(connection) as captured:
            found = queries.matches(complaint, queries.compared(complaint))
        return len(found), [query["sql"] for query in captured.captured_queries]

    def added(places):
        for place in places:
            each = file(cast, AGAIN, days=place % 20, party=party(f"Helene Durant {place}"))
            factories.grievance(each)
            answering.note_traits(complaint=each, keys=keys_of(queries.compared(each)), at=LATER)

    one = file(cast, FIRST)
    added(range(2))
    found, few = asked(one)
    assert found == 2
    added(range(2, 14))
    found, many = asked(one)
    assert found == 14
    assert len(many) == len(few) == 8, "\n\n".join(many)


def test_files_are_compared_by_the_same_whether_alone_or_together(cast):
    files = [file(cast, FIRST), file(cast, "x" * 15_000, party=party("Zoé Martin"))]
    files.append(factories.complaint(cast, text=AGAIN, title="Sans nom", party=None))
    for text in ("y" * 15_000, "rien"):
        sent = factories.incoming(cast, text)
        dossiers.add_exchange(complaint=files[1], message=sent, text=text, rule="test", by=TESTS, at=LATER)
    assert queries.compared_all(files) == [queries.compared(one) for one in files]
    assert queries.words_of(files[1]) == "\n".join(["x" * 15_000, "y" * 15_000, "rien"])[: queries.LONGEST]


def test_nothing_is_derived_again_of_who_was_erased(cast):
    one, two = file(cast, FIRST), file(cast, AGAIN, days=1, party=party("Helene Durant"))
    looked(one, two)
    audit.erase(subject=one.party_id, authority="rgpd", article="17-1-b", by="machine:test", at=LATER)
    assert list(Traits.objects.values_list("pk", flat=True)) == [two.pk]
    dossiers.note(complaint=one, text="Elle rappelle.", by=cast.amelie.actor(), at=LATER + timedelta(hours=1))
    assert queries.to_compare(limit=10) == []
    assert looked(one) == [0]
    assert list(Traits.objects.values_list("pk", flat=True)) == [two.pk]


def test_one_file_that_cannot_be_compared_stops_no_other(cast, monkeypatch):
    one, two = file(cast, FIRST), file(cast, AGAIN, days=1)
    compared = queries.compared

    def failing(complaint):
        if complaint.pk == two.pk:
            raise ValueError
        return compared(complaint)

    monkeypatch.setattr(queries, "compared", failing)
    tasks.sweep(0)
    assert list(Traits.objects.values_list("complaint", flat=True)) == [one.pk]


def test_two_files_put_side_by_side_by_hand_wait_for_an_answer(cast):
    one, two = file(cast, "Bonjour."), file(cast, "Autre chose.", days=1, party=party("Paul Roussel"))
    pair = answering.bring_together(one=two, other=one, at=LATER)
    assert (pair.first_id, pair.answer) == (one.pk, Answer.OPEN)
    assert answering.bring_together(one=one, other=two, at=LATER) == pair
