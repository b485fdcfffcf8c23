"""What happens to the house, its teams and its people: who may, what is refused, what the journal keeps."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from doleance.accounts import actions, queries, rules
from doleance.accounts.models import AccessLink, Entity, Team, User
from doleance.accounts.rules import LINK_HOURS, LinkPurpose, Role, machine
from doleance.audit import queries as audit
from doleance.kernel.errors import NotAllowed
from doleance.notifications.actions import entering
from tests.cast import MORNING, TESTS, colleague

pytestmark = pytest.mark.django_db
LATER = MORNING + timedelta(hours=1)
PASSWORD = "une bouilloire neuve et un café"
FIRST = {"company": " Maison  Martin ", "name": "Nadia Ferrand", "email": "Nadia@Maison.example", "password": PASSWORD}


def codes(stream: str) -> list[str]:
    return [event.facts["code"] for event in audit.history(stream)]


@pytest.fixture
def nadia(cast):
    return cast.nadia.actor()


def test_the_house_is_made_once(db):
    one = actions.ensure_house(by=TESTS, at=MORNING)
    assert actions.ensure_house(by=TESTS, at=LATER) == one
    assert one.packs == ["FR-CONSO", "GENERAL"]
    assert [(team.name, team.is_default) for team in queries.teams()] == [("Relation client", True)]
    assert codes("settings") == ["house_made"]


def first_link(at=MORNING) -> str:
    return actions.new_setup_link(by=TESTS, at=at)


def test_the_first_run_makes_an_administrator_who_leads_the_default_team(db):
    user = actions.set_up(secret=first_link(), **FIRST, by=TESTS, at=LATER)
    assert (user.email, user.roles) == ("nadia@maison.example", ["administrator", "lead"])
    assert user.check_password(PASSWORD)
    assert [team.is_default for team in user.teams.all()] == [True]
    assert Entity.objects.get().name == "Maison Martin"
    assert codes(user.journal_stream) == ["user_added", "password_set"]
    assert queries.is_set_up()


def test_the_first_run_happens_once(db):
    secret, again = first_link(), None
    actions.set_up(secret=secret, **FIRST, by=TESTS, at=LATER)
    with pytest.raises(rules.AlreadySetUp):
        actions.set_up(secret=secret, **FIRST, by=TESTS, at=LATER)
    with pytest.raises(rules.AlreadySetUp):
        again = first_link()
    assert again is None


@pytest.mark.parametrize(
    ("secret", "late"),
    [("unknown", timedelta()), ("", timedelta(hours=LINK_HOURS[LinkPurpose.FIRST_RUN])), ("older", timedelta())],
)
def test_a_first_run_link_that_is_unknown_too_old_or_replaced_opens_nothing(db, secret, late):
    older, made = first_link(), first_link()
    told = {"": made, "older": older}.get(secret, secret)
    with pytest.raises(rules.LinkSpent):
        actions.set_up(secret=told, **FIRST, by=TESTS, at=MORNING + late)
    assert not queries.is_set_up()


def test_a_weak_password_makes_nobody(db):
    with pytest.raises(ValidationError):
        actions.set_up(secret=first_link(), **(FIRST | {"password": "12345678"}), by=TESTS, at=LATER)
    assert not User.objects.exists()


def test_only_the_digest_of_a_link_is_kept(db):
    secret = first_link()
    link = AccessLink.objects.get()
    assert secret.encode() not in bytes(link.digest)
    assert link.expires_at == MORNING + timedelta(hours=72)


def test_a_person_is_made_known_and_invited(cast, nadia):
    told: dict[str, Any] = {"name": "  Omar  Diallo ", "email": " Omar@Maison.example", "roles": {Role.AGENT}}
    user, secret = entering.add_and_invite(**told, teams=[cast.team], by=nadia, at=LATER)
    assert (user.name, user.email) == ("Omar Diallo", "omar@maison.example")
    assert not user.has_usable_password()
    assert user.actor().teams == {cast.team.id}
    entered = actions.accept_invitation(secret=secret, password=PASSWORD, by=TESTS, at=LATER)
    assert entered.check_password(PASSWORD)
    assert codes(user.journal_stream) == ["user_added", "access_link_made", "password_set"]
    with pytest.raises(rules.LinkSpent):
        actions.accept_invitation(secret=secret, password=PASSWORD, by=TESTS, at=LATER)


@pytest.fixture
def newcomer(cast, nadia):
    """Somebody who has no password yet."""
    return actions.add_user(
        name="Zoé Martin",
        email="zoe.martin@maison.example",
        roles={Role.AGENT},
        teams=[cast.team],
        by=nadia,
        at=MORNING,
    )


def test_who_entered_by_the_directory_is_not_invited_either(cast, newcomer, nadia):
    """They have no password; a link in an administrator's hands would be a way into what only they read."""
    newcomer.last_login = MORNING
    with pytest.raises(rules.HasPassword):
        actions.invite(user=newcomer, by=nadia, at=LATER)


