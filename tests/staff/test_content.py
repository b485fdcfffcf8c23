"""How a mail looked: the sanitised document alone, under a policy that lets nothing run; small pictures; who may."""

import io
from email.message import EmailMessage

import pytest
from PIL import Image

from doleance.audit import actions as audit
from doleance.audit import queries as journal
from doleance.channels.actions import messages as channels
from doleance.channels.models import Attachment, Message
from doleance.channels.rules import ParsedFile, ParsedMessage, Person, Reason
from doleance.intake import queries as intake
from doleance.kernel.clock import now
from doleance.staff.views.content import POLICY
from tests import factories
from tests.cast import MORNING, TESTS
from tests.staff.reading import text

pytestmark = pytest.mark.django_db

WICKED = """<html><body onload="alert(1)"><h1 style="color: #700">Ma réclamation</h1><script>alert(2)</script>
<img src="x" onerror="alert(3)"><img src="https://suivi.example/p.gif" alt="un suivi"><form action="https://vol.example/">
<input name="mot"><button>Envoyer</button></form><a href="javascript:alert(4)">ici</a><iframe src="https://vol.example/">
</iframe><p>Elle est <b>cassée</b>.</p></body></html>"""


def dressed(html: str = WICKED) -> bytes:
    """A mail of Mme Durand with two renderings."""
    mail = EmailMessage()
    mail["From"] = "helene.durand@courriel.example"
    mail["Subject"] = "Bouilloire"
    mail.set_content("Elle est cassée.\n")
    mail.add_alternative(html, subtype="html")
    return mail.as_bytes()


def picture() -> bytes:
    kept = io.BytesIO()
    Image.new("RGB", (900, 600), (10, 120, 90)).save(kept, "PNG")
    return kept.getvalue()


PHOTO = ParsedFile(name="bouilloire.png", media_type="image/png", content_id="", is_inline=False, data=picture())


def arrived(cast) -> Message:
    """A mail in HTML with a picture, read and linked to Mme Durand."""
    message = factories.message(cast, dressed())
    parsed = ParsedMessage(
        sender=Person("Hélène Durand", "helene.durand@courriel.example"),
        subject="Bouilloire",
        text="Elle est cassée.",
        has_html=True,
        files=(PHOTO,),
    )
    channels.describe(message=message, parsed=parsed, at=MORNING)
    channels.link(message=message, files=(PHOTO,), subject=cast.durand.id, by=TESTS, at=MORNING)
    return message


@pytest.fixture
def file(cast, calendars):
    return factories.complaint(cast, message=arrived(cast))


@pytest.fixture
def url(file):
    message = Message.objects.get(exchange__complaint=file)
    return f"/dossiers/{file.reference}/messages/{message.pk}/mise-en-forme/"


