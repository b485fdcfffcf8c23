"""Which of many messages one is compared with: those that share a key with it, and those that say nearly the same.

Bounded, so that time follows the number of messages: the last of each key and of each rare word, and the nearest of
the last thousands by their vectors. Deterministic: what was added first comes first.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from datetime import timedelta

import numpy as np

from doleance.understanding.duplicates import rarity, score
from doleance.understanding.duplicates.portraits import Portrait, nearness
from doleance.understanding.duplicates.score import Match
from doleance.understanding.duplicates.traits import NEVER, Traits, keys_of
from doleance.understanding.model.classify import Vector

# How far apart two messages of one matter may lie: of one person or order, and of what is only alike.
SURE_WINDOW = timedelta(days=365)
LIKE_WINDOW = timedelta(days=90)
MOST_OF_A_KEY = 50
MOST_ALIKE = 20
RARE = 0.85  # rarity from which on a word leads to those who say it too
LATELY = 5_000  # messages whose vectors are compared
NEAR = 0.3  # cosine from which on a vector makes a candidate


class Compared:
    """The messages so far; each new one is compared with some of them."""

    def __init__(self) -> None:
        self._all: list[Portrait] = []
        self._keys: dict[str, deque[int]] = defaultdict(lambda: deque(maxlen=MOST_OF_A_KEY))
        self._words: dict[str, deque[int]] = defaultdict(lambda: deque(maxlen=MOST_OF_A_KEY))
        self._vectors: Vector | None = None  # a ring of the last LATELY
        self._count = 0

    def add(self, one: Portrait) -> Iterator[tuple[int, Match]]:
        """Take one more message; the earlier ones that a person should be asked about, by their number (from 0)."""
        keys = keys_of(one.traits)
        for place in sorted(self._sharing(one.traits, keys) | self._saying(one.traits) | self._alike(one)):
            known = self._all[place]
            match = score.compare(known.traits, one.traits, nearness(known.vector, one.vector))
            if match.is_proposed:
                yield place, match
        self._keep(one, keys)

    def _sharing(self, one: Traits, keys: list[str]) -> set[int]:
        found: set[int] = set()
        for key in keys:
            window = LIKE_WINDOW if key.startswith("n:") else SURE_WINDOW
            found |= {place for place in self._keys.get(key, ()) if _within(one, self._all[place].traits, window)}
        return found

    def _saying(self, one: Traits) -> set[int]:
        """Those that say two of its rare words, who say most of them first."""
        said = Counter(place for word in _rare(one) for place in self._words.get(word, ()))
        best = sorted((-times, place) for place, times in said.items() if times > 1)[: MOST_ALIKE * 2]
        kept = [place for _, place in best if _within(one, self._all[place].traits, LIKE_WINDOW)]
        return set(kept[:MOST_ALIKE])

    def _alike(self, one: Portrait) -> set[int]:
        if self._vectors is None or one.vector is None:
            return set()
        start = max(0, self._count - LATELY)
        near = self._vectors[: min(self._count, LATELY)] @ one.vector
        best = np.argsort(-near, kind="stable")[: MOST_ALIKE * 2]
        places = [_place(int(row), start, self._count) for row in best if near[row] >= NEAR]
        kept = [at for at in places if _within(one.traits, self._all[at].traits, LIKE_WINDOW)]
        return set(kept[:MOST_ALIKE])

    def _keep(self, one: Portrait, keys: list[str]) -> None:
        for key in keys:
            self._keys[key].append(self._count)
        for word in _rare(one.traits):
            self._words[word].append(self._count)
        self._all.append(one)
        if one.vector is not None:
            if self._vectors is None:
                self._vectors = np.zeros((LATELY, len(one.vector)), np.float32)
            self._vectors[self._count % LATELY] = one.vector
        elif self._vectors is not None:
            self._vectors[self._count % LATELY] = 0.0
        self._count += 1


def _place(row: int, start: int, count: int) -> int:
    """The number of the message whose vector lies in a row of the ring."""
    return start + (row - start) % LATELY if count > LATELY else row


def _rare(one: Traits) -> list[str]:
    return sorted(word for word in one.words if rarity.rarity(word) >= RARE)


def _within(one: Traits, other: Traits, window: timedelta) -> bool:
    return NEVER in {one.at, other.at} or abs(one.at - other.at) <= window
