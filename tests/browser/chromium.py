"""Debian's Chromium, and how pages are looked at: widths, themes, accessibility, pictures.

`playwright install` is never called: the browser is the machine's own package, so its security updates are too.
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

Theme = Literal["light", "dark"]
WIDTHS = (1440, 390, 320)
THEMES: tuple[Theme, ...] = ("light", "dark")
EXPECTED = ("Failed to load resource", "Response Status Error Code", "htmx:")  # an answer that is no success, twice
TALLEST = 12_000  # pixels of a picture; a longer page is cut
ARGUMENTS = [
    "--headless",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True, slots=True)
class Look:
    """One way of looking at a page: a window's width and a theme. Below 760 px it is a finger's."""

    width: int
    theme: Theme

    def __str__(self) -> str:
        return f"{self.width}-{self.theme}"

    @property
    def is_phone(self) -> bool:
        """Whether it is a finger's."""
        return self.width <= 760

    @property
    def options(self) -> dict[str, Any]:
        """What Playwright needs to open such a window. Nothing moves, and the reader is French."""
        return {
            "viewport": {"width": self.width, "height": 844 if self.is_phone else 900},
            "color_scheme": self.theme,
            "has_touch": self.is_phone,
            "reduced_motion": "reduce",
            "locale": "fr-FR",
            "timezone_id": "Europe/Paris",
        }


LOOKS = tuple(Look(width, theme) for width in WIDTHS for theme in THEMES)
DESK = Look(1440, "light")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser, closed at the end. Its driver runs an event loop, which Django would take for an async page."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    try:
        with sync_playwright() as playwright:
            browser = launch(playwright)
            yield browser
            browser.close()
    finally:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


def launch(playwright: Playwright) -> Browser:
    """Chromium as this machine has it; as root it has no sandbox of its own."""
    arguments = [*ARGUMENTS, "--no-sandbox"] if os.geteuid() == 0 else ARGUMENTS
    return playwright.chromium.launch(executable_path=shutil.which("chromium"), args=arguments)


class Complaints(list[str]):
    """What the browser itself reproaches a page: errors of scripts, refusals of the security policy."""

    def watch(self, page: Page) -> None:
        """Note them from now on. An answer of 4xx is the page's business, not a fault of it."""
        page.on("pageerror", lambda error: self.append(str(error)))
        page.on("console", lambda message: self._hear(message.type, message.text))

    def _hear(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"} and not text.startswith(EXPECTED):
            self.append(text)


def violations(page: Page, context: str | None = None) -> list[str]:
    """What axe-core finds against WCAG A and AA and its best practices, a line each; empty when all is well."""
    response = Axe().run(page, context=context).response
    return [
        f"{found['id']} ({found['impact']}): {node['target']} {node.get('failureSummary', '')}"
        for found in response["violations"]
        for node in found["nodes"]
    ]


def sideways(page: Page) -> list[str]:
    """The elements that make the page scroll sideways; tables and raw files scroll inside a region of their own."""
    found: Sequence[str] = page.evaluate(
        """() => {
          const wide = document.documentElement.scrollWidth > innerWidth;
          const out = e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.scroll, pre');
          const all = wide ? [...document.body.querySelectorAll('*')] : [];
          return all.filter(out).map(e => `${e.tagName}.${e.className}`);
        }"""
    )
    return list(found)


def small_targets(page: Page) -> list[str]:
    """What a finger would miss: controls under 24 px on a side (WCAG 2.5.8), links inside a sentence apart."""
    found: Sequence[str] = page.evaluate(
        """() => [...document.querySelectorAll('a[href], button, summary, select, input:not([type=hidden])')]
          .filter(e => e.checkVisibility() && getComputedStyle(e).display !== 'inline')
          .map(e => [e, (e.closest('label') ?? e).getBoundingClientRect()])
          .filter(([e, box]) => box.width > 1 && (box.width < 23.5 || box.height < 23.5))
          .map(([e, box]) => `${e.outerHTML.slice(0, 90)} ${Math.round(box.width)} x ${Math.round(box.height)}`)"""
    )
    return list(found)


def picture(page: Page, path: Path) -> None:
    """The whole page in one picture, sticky parts where they belong: the window becomes as tall as the page."""
    size = page.viewport_size or {"width": 1440, "height": 900}
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": size["width"], "height": min(max(height, size["height"]), TALLEST)})
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path)
    page.set_viewport_size(size)


def sign_in(context: BrowserContext, address: str, email: str, password: str) -> Page:
    """Enter by the door, as a person does."""
    page = context.new_page()
    page.goto(f"{address}/connexion/")
    page.get_by_label("Adresse de courriel").fill(email)
    page.get_by_label("Mot de passe", exact=True).fill(password)
    page.get_by_role("button", name="Entrer").click()
    page.wait_for_url(lambda url: "/connexion/" not in url)
    return page
