"""What files say as vectors: computed by the confined child, compared with those of the last months.

With `doleance vectors` PostgreSQL finds the nearest by an index (docs/decisions/0112). Without it they are compared
here, exactly, within a window that is read once for all files that one job compares.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import numpy as np
import structlog
from django.conf import settings
from numpy.typing import NDArray

from doleance.complaints.models import Complaint
from doleance.matching import queries
from doleance.understanding.duplicates.candidates import LIKE_WINDOW, MOST_ALIKE, NEAR
from doleance.understanding.duplicates.portraits import HALF
from doleance.understanding.process import child
from doleance.understanding.process.child import Meaning, ReadingFailed
from doleance.understanding.rules import Incoming

MOST = 100_000  # files of a window, the latest ones: two hundred megabytes while a job compares
Rows = NDArray[np.float32]
log = structlog.get_logger()


def of(complaint: Complaint) -> Meaning | None:
    """The vector of what a file says; None in a house that does without reading, and of what cannot be read."""
    if not settings.DOLEANCE_READING:
        return None
    said = Incoming(id=str(complaint.pk), channel="", subject=complaint.title, body=queries.words_of(complaint))
    try:
        return child.meaning(said, language=complaint.language)
    except ReadingFailed as failed:
        log.warning("file_without_meaning", complaint=str(complaint.pk), code=failed.code)
        return None


class Window:
    """The vectors of the files of the last months, by company and encoder, and of those that were compared since."""

    def __init__(self, at: datetime) -> None:
        self.since = at - LIKE_WINDOW
        self._is_indexed = queries.has_index()
        self._kept: dict[tuple[UUID, str], tuple[list[UUID], Rows]] = {}
        self._fresh: dict[tuple[UUID, str], dict[UUID, bytes]] = {}

    def near(self, complaint: Complaint, meaning: Meaning | None) -> list[UUID]:
        """The files that say nearly what this one does, the nearest first."""
        if meaning is None or meaning.vector is None:
            return []
        if self._is_indexed:
            return queries.nearest(complaint, meaning, since=self.since, near=NEAR, limit=MOST_ALIKE)
        key = complaint.entity_id, meaning.encoder
        fresh = self._fresh.get(key, {})
        told = {pk: cosine for pk, cosine in nearest_of(self._of(key), meaning.vector) if pk not in fresh}
        told |= dict(nearest_of(stacked(list(fresh.items())), meaning.vector))
        best = sorted((-cosine, str(pk), pk) for pk, cosine in told.items() if cosine >= NEAR and pk != complaint.pk)
        return [pk for *_, pk in best[:MOST_ALIKE]]

    def add(self, complaint: Complaint, meaning: Meaning | None) -> None:
        """One more file, which the next ones are compared with; what it said before is forgotten."""
        if not self._is_indexed and meaning is not None and complaint.received_at >= self.since:
            known = self._fresh.setdefault((complaint.entity_id, meaning.encoder), {})
            known[complaint.pk] = meaning.vector or b""

    def _of(self, key: tuple[UUID, str]) -> tuple[list[UUID], Rows]:
        if key not in self._kept:
            self._kept[key] = stacked(queries.vectors(*key, since=self.since, limit=MOST))
        return self._kept[key]


def stacked(kept: Sequence[tuple[UUID, bytes]]) -> tuple[list[UUID], Rows]:
    """Vectors of one size as rows; others, and none, are left out."""
    size = max((len(vector) for _, vector in kept), default=0)
    same = [(pk, vector) for pk, vector in kept if vector and len(vector) == size]
    rows = np.frombuffer(b"".join(vector for _, vector in same), HALF).astype(np.float32)
    return [pk for pk, _ in same], rows.reshape(len(same), size // HALF.itemsize)


def nearest_of(window: tuple[list[UUID], Rows], vector: bytes) -> list[tuple[UUID, float]]:
    """The nearest of a window with their cosines, more than are wanted."""
    ids, rows = window
    own = np.frombuffer(vector, HALF).astype(np.float32)
    if not ids or rows.shape[1] != len(own):
        return []
    cosines = rows @ own
    best = np.argsort(-cosines, kind="stable")[: 2 * MOST_ALIKE]
    return [(ids[row], float(cosines[row])) for row in best]
