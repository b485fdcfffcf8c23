"""What a machine read of a file that came with a message, as the page of its dossier shows it."""

import pytest

from doleance.accounts.rules import machine
from doleance.channels.models import Attachment
from doleance.complaints.models import Complaint
from doleance.kernel.clock import now
from doleance.understanding import actions as understanding
from doleance.understanding.scans.told import Engine, Recognised, Trouble
from tests.factories import grievance
from tests.staff.reading import text

pytestmark = pytest.mark.django_db
QUOTE = "La bouilloire fuit depuis lundi."
WHOLE = f"Madame,\n\n{QUOTE}\n\nHélène Durand"


@pytest.fixture
def show(amelie, file):
    """The page of the file once its photo was read so."""

    def shown(found: Recognised) -> tuple[str, str]:
        one = Attachment.objects.get(name="photo.jpg")
        current = Complaint.objects.get(pk=file.pk)
        understanding.note_file(complaint=current, attachment=one, found=found, by=machine("test"), at=now())
        response = amelie.get(f"/dossiers/{file.reference}/")
        assert response.status_code == 200
        return text(response), response.content.decode()

    return shown


def test_the_text_stands_under_its_file_with_its_confidence_and_the_way_to_the_original(show):
    page, html = show(Recognised(WHOLE, Engine.TESSERACT, "tesseract-5.3.0", 83, 3, 2))
    assert "Texte lu dans «\u00a0photo.jpg\u00a0»\u00a0· confiance 83\u00a0%".replace("\u00a0", " ") in page.replace(
        "\u00a0", " "
    )
    assert QUOTE in page
    assert "Reconnaissance de caractères" in page
    assert "2 pages lues sur 3" in page
    assert html.count(f"/pieces/{Attachment.objects.get(name='photo.jpg').pk}/") >= 2
    assert "Texte peu sûr" not in page


def test_a_doubtful_text_says_so(show):
    page, _html = show(Recognised(WHOLE, Engine.TESSERACT, "tesseract-5.3.0", 41, 1, 1))
    assert "Texte peu sûr" in page


def test_the_document_s_own_text_has_no_confidence(show):
    page, _html = show(Recognised(WHOLE, Engine.PDF, "pdfium-8149", None, 1, 1))
    assert "Texte du document lui-même" in page
    assert "confiance" not in page


def test_a_grief_read_in_a_letter_is_marked_in_it(show, file, cast):
    grievance(file, quote=QUOTE, exchange=file.exchanges.get(), by=cast.amelie.actor(), at=now())
    _page, html = show(Recognised(WHOLE, Engine.TESSERACT, "tesseract-5.3.0", 83, 1, 1))
    scanned = html.partition("scanned")[2]
    assert '<mark class="g' in scanned
    assert scanned.startswith('" open>')


def test_a_text_that_no_grief_quotes_is_folded(show):
    _page, html = show(Recognised(WHOLE, Engine.TESSERACT, "tesseract-5.3.0", 83, 1, 1))
    assert html.partition("scanned")[2].startswith('">')


def test_why_nothing_was_read_is_said(show):
    page, _html = show(Recognised(trouble=Trouble.ENCRYPTED))
    assert "Fichier protégé par un mot de passe" in page
    assert "Texte lu dans" not in page


def test_a_photo_without_words_is_no_news(show):
    page, _html = show(Recognised(trouble=Trouble.NO_TEXT))
    assert "Aucun texte reconnu" not in page


def test_what_was_recognised_never_becomes_a_page(show):
    _page, html = show(
        Recognised("<script>alert(1)</script> & compagnie <img src=x>", Engine.PDF, "pdfium-1", None, 1, 1)
    )
    assert "<script>alert(1)" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; compagnie" in html


def test_what_was_read_is_said_in_the_journal(show, amelie, file):
    show(Recognised(WHOLE, Engine.PDF, "pdfium-8149", None, 1, 1))
    page = text(amelie.get(f"/dossiers/{file.reference}/?fil=journal"))
    assert "Texte d’une pièce jointe lu par la machine" in page
