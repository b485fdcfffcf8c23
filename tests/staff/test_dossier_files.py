"""What came with a message is downloaded under a name of ours, never shown in place, and who took it is known."""

from uuid import uuid4

import pytest

from doleance.audit import actions as audit
from doleance.audit import queries as journal
from doleance.channels.models import Attachment, Message
from doleance.kernel.clock import now
from doleance.staff.views.dossier_files import file_name
from tests.factories import complaint, incoming
from tests.staff.reading import text

pytestmark = pytest.mark.django_db


@pytest.fixture
def url(file):
    return f"/dossiers/{file.reference}/"


def seen(user) -> list[str]:
    return [event.facts["what"] for event in journal.history(f"reader:{user.id}")]


def test_each_file_is_named_with_its_size_and_what_nobody_scanned_is_said_once(amelie, url):
    page = text(amelie.get(url))
    assert "photo.jpg" in page
    assert "../../x.html" in page
    assert page.count("Pièces non analysées par un antivirus.") == 1
    assert "Courriel d’origine" in page


def test_a_file_is_downloaded_as_bytes_and_journalled(amelie, cast, file, url):
    one = Attachment.objects.get(name="photo.jpg")
    response = amelie.get(f"{url}pieces/{one.pk}/")
    assert response.content == b"\xff\xd8 a photo"
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"] == f'attachment; filename="piece-{str(one.pk)[-12:]}.jpg"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert seen(cast.amelie) == [f"attachment:{one.pk}"]


def test_the_raw_message_too(amelie, cast, file, url):
    message = Message.objects.get()
    response = amelie.get(f"{url}messages/{message.pk}/")
    assert response.content.startswith(b"From: helene.durand@courriel.example")
    assert response["Content-Disposition"].endswith('.eml"')
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert seen(cast.amelie) == [f"message:{message.pk}"]


@pytest.mark.parametrize(
    ("given", "ending"),
    [
        ("photo.JPG", ".jpg"),
        ("facture.pdf", ".pdf"),
        ("../../etc/passwd", ".bin"),
        ("x.html", ".bin"),
        ("x.pdf.exe", ".bin"),
        ("..\\..\\x.svg", ".bin"),
        ("a\r\nSet-Cookie: b.pdf", ".pdf"),
        (".pdf", ".bin"),
        ("", ".bin"),
    ],
)
def test_only_a_harmless_ending_is_taken_from_the_sender(given, ending):
    pk = uuid4()
    assert file_name("piece", pk, given) == f"piece-{str(pk)[-12:]}{ending}"


def test_a_file_that_is_no_part_of_this_dossier_is_not_found(amelie, chloe, cast, file, url):
    elsewhere = complaint(cast, message=incoming(cast, "Autre", at=now(), subject="Autre"), received_at=now())
    one, message = Attachment.objects.get(position=0), file.exchanges.get().message_id
    for path in (f"pieces/{one.pk}/", f"messages/{message}/"):
        assert amelie.get(f"{url}{path}").status_code == 200
        assert amelie.get(f"/dossiers/{elsewhere.reference}/{path}").status_code == 404
        assert chloe.get(f"{url}{path}").status_code == 404
    assert amelie.get(f"{url}pieces/{uuid4()}/").status_code == 404
    assert seen(cast.chloe) == []


def test_what_was_erased_is_not_found(amelie, cast, file, url):
    audit.erase(subject=cast.durand.id, authority="rgpd", article="17", by="machine:test", at=now())
    one = Attachment.objects.get(position=0)
    assert amelie.get(f"{url}pieces/{one.pk}/").status_code == 404
