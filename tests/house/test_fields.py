"""A right taken is gone at the next request, and a form writes the fields that it shows and no other."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import models
from django.test import Client

from doleance.accounts import actions as accounts
from doleance.accounts.models import Team, User
from doleance.accounts.rules import Role
from doleance.complaints.actions import dossiers
from doleance.complaints.models import Complaint, Grievance
from tests import cast as people
from tests.cast import MORNING, TESTS
from tests.house import test_routes as routes
from tests.house.test_routes import DOERS, DOORS, address, data, forgotten
from tests.house.test_secrecy import visiting

world = routes.world

# Somebody whose session is open becomes what somebody else is: from the next request on, the table of that one holds.
BECOMES = ["chloe", "ines", "karim", "nadia", "paul"]
# What is one person's own, whatever their role: a batch made, one's account.
THEIRS = {"bulk_report", "bulk_undo"}


@pytest.mark.parametrize("who", BECOMES)
def test_a_role_or_a_team_that_changed_is_in_force_at_the_next_request(cast, world, enter, subtests, who):
    """Bruno leads the team and is signed in; he becomes an agent elsewhere, an auditor, an administrator…"""
    client, other = enter(cast.bruno), getattr(cast, who)
    assert client.get(address("dossier", world)).status_code == 200
    told = {"roles": {Role(role) for role in other.roles}, "teams": list(other.teams.all())}
    accounts.change_user(
        user=cast.bruno, name=cast.bruno.name, is_active=True, is_away=False, **told, by=TESTS, at=MORNING
    )
    for name in sorted(set(DOORS) - THEIRS):
        with subtests.test(name=name), forgotten():
            response = same(client).get(address(name, world))
            assert response.status_code == 405 or (response.status_code != 404) is (who in DOORS[name])
    for name, doers in sorted(DOERS.items()):
        if name not in THEIRS:
            with subtests.test(name=name, does=True), forgotten():
                response = same(client).post(address(name, world), data(name, world))
                done = response.status_code != 404 and response.headers.get("X-Refusal") != "not_allowed"
                assert done is (who in doers)


def same(client: Client) -> Client:
    """The same browser: its session is the one that was opened before."""
    found = Client()
    found.cookies.update(client.cookies)
    return found


# Columns that nobody sets by a form, or that a form of another address sets: each is sent with a value of its own.
MODELS: tuple[type[models.Model], ...] = (Complaint, Grievance, User)
MORE = {"by", "at", "author", "author_id", "actor", "is_superuser", "is_staff", "granted", "complaint", "complaint_id"}
MORE |= {"state_moved", "to_address", "to_normal", "attempts", "sent_at", "verified", "proved", "written_at"}
# Of those names, the ones that the form of an address does read, by hand: its own business, checked by its own rules.
READS: dict[str, set[str]] = {
    "phone": {"team", "name", "email", "language", "expected", "wanted", "earlier", "title", "capacity"},
    "counter": {"name", "email"},
    "saved_view_save": {"team"},
    "grievance_add": {"quote", "exchange", "wanted"},
    "grievance_correct": {"wanted", "cause"},
    "grievance_decide": {"reasons", "cause"},
    "dossier_status": {"title"},
    "quarantined_open": {"name"},
    "setup_add_person": {"teams"},
    "setup_person": {"is_away"},
    "setup_api": {"teams", "entity"},
    "setup_api_key": {"entity"},
    "setup_teams": {"entity"},
    "setup_mailbox": {"team"},
    "setup_add_mailbox": {"team"},
}


def hostile(name: str, form: dict[str, Any], strangers: dict[str, str]) -> dict[str, str]:
    """What is added to the form of an address: a value for each column that it does not read."""
    columns = {field.attname: field for model in MODELS for field in model._meta.concrete_fields}
    columns |= {field.name: field for model in MODELS for field in model._meta.concrete_fields}
    wanted = {**columns, **dict.fromkeys(sorted(MORE))}
    spared = {"id", "password", "seen", *form, *READS.get(name, set())}
    return {
        column: value_for(column, place, wanted[column], strangers)
        for place, column in enumerate(sorted(wanted))
        if column not in spared
    }


def value_for(column: str, place: int, field: models.Field | None, strangers: dict[str, str]) -> str:
    """A value of the shape of the column that stands nowhere else."""
    if isinstance(field, models.ForeignKey):
        return strangers.get(field.related_model.__name__, f"intrus-{column}")
    if isinstance(field, models.DateTimeField):
        return (STRANGE_DAY + timedelta(days=place)).isoformat()
    if isinstance(field, models.IntegerField):
        return str(STRANGE_NUMBER + place)
    if isinstance(field, models.BooleanField):
        return "on"
    return {"roles": Role.ADMINISTRATOR.value, "state": "closed", "outcome": "upheld"}.get(column, f"intrus-{column}")


STRANGE_DAY, STRANGE_NUMBER = datetime(1971, 1, 1, tzinfo=UTC), 30_000


def kept(strangers: dict[str, str]) -> Iterator[str]:
    """Each place of the database that holds one of those values."""
    for model in apps.get_app_config("doleance").get_models():
        columns = [field.attname for field in model._meta.concrete_fields]
        for row in model._base_manager.values_list(*columns):
            for column, value in zip(columns, row, strict=True):
                if is_strange(model, column, value, strangers):
                    yield f"{model.__name__}.{column} = {value}"


def is_strange(model: type[models.Model], column: str, value: Any, strangers: dict[str, str]) -> bool:
    if isinstance(value, datetime):
        return value.year < 1975
    if isinstance(value, int) and not isinstance(value, bool):
        return STRANGE_NUMBER <= value < STRANGE_NUMBER + 500
    if column in {"id", "user_id"} and model in {Team, User}:
        return False
    return "intrus-" in str(value) or str(value) in strangers.values()


def standing() -> dict[str, Any]:
    """What no form may change besides its own purpose: who may what, and what is true of the files that are there."""
    users = {
        one.pk: (one.email, one.name, sorted(one.roles), one.is_active, one.is_away, one.sessions_ended)
        for one in User.objects.order_by("pk")
    }
    links = User.teams.through.objects.order_by("pk").values_list("user", "team")
    members = {pk: sorted(str(team) for one, team in links if one == pk) for pk in users}
    marks = ("is_safety", "names_known", "restricted_at", "regimes", "received_at", "entity", "reopened_count")
    files = {row[0]: row for row in Complaint.objects.order_by("pk").values_list("reference", *marks)}
    return {"users": users, "members": members, "files": files}


# What an address is there to change of what stands (of what it makes, the rest stays as it was).
OWN_PURPOSE = {
    "setup_person": {"users", "members"},
    "dossier_circle": {"files"},
    "dossier_rules": {"files"},
}


@pytest.fixture
def strangers(cast, world):
    """A team and a person whom no form of these names."""
    team = accounts.save_team(team=None, entity=cast.entity, name="Intruse", by=TESTS, at=MORNING)
    user = people.colleague("Ida Intruse", {Role.AGENT}, [team])
    return {"Team": str(team.pk), "User": str(user.pk)}


def test_a_form_writes_what_it_shows_and_nothing_else(cast, world, strangers, enter, subtests):
    """To each act, the names of columns that its form has not: nothing of them is kept, nobody's rights change."""
    known = set(kept(strangers))  # that the stranger is there
    for name, doers in DOERS.items():
        with subtests.test(name=name), forgotten():
            before, form = standing(), data(name, world)
            client = enter(getattr(cast, min(doers)))
            response = client.post(address(name, world), form | hostile(name, form, strangers))
            refusal = response.headers.get("X-Refusal", "")
            assert response.status_code != 422 or refusal, "the form reads one of these names: say so in READS"
            assert set(kept(strangers)) == known
            after = standing()
            for what in set(before) - OWN_PURPOSE.get(name, set()):
                assert {key: after[what].get(key) for key in before[what]} == before[what], what


