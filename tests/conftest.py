"""What every test gets: its database, a stricter Django, the cast."""

import importlib
import os
import threading
from collections.abc import Callable, Iterator

import psycopg
import pytest
from django.db import connections
from django.test import Client, TransactionTestCase
from django.test.utils import override_settings
from django.utils import translation
from django.utils.translation.reloader import translation_file_changed
from hypothesis import HealthCheck, settings

from doleance.accounts.models import User
from doleance.boot.preparation import compile_catalogues
from doleance.boot.prepare import PACKAGE
from doleance.deadlines import actions as deadlines
from tests import needs, strict
from tests.cast import MORNING, TESTS, Cast, assemble
from tests.database import Database, NoServer, database_key

settings.register_profile("quick", max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("quick"), max_examples=100, derandomize=True)
settings.register_profile("long", settings.get_profile("quick"), max_examples=5_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("DOLEANCE_CI") else "quick"))


@pytest.fixture(scope="session")
def postgres(pytestconfig: pytest.Config) -> Database:
    """The run's own PostgreSQL, started."""
    database = pytestconfig.stash[database_key]
    try:
        database.start()
    except NoServer:
        needs.missing("postgresql")
    return database


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, postgres: Database) -> Iterator[None]:
    """Give pytest-django our database; a test with real transactions leaves a fresh one, never a flush.

    The journal refuses TRUNCATE and DELETE, so Django's flush cannot clean after such a test.
    """
    connections.settings["default"]["OPTIONS"].pop("pool", None)  # a pool would keep connections to a dropped database
    # While Playwright runs its loop in this thread, Django would keep a second set of connections: the first, unseen
    # when a database is dropped, would be found dead once the browser is closed.
    connections._connections = threading.local()

    def renew(_: TransactionTestCase) -> None:
        connections.close_all()
        postgres.renew()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", renew)
        yield
    connections.close_all()


@pytest.fixture
def superuser(transactional_db: None, postgres: Database) -> Iterator[psycopg.Connection]:
    """A superuser's connection to the test's database, autocommit: for tampering with what the app role cannot."""
    with postgres.superuser() as connection:
        yield connection


@pytest.fixture(autouse=True, scope="session")
def _addresses() -> None:
    """Every page and job is imported before a test sets the clock.

    Some take `now` by its name: imported while a test has put another one in its place, they would keep that one.
    """
    importlib.import_module("doleance.boot.urls")
    importlib.import_module("doleance.boot.schedule")


@pytest.fixture(autouse=True, scope="session")
def _languages() -> None:
    """The catalogues, compiled as an installation compiles them; what was translated before is forgotten."""
    compile_catalogues(PACKAGE / "locale")
    translation_file_changed(sender=None, file_path=PACKAGE / "locale.mo")


@pytest.fixture(autouse=True, scope="session")
def _quick_passwords() -> Iterator[None]:
    """Hash passwords in no time; which hasher the product uses is tested by boot."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(autouse=True, scope="session")
def _strict_templates(_fail_for_invalid_template_variable: None) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        strict.undefined_variables_fail(patch)
        yield


@pytest.fixture(autouse=True, scope="session")
def _strict_sentences(_languages: None) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        strict.unknown_sentences_fail(patch)
        yield


@pytest.fixture(autouse=True)
def _in_french() -> Iterator[None]:
    """A test begins in French, whatever the last request of the one before spoke."""
    with translation.override("fr"):
        yield


@pytest.fixture(autouse=True)
def _shuffled_querysets(request: pytest.FixtureRequest) -> Iterator[None]:
    if request.node.get_closest_marker("ordered_by_chance"):
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        strict.shuffle_unordered(patch)
        yield


@pytest.fixture
def cast(db: None) -> Cast:
    """Amélie, Bruno, Chloé and the others, Mme Durand and M. Petit."""
    return assemble()


@pytest.fixture
def calendars(db: None) -> None:
    """The calendars that every installation is given; apart from the cast because they take a fifth of a second."""
    deadlines.seed_calendars(by=TESTS, at=MORNING)


@pytest.fixture
def enter(db: None) -> Callable[[User], Client]:
    """A browser without pictures, in which the given person has signed in."""

    def signed_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return signed_in
