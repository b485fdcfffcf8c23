"""The work that the form asks for under pressure, in a real browser, under the product's own policy of content."""

import hashlib
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from benchmarks import visitor
from benchmarks.visitor import Told, Visitor
from doleance.complaints.models import Complaint
from doleance.intake import pressure
from doleance.intake.models import Draft
from doleance.intake.pressure import Budget, Of
from tests.browser.chromium import violations
from tests.browser.looking import WINDOWS, Looked
from tests.portal.test_effort import EFFORT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("cast")]
TOLD = Told({"branch": "other", "text": "On ne me répond pas.", "email": "helene.durand@courriel.example"})


@pytest.fixture
def pressed_hard(monkeypatch):
    """Any form that comes after another is asked for work, of which a test has the time for."""
    monkeypatch.setattr("doleance.intake.weighing.BUDGETS", (Budget(Of.ORIGIN, timedelta(hours=1), 1),))
    monkeypatch.setattr(pressure, "FIRST_BITS", 12)
    monkeypatch.setattr(pressure, "FIRST_DELAY", timedelta(hours=2))  # only work ends a wait, on a slow machine too
    monkeypatch.setattr(pressure, "LONGEST_DELAY", timedelta(hours=2))


def filled(page, address, *, pressed):
    """A window on the summary of a form that somebody filled in, sent already when `pressed`."""
    place = urlsplit(address)
    with Visitor(place.port, host=place.hostname) as first:
        first.press(visitor.question_of(first.fill(TOLD)))
    with Visitor(place.port, host=place.hostname) as person:
        form = visitor.question_of(person.fill(TOLD))
        if pressed:
            person.press(form)
    cookies = [{"name": name, "value": value, "url": address} for name, value in person.cookies.items()]
    page.context.add_cookies(cookies)
    page.goto(address + visitor.SUMMARY)


@pytest.mark.usefixtures("pressed_hard")
def test_the_work_is_done_before_the_form_leaves(page, address):
    filled(page, address, pressed=False)
    page.get_by_role("button", name="Envoyer ma réclamation").click()
    page.wait_for_url(f"**{visitor.RECEIPT}**")
    assert Complaint.objects.count() == 2
    assert not Draft.objects.filter(not_before__isnull=False).exists()


@pytest.mark.usefixtures("pressed_hard")
def test_a_page_that_waits_does_the_work_and_leads_to_the_receipt(page, address):
    filled(page, address, pressed=True)
    page.wait_for_url(f"**{visitor.RECEIPT}**")
    assert Complaint.objects.count() == 2


@pytest.mark.parametrize("look", WINDOWS, ids=str)
def test_while_it_works_it_says_so_to_everybody(page, address, pressed_hard, monkeypatch, look):
    monkeypatch.setattr(pressure, "FIRST_BITS", 31)  # an hour at the least
    filled(page, address, pressed=True)
    bar = page.get_by_role("progressbar", name="Votre appareil fait un petit calcul")
    bar.wait_for(state="visible")
    assert 0 <= float(bar.evaluate("one => one.value")) < 0.5
    assert page.get_by_role("status").filter(has=bar).is_visible()
    assert page.get_by_text("Elle part d’elle-même à").is_visible()
    looked = Looked(page, look)
    looked.at("réclamation gardée, au travail")
    assert not looked.faults, "\n".join(looked.faults)


def waits_without_scripts(page, address):
    """« Votre réclamation est gardée », as it stands where the form's script does not come."""
    page.route("**/effort*.js", lambda route: route.abort())
    filled(page, address, pressed=True)
    expect(page.get_by_role("heading", name="Votre réclamation est gardée.")).to_be_visible()
    assert not page.get_by_role("progressbar").is_visible()


@pytest.mark.usefixtures("pressed_hard")
@pytest.mark.parametrize("look", WINDOWS, ids=str)
def test_the_page_that_waits_has_nothing_to_reproach(page, address, look):
    waits_without_scripts(page, address)
    looked = Looked(page, look)
    looked.at("réclamation gardée")
    assert not looked.faults, "\n".join(looked.faults)


@pytest.mark.usefixtures("pressed_hard")
def test_the_page_that_waits_loses_nothing_to_who_reads_otherwise(eased, address):
    waits_without_scripts(eased.page, address)
    eased.at("réclamation gardée")
    assert not eased.faults, "\n".join(eased.faults)


def test_an_impatient_press_waits_for_the_work_and_says_so(page, address, pressed_hard, monkeypatch):
    monkeypatch.setattr(pressure, "FIRST_BITS", 31)
    filled(page, address, pressed=False)
    bar = page.get_by_role("progressbar")
    assert not bar.is_visible()  # nothing is said to somebody who reads
    button = page.get_by_role("button", name="Envoyer ma réclamation")
    button.click()
    bar.wait_for(state="visible")
    assert button.get_attribute("aria-busy") == "true"
    assert page.url.endswith(visitor.SUMMARY)
    assert violations(page) == []
    assert Complaint.objects.count() == 1


def test_it_hashes_as_the_server_does(browser):
    page = browser.new_page()
    page.add_script_tag(content=EFFORT)
    challenges = [hashlib.sha256(str(number).encode()).hexdigest()[:32] for number in range(20)]
    found = page.evaluate("all => all.map(one => search(one, 11, 0, 1e6))", challenges)
    page.close()
    for challenge, number in zip(challenges, found, strict=True):
        digest = hashlib.sha256(f"{challenge}:{number}".encode()).digest()
        assert int.from_bytes(digest) >> 245 == 0
        earlier = (hashlib.sha256(f"{challenge}:{one}".encode()).digest() for one in range(number))
        assert all(int.from_bytes(one) >> 245 for one in earlier)  # the first that does the work
