"""What `./run shots` runs: the example company on a database of its own, and its screens one by one.

A pytest file for its fixtures' sake; it is asked for by name only, and fails when a screen has a fault.
"""

import sys

import pytest
from playwright.sync_api import Browser
from pytest_django import Settings

from doleance.boot import demo, preparation
from doleance.kernel.clock import now
from tests.browser import shots


@pytest.fixture
def words(pytestconfig: pytest.Config) -> list[str]:
    """The names that were asked for."""
    return list(pytestconfig.getoption("screens"))


@pytest.fixture
def company(settings: Settings, transactional_db: None) -> None:
    """The example company, whose mails are written to a folder."""
    settings.DOLEANCE_SINK = True
    preparation.furnish()
    demo.load(at=now())


def test_photographs(
    browser: Browser, address: str, company: None, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Every screen has its picture, and none has a fault."""
    faults = []
    for told in shots.photograph(browser, address, demo.PASSWORD, words):
        with capsys.disabled():
            sys.stdout.write(f"{told}\n")
        faults += [told] if "\n" in told else []
    assert not faults
