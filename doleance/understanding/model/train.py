"""Learning a classifier from labelled texts, and how it would do on texts it has not seen (cross-validation).

scikit-learn finds the weights; reading a message needs none of it (`classify`). Everything is drawn from a fixed seed
and computed by one BLAS thread: the same examples give the same model.
"""

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC
from threadpoolctl import threadpool_limits

from doleance.understanding.model import words
from doleance.understanding.model.classify import Classifier, Linear, Vector, blend
from doleance.understanding.model.words import Vocabulary

FOLDS = 5
SEED = 20261122
# How much a weight may cost: little regularisation for unit vectors, the usual for TF-IDF.
_MEANING_C, _WORDS_C = 10.0, 1.0
# Measured texts from which on they decide; and the n-grams of an installation's model at most.
ENOUGH, MOST_WORDS = 100, 200_000
_SCALES = (2.0, 3.0, 5.0, 8.0)
_SHARES = tuple(step / 20 for step in range(0, 21, 2))
_SHARPNESS = (0.5, 0.7, 0.85, 1.0, 1.2, 1.45, 1.75, 2.1, 2.5, 3.0)


@dataclass(frozen=True, slots=True)
class Figures:
    """How a classifier does on texts kept from it: shares of 1. `share` is that of words in the blend."""

    count: int
    accuracy: float
    top3: float
    macro_f1: float
    log_loss: float
    share: float


@dataclass(frozen=True, slots=True)
class Learned:
    """A classifier, its figures by cross-validation, and each text's probabilities from the fold that kept it out."""

    classifier: Classifier
    figures: Figures
    kept_out: Vector


@dataclass(frozen=True, slots=True)
class Blend:
    """How words and meaning are brought together: the share of words, and the scale of their scores."""

    share: float
    scale: float


@dataclass(frozen=True, slots=True)
class Lesson:
    """Prepared texts, their vectors, their labels.

    `groups` says which texts go together (copies of one): they are never on both sides of a fold, and only the first
    of each counts in the figures. None: each is alone. `is_measured` says which ones are like those to come (an
    installation's own): they alone decide the blend once there are ENOUGH. None: all are.
    """

    texts: Sequence[str]
    meaning: Vector
    labels: Sequence[str]
    groups: Sequence[int] | None = None
    is_measured: NDArray[np.bool_] | None = None


def learn(lesson: Lesson, *, folds: int = FOLDS, most_words: int = MOST_WORDS, cold: Blend | None = None) -> Learned:
    """The classifier of a lesson with at least two labels, its blend chosen by cross-validation.

    `cold` is the blend while too few texts are measured. `most_words` bounds the vocabulary, thus the size of the
    file: the n-grams that weigh most are kept.
    """
    with threadpool_limits(limits=1):
        labels = tuple(sorted(set(lesson.labels)))
        targets = np.array([labels.index(label) for label in lesson.labels])
        vocabulary = words.learn(lesson.texts)
        counts = matrix(vocabulary, lesson.texts)
        if len(vocabulary) > most_words:
            vocabulary = words.only(vocabulary, _heaviest(_svm(counts, targets, len(labels)), most_words))
            counts = matrix(vocabulary, lesson.texts)  # weighed again: lengths change with what is left
        groups = np.arange(len(targets)) if lesson.groups is None else np.asarray(lesson.groups)
        by_meaning, by_words = _kept_out(lesson.meaning, counts, targets, groups, folds, len(labels))
        first = _counted(groups, lesson.is_measured)
        chosen = cold if cold and lesson.is_measured is not None and len(first) < ENOUGH else None
        rows = first if len(first) >= ENOUGH else _counted(groups, None)
        best, sharpness = _best_blend(by_meaning[rows], by_words[rows], targets[rows], chosen)
        kept_out = blend(by_meaning, by_words * best.scale, share=best.share, sharpness=sharpness)
        classifier = Classifier(
            labels=labels,
            vocabulary=vocabulary,
            meaning=_logistic(lesson.meaning, targets, len(labels)),
            words=_svm(counts, targets, len(labels), scale=best.scale),
            share=best.share,
            sharpness=sharpness,
        )
        return Learned(classifier, figures(kept_out[rows], targets[rows], share=best.share), kept_out)


def _counted(groups: NDArray[np.int64], is_measured: NDArray[np.bool_] | None) -> NDArray[np.int64]:
    """The first of each group, among what is measured."""
    first = np.unique(groups, return_index=True)[1]
    return first if is_measured is None else first[is_measured[first]]


def figures(probabilities: Vector, targets: NDArray[np.int64], *, share: float) -> Figures:
    """Accuracy, top 3, macro-F1 and log-loss of probabilities against the right columns."""
    order = np.argsort(-probabilities, axis=1, kind="stable")
    guessed = order[:, 0]
    right = probabilities[np.arange(len(targets)), targets]
    return Figures(
        count=len(targets),
        accuracy=float((guessed == targets).mean()),
        top3=float((order[:, :3] == targets[:, None]).any(axis=1).mean()),
        macro_f1=float(np.mean([_f1(guessed == label, targets == label) for label in np.unique(targets)])),
        log_loss=float(-np.log(np.maximum(right, 1e-9)).mean()),
        share=share,
    )


