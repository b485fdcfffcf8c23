"""What files say as vectors: computed by the confined child, compared with those of the last months.

With `doleance vectors` PostgreSQL finds the nearest by an index (docs/decisions/0112). Without it they are compared
here, exactly: what the files of a company say is read once, and at each job what was written since. All companies
together keep so many rows at most; those that were asked for longest ago make room.
"""

from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np
import structlog
from django.conf import settings
from numpy.typing import NDArray

from doleance.complaints.models import Complaint
from doleance.matching import queries
from doleance.matching.queries import Said
from doleance.understanding.duplicates.candidates import LIKE_WINDOW, MOST_ALIKE, NEAR
from doleance.understanding.duplicates.portraits import HALF
from doleance.understanding.process import child
from doleance.understanding.process.child import Meaning, ReadingFailed
from doleance.understanding.rules import Incoming

MOST = 100_000  # rows of all companies together: docs/decisions/0112 says what they were measured to take
_SHARE = 0.9  # of them that one company begins with: the rest is for what comes until it is read anew
_PILE = 8_192  # rows of one array: a company grows by arrays, and none is copied
_AFRESH = timedelta(days=1)  # after which a company is read anew: what was deleted since is forgotten
_AGAIN = 200  # turns that are read twice: writings of one moment may be committed in another order
Rows = NDArray[np.float32]
Key = tuple[UUID, str]
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


class Company:
    """What the files of one company say, by one encoder: a row a file, with the moment it was received."""

    def __init__(self, encoder: str, *, turn: int, read_at: datetime) -> None:
        self.turn, self.read_at = turn, read_at
        self._encoder = encoder
        self._ids: list[UUID] = []
        self._places: dict[UUID, int] = {}
        self._piles: list[tuple[Rows, NDArray[np.float64]]] = []

    def __len__(self) -> int:
        return len(self._ids)

    def put(self, one: Said) -> None:
        """What a file says now; what it said before is forgotten. Vectors of another size than the first are none."""
        own = np.frombuffer(one.vector or b"", HALF).astype(np.float32)
        is_ours = one.encoder == self._encoder and len(own) > 0 and (not self._piles or self._size == len(own))
        place = self._places.get(one.complaint)
        if place is None and is_ours:
            place = self._room(one.complaint, len(own))
        if place is not None:
            rows, moments = self._piles[place // _PILE]
            rows[place % _PILE] = own if is_ours else 0
            moments[place % _PILE] = one.received_at.timestamp() if is_ours else -np.inf

    @property
    def _size(self) -> int:
        return int(self._piles[0][0].shape[1])

    def _room(self, complaint: UUID, size: int) -> int:
        place = self._places[complaint] = len(self._ids)
        self._ids.append(complaint)
        if place % _PILE == 0:
            self._piles.append((np.zeros((_PILE, size), np.float32), np.full(_PILE, -np.inf)))
        return place

    def nearest(self, vector: bytes, *, since: datetime) -> list[tuple[UUID, float]]:
        """The nearest of those received since then, with their cosines; a few more than are wanted."""
        own = np.frombuffer(vector, HALF).astype(np.float32)
        if not self._piles or self._size != len(own):
            return []
        oldest = since.timestamp()
        told = [np.where(moments >= oldest, rows @ own, -np.inf) for rows, moments in self._piles]
        cosines = np.concatenate(told)[: len(self)]
        best = np.argsort(-cosines, kind="stable")[: 2 * MOST_ALIKE]
        return [(self._ids[place], float(cosines[place])) for place in best if np.isfinite(cosines[place])]


class Kept:
    """What a worker knows of all companies between its jobs. One job compares at a time (`lock="matching"`)."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._companies: OrderedDict[Key, Company] = OrderedDict()

    def __len__(self) -> int:
        return sum(len(one) for one in self._companies.values())

    def company(self, key: Key, *, since: datetime, at: datetime) -> Company:
        """One company as it is now: read once, then what was written since."""
        known = self._companies.get(key)
        if known is not None and at - known.read_at < _AFRESH:
            self._read(known, queries.vectors_after(key[0], known.turn - _AGAIN))
        if known is None or len(known) > self._most or at - known.read_at >= _AFRESH:
            self._companies.pop(key, None)
            known = Company(key[1], turn=queries.last_turn(key[0]), read_at=at)
            self._read(known, queries.vectors(*key, since=since, limit=int(self._most * _SHARE)))
            self._companies[key] = known
        self._companies.move_to_end(key)
        self._make_room()
        return known

    def known(self, key: Key) -> Company | None:
        """One company if it is at hand."""
        return self._companies.get(key)

    def _read(self, company: Company, rows: Iterable[Said]) -> None:
        for one in rows:
            company.put(one)
            company.turn = max(company.turn, one.turn)

    def _make_room(self) -> None:
        while len(self) > self._most and len(self._companies) > 1:
            self._companies.popitem(last=False)


KEPT = Kept()


class Window:
    """The files of the last months, and those that were compared since, as one job sees them."""

    def __init__(self, at: datetime, kept: Kept = KEPT) -> None:
        self.since, self._at = at - LIKE_WINDOW, at
        self._is_indexed = queries.has_index()
        self._kept = kept
        self._read: set[Key] = set()

    def near(self, complaint: Complaint, meaning: Meaning | None) -> list[UUID]:
        """The files that say nearly what this one does, the nearest first."""
        if meaning is None or meaning.vector is None:
            return []
        if self._is_indexed:
            return queries.nearest(complaint, meaning, since=self.since, near=NEAR, limit=MOST_ALIKE)
        told = self._of((complaint.entity_id, meaning.encoder)).nearest(meaning.vector, since=self.since)
        best = sorted((-cosine, str(pk), pk) for pk, cosine in told if cosine >= NEAR and pk != complaint.pk)
        return [pk for *_, pk in best[:MOST_ALIKE]]

    def add(self, complaint: Complaint, meaning: Meaning | None) -> None:
        """One more file, which the next ones are compared with; what it said before is forgotten."""
        if self._is_indexed or meaning is None:
            return
        known = self._kept.known((complaint.entity_id, meaning.encoder))
        if known is not None:
            known.put(Said(complaint.pk, complaint.received_at, meaning.encoder, meaning.vector, 0))

    def _of(self, key: Key) -> Company:
        """A company, read once a job: what this job writes is added by it."""
        known = self._kept.known(key) if key in self._read else None
        self._read.add(key)
        return known or self._kept.company(key, since=self.since, at=self._at)
