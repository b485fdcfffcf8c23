"""Doublons in a real browser: what leaves as the choice stands, and the last days that are told."""

import pytest
from playwright.sync_api import expect

from doleance.complaints.models import Complaint
from doleance.matching.tasks import compare
from tests import factories
from tests.browser.chromium import Look, sideways, sign_in, small_targets, violations
from tests.cast import PASSWORD, party

TEXT = "Ma livraison C-90227 est annulée sans prévenir, j’avais posé ma journée."


@pytest.fixture
def pair(cast, calendars) -> tuple[Complaint, Complaint]:
    """Two files of one matter, by two addresses."""
    one = factories.complaint(cast, text=TEXT, title="Livraison annulée")
    two = factories.complaint(cast, text=f"Toujours rien. {TEXT}", party=party("Helene Durand"), title="Rien reçu")
    compare(one.pk)
    compare(two.pk)
    return one, two


@pytest.mark.parametrize("look", [Look(1440, "dark"), Look(390, "light"), Look(320, "dark")], ids=str)
@pytest.mark.django_db(transaction=True)
def test_what_leaves_follows_the_file_that_is_kept(cast, pair, open_context, address, look):
    page = sign_in(open_context(look), address, cast.amelie.email, PASSWORD)
    page.goto(f"{address}/doublons/")
    first, second = (page.get_by_text(f"celle de {one.reference}") for one in pair)
    expect(first).to_be_visible()
    expect(second).to_be_hidden()
    page.get_by_role("radio", name=pair[1].reference).check()
    expect(second).to_be_visible()
    expect(first).to_be_hidden()
    assert ", 0 h" not in page.locator(".pair").inner_text(), "a whole day is told by its last day"
    assert not violations(page)
    assert not sideways(page)
    assert not small_targets(page)
