"""Many files at once, on screen: ticked, previewed, done, told, taken back."""

from datetime import timedelta

import pytest

from doleance.complaints.actions import dossiers as complaints
from doleance.complaints.models import Complaint
from doleance.complaints.rules import State
from doleance.kernel.clock import now
from doleance.kernel.ids import uuid7
from doleance.routing import rules
from doleance.routing.models import Batch
from tests.cast import TESTS
from tests.factories import complaint
from tests.staff.reading import text

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(cast):
    """Two files that can be taken and one that is over."""
    made = [complaint(cast, received_at=now()) for _ in range(3)]
    complaints.move(complaint=made[2], to=State.WITHDRAWN, by=TESTS, at=now())
    return [one.reference for one in made]


def test_the_preview_says_how_many_change_and_why_others_do_not(amelie, three):
    response = amelie.post("/dossiers/lot/", {"act": "prendre", "dossier": three, "liste": "?vue=tous"})
    page = text(response)
    assert response.status_code == 200
    assert "2 sur 3" in page
    assert "<b>1</b> · verrouillé, car terminé" in page
    assert "Changer 2 dossiers" in page
    assert 'href="/dossiers/?vue=tous"' in page
    assert not Batch.objects.exists()


def test_a_target_is_chosen_first(cast, amelie, three):
    page = text(amelie.post("/dossiers/lot/", {"act": "confier", "dossier": three}))
    assert "Choisir une personne" in page
    assert "Changer 2 dossiers" not in page
    told = {"act": "confier", "dossiers": ",".join(three), "to": f"{cast.team.pk}:{cast.bruno.pk}"}
    assert "Changer 2 dossiers" in text(amelie.post("/dossiers/lot/", told))


def test_it_is_done_and_told_over_the_list_with_a_way_back(cast, amelie, three, monkeypatch):
    monkeypatch.setattr(rules, "UNDO", timedelta(hours=1))  # however slow this machine is
    once = uuid7()
    told = {"act": "equipe", "dossiers": ",".join(three), "to": f"{cast.logistics.pk}:", "once": str(once)}
    done = amelie.post("/dossiers/lot/faire/", told | {"liste": "vue=tous&tri=recu"})
    assert done["Location"] == f"/dossiers/?vue=tous&tri=recu&lot={once}"
    page = text(amelie.get(done["Location"]))
    assert "2 sur 3 : c’est fait. Les autres sont restés comme ils étaient." in page
    assert f"/dossiers/lot/{once}/annuler/" in page
    undone = amelie.post(f"/dossiers/lot/{once}/annuler/")
    assert undone["Location"] == f"/dossiers/lot/{once}/"
    assert "<b>2</b> · rendu à qui l’avait" in text(amelie.get(undone["Location"]))
    assert set(Complaint.objects.order_by("id").values_list("team", flat=True)) == {cast.team.pk}


def test_the_whole_list_follows_its_conditions(amelie, cast, three):
    response = amelie.post("/dossiers/lot/", {"act": "prendre", "tout": "1", "liste": "?etat=retire"})
    assert response.context["whole"] == 1
    response = amelie.post("/dossiers/lot/", {"act": "prendre", "tout": "1", "liste": ""})
    assert response.context["whole"] == 2


def test_beyond_a_hundred_the_report_waits(amelie, three, monkeypatch):
    monkeypatch.setattr(rules, "AT_ONCE", 1)
    done = amelie.post("/dossiers/lot/faire/", {"act": "prendre", "dossiers": ",".join(three)})
    assert done["Location"].startswith("/dossiers/lot/")
    page = text(amelie.get(done["Location"]))
    assert "0 sur 3, en cours" in page
    assert "<progress" in page


def test_nothing_ticked_is_said(amelie, three):
    response = amelie.post("/dossiers/lot/", {"act": "prendre"})
    assert response.status_code == 422
    assert "Cochez au moins un dossier" in text(response)


@pytest.mark.parametrize("told", [{}, {"act": "détruire"}, {"act": "confier", "to": "x:y"}, {"once": "x"}])
def test_a_form_of_another_shape_changes_nothing(amelie, three, told):
    for address in ("/dossiers/lot/", "/dossiers/lot/faire/"):
        assert amelie.post(address, {"dossiers": three[0]} | told).status_code == 422
    assert not Batch.objects.exists()


def test_a_batch_is_its_author_s(amelie, enter, cast, three):
    once = uuid7()
    amelie.post("/dossiers/lot/faire/", {"act": "prendre", "dossiers": ",".join(three), "once": str(once)})
    assert "<b>1</b> · verrouillé, car terminé" in text(amelie.get(f"/dossiers/lot/{once}/"))
    assert enter(cast.bruno).get(f"/dossiers/lot/{once}/").status_code == 404
    assert amelie.post(f"/dossiers/lot/{once}/annuler/").status_code == 422


def test_who_only_reads_ticks_nothing(enter, cast, three):
    client = enter(cast.ines)
    assert 'name="dossier"' not in text(client.get("/dossiers/"))
    response = client.post("/dossiers/lot/", {"act": "prendre", "dossier": three})
    assert response["X-Refusal"] == "not_allowed"


def test_who_comes_by_the_address_goes_to_the_list(amelie, three):
    assert amelie.get("/dossiers/lot/")["Location"] == "/dossiers/"
    assert amelie.get("/dossiers/lot/faire/")["Location"] == "/dossiers/"