def test_no_link_outlives_a_password_that_was_chosen(cast, newcomer, nadia):
    invited = actions.invite(user=newcomer, by=nadia, at=LATER)
    actions.choose_password(user=newcomer, password=PASSWORD, by=nadia, at=LATER)
    with pytest.raises(rules.LinkSpent):
        actions.accept_invitation(secret=invited, password=PASSWORD, by=TESTS, at=LATER)


def test_who_has_a_password_is_invited_by_the_server_only(cast, nadia):
    with pytest.raises(rules.HasPassword):
        actions.invite(user=cast.amelie, by=nadia, at=LATER)
    secret = actions.invite(user=cast.amelie, by=TESTS, at=LATER)
    assert actions.accept_invitation(secret=secret, password=PASSWORD, by=TESTS, at=LATER) == cast.amelie


def test_a_new_invitation_replaces_the_old_one(newcomer, nadia):
    old, new = (actions.invite(user=newcomer, by=nadia, at=LATER) for _ in range(2))
    with pytest.raises(rules.LinkSpent):
        actions.accept_invitation(secret=old, password=PASSWORD, by=TESTS, at=LATER)
    assert actions.accept_invitation(secret=new, password=PASSWORD, by=TESTS, at=LATER) == newcomer


def test_an_invitation_is_no_use_to_who_left(newcomer, nadia):
    secret = actions.invite(user=newcomer, by=nadia, at=LATER)
    change(newcomer, nadia, is_active=False)
    with pytest.raises(rules.LinkSpent):
        actions.accept_invitation(secret=secret, password=PASSWORD, by=TESTS, at=LATER)


def test_a_first_run_link_is_no_invitation(db):
    with pytest.raises(rules.LinkSpent):
        actions.accept_invitation(secret=first_link(), password=PASSWORD, by=TESTS, at=LATER)


def test_a_person_has_a_role_and_an_address_of_their_own(cast, nadia):
    told = {"name": "Omar", "email": "omar@maison.example", "teams": [], "by": nadia, "at": LATER}
    with pytest.raises(rules.NoRole):
        actions.add_user(**told, roles=set())
    with pytest.raises(rules.AddressTaken) as refusal:
        actions.add_user(**(told | {"email": cast.amelie.email.upper()}), roles={Role.AGENT})
    assert refusal.value.facts == {"name": "Amélie Rousseau"}


def change(user, by, **changes):
    told = {
        "name": user.name,
        "roles": {Role(role) for role in user.roles},
        "teams": list(user.teams.all()),
        "is_active": user.is_active,
        "is_away": user.is_away,
    }
    return actions.change_user(user=user, **(told | changes), by=by, at=LATER)


def test_rights_change_at_once(cast, nadia):
    change(cast.amelie, nadia, roles={Role.QUALITY}, teams=[cast.logistics], name=" Amélie  R. ")
    now = User.objects.get(pk=cast.amelie.pk)
    assert (now.name, now.actor().roles, now.actor().teams) == ("Amélie R.", {Role.QUALITY}, {cast.logistics.id})
    change(now, nadia, is_active=False)
    assert User.objects.get(pk=cast.amelie.pk).actor().roles == frozenset()


@pytest.mark.parametrize("changes", [{"is_active": False}, {"roles": {Role.LEAD}}])
def test_the_house_keeps_an_administrator(cast, nadia, changes):
    with pytest.raises(rules.LastAdministrator):
        change(cast.nadia, nadia, **changes)
    colleague("Zoé Blanc", {Role.ADMINISTRATOR})
    change(cast.nadia, nadia, **changes)


def test_a_person_keeps_a_role(cast, nadia):
    with pytest.raises(rules.NoRole):
        change(cast.amelie, nadia, roles=set())


def test_a_team_is_made_and_renamed_under_a_name_of_its_own(cast, nadia):
    told = {"entity": cast.entity, "by": nadia, "at": LATER}
    made = actions.save_team(team=None, name=" Après  vente ", **told)
    assert (made.name, made.is_default) == ("Après vente", False)
    assert actions.save_team(team=made, name="Atelier", **told).pk == made.pk
    assert actions.save_team(team=made, name="ATELIER", **told).name == "ATELIER"
    with pytest.raises(rules.TeamNameTaken):
        actions.save_team(team=made, name="logistique", **told)
    assert Team.objects.count() == 3