def test_the_look_is_a_document_of_its_own_in_which_nothing_runs(amelie, url):
    response = amelie.get(url)
    page = text(response)
    assert (response.status_code, response["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert response["Content-Security-Policy"] == POLICY
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["Cache-Control"] == "no-store"
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert "Elle est <b>cassée</b>." in page
    for wicked in ("<script", "onerror", "onload", "javascript:", "<form", "<iframe", "<input", 'src="https'):
        assert wicked not in page, wicked


def test_it_says_how_many_images_were_not_fetched(amelie, url):
    page = text(amelie.get(url))
    assert "images distantes n’ont pas été chargées" in page or "image distante n’a pas été chargée" in page
    assert "un suivi" in page


def test_who_looked_is_journalled(amelie, cast, url):
    amelie.get(url)
    [event] = journal.history(f"reader:{cast.amelie.pk}")
    assert event.facts["what"] == f"message:{Message.objects.get().pk}"


def test_the_file_offers_it_in_a_sandboxed_frame_and_alone(amelie, file, url):
    page = text(amelie.get(f"/dossiers/{file.reference}/"))
    assert f'<iframe sandbox src="{url}"' in page
    assert f'<a class="sm" href="{url}"' in page


def test_a_mail_without_html_or_of_another_file_has_none(amelie, cast, file, url):
    other = factories.complaint(cast, message=factories.incoming(cast, "Autre chose"))
    plain = Message.objects.get(exchange__complaint=other)
    assert amelie.get(f"/dossiers/{other.reference}/messages/{plain.pk}/mise-en-forme/").status_code == 404
    assert amelie.get(url.replace(file.reference, other.reference)).status_code == 404


def test_what_was_erased_is_gone_and_never_an_error(amelie, cast, file, url):
    one = Attachment.objects.get()
    audit.erase(subject=cast.durand.id, authority="rgpd", article="17", by="machine:test", at=now())
    assert amelie.get(url).status_code == 404
    assert amelie.get(f"/dossiers/{file.reference}/pieces/{one.pk}/vignette/").status_code == 404
    assert amelie.get(f"/dossiers/{file.reference}/").status_code == 200


def test_an_image_has_a_small_picture_kept_by_its_reader_alone(amelie, file):
    one = Attachment.objects.get()
    response = amelie.get(f"/dossiers/{file.reference}/pieces/{one.pk}/vignette/")
    assert response["Content-Type"] == "image/webp"
    assert response["Cache-Control"] == "no-store"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert Image.open(io.BytesIO(response.content)).size[0] <= 320
    assert f"pieces/{one.pk}/vignette/" in text(amelie.get(f"/dossiers/{file.reference}/"))


def test_a_letter_has_no_picture(amelie, cast, file):
    note = ParsedFile(name="a.txt", media_type="text/plain", content_id="", is_inline=False, data=b"abc")
    other = factories.complaint(cast, message=factories.incoming(cast, "Voir la note", files=[note]))
    one = Attachment.objects.get(name="a.txt")
    assert amelie.get(f"/dossiers/{other.reference}/pieces/{one.pk}/vignette/").status_code == 404


@pytest.fixture
def held(cast):
    message = factories.message(cast, dressed("<p>Autre <i>chose</i></p>"))
    parsed = ParsedMessage(sender=Person("", "x@courriel.example"), has_html=True, files=(PHOTO,))
    channels.describe(message=message, parsed=parsed, at=MORNING)
    channels.quarantine(message=message, reason=Reason.SPAM, files=(PHOTO,), by=TESTS, at=MORNING)
    return message


def test_the_quarantine_shows_the_same_to_those_who_see_it(cast, enter, held):
    base = f"/quarantaine/{held.pk}/"
    one = Attachment.objects.get()
    reader = enter(cast.amelie)
    assert "Autre <i>chose</i>" in text(reader.get(f"{base}mise-en-forme/"))
    assert reader.get(f"{base}pieces/{one.pk}/vignette/")["Content-Type"] == "image/webp"
    taken = reader.get(f"{base}pieces/{one.pk}/")
    assert taken.content == PHOTO.data
    assert taken["Content-Disposition"].startswith("attachment;")
    for path in ("mise-en-forme/", f"pieces/{one.pk}/", f"pieces/{one.pk}/vignette/"):
        assert enter(cast.chloe).get(base + path).status_code == 404


def test_a_quarantined_mail_that_was_erased_still_has_its_page(cast, enter, held):
    audit.erase(subject=held.entity_id, authority="rgpd", article="17", by="machine:test", at=now())
    reader = enter(cast.bruno)
    page = text(reader.get(f"/quarantaine/{held.pk}/"))
    assert "Ce fichier a été effacé à la demande de la personne" in page
    assert "mise-en-forme" not in page
    for path in ("original/", "mise-en-forme/"):
        assert reader.get(f"/quarantaine/{held.pk}/{path}").status_code == 404
    assert intake.original(held) is None


def test_a_link_to_follow_a_file_that_was_forwarded_opens_nothing_here(amelie, cast, calendars):
    token = "Zm9yd2FyZGVkLWxpbmstdG"
    mail = dressed(f'<p><a href="https://maison.example/suivi/l/{token}/">maison.example/suivi/l/{token}/</a></p>')
    message = factories.message(cast, mail)
    parsed = ParsedMessage(sender=Person("", "x@courriel.example"), text="Voir", has_html=True)
    channels.describe(message=message, parsed=parsed, at=MORNING)
    channels.link(message=message, files=(), subject=cast.durand.id, by=TESTS, at=MORNING)
    file = factories.complaint(cast, message=message)
    page = text(amelie.get(f"/dossiers/{file.reference}/messages/{message.pk}/mise-en-forme/"))
    assert "/suivi/l/••••••" in page
    assert token not in page
