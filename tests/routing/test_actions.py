"""The hand-over of those who leave, go away, or change team: none of their open files points to nobody."""

from datetime import timedelta
from typing import Any

import pytest

from doleance.accounts.models import User
from doleance.accounts.rules import LastAdministrator, Role
from doleance.complaints import actions as complaints
from doleance.complaints.models import Complaint
from doleance.complaints.rules import State
from doleance.kernel.errors import NotAllowed
from doleance.routing import actions
from tests.cast import MORNING, TESTS
from tests.factories import complaint

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


@pytest.mark.parametrize("changes", [{"is_active": False}, {"is_away": True}, {"teams": []}], ids=str)
def test_the_open_files_of_who_is_not_there_become_free(cast, held, changes):
    assert change(cast.amelie, cast.nadia.actor(), **changes) == 1
    assert owner(held) is None


def test_a_new_name_frees_nothing(cast, held):
    assert change(cast.amelie, cast.nadia.actor(), name="Amélie R.") == 0
    assert owner(held) == cast.amelie


def test_what_is_settled_keeps_who_answered_for_it(cast, held):
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
