"""Learning from people: a new model from what they confirmed or corrected, compared with the one that reads today.

The comparison is fair to both: it is made on corrections that neither has learnt from. The model of today has not seen
them (it remembers, by number, which texts taught it); the new one is asked by cross-validation, each text by a copy of
it that was taught without that text. Nothing is decided on fewer than ENOUGH of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from doleance.kernel.errors import Refusal
from doleance.understanding.model import learned, lessons, train
from doleance.understanding.model.classify import Classifier, Vector
from doleance.understanding.model.learned import Model
from doleance.understanding.model.lessons import Example, Pooled
from doleance.understanding.model.prepare import prepare
from doleance.understanding.records import BadLine
from doleance.understanding.rules import MessageKind

# Corrections that the model of today has not seen, below which nothing is compared.
ENOUGH = 30
# Precision asked of what is routed without a person, and texts above a confidence for it to be called measured.
PRECISION, MEASURED_ON = 0.95, 50


class TooFew(Refusal):
    """Too little to compare two models on."""

    code = "too_few_corrections"
    sentence = "Il y a {count} corrections nouvelles ; il en faut {needed} pour comparer deux modèles."


@dataclass(frozen=True, slots=True)
class Marks:
    """How a model does on the corrections compared: shares of 1; `log_loss` is lower when it is better."""

    count: int
    accuracy: float
    log_loss: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """The new model's file, both models' marks, and from which confidence on the new one may route by itself.

    `gate` is None while no confidence has the precision asked.
    """

    content: bytes
    before: Mapping[str, Marks]
    after: Mapping[str, Marks]
    gate: float | None

    @property
    def is_better(self) -> bool:
        """More right in all; as many right, with better confidence, will do."""
        rights = [sum(round(m.accuracy * m.count) for m in marks.values()) for marks in (self.before, self.after)]
        losses = [sum(m.log_loss * m.count for m in marks.values()) for marks in (self.before, self.after)]
        return rights[1] > rights[0] or (rights[1] == rights[0] and losses[1] < losses[0])


def correction(record: Mapping[str, Any]) -> Example:
    """What a person said of a text: its kind, or the category and sub-code of a passage. Raises BadLine."""
    text, language = record.get("text"), record.get("language", "fr")
    if not isinstance(text, str) or not text.strip() or not isinstance(language, str):
        raise BadLine(why="« text » et « language » sont des textes")
    if record.get("category"):
        if not isinstance(record["category"], str) or not isinstance(record.get("sub"), str):
            raise BadLine(why="« category » et « sub » vont ensemble")
        return Example(text, language, label=f"{record['category']}.{record['sub']}", is_own=True)
    try:
        return Example(text, language, kind=MessageKind(record.get("kind", "")), is_own=True)
    except ValueError as error:
        raise BadLine(why="ni « kind » ni « category »") from error


def learn(corrections: Sequence[Example], current: Model, *, precision: float = PRECISION) -> Comparison:
    """Teach the shipped examples and these corrections (`is_own`), and compare. Raises TooFew."""
    new = [one for one in corrections if lessons.known_as(one.text) not in current.taught]
    if len(new) < ENOUGH:
        raise TooFew(count=len(new), needed=ENOUGH)
    examples = [*lessons.shipped(), *corrections]
    taught = lessons.teach(examples, current.encoder)
    before: dict[str, Marks] = {}
    after: dict[str, Marks] = {}
    rows = _rows(examples, {id(one) for one in new})
    for name, (places, chosen, wanted) in rows.items():
        classifier, found = _parts(name, current, taught)
        if not chosen:
            continue
        before[name] = _marks(_asked(name, chosen, current, classifier), classifier.labels, wanted)
        after[name] = _marks(found.kept_out[places], found.classifier.labels, wanted)
    own = [place for place, one in enumerate(_labelled(examples)) if one.is_own]
    labels = [_labelled(examples)[place].label for place in own]
    gate = confident_from(taught.categories.kept_out[own], taught.categories.classifier.labels, labels, precision)
    return Comparison(taught.content, before, after, gate)


def _labelled(examples: Sequence[Example]) -> list[Example]:
    return [one for one in examples if one.label]


def _rows(examples: Sequence[Example], new: set[int]) -> dict[str, tuple[list[int], list[Example], list[str]]]:
    """For each classifier: the places of the new corrections in its lesson, these, and what people said."""
    labelled = _labelled(examples)
    by_category = [(place, one) for place, one in enumerate(labelled) if id(one) in new]
    by_kind = [(place, one) for place, one in enumerate(examples) if id(one) in new and not one.label]
    return {
        "categories": (
            [p for p, _ in by_category],
            [one for _, one in by_category],
            [one.label for _, one in by_category],
        ),
        "kinds": ([p for p, _ in by_kind], [one for _, one in by_kind], [one.kind.value for _, one in by_kind]),
    }


def _parts(name: str, current: Model, taught: lessons.Taught) -> tuple[Classifier, train.Learned]:
    return (current.categories, taught.categories) if name == "categories" else (current.kinds, taught.kinds)


def _asked(name: str, asked: Sequence[Example], current: Model, classifier: Classifier) -> Vector:
    """What the model of today says of some texts."""
    encode = current.encoder.encode if name == "categories" else Pooled(current.encoder)
    texts = [prepare(one.text, current.accents if one.language == "fr" else None) for one in asked]
    vectors = encode(texts)
    return np.array(
        [
            classifier.probabilities(classifier.features(text, vector))
            for text, vector in zip(texts, vectors, strict=True)
        ]
    )


def _marks(probabilities: Vector, labels: Sequence[str], wanted: Sequence[str]) -> Marks:
    """Right or wrong on the main category (labels `category.sub`), or on the kind."""
    confidence, is_right = _by_head(probabilities, labels, wanted)
    return Marks(len(wanted), float(is_right.mean()), float(-np.log(np.maximum(confidence[1], 1e-6)).mean()))


def _by_head(
    probabilities: Vector, labels: Sequence[str], wanted: Sequence[str]
) -> tuple[tuple[Vector, Vector], NDArray[np.bool_]]:
    """The confidence in the first head (what stands before the point), that in the wanted one, whether they meet."""
    heads = sorted({label.partition(".")[0] for label in labels})
    members = np.array([[label.partition(".")[0] == head for label in labels] for head in heads], dtype=np.float32)
    summed = probabilities @ members.T
    place = {head: number for number, head in enumerate(heads)}
    targets = np.array([place.get(label.partition(".")[0], -1) for label in wanted])
    of_wanted = np.where(targets >= 0, summed[np.arange(len(wanted)), np.maximum(targets, 0)], 0.0)
    return (summed.max(axis=1), of_wanted), summed.argmax(axis=1) == targets


def confident_from(
    probabilities: Vector, labels: Sequence[str], wanted: Sequence[str], precision: float = PRECISION
) -> float | None:
    """The lowest confidence above which the category is right as often as `precision`, measured on texts kept out.

    None when no confidence has that precision on MEASURED_ON texts at least.
    """
    if not wanted:
        return None
    (confidence, _), is_right = _by_head(probabilities, labels, wanted)
    order = np.argsort(-confidence, kind="stable")
    shares = np.cumsum(is_right[order]) / np.arange(1, len(order) + 1)
    last_of_tie = np.append(confidence[order][1:] != confidence[order][:-1], True)
    good = np.flatnonzero((shares >= precision) & last_of_tie & (np.arange(1, len(order) + 1) >= MEASURED_ON))
    return float(confidence[order[good[-1]]]) if len(good) else None


def model_of(comparison: Comparison, current: Model) -> Model:
    """The new model, ready to read."""
    return learned.load(comparison.content, current.encoder)
