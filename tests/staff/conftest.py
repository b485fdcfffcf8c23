"""One file of Mme Durand in Amélie's team, as a mail makes it, and the doors of the people who look at it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from doleance.channels.rules import ParsedFile
from doleance.complaints.actions import taxonomy
from doleance.complaints.models import Complaint
from doleance.deadlines import actions as deadlines
from doleance.kernel.clock import now
from tests.cast import TESTS, Cast
from tests.factories import LETTER, complaint, incoming

PHOTO = ParsedFile(name="photo.jpg", media_type="image/jpeg", content_id="", is_inline=False, data=b"\xff\xd8 a photo")
SCRIPT = ParsedFile(name="../../x.html", media_type="text/html", content_id="", is_inline=True, data=b"<script>")


@pytest.fixture
def file(cast: Cast) -> Complaint:
    """A file opened two days ago by a mail with two attached files, its clocks running."""
    taxonomy.seed(by=TESTS, at=now())
    received_at = now() - timedelta(days=2)
    message = incoming(cast, at=received_at, files=[PHOTO, SCRIPT])
    opened = complaint(cast, message=message, text=LETTER, received_at=received_at)
    deadlines.start(complaint=opened, by=TESTS, at=received_at)
    return Complaint.objects.select_related("entity", "team", "owner", "party").get(pk=opened.pk)


@pytest.fixture
def amelie(cast: Cast, enter: Callable[..., Client]) -> Client:
    """Amélie at her screen."""
    return enter(cast.amelie)


@pytest.fixture
def chloe(cast: Cast, enter: Callable[..., Client]) -> Client:
    """Chloé at hers: another team."""
    return enter(cast.chloe)
