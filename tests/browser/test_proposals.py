"""The keys of proposed griefs in a real browser, and that the next one is under them."""

import pytest
from playwright.sync_api import Page, expect

from doleance.complaints.models import Complaint, Grievance
from tests.browser.chromium import Look, sideways, sign_in, small_targets, violations
from tests.cast import PASSWORD
from tests.intake.test_reading import arrived, run_jobs
from tests.understanding.conftest import reads

__all__ = ["reads"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def complaint(cast, calendars, reads) -> Complaint:
    """A mail with three requests, read."""
    _, opened = arrived(cast)
    run_jobs()
    return opened


def press(page: Page, key: str, *, left: int) -> None:
    page.keyboard.press(key)
    expect(page.locator(".grievances > li.proposed")).to_have_count(left)


def test_each_key_judges_one_grief_and_the_next_is_under_it(cast, complaint, open_context, look, address):
    page = sign_in(open_context(look), address, cast.amelie.email, PASSWORD)
    page.goto(f"{address}/dossiers/{complaint.reference}/")
    expect(page.locator(".grievances > li.proposed")).to_have_count(3)
    page.keyboard.press("Control+c")  # copying is no verdict
    third = page.locator('[data-key="C"]').get_attribute("value")
    press(page, "c", left=2)
    press(page, "x", left=1)
    press(page, "o", left=0)
    for key in "obcx":
        expect(page.locator(f'[data-key="{key.upper()}"]')).to_have_count(0)
    rows = Grievance.objects.filter(complaint=complaint).order_by("number")
    assert [one.state for one in rows] == ["accepted", "dropped", "accepted"]
    assert rows[0].category_id == third
    page.keyboard.press("?")
    expect(page.get_by_role("row", name="N Ajouter un grief")).to_be_visible()


@pytest.mark.parametrize("look", [Look(390, "dark"), Look(320, "light")], ids=str)
def test_a_finger_has_room_between_verdicts(cast, complaint, open_context, address, look):
    page = sign_in(open_context(look), address, cast.amelie.email, PASSWORD)
    page.goto(f"{address}/dossiers/{complaint.reference}/")
    for name in ("Accepter le grief 1", "Écarter le grief 1"):
        box = page.get_by_role("button", name=name, exact=True).bounding_box()
        assert box is not None
        assert box["height"] >= 44
    for link in page.locator(".link:visible, .how > summary:visible, .files a:visible").all():
        box = link.bounding_box()
        assert box is not None
        is_in_a_line = link.evaluate("one => getComputedStyle(one).display") == "inline"
        assert box["height"] >= 44 or is_in_a_line, link.inner_text()
    assert not violations(page)
    assert not sideways(page)
    assert not small_targets(page)
