"""Closed circles: their rules without a database, and what closing, changing and opening one does."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.accounts.rules import PERMISSIONS, Permission, Role
from doleance.audit import verify
from doleance.audit.models import AuditEvent
from doleance.complaints import circles, queries, rules
from doleance.complaints.actions import circles as actions
from doleance.complaints.actions import dossiers
from doleance.complaints.circles import Person
from doleance.complaints.models import CirclePerson
from doleance.complaints.rules import State
from doleance.kernel.errors import NotAllowed, Stale
from doleance.routing.actions import people as routing
from doleance.routing.queries import people as routes
from tests import cast as people
from tests import factories
from tests.cast import MORNING, TESTS

LATER = MORNING + timedelta(hours=1)
A, B = uuid4(), uuid4()


def person(*roles, teams=(), is_here=True):
    return Person(uuid4(), "Quelqu’un", frozenset(roles), frozenset(teams), is_here)


AGENT, LEAD = person(Role.AGENT, teams=[A]), person(Role.LEAD, teams=[A])
OTHER_AGENT, OTHER_LEAD = person(Role.AGENT, teams=[B]), person(Role.LEAD, teams=[B])
QUALITY, AUDITOR, ADMINISTRATOR = person(Role.QUALITY), person(Role.AUDITOR), person(Role.ADMINISTRATOR)
HOUSE = [AGENT, LEAD, OTHER_AGENT, OTHER_LEAD, QUALITY, AUDITOR, ADMINISTRATOR]


def check(inside, concerned=(), everybody=None):
    circles.check(
        inside=[one.id for one in inside],
        concerned=[one.id for one in concerned],
        everybody=HOUSE if everybody is None else everybody,
    )


def test_the_line_of_somebody_is_the_leads_of_their_teams():
    assert circles.line([AGENT.id], HOUSE) == {AGENT.id, LEAD.id}
    assert circles.line([QUALITY.id], HOUSE) == {QUALITY.id}
    assert circles.line([], HOUSE) == set()


def test_a_circle_that_can_handle_and_answers_for_it_is_made():
    check([OTHER_AGENT, QUALITY], [AGENT])
    check([OTHER_LEAD], [AGENT, LEAD])
    check([AGENT, LEAD])


@pytest.mark.parametrize(
    ("inside", "concerned", "refusal"),
    [
        ([], [], circles.NobodyHandles),
        ([QUALITY, AUDITOR], [], circles.NobodyHandles),
        ([AGENT], [], circles.NobodyOversees),
        ([OTHER_AGENT, QUALITY], [QUALITY], circles.ConcernedInside),
        ([OTHER_AGENT, LEAD], [AGENT], circles.ConcernedInside),  # the lead of who is complained of
        ([OTHER_LEAD, ADMINISTRATOR], [], circles.CannotRead),
        ([OTHER_LEAD, person(Role.EXPERT)], [], circles.CannotRead),
    ],
)
def test_a_circle_that_would_leak_or_bury_is_refused(inside, concerned, refusal):
    with pytest.raises(refusal):
        check(inside, concerned, [*HOUSE, *inside])


def test_who_is_away_handles_and_oversees_nothing():
    away = replace(OTHER_LEAD, is_here=False)
    with pytest.raises(circles.NobodyHandles):
        check([away], [], [away, QUALITY])


def test_in_a_house_where_nobody_could_oversee_who_handles_it_answers_for_it():
    check([OTHER_AGENT], [AGENT], [AGENT, LEAD, OTHER_AGENT])
    with pytest.raises(circles.NobodyOversees):
        check([OTHER_AGENT], [AGENT], [AGENT, LEAD, OTHER_AGENT, QUALITY])


def substitutes(inside, concerned=(), everybody=None, team=A):
    told = {"inside": [one.id for one in inside], "concerned": [one.id for one in concerned], "team": team}
    return list(circles.substitutes(**told, everybody=HOUSE if everybody is None else everybody))


def test_nobody_joins_a_circle_that_can_handle_and_is_overseen():
    assert substitutes([AGENT, LEAD]) == []
    assert substitutes([OTHER_AGENT, QUALITY], [AGENT]) == []


def test_a_circle_that_nobody_oversees_any_more_is_not_left_to_whoever_handles_it():
    assert substitutes([OTHER_AGENT], [AGENT]) == [OTHER_LEAD]
    assert substitutes([OTHER_AGENT], [AGENT], [AGENT, OTHER_AGENT, QUALITY]) == [QUALITY]
    assert substitutes([OTHER_AGENT], [AGENT], [AGENT, LEAD, OTHER_AGENT]) == []


def test_the_line_of_who_left_the_house_stays_outside():
    gone = replace(AGENT, is_active=False, is_here=False)
    with pytest.raises(circles.ConcernedInside):
        check([OTHER_AGENT, LEAD], [gone], [gone, LEAD, OTHER_AGENT])
    assert LEAD not in substitutes([], [gone], [gone, LEAD, OTHER_AGENT, QUALITY])
    with pytest.raises(circles.CannotRead):
        check([gone, OTHER_LEAD], [], [gone, OTHER_LEAD])


def test_who_joins_a_circle_that_cannot():
    assert substitutes([QUALITY], [AGENT]) == [OTHER_LEAD]
    assert substitutes([AUDITOR], [AGENT], [AGENT, LEAD, QUALITY, AUDITOR]) == [QUALITY]
    assert substitutes([], [AGENT], [AGENT, LEAD, OTHER_AGENT]) == [OTHER_AGENT]
    assert substitutes([], [AGENT], [AGENT, LEAD]) == []
    # The file says of nobody that it is about them: the leads of its team come after all others.
    assert substitutes([], [], [AGENT, LEAD, OTHER_LEAD]) == [OTHER_LEAD]
    assert substitutes([], [], [AGENT, LEAD]) == [LEAD]


PEOPLE = st.builds(
    Person,
    id=st.uuids(),
    name=st.just("Quelqu’un"),
    roles=st.frozensets(st.sampled_from(Role), max_size=3),
    teams=st.frozensets(st.sampled_from([A, B]), max_size=2),
    is_here=st.booleans(),
)


@given(st.lists(PEOPLE, max_size=8, unique_by=lambda one: one.id), st.data())
def test_no_circle_ever_holds_who_it_is_about_or_their_leads(everybody, data):
    """Whoever is let in, by a person or because nobody was left, is out of the matter and reads files."""
    ids = st.frozensets(st.sampled_from([one.id for one in everybody] or [A]))
    inside, concerned = data.draw(ids), data.draw(ids)
    shut = circles.line(concerned, everybody)
    joining = circles.substitutes(inside=inside, concerned=concerned, team=A, everybody=everybody)
    assert not shut & {one.id for one in joining}
    assert all(one.reads and one.is_here for one in joining)
    try:
        circles.check(inside=inside, concerned=concerned, everybody=everybody)
    except (circles.ConcernedInside, circles.CannotRead, circles.NobodyHandles, circles.NobodyOversees):
        return
    assert not shut & inside
    assert any(one.handles for one in everybody if one.id in inside)


def restrict(complaint, inside, concerned=(), by=None, **changes):
    told: dict[str, Any] = {"reason": "Plainte visant Amélie.", "at": LATER} | changes
    return actions.restrict(complaint=complaint, inside=inside, concerned=concerned, by=by, **told)


@pytest.fixture
def file(cast):
    return factories.complaint(cast)


def readers(cast, complaint):
    return {
        one.name.split()[0] for one in cast.staff if queries.visible_to(one.actor()).filter(pk=complaint.pk).exists()
    }


@pytest.mark.django_db
def test_a_restricted_file_is_its_circles(cast, file):
    assert readers(cast, file) == {"Amélie", "Bruno", "Inès", "Paul"}
    restrict(file, [cast.chloe, cast.ines], [cast.amelie], by=cast.ines.actor())
    assert readers(cast, file) == {"Chloé", "Inès"}  # neither its team, nor its lead, nor the auditor
    assert queries.visible_to(TESTS).filter(pk=file.pk).exists()  # jobs go on: its deadlines run
    with pytest.raises(NotAllowed):
        dossiers.locked(file, by=cast.bruno.actor())


@pytest.mark.django_db
def test_closing_leaves_who_why_and_whom_on_the_chain(cast, file):
    restrict(file, [cast.chloe, cast.ines], [cast.amelie], by=cast.ines.actor())
    event = AuditEvent.objects.filter(stream=file.journal_stream).order_by("-seq")[0]
    assert event.facts["code"] == "circle_closed"
    assert event.facts["by"] == f"user:{cast.ines.pk}"
    named = {row["user_id"]: row["is_inside"] for key, row in event.facts["rows"].items() if "circleperson" in key}
    assert named == {str(cast.chloe.pk): True, str(cast.ines.pk): True, str(cast.amelie.pk): False}


@pytest.mark.django_db
def test_who_answered_for_it_and_is_outside_does_no_more(cast, file):
    dossiers.take(complaint=file, by=cast.amelie.actor(), at=MORNING)
    assert restrict(file, [cast.chloe, cast.ines], [cast.amelie], by=cast.ines.actor()).owner is None


@pytest.mark.django_db
def test_who_answered_for_it_and_is_inside_goes_on(cast, file):
    dossiers.take(complaint=file, by=cast.amelie.actor(), at=MORNING)
    assert restrict(file, [cast.amelie, cast.bruno], by=cast.amelie.actor()).owner == cast.amelie


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["chloe", "paul", "nadia", "karim"])
def test_who_may_not_read_it_or_writes_nothing_closes_nothing(cast, file, who):
    with pytest.raises(NotAllowed):
        restrict(file, [cast.bruno], by=getattr(cast, who).actor())
    file.refresh_from_db()
    assert file.restricted_at is None


@pytest.mark.django_db
def test_a_reason_is_asked_and_what_was_on_the_screen_is_what_is_closed(cast, file):
    with pytest.raises(rules.ReasonMissing):
        restrict(file, [cast.bruno], by=cast.bruno.actor(), reason="  ")
    with pytest.raises(Stale):
        restrict(file, [cast.bruno], by=cast.bruno.actor(), seen=file.version + 1)
    with pytest.raises(circles.ConcernedInside):
        restrict(file, [cast.bruno, cast.chloe], [cast.chloe], by=cast.bruno.actor())


@pytest.mark.django_db
def test_who_is_inside_changes_the_circle_and_nobody_else_does(cast, file):
    restrict(file, [cast.chloe, cast.ines], [cast.amelie], by=cast.ines.actor())
    with pytest.raises(NotAllowed):
        restrict(file, [cast.bruno], by=cast.bruno.actor())
    with pytest.raises(NotAllowed):
        actions.open_up(complaint=file, reason="Je veux lire.", by=cast.bruno.actor(), at=LATER)
    omar = people.colleague("Omar Diallo", {Role.LEAD}, [cast.logistics])
    restrict(file, [cast.chloe, omar], [cast.amelie, cast.bruno], by=cast.chloe.actor())
    named = {one.user.name: one.is_inside for one in queries.circle(file)}
    assert named == {"Chloé Nguyen": True, "Omar Diallo": True, "Amélie Rousseau": False, "Bruno Keller": False}
    assert readers(cast, file) == {"Chloé"}


@pytest.mark.django_db
def test_opened_again_it_is_read_as_before(cast, file):
    restrict(file, [cast.chloe, cast.ines], [cast.amelie], by=cast.ines.actor())
    dossiers.take(complaint=file, by=cast.chloe.actor(), at=LATER)
    with pytest.raises(rules.ReasonMissing):
        actions.open_up(complaint=file, reason="", by=cast.chloe.actor(), at=LATER)
    opened = actions.open_up(complaint=file, reason="Personne n’était en cause.", by=cast.chloe.actor(), at=LATER)
    assert opened.restricted_at is None
    assert opened.owner is None  # of another team: she could not be given it now
    assert not CirclePerson.objects.filter(complaint=file).exists()
    assert readers(cast, file) == {"Amélie", "Bruno", "Inès", "Paul"}
    with pytest.raises(circles.NotRestricted):
        actions.open_up(complaint=file, reason="Encore.", by=cast.bruno.actor(), at=LATER)


@pytest.mark.django_db
def test_the_journal_and_the_rows_agree_after_all_of_it(cast, file):
    restrict(file, [cast.chloe, cast.ines], [cast.amelie], by=cast.ines.actor())
    omar = people.colleague("Omar Diallo", {Role.LEAD}, [cast.logistics])
    restrict(file, [cast.bruno, cast.ines], [cast.chloe, omar], by=cast.ines.actor())
    restrict(file, [cast.chloe, cast.ines, omar], by=cast.ines.actor())
    actions.open_up(complaint=file, reason="Plus rien à taire.", by=cast.ines.actor(), at=LATER)
    restrict(file, [cast.bruno], [cast.chloe], by=cast.bruno.actor())
    report = verify.check()
    assert report.intact, report.findings


@pytest.mark.django_db
def test_it_is_given_within_its_circle_whatever_the_team(cast, file):
    restrict(file, [cast.chloe, cast.ines], [cast.amelie], by=cast.ines.actor())
    who = {"by": cast.chloe.actor(), "at": LATER}
    with pytest.raises(circles.NotInCircle):
        dossiers.assign(complaint=file, owner=cast.bruno, team=cast.team, **who)
    with pytest.raises(circles.NotInCircle):
        dossiers.assign(complaint=file, owner=cast.ines, team=cast.team, **who)  # reads it, handles none
    assert dossiers.assign(complaint=file, owner=cast.chloe, team=cast.team, **who).owner == cast.chloe


@pytest.mark.django_db
def test_a_circle_gives_nothing_to_who_lost_the_role_that_reads(cast, file):
    restrict(file, [cast.chloe, cast.ines], [cast.amelie], by=cast.ines.actor())
    change(cast.ines, roles={Role.ADMINISTRATOR})
    change(cast.chloe, is_active=False)
    assert readers(cast, file) == set()
    for one in cast.staff:
        assert list(queries.closed_to(one.actor())) == [file]
        assert not queries.open_by_circle(one.actor()).exists()


def change(user, **changes):
    told = {
        "name": user.name,
        "roles": {Role(role) for role in user.roles},
        "teams": list(user.teams.all()),
        "is_active": True,
        "is_away": False,
    } | changes
    moved = routing.change_person(user=user, **told, by=TESTS, at=LATER)
    user.refresh_from_db()
    return moved


@pytest.mark.django_db
@pytest.mark.parametrize("changes", [{"is_active": False}, {"is_away": True}, {"roles": {Role.AUDITOR}}])
def test_the_last_who_could_handle_it_leaves_and_others_come_in(cast, file, changes):
    """Never the person it is about, nor their lead: an overseer elsewhere. Who manages people learns nothing."""
    omar = people.colleague("Omar Diallo", {Role.LEAD}, [cast.logistics])
    restrict(file, [cast.chloe, cast.ines], [cast.amelie], by=cast.ines.actor())
    dossiers.take(complaint=file, by=cast.chloe.actor(), at=LATER)
    moved = change(cast.chloe, **changes)
    assert (moved.freed, moved.given) == (0, 0)
    file.refresh_from_db()
    assert file.owner is None
    assert {one.user for one in queries.circle(file) if one.is_inside} >= {cast.ines, omar}
    assert queries.able(file) == [omar]
    assert not {"Amélie", "Bruno"} & readers(cast, file)


@pytest.mark.django_db
def test_a_circle_that_can_still_handle_it_stays_as_it_is(cast, file):
    omar = people.colleague("Omar Diallo", {Role.LEAD}, [cast.logistics])
    restrict(file, [cast.chloe, omar], [cast.amelie], by=cast.ines.actor())
    change(cast.chloe, is_away=True)
    assert {one.user for one in queries.circle(file) if one.is_inside} == {cast.chloe, omar}


@pytest.mark.django_db
def test_who_comes_to_lead_somebody_it_is_about_leaves_the_circle(cast, file):
    """« Même plus tard »: by a role of their own, or because the person it is about joins their team."""
    other = factories.complaint(cast)
    for one in (file, other):
        restrict(one, [cast.chloe, cast.ines], [cast.amelie], by=cast.ines.actor())
    change(cast.chloe, roles={Role.LEAD}, teams=[cast.logistics, cast.team])
    assert "Chloé" not in readers(cast, file)
    assert "Chloé" not in readers(cast, other)
    event = AuditEvent.objects.filter(stream=file.journal_stream).order_by("-seq")[0]
    assert event.facts["code"] == "circle_narrowed"


@pytest.mark.django_db
def test_a_lead_whom_the_person_it_is_about_joins_leaves_the_circle(cast, file):
    omar = people.colleague("Omar Diallo", {Role.LEAD}, [cast.logistics])
    restrict(file, [omar, cast.ines], [cast.amelie], by=cast.ines.actor())
    change(cast.amelie, teams=[cast.logistics])
    assert not queries.visible_to(omar.actor()).filter(pk=file.pk).exists()


@pytest.mark.django_db
def test_a_file_that_is_over_takes_nobody_in_and_still_lets_nobody_of_their_line_stay(cast, file):
    people.colleague("Omar Diallo", {Role.LEAD}, [cast.logistics])
    restrict(file, [cast.chloe, cast.ines], [cast.amelie], by=cast.ines.actor())
    dossiers.move(complaint=file, to=State.WITHDRAWN, by=TESTS, at=LATER)
    change(cast.chloe, is_away=True)
    assert {one.user for one in queries.circle(file) if one.is_inside} == {cast.chloe, cast.ines}
    change(cast.chloe, roles={Role.LEAD}, teams=[cast.team])
    assert {one.user for one in queries.circle(file) if one.is_inside} == {cast.ines}


@pytest.mark.django_db
def test_who_left_the_house_stays_named_and_their_lead_outside(cast, file):
    change(cast.amelie, is_active=False)
    with pytest.raises(circles.ConcernedInside):
        restrict(file, [cast.chloe, cast.bruno], [cast.amelie], by=cast.ines.actor())


@pytest.mark.django_db
def test_who_is_moved_to_another_team_keeps_what_a_circle_gave_them(cast, file):
    restrict(file, [cast.amelie, cast.bruno], by=cast.bruno.actor())
    dossiers.take(complaint=file, by=cast.amelie.actor(), at=LATER)
    change(cast.amelie, teams=[cast.logistics])
    file.refresh_from_db()
    assert file.owner == cast.amelie
    assert "Amélie" in readers(cast, file)


@pytest.mark.django_db
def test_a_reopened_file_stays_with_who_is_inside(cast, file):
    restrict(file, [cast.chloe, cast.ines], [cast.amelie], by=cast.ines.actor())
    dossiers.take(complaint=file, by=cast.chloe.actor(), at=LATER)
    dossiers.move(complaint=file, to=State.WITHDRAWN, by=cast.chloe.actor(), at=LATER, reason="Il a écrit.")
    opened = dossiers.reopen(complaint=file, by=cast.chloe.actor(), at=LATER, reason="Il revient.")
    assert opened.owner == cast.chloe


@pytest.mark.django_db
def test_who_is_back_is_neither_given_nor_told_of_what_was_closed_meanwhile(cast, file):
    dossiers.take(complaint=file, by=cast.amelie.actor(), at=MORNING)
    change(cast.amelie, is_away=True)
    restrict(file, [cast.chloe, cast.ines], [cast.amelie], by=cast.ines.actor())
    assert routes.to_give_back(cast.amelie, teams=[cast.team]) == []
    moved = change(cast.amelie, gives_back=True)
    assert moved.returned == 0
    file.refresh_from_db()
    assert file.owner is None


@pytest.mark.django_db
def test_what_a_departure_leaves_is_told_without_restricted_files(cast, file):
    factories.complaint(cast)
    restrict(file, [cast.amelie, cast.bruno], by=cast.bruno.actor())
    dossiers.take(complaint=file, by=cast.amelie.actor(), at=LATER)
    gone: dict[str, Any] = {"roles": {Role.AGENT}, "teams": [cast.team], "is_active": False, "is_away": False}
    assert routes.left_behind(cast.amelie, **gone) == []


def test_the_roles_that_close_circles_are_these():
    assert {role for role in Role if Permission.RESTRICT in PERMISSIONS[role]} == {
        Role.AGENT,
        Role.LEAD,
        Role.QUALITY,
    }
