"""Settings: what the machine proposes and what it was worth; whom each category goes to."""

import pytest
from django.urls import reverse

from doleance.complaints.models import Grievance
from doleance.intake.actions import proposing
from doleance.routing.models import TeamRule
from doleance.understanding import actions as understanding
from doleance.understanding.models import SavedReading, Trust
from doleance.understanding.rules import MessageKind
from tests.cast import MORNING
from tests.intake.test_reading import arrived, run_jobs
from tests.staff.reading import main_of
from tests.understanding.conftest import reads
from tests.understanding.readings import MODEL

__all__ = ["reads"]


def test_a_house_where_nothing_was_read_says_so(cast, calendars, enter):
    page = main_of(enter(cast.nadia).get(reverse("setup_reading")))
    assert "Aucun grief n’est confié d’office" in page
    assert "Aucun message n’a encore été lu." in page
    assert "La lecture est coupée" in page
    assert "Par catégorie" not in page


def test_figures_come_from_what_people_made_of_proposals(cast, calendars, reads, enter):
    _, complaint = arrived(cast)
    run_jobs()
    amelie = cast.amelie.actor()
    griefs = list(Grievance.objects.select_related("complaint__entity").order_by("number"))
    proposing.accept(grievance=griefs[0], by=amelie, at=MORNING)
    proposing.accept(grievance=griefs[1], category="customer_service", by=amelie, at=MORNING)
    proposing.drop(grievance=griefs[2], by=amelie, at=MORNING)
    message = SavedReading.objects.get().message_id
    kind = MessageKind.ENQUIRY
    understanding.say_kind(complaint=complaint, message_id=message, kind=kind, by=amelie, at=MORNING)
    page = " ".join(main_of(enter(cast.nadia).get(reverse("setup_reading"))).split())
    assert '<dt>Accepté</dt><dd class="num">1</dd>' in page
    assert '<dt>Corrigé</dt><dd class="num">1</dd>' in page
    assert '<dt>Écarté</dt><dd class="num">1</dd>' in page
    assert '<th scope="row">Toutes les catégories</th><td class="num">3</td><td class="num">2</td>' in page
    assert '<td class="num">33,3 %</td><td class="num">50,0 %</td>' in page
    assert "Lu « Facturation et paiement », retenu « Service à la clientèle »" in page
    assert "Lu « Service à la clientèle », retenu « rien, écarté »" in page
    assert "Lu « Réclamation », dit « Question »" in page
    assert MODEL in page
    assert "facturé" not in page  # not a word of anybody's


def test_the_precision_is_asked_for_and_measured_at_once(cast, calendars, enter):
    client = enter(cast.nadia)
    assert client.post(reverse("setup_reading"), {"precision": "90"}).status_code == 302
    assert Trust.objects.get().precision == 900
    refused = client.post(reverse("setup_reading"), {"precision": "12"})
    assert refused.status_code == 422
    assert Trust.objects.get().precision == 900


def test_a_gate_that_was_measured_is_told(cast, calendars, enter, monkeypatch):
    monkeypatch.setattr(understanding.proposals, "gate", lambda *_, **__: (812, 964, 140))
    understanding.ask_precision(precision=950, by=cast.nadia.actor(), at=MORNING)
    page = main_of(enter(cast.nadia).get(reverse("setup_reading")))
    assert "Au-dessus d’une confiance de 81,2 %" in page
    assert "Précision mesurée : 96,4 %, sur 140 propositions jugées." in page


def test_each_category_goes_to_the_team_that_was_chosen(cast, calendars, enter):
    client = enter(cast.nadia)
    told = {"team-delivery": str(cast.logistics.pk), "team-delivery.lost": str(cast.team.pk)}
    assert client.post(reverse("setup_routing"), told).status_code == 302
    rules = TeamRule.objects.order_by("category_id").values_list("category_id", "team__name")
    assert list(rules) == [("delivery", "Logistique"), ("delivery.lost", "Relation client")]
    assert "selected" in main_of(client.get(reverse("setup_routing")))
    client.post(reverse("setup_routing"), {"team-delivery": str(cast.logistics.pk)})
    assert list(TeamRule.objects.values_list("category_id", flat=True)) == ["delivery"]


def test_a_team_that_is_none_is_refused(cast, calendars, enter):
    answer = enter(cast.nadia).post(reverse("setup_routing"), {"team-delivery": str(cast.nadia.pk)})
    assert answer.status_code == 422
    assert not TeamRule.objects.exists()


@pytest.mark.parametrize("name", ["setup_reading", "setup_routing"])
def test_only_who_changes_settings_sees_them(cast, calendars, enter, name):
    for who in (cast.amelie, cast.bruno, cast.ines, cast.paul):
        assert enter(who).get(reverse(name)).status_code == 404
