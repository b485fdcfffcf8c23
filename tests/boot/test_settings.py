"""Django's settings as they come out for a real address, and what every answer carries."""

import json
import os
import subprocess
import sys

import pytest
from django.db import connection
from django.test import Client, override_settings
from django.urls import reverse

from doleance.accounts import actions as accounts
from doleance.accounts.rules import Role, machine
from doleance.kernel.clock import now
from tests.boot.conftest import environment
from tests.house.source import ROOT

PROBE = """
import json, django
from django.conf import settings
django.setup()
names = ["ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SESSION_COOKIE_NAME",
         "SECURE_HSTS_SECONDS", "DEBUG", "TIME_ZONE", "DATABASES"]
print(json.dumps({name: getattr(settings, name) for name in names}, default=str))
"""


def probe(home, **changes) -> dict:
    """Settings as a process of that installation computes them."""
    env = environment(home, DJANGO_SETTINGS_MODULE="doleance.boot.settings", **changes)
    done = subprocess.run([sys.executable, "-c", PROBE], env=env, capture_output=True, text=True, check=True, cwd=ROOT)
    return json.loads(done.stdout.splitlines()[-1])


def test_an_https_address_closes_what_it_can(tmp_path):
    found = probe(
        tmp_path,
        DOLEANCE_URL="https://plaintes.exemple.fr",
        DATABASE_URL="postgresql://doleance_app:p%40ss@base.exemple.fr:5433/plaintes?sslmode=verify-full",
        DOLEANCE_PROCESS="web",
    )
    assert found["ALLOWED_HOSTS"] == ["plaintes.exemple.fr"]
    assert found["CSRF_TRUSTED_ORIGINS"] == ["https://plaintes.exemple.fr"]
    assert found["SESSION_COOKIE_SECURE"] is found["CSRF_COOKIE_SECURE"] is True
    assert found["SESSION_COOKIE_NAME"].startswith("__Host-")
    assert found["SECURE_HSTS_SECONDS"] >= 31_536_000
    assert found["DEBUG"] is False
    database = found["DATABASES"]["default"]
    assert (database["HOST"], database["PORT"], database["NAME"]) == ("base.exemple.fr", "5433", "plaintes")
    assert (database["USER"], database["PASSWORD"]) == ("doleance_app", "p@ss")
    assert database["CONN_MAX_AGE"] == 0
    assert database["CONN_HEALTH_CHECKS"] is True
    assert database["OPTIONS"]["sslmode"] == "verify-full"
    assert database["OPTIONS"]["pool"]["max_size"] >= 4
    assert "statement_timeout" in database["OPTIONS"]["options"]


def test_behind_pgbouncer_the_web_prepares_nothing_on_the_server(tmp_path):
    given = {"DATABASE_URL": "postgresql://a@pool/c", "DATABASE_DIRECT_URL": "postgresql://a@b/c"}
    given["DOLEANCE_PGBOUNCER"] = "1"
    web = probe(tmp_path, DOLEANCE_PROCESS="web", **given)["DATABASES"]["default"]
    assert web["OPTIONS"]["prepare_threshold"] is None
    assert web["DISABLE_SERVER_SIDE_CURSORS"] is True
    assert "options" not in web["OPTIONS"]
    assert web["HOST"] == "pool"
    work = probe(tmp_path, DOLEANCE_PROCESS="work", **given)["DATABASES"]["default"]
    assert work["HOST"] == "b", "what listens to the database, and every command, goes to it directly"
    assert "statement_timeout" in work["OPTIONS"]["options"]


def test_the_deployment_check_finds_nothing(tmp_path):
    env = environment(tmp_path, DJANGO_SETTINGS_MODULE="doleance.boot.settings", DOLEANCE_URL="https://exemple.fr")
    command = [sys.executable, "-m", "django", "check", "--deploy", "--fail-level", "WARNING"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.django_db
def test_each_answer_closes_the_page_to_the_rest_of_the_world(client: Client):
    for url in (reverse("account_login"), "/nulle-part/"):
        headers = client.get(url, follow=True).headers
        policy = dict(part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";"))
        assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "camera=()" in headers["Permissions-Policy"]
        assert "no-store" in headers["Cache-Control"]


@pytest.mark.django_db
def test_a_page_is_closed_unless_it_says_otherwise(client: Client):
    answer = client.get(reverse("setup_company"))
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(reverse("account_login"))


@pytest.mark.django_db
def test_nobody_signs_up(client: Client):
    for path in ("/connexion/inscription/", "/accounts/signup/", "/signup/", "/connexion/signup/"):
        assert client.get(path).status_code == 404


@pytest.mark.django_db
def test_after_five_wrong_passwords_even_the_right_one_waits_in_every_process(client: Client):
    url, at, by = reverse("account_login"), now(), machine("essai")
    accounts.ensure_house(by=by, at=at)
    user = accounts.add_user(name="Amélie", email="amelie@exemple.fr", roles={Role.AGENT}, teams=[], by=by, at=at)
    accounts.choose_password(user=user, password="une phrase assez longue", by=by, at=at)
    right = {"login": "amelie@exemple.fr", "password": "une phrase assez longue"}
    assert client.post(url, right).status_code == 302
    other = Client()
    for number in range(5):
        assert other.post(url, right | {"password": f"faux-{number}"}).status_code == 200
    assert other.post(url, right).status_code == 200
    assert "_auth_user_id" not in other.session
    with connection.cursor() as cursor:  # the count is a row: another process reads the same
        cursor.execute("SELECT count(*) FROM cache_entry")
        assert cursor.fetchone()[0] > 0


@pytest.mark.django_db
@override_settings(DOLEANCE_MAX_BODY=1000)
def test_a_request_too_large_is_refused_before_it_is_read(client: Client):
    url = reverse("account_login")
    assert client.post(url, {"login": "x" * 2000}).status_code == 413
    assert client.post(url, {"login": "x"}, headers={"content-length": "douze"}).status_code == 413
    assert client.post(url, {"login": "x"}).status_code != 413


def test_the_test_run_reads_no_installation_of_this_machine():
    assert "doleance-run-" in os.environ["DOLEANCE_HOME"]
