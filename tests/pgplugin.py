"""Gives each run of the tests its own PostgreSQL; loaded with `-p tests.pgplugin`.

pytest-django imports the settings before any conftest.py, so the address must be chosen here. The server itself starts
at the first test that asks for a database (`tests.database`).
"""

import os
from collections.abc import Generator

import pytest

# What speaks to the tests; any other setting of the developer's own installation would change what they prove.
KEPT = {"DOLEANCE_TEST_DATABASE", "DOLEANCE_CI", "DOLEANCE_SAMPLE_DATA"}


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Choose the database before pytest-django reads the settings."""
    from tests.database import Database, database_key  # imported here, after coverage has started to count

    for name in [name for name in os.environ if name.startswith("DOLEANCE_") and name not in KEPT]:
        del os.environ[name]
    database = early_config.stash[database_key] = Database()
    early_config.add_cleanup(database.close)
    os.environ |= database.environment()
    # A test has messages read where it says so (`settings.DOLEANCE_READING`): the others decide what is proposed.
    os.environ["DOLEANCE_READING"] = "false"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Beside a failure that the server is named in, what the server itself said last."""
    from tests.database import database_key  # the plugin's own key, imported as above

    report = yield
    database = item.config.stash.get(database_key, None)
    if report.failed and database is not None and "terminating connection" in str(report.longrepr):
        said = database.server.log.read_text("utf-8", "replace") if database.server.log.exists() else ""
        report.sections.append(("PostgreSQL", "\n".join(said.splitlines()[-20:])))
    return report
