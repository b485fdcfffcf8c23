"""A call and a deposit at the counter, in every look and by keyboard; a call that was begun is never lost."""

import os
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from doleance.boot import preparation
from doleance.complaints.models import Complaint
from doleance.complaints.rules import ExchangeKind
from doleance.intake.actions import deposits
from doleance.intake.deposits import Contact, Deposit, DepositWay, Representative
from doleance.kernel.clock import now
from tests import cast
from tests.browser.chromium import DESK, LOOKS, picture, sideways, sign_in, small_targets, violations
from tests.stories import keyboard

STORY = "Trois appels, trois fois la ligne coupée."
PICTURES = os.environ.get("PICTURES", "")


@pytest.fixture
def people(address, settings):
    """The cast, and a daughter's call for her mother."""
    settings.DOLEANCE_SINK = True
    preparation.furnish()
    return cast.assemble()


@pytest.fixture
def told(people):
    who = {"by": people.amelie.actor(), "at": now()}
    deposit = Deposit(
        branch="product",
        text="La batterie chauffe et sent le brûlé.",
        contact=Contact(name="Yvonne Ferrand"),
        representative=Representative(
            Contact(name="Hélène Ferrand", phone="06 12 34 56 78", reach_when="le matin"), "sa fille"
        ),
        facts={"item": "Trottinette T4", "dangerous": "yes"},
        earlier="un appel en octobre",
    )
    house = people.entity
    house.packs = ["FR-ACPR"]
    told = {"deposit": deposit, "way": DepositWay.PHONE, "entity": house, "team": people.team, "once": uuid4()}
    return deposits.record(**told, received_at=who["at"], **who)


def look_at(page, name, look):
    """Nothing for axe, nothing sideways, nothing too small; a picture where one is asked for."""
    if PICTURES:
        picture(page, Path(PICTURES) / f"{name}-{look}.png")
    said = f"{name} {look}"
    assert not violations(page), said
    assert not sideways(page), said
    assert not small_targets(page), said


def enter(open_context, address, look, who="amelie.rousseau"):
    return sign_in(open_context(look), address, f"{who}@maison.example", cast.PASSWORD)


def test_the_pages_in_every_look(told, address, open_context):
    for look in LOOKS:
        page = enter(open_context, address, look)
        page.goto(f"{address}/telephone/")
        look_at(page, "telephone", look)
        page.get_by_role("textbox", name="Téléphone").fill("0612345678")
        page.get_by_label("Nom", exact=True).fill("Hélène Ferrand")
        page.locator("#connus a").wait_for()
        page.get_by_label("Livraison").check()
        page.get_by_text("Avez-vous le numéro de commande").wait_for()
        look_at(page, "telephone-questions", look)
        page.goto(f"{address}/dossiers/{told.reference}/?appel=fini")
        look_at(page, "dossier-appel", look)
        page.goto(f"{address}/guichet/")
        look_at(page, "guichet", look)
        page.get_by_label("Ses mots", exact=True).fill(STORY)
        page.get_by_label("Autre", exact=True).check()
        page.get_by_label("Oui, un papier").check()
        page.get_by_role("button", name="Enregistrer et donner un reçu").click()
        page.get_by_text("Clé de suivi").wait_for()
        look_at(page, "guichet-recu", look)


def test_a_call_by_keyboard(people, address, open_context):
    page = enter(open_context, address, DESK)
    page.goto(f"{address}/telephone/")
    keyboard.fill(page, "Téléphone", "06 12 34 56 78")
    keyboard.fill(page, "Nom", "Hélène Ferrand")
    keyboard.fill(page, "Ses mots", STORY)
    keyboard.pick(page, "Produit ou service défectueux", "Livraison")
    page.get_by_text("Avez-vous le numéro de commande").wait_for()
    keyboard.fill(page, "Avez-vous le numéro de commande ?", "C-778")
    page.keyboard.press("Control+Enter")
    page.get_by_text("Avant de raccrocher").wait_for()
    complaint = Complaint.objects.get()
    assert complaint.grievances.get().facts == {"order": "C-778"}
    assert complaint.exchanges.get(kind=ExchangeKind.INBOUND).text == STORY


def test_a_call_that_was_begun_comes_back_and_goes_once_it_is_a_file(people, address, open_context):
    page = enter(open_context, address, DESK)
    page.goto(f"{address}/telephone/")
    page.get_by_label("Ses mots", exact=True).fill(STORY)
    page.get_by_label("Facturation").check()
    page.get_by_label("Avez-vous le numéro de la facture").fill("F-9")
    page.get_by_text("Gardé sur cet appareil").wait_for()
    once = page.locator("[name=once]").input_value()
    page.reload()
    page.get_by_text("Appel commencé sur cet appareil").wait_for()
    assert page.get_by_label("Ses mots", exact=True).input_value() == STORY
    assert page.locator("[name=once]").input_value() == once
    expect(page.locator("[name=q-billing-invoice]")).to_have_value("F-9")
    page.get_by_role("button", name="Enregistrer la réclamation").click()
    page.get_by_text("Avant de raccrocher").wait_for()
    page.goto(f"{address}/telephone/")
    assert page.get_by_label("Ses mots", exact=True).input_value() == ""


def test_without_a_script_a_button_shows_the_questions(people, address, browser):
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844}, locale="fr-FR")
    page = sign_in(context, address, "amelie.rousseau@maison.example", cast.PASSWORD)
    page.goto(f"{address}/telephone/")
    page.get_by_label("Ses mots", exact=True).fill(STORY)
    page.get_by_label("Site web").check()
    page.get_by_role("button", name="Afficher les questions").click()
    expect(page.get_by_text("Sur quelle page ou quel écran étiez-vous")).to_be_visible()
    assert page.get_by_label("Ses mots", exact=True).input_value() == STORY
    page.get_by_role("button", name="Enregistrer la réclamation").click()
    expect(page.get_by_text("Avant de raccrocher")).to_be_visible()
    context.close()
