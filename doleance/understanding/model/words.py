"""Counts of characters and words: TF-IDF over hashed n-grams, weighed without scikit-learn where messages are read.

N-grams of 2 to 5 characters inside words, and words alone or in pairs, without accents. An n-gram is known by the
CRC-32 of its letters: four bytes each in a model's file, which holds no list of its customers' words.
"""

import math
import re
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from doleance.kernel.text import fold

_WORD = re.compile(r"[^\W_]+|[€$£%!?]")
# Characters of an n-gram inside a word.
_SHORTEST, _LONGEST = 2, 5
# Words longer than that (addresses, what a machine wrote) say nothing by their inside, and cost much.
_LONGEST_WORD = 24

Weighed = tuple[NDArray[np.int64], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The n-grams that count: their hashes, sorted, and how rare each is (inverse document frequency)."""

    hashes: NDArray[np.uint32]
    rarity: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.hashes)

    def weigh(self, text: str) -> Weighed:
        """The columns of the n-grams known of a text, each once, and their weights.

        Those of the characters and those of the words are brought to length one apart, so that neither drowns the
        other.
        """
        columns, values = [], []
        for counts in grams(text):
            found, weights = self._weigh(counts)
            columns.append(found)
            values.append(weights)
        return np.concatenate(columns), np.concatenate(values)

    def _weigh(self, counts: Counter[int]) -> Weighed:
        wanted = np.fromiter(counts.keys(), dtype=np.uint32, count=len(counts))
        times = np.fromiter(counts.values(), dtype=np.float32, count=len(counts))
        if not len(self.hashes) or not len(wanted):
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
        places = np.minimum(np.searchsorted(self.hashes, wanted), len(self.hashes) - 1)
        known = self.hashes[places] == wanted
        columns = places[known].astype(np.int64)
        weights = (1 + np.log(times[known])) * self.rarity[columns]
        length = float(np.sqrt((weights * weights).sum()))
        return columns, (weights / length if length else weights).astype(np.float32)


def grams(text: str) -> tuple[Counter[int], Counter[int]]:
    """How often each n-gram of characters, and each word and pair of words, is in a text (by hash)."""
    words = _WORD.findall(fold(text))
    inside: Counter[int] = Counter()
    for word, times in Counter(words).items():
        for gram in _inside(word):
            inside[gram] += times
    alone = Counter(_hash("\0" + word) for word in words)
    alone.update(_hash(f"\0{first} {second}") for first, second in pairwise(words))
    return inside, alone


def _inside(word: str) -> list[int]:
    padded = f" {word[:_LONGEST_WORD]} "
    sizes = range(_SHORTEST, min(_LONGEST, len(padded)) + 1)
    return [_hash(padded[at : at + size]) for size in sizes for at in range(len(padded) - size + 1)]


def _hash(gram: str) -> int:
    return zlib.crc32(gram.encode("utf-8", "replace"))


def learn(texts: Sequence[str], *, rarest: int = 2) -> Vocabulary:
    """The vocabulary of some texts: n-grams found in at least `rarest` of them, smoothed as scikit-learn does."""
    seen: Counter[int] = Counter()
    for text in texts:
        inside, alone = grams(text)
        seen.update(inside.keys() | alone.keys())
    kept = sorted(gram for gram, times in seen.items() if times >= rarest)
    rarity = [math.log((1 + len(texts)) / (1 + seen[gram])) + 1 for gram in kept]
    return Vocabulary(np.array(kept, dtype=np.uint32), np.array(rarity, dtype=np.float32))


def only(vocabulary: Vocabulary, columns: NDArray[np.int64]) -> Vocabulary:
    """A smaller vocabulary: those columns, in their order."""
    kept = np.sort(columns)
    return Vocabulary(vocabulary.hashes[kept], vocabulary.rarity[kept])
