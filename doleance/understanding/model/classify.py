"""Which label a text deserves, and how sure that is: two linear models, one on meaning, one on words, blended.

Meaning (vectors of sentences) carries over to words nobody has taught, and to other languages; words win once an
installation has taught many of its own long texts. The share of each comes out of cross-validation (`train`), so the
passage from one to the other is measured, not decreed. The result is calibrated: of what is given .9, nine in ten are
right. Nothing here needs scikit-learn.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from doleance.understanding.model.words import Vocabulary, Weighed

Vector = NDArray[np.float32]
# No class is ever quite impossible: the logarithm of a probability stays finite.
_LEAST = 1e-6


@dataclass(frozen=True, slots=True)
class Features:
    """What is known of one text: the vector of its meaning, its n-grams and their weights."""

    meaning: Vector
    words: Weighed


@dataclass(frozen=True, slots=True)
class Linear:
    """Scores of each label: `weights @ features + bias`; `scale` turns them into log-odds."""

    weights: Vector
    bias: Vector
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Classifier:
    """A learned choice among `labels`. `share` is that of words (0 to 1), `sharpness` what calibration found."""

    labels: tuple[str, ...]
    vocabulary: Vocabulary
    meaning: Linear
    words: Linear
    share: float = 0.0
    sharpness: float = 1.0

    def features(self, text: str, meaning: Vector) -> Features:
        """What this classifier looks at in a prepared text whose vector is known."""
        return Features(meaning, self.vocabulary.weigh(text))

    def probabilities(self, features: Features) -> Vector:
        """One probability a label, their sum 1."""
        columns, values = features.words
        by_meaning = self.meaning.weights @ features.meaning + self.meaning.bias
        by_words = self.words.weights[:, columns] @ values + self.words.bias
        return blend(
            by_meaning * self.meaning.scale, by_words * self.words.scale, share=self.share, sharpness=self.sharpness
        )


def blend(by_meaning: Vector, by_words: Vector, *, share: float, sharpness: float) -> Vector:
    """Two sets of log-odds (last axis: labels) brought to one set of probabilities, by a weighted geometric mean."""
    mixed = (1 - share) * _log_softmax(by_meaning) + share * _log_softmax(by_words)
    return np.exp(_log_softmax(np.asarray(mixed * sharpness, dtype=np.float32)))


def _log_softmax(scores: Vector) -> Vector:
    shifted = scores - scores.max(axis=-1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return np.asarray(np.maximum(logs, np.log(_LEAST)), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Choice:
    """A category and a sub-code, the three likeliest categories, and how sure the first one is."""

    category: str
    sub: str
    top3: tuple[tuple[str, float], ...]
    confidence: float


def choose(labels: Sequence[str], probabilities: Vector) -> Choice:
    """The category by the sum of its sub-codes (labels are `category.sub`), then the likeliest of these.

    Probabilities are rounded to three decimals: what lies below changes from one processor to the next.
    """
    by_category: dict[str, float] = {}
    for label, probability in zip(labels, probabilities, strict=True):
        category = label.partition(".")[0]
        by_category[category] = by_category.get(category, 0.0) + float(probability)
    ranked = sorted(by_category.items(), key=lambda item: (-round(item[1], 3), item[0]))
    best = ranked[0][0]
    inside = [(round(float(p), 4), label) for label, p in zip(labels, probabilities, strict=True)]
    subs = sorted((-p, label) for p, label in inside if label.partition(".")[0] == best)
    top3 = tuple((category, round(p, 3)) for category, p in ranked[:3])
    return Choice(best, subs[0][1].partition(".")[2], top3, top3[0][1])
