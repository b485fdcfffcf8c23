"""Access tokens: asked for over https, kept until they expire, and what providers answer otherwise."""

import threading

import pytest

from doleance.channels.email import oauth
from doleance.channels.email.oauth import Application, Tokens
from doleance.channels.rules import MailboxError, MailboxFailed
from tests.channels.posts import make_certificate
from tests.servers.tokens import open_tokens

GRANTED = (200, {"access_token": "ya29.one", "expires_in": 3600, "token_type": "Bearer"})


@pytest.fixture
def certificate(tmp_path, monkeypatch):
    found = make_certificate(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(found))
    return found


def application(url: str) -> Application:
    return Application(url, "client-1", client_secret="tres-secret", refresh_token="1//refresh")


def test_a_token_is_asked_for_once_and_kept_until_it_expires(certificate):
    with open_tokens(certificate, GRANTED, (200, {"access_token": "ya29.two", "expires_in": 30})) as server:
        known = Tokens()
        asked = application(server.url)
        assert known.get(asked) == ("ya29.one", "")
        assert known.get(asked) == ("ya29.one", "")
        assert server.asked == [
            {
                "grant_type": "refresh_token",
                "refresh_token": "1//refresh",
                "client_id": "client-1",
                "client_secret": "tres-secret",
            }
        ]
        assert known.forget(asked)
        assert not known.forget(asked)
        assert known.get(asked) == ("ya29.two", "")
        assert known.get(asked) == ("ya29.two", "")
        assert len(server.asked) == 3  # thirty seconds are too short to be kept


def test_a_replaced_refresh_token_is_told_and_known(certificate):
    with open_tokens(certificate, (200, GRANTED[1] | {"refresh_token": "1//next"})) as server:
        known = Tokens()
        asked = application(server.url)
        assert known.get(asked) == ("ya29.one", "1//next")
        following = Application(asked.token_url, asked.client_id, asked.client_secret, "1//next")
        assert known.get(following) == ("ya29.one", "")
        assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        ((400, {"error": "invalid_grant", "error_description": "Token 1//refresh revoked"}), "token", "invalid_grant"),
        ((401, {"error": "invalid_client"}), "token", "invalid_client"),
        ((503, {"error": "temporarily_unavailable"}), "token_server", "temporarily_unavailable"),
        ((200, {"access_token": "a b\r\nLOGOUT"}), "token_server", "HTTP 200"),
        ((200, {"access_token": 5}), "token_server", "HTTP 200"),
        ((200, ["ya29"]), "token_server", "HTTP 200"),
        ((200, b"<html>"), "token_server", "HTTP 200"),
        ((302, b""), "token_server", "HTTP 302"),
    ],
)
def test_what_is_no_token_is_told_without_a_secret(certificate, answer, kind, said):
    with open_tokens(certificate, answer) as server, pytest.raises(MailboxFailed) as raised:
        oauth.ask(application(server.url))
    assert raised.value.kind is MailboxError(kind)
    assert said in raised.value.said
    assert "1//refresh" not in str(raised.value)


def test_secrets_leave_by_https_to_a_known_host_only(tmp_path, monkeypatch):
    with pytest.raises(MailboxFailed) as raised:
        oauth.ask(application("http://localhost/token"))
    assert raised.value.kind is MailboxError.TOKEN_SERVER
    with open_tokens(make_certificate(tmp_path, "localhost"), GRANTED) as server:
        with pytest.raises(MailboxFailed):
            oauth.ask(application(server.url))  # nobody vouches for its certificate
        assert server.asked == []
    with pytest.raises(MailboxFailed):
        oauth.ask(application("https://localhost:1/token"))


@pytest.mark.parametrize(("told", "lifetime"), [(60, 60.0), ("90", 90.0), (None, 300.0), ("x", 300.0), (-1, 0.0)])
def test_how_long_a_token_lives(certificate, told, lifetime):
    with open_tokens(certificate, (200, {"access_token": "t", "expires_in": told})) as server:
        assert oauth.ask(application(server.url)).lifetime_s == lifetime


def test_a_provider_that_is_waited_for_holds_up_no_other_mailbox(monkeypatch):
    asked, answered, known = threading.Event(), threading.Event(), Tokens()

    def ask(application):
        if application.client_id == "slow":
            asked.set()
            answered.wait(30)
        return oauth.Granted("ya29", 3600.0)

    monkeypatch.setattr(oauth, "ask", ask)
    slow = threading.Thread(target=known.get, args=[Application("https://a", "slow", "", "r")])
    slow.start()
    try:
        assert asked.wait(10)
        assert known.get(Application("https://b", "quick", "", "r")) == ("ya29", "")
        assert slow.is_alive()
    finally:
        answered.set()
        slow.join(10)
