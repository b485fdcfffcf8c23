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
from doleance.complaints.rules import NotInTeam, Outcome, State
from doleance.kernel.errors import NotAllowed
from doleance.routing.actions import people as actions
from doleance.routing.actions.people import Moved
from doleance.routing.queries import people as queries
from tests.cast import MORNING, TESTS, colleague
from tests.factories import complaint, grievance

pytestmark = pytest.mark.django_db
LATER = MORNING + timedelta(hours=1)


@pytest.fixture
def held(cast) -> Complaint:
    """A file that Amélie answers for."""
    return complaints.take(complaint=complaint(cast), by=cast.amelie.actor(), at=MORNING)


def change(user: User, by, **changes) -> Moved:
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
    assert change(cast.amelie, cast.nadia.actor(), **changes) == Moved(freed=1)
    assert owner(held) is None


def test_a_new_name_frees_nothing(cast, held):
    assert change(cast.amelie, cast.nadia.actor(), name="Amélie R.") == Moved()
    assert owner(held) == cast.amelie


@pytest.mark.parametrize("changes", GONE, ids=str)
def test_an_answered_file_becomes_free_too(cast, held, changes):
    one = grievance(held)
    grievances.settle_grievance(
        complaint=held, grievance=one, outcome=Outcome.UPHELD, reasons="", cause="Casse", by=TESTS, at=MORNING
    )
    for state in (State.DECIDED, State.ANSWERED):
        complaints.move(complaint=held, to=state, by=TESTS, at=MORNING)
    assert change(cast.amelie, cast.nadia.actor(), **changes) == Moved(freed=1)
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
    assert change(cast.amelie, cast.nadia.actor(), is_active=False) == Moved()
    assert owner(held) == cast.amelie


def test_a_refused_change_frees_nothing(cast, held):
    complaints.assign(complaint=held, owner=cast.amelie, team=cast.team, by=TESTS, at=MORNING)
    with pytest.raises(LastAdministrator):
        change(cast.nadia, cast.nadia.actor(), is_active=False)
    with pytest.raises(NotAllowed):
        change(cast.amelie, cast.bruno.actor(), is_active=False)
    assert owner(held) == cast.amelie


def told(user: User) -> list[str]:
    return [event.code for event in audit.history(user.journal_stream)]


@pytest.fixture
def zoe(cast) -> User:
    """An agent of the same team as Amélie."""
    return colleague("Zoé Martin", {Role.AGENT}, [cast.team])


@pytest.mark.parametrize("changes", GONE, ids=str)
def test_files_go_to_the_colleague_who_is_named(cast, held, zoe, changes):
    assert change(cast.amelie, cast.nadia.actor(), to=zoe, **changes) == Moved(given=1)
    assert owner(held) == zoe
    assert "files_handed_over" in told(cast.amelie)
    [*_, event] = audit.history(held.journal_stream)
    assert event.facts["rows"][f"complaint:{held.pk}"]["owner_id"] == str(zoe.pk)


def test_files_of_a_team_of_which_the_colleague_is_not_go_back_to_it(cast, held):
    assert change(cast.amelie, cast.nadia.actor(), is_away=True, to=cast.chloe) == Moved(freed=1)
    assert owner(held) is None


def test_a_contested_answer_is_not_judged_by_who_gave_it(cast, held, zoe):
    one = grievance(held)
    complaints.release(complaint=held, to=zoe, by=TESTS, at=MORNING)
    grievances.settle_grievance(
        complaint=held, grievance=one, outcome=Outcome.UPHELD, reasons="", cause="Casse", by=TESTS, at=MORNING
    )
    for state in (State.DECIDED, State.ANSWERED, State.CONTESTED):
        complaints.move(complaint=held, to=state, by=TESTS, at=MORNING)
    complaints.release(complaint=held, to=cast.amelie, by=TESTS, at=MORNING)
    assert change(cast.amelie, cast.nadia.actor(), is_away=True, to=zoe) == Moved(freed=1)
    assert owner(held) is None


@pytest.mark.parametrize("to_zoe", [True, False])
def test_who_is_back_has_back_what_was_theirs(cast, held, zoe, to_zoe):
    change(cast.amelie, cast.nadia.actor(), is_away=True, to=zoe if to_zoe else None)
    assert queries.to_give_back(cast.amelie, teams=[cast.team]) == [held]
    assert change(cast.amelie, cast.nadia.actor(), gives_back=True) == Moved(returned=1)
    assert owner(held) == cast.amelie
    assert "files_given_back" in told(cast.amelie)
    assert queries.to_give_back(cast.amelie, teams=[cast.team]) == []


def test_what_somebody_took_meanwhile_stays_theirs(cast, held, zoe):
    change(cast.amelie, cast.nadia.actor(), is_away=True)
    complaints.take(complaint=Complaint.objects.get(pk=held.pk), by=zoe.actor(), at=LATER)
    assert queries.to_give_back(cast.amelie, teams=[cast.team]) == []
    assert change(cast.amelie, cast.nadia.actor(), gives_back=True) == Moved()
    assert owner(held) == zoe


def test_who_is_back_may_leave_it_where_it_is(cast, held, zoe):
    change(cast.amelie, cast.nadia.actor(), is_away=True, to=zoe)
    assert change(cast.amelie, cast.nadia.actor()) == Moved()
    assert owner(held) == zoe
    assert queries.to_give_back(cast.amelie, teams=[cast.team]) == []


def test_a_preview_counts_by_team_and_names_who_could(cast, held, zoe):
    away: dict[str, Any] = {"roles": {Role.AGENT}, "teams": [cast.team], "is_active": True, "is_away": True}
    files = queries.left_behind(cast.amelie, **away)
    shown = queries.departure(cast.amelie, files)
    assert (shown.count, shown.teams) == (1, (("Relation client", 1),))
    assert [(one.user, one.count) for one in shown.successors] == [(cast.bruno, 1), (zoe, 1)]
    assert not queries.left_behind(cast.amelie, **(away | {"is_away": False}))


def test_nobody_may_be_given_a_file_of_another_team(cast, held):
    with pytest.raises(NotInTeam):
        complaints.release(complaint=held, to=cast.chloe, by=TESTS, at=LATER)
    assert owner(held) == cast.amelie