def _f1(guessed: NDArray[np.bool_], right: NDArray[np.bool_]) -> float:
    found = int((guessed & right).sum())
    return 2 * found / (int(guessed.sum()) + int(right.sum()))


def matrix(vocabulary: Vocabulary, texts: Sequence[str]) -> csr_matrix:
    """One row a text, as `Vocabulary.weigh` gives it."""
    weighed = [vocabulary.weigh(text) for text in texts]
    ends = np.cumsum([0, *(len(columns) for columns, _ in weighed)])
    columns = np.concatenate([columns for columns, _ in weighed])
    values = np.concatenate([values for _, values in weighed])
    return csr_matrix((values, columns, ends), shape=(len(texts), len(vocabulary)), dtype=np.float64)


def folds_of(targets: Sequence[int], groups: Sequence[int], folds: int) -> NDArray[np.int64]:
    """The fold of each text: labels spread evenly, groups whole."""
    drawn = random.Random(SEED)  # noqa: S311 (a draw that anybody may repeat)
    by_label: dict[int, list[int]] = defaultdict(list)
    for target, group in dict.fromkeys(zip(targets, groups, strict=True)):
        by_label[target].append(group)
    fold_of: dict[int, int] = {}
    turn = 0
    for label in sorted(by_label):
        members = by_label[label]
        drawn.shuffle(members)
        for group in members:
            if group not in fold_of:
                fold_of[group] = turn % folds
                turn += 1
    return np.array([fold_of[group] for group in groups])


def _kept_out(
    meaning: Vector, counts: csr_matrix, targets: NDArray[np.int64], groups: NDArray[np.int64], folds: int, labels: int
) -> tuple[Vector, Vector]:
    """Each text's scores by models that have not seen it: by meaning, by words."""
    by_meaning = np.zeros((len(targets), labels), dtype=np.float32)
    by_words = np.zeros_like(by_meaning)
    fold_of = folds_of(targets.tolist(), groups.tolist(), folds)
    for fold in range(folds):
        out = fold_of == fold
        if not out.any() or out.all():
            continue
        about = _logistic(meaning[~out], targets[~out], labels)
        by_meaning[out] = meaning[out] @ about.weights.T + about.bias
        worded = _svm(counts[~out], targets[~out], labels)
        by_words[out] = counts[out] @ worded.weights.T + worded.bias
    return by_meaning, by_words


def _logistic(meaning: Vector, targets: NDArray[np.int64], labels: int) -> Linear:
    model = LogisticRegression(C=_MEANING_C, max_iter=500, class_weight="balanced")
    return _spread(model.fit(meaning, targets), labels, meaning.shape[1])


def _svm(counts: csr_matrix, targets: NDArray[np.int64], labels: int, *, scale: float = 1.0) -> Linear:
    model = LinearSVC(C=_WORDS_C, class_weight="balanced", random_state=SEED)
    return _spread(model.fit(counts, targets), labels, counts.shape[1], scale=scale)


def _spread(model: LogisticRegression | LinearSVC, labels: int, size: int, *, scale: float = 1.0) -> Linear:
    """A row for each label, also for one that the fold had no example of (never chosen), and for both of two."""
    weights = np.zeros((labels, size), dtype=np.float32)
    bias = np.full(labels, -10.0, dtype=np.float32)
    rows, biases = model.coef_, model.intercept_
    if len(model.classes_) == 2:
        rows, biases = np.vstack([-rows / 2, rows / 2]), np.concatenate([-biases / 2, biases / 2])
    weights[model.classes_], bias[model.classes_] = rows, biases
    return Linear(weights, bias, scale)


def _heaviest(linear: Linear, most: int) -> NDArray[np.int64]:
    """The columns whose weights are the largest over all labels."""
    return np.argsort(-np.abs(linear.weights).max(axis=0), kind="stable")[:most].astype(np.int64)


def _best_blend(
    by_meaning: Vector, by_words: Vector, targets: NDArray[np.int64], chosen: Blend | None
) -> tuple[Blend, float]:
    """The blend (unless it is chosen) and the sharpness that give the least log-loss on texts kept out."""
    blends = [chosen] if chosen else [Blend(share, scale) for scale, share in product(_SCALES, _SHARES)]
    best = (np.inf, blends[0], 1.0)
    for one in blends:
        mixed = np.log(blend(by_meaning, by_words * one.scale, share=one.share, sharpness=1.0))
        for sharpness in _SHARPNESS:
            powered = mixed * sharpness
            losses = np.log(np.exp(powered).sum(axis=1)) - powered[np.arange(len(targets)), targets]
            loss = round(float(losses.mean()), 6)
            best = (loss, one, sharpness) if loss < best[0] else best
    return best[1], best[2]
