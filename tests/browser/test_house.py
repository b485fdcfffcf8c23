"""The house's own pages in its colour, in every look; the switch of language; what is copied; a colour tried."""

import io

import pytest
from PIL import Image
from playwright.sync_api import expect

from doleance.accounts import actions as accounts
from doleance.channels import queries as channels
from doleance.complaints.actions import taxonomy
from tests import cast
from tests.browser.chromium import DESK, LOOKS, Look, sideways, sign_in, small_targets, violations
from tests.cast import MORNING, TESTS
from tests.stories import keyboard

PAGES = ("/confidentialite/", "/accessibilite/", "/maison/")
SETTINGS = "/reglages/formulaire/"
WHO = "nadia.ferrand@maison.example"


def drawing() -> bytes:
    """A dark word on nothing: it would vanish on a dark page."""
    image = Image.new("RGBA", (360, 96), (0, 0, 0, 0))
    image.paste((18, 22, 40, 255), (20, 20, 340, 76))
    kept = io.BytesIO()
    image.save(kept, "PNG")
    return kept.getvalue()


@pytest.fixture
def house(address):
    """A house whose colour cannot be read on white, and whose logo cannot be seen on black."""
    people = cast.assemble()
    accounts.change_public_pages(
        entity=people.entity, slug="maison-lavergne", privacy="Déléguée : Mme Roy\ndpo@maison.example",
        colour="#fff59d", logo=channels.logo_of(drawing()), drops_logo=False, by=TESTS, at=MORNING,
    )  # fmt: skip
    taxonomy.seed(by=TESTS, at=MORNING)
    return people


def test_every_page_of_the_house_in_every_look(house, address, open_context):
    for look in LOOKS:
        page = open_context(look).new_page()
        for path in PAGES:
            page.goto(address + path)
            said = f"{path} {look}"
            assert not violations(page), said
            assert not sideways(page), said
            assert not small_targets(page), said
            assert page.locator(".logo").bounding_box()["height"] <= 52, "forty, and its plate"


def test_the_settings_of_the_form_in_every_look(house, address, open_context):
    for look in LOOKS:
        page = sign_in(open_context(look), address, WHO, cast.PASSWORD)
        page.goto(address + SETTINGS)
        assert not violations(page), look
        assert not sideways(page), look
        assert not small_targets(page), look


def test_the_page_wears_what_can_be_read(house, address, open_context):
    seen = {}
    for theme in ("light", "dark"):
        page = open_context(Look(1440, theme)).new_page()
        page.goto(address + PAGES[0])
        seen[theme] = page.locator(".crown a").evaluate("one => getComputedStyle(one).color")
    assert seen == {"light": "rgb(119, 109, 5)", "dark": "rgb(255, 245, 157)"}


def test_text_spaced_out_enlarged_or_in_the_systems_colours_loses_nothing(house, address, eased):
    """What the page on accessibility says was checked; of the form, the receipt and the tracking, their own tests."""
    for path in PAGES:
        eased.page.goto(address + path)
        eased.at(path)
    assert not eased.faults, "\n".join(eased.faults)


def test_the_information_is_reached_by_keyboard(house, address, page):
    page.goto(f"{address}/reclamer/")
    keyboard.go(page, "Vos données et vos droits")
    expect(page.get_by_role("heading", level=1, name="Vos données et vos droits")).to_be_visible()
    keyboard.go(page, "Accessibilité")
    expect(page.get_by_role("heading", level=1, name="Accessibilité")).to_be_visible()
    keyboard.go(page, "English")
    expect(page.get_by_role("heading", level=1, name="Accessibility")).to_be_visible()


def test_the_language_is_switched_without_a_script(house, address, browser):
    window = browser.new_context(java_script_enabled=False, locale="fr-FR")
    page = window.new_page()
    page.goto(address + PAGES[0])
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="Your data and your rights")).to_be_visible()
    assert page.url == address + PAGES[0]
    page.get_by_role("button", name="Français").click()
    expect(page.get_by_role("heading", name="Vos données et vos droits")).to_be_visible()
    window.close()


def test_the_address_is_copied_where_a_script_runs(house, address, open_context, browser):
    window = open_context(DESK)
    window.grant_permissions(["clipboard-read", "clipboard-write"])
    page = sign_in(window, address, WHO, cast.PASSWORD)
    page.goto(address + SETTINGS)
    page.get_by_role("button", name="Copier").click()
    page.get_by_role("status").filter(has_text="Copié").wait_for(state="attached")
    assert page.evaluate("navigator.clipboard.readText()").endswith("/reclamer/?chez=maison-lavergne")


def test_a_colour_is_shown_as_it_is_typed_or_picked(house, address, open_context):
    page = sign_in(open_context(DESK), address, WHO, cast.PASSWORD)
    page.goto(address + SETTINGS)
    page.locator("[name=colour]").fill("#7a1fa2")
    page.get_by_text("#7a1fa2, telle quelle").wait_for()
    # The sheet of the colour is a request of its own, that may answer after the words beside it.
    expect(page.locator(".specimen.light .button").first).to_have_css("background-color", "rgb(122, 31, 162)")
    page.locator(".well").fill("#0033a0")
    page.get_by_text("#0033a0, telle quelle").wait_for()
    assert page.locator("[name=colour]").input_value() == "#0033a0"
    assert not violations(page)
