"""The hand-over of those who leave, go away, or change team: none of their open files points to nobody."""

from datetime import timedelta
from typing import Any

import pytest

from doleance.accounts.models import User
from doleance.accounts.rules import LastAdministrator, Role
from doleance.audit import queries as audit
from doleance.complaints.actions import dossiers as complaints
from doleance.complaints.actions import grievances
from doleance.complaints.models import Complaint
from doleance.complaints.rules import Outcome, State
from doleance.kernel.errors import NotAllowed
from doleance.routing.actions import people as actions
from tests.cast import MORNING, TESTS
from tests.factories import complaint, grievance

pytestmark = pytest.mark.django_db
LATER = MORNING + timedelta(hours=1)


@pytest.fixture
def held(cast) -> Complaint:
    """A file that Amélie answers for."""
    return complaints.take(complaint=complaint(cast), by=cast.amelie.actor(), at=MORNING)


def change(user: User, by, **changes) -> int:
    told: dict[str, Any] = {
        "name": user.name,
        "roles": {Role(role) for role in user.roles},
        "teams": list(user.teams.all()),
        "is_active": True,
        "is_away": False,
    }
    return actions.change_person(user=user, **(told | changes), by=by, at=LATER)


def owner(file: Complaint) -> User | None:
    return Complaint.objects.select_related("owner").get(pk=file.pk).owner


GONE: list[dict[str, Any]] = [
    {"is_active": False},
    {"is_away": True},
    {"teams": []},
    {"roles": {Role.QUALITY}},
]


@pytest.mark.parametrize("changes", GONE, ids=str)
def test_the_open_files_of_who_is_not_there_become_free(cast, held, changes):
    assert change(cast.amelie, cast.nadia.actor(), **changes) == 1
    assert owner(held) is None


def test_a_new_name_frees_nothing(cast, held):
    assert change(cast.amelie, cast.nadia.actor(), name="Amélie R.") == 0
    assert owner(held) == cast.amelie


@pytest.mark.parametrize("changes", GONE, ids=str)
def test_an_answered_file_becomes_free_too(cast, held, changes):
    one = grievance(held)
    grievances.settle_grievance(
        complaint=held, grievance=one, outcome=Outcome.UPHELD, reasons="", cause="Casse", by=TESTS, at=MORNING
    )
    for state in (State.DECIDED, State.ANSWERED):
        complaints.move(complaint=held, to=state, by=TESTS, at=MORNING)
    assert change(cast.amelie, cast.nadia.actor(), **changes) == 1
    assert owner(held) is None


@pytest.mark.parametrize("changes", GONE, ids=str)
def test_a_reopened_file_is_not_given_back_to_who_is_not_there(cast, held, changes):
    complaints.move(complaint=held, to=State.WITHDRAWN, by=TESTS, at=MORNING, reason="Test")
    change(cast.amelie, cast.nadia.actor(), **changes)
    assert owner(held) == cast.amelie
    complaints.reopen(complaint=held, by=TESTS, at=LATER)
    assert owner(held) is None
    [*_, moved] = audit.history(held.journal_stream)
    assert moved.facts["rows"][f"complaint:{held.pk}"]["owner_id"] is None


def test_a_reopened_file_goes_back_to_who_is_there(cast, held):
    complaints.move(complaint=held, to=State.WITHDRAWN, by=TESTS, at=MORNING, reason="Test")
    complaints.reopen(complaint=held, by=TESTS, at=LATER)
    assert owner(held) == cast.amelie


def test_what_is_over_keeps_who_answered_for_it(cast, held):
    complaints.move(complaint=held, to=State.WITHDRAWN, by=TESTS, at=MORNING, reason="Test")
    assert change(cast.amelie, cast.nadia.actor(), is_active=False) == 0
    assert owner(held) == cast.amelie


def test_a_refused_change_frees_nothing(cast, held):
    complaints.assign(complaint=held, owner=cast.amelie, team=cast.team, by=TESTS, at=MORNING)
    with pytest.raises(LastAdministrator):
        change(cast.nadia, cast.nadia.actor(), is_active=False)
    with pytest.raises(NotAllowed):
        change(cast.amelie, cast.bruno.actor(), is_active=False)
    assert owner(held) == cast.amelie
