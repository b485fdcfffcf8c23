"""A browser for the session, a window for the test, pages served by the product itself."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

from doleance.kernel import assets
from tests import needs
from tests.browser.chromium import DESK, Complaints, Look, chromium
from tests.browser.looking import PHONE, Eased

HERE = Path(__file__).parent


def pytest_addoption(parser: pytest.Parser) -> None:
    """Which screens `./run shots` takes; nothing for the tests."""
    parser.addoption("--screens", nargs="*", default=[], help="the screens whose name holds one of these words")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder needs Chromium."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.needs("chromium"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium a module: stories have a browser too, and two drivers cannot run at once in one process."""
    needs.require("chromium")
    with chromium() as one:
        yield one


@pytest.fixture(scope="session")
def built_assets() -> None:
    """Typefaces and htmx, where the settings look for them."""
    assets.build(settings.ASSETS)


@pytest.fixture
def address(built_assets: None, live_server: LiveServer) -> str:
    """Where the pages are, on this test's own database."""
    return str(live_server.url)


@pytest.fixture(scope="session")
def specimens(built_assets: None) -> Iterator[str]:
    """Where the pages that need no database are: `/ui/`, the doors. A query there fails, and nothing is renewed."""
    server = LiveServer("127.0.0.1")
    yield str(server.url)
    server.stop()


@pytest.fixture
def look() -> Look:
    """How the window looks at pages; parametrize it to change."""
    return DESK


@pytest.fixture
def open_context(browser: Browser) -> Iterator[Callable[[Look], BrowserContext]]:
    """Opens windows that share nothing; what the browser reproaches their pages fails the test."""
    complaints, opened = Complaints(), list[BrowserContext]()

    def open_one(look: Look) -> BrowserContext:
        context = browser.new_context(**look.options)
        context.set_default_timeout(10_000)
        context.on("page", complaints.watch)
        opened.append(context)
        return context

    yield open_one
    for context in opened:
        context.close()
    assert not complaints


@pytest.fixture
def page(open_context: Callable[[Look], BrowserContext], look: Look) -> Page:
    """A window on nothing yet."""
    return open_context(look).new_page()


@pytest.fixture
def without_scripts(browser: Browser) -> Iterator[BrowserContext]:
    """A telephone whose scripts are off."""
    context = browser.new_context(**PHONE.options, java_script_enabled=False)
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def eased(browser: Browser) -> Iterator[Eased]:
    """A telephone whose reader changes how text is set; the policy of content would refuse these styles."""
    context = browser.new_context(**PHONE.options, bypass_csp=True)
    context.set_default_timeout(10_000)
    yield Eased(context.new_page())
    context.close()
