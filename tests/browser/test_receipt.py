"""The receipt as it is looked at and printed: nothing to reproach at any width, its key copied, one clean sheet."""

import pytest
from django.http import HttpResponse
from playwright.sync_api import expect

from doleance.accounts.rules import machine
from doleance.channels.rules import ParsedFile
from doleance.complainants.rules import PartyStatus
from doleance.intake.actions import deposits, drafts
from doleance.intake.deposits import Contact, Deposit, Wish
from doleance.kernel.clock import now
from doleance.kernel.db import write
from doleance.portal import drafts as device
from doleance.portal import receipts
from tests.browser.looking import WINDOWS, Looked
from tests.stories import keyboard

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("calendars")]
TOLD = Deposit(
    branch="product",
    text="Ma bouilloire a fondu pendant que mon fils déjeunait.\n\nPersonne ne me répond depuis lundi.",
    contact=Contact(
        name="Ferrand",
        title="Madame",
        email="helene.ferrand@courriel.example",
        phone="06 12 34 56 78",
        status=PartyStatus.CONSUMER,
        reach_when="le matin, avant dix heures",
    ),
    expected="Un appareil sûr",
    facts={"item": "Bouilloire B-12", "since": "depuis lundi", "dangerous": "yes"},
    wishes=(Wish.REFUND, Wish.APOLOGY),
    files=(ParsedFile("bouilloire.jpg", "image/jpeg", "", False, b"\xff\xd8\xff" + b"\0" * 20),),
)


@write(quiet="a test shapes what settings decide")
def shaped(entity, **changes):
    for name, value in changes.items():
        setattr(entity, name, value)
    entity.save()


@pytest.fixture
def draft(cast):
    """What Madame Ferrand has just sent."""
    mediator = "Médiateur du commerce (exemple)\n77 rue de Lourmel, 75015 Paris\nwww.mediateur.example"
    postal = "12 rue des Forges\n45000 Orléans"
    shaped(cast.entity, name="Maison Lavergne", mediator=mediator, postal=postal, phone="02 38 00 00 00")
    begun = drafts.begin(entity=cast.entity, language="fr", at=now())
    deposits.submit(draft=begun, deposit=TOLD, by=machine("portal"), at=now())
    return begun


def holding(context, draft, address):
    """The device that wrote it."""
    response = HttpResponse()
    device.remember(response, draft.pk)
    (name, cookie), *_ = response.cookies.items()
    context.add_cookies([{"name": name, "value": cookie.value, "url": address}])


def through(page, address, draft, looking):
    """The receipt and what is around it: with its key, at its own address, at none, and forgotten by the device."""
    holding(page.context, draft, address)
    page.goto(f"{address}/reclamer/recu/")
    expect(page.locator(".key")).to_have_text(receipts.key_of(draft.pk))
    looking.at("reçu et clé")
    page.goto(f"{address}/recu/{receipts.token_of(draft.pk)}/")
    looking.at("reçu")
    page.goto(f"{address}/recu/{'A' * 22}/")
    expect(page.get_by_role("heading", name="Aucun reçu à cette adresse")).to_be_visible()
    looking.at("aucun reçu")
    page.goto(f"{address}/suivi/")
    expect(page.get_by_text("Aucun code ne peut partir par courriel en ce moment.")).to_be_visible()
    looking.at("porte, sans courriel")
    page.goto(f"{address}/reclamer/effacer/")
    expect(page.get_by_role("heading", name="Cette réclamation est déjà envoyée.")).to_be_visible()
    looking.at("effacer, déjà envoyée")
    page.get_by_role("button", name="Oublier sur cet appareil").click()
    expect(page.get_by_role("heading", name="Cet appareil ne garde plus rien.")).to_be_visible()
    looking.at("oubliée")


@pytest.mark.parametrize("look", WINDOWS, ids=str)
def test_the_receipt_has_nothing_to_reproach(page, address, draft, look):
    looked = Looked(page, look)
    through(page, address, draft, looked)
    assert not looked.faults, "\n".join(looked.faults)


def test_text_spaced_out_enlarged_or_in_the_systems_colours_loses_nothing(eased, address, draft):
    through(eased.page, address, draft, eased)
    assert not eased.faults, "\n".join(eased.faults)


def test_one_follows_the_receipt_by_keyboard_and_its_key_is_gone_on_a_reload(page, address, draft):
    holding(page.context, draft, address)
    page.goto(f"{address}/reclamer/recu/")
    assert page.locator(".key").is_visible()
    page.reload()
    page.wait_for_url(f"**/recu/{receipts.token_of(draft.pk)}/")
    assert page.locator(".key").count() == 0
    keyboard.reach(page, "Télécharger le reçu")
    with page.expect_download() as downloading:
        page.keyboard.press("Enter")
    assert downloading.value.suggested_filename.startswith("recu-R")


def test_it_is_whole_without_scripts(browser, address, draft):
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844}, locale="fr-FR")
    try:
        holding(context, draft, address)
        page = context.new_page()
        page.goto(f"{address}/reclamer/recu/")
        assert page.locator(".key").is_visible()
        assert page.get_by_role("button", name="Copier").count() == 0
        assert page.get_by_role("link", name="Suivre ma réclamation").is_visible()
    finally:
        context.close()


def test_the_page_prints_on_few_sheets_with_its_address(page, address, draft):
    page.goto(f"{address}/recu/{receipts.token_of(draft.pk)}/")
    page.emulate_media(media="print")
    assert page.get_by_text(f"/recu/{receipts.token_of(draft.pk)}/").is_visible()
    assert not page.get_by_role("link", name="Télécharger le reçu").is_visible()
    printed = page.pdf(prefer_css_page_size=True)
    assert printed.count(b"/Type /Page\n") <= 2
