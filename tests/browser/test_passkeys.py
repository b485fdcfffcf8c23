"""Passkeys in a real browser with an authenticator of its own (WebAuthn virtual authenticators, through CDP)."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from doleance.audit import queries as audit
from doleance.entry import actions as entry
from doleance.entry import queries
from tests.browser.chromium import LOOKS, sideways, sign_in, small_targets, violations
from tests.cast import MORNING, PASSWORD, Cast

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def named(address: str) -> str:
    """The same address by name: a passkey is bound to no number."""
    return f"http://localhost:{urlsplit(address).port}"


def with_authenticator(page: Page, **changes: object) -> tuple[object, str]:
    """Give a window an authenticator; its session with the browser, and its identifier."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    told = session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR | changes})
    return session, told["authenticatorId"]


def add_key(page: Page, named: str) -> None:
    """Add a passkey to one's account, as a person does; the password is asked for again."""
    page.goto(f"{named}/compte/")
    page.get_by_role("link", name="Ajouter une clé").click()
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Continuer").click()
    page.get_by_label("Nom de cette clé").fill("Portable")
    page.get_by_role("button", name="Ajouter la clé").click()
    page.wait_for_url("**/compte/cle/")
    expect(page.get_by_role("heading", name="Gardez ces codes.")).to_be_visible()


def leave(page: Page, named: str) -> None:
    page.goto(f"{named}/connexion/sortie/")
    page.get_by_role("button", name="Sortir").click()
    page.wait_for_url("**/connexion/")


def test_a_passkey_is_added_and_enters_alone(cast: Cast, open_context, look, named: str) -> None:
    page = sign_in(open_context(look), named, cast.amelie.email, PASSWORD)
    with_authenticator(page)
    add_key(page, named)
    assert [key.name for key in queries.factors(cast.amelie).keys] == ["Portable"]
    leave(page, named)
    page.get_by_role("button", name="Utiliser une clé d’accès").click()
    page.wait_for_url(lambda url: "/connexion/" not in url)
    page.goto(f"{named}/compte/")
    expect(page.get_by_role("heading", name="Portable")).to_be_visible()
    [*_, event] = audit.history(cast.amelie.journal_stream)
    assert (event.code, event.facts["means"]) == ("signed_in", ["webauthn"])


def test_a_passkey_is_a_second_factor(cast: Cast, open_context, look, named: str) -> None:
    page = sign_in(open_context(look), named, cast.amelie.email, PASSWORD)
    with_authenticator(page)
    add_key(page, named)
    leave(page, named)
    page.get_by_label("Adresse de courriel").fill(cast.amelie.email)
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Entrer", exact=True).click()
    expect(page.get_by_role("heading", name="Encore un pas.")).to_be_visible()
    page.get_by_role("button", name="Utiliser une clé d’accès").click()
    page.wait_for_url(lambda url: "/connexion/" not in url)
    [*_, event] = audit.history(cast.amelie.journal_stream)
    assert (event.code, event.facts["means"]) == ("signed_in", ["password", "webauthn"])


def test_a_key_that_nobody_verified_enters_nowhere(cast: Cast, open_context, look, named: str) -> None:
    page = sign_in(open_context(look), named, cast.amelie.email, PASSWORD)
    session, known = with_authenticator(page)
    add_key(page, named)
    leave(page, named)
    session.send("WebAuthn.setUserVerified", {"authenticatorId": known, "isUserVerified": False})
    page.get_by_role("button", name="Utiliser une clé d’accès").click()
    expect(page.get_by_text("Cette clé n’a pas répondu.")).to_be_visible()
    page.goto(f"{named}/dossiers/")
    assert "/connexion/" in page.url


def test_a_removed_key_opens_nothing(cast: Cast, open_context, look, named: str) -> None:
    page = sign_in(open_context(look), named, cast.amelie.email, PASSWORD)
    with_authenticator(page)
    add_key(page, named)
    page.goto(f"{named}/compte/")
    page.get_by_role("button", name="Retirer la clé Portable").click()
    expect(page.get_by_text("Second facteur retiré.")).to_be_visible()
    leave(page, named)
    page.get_by_role("button", name="Utiliser une clé d’accès").click()
    expect(page.get_by_text("Ce n’est pas le bon code ni la bonne clé")).to_be_visible()
    page.goto(f"{named}/dossiers/")
    assert "/connexion/" in page.url


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_pages_of_the_account_have_nothing_to_reproach(cast: Cast, open_context, look, named: str) -> None:
    context: BrowserContext = open_context(look)
    page = sign_in(context, named, cast.bruno.email, PASSWORD)
    page.goto(f"{named}/connexion/confirmer/")
    look_at(page)
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Continuer").click()
    entry.add_passkey(
        user=cast.bruno,
        name="Clé du bureau",
        credential={"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": {}},
        by=cast.bruno.actor(),
        at=MORNING,
    )
    for path in ("compte/", "compte/application/"):
        page.goto(f"{named}/{path}")
        look_at(page)
    page.get_by_label("Code à six chiffres").fill("123")
    page.get_by_role("button", name="Relier").click()
    look_at(page)
    page.goto(f"{named}/compte/codes/")
    look_at(page)
    page.get_by_role("button", name="Faire dix autres codes").click()
    look_at(page)


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_pages_of_people_have_nothing_to_reproach(cast: Cast, open_context, look, address: str) -> None:
    page = sign_in(open_context(look), address, cast.nadia.email, PASSWORD)
    entry.add_app(user=cast.amelie, secret=SECRET, by=cast.amelie.actor(), at=MORNING)
    for path in ("", "second-facteur/", f"{cast.amelie.pk}/", "inviter/"):
        page.goto(f"{address}/reglages/personnes/{path}")
        look_at(page)


def look_at(page: Page) -> None:
    assert not violations(page)
    assert not sideways(page)
    assert not small_targets(page)
