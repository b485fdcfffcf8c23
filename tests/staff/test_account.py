"""One's own account, and the door with a second factor: ceremonies by HTTP, what is refused, what is told."""

import re
import time
from collections.abc import Callable

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.contrib.sessions.models import Session
from django.test import Client

from doleance.accounts import actions as accounts
from doleance.accounts.models import User
from doleance.accounts.rules import Role
from doleance.audit import queries as audit
from doleance.entry import actions as entry
from doleance.entry import queries
from doleance.kernel.clock import now
from doleance.staff import factors
from tests.cast import MORNING, PASSWORD, TESTS, Cast

Enter = Callable[[User], Client]
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36"
PHONE = "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Firefox/150.0"
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


def words(answer) -> str:
    return re.sub(r"<(script|svg|style)\b.*?</\1>|<[^>]*>", " ", answer.content.decode(), flags=re.DOTALL)


def codes(user: User) -> list[str]:
    return [event.code for event in audit.history(user.journal_stream)]


def signed_in(user: User, agent: str = CHROME) -> Client:
    """A browser that went through the door."""
    client = Client(headers={"user-agent": agent})
    answer = client.post("/connexion/", {"login": user.email, "password": PASSWORD})
    assert answer.status_code == 302
    return client


def confirmed(user: User) -> Client:
    """A browser that signed in, and typed its password again a moment ago."""
    client = signed_in(user)
    assert client.post("/connexion/confirmer/", {"password": PASSWORD}).status_code == 302
    return client


def code_of(secret: str) -> str:
    return totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30))


@pytest.fixture
def app(cast: Cast) -> list[str]:
    """Amélie's application; its recovery codes."""
    return entry.add_app(user=cast.amelie, secret=SECRET, by=cast.amelie.actor(), at=MORNING)


def test_an_application_is_linked_by_its_first_code(cast: Cast) -> None:
    browser = confirmed(cast.amelie)
    page = browser.get("/compte/application/")
    secret = page.context["secret"].replace(" ", "")
    kept = " ".join(str(one.get_decoded()) for one in Session.objects.all())
    assert secret not in kept, "sessions are rows: the secret is sealed there too"
    wrong = browser.post("/compte/application/", {"code": "12345"})
    assert wrong.status_code == 422
    assert "pas le bon code" in words(wrong)
    shown = browser.post("/compte/application/", {"code": code_of(secret)})
    assert shown.status_code == 200
    assert len(re.findall(r"\b\d{4} \d{4}\b", words(shown))) == 10
    assert codes(cast.amelie)[-2:] == ["factor_added", "recovery_codes_made"]
    assert "Il en reste 10" in words(browser.get("/compte/"))


def test_a_change_of_factors_asks_for_the_password_again(cast: Cast, app: list[str]) -> None:
    client = Client()
    client.force_login(cast.amelie)
    number = queries.factors(cast.amelie).app_pk
    for path in ("/compte/application/", "/compte/cle/", "/compte/codes/"):
        assert client.get(path)["Location"].startswith("/connexion/confirmer/?next=")
    held = client.post(f"/compte/second-facteur/{number}/retirer/")
    assert held["Location"].startswith("/connexion/confirmer/?next=")
    assert queries.factors(cast.amelie).is_protected
    done = client.post(held["Location"], {"password": PASSWORD, "next": f"/compte/second-facteur/{number}/retirer/"})
    assert done["Location"] == "/compte/"
    assert not queries.factors(cast.amelie).is_protected
    assert codes(cast.amelie)[-1] == "factor_removed"


def test_a_password_alone_opens_nothing_any_more(cast: Cast, app: list[str]) -> None:
    client = signed_in(cast.amelie)
    assert client.get("/dossiers/").status_code == 302
    page = client.get("/connexion/second-facteur/")
    assert "Encore un pas" in words(page)
    assert client.post("/connexion/second-facteur/", {"code": "000000"}).status_code == 200
    assert codes(cast.amelie)[-1] == "factor_refused"
    assert client.post("/connexion/second-facteur/", {"code": code_of(SECRET)}).status_code == 302
    assert client.get("/dossiers/").status_code == 200
    [*_, event] = audit.history(cast.amelie.journal_stream)
    assert (event.code, event.facts["means"]) == ("signed_in", ["password", "totp"])


def test_a_code_serves_once(cast: Cast, app: list[str]) -> None:
    for code in (code_of(SECRET), app[0]):
        first, second = signed_in(cast.amelie), signed_in(cast.amelie)
        assert first.post("/connexion/second-facteur/", {"code": code}).status_code == 302
        assert second.post("/connexion/second-facteur/", {"code": code}).status_code == 200
        assert second.get("/dossiers/").status_code == 302
    assert "recovery_code_used" in codes(cast.amelie)


def test_codes_are_not_guessed(cast: Cast, app: list[str]) -> None:
    client = signed_in(cast.amelie)
    for number in range(5):
        client.post("/connexion/second-facteur/", {"code": f"{number:06}"})
    refused = client.post("/connexion/second-facteur/", {"code": app[0]})
    assert "Trop d’essais" in words(refused)
    assert client.get("/dossiers/").status_code == 302


def test_new_codes_are_shown_once(cast: Cast, app: list[str]) -> None:
    browser = signed_in(cast.amelie)
    browser.post("/connexion/second-facteur/", {"code": app[0]})
    browser.post("/connexion/confirmer/", {"password": PASSWORD})
    assert "Il en reste 9" in words(browser.get("/compte/codes/"))
    shown = browser.post("/compte/codes/")
    assert len(re.findall(r"\b\d{4} \d{4}\b", words(shown))) == 10
    assert "Il en reste 10" in words(browser.get("/compte/codes/"))
    assert shown["Cache-Control"].count("no-store")


