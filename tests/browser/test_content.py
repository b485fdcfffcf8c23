"""How a mail looked, in a real browser: nothing of it runs, leaves or covers; in the file's frame and alone."""

from email.message import EmailMessage

import pytest
from django.conf import settings

from doleance.channels.actions import messages as channels
from doleance.channels.rules import ParsedMessage, Person
from tests import factories
from tests.browser.chromium import violations
from tests.cast import MORNING, TESTS

WICKED = """<html><body onload="alert('load')"><script>alert('script')</script><h1>Ma réclamation</h1>
<img src="x" onerror="alert('error')"><img src="https://suivi.example/p.gif" alt="un suivi"><svg onload="alert('svg')">
</svg><form action="https://vol.example/" method="post"><button>Gagner</button></form>
<div style="position: fixed; inset: 0; background: url(https://suivi.example/fond.png)">Elle est cassée.</div>
<a href="javascript:alert('lien')">ici</a></body></html>"""


@pytest.fixture
def file(cast, calendars):
    """A file whose mail tries all it can."""
    mail = EmailMessage()
    mail["From"] = "helene.durand@courriel.example"
    mail.set_content("Elle est cassée.\n")
    mail.add_alternative(WICKED, subtype="html")
    message = factories.message(cast, mail.as_bytes())
    sender = Person("Hélène Durand", "helene.durand@courriel.example")
    parsed = ParsedMessage(sender=sender, text="Elle est cassée.", has_html=True)
    channels.describe(message=message, parsed=parsed, at=MORNING)
    channels.link(message=message, files=(), subject=cast.durand.id, by=TESTS, at=MORNING)
    return factories.complaint(cast, message=message)


@pytest.fixture
def asked(page, cast, address, enter):
    """Amélie's window, signed in, and what it asked of the network; a dialog fails the test."""
    session = enter(cast.amelie).cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": address}])
    found: list[str] = []
    page.on("request", lambda request: found.append(request.url))
    page.on("dialog", lambda dialog: found.append(f"dialog {dialog.message}"))
    return found


@pytest.mark.django_db(transaction=True)
def test_nothing_of_a_mail_runs_or_leaves(page, address, file, asked):
    page.goto(f"{address}/dossiers/{file.reference}/")
    page.locator(".look > summary").click()
    frame = page.frame_locator(".look iframe")
    frame.get_by_text("Elle est cassée.").wait_for()
    assert frame.locator("script, form, button, svg").count() == 0
    assert not violations(page)
    page.goto(f"{address}{page.locator('.look a').get_attribute('href')}")
    page.get_by_text("un suivi").wait_for()
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.origin") == "null"
    assert not [url for url in asked if not url.startswith(address)]
