"""What was read of an attached letter, in a real browser: at three widths, in the light and in the dark."""

import pytest
from django.conf import settings

from doleance.accounts.rules import machine
from doleance.channels.actions import messages as channels
from doleance.channels.rules import ParsedFile, ParsedMessage, Person
from doleance.kernel.clock import now
from doleance.understanding import actions as understanding
from doleance.understanding.scans.told import Engine, Recognised, Trouble
from tests import factories
from tests.browser.chromium import Look, sideways, small_targets, violations
from tests.cast import MORNING, TESTS

LATE = "Ma commande C-88412, que vous aviez promise pour le 3 novembre, n’est toujours pas arrivée."
LETTER = f"Hélène Durand\n12 rue des Lilas\n\nMadame, Monsieur,\n\n{LATE}\n\nVeuillez agréer mes salutations."


@pytest.fixture
def file(cast, calendars):
    """A file that came with a letter, a doubtful fax and a locked document."""
    message = factories.message(cast)
    parsed = ParsedMessage(sender=Person("Hélène Durand", "helene.durand@courriel.example"), text="Voir ma lettre.")
    channels.describe(message=message, parsed=parsed, at=MORNING)
    names = ("lettre numérisée par mon fils ce matin à la mairie.pdf", "fax.tif", "contrat.pdf")
    files = [ParsedFile(name, "application/pdf", "", False, b"%PDF-1.7 " + name.encode()) for name in names]
    channels.link(message=message, files=files, subject=cast.durand.id, by=TESTS, at=MORNING)
    found = factories.complaint(cast, message=message)
    factories.grievance(found, quote=LATE, exchange=found.exchanges.get(), by=cast.amelie.actor(), at=now())
    read = (
        Recognised(LETTER, Engine.TESSERACT, "tesseract-5.3.0", 83, 3, 2),
        Recognised("Ma comnande n'est toujovrs pas arrjvée", Engine.TESSERACT, "tesseract-5.3.0", 41, 1, 1),
        Recognised(trouble=Trouble.ENCRYPTED),
    )
    for one, told in zip(message.attachments.order_by("position"), read, strict=True):
        understanding.note_file(complaint=found, attachment=one, found=told, by=machine("test"), at=now())
    return found


@pytest.mark.parametrize("look", [Look(1440, "light"), Look(390, "dark"), Look(320, "light")], ids=str)
@pytest.mark.django_db(transaction=True)
def test_the_text_of_a_letter_opens_under_it(open_context, address, cast, file, enter, look):
    page = open_context(look).new_page()
    session = enter(cast.amelie).cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": address}])
    page.goto(f"{address}/dossiers/{file.reference}/")
    for one in page.locator(".scanned:not([open]) > summary").all():
        one.click()
    letter = page.locator(".scanned").first
    assert letter.locator("mark").inner_text().startswith("Ma commande C-88412")
    assert page.get_by_text("Texte peu sûr").is_visible()
    assert page.get_by_text("Fichier protégé par un mot de passe").is_visible()
    assert violations(page) == []
    assert sideways(page) == []
    assert small_targets(page) == []
    with page.expect_download() as given:
        letter.get_by_text("Ouvrir l’original").click()
    assert given.value.suggested_filename.endswith(".pdf")
