"""The pages that follow a file as they are looked at: nothing to reproach at any width, in light and in dark."""

import pytest
from django.conf import settings

from doleance.accounts.rules import machine
from doleance.complaints import access
from doleance.complaints.access import Use
from doleance.complaints.actions import access as accesses
from doleance.complaints.rules import LinkUse
from doleance.kernel.clock import now
from tests.browser.chromium import LOOKS, sideways, small_targets, violations
from tests.browser.test_receipt import draft

__all__ = ["draft"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("calendars")]
PAGES = (
    "suivi/",
    "suivi/dossier/",
    "suivi/dossier/points/",
    "suivi/dossier/points/1/",
    "suivi/dossier/ajouter/",
    "suivi/dossier/retirer/",
    "suivi/dossier/second-examen/",
)


def token_of(draft):
    """A link of a mail to what Madame Ferrand sent."""
    draft.refresh_from_db()
    token = access.secret_for(key=settings.DOLEANCE_FOLLOW_KEY, purpose=Use.MAIL, subject=draft.pk)
    accesses.give_link(complaint=draft.complaint, purpose=LinkUse.MAIL, secret=token, by=machine("tests"), at=now())
    return token


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_following_a_file_has_nothing_to_reproach(page, address, draft, look):
    page.goto(f"{address}/suivi/l/{token_of(draft)}/")
    assert not violations(page)
    page.get_by_role("button", name="Ouvrir mon dossier").click()
    for path in PAGES:
        page.goto(f"{address}/{path}")
        assert not violations(page)
        assert not sideways(page)
        assert not small_targets(page)
