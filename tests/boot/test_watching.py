"""What machines ask: whether the server lives, whether it is ready, what it counts; and who may read the numbers."""

import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client, RequestFactory
from procrastinate.contrib.django import app
from prometheus_client.parser import text_string_to_metric_families

from doleance.boot import numbers, queries, readiness, watching
from doleance.boot.readiness import Fault
from doleance.channels.actions import fetching
from doleance.channels.rules import Reason
from doleance.deadlines import actions as deadlines
from doleance.deadlines.models import Clock
from doleance.kernel.clock import now
from tests import factories
from tests.cast import MORNING, TESTS

NO_HOME: Any = None  # nothing of it is asked: the database has no key
HERE: dict[str, Any] = {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "127.0.0.1:8000"}


def value(page: str, name: str) -> float:
    """The number after `name` and its labels."""
    found = re.search(rf"^{re.escape(name)} (\S+)$", page, re.MULTILINE)
    assert found, f"{name} is not in\n{page}"
    return float(found[1])


def away(*_: object) -> None:
    raise OperationalError("connection to server at 10.0.0.1 failed for user durand")


@pytest.mark.django_db
def test_life_asks_nothing_of_the_database_and_readiness_says_in_one_word_what_is_wrong(monkeypatch, settings):
    client = Client(headers={"host": "10.1.2.3:8000"})  # a prober knows an address, and no name
    settings.SECURE_SSL_REDIRECT = True
    assert (client.get("/readyz").status_code, client.get("/readyz").content) == (200, b"ok")
    assert client.head("/readyz").status_code == 200
    with monkeypatch.context() as patch:
        patch.setattr(watching, "_ask", away)
        assert (client.get("/readyz").status_code, client.get("/readyz").content) == (503, b"database")
        with connection.execute_wrapper(away):
            assert (client.get("/healthz").status_code, client.get("/healthz").content) == (200, b"ok")
    with monkeypatch.context() as patch:
        patch.setattr(readiness, "has_schema", lambda ask: False)
        assert client.get("/readyz").content == b"migrations"
    with monkeypatch.context() as patch:
        patch.setattr(readiness, "has_keys", lambda ask, settled: False)
        answer = client.get("/readyz")
        assert (answer.status_code, answer.content) == (503, b"keys")
        assert answer.headers["Cache-Control"] == "no-store"


def answers(**rows):
    """A database that answers so, by a word of the question."""
    return lambda query: next(told for word, told in rows.items() if word in query)


def test_keys_are_those_under_which_the_database_is_sealed(tmp_path):
    key = tmp_path / "master_key"
    key.write_bytes(b"k" * 32)
    home: Any = SimpleNamespace(path_of=lambda name: tmp_path / name)
    mark = readiness.master_mark(b"k" * 32)
    assert readiness.has_keys(answers(to_regclass=[(False,)]), home), "a database without tables has no key yet"
    assert readiness.has_keys(answers(to_regclass=[(True,)], master=[]), home)
    assert readiness.has_keys(answers(to_regclass=[(True,)], master=[(mark,)]), home)
    assert not readiness.has_keys(answers(to_regclass=[(True,)], master=[(b"another!",)]), home)
    key.unlink()
    assert not readiness.has_keys(answers(to_regclass=[(True,)], master=[(mark,)]), home)


def test_tables_of_another_version_are_not_ready():
    wanted = sorted(path.stem for path in readiness.PACKAGE.glob("migrations/[0-9]*.py"))
    rows = [(name,) for name in wanted]
    there = {"subjectkey": [(False,)], "to_regclass": [(True,)]}
    assert readiness.fault(answers(**there, name=rows), NO_HOME) is None
    assert readiness.fault(answers(**there, name=[*rows, ("9999_next",)]), NO_HOME) is Fault.MIGRATIONS
    assert readiness.fault(answers(**there, name=rows[:-1]), NO_HOME) is Fault.MIGRATIONS
    assert readiness.fault(answers(to_regclass=[(False,)]), NO_HOME) is Fault.MIGRATIONS


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("told", "may"),
    [
        ({}, True),
        ({"REMOTE_ADDR": "::1", "HTTP_HOST": "[::1]:8000"}, True),
        ({"HTTP_HOST": "localhost"}, True),
        ({"REMOTE_ADDR": "192.168.1.7"}, False),
        ({"HTTP_X_FORWARDED_FOR": "127.0.0.1"}, False),  # a proxy of this machine, for somebody else
        ({"HTTP_FORWARDED": "for=127.0.0.1"}, False),
        ({"HTTP_HOST": "plaintes.exemple.fr"}, False),
        ({"HTTP_HOST": "[::1"}, False),
        ({"REMOTE_ADDR": ""}, False),
        ({"HTTP_AUTHORIZATION": "Bearer faux"}, False),
        ({"REMOTE_ADDR": "192.168.1.7", "HTTP_AUTHORIZATION": "Bearer le-jeton"}, True),
        ({"HTTP_X_FORWARDED_FOR": "10.0.0.1", "HTTP_AUTHORIZATION": "bearer le-jeton"}, True),
        ({"REMOTE_ADDR": "192.168.1.7", "HTTP_AUTHORIZATION": "Basic le-jeton"}, False),
    ],
)
def test_the_numbers_are_for_this_machine_or_for_who_has_the_token(told, may, monkeypatch):
    monkeypatch.setattr(watching, "settings", SimpleNamespace(INSTALLATION=SimpleNamespace(metrics_token="le-jeton")))
    assert watching.may_read(RequestFactory().get("/metrics", **(HERE | told))) is may