@pytest.mark.parametrize("name", ["phone", "saved_view_save", "dossier_assign"])
def test_a_team_or_a_person_that_is_not_offered_is_not_chosen(cast, world, strangers, enter, name):
    """Where a form reads a team, it is one of those that it shows: never one that somebody wrote into the request."""
    known, form = set(kept(strangers)), data(name, world)
    chosen = {"team": strangers["Team"], "to": f"{uuid4()}:{strangers['User']}"}
    assert enter(cast.amelie).post(address(name, world), form | chosen).status_code == 422
    assert set(kept(strangers)) == known


def test_what_is_kept_of_a_strange_value_is_seen(cast, world, strangers):
    complaint = Complaint.objects.get(reference=world["reference"])
    team, known = Team.objects.get(pk=strangers["Team"]), set(kept(strangers))
    dossiers.assign(complaint=complaint, owner=None, team=team, by=TESTS, at=MORNING)
    assert f"Complaint.team_id = {team.pk}" in set(kept(strangers)) - known


FOLLOW = {
    "portal_follow_add": {"text": "Un mot.", "once": "7b0f4d3a-0000-4000-8000-000000000001"},
    "portal_follow_point": {"wanted": "Un remboursement.", "once": "7b0f4d3a-0000-4000-8000-000000000002"},
    "portal_follow_confirm": {},
    "portal_follow_withdraw": {"once": "7b0f4d3a-0000-4000-8000-000000000003"},
    "portal_follow_contest": {"text": "Non.", "once": "7b0f4d3a-0000-4000-8000-000000000004"},
}


def test_a_complainant_writes_what_their_pages_show_and_nothing_else(cast, world, strangers, subtests):
    complaint = Complaint.objects.get(reference=world["reference"])
    visitor = visiting(complaint)
    known = set(kept(strangers))
    points = {"title", "expected", "wanted", "text", "reason", "files"}  # what these pages are for
    for name, form in FOLLOW.items():
        with subtests.test(name=name), forgotten():
            before = standing()
            extra = {key: value for key, value in hostile(name, form, strangers).items() if key not in points}
            response = same(visitor).post(address(name, world), form | extra)
            assert response.status_code < 500
            assert set(kept(strangers)) == known
            assert standing() == before
