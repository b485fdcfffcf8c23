"""Réglages › API: a key is made, its secret is shown once, it is revoked."""

import re

import pytest
from django.urls import reverse

from doleance.accounts.models import Entity
from doleance.kernel.clock import now
from doleance.keys import actions as keys
from doleance.keys import queries
from doleance.keys.models import ApiKey
from doleance.keys.rules import Scope
from tests.cast import TESTS

pytestmark = pytest.mark.django_db
NEW = {"name": "Boutique en ligne", "scopes": ["create", "read"], "per_minute": "30", "per_day": "500"}


@pytest.fixture
def nadia(cast, enter):
    return enter(cast.nadia)


def test_the_secret_is_shown_once(cast, nadia):
    page = nadia.post(reverse("setup_api"), NEW | {"teams": [str(cast.team.pk)]})
    [secret] = set(re.findall(r"dol_[A-Za-z0-9_-]{22}", page.content.decode()))
    key = ApiKey.objects.get()
    assert queries.living_key(secret) == key
    assert (key.scopes, key.per_minute, key.per_day) == (["create", "read"], 30, 500)
    assert list(key.teams.all()) == [cast.team]
    assert "no-store" in page["Cache-Control"]
    for name, args in (("setup_api", []), ("setup_api_key", [key.pk])):
        shown = nadia.get(reverse(name, args=args)).content.decode()
        assert secret not in shown
        assert key.hint in shown
        assert "Boutique en ligne" in shown


@pytest.mark.parametrize(
    ("change", "field"), [({"name": ""}, "name"), ({"scopes": []}, "scopes"), ({"per_minute": "0"}, "per_minute")]
)
def test_what_is_refused_is_said_beside_it(nadia, change, field):
    page = nadia.post(reverse("setup_api"), NEW | change)
    assert page.status_code == 422
    assert page.context["form"].errors[field]
    assert not ApiKey.objects.exists()


def test_a_name_that_is_taken_is_said_beside_it(nadia):
    nadia.post(reverse("setup_api"), NEW)
    page = nadia.post(reverse("setup_api"), NEW)
    assert (page.status_code, page["X-Refusal"]) == (422, "key_name_taken")
    assert "Une clé en service porte déjà ce nom" in page.content.decode()


def test_a_team_of_elsewhere_is_refused(cast, nadia):
    other = Entity.objects.first()
    assert other == cast.entity
    page = nadia.post(reverse("setup_api"), NEW | {"teams": ["3f7b0d6e-0000-7000-8000-000000000000"]})
    assert page.status_code == 422


def test_revoking_is_at_once_and_for_good(cast, nadia):
    key, secret = keys.make_key(entity=cast.entity, name="B", scopes={Scope.READ}, by=TESTS, at=now())
    where = reverse("setup_api_key", args=[key.pk])
    assert "Révoquer «\u00a0B\u00a0»" in nadia.get(where).content.decode()
    done = nadia.post(where, follow=True).content.decode()
    assert "Révoquée" in done
    assert queries.living_key(secret) is None
    assert '<form method="post"><div' not in nadia.get(where).content.decode()


def test_the_last_use_is_shown(cast, nadia):
    key, _ = keys.make_key(entity=cast.entity, name="B", scopes={Scope.READ}, by=TESTS, at=now())
    assert "jamais servie" in nadia.get(reverse("setup_api")).content.decode()
    keys.spend(key=key, at=now())
    assert "dernier appel" in nadia.get(reverse("setup_api")).content.decode()