def test_without_a_token_an_empty_one_opens_nothing(monkeypatch):
    monkeypatch.setattr(watching, "settings", SimpleNamespace(INSTALLATION=SimpleNamespace(metrics_token="")))
    request = RequestFactory().get("/metrics", **(HERE | {"REMOTE_ADDR": "10.0.0.1", "HTTP_AUTHORIZATION": "Bearer "}))
    assert not watching.may_read(request)


@pytest.mark.django_db
def test_for_the_others_the_page_is_absent_as_any_other(client: Client):
    there, nowhere = (client.get(path, REMOTE_ADDR="10.0.0.1") for path in ("/metrics", "/nulle-part"))
    assert there.status_code == nowhere.status_code == 404
    assert there.content == nowhere.content
    assert client.post("/metrics", **HERE).status_code == 404


@pytest.mark.django_db
def test_what_pages_did_is_counted_by_route_and_nobody_makes_new_series(client: Client):
    client.get("/suivi/l/un-secret-de-128-bits/")
    client.get("/nulle-part/?q=Durand")
    client.generic("DURAND", "/suivi/")
    page = client.get("/metrics", **HERE)
    assert page.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    text = page.content.decode()
    assert value(text, 'doleance_requests_total{method="GET",route="-",status="404"}') >= 1
    assert value(text, 'doleance_request_seconds_count{route="suivi/l/<str:token>/"}') >= 1
    assert 'method="-"' in text
    assert "secret-de-128-bits" not in text
    assert "durand" not in text.lower()
    assert 'route="metrics' not in text


@pytest.mark.django_db
def test_what_the_database_holds_is_told(cast, calendars, client: Client):
    deadlines.start(complaint=factories.complaint(cast), by=TESTS, at=MORNING)
    factories.quarantined(cast, Reason.UNREADABLE)
    wire = {"imap_host": "imap.maison.example", "imap_user": "maison", "imap_secret": "secret"}
    untried = factories.mailbox(cast, **wire)
    tried = factories.mailbox(cast, **wire, address="autre@maison.example")
    fetching.begin(mailbox=tried, place="", at=now() - timedelta(hours=3))
    app.configure_task("boot.tidy", queue="nobody").defer(timestamp=0)
    app.configure_task("boot.tidy", queue="nobody", schedule_in={"hours": 1}).defer(timestamp=0)
    text = client.get("/metrics", **HERE).content.decode()
    assert value(text, "doleance_database_up") == 1
    assert value(text, "doleance_database_bytes") > 1_000_000
    assert value(text, "doleance_quarantine") == 1
    assert value(text, 'doleance_jobs{state="planned"}') == 1
    assert value(text, 'doleance_jobs{state="waiting"}') >= 1
    assert value(text, "doleance_job_oldest_seconds") >= 0
    assert value(text, "doleance_workers") == 0
    late = Clock.objects.filter(met_at=None, cancelled_at=None, due_at__lt=MORNING + timedelta(days=3650)).count()
    assert late == numbers.deadlines.count_late(at=MORNING + timedelta(days=3650)) > 0
    assert re.search(r'^doleance_info\{version="\d+\.\d+\.\d+"\} 1\.0$', text, re.MULTILINE)
    for name in ("doleance_mailbox_fetched_age_seconds", "doleance_mailbox_silence_seconds"):
        assert 10_700 < value(text, f'{name}{{mailbox="autre@maison.example"}}') < 11_000
    assert untried.address not in text, "a mailbox that was never tried has no age"
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert {"doleance_jobs", "doleance_outbox", "doleance_workers"} <= families.keys(), "as Prometheus reads it"
    assert all(family.documentation for family in families.values())


@pytest.mark.django_db
def test_without_the_database_what_pages_count_is_still_told(client: Client, monkeypatch):
    monkeypatch.setattr(queries, "database_bytes", away)
    text = client.get("/metrics", **HERE).content.decode()
    assert value(text, "doleance_database_up") == 0
    assert "doleance_requests_total" in text
    assert "durand" not in text
