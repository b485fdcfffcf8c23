"""The doors: signing in, a lost password, pages that say something went wrong. All in French, none of them mute."""

import re

import pytest
from django.contrib.auth.views import redirect_to_login
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.views import defaults

from doleance.staff import adapter

ENGLISH = re.compile(r"\b(password|sign in|sign out|email|please|your|forgot)\b", re.IGNORECASE)
PASSWORD = "une phrase assez longue"


def words(answer):
    """What is read on the page, without its markup."""
    return re.sub(r"<(script|svg|style)\b.*?</\1>|<[^>]*>", " ", answer.content.decode(), flags=re.DOTALL)


@pytest.fixture
def amelie(cast):
    cast.amelie.set_password(PASSWORD)
    cast.amelie.save(update_fields=["password"])
    return cast.amelie


@pytest.mark.parametrize(
    "path", ["/connexion/", "/connexion/mot-de-passe/oublie/", "/connexion/mot-de-passe/oublie/envoye/"]
)
def test_doors_speak_french(client, db, path):
    answer = client.get(path)
    assert answer.status_code == 200
    assert not ENGLISH.search(words(answer)), words(answer)


def test_one_enters_and_goes_where_one_was_going(client, amelie):
    answer = client.post("/connexion/", {"login": amelie.email, "password": PASSWORD, "next": "/dossiers/?vue=moi"})
    assert answer.status_code == 302
    assert answer["Location"] == "/dossiers/?vue=moi"
    assert redirect_to_login("/dossiers/")["Location"] == "/connexion/?next=/dossiers/"


def test_a_wrong_password_says_so_at_the_top_and_keeps_the_address(client, amelie):
    answer = client.post("/connexion/", {"login": amelie.email, "password": "non"})
    assert answer.status_code == 200
    page = answer.content.decode()
    assert 'role="alert"' in page
    assert amelie.email in page
    assert "non" not in re.findall(r'name="password"[^>]*value="([^"]*)"', page)


def test_a_lost_password_is_found_by_mail_once(client, amelie, mailoutbox):
    client.post("/connexion/mot-de-passe/oublie/", {"email": amelie.email})
    adapter.POST.submit(int).result()  # what was asked for before has been done
    [mail] = mailoutbox
    assert mail.subject == "Votre mot de passe Doléance"
    assert not ENGLISH.search(re.sub(r"https?://\S+", "", mail.body))
    path = re.search(r"https?://[^/]+(/\S+)", mail.body)[1]
    form = client.get(path, follow=True)
    assert "Nouveau mot de passe" in words(form)
    done = client.post(form.request["PATH_INFO"], {"password1": "x" * 4, "password2": "x" * 4})
    assert "aria-invalid" in done.content.decode()
    new = "une toute autre phrase, bien longue"
    client.post(form.request["PATH_INFO"], {"password1": new, "password2": new})
    amelie.refresh_from_db()
    assert amelie.check_password(new)
    client.logout()
    assert "Ce lien ne sert plus" in words(client.get(path, follow=True))


def test_an_unknown_address_is_answered_alike(client, amelie, mailoutbox):
    known = client.post("/connexion/mot-de-passe/oublie/", {"email": amelie.email})
    unknown = client.post("/connexion/mot-de-passe/oublie/", {"email": "personne@ailleurs.example"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    adapter.POST.submit(int).result()
    assert len(mailoutbox) == 1


def test_leaving_asks_and_clears_what_this_device_kept(client, amelie):
    client.force_login(amelie)
    page = client.get("/connexion/sortie/")
    assert "data-clears-drafts" in page.content.decode()
    assert not ENGLISH.search(words(page))
    assert client.post("/connexion/sortie/").status_code == 302
    assert "_auth_user_id" not in client.session


def test_a_password_is_changed_on_a_page_of_ours(client, amelie):
    client.force_login(amelie)
    page = client.get("/connexion/mot-de-passe/")
    assert page.status_code == 200
    assert not ENGLISH.search(words(page)), words(page)


@pytest.mark.parametrize(
    ("view", "status"),
    [
        (lambda request: defaults.page_not_found(request, Exception()), 404),
        (lambda request: defaults.permission_denied(request, Exception()), 403),
        (lambda request: defaults.bad_request(request, Exception()), 400),
        (defaults.server_error, 500),
    ],
)
def test_an_error_says_what_is_safe_and_what_to_do(view, status):
    answer = view(RequestFactory().get("/rien/"))
    assert answer.status_code == status
    page = answer.content.decode()
    assert page.count("<h1>") == 1
    assert re.search(r"Rien n’|Ce qui était enregistré", page)
    assert 'href="/"' in page


def test_a_stale_form_says_that_the_text_is_still_there():
    assert "votre texte y est encore" in render_to_string("403_csrf.html")


def test_a_server_that_is_down_tells_nobody_which_addresses_are_known(client, amelie, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    known = client.post("/connexion/mot-de-passe/oublie/", {"email": amelie.email})
    unknown = client.post("/connexion/mot-de-passe/oublie/", {"email": "personne@ailleurs.example"})
    assert known.status_code == unknown.status_code == 302
    adapter.POST.submit(int).result()