def test_a_forged_passkey_is_refused(cast: Cast) -> None:
    browser = confirmed(cast.amelie)
    browser.get("/compte/cle/", headers={"host": "localhost"})
    told = ["{}", "[]", "null", '{"id": "AAAA", "rawId": "AAAA", "response": {}, "type": "public-key"}', "x"]
    for credential in told:
        page = browser.post("/compte/cle/", {"name": "Faux", "credential": credential}, headers={"host": "localhost"})
        assert page.status_code == 422, credential
    assert not queries.factors(cast.amelie).keys


@pytest.mark.parametrize(
    ("url", "host", "name", "can"),
    [
        ("http://127.0.0.1:8000", "localhost:8000", "localhost", True),
        ("http://127.0.0.1:8000", "127.0.0.1:8000", "127.0.0.1", False),
        ("https://reclamations.maison.example", "127.0.0.1", "reclamations.maison.example", True),
        ("https://192.0.2.7", "192.0.2.7", "192.0.2.7", False),
    ],
)
def test_passkeys_belong_to_the_installations_own_name(settings, url: str, host: str, name: str, can: bool) -> None:
    settings.DOLEANCE_URL = url
    assert factors.rp_id(host) == name
    assert factors.can_have_passkeys(host) is can


def test_whoever_must_have_a_factor_adds_one_first(cast: Cast, enter: Enter) -> None:
    bruno, amelie = enter(cast.bruno), enter(cast.amelie)
    assert bruno.get("/dossiers/").status_code == 200
    told = {"roles": ["lead"]}
    assert enter(cast.nadia).post("/reglages/personnes/second-facteur/", told).status_code == 302
    assert bruno.get("/dossiers/")["Location"] == "/compte/", "at the very next request"
    assert bruno.get("/dossiers/", headers={"hx-request": "true"})["HX-Redirect"] == "/compte/"
    assert "Votre rôle demande un second facteur" in words(bruno.get("/compte/"))
    assert amelie.get("/dossiers/").status_code == 200
    entry.add_app(user=cast.bruno, secret=SECRET, by=cast.bruno.actor(), at=MORNING)
    assert bruno.get("/dossiers/").status_code == 200


def test_two_roles_are_proposed_and_nothing_is_forced(cast: Cast, enter: Enter) -> None:
    browser = enter(cast.nadia)
    page = browser.get("/reglages/personnes/second-facteur/")
    assert set(page.context["form"].initial["roles"]) == {Role.ADMINISTRATOR, Role.LEAD}
    assert "Rien n’est exigé" in words(page)
    assert queries.required_roles() is None
    browser.post("/reglages/personnes/second-facteur/", {})
    assert queries.required_roles() == frozenset()
    assert "Rien n’est exigé" not in words(browser.get("/reglages/personnes/second-facteur/"))


def test_one_sees_where_one_is_signed_in_and_closes_it(cast: Cast) -> None:
    desk, phone = signed_in(cast.amelie), signed_in(cast.amelie, PHONE)
    page = desk.get("/compte/")
    assert "Firefox sur Android" in words(page)
    assert "cette session" in words(page)
    [other] = [one for one in page.context["sessions"] if not one.is_current]
    chloe = signed_in(cast.chloe)
    chloe.post(f"/compte/sessions/{other.pk}/fermer/")
    assert phone.get("/dossiers/").status_code == 200, "nobody closes the session of another"
    desk.post(f"/compte/sessions/{other.pk}/fermer/")
    assert phone.get("/dossiers/").status_code == 302
    assert "session_ended" in codes(cast.amelie)


def test_everywhere_else_is_closed_at_once(cast: Cast, enter: Enter) -> None:
    desk, phone, unlisted = signed_in(cast.amelie), signed_in(cast.amelie, PHONE), enter(cast.amelie)
    assert desk.post("/compte/sessions/fermer/").status_code == 302
    assert phone.get("/dossiers/").status_code == unlisted.get("/dossiers/").status_code == 302
    page = desk.get("/compte/")
    assert page.status_code == 200
    assert [one.is_current for one in page.context["sessions"]] == [True]


def test_an_administrator_closes_sessions_and_removes_lost_factors(cast: Cast, enter: Enter, app: list[str]) -> None:
    amelie, nadia = enter(cast.amelie), enter(cast.nadia)
    assert "second facteur" in words(nadia.get("/reglages/personnes/"))
    nadia.post(f"/reglages/personnes/{cast.amelie.pk}/acces/", {"quoi": "sessions"})
    assert amelie.get("/dossiers/").status_code == 302
    nadia.post(f"/reglages/personnes/{cast.amelie.pk}/acces/", {"quoi": "facteurs"})
    assert not queries.factors(cast.amelie).is_protected
    assert codes(cast.amelie)[-2:] == ["sessions_ended", "factors_removed"]


def test_an_invitation_does_not_pass_a_second_factor(cast: Cast, app: list[str]) -> None:
    """The server's keeper may give a link to who has a password; their second factor is asked for all the same."""
    secret = accounts.invite(user=cast.amelie, by=TESTS, at=now())
    client = Client()
    answer = client.post(f"/invitation/{secret}/", {"password": "une phrase assez longue"})
    assert answer["Location"] == "/connexion/second-facteur/"
    assert client.get("/dossiers/").status_code == 302
