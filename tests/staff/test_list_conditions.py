"""Conditions of the list: what each lets through, the sentence that says them, and where its parts lead."""

from datetime import timedelta

import pytest

from doleance.accounts import actions as accounts
from doleance.complaints.actions import dossiers as complaints
from doleance.kernel.clock import now
from tests.cast import TESTS
from tests.factories import complaint, grievance
from tests.staff.reading import text

pytestmark = pytest.mark.django_db


@pytest.fixture
def several(cast, file):
    """Files that differ in one thing each, by its name; `mail` is the only one that came by a message."""
    at = now()
    old = complaint(cast, received_at=at - timedelta(days=40), title="old")
    danger = complaint(cast, received_at=at, title="danger", is_safety=True)
    late = complaint(cast, received_at=at, title="late")
    soon = complaint(cast, received_at=at, title="soon")
    mine = complaint(cast, received_at=at, title="mine")
    about = complaint(cast, received_at=at, title="about")
    complaints.note_next(complaint=late, due_at=at - timedelta(hours=1), kind="final")
    complaints.note_next(complaint=soon, due_at=at + timedelta(days=2), kind="final")
    complaints.note_next(complaint=file, due_at=at + timedelta(days=60), kind="final")
    complaints.take(complaint=mine, by=cast.amelie.actor(), at=at)
    grievance(about, category="delivery.late", at=at)
    found = {"old": old, "danger": danger, "late": late, "soon": soon, "mine": mine, "about": about, "mail": file}
    return {name: one.reference for name, one in found.items()}


def shown(client, query):
    response = client.get(f"/dossiers/?{query}")
    assert response.status_code == 200
    return {row.reference for row in response.context["page"].rows}


@pytest.mark.parametrize(
    ("query", "shows"),
    [
        ("etat=en-cours", {"mine", "about"}),
        ("etat=en-cours&etat=clos", {"mine", "about"}),
        ("vue=clos&etat=en-cours", {"mine", "about"}),
        ("canal=courriel", {"mail"}),
        ("canal=telephone", set()),
        ("echeance=retard", {"late"}),
        ("echeance=3j", {"late", "soon"}),
        ("echeance=sans", {"old", "danger", "mine", "about"}),
        ("responsable=moi", {"mine"}),
        ("responsable=amelie-rousseau", {"mine"}),
        ("responsable=personne-de-ce-nom", set()),
        ("responsable=aucun&echeance=retard", {"late"}),
        ("equipe=logistique", set()),
        ("categorie=delivery", {"about"}),
        ("categorie=delivery.late", {"about"}),
        ("categorie=product", set()),
        ("danger=oui", {"danger"}),
        ("canal=courriel&danger=oui", set()),
        ("au=2020-01-01", set()),
    ],
)
def test_each_condition_lets_its_files_through(amelie, several, query, shows):
    assert shown(amelie, query) == {several[name] for name in shows}


def test_receipt_counts_both_days(amelie, several):
    day = (now() - timedelta(days=40)).date()
    around = f"du={day - timedelta(days=1)}&au={day + timedelta(days=1)}"
    assert shown(amelie, around) == {several["old"]}


def test_conditions_never_show_another_team_s_file(cast, chloe, several):
    assert shown(chloe, "equipe=relation-client&vue=tous") == set()
    assert shown(chloe, "responsable=amelie-rousseau&vue=tous") == set()


def test_a_team_of_two_houses_is_told_apart(cast, amelie, several):
    accounts.save_team(team=None, entity=cast.entity, name="Relation-client", by=TESTS, at=now())
    assert shown(amelie, "equipe=relation-client") == set()
    assert shown(amelie, f"equipe=relation-client-{str(cast.team.pk)[-6:]}") == set(several.values())


def test_the_sentence_says_the_conditions(amelie, several):
    page = text(amelie.get("/dossiers/?etat=en-cours&etat=a-prendre&canal=courriel&responsable=moi"))
    assert "l’état est <b>à prendre ou en cours</b>" in page
    assert "le canal est <b>courriel</b>" in page
    assert "<b>courriel</b></span> et</summary>" in page
    assert "le responsable est <b>vous</b>" in page


def test_a_condition_is_added_without_a_script(amelie, several):
    page = text(amelie.get("/dossiers/?etat=en-cours&ouvrir=equipe"))
    assert "l’équipe est <b>au choix</b>" in page
    assert 'name="equipe" value="logistique"' in page
    assert '<input type="hidden" name="etat" value="en-cours">' in page


def test_a_condition_is_taken_away(amelie, several):
    page = amelie.get("/dossiers/?etat=en-cours&danger=oui&tri=recu")
    assert [part.without for part in page.context["sentence"]] == ["?tri=recu&danger=oui", "?tri=recu&etat=en-cours"]


def test_what_is_narrowed_is_counted_whole_and_kept_from_page_to_page(amelie, several, monkeypatch):
    monkeypatch.setattr("doleance.desk.queries.worklist.PAGE", 2)
    response = amelie.get("/dossiers/?echeance=sans")
    assert response.context["total"].number == 4
    assert "echeance=sans" in response.context["next"]
    assert "/?echeance=sans" in text(response)


def test_too_narrow_says_how_to_widen(amelie, several):
    page = text(amelie.get("/dossiers/?canal=guichet&tri=recu"))
    assert "Rien avec ces conditions" in page
    assert 'href="?tri=recu"' in page


def test_one_s_place_follows_the_conditions(amelie, several):
    response = amelie.get(f"/dossiers/{several['soon']}/?echeance=3j")
    place = response.context["place"]
    assert (place.position.number, place.total.number, place.previous) == (2, 2, several["late"])


def test_the_latest_change_comes_first(cast, amelie, several):
    opened = complaints.queries.by_reference(several["old"])
    complaints.rename(complaint=opened, title="Vieille affaire", by=cast.amelie.actor(), at=now())
    response = amelie.get("/dossiers/?tri=changement")
    assert response.context["page"].rows[0].reference == several["old"]
    assert "Changé" in text(response)
