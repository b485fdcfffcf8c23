"""How every state of a walk is looked at: at each look, then with text spaced out, enlarged, in the system's colours.

A walk goes from page to page and calls `at` on each; who looks decides what is asked of the page.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from playwright.sync_api import Page

from tests.browser.chromium import LOOKS, Look, sideways, small_targets, violations

PHONE = Look(390, "light")
SCREEN = Look(1440, "light")
WINDOWS = (PHONE, SCREEN)  # a finger's and a mouse's: each takes the looks of its kind, and they are all of them
NARROW = 320
SPACED = """* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
p { margin-bottom: 2em !important }"""  # WCAG 2.2, 1.4.12
DOUBLED = "html { font-size: 200% !important }"  # WCAG 2.2, 1.4.4: sizes are in rem


class Looking(Protocol):
    """Somebody who looks at the pages of a walk."""

    def at(self, name: str) -> None:
        """Look at the page as it stands, called `name` in what is found."""


class Looked:
    """What axe, a narrow window, a finger, somebody dizzy reproach the pages, at each look of the window's kind."""

    def __init__(self, page: Page, window: Look) -> None:
        self.page = page
        self.window = window
        self.looks = [one for one in LOOKS if one.is_phone == window.is_phone]
        self.names: list[str] = []
        self.faults: list[str] = []

    def at(self, name: str) -> None:
        """Look at the page as it stands; it is left as it was."""
        for look in self.looks:
            self._wear(look)
            found = [*violations(self.page), *sideways(self.page), *small_targets(self.page), *moving(self.page)]
            self.faults += [f"{name}, {look}: {one}" for one in found]
        self._wear(self.window)
        self.names.append(name)

    def _wear(self, look: Look) -> None:
        self.page.set_viewport_size(look.options["viewport"])
        self.page.emulate_media(color_scheme=look.theme)


class Eased:
    """What is lost to somebody who needs the page otherwise: the system's colours, text spaced out or enlarged.

    The window's policy of content is set aside: it would refuse the styles by which the text is changed.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.names: list[str] = []
        self.faults: list[str] = []

    def at(self, name: str) -> None:
        """Look at the page as it stands; it is left as it was."""
        page = self.page
        page.emulate_media(forced_colors="active")
        self._note(f"{name}, couleurs du système", violations(page))
        page.emulate_media(forced_colors="none")
        page.set_viewport_size({"width": NARROW, "height": 844})
        with styled(page, SPACED):
            self._note(f"{name}, texte espacé", [*sideways(page), *clipped(page)])
        page.set_viewport_size(PHONE.options["viewport"])
        with styled(page, DOUBLED):
            self._note(f"{name}, texte doublé", [*sideways(page), *clipped(page)])
        self.names.append(name)

    def _note(self, where: str, found: Sequence[str]) -> None:
        self.faults += [f"{where}: {one}" for one in found]


@contextmanager
def styled(page: Page, sheet: str) -> Iterator[None]:
    """The page under one more style sheet, its reader's."""
    style = page.add_style_tag(content=sheet)
    yield
    style.evaluate("one => one.remove()")


def moving(page: Page) -> list[str]:
    """The elements that move although their reader asked that nothing does (WCAG 2.2, 2.3.3)."""
    found: Sequence[str] = page.evaluate(
        """() => {
          const lasts = times => times.split(',').some(one => parseFloat(one) > 0);
          return [...document.body.querySelectorAll('*')]
            .map(one => [one, getComputedStyle(one)])
            .filter(([, style]) => style.animationName !== 'none' || lasts(style.transitionDuration))
            .map(([one]) => `moves: ${one.tagName}.${one.className}`);
        }"""
    )
    return list(found)


def clipped(page: Page) -> list[str]:
    """The elements whose words are cut off by their own edge; what is there for screen readers alone is apart."""
    found: Sequence[str] = page.evaluate(
        """() => {
          const hides = way => way === 'hidden' || way === 'clip';
          const cut = one => {
            const style = getComputedStyle(one);
            return hides(style.overflowX) && one.scrollWidth > one.clientWidth + 1
              || hides(style.overflowY) && one.scrollHeight > one.clientHeight + 1;
          };
          return [...document.body.querySelectorAll('*')]
            .filter(one => one.innerText?.trim() && one.checkVisibility() && one.clientWidth > 1 && cut(one))
            .map(one => `${one.tagName}.${one.className}: ${one.innerText.slice(0, 60)}`);
        }"""
    )
    return list(found)
