"""Second factors, recovery codes and sessions: what is refused, what the journal keeps, what no row holds."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.db import IntegrityError, connection, transaction

from doleance.accounts import actions as accounts
from doleance.accounts.rules import Role
from doleance.audit import queries as audit
from doleance.entry import actions, queries, rules
from doleance.entry.models import SignInRules
from doleance.kernel.errors import NotAllowed
from tests.cast import MORNING, TESTS

pytestmark = pytest.mark.django_db
LATER = MORNING + timedelta(hours=1)
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # of the test vectors of RFC 6238
CREDENTIAL = {"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": {}}


def codes(stream: str) -> list[str]:
    return [event.code for event in audit.history(stream)]


@pytest.fixture
def linked(cast) -> list[str]:
    """Amélie's application, and the recovery codes that came with it."""
    return actions.add_app(user=cast.amelie, secret=SECRET, by=cast.amelie.actor(), at=MORNING)


def test_a_first_factor_comes_with_ten_codes(cast, linked):
    assert len(set(linked)) == 10
    assert all(len(code) == 8 and code.isdigit() for code in linked)
    shown = queries.factors(cast.amelie)
    assert shown.is_protected
    assert (shown.codes_left, shown.keys) == (10, ())
    assert codes(cast.amelie.journal_stream)[-2:] == ["factor_added", "recovery_codes_made"]


def test_no_row_holds_a_secret(cast, linked):
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(data::text, ' ') FROM mfa_authenticator")
        told = cursor.fetchone()[0]
    assert SECRET not in told
    assert not any(code in told for code in linked)
    app = Authenticator.objects.get(user=cast.amelie, type="totp")
    assert app.wrap().validate_code("000000") is False


def test_a_second_application_is_refused(cast, linked):
    with pytest.raises(rules.AlreadyAdded):
        actions.add_app(user=cast.amelie, secret=SECRET, by=cast.amelie.actor(), at=LATER)


def test_keys_are_kept_up_to_ten(cast):
    told: dict[str, Any] = {"credential": CREDENTIAL, "by": cast.amelie.actor(), "at": MORNING}
    for number in range(10):
        made = actions.add_passkey(user=cast.amelie, name=f"Clé {number}", **told)
        assert bool(made) == (number == 0), "codes come with the first"
    with pytest.raises(rules.TooManyKeys):
        actions.add_passkey(user=cast.amelie, name="Une de trop", **told)
    assert [key.name for key in queries.factors(cast.amelie).keys][:2] == ["Clé 0", "Clé 1"]


def test_the_last_factor_takes_its_codes_along(cast, linked):
    by = cast.amelie.actor()
    actions.add_passkey(user=cast.amelie, name="Clé", credential=CREDENTIAL, by=by, at=MORNING)
    shown = queries.factors(cast.amelie)
    assert actions.remove_factor(user=cast.amelie, pk=shown.keys[0].pk, by=by, at=LATER)
    assert queries.factors(cast.amelie).codes_left == 10
    assert actions.remove_factor(user=cast.amelie, pk=shown.app_pk or 0, by=by, at=LATER)
    assert not Authenticator.objects.filter(user=cast.amelie).exists()
    assert codes(cast.amelie.journal_stream)[-1] == "factor_removed"


def test_nobody_removes_the_factor_of_another_by_its_number(cast, linked):
    app = queries.factors(cast.amelie).app_pk or 0
    assert not actions.remove_factor(user=cast.chloe, pk=app, by=cast.chloe.actor(), at=LATER)
    assert queries.factors(cast.amelie).is_protected


def test_new_codes_end_the_earlier_ones(cast, linked):
    fresh = actions.new_codes(user=cast.amelie, by=cast.amelie.actor(), at=LATER)
    assert len(fresh) == 10
    assert not set(fresh) & set(linked)
    held = Authenticator.objects.get(user=cast.amelie, type="recovery_codes")
    assert not held.wrap().validate_code(linked[0])
    assert held.wrap().validate_code(fresh[0])
    assert not held.wrap().validate_code(fresh[0]), "each works once"
    with pytest.raises(rules.NoFactor):
        actions.new_codes(user=cast.chloe, by=cast.chloe.actor(), at=LATER)


