"""Stories may open the same browser as `tests/browser`."""

from tests.browser.conftest import address, browser, built_assets, look, open_context, page

__all__ = ["address", "browser", "built_assets", "look", "open_context", "page"]
