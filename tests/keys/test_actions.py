"""Keys are made, shown once, used and revoked."""

from datetime import timedelta

import pytest

from doleance.accounts.models import Entity, Team
from doleance.audit.models import AuditEvent
from doleance.kernel import ids
from doleance.kernel.errors import NotAllowed
from doleance.keys import actions, queries, rules
from doleance.keys.models import ApiKey, KeyUse
from doleance.keys.rules import Scope
from tests.cast import MORNING, TESTS

pytestmark = pytest.mark.django_db


def made(cast, **changes):
    told = {"entity": cast.entity, "name": "Boutique", "scopes": {Scope.READ}}
    return actions.make_key(**(told | changes), by=cast.nadia.actor(), at=MORNING)


def test_a_key_keeps_no_secret(cast):
    key, secret = made(cast, teams=[cast.logistics])
    assert bytes(key.digest) == ids.secret_digest(secret)
    assert key.hint == secret[-4:]
    assert secret not in str(ApiKey.objects.values().get())
    assert (key.made_by, list(key.teams.all())) == (cast.nadia, [cast.logistics])


def test_making_and_revoking_are_on_the_journal(cast):
    key, secret = made(cast, teams=[cast.logistics])
    actions.revoke_key(key=key, by=cast.nadia.actor(), at=MORNING)
    events = list(AuditEvent.objects.filter(stream="settings").order_by("-seq")[:2])
    assert [one.code for one in reversed(events)] == ["api_key_made", "api_key_revoked"]
    told = events[1].facts["rows"][f"apikey:{key.pk}"]
    assert told["scopes"] == ["read"]
    assert told["teams"] == [str(cast.logistics.pk)]
    assert secret not in str([one.facts for one in events])


def test_a_revoked_key_opens_nothing_any_more(cast):
    key, secret = made(cast)
    assert queries.living_key(secret) == key
    first = actions.revoke_key(key=key, by=cast.nadia.actor(), at=MORNING)
    again = actions.revoke_key(key=key, by=cast.nadia.actor(), at=MORNING + timedelta(days=1))
    assert queries.living_key(secret) is None
    assert first.revoked_at == again.revoked_at == MORNING
    assert queries.names({key.pk}) == {key.pk: "Boutique"}


def test_only_who_settles_the_house_makes_and_revokes(cast):
    key, _ = made(cast)
    for act in (
        lambda: actions.make_key(entity=cast.entity, name="X", scopes={Scope.READ}, by=cast.bruno.actor(), at=MORNING),
        lambda: actions.revoke_key(key=key, by=cast.bruno.actor(), at=MORNING),
        lambda: actions.revoke_key(key=key, by=key.actor(), at=MORNING),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_two_living_keys_do_not_share_a_name(cast):
    key, _ = made(cast)
    with pytest.raises(rules.KeyNameTaken):
        made(cast, name=" Boutique ")
    actions.revoke_key(key=key, by=TESTS, at=MORNING)
    assert made(cast)[0].pk != key.pk


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"scopes": set()}, rules.NoScope),
        ({"name": " "}, rules.NoKeyName),
        ({"per_minute": 0}, rules.LimitOutOfRange),
        ({"per_day": 10**7}, rules.LimitOutOfRange),
    ],
)
def test_a_key_of_nothing_is_refused(cast, change, refusal):
    with pytest.raises(refusal):
        made(cast, **change)
    assert not ApiKey.objects.exists()


def test_a_key_is_kept_to_teams_of_its_entity(cast):
    elsewhere = Team(entity=Entity(name="Ailleurs"), name="Autres")
    with pytest.raises(rules.TeamElsewhere):
        made(cast, teams=[cast.team, elsewhere])


def test_calls_are_counted_and_the_last_one_is_known(cast):
    key, _ = made(cast, per_minute=2)
    for _ in range(2):
        actions.spend(key=key, at=MORNING)
    with pytest.raises(rules.TooManyCalls):
        actions.spend(key=key, at=MORNING)
    use = KeyUse.objects.get(key=key)
    assert (use.in_minute, use.in_day, use.last_at) == (2, 2, MORNING)
    actions.spend(key=key, at=MORNING + timedelta(minutes=1))
    use.refresh_from_db()
    assert (use.in_minute, use.in_day) == (1, 3)


def test_a_call_is_entered_once(cast):
    key, _ = made(cast)
    call = rules.call_of(key.pk, "a")
    for _ in range(2):
        actions.enter_call(call=call, key_id=key.pk, fingerprint="f" * 64, at=MORNING)
    with pytest.raises(rules.OtherBody):
        actions.enter_call(call=call, key_id=key.pk, fingerprint="0" * 64, at=MORNING)


def test_who_receives_is_the_default_team_or_one_of_the_key(cast):
    assert queries.receiving_team(made(cast)[0]) == cast.team
    kept, _ = made(cast, name="B", teams=[cast.logistics])
    assert queries.receiving_team(kept) == cast.logistics
    both, _ = made(cast, name="C", teams=[cast.logistics, cast.team])
    assert queries.receiving_team(both) == cast.team


def test_a_key_acts_under_its_own_name_with_its_own_rights(cast):
    key, _ = made(cast, scopes={Scope.CREATE}, teams=[cast.logistics])
    actor = key.actor()
    assert (actor.id, actor.name) == (f"key:{key.pk}", "Boutique")
    assert (actor.roles, actor.user_id, actor.is_machine) == (frozenset(), None, False)
    assert (actor.entity_id, actor.teams) == (cast.entity.pk, {cast.logistics.pk})
    assert actor.granted == {rules.GRANTS[Scope.CREATE]}
