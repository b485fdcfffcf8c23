"""Where a page begins: an opaque text, which the page before it gave."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from uuid import UUID

from ninja.errors import ValidationError

from doleance.api.schemas import FIRST, LAST
from doleance.desk.queries.programs import After

LONGEST = 120


def write(at: datetime, pk: UUID) -> str:
    """The cursor of what follows this place."""
    return urlsafe_b64encode(f"{at.isoformat()} {pk}".encode()).rstrip(b"=").decode()


def read(text: str | None) -> After | None:
    """The place that a cursor names; None without one. Raises ValidationError on what no page gave."""
    if text is None:
        return None
    after = _read(text)
    if after is None:
        raise ValidationError([{"type": "bad_cursor", "loc": ("query", "cursor")}])
    return after


def _read(text: str) -> After | None:
    try:
        told = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4)).decode("ascii")
        moment, _, pk = told.partition(" ")
        after = After(datetime.fromisoformat(moment), UUID(pk))
    except ValueError:
        return None
    return after if after.at.tzinfo is not None and FIRST <= after.at < LAST else None
