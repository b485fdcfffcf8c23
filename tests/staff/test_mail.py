"""The mailboxes' pages: what they ask, refuse, show and try; the banner while one stopped."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from doleance.accounts.models import User
from doleance.channels import queries
from doleance.channels.models import Mailbox, MailboxHealth
from doleance.channels.rules import Security
from doleance.kernel.clock import now
from doleance.kernel.db import write
from tests import factories
from tests.cast import Cast
from tests.channels.posts import open_post
from tests.servers import dovecot as servers

Enter = Callable[[User], Client]
ASKED = {
    "name": "Maison Lavergne",
    "address": "bonjour@lavergne.example",
    "acknowledge": "on",
    "imap_port": "993",
    "imap_security": "tls",
    "imap_auth": "password",
    "imap_folder": "INBOX",
    "after_reading": "seen",
    "smtp_port": "465",
    "smtp_security": "tls",
    "quiet_hours": "0",
}
FETCHED = {"imap_host": "imap.lavergne.example", "imap_user": "bonjour", "imap_password": "motdepassesecret"}
TOKENS = {
    "imap_host": "outlook.office365.com",
    "imap_user": "bonjour",
    "imap_auth": "xoauth2",
    "oauth_token_url": "https://login.example/token",
    "oauth_client_id": "doleance",
    "oauth_client_secret": "secretdelapplication",
    "oauth_refresh_token": "jetondactualisation",
}
ADD = "/reglages/courriel/ajouter/"


def page_of(mailbox: Mailbox, act: str = "") -> str:
    return f"/reglages/courriel/{mailbox.pk}/{act}"


def plain(response: Any) -> str:
    return response.content.decode().replace("\u00a0", " ").replace("\u202f", " ")


@pytest.fixture
def nadia(cast: Cast, enter: Enter) -> Client:
    """Nadia at her screen."""
    return enter(cast.nadia)


@write(quiet="a test makes what a fetcher would have noted")
def note(box: Mailbox, **known: Any) -> None:
    MailboxHealth.objects.update_or_create(mailbox=box, defaults={"checked_at": now()} | known)


@pytest.fixture
def box(cast: Cast) -> Mailbox:
    """A mailbox of Relation client that is fetched."""
    told = {"imap_host": "imap.maison.example", "imap_user": "maison", "imap_secret": "motdepassesecret"}
    return factories.mailbox(cast, **told)


@pytest.fixture
def failing(box: Mailbox) -> Mailbox:
    """The same, which has been failing for 42 minutes."""
    note(box, failing_since=now() - timedelta(minutes=42), error="login", said="NO [AUTHENTICATIONFAILED] <b>no</b>")
    return box


def test_a_mailbox_is_added_and_no_secret_is_ever_shown(nadia: Client) -> None:
    told = ASKED | FETCHED | {"smtp_host": "smtp.lavergne.example", "smtp_user": "b", "smtp_password": "motdepasse2"}
    answer = nadia.post(ADD, told)
    mailbox = Mailbox.objects.get(address="bonjour@lavergne.example")
    assert answer["Location"] == page_of(mailbox)
    assert (queries.smtp_password(mailbox), queries.imap_secret(mailbox)) == ("motdepasse2", "motdepassesecret")
    shown = nadia.get(page_of(mailbox)).content.decode()
    assert "imap.lavergne.example" in shown
    assert "motdepasse" not in shown
    told |= {"smtp_password": "", "imap_password": "", "is_active": "on", "name": "Autre nom"}
    assert nadia.post(page_of(mailbox), told).status_code == 302
    mailbox.refresh_from_db()
    assert mailbox.name == "Autre nom"
    assert (queries.smtp_password(mailbox), queries.imap_secret(mailbox)) == ("motdepasse2", "motdepassesecret")
    double = nadia.post(ADD, told)
    assert double.status_code == 422
    assert "Une boîte existe déjà pour cette adresse" in double.content.decode()
    assert "motdepasse" not in double.content.decode()


def test_tokens_are_kept_as_passwords_are(nadia: Client) -> None:
    assert nadia.post(ADD, ASKED | TOKENS).status_code == 302
    mailbox = Mailbox.objects.get()
    assert queries.imap_secret(mailbox) == "jetondactualisation"
    assert queries.oauth_client_secret(mailbox) == "secretdelapplication"
    shown = nadia.get(page_of(mailbox)).content.decode()
    assert "jetondactualisation" not in shown
    assert "secretdelapplication" not in shown
    assert '<details class="how" open>' in shown


def test_a_kept_password_goes_to_no_other_server(cast: Cast, nadia: Client) -> None:
    settled = {"smtp_host": "smtp.maison.example", "smtp_user": "maison", "smtp_password": "motdepassesecret"}
    mailbox = factories.mailbox(cast, **settled)
    told = ASKED | {"address": mailbox.address, "is_active": "on"}
    told |= {"smtp_host": "ailleurs.example", "smtp_user": "maison", "smtp_password": ""}
    page = nadia.post(page_of(mailbox), told)
    assert page.status_code == 422
    assert "écrivez à nouveau le mot de passe" in page.content.decode()
    assert Mailbox.objects.get(pk=mailbox.pk).smtp_host == "smtp.maison.example"
    told |= {"smtp_user": "", "smtp_host": "smtp.maison.example"}
    assert nadia.post(page_of(mailbox), told).status_code == 302
    assert Mailbox.objects.get(pk=mailbox.pk).smtp_secret is None, "no login, no password"


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"imap_host": "https://mail"}, "imap_host", "le nom du serveur seul"),
        ({"imap_port": "99999"}, "imap_port", "65535"),
        ({"imap_user": ""}, "imap_user", "identifiant de connexion"),
        ({"imap_password": ""}, "imap_password", "le mot de passe du serveur de réception"),
        ({"imap_security": "none"}, "imap_security", "se lirait en chemin"),
        ({"after_reading": "move"}, "done_folder", "dans quel dossier"),
        ({"authserv_id": "mx maison"}, "authserv_id", "en un mot"),
        (TOKENS | {"oauth_token_url": "http://login.example/"}, "oauth_token_url", "commence par https"),
        (TOKENS | {"oauth_client_id": ""}, "oauth_client_id", "client ID"),
        (TOKENS | {"oauth_refresh_token": ""}, "oauth_refresh_token", "jeton d’actualisation"),
    ],
)
def test_each_refusal_stands_beside_its_field(nadia: Client, changes: dict[str, str], field: str, words: str) -> None:
    page = nadia.post(ADD, ASKED | FETCHED | changes)
    assert page.status_code == 422
    assert list(page.context["form"].errors) == [field]
    assert words in plain(page)
    assert not Mailbox.objects.exists()


@pytest.mark.parametrize(("auth", "field"), [("password", "imap_password"), ("xoauth2", "oauth_refresh_token")])
def test_another_door_wants_its_secret_again(nadia: Client, auth: str, field: str) -> None:
    nadia.post(ADD, ASKED | (TOKENS if auth == "xoauth2" else FETCHED))
    told = ASKED | (TOKENS if auth == "xoauth2" else FETCHED) | {"imap_user": "autre", "is_active": "on"}
    told |= {"imap_password": "", "oauth_refresh_token": "", "oauth_client_secret": ""}
    page = nadia.post(page_of(Mailbox.objects.get()), told)
    assert list(page.context["form"].errors) == [field]


def test_the_list_says_how_each_one_does(cast: Cast, nadia: Client, failing: Mailbox) -> None:
    factories.mailbox(cast, address="import@maison.example")
    aside = factories.mailbox(cast, address="aside@maison.example", is_active=False)
    page = plain(nadia.get("/reglages/courriel/"))
    for words in ("En panne depuis 42 min", "Identifiant ou mot de passe refusé", "Réception par import seulement"):
        assert words in page
    assert "Mise de côté" in page
    assert page_of(aside) in page


@pytest.mark.parametrize(
    ("known", "quiet_hours", "words"),
    [
        ({"last_message_at": timedelta(minutes=5), "ok_at": timedelta()}, 0, "Reçoit"),
        ({"last_message_at": timedelta(days=30), "ok_at": timedelta()}, 24, "Rien reçu depuis le "),
        ({"failing_since": timedelta(minutes=3)}, 0, "Ne répond pas, nouvel essai bientôt"),
        ({"checked_at": timedelta(minutes=20)}, 0, "N’est plus relevée depuis 20 min"),
    ],
)
def test_a_page_says_the_state_in_words(
    cast: Cast, nadia: Client, known: dict[str, timedelta], quiet_hours: int, words: str
) -> None:
    told = {"imap_host": "imap.maison.example", "imap_user": "maison", "imap_secret": "x", "quiet_hours": quiet_hours}
    mailbox = factories.mailbox(cast, **told)
    assert "Pas encore relevée" in plain(nadia.get(page_of(mailbox)))
    at = now()
    note(mailbox, **{name: at - ago for name, ago in known.items()})
    assert words in plain(nadia.get(page_of(mailbox)))


def test_what_a_server_says_is_shown_as_words_only(nadia: Client, failing: Mailbox) -> None:
    page = nadia.get(page_of(failing)).content.decode()
    assert "&lt;b&gt;no&lt;/b&gt;" in page
    assert "<b>no</b>" not in page


def test_the_banner_is_for_who_can_mend_it_and_for_leads(
    cast: Cast, calendars: None, enter: Enter, failing: Mailbox
) -> None:
    told = "ne reçoit plus depuis 42 min"
    page = plain(enter(cast.nadia).get("/reglages/"))
    assert told in page
    assert page_of(failing) in page
    page = plain(enter(cast.bruno).get("/dossiers/"))
    assert told in page
    assert "Qui peut y remédier : Nadia Ferrand" in page
    assert page_of(failing) not in page
    for person in (cast.amelie, cast.ines, cast.paul):
        assert told not in plain(enter(person).get("/dossiers/"))


def test_no_banner_while_it_is_well_or_only_stumbles(cast: Cast, calendars: None, enter: Enter, box: Mailbox) -> None:
    note(box, failing_since=now() - timedelta(minutes=3))
    assert "ne reçoit plus" not in plain(enter(cast.nadia).get("/reglages/"))


def test_its_own_page_does_not_say_it_twice(nadia: Client, failing: Mailbox) -> None:
    assert "ne reçoit plus depuis" not in plain(nadia.get(page_of(failing)))


@pytest.mark.needs(*servers.PACKAGES)
def test_receiving_is_tried_on_a_real_server_and_its_proposals_taken(
    cast: Cast, nadia: Client, dovecot: servers.Dovecot, inbox: str
) -> None:
    dovecot.create(inbox, "Reclamations")
    head = b"Authentication-Results: mx.maison.example; dkim=pass\r\nFrom: helene.durand@courriel.example\r\n"
    dovecot.deliver(inbox, head + b"Subject: x\r\n\r\nBonjour\r\n")
    told = {"imap_host": dovecot.host, "imap_port": dovecot.port, "imap_user": inbox, "imap_secret": servers.PASSWORD}
    mailbox = factories.mailbox(cast, address=inbox, imap_security=Security.NONE, **told)
    page = nadia.post(page_of(mailbox, "essai-reception/"))
    assert "La réception marche : 1 courriel dans INBOX" in plain(page)
    for choice in ("authserv_id:mx.maison.example", "done_folder:Reclamations", "imap_folder:Reclamations"):
        assert f'value="{choice}"' in page.content.decode()
    assert nadia.post(page_of(mailbox, "choix/"), {"choix": "authserv_id:mx.maison.example"}).status_code == 302
    assert nadia.post(page_of(mailbox, "choix/"), {"choix": "done_folder:Reclamations"}).status_code == 302
    mailbox.refresh_from_db()
    assert (mailbox.authserv_id, mailbox.done_folder, mailbox.after_reading) == (
        "mx.maison.example",
        "Reclamations",
        "move",
    )
    assert queries.imap_secret(mailbox) == servers.PASSWORD
    again = plain(nadia.post(page_of(mailbox, "essai-reception/")))
    assert "portent bien mx.maison.example" in again


def test_a_trial_that_fails_says_why(nadia: Client, box: Mailbox) -> None:
    page = plain(nadia.post(page_of(box, "essai-reception/")))
    assert "serveur IMAP" in page


def test_a_mailbox_that_is_not_fetched_is_not_tried(cast: Cast, nadia: Client) -> None:
    page = nadia.post(page_of(factories.mailbox(cast), "essai-reception/"))
    assert (page.status_code, page["X-Refusal"]) == (422, "not_fetched")


def test_sending_is_tried_with_and_without_a_mail(cast: Cast, nadia: Client, settings: Any) -> None:
    settings.DOLEANCE_SINK = False
    with open_post() as post:
        told = {"smtp_host": "127.0.0.1", "smtp_port": post.server.port, "smtp_security": Security.NONE}
        mailbox = factories.mailbox(cast, **told)
        assert "Le serveur d’envoi nous laisse entrer" in plain(nadia.post(page_of(mailbox, "essai-envoi/")))
        assert post.taken == []
        page = plain(nadia.post(page_of(mailbox, "courriel-essai/")))
        assert f"Courriel d’essai parti vers {cast.nadia.email}" in page
        assert [taken.rcpt_tos for taken in post.taken] == [[cast.nadia.email]]
    failed = plain(nadia.post(page_of(mailbox, "essai-envoi/")))
    assert "ne répond pas" in failed
    assert f"Essayé : 127.0.0.1, port {post.server.port}." in failed
    assert "Détail technique" in failed


def test_a_trial_installation_says_that_nothing_was_tried(cast: Cast, nadia: Client, settings: Any) -> None:
    settings.DOLEANCE_SINK = True
    page = plain(nadia.post(page_of(factories.mailbox(cast, smtp_host="127.0.0.1"), "essai-envoi/")))
    assert "Non essayé : installation d’essai, rien ne part." in page
    assert "nous laisse entrer" not in page


def test_a_port_that_is_not_the_usual_one_is_told_with_it(cast: Cast, nadia: Client) -> None:
    told = {"imap_host": "127.0.0.1", "imap_port": 1, "imap_user": "moi", "imap_secret": "secret"}
    page = plain(nadia.post(page_of(factories.mailbox(cast, **told), "essai-reception/")))
    assert "Essayé : 127.0.0.1, port 1. Le port habituel de cette protection : 993." in page


def test_a_new_mailbox_shows_its_rarer_answers_only_when_one_is_given(nadia: Client) -> None:
    page = plain(nadia.get("/reglages/courriel/ajouter/"))
    rare = '<details class="how"><summary>Réglages avancés</summary>'
    assert rare in page
    assert page.index("Réglages avancés") < page.index("Nom qui signe les vérifications")
    assert rare not in plain(nadia.post("/reglages/courriel/ajouter/", {"has_plus": "on"}))


@pytest.mark.parametrize("choice", ["", "is_active:", "smtp_host:ailleurs.example", "authserv_id:", "authserv_id"])
def test_nothing_else_is_changed_by_a_choice(nadia: Client, box: Mailbox, choice: str) -> None:
    assert nadia.post(page_of(box, "choix/"), {"choix": choice})["X-Refusal"] == "not_proposed"


def test_a_choice_that_cannot_be_is_refused(nadia: Client, box: Mailbox) -> None:
    page = nadia.post(page_of(box, "choix/"), {"choix": "done_folder:INBOX"})
    assert (page.status_code, page["X-Refusal"]) == (422, "nowhere_to_move")


@pytest.mark.parametrize(("failing_for", "words"), [(3, "dans la minute"), (42, "Prochain essai :")])
def test_beside_a_trial_that_fails_stands_when_the_next_one_is(
    nadia: Client, box: Mailbox, failing_for: int, words: str
) -> None:
    checked_at = now() - timedelta(minutes=1)
    note(box, failing_since=now() - timedelta(minutes=failing_for), error="login", checked_at=checked_at)
    page = nadia.post(page_of(box, "essai-reception/"))
    assert words in plain(page)
    local = (checked_at + timedelta(minutes=5)).astimezone(ZoneInfo(box.entity.time_zone))
    assert (f'datetime="{local.isoformat()[:16]}' in page.content.decode()) is (failing_for == 42)
    assert "Prochain essai" in plain(nadia.get(page_of(box)))
