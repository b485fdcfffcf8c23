"""The pages of mailboxes on a real house, in every look: nothing for axe, nothing sideways, nothing too small."""

from datetime import timedelta

import pytest

from doleance.channels.models import MailboxHealth
from doleance.kernel.clock import now
from doleance.kernel.db import write
from tests import cast, factories
from tests.browser.chromium import LOOKS, sideways, sign_in, small_targets, violations


@write(quiet="a test makes what a fetcher would have noted")
def note(box, **known):
    MailboxHealth.objects.update_or_create(mailbox=box, defaults={"checked_at": now()} | known)


@pytest.fixture
def house(address, settings):
    """A house with a mailbox that stopped, whose address is long, and one that receives."""
    settings.DOLEANCE_SINK = False
    told = {"imap_host": "imap.maison.example", "imap_user": "maison", "imap_secret": "motdepasse"}
    people = cast.assemble()
    stopped = factories.mailbox(people, address="service.apres.vente.reclamations@maison.example", **told)
    note(stopped, failing_since=now() - timedelta(minutes=42), error="login", said=f"NO {'A' * 120}")
    well = factories.mailbox(people, address="a@maison.example", **told)
    note(well, ok_at=now(), last_message_at=now() - timedelta(minutes=5))
    return stopped


def test_every_page_of_mailboxes_in_every_look(house, address, open_context):
    pages = ("/reglages/courriel/", "/reglages/courriel/ajouter/", f"/reglages/courriel/{house.pk}/")
    for look in LOOKS:
        window = open_context(look)
        page = sign_in(window, address, "nadia.ferrand@maison.example", cast.PASSWORD)
        for path in pages:
            page.goto(address + path)
            said = f"{path} {look}"
            assert not violations(page), said
            assert not sideways(page), said
            assert not small_targets(page), said


def test_a_trial_is_told_where_it_was_asked(house, address, open_context):
    page = sign_in(open_context(LOOKS[0]), address, "nadia.ferrand@maison.example", cast.PASSWORD)
    page.goto(f"{address}/reglages/courriel/{house.pk}/")
    page.get_by_role("button", name="Essayer l’envoi").click()
    alert = page.get_by_role("alert")
    alert.wait_for()
    assert "Aucun serveur d’envoi" in alert.inner_text()
    assert not violations(page)
    page.locator("summary", has_text="Réglages avancés").click()
    assert page.get_by_label("Adresse des jetons").is_visible()
    assert not violations(page)


def test_a_lead_reads_whom_to_call(house, address, open_context):
    page = sign_in(open_context(LOOKS[2]), address, "bruno.keller@maison.example", cast.PASSWORD)
    page.goto(f"{address}/dossiers/")
    assert page.get_by_text("Nadia Ferrand").is_visible()
    assert not violations(page)
    assert not sideways(page)


def test_on_a_phone_the_settings_open_on_their_page(house, address, open_context):
    page = sign_in(open_context(LOOKS[2]), address, "nadia.ferrand@maison.example", cast.PASSWORD)
    page.goto(f"{address}/reglages/courriel/")
    menu = page.locator(".settings > nav").bounding_box()
    assert menu is not None
    assert menu["height"] < 80, "the page before its menu"
    page.get_by_text("Tous les réglages").click()
    assert not violations(page)
    assert not small_targets(page)
    page.get_by_role("link", name="Calendriers").click()
    page.wait_for_url("**/reglages/calendriers/")
