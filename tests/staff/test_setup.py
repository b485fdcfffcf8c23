"""Settings pages: the company, teams, people, mailboxes; who opens them, what they refuse, what they leave."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from django.test import Client

from doleance.accounts import actions as accounts
from doleance.accounts import queries
from doleance.accounts.models import Team, User
from doleance.accounts.rules import Role
from doleance.audit.models import AuditEvent
from doleance.complaints.actions import dossiers as complaints
from doleance.complaints.models import Complaint
from tests import factories
from tests.cast import MORNING, TESTS, Cast

Enter = Callable[[User], Client]
PAGES = (
    "/reglages/",
    "/reglages/courriel/",
    "/reglages/courriel/ajouter/",
    "/reglages/calendriers/",
    "/reglages/referentiels/",
    "/reglages/equipes/",
    "/reglages/personnes/",
    "/reglages/personnes/inviter/",
)


def codes(stream: str) -> list[str]:
    return [event.code for event in AuditEvent.objects.filter(stream=stream).order_by("seq")]


@pytest.mark.parametrize("path", PAGES)
def test_settings_exist_for_administrators_only(cast: Cast, calendars: None, enter: Enter, path: str) -> None:
    assert enter(cast.nadia).get(path).status_code == 200
    for person in (cast.amelie, cast.bruno, cast.chloe, cast.ines, cast.paul, cast.karim):
        assert enter(person).get(path).status_code == 404
    assert Client().get(path).status_code == 302


def test_the_company_is_changed_and_the_journal_says_so(cast: Cast, calendars: None, enter: Enter) -> None:
    told = {"name": "Maison Lavergne", "time_zone": "Indian/Reunion", "calendar": "FR", "mediator": "M. Médiateur"}
    assert enter(cast.nadia).post("/reglages/", told).status_code == 302
    entity = queries.entity()
    assert (entity.name, entity.time_zone, entity.mediator) == ("Maison Lavergne", "Indian/Reunion", "M. Médiateur")
    assert codes("settings")[-1] == "entity_changed"


def test_a_wrong_answer_keeps_what_was_typed(cast: Cast, calendars: None, enter: Enter) -> None:
    told = {"name": "Maison Lavergne", "time_zone": "Mars/Olympus", "calendar": "FR", "mediator": "Gardez-moi"}
    page = enter(cast.nadia).post("/reglages/", told)
    assert page.status_code == 422
    assert "Gardez-moi" in page.content.decode()
    assert queries.entity().name == "Mon entreprise"


def test_a_team_is_added_renamed_and_never_doubled(cast: Cast, enter: Enter) -> None:
    browser = enter(cast.nadia)
    assert browser.post("/reglages/equipes/", {"name": " Technique "}).status_code == 302
    team = Team.objects.get(name="Technique")
    page = browser.post("/reglages/equipes/", {"name": "technique"})
    assert page.status_code == 422
    assert "Une équipe porte déjà ce nom" in page.content.decode()
    assert browser.post(f"/reglages/equipes/{team.pk}/", {"name": "Atelier"}).status_code == 302
    assert Team.objects.get(pk=team.pk).name == "Atelier"


def test_an_invitation_lets_its_person_in_once(cast: Cast, enter: Enter) -> None:
    browser = enter(cast.nadia)
    told = {
        "name": "Sofia Lind",
        "email": "Sofia.Lind@maison.example",
        "roles": ["agent"],
        "teams": [str(cast.team.pk)],
    }
    page = browser.post("/reglages/personnes/inviter/", told)
    link = page.context["link"]
    assert link in page.content.decode()
    path = urlsplit(link).path
    guest = Client()
    assert guest.get(path).status_code == 200
    assert guest.get(path).status_code == 200, "opening the link spends nothing: mail scanners follow links"
    weak = guest.post(path, {"password": "123"})
    assert weak.status_code == 422
    assert guest.post(path, {"password": "une phrase assez longue"}).status_code == 302
    sofia = User.objects.get(email="sofia.lind@maison.example")
    assert sofia.has_usable_password()
    assert "signed_in" in codes(sofia.journal_stream)
    again = Client().post(path, {"password": "une autre phrase longue"})
    assert again.status_code == 422
    assert "Ce lien ne sert plus" in again.content.decode()


def test_an_address_is_one_person(cast: Cast, enter: Enter) -> None:
    told = {"name": "Autre", "email": cast.amelie.email.upper(), "roles": ["agent"]}
    page = enter(cast.nadia).post("/reglages/personnes/inviter/", told)
    assert page.status_code == 422
    assert "Cette adresse est déjà celle de Amélie Rousseau" in page.content.decode()


def test_a_person_without_a_role_is_refused(cast: Cast, enter: Enter) -> None:
    page = enter(cast.nadia).post("/reglages/personnes/inviter/", {"name": "Autre", "email": "autre@maison.example"})
    assert page.status_code == 422
    assert not User.objects.filter(email="autre@maison.example").exists()


def test_the_last_administrator_stays(cast: Cast, enter: Enter) -> None:
    told = {"name": cast.nadia.name, "roles": [Role.AGENT], "teams": [], "is_active": "on"}
    page = enter(cast.nadia).post(f"/reglages/personnes/{cast.nadia.pk}/", told)
    assert page.status_code == 422
    assert User.objects.get(pk=cast.nadia.pk).roles == [Role.ADMINISTRATOR]


def test_a_right_is_gone_at_the_next_request(cast: Cast, calendars: None, enter: Enter) -> None:
    complaint = factories.complaint(cast)
    amelie = enter(cast.amelie)
    assert amelie.get(f"/dossiers/{complaint.reference}/").status_code == 200
    told = {"name": cast.amelie.name, "roles": ["expert"], "teams": [str(cast.team.pk)], "is_active": "on"}
    enter(cast.nadia).post(f"/reglages/personnes/{cast.amelie.pk}/", told)
    assert amelie.get(f"/dossiers/{complaint.reference}/").status_code == 404


def test_what_somebody_leaves_is_shown_before_it_moves(cast: Cast, enter: Enter) -> None:
    complaint = complaints.take(complaint=factories.complaint(cast), by=cast.amelie.actor(), at=MORNING)
    told = {"name": cast.amelie.name, "roles": ["agent"], "teams": [str(cast.team.pk)]}
    browser, path = enter(cast.amelie), f"/reglages/personnes/{cast.amelie.pk}/"
    page = enter(cast.nadia).post(path, told).content.decode()
    assert "1 dossier ouvert" in page
    assert "Bruno Keller (1 sur 1)" in page
    assert complaint.reference not in page, "who runs the house reads no file"
    assert Complaint.objects.get(pk=complaint.pk).owner_id == cast.amelie.pk
    assert User.objects.get(pk=cast.amelie.pk).is_active
    wrong = enter(cast.nadia).post(path, told | {"decided": "1", "to": str(cast.chloe.pk)})
    assert wrong.status_code == 422
    done = enter(cast.nadia).post(path, told | {"decided": "1", "to": str(cast.bruno.pk)}, follow=True)
    assert "1 dossier confié à Bruno Keller." in done.content.decode()
    assert Complaint.objects.get(pk=complaint.pk).owner_id == cast.bruno.pk
    assert browser.get("/dossiers/").status_code == 302, "whoever left is out at once"


def test_who_is_back_from_an_absence_is_offered_what_was_theirs(cast: Cast, enter: Enter) -> None:
    complaint = complaints.take(complaint=factories.complaint(cast), by=cast.amelie.actor(), at=MORNING)
    told = {"name": cast.amelie.name, "roles": ["agent"], "teams": [str(cast.team.pk)], "is_active": "on"}
    browser, path = enter(cast.nadia), f"/reglages/personnes/{cast.amelie.pk}/"
    away = browser.post(path, told | {"is_away": "on", "decided": "1", "to": "equipe"}, follow=True)
    assert "1 dossier rendu à son équipe." in away.content.decode()
    assert "Oui, 1 dossier" in browser.post(path, told).content.decode()
    back = browser.post(path, told | {"decided": "1", "gives_back": "rendre"}, follow=True)
    assert "1 dossier lui est rendu." in back.content.decode()
    assert Complaint.objects.get(pk=complaint.pk).owner_id == cast.amelie.pk


def test_a_new_invitation_ends_the_earlier_one(cast: Cast, enter: Enter) -> None:
    browser = enter(cast.nadia)
    zoe = accounts.add_user(
        name="Zoé Martin",
        email="zoe.martin@maison.example",
        roles={Role.AGENT},
        teams=[cast.team],
        by=TESTS,
        at=MORNING,
    )
    first = browser.post(f"/reglages/personnes/{zoe.pk}/invitation/").context["link"]
    second = browser.post(f"/reglages/personnes/{zoe.pk}/invitation/").context["link"]
    told = {"password": "une phrase assez longue"}
    assert Client().post(urlsplit(first).path, told).status_code == 422
    assert Client().post(urlsplit(second).path, told).status_code == 302


def test_an_administrator_never_chooses_the_password_of_who_has_one(cast: Cast, enter: Enter) -> None:
    accounts.choose_password(user=cast.chloe, password="une phrase assez longue", by=TESTS, at=MORNING)
    page = enter(cast.nadia).post(f"/reglages/personnes/{cast.chloe.pk}/invitation/")
    assert page.status_code == 422
    assert "a déjà un accès" in page.content.decode()
    assert "access_link_made" not in codes(cast.chloe.journal_stream)
