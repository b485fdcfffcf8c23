"""A reader's own choices: kept in cookies, never in a table, and never a way out to another site."""

import pytest

CHOICES = [("theme", "dark"), ("density", "compact"), ("keys", "off"), ("language", "en")]


@pytest.mark.parametrize(("name", "value"), CHOICES)
def test_a_choice_is_kept_for_a_year_and_one_goes_back(client, name, value):
    answer = client.post("/affichage/", {name: value, "next": "/dossiers/?vue=moi"})
    assert answer.status_code == 302
    assert answer["Location"] == "/dossiers/?vue=moi"
    cookie = answer.cookies[f"doleance_{name}"]
    assert (cookie.value, cookie["max-age"], cookie["samesite"]) == (value, 365 * 86_400, "Lax")


@pytest.mark.parametrize("back", ["https://ailleurs.example/", "//ailleurs.example", "javascript:alert(1)", ""])
def test_one_never_goes_elsewhere(client, back):
    assert client.post("/affichage/", {"theme": "dark", "next": back})["Location"] == "/"


def test_an_unknown_choice_is_left_out(client):
    answer = client.post("/affichage/", {"theme": "plaid", "size": "big"})
    assert not answer.cookies


def test_a_link_cannot_change_a_screen(client):
    assert client.get("/affichage/?theme=dark").status_code == 405


def test_the_next_page_wears_the_choice(client):
    client.post("/affichage/", {"theme": "dark"})
    assert b'<html lang="fr" data-theme="dark">' in client.get("/connexion/").content


@pytest.mark.parametrize(
    ("chosen", "asked", "spoken"),
    [
        ("", "", "fr"),
        ("", "fr-CH, en;q=0.5", "fr"),
        ("", "en-GB, fr;q=0.5", "en"),
        ("", "de, es;q=0.8", "fr"),
        ("fr", "en", "fr"),
        ("en", "fr", "en"),
        ("browser", "en", "en"),
        ("de", "fr", "fr"),
    ],
)
def test_a_page_speaks_the_chosen_language_then_the_browsers_then_french(client, chosen, asked, spoken):
    client.cookies["doleance_language"] = chosen
    page = client.get("/connexion/", headers={"accept-language": asked})
    assert page["Content-Language"] == spoken
    assert b'<html lang="%s"' % spoken.encode() in page.content
