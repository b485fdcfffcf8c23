"""Somebody complains, in Chromium: on a telephone without scripts, then with the keyboard alone.

The pages and the answers that are required are counted and printed; axe looks at every page at
every look, errors shown too; then its text is spaced out and enlarged, and its colours are the system's.
"""

import re
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import FilePayload, Page, expect

from doleance.complaints.models import Complaint
from tests.browser.looking import PHONE, WINDOWS, Looked, Looking

STORY = "La bouilloire est arrivée cassée.\n\nPersonne ne me répond depuis 10 jours 😡"
LONG_WORD = "Donaudampfschifffahrt" * 12
PAGES = [
    "/reclamer/",
    "/reclamer/recit/",
    "/reclamer/precisions/",
    "/reclamer/attentes/",
    "/reclamer/vous-joindre/",
    "/reclamer/recapitulatif/",
]
pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class Walk:
    """What somebody met on the way: each page, and the answers without which one cannot go on."""

    pages: list[str] = field(default_factory=list)
    required: list[str] = field(default_factory=list)

    def arrive(self, page: Page) -> None:
        """Note a page."""
        self.pages.append(re.sub(r"^.*?/reclamer", "/reclamer", page.url))

    def __str__(self) -> str:
        return f"pages : {len(self.pages)}, réponses obligatoires : {len(self.required)}"


def go_on(page: Page, label: str = "Continuer") -> None:
    """Press the page's button."""
    page.get_by_role("button", name=label, exact=True).click()
    page.wait_for_load_state()


def tell_without_the_rest(page: Page, address: str, answer: dict[str, tuple[str, str]]) -> Walk:
    """Go through the form and answer only what a page refuses to do without; `answer` is by the page's title."""
    walk = Walk()
    page.goto(f"{address}/reclamer/")
    walk.arrive(page)
    while page.get_by_role("button", name="Continuer", exact=True).count():
        title = page.get_by_role("heading", level=1).inner_text()
        go_on(page)
        if page.locator("#a-reprendre").count():
            assert title in answer, f"{title}: nothing else may be required"
            name, words = answer[title]
            walk.required.append(name)
            if words:
                page.get_by_label(name, exact=True).fill(words)
            else:
                page.get_by_text(name, exact=True).click()
            go_on(page)
        walk.arrive(page)
    return walk


def test_without_scripts_on_a_telephone(without_scripts, address, cast, calendars, capsys):
    page = without_scripts.new_page()
    answer = {
        "Que s’est-il passé\u202f?": ("Un produit ou un service ne va pas", ""),
        "Racontez": ("Ce qui s’est passé", STORY),
    }
    walk = tell_without_the_rest(page, address, answer)
    with capsys.disabled():
        print(f"\n{walk}")  # noqa: T201  what the issue asks to be shown
    assert walk.pages == PAGES
    assert len(walk.required) == 2
    page.get_by_role("button", name="Envoyer ma réclamation").click()
    page.wait_for_url(f"{address}/reclamer/recu/")
    complaint = Complaint.objects.get()
    assert complaint.reference in page.content()
    assert complaint.grievances.get().category.code == "product"


def focused(page: Page) -> str:
    """What the focused control is called."""
    return str(
        page.evaluate(
            """() => { const e = document.activeElement;
            return (e.labels?.length ? e.labels[0].innerText : e.innerText || '').replace(/\\s+/g, ' ').trim(); }"""
        )
    )


def reach(page: Page, name: str) -> None:
    """Press Tab until the control of that name has the focus."""
    for _ in range(40):
        if focused(page).startswith(name):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{name}: out of the keyboard's reach")


def enter(page: Page) -> None:
    """« Entrée » on what has the focus, and the next page."""
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_with_the_keyboard_alone(page, address, cast, calendars, capsys):
    walk = Walk()
    page.goto(f"{address}/reclamer/")
    walk.arrive(page)
    reach(page, "Continuer")
    enter(page)
    assert page.evaluate("document.activeElement.id") == "a-reprendre", "the summary has the focus"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # its link leads to the answers
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    assert focused(page).startswith("Une livraison pose problème")
    reach(page, "Continuer")
    enter(page)
    walk.arrive(page)
    reach(page, "Ce qui s’est passé")
    page.keyboard.type("Rien n’est arrivé.")
    reach(page, "Continuer")
    enter(page)
    walk.arrive(page)
    reach(page, "Pour quel jour")
    page.keyboard.type("12 novembre 2026")
    reach(page, "Continuer")
    enter(page)
    walk.arrive(page)
    reach(page, "Un remboursement")
    page.keyboard.press("Space")
    reach(page, "Continuer")
    enter(page)
    walk.arrive(page)
    reach(page, "Par courriel")
    page.keyboard.press("Space")
    reach(page, "Votre adresse de courriel")
    page.keyboard.type("helene@exemple.fr")
    reach(page, "Continuer")
    enter(page)
    walk.arrive(page)
    assert walk.pages == PAGES
    expect(page.locator(".recap")).to_contain_text("12/11/2026")
    reach(page, "Envoyer ma réclamation")
    enter(page)
    assert page.url == f"{address}/reclamer/recu/"
    grievance = Complaint.objects.get().grievances.get()
    assert grievance.facts["promised"] == "2026-11-12"
    with capsys.disabled():
        print(f"\nau clavier, {walk}")  # noqa: T201


