"""`/ui/` and the doors, at every width and in both themes: nothing for axe, nothing sideways, nothing too small."""

import pytest

from doleance.staff import samples
from tests.browser.chromium import LOOKS, sideways, small_targets, violations

PAGES = ["/ui/", *(f"/ui/{slug}/" for slug, _ in samples.PAGES)]
DOORS = ["/connexion/", "/connexion/mot-de-passe/oublie/", "/connexion/mot-de-passe/oublie/envoye/", "/rien/"]


@pytest.fixture(autouse=True)
def _developing(settings):
    settings.DEBUG = True


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_every_page_in_every_look(page, specimens, settings, look):
    for path in [*PAGES, *DOORS]:
        settings.DEBUG = path in PAGES  # an error page is Doléance's own, not Django's
        page.goto(specimens + path)
        assert not violations(page), path
        assert not sideways(page), path
        assert not small_targets(page), path


@pytest.mark.parametrize("look", [LOOKS[0], LOOKS[3]], ids=str)
def test_open_dialogs_and_menus_too(page, specimens, look):
    page.goto(f"{specimens}/ui/dossier/")
    page.get_by_role("link", name="Ajouter", exact=True).click()
    assert page.get_by_role("dialog", name="Ajouter un grief").is_visible()
    assert not violations(page)
    page.keyboard.press("Escape")
    page.locator("details.me > summary").click()
    assert page.get_by_role("group", name="Apparence").is_visible()
    assert not violations(page)
    assert not sideways(page)


def test_text_may_be_spaced_out(page, specimens):
    """WCAG 1.4.12: line height 1.5, paragraphs 2, letters .12, words .16; nothing is lost at 320 px either."""
    page.set_viewport_size({"width": 320, "height": 800})
    for path in PAGES:
        page.goto(specimens + path)
        page.evaluate(
            """() => { const sheet = new CSSStyleSheet(); sheet.replaceSync(`* { line-height: 1.5 !important;
            letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-bottom: 2em !important }`);
            document.adoptedStyleSheets = [sheet]; }"""
        )
        assert not sideways(page), path
