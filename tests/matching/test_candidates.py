"""Which files are compared, what is proposed, and what never is again."""

from datetime import timedelta

import pytest

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
from tests.cast import MORNING, party

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
        answering.note_traits(complaint=each, keys=keys_of(queries.compared(each)))
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