def test_an_administrator_removes_what_was_lost(cast, linked):
    with pytest.raises(NotAllowed):
        actions.remove_factors(user=cast.amelie, by=cast.bruno.actor(), at=LATER)
    assert actions.remove_factors(user=cast.amelie, by=cast.nadia.actor(), at=LATER) == 1
    assert not queries.factors(cast.amelie).is_protected
    [*_, event] = audit.history(cast.amelie.journal_stream)
    assert (event.code, event.by, event.facts["count"]) == ("factors_removed", cast.nadia.actor().id, 1)
    assert actions.remove_factors(user=cast.amelie, by=cast.nadia.actor(), at=LATER) == 0


def test_whose_factor_is_required_is_decided_by_administrators(cast):
    assert queries.required_roles() is None, "nothing is forced on the first person"
    with pytest.raises(NotAllowed):
        actions.require_factors(roles={Role.LEAD}, by=cast.bruno.actor(), at=MORNING)
    actions.require_factors(roles={Role.LEAD, Role.AGENT}, by=cast.nadia.actor(), at=MORNING)
    actions.require_factors(roles={Role.LEAD}, by=cast.nadia.actor(), at=LATER)
    assert queries.required_roles() == {Role.LEAD}
    assert codes("settings")[-1] == "sign_in_rules_changed"
    assert SignInRules.objects.count() == 1


def lacking(*users) -> list[bool]:
    return [queries.signed_in(user.pk).lacks_factor for user in users]


def test_who_lacks_one_is_known_at_each_request(cast, linked):
    assert lacking(cast.amelie, cast.bruno, cast.nadia) == [False, False, False]
    actions.require_factors(roles={Role.LEAD, Role.AGENT}, by=cast.nadia.actor(), at=MORNING)
    assert lacking(cast.amelie, cast.bruno, cast.nadia) == [False, True, False]
    actions.remove_factor(
        user=cast.amelie, pk=queries.factors(cast.amelie).app_pk or 0, by=cast.amelie.actor(), at=LATER
    )
    assert lacking(cast.amelie) == [True], "recovery codes alone are no factor"


def test_it_is_proposed_to_those_who_may_do_most(cast):
    assert [queries.proposed_to(user) for user in (cast.nadia, cast.bruno, cast.amelie)] == [True, True, False]


def test_there_is_one_row_of_rules(cast):
    actions.require_factors(roles=(), by=TESTS, at=MORNING)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('doleance.action', 'tests', true)")
        with pytest.raises(IntegrityError, match="sign_in_rules_once"), transaction.atomic():
            cursor.execute("INSERT INTO doleance_signinrules (id, required_roles) VALUES (2, '{}')")


def test_closing_every_session_changes_what_they_must_agree_with(cast):
    before = cast.amelie.get_session_auth_hash()
    changed = actions.end_sessions(user=cast.amelie, by=cast.amelie.actor(), at=MORNING)
    assert changed.get_session_auth_hash() != before
    again = actions.end_sessions(user=changed, by=cast.nadia.actor(), at=MORNING)
    assert again.get_session_auth_hash() not in {before, changed.get_session_auth_hash()}
    with pytest.raises(NotAllowed):
        actions.end_sessions(user=cast.amelie, by=cast.bruno.actor(), at=MORNING)
    assert codes(cast.amelie.journal_stream)[-2:] == ["sessions_ended"] * 2


def test_a_suspended_person_let_in_again_signs_in_again(cast):
    before = cast.amelie.get_session_auth_hash()
    told: dict[str, Any] = {"name": cast.amelie.name, "roles": {Role.AGENT}, "teams": [cast.team], "is_away": False}
    accounts.change_user(user=cast.amelie, **told, is_active=False, by=TESTS, at=MORNING)
    user = accounts.change_user(user=cast.amelie, **told, is_active=True, by=TESTS, at=MORNING)
    assert user.get_session_auth_hash() != before
