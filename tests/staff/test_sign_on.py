"""Entering by the company's directory: a real code flow with PKCE, against a provider of ours that may lie."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.test import Client

from doleance.accounts import actions as accounts
from doleance.accounts.models import User
from doleance.accounts.rules import Role
from doleance.audit import queries as audit
from doleance.boot import sign_on
from doleance.boot.config import BadSetting, Config, load
from doleance.entry import actions as entry
from doleance.entry import queries
from tests.cast import MORNING, TESTS, Cast
from tests.servers.directory import CLIENT, PASSWORD, Directory, open_directory

DOOR = "/connexion/annuaire/entreprise/"
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@pytest.fixture
def directory(cast: Cast, settings, tmp_path) -> Iterator[Directory]:
    """The company's directory, which says that Amélie comes."""
    with open_directory() as one:
        one.person = {"sub": "a-1", "email": cast.amelie.email, "email_verified": True, "name": "Amélie"}
        told: dict[str, Any] = {"oidc_url": one.url, "oidc_client": CLIENT, "oidc_secret": PASSWORD}
        told |= {"oidc_name": "Annuaire Lavergne"}
        settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": sign_on.provider(Config(home=tmp_path, **told))}
        settings.DOLEANCE_SIGN_ON = "Annuaire Lavergne"
        yield one


def asked(client: Client, where: str = DOOR) -> str:
    """To the directory, which sends back at once: the address that it gives, without its host."""
    answer = client.get(where)
    assert answer.status_code == 302
    sent = requests.get(answer["Location"], allow_redirects=False, timeout=5)
    assert sent.status_code == 302, sent.text
    parts = urlsplit(sent.headers["Location"])
    return f"{parts.path}?{parts.query}"


def entered(client: Client, where: str = DOOR) -> str:
    """The whole way; where it leads."""
    return str(client.get(asked(client, where))["Location"])


def is_in(client: Client) -> bool:
    return client.get("/dossiers/").status_code == 200


def codes(user: User) -> list[str]:
    return [event.code for event in audit.history(user.journal_stream)]


def words(answer) -> str:
    return re.sub(r"<(script|svg|style)\b.*?</\1>|<[^>]*>", " ", answer.content.decode(), flags=re.DOTALL)


def test_who_is_known_enters_and_is_bound_to_the_directory(cast: Cast, directory: Directory) -> None:
    client = Client()
    assert "Passer par Annuaire Lavergne" in words(client.get("/connexion/"))
    assert entered(client, f"{DOOR}?next=/dossiers/%3Fvue%3Dmoi") == "/dossiers/?vue=moi"
    assert is_in(client)
    assert codes(cast.amelie)[-2:] == ["sign_on_linked", "signed_in"]
    [*_, event] = audit.history(cast.amelie.journal_stream)
    assert event.facts["means"] == ["socialaccount"]
    account = SocialAccount.objects.get()
    assert (account.user, account.uid, account.extra_data) == (cast.amelie, "a-1", {})
    assert not SocialToken.objects.exists(), "nothing of the directory's is kept"


def test_afterwards_the_directorys_identifier_decides(cast: Cast, directory: Directory) -> None:
    entered(Client())
    directory.person |= {"email": cast.chloe.email}
    client = Client()
    entered(client)
    assert client.session["_auth_user_id"] == str(cast.amelie.pk)


def test_an_address_given_to_somebody_else_opens_no_account(cast: Cast, directory: Directory) -> None:
    entered(Client())
    directory.person |= {"sub": "b-2"}
    client = Client()
    assert entered(client) == "/connexion/"
    assert "déjà relié à quelqu’un d’autre" in words(client.get("/connexion/"))
    assert not is_in(client)
    entry.unlink_sign_on(user=cast.amelie, by=cast.nadia.actor(), at=MORNING)
    entered(client)
    assert is_in(client)


@pytest.mark.parametrize("person", [{"email": "personne@ailleurs.example"}, {"email_verified": False}, {"email": ""}])
def test_who_is_not_known_stays_out(cast: Cast, directory: Directory, person: dict[str, object]) -> None:
    directory.person |= person
    client = Client()
    assert entered(client) == "/connexion/"
    assert "Aucun compte ouvert" in words(client.get("/connexion/"))
    assert not is_in(client)
    assert not SocialAccount.objects.exists()
    assert User.objects.count() == len(cast.staff), "nobody signs up"


def test_a_house_may_believe_addresses_that_nobody_verified(cast: Cast, directory: Directory, settings) -> None:
    directory.person.pop("email_verified")
    settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]["settings"]["trusts_addresses"] = True
    client = Client()
    entered(client)
    assert is_in(client)


