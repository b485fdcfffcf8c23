"""`./run shots [WORD …]`: every screen of the example company, at three widths and in two themes, into `shots/`.

Without a word, all of them; with words, the screens whose name holds one. To be looked at, beside the design's own
pictures: no program sees that a page is ugly. A screen that axe reproaches, or that scrolls sideways, is said.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.chromium import LOOKS, Look, picture, sideways, sign_in, violations

FOLDER = Path(__file__).resolve().parents[2] / "shots"
LEAD, ADMINISTRATOR = "karim.benali@lavergne.example", "paul.esteve@lavergne.example"


@dataclass(frozen=True, slots=True)
class Screen:
    """One screen: its name, who looks at it (nobody: before the door), its address, and what is done there first."""

    name: str
    path: str
    who: str = ""
    then: Callable[[Page], None] | None = None


def _open_first(selector: str) -> Callable[[Page], None]:
    def go(page: Page) -> None:
        with page.expect_navigation():
            page.locator(selector).first.click()
        page.wait_for_load_state("networkidle")

    return go


def _note(page: Page) -> None:
    _open_first(".list .matter > a")(page)
    page.keyboard.press("i")
    page.locator("#note textarea").fill("Sofia confirme : la garantie est acquise. À dire dès demain.")


def _keys(page: Page) -> None:
    page.keyboard.press("?")


def _menu(page: Page) -> None:
    page.locator("details.me > summary").click()


def _refused(page: Page) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name="Entrer").evaluate("one => { one.form.noValidate = true; one.click(); }")
    page.wait_for_load_state("networkidle")


SCREENS = (
    Screen("connexion", "/connexion/"),
    Screen("connexion-refusee", "/connexion/", then=_refused),
    Screen("mot-de-passe-oublie", "/connexion/mot-de-passe/oublie/"),
    Screen("introuvable", "/rien/"),
    Screen("public-donnees", "/confidentialite/"),
    Screen("public-accessibilite", "/accessibilite/"),
    Screen("public-qui", "/maison/"),
    Screen("dossiers", "/dossiers/", LEAD),
    Screen("dossiers-vide", "/dossiers/?q=zzz", LEAD),
    Screen("dossiers-menu", "/dossiers/", LEAD, _menu),
    Screen("dossier", "/dossiers/", LEAD, _open_first(".list .matter > a")),
    Screen("dossier-note", "/dossiers/", LEAD, _note),
    Screen("dossier-touches", "/dossiers/", LEAD, _keys),
    Screen("dossier-clos", "/dossiers/?vue=clos", LEAD, _open_first(".list .matter > a")),
    Screen("quarantaine", "/quarantaine/", LEAD),
    Screen("envois", "/envois/", LEAD),
    Screen("lettres-a-imprimer", "/envois/a-imprimer/", LEAD),
    Screen("lettres-feuilles", "/envois/a-imprimer/toutes/", LEAD),
    Screen("reglages", "/reglages/", ADMINISTRATOR),
    Screen("reglages-formulaire", "/reglages/formulaire/", ADMINISTRATOR),
    Screen("reglages-courriel", "/reglages/courriel/", ADMINISTRATOR),
    Screen("reglages-boite", "/reglages/courriel/", ADMINISTRATOR, _open_first(".rules h2 a")),
    Screen("reglages-boite-ajouter", "/reglages/courriel/ajouter/", ADMINISTRATOR),
    Screen("reglages-calendriers", "/reglages/calendriers/?annee=2026", ADMINISTRATOR),
    Screen("reglages-calendrier-jour", "/reglages/calendriers/?annee=2026&jour=2026-12-25", ADMINISTRATOR),
    Screen("reglages-equipes", "/reglages/equipes/", ADMINISTRATOR),
    Screen("reglages-personnes", "/reglages/personnes/", ADMINISTRATOR),
    Screen("reglages-personne", "/reglages/personnes/", ADMINISTRATOR, _open_first(".people a, .table a")),
    Screen("reglages-inviter", "/reglages/personnes/inviter/", ADMINISTRATOR),
)


def photograph(browser: Browser, address: str, password: str, words: Sequence[str]) -> Iterator[str]:
    """Take the pictures of the screens whose name holds one of `words`, and tell each, with what is wrong with it."""
    chosen = [screen for screen in SCREENS if not words or any(word in screen.name for word in words)]
    for look in LOOKS:
        windows: dict[str, BrowserContext] = {}
        for screen in chosen:
            if screen.who not in windows:
                windows[screen.who] = browser.new_context(**look.options)
                if screen.who:
                    sign_in(windows[screen.who], address, screen.who, password).close()
            yield _take(windows[screen.who], address, screen, look)
        for window in windows.values():
            window.close()


def _take(window: BrowserContext, address: str, screen: Screen, look: Look) -> str:
    page = window.new_page()
    page.goto(address + screen.path)
    page.wait_for_load_state("networkidle")
    if screen.then:
        screen.then(page)
    path = FOLDER / f"{screen.name}-{look}.png"
    picture(page, path)
    wrong = [*violations(page), *(f"sort de l’écran : {element}" for element in sideways(page))]
    page.close()
    return "\n  ".join([path.relative_to(FOLDER.parent).as_posix(), *wrong])


if __name__ == "__main__":
    asked = ["--screens", *sys.argv[1:]] if sys.argv[1:] else []
    raise SystemExit(pytest.main([str(Path(__file__).with_name("photographs.py")), "-q", "--no-header", *asked]))