def through(page: Page, address: str, looking: Looking) -> None:
    """Every page of the form and each of its states, looked at."""
    page.goto(f"{address}/reclamer/")
    looking.at("type")
    go_on(page)
    looking.at("type, à reprendre")
    page.get_by_text("Un produit ou un service ne va pas").click()
    go_on(page)
    looking.at("récit")
    empty = FilePayload(name="vide.txt", mimeType="text/plain", buffer=b"")
    photo = FilePayload(name=f"{LONG_WORD}.jpg", mimeType="image/jpeg", buffer=b"\xff\xd8\xff")
    page.locator("input[type=file]").set_input_files([photo, empty])
    go_on(page)
    looking.at("récit, à reprendre")
    page.get_by_label("Ce qui s’est passé", exact=True).fill(f"{STORY} {LONG_WORD}")
    go_on(page)
    looking.at("précisions")
    page.get_by_label("Oui", exact=True).check()
    go_on(page)
    looking.at("danger")
    go_on(page, "J’ai lu, continuer")
    looking.at("attentes")
    go_on(page)
    looking.at("vous joindre")
    page.get_by_text("Par courriel").click()
    page.get_by_text("J’écris pour quelqu’un").click()
    page.locator("summary").click()
    go_on(page)
    looking.at("vous joindre, à reprendre")
    page.get_by_text("Je ne laisse aucun contact").click()
    go_on(page)
    looking.at("pour quelqu’un")
    page.get_by_label("Vous êtes").fill("sa fille")
    go_on(page)
    looking.at("récapitulatif")
    beside(page, address, looking)


def beside(page: Page, address: str, looking: Looking) -> None:
    """What is beside the questions: taken up again, written before, erased, lost, sent."""
    for name in ("", "deja/", "effacer/"):
        page.goto(f"{address}/reclamer/{name}")
        looking.at(name or "reprise")
    page.goto(f"{address}/reclamer/recit/")
    kept = page.context.cookies()
    page.context.clear_cookies(name="reclamation")
    go_on(page)
    looking.at("brouillon perdu")
    page.goto(f"{address}/reclamer/recit/")
    looking.at("rien ici")
    page.context.add_cookies([{"name": one["name"], "value": one["value"], "url": address} for one in kept])
    page.goto(f"{address}/reclamer/effacer/")
    page.get_by_role("button", name="Effacer mes réponses").click()
    expect(page.get_by_role("heading", name="Vos réponses sont effacées.")).to_be_visible()
    looking.at("effacé")


STATES = 17


@pytest.mark.parametrize("look", WINDOWS, ids=str)
def test_axe_finds_nothing_on_any_page(page, look, address, cast, calendars):
    looked = Looked(page, look)
    through(page, address, looked)
    assert len(looked.names) == STATES
    assert not looked.faults, "\n".join(looked.faults)


def test_text_spaced_out_enlarged_or_in_the_systems_colours_loses_nothing(eased, address, cast, calendars):
    through(eased.page, address, eased)
    assert len(eased.names) == STATES
    assert not eased.faults, "\n".join(eased.faults)


@pytest.mark.parametrize("look", [PHONE], ids=str)
def test_a_way_of_answering_opens_what_it_needs(page, address, cast, calendars):
    page.goto(f"{address}/reclamer/")
    page.get_by_text("Autre chose").click()
    go_on(page)
    page.get_by_label("Ce qui s’est passé", exact=True).fill(STORY)
    for _ in range(3):
        go_on(page)
    email, phone = page.locator("[name=email]"), page.locator("[name=phone]")
    assert not email.is_visible()
    page.get_by_text("Par téléphone").click()
    assert phone.is_visible()
    assert not email.is_visible()
    phone.fill("12")
    go_on(page)
    assert phone.input_value() == "12"
    expect(page.locator("#a-reprendre")).to_contain_text("06 12 34 56 78")
