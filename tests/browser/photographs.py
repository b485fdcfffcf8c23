"""What `./run shots` runs: the example company on a database of its own, and its screens one by one.

A pytest file for its fixtures' sake; it is asked for by name only, and fails when a screen has a fault.
"""

import sys

import pytest
from playwright.sync_api import Browser

from doleance.boot import demo
from doleance.kernel.clock import now
from tests.browser import shots


@pytest.fixture
def words(pytestconfig: pytest.Config) -> list[str]:
    """The names that were asked for."""
    return list(pytestconfig.getoption("screens"))


def test_photographs(browser: Browser, address: str, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Every screen has its picture, and none has a fault."""
    demo.load(at=now())
    faults = []
    for told in shots.photograph(browser, address, demo.PASSWORD, words):
        with capsys.disabled():
            sys.stdout.write(f"{told}\n")
        faults += [told] if "\n" in told else []
    assert not faults
