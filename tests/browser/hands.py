"""Two ways of using a page, with the same words: a finger on a telephone without scripts, and a keyboard alone."""

from collections.abc import Mapping
from typing import Protocol

from playwright.sync_api import FilePayload, Locator, Page

from tests.stories import keyboard

NOTHING: Mapping[str, str] = {}
_FORM = "() => document.activeElement.form?.innerText ?? ''"


class Hand(Protocol):
    """Somebody in front of a page. Whatever a press leads to is for the story to expect."""

    page: Page

    def follow(self, name: str) -> None:
        """Go where the link of that name leads."""

    def send(self, button: str, answers: Mapping[str, str] = NOTHING, *, file: FilePayload | None = None) -> None:
        """Fill the form that this button sends, and press it."""


class Finger:
    """A finger: what is touched, scripts or not."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def follow(self, name: str) -> None:
        """Touch a link."""
        self.page.get_by_role("link", name=name).click()

    def send(self, button: str, answers: Mapping[str, str] = NOTHING, *, file: FilePayload | None = None) -> None:
        """Touch each field in turn, then the button."""
        form = self._form(button)
        for name, words in answers.items():
            form.get_by_label(name).fill(words)
        if file is not None:
            form.locator("input[type=file]").set_input_files(file)
        form.get_by_role("button", name=button, exact=True).click()

    def _form(self, button: str) -> Locator:
        return self.page.locator("form").filter(has=self.page.get_by_role("button", name=button, exact=True))


class Keys:
    """A keyboard: Tab, words, Enter. Nothing here clicks."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def follow(self, name: str) -> None:
        """Reach a link and press Enter."""
        keyboard.go(self.page, name)

    def send(self, button: str, answers: Mapping[str, str] = NOTHING, *, file: FilePayload | None = None) -> None:
        """Reach each field in turn, then the button."""
        for name, words in answers.items():
            self._reach(button, name)
            self.page.keyboard.insert_text(words)
        if file is not None:
            keyboard.reach(self.page, "files", is_field=True)
            with self.page.expect_file_chooser() as choosing:
                self.page.keyboard.press("Space")
            choosing.value.set_files(file)
        keyboard.go(self.page, button)

    def _reach(self, button: str, name: str) -> None:
        """The field of that name in the form of that button: two forms of a page may ask for the same thing."""
        keyboard.reach(self.page, name, is_field=True)
        while button not in self.page.evaluate(_FORM):
            self.page.keyboard.press("Tab")
            keyboard.reach(self.page, name, is_field=True)
        self.page.keyboard.press("Control+a")
