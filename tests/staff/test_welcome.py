"""First run: one link makes the first person, administrator and lead; then it is over."""

import pytest
from django.test import Client

from doleance.accounts import actions as accounts
from doleance.accounts import queries
from doleance.accounts.models import User
from doleance.accounts.rules import AlreadySetUp
from doleance.kernel.clock import now
from tests.cast import TESTS

ANSWERS = {
    "company": "Maison Lavergne",
    "name": "Paul Estève",
    "email": "paul@lavergne.example",
    "password": "une phrase assez longue",
}


@pytest.fixture
def path(db: None) -> str:
    accounts.ensure_house(by=TESTS, at=now())
    return f"/bienvenue/{accounts.new_setup_link(by=TESTS, at=now())}/"


def test_the_first_person_runs_the_house_and_leads_its_team(path: str) -> None:
    browser = Client()
    assert browser.get(path).status_code == 200
    assert not User.objects.exists(), "opening the link makes nobody"
    assert browser.post(path, ANSWERS).status_code == 302
    user = User.objects.get()
    assert (sorted(user.roles), [team.name for team in user.teams.all()]) == (
        ["administrator", "lead"],
        ["Relation client"],
    )
    assert queries.entity().name == "Maison Lavergne"
    assert browser.get("/reglages/").status_code == 200
    assert browser.get("/dossiers/").status_code == 200
    with pytest.raises(AlreadySetUp):
        accounts.new_setup_link(by=TESTS, at=now())


def test_the_link_works_once(path: str) -> None:
    Client().post(path, ANSWERS)
    again = Client().post(path, ANSWERS | {"email": "autre@lavergne.example"})
    assert again.status_code == 422
    assert User.objects.count() == 1


def test_afterwards_the_link_leads_to_the_door(path: str) -> None:
    Client().post(path, ANSWERS)
    page = Client().get(path, follow=True)
    assert page.redirect_chain[-1][0] == "/connexion/"
    assert "déjà installée" in page.content.decode()


def test_a_newer_link_replaces_the_older(path: str) -> None:
    accounts.new_setup_link(by=TESTS, at=now())
    page = Client().post(path, ANSWERS)
    assert page.status_code == 422
    assert "Ce lien ne sert plus" in page.content.decode()


def test_a_weak_password_is_refused_and_the_rest_kept(path: str) -> None:
    page = Client().post(path, ANSWERS | {"password": "court"})
    assert page.status_code == 422
    assert "paul@lavergne.example" in page.content.decode()
    assert not User.objects.exists()
