"""Doublons: what the page says, its three keys, and separating again."""

from functools import partial

import pytest
from django.urls import reverse

from doleance.complaints.models import Complaint
from doleance.complaints.rules import State
from doleance.matching import queries
from doleance.matching.actions import answering, merging
from doleance.matching.models import Merge, Pair
from doleance.matching.rules import Answer
from doleance.matching.tasks import compare
from tests import factories
from tests.cast import MORNING, party

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("calendars")]
TEXT = "Ma livraison C-90227 est annulée sans prévenir, j’avais posé ma journée."


@pytest.fixture
def pair(cast) -> Pair:
    one = factories.complaint(cast, text=TEXT, title="Livraison annulée")
    two = factories.complaint(cast, text=f"Toujours rien. {TEXT}", party=party("Helene Durant"), title="Rien reçu")
    factories.grievance(two, title="Journée perdue", category="delivery.late")
    compare(one.pk)
    compare(two.pk)
    return Pair.objects.get()


def says(response, *words):
    page = response.content.decode()
    for word in words:
        assert word in page, word
    return True


def test_the_surest_pair_is_shown_side_by_side_and_says_why(amelie, pair):
    page = amelie.get(reverse("pairs"))
    assert page.status_code == 200
    assert says(page, pair.first.reference, pair.second.reference, "Même réclamation", "ême référence")
    assert says(page, '<mark class="same">livraison</mark>', "identique", "s’ajoute", "Ce qui partira")
    assert says(page, 'data-key="U"', 'data-key="D"', 'data-key="L"')


def test_all_that_wait_are_counted_however_many_are_shown(cast, amelie, pair, monkeypatch):
    three = factories.complaint(cast, text=TEXT, title="Encore annulée", party=party("H. Durand"))
    compare(three.pk)
    waiting = queries.count_open(cast.amelie.actor())
    assert waiting > 1
    monkeypatch.setattr(queries, "open_pairs", partial(queries.open_pairs, limit=1))
    page = amelie.get(reverse("pairs"))
    assert page.context["count"] == waiting
    assert says(page, f"1 sur {waiting}")


def test_one_press_merges_and_the_stub_says_where_it_goes_on(amelie, pair):
    answer = amelie.post(reverse("pair_decide", args=[pair.pk]), {"decision": "reunir", "garder": pair.first_id})
    assert answer.url == reverse("pairs")
    assert Complaint.objects.get(pk=pair.second_id).state == State.MERGED
    stub = amelie.get(reverse("dossier", args=[pair.second.reference]))
    assert says(stub, "Ce dossier est réuni à un autre", pair.first.reference, "Séparer à nouveau")
    kept = amelie.get(reverse("dossier", args=[pair.first.reference]))
    assert says(kept, "Toujours rien.", pair.second.reference, "réuni")
    assert says(amelie.get(reverse("pairs")), "Aucun doublon n’attend", "Déjà décidés", "Amélie Rousseau")


def test_the_later_file_may_be_kept(amelie, pair):
    amelie.post(reverse("pair_decide", args=[pair.pk]), {"decision": "reunir", "garder": pair.second_id})
    assert Merge.objects.get().kept_id == pair.second_id


@pytest.mark.parametrize(("decision", "answer"), [("lier", Answer.LINKED), ("distinguer", Answer.DIFFERENT)])
def test_linking_and_telling_apart_are_kept_and_may_be_taken_back(amelie, pair, decision, answer):
    amelie.post(reverse("pair_decide", args=[pair.pk]), {"decision": decision})
    assert Pair.objects.get().answer == answer
    says(amelie.get(reverse("pair", args=[pair.pk])), answer.label)
    assert amelie.post(reverse("pair_take_back", args=[pair.pk])).url == reverse("pair", args=[pair.pk])
    assert Pair.objects.get().answer == Answer.OPEN


def test_separating_shows_what_goes_where_and_does_it(cast, amelie, pair):
    merge = merging.merge(kept=pair.first, stub=pair.second, by=cast.amelie.actor(), at=MORNING)
    page = amelie.get(reverse("parting", args=[merge.pk]))
    assert says(page, "Séparer ces dossiers", "Journée perdue", "Aucun.")
    amelie.post(reverse("parting", args=[merge.pk]))
    assert Complaint.objects.get(pk=pair.second_id).state == merge.state_before
    assert amelie.post(reverse("parting", args=[merge.pk])).headers["X-Refusal"] == "not_merged"


def test_a_file_that_changed_meanwhile_is_not_merged_unseen(amelie, pair):
    seen = {f"vu-{pair.first_id}": pair.first.version - 1}
    told = {"decision": "reunir", "garder": pair.first_id} | seen
    answer = amelie.post(reverse("pair_decide", args=[pair.pk]), told)
    assert (answer.status_code, answer.headers["X-Refusal"]) == (422, "stale")
    assert not Merge.objects.exists()


def test_two_files_are_compared_by_their_references(cast, amelie, pair):
    other = factories.complaint(cast, party=party("Paul Roussel"), title="Autre")
    url = reverse("dossier_bring_together", args=[pair.first.reference])
    made = amelie.post(url, {"autre": other.reference.lower()})
    assert made.url == reverse("pair", args=[Pair.objects.get(second=other).pk])
    assert says(amelie.get(made.url), "Rapprochés à la main")
    assert amelie.post(url, {"autre": "R26-0000-0"}).url.endswith("#doublons")


def test_who_does_not_read_both_files_finds_no_page(cast, enter, chloe, pair):
    assert chloe.get(reverse("pair", args=[pair.pk])).status_code == 404
    assert chloe.post(reverse("pair_decide", args=[pair.pk]), {"decision": "lier"}).status_code == 404
    assert enter(cast.paul).get(reverse("pairs")).status_code == 404
    merge = merging.merge(kept=pair.first, stub=pair.second, by=cast.amelie.actor(), at=MORNING)
    assert chloe.get(reverse("parting", args=[merge.pk])).status_code == 404


def test_a_link_is_told_on_both_files(cast, amelie, pair):
    answering.link(one=pair.first, other=pair.second, by=cast.amelie.actor(), at=MORNING)
    assert says(amelie.get(reverse("dossier", args=[pair.first.reference])), "lié, sans être réuni")
    assert says(amelie.get(reverse("dossier", args=[pair.second.reference])), "lié, sans être réuni")
