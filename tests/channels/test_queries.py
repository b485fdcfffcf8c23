"""What is shown of a message beside its text."""

import base64

import pytest

from doleance.channels import queries
from doleance.channels.rules import ParsedFile
from tests import factories
from tests.cast import Cast
from tests.channels import mails

pytestmark = pytest.mark.django_db

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


def test_the_html_of_a_message_is_read_anew_from_its_raw_bytes(cast: Cast):
    raw = mails.with_files("", '<p onclick=x>Bonjour<img src="https://t.example/x" alt="logo"></p>', {})
    page = queries.html_of(factories.message(cast, raw))
    assert page is not None
    assert page.html.strip() == "<p>Bonjour<span>logo</span></p>"
    assert page.images_blocked == 1


def test_a_message_without_html_has_none(cast: Cast):
    assert queries.html_of(factories.message(cast, mails.mail())) is None


def test_the_thumbnail_of_a_file_is_drawn_anew_or_is_none(cast: Cast):
    files = [ParsedFile("a.png", "image/png", "", False, PNG), ParsedFile("b.png", "image/png", "", False, b"<svg/>")]
    image, other = queries.attachments(factories.incoming(cast, files=files))
    drawn = queries.thumbnail_of(image)
    assert drawn is not None
    assert (drawn[:4], drawn[8:12]) == (b"RIFF", b"WEBP")
    assert queries.thumbnail_of(other) is None
