"""What `doleance check` finds, each thing by itself; and nothing where nothing is wrong."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from django.db import connection

from doleance.boot import check, config, queries
from doleance.boot.config import Config
from doleance.boot.postgres import OWNER
from doleance.channels.rules import Security
from tests import factories
from tests.boot.conftest import doleance


@pytest.fixture
def sound() -> Config:
    """Settings as a served installation has them."""
    return replace(config.load(), url="https://plaintes.exemple.fr", proxies=1, smtp_url="smtp://poste.exemple.fr:25")


def test_settings_that_expose_people_are_named(sound, settings):
    settings.SECURE_HSTS_SECONDS, settings.SECURE_SSL_REDIRECT = 31_536_000, True
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    assert list(check.of_settings(sound)) == []
    settings.SECURE_HSTS_SECONDS = 0
    assert [line.split()[0] for line in check.of_settings(sound)] == ["security.W004"]
    clear = replace(sound, url="http://plaintes.exemple.fr")
    assert "http://plaintes.exemple.fr" in next(check.of_settings(clear))
    assert "proxies" in next(check.of_settings(replace(sound, proxies=0)))
    assert "debug" in next(check.of_settings(replace(sound, debug=True)))


def test_a_secret_that_others_may_read_is_named(sound, tmp_path):
    home = replace(sound, home=tmp_path)
    paths = [home.secret(name) for name in config.SECRETS]
    assert list(check.of_keys(home)) == []
    paths[1].chmod(0o640)
    assert [str(paths[1]) in line for line in check.of_keys(home)] == [True]


@pytest.mark.django_db
def test_a_base_that_may_lose_rows_or_is_served_by_its_owner_is_named(sound, postgres, monkeypatch):
    told = replace(sound, database_owner_url="postgresql://doleance_owner@base/doleance")
    assert ["fsync = off" in line for line in check.of_database(told)] == [True], "the base of tests is not durable"
    monkeypatch.setattr(check, "durability_faults", lambda direct: [])
    assert list(check.of_database(told)) == []
    assert "database_owner_url" in next(check.of_database(replace(sound, database_owner_url="")))
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("doleance_app",)
    with postgres.server.connect(OWNER, "doleance_test") as owner:
        assert owner.execute(queries._SQL["owns_tables"]).fetchone() == (True,)


@pytest.mark.django_db
def test_what_would_stay_undone_is_named(sound, cast, monkeypatch):
    (line,) = check.of_house(sound)
    assert "tâche de fond" in line
    monkeypatch.setattr(queries, "jobs", lambda silent_s: SimpleNamespace(workers=1))
    assert list(check.of_house(sound)) == []
    mute = replace(sound, smtp_url="")
    assert "envoi" in next(check.of_house(mute))
    factories.mailbox(cast, smtp_host="127.0.0.1", smtp_port=25, smtp_security=Security.NONE)
    assert list(check.of_house(mute)) == []


def test_the_command_tells_it_all_and_says_so_to_scripts(ready):
    said = doleance(ready, "check")
    assert said.returncode == 1
    assert "tâche de fond" in said.stdout
    assert "envoi" in said.stdout
    assert "réclamations" not in said.stdout, "our own base is durable"