def test_the_entity_changes_and_its_past_stays_on_the_journal(cast, nadia):
    changed = actions.change_entity(
        entity=cast.entity,
        name=" Maison  Martin ",
        time_zone="Indian/Reunion",
        calendar="FR-974",
        mediator=" Médiateur ",
        postal=" 3  rue Haute \r\n\r\n 97400 Saint-Denis ",
        phone=" 02 62  00 00 00 ",
        by=nadia,
        at=LATER,
    )
    assert (changed.name, changed.time_zone, changed.mediator) == ("Maison Martin", "Indian/Reunion", "Médiateur")
    assert (changed.postal, changed.phone) == ("3 rue Haute\n97400 Saint-Denis", "02 62 00 00 00")
    assert codes("settings")[-1] == "entity_changed"


def test_the_packs_of_new_files_are_chosen_and_put_in_order(cast, nadia):
    changed = actions.choose_packs(entity=cast.entity, packs=["GENERAL", "EU-GDPR", "FR-ACPR"], by=nadia, at=LATER)
    assert changed.packs == ["EU-GDPR", "FR-ACPR", "GENERAL"]
    assert codes("settings")[-1] == "packs_chosen"


@pytest.mark.parametrize(("packs", "refusal"), [([], rules.NoPack), (["GENERAL", "XX-NADA"], rules.PackNotUsable)])
def test_no_pack_and_a_pack_nobody_ships_are_refused(cast, nadia, packs, refusal):
    with pytest.raises(refusal):
        actions.choose_packs(entity=cast.entity, packs=packs, by=nadia, at=LATER)
    assert Entity.objects.get().packs == ["FR-CONSO", "GENERAL"]


def test_entries_and_exits_are_on_the_person_s_own_chain(cast):
    actions.note_sign_in(user=cast.amelie, code="signed_in", by=cast.amelie.actor(), at=LATER)
    assert codes(cast.amelie.journal_stream)[-1] == "signed_in"


@pytest.mark.parametrize(
    "act",
    [
        lambda cast, by: actions.add_user(name="X", email="x@x.fr", roles={Role.AGENT}, teams=[], by=by, at=LATER),
        lambda cast, by: actions.invite(user=cast.amelie, by=by, at=LATER),
        lambda cast, by: change(cast.amelie, by, name="X"),
        lambda cast, by: actions.save_team(team=None, entity=cast.entity, name="X", by=by, at=LATER),
        lambda cast, by: actions.change_entity(
            entity=cast.entity, name="X", time_zone="Europe/Paris", calendar="FR", mediator="", by=by, at=LATER
        ),
        lambda cast, by: actions.choose_packs(entity=cast.entity, packs=["GENERAL"], by=by, at=LATER),
    ],
    ids=["add_user", "invite", "change_user", "save_team", "change_entity", "choose_packs"],
)
@pytest.mark.parametrize("who", ["amelie", "bruno", "ines", "paul", "karim"])
def test_only_administrators_settle_the_house(cast, who, act):
    with pytest.raises(NotAllowed):
        act(cast, getattr(cast, who).actor())


def test_people_are_found_by_address_and_listed_with_the_active_first(cast, nadia):
    change(cast.amelie, nadia, is_active=False)
    assert queries.user_by_email(" AMELIE.rousseau@maison.example ") == cast.amelie
    assert queries.user_by_email("nobody@maison.example") is None
    assert queries.users()[-1] == cast.amelie
    assert User.objects.get_by_natural_key("BRUNO.Keller@maison.example") == cast.bruno


def test_who_may_answer_for_a_file_of_a_team(cast, nadia):
    assert queries.colleagues(cast.team) == [cast.amelie, cast.bruno]
    change(cast.bruno, nadia, is_away=True)
    assert queries.colleagues(cast.team) == [cast.amelie]
    assert queries.assignable(cast.entity) == [(cast.logistics, [cast.chloe]), (cast.team, [cast.amelie])]


def test_what_people_and_things_are_called(cast):
    assert [str(one) for one in (cast.entity, cast.team, cast.amelie)] == [
        "Mon entreprise",
        "Relation client",
        "Amélie Rousseau",
    ]
    assert cast.amelie.initials == "AR"
    assert User(name="Jean-Luc de la Tour").initials == "JT"
    assert User(name="Zoé").initials == "Z"
    assert User(name="").initials == ""
    assert machine("x").is_machine