def test_a_suspended_person_stays_out(cast: Cast, directory: Directory) -> None:
    client = Client()
    entered(client)
    told: dict[str, Any] = {"name": cast.amelie.name, "roles": {Role.AGENT}, "teams": [cast.team], "is_away": False}
    accounts.change_user(user=cast.amelie, **told, is_active=False, by=TESTS, at=MORNING)
    assert not is_in(client), "at the next request"
    again = Client()
    assert entered(again) == "/connexion/inactif/"
    assert not is_in(again)


LIES = [
    {"forges": True},
    {"claims": {"aud": "another"}},
    {"claims": {"iss": "https://ailleurs.example"}},
    {"claims": {"exp": 1}},
    {"userinfo": {"sub": "b-2"}},
    {"has_token": False},
]


@pytest.mark.parametrize("lie", LIES, ids=str)
def test_a_token_that_is_not_what_it_should_be_lets_nobody_in(
    cast: Cast, directory: Directory, lie: dict[str, object]
) -> None:
    for name, value in lie.items():
        setattr(directory, name, value)
    client = Client()
    assert entered(client) == "/connexion/"
    assert "n’a pas abouti" in words(client.get("/connexion/"))
    assert not is_in(client)


def test_a_code_serves_the_browser_that_asked_for_it_and_once(cast: Cast, directory: Directory) -> None:
    client, thief = Client(), Client()
    back = asked(client)
    assert thief.get(back)["Location"] == "/connexion/", "no such state in that session"
    mine = asked(thief)
    stolen = parse_qs(urlsplit(back).query)["code"][0]
    state = parse_qs(urlsplit(mine).query)["state"][0]
    thief.get(f"{urlsplit(mine).path}?code={stolen}&state={state}")
    assert directory.refused == ["pkce"]
    assert not is_in(thief)
    assert client.get(back)["Location"] == "/connexion/", "the directory burnt the stolen code"
    back = asked(client)
    client.get(back)
    assert is_in(client)
    client.get(back)
    assert directory.refused == ["pkce", "code"]


def test_a_directory_that_is_away_leaves_the_password(cast: Cast, directory: Directory) -> None:
    directory.is_down = True
    client = Client()
    assert client.get(DOOR)["Location"] == "/connexion/"
    assert "n’a pas abouti" in words(client.get("/connexion/"))


def test_who_turned_back_at_the_directory_is_told(cast: Cast, directory: Directory) -> None:
    client = Client()
    back = urlsplit(asked(client))
    state = parse_qs(back.query)["state"][0]
    assert client.get(f"{back.path}?error=access_denied&state={state}")["Location"] == "/connexion/"
    assert not is_in(client)


def test_nobody_binds_another_identity_by_hand(cast: Cast, directory: Directory, enter) -> None:
    directory.person |= {"sub": "b-2", "email": cast.chloe.email}
    client = enter(cast.amelie)
    assert entered(client, f"{DOOR}?process=connect") == "/connexion/"
    assert not SocialAccount.objects.exists()


def test_a_second_factor_of_ours_is_asked_for_all_the_same(cast: Cast, directory: Directory) -> None:
    entry.add_app(user=cast.amelie, secret=SECRET, by=cast.amelie.actor(), at=MORNING)
    client = Client()
    assert entered(client) == "/connexion/second-facteur/"
    assert not is_in(client)


def test_a_required_factor_is_the_directorys_affair(cast: Cast, directory: Directory, enter) -> None:
    entry.require_factors(roles={Role.AGENT}, by=TESTS, at=MORNING)
    client = Client()
    entered(client)
    assert is_in(client)
    assert not is_in(enter(cast.amelie)), "by password it is ours"
    assert queries.came_by_directory(cast.amelie)


def test_without_a_directory_there_is_no_such_door(cast: Cast) -> None:
    client = Client()
    assert client.get(DOOR).status_code == 404
    assert client.get(f"{DOOR}retour/").status_code == 404
    assert "Passer par" not in words(client.get("/connexion/"))


@pytest.mark.parametrize(
    ("url", "client", "is_fine"),
    [
        ("https://annuaire.exemple.fr/realms/maison", "doleance", True),
        ("http://127.0.0.1:9000", "doleance", True),
        ("http://annuaire.exemple.fr", "doleance", False),
        ("annuaire.exemple.fr", "doleance", False),
        ("https://annuaire.exemple.fr", "", False),
    ],
)
def test_a_directory_is_asked_over_tls(monkeypatch, tmp_path, url: str, client: str, is_fine: bool) -> None:
    monkeypatch.setenv("DOLEANCE_HOME", str(tmp_path))
    monkeypatch.setenv("DOLEANCE_OIDC_URL", url)
    monkeypatch.setenv("DOLEANCE_OIDC_CLIENT", client)
    if is_fine:
        assert load().oidc_url == url
    else:
        with pytest.raises(BadSetting):
            load()
