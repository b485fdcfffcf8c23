"""The doors: signing in, a lost password, pages that say something went wrong. All in French, none of them mute."""

import re
from email import message_from_bytes, policy

import pytest
from django.contrib.auth.views import redirect_to_login
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.views import defaults
from procrastinate.contrib.django.models import ProcrastinateJob

from doleance.accounts import actions as accounts
from doleance.accounts.rules import Role
from doleance.notifications import queries, tasks
from tests.cast import MORNING, TESTS

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


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("/connexion/", ("Écrivez votre adresse de courriel.", "Écrivez votre mot de passe.")),
        ("/connexion/mot-de-passe/oublie/", ("Écrivez votre adresse de courriel.",)),
    ],
)
def test_an_empty_form_says_what_to_write(client, db, path, wanted):
    page = client.post(path, {"login": "", "email": ""}).content.decode()
    for sentence in wanted:
        assert page.count(sentence) == 2, "at the top, and at the field"


def test_a_wrong_password_says_so_at_the_top_and_keeps_the_address(client, amelie):
    answer = client.post("/connexion/", {"login": amelie.email, "password": "non"})
    assert answer.status_code == 200
    page = answer.content.decode()
    assert 'role="alert"' in page
    assert amelie.email in page
    assert "non" not in re.findall(r'name="password"[^>]*value="([^"]*)"', page)


@pytest.fixture
def mailed(settings, tmp_path):
    """Does the jobs that mail a link, and reads what was written then."""
    settings.DOLEANCE_SINK, settings.DOLEANCE_MAIL_SINK = True, tmp_path
    done = set()

    def work():
        for job in ProcrastinateJob.objects.filter(task_name=queries.MAIL_LINK).exclude(pk__in=done).order_by("id"):
            done.add(job.pk)
            tasks.mail_link(**job.args)
        found = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in tmp_path.glob("*.eml")]
        return [(mail["To"], mail["Subject"], mail.get_body(("plain",)).get_content()) for mail in found]

    return work


def test_a_lost_password_is_found_by_mail_once(client, amelie, mailed):
    held = Client()
    held.force_login(amelie)
    client.post("/connexion/mot-de-passe/oublie/", {"email": amelie.email.upper()})
    [(to, subject, body)] = mailed()
    assert (to, subject) == (amelie.email, "Votre mot de passe Doléance")
    assert not ENGLISH.search(re.sub(r"https?://\S+", "", body))
    path = re.search(r"https?://[^/]+(/\S+)", body)[1]
    assert "Nouveau mot de passe" in words(client.get(path))
    assert client.post(path, {"password": "x" * 4}).status_code == 422
    new = "une toute autre phrase, bien longue"
    assert client.post(path, {"password": new})["Location"] == "/connexion/mot-de-passe/change/"
    amelie.refresh_from_db()
    assert amelie.check_password(new)
    assert held.get("/dossiers/").status_code == 302, "what was open with the old one is closed"
    assert "_auth_user_id" not in client.session, "a link lets nobody in past a second factor"
    assert "Ce lien ne sert plus" in words(client.get(path))
    assert client.post(path, {"password": "encore une autre phrase"}).status_code == 422


def test_an_unknown_address_is_answered_alike_and_costs_the_same(client, amelie, mailed):
    told = []
    for email in (amelie.email, "personne@ailleurs.example"):
        with CaptureQueriesContext(connection) as made:
            answer = client.post("/connexion/mot-de-passe/oublie/", {"email": email})
        asked = [one["sql"] for one in made if "cache_entry" not in one["sql"]]  # counts of tries: by network too
        kinds = [re.sub(r"'[^']*'|\d+", "?", sql)[:60] for sql in asked]
        told.append((answer.status_code, answer["Location"], kinds))
    assert told[0][:2] == told[1][:2]
    assert told[0][2] == told[1][2]
    assert [to for to, _, _ in mailed()] == [amelie.email]


def test_a_suspended_person_is_sent_nothing(client, cast, amelie, mailed):
    told = {"name": amelie.name, "roles": {Role.AGENT}, "teams": [cast.team], "is_away": False}
    accounts.change_user(user=amelie, **told, is_active=False, by=TESTS, at=MORNING)
    client.post("/connexion/mot-de-passe/oublie/", {"email": amelie.email})
    assert mailed() == []


def test_a_newer_link_for_a_password_replaces_the_older(client, amelie, mailed):
    for _ in range(2):
        client.post("/connexion/mot-de-passe/oublie/", {"email": amelie.email})
    assert len(mailed()) == 1, "the older one is not even mailed"


def test_asking_again_and_again_is_refused(client, amelie):
    answers = [client.post("/connexion/mot-de-passe/oublie/", {"email": amelie.email}) for _ in range(7)]
    assert [answer.status_code for answer in answers] == [302] * 3 + [429] * 4


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
