"""Learning from people: compared on what neither model has seen, kept only when it is better."""

import numpy as np
import pytest

from doleance.understanding import learning
from doleance.understanding.learning import Comparison, Marks, TooFew
from doleance.understanding.model import lessons, shipped
from doleance.understanding.model.lessons import Example
from doleance.understanding.records import BadLine

# A trade of its own, whose words the shipped examples cannot know: what they call a "kanban" is a delivery.
OWN = [
    Example(
        f"Le kanban {number} du quai {place} manque à l'appel, l'équipe {shift} attend.",
        "fr",
        label="delivery.late",
        is_own=True,
    )
    for number, place, shift in zip(
        range(100, 124), "ABCDEFGH" * 3, ["du matin", "de nuit", "du soir"] * 8, strict=True
    )
] + [
    Example(
        f"La gamme {number} sort de la presse {place} avec une cote fausse.", "fr", label="product.defect", is_own=True
    )
    for number, place in zip(range(200, 216), "ABCDEFGH" * 2, strict=True)
]


@pytest.fixture(scope="module")
def compared():
    return learning.learn(OWN, shipped.shipped())


def test_their_own_words_are_learnt(compared):
    before, after = compared.before["categories"], compared.after["categories"]
    assert before.count == after.count == len(OWN)
    assert after.accuracy > before.accuracy
    assert compared.is_better


def test_what_was_learnt_is_not_asked_again(compared):
    taught = learning.model_of(compared, shipped.shipped())
    assert lessons.known_as(OWN[0].text) in taught.taught
    with pytest.raises(TooFew):
        learning.learn(OWN, taught)


def test_few_corrections_decide_nothing():
    with pytest.raises(TooFew) as refusal:
        learning.learn(OWN[: learning.ENOUGH - 1], shipped.shipped())
    assert "29" in str(refusal.value)


def marks(accuracy, loss, count=100):
    return {"categories": Marks(count, accuracy, loss)}


@pytest.mark.parametrize(
    ("before", "after", "is_better"),
    [
        (marks(0.8, 0.5), marks(0.81, 0.9), True),
        (marks(0.8, 0.5), marks(0.8, 0.4), True),
        (marks(0.8, 0.5), marks(0.8, 0.5), False),
        (marks(0.8, 0.5), marks(0.79, 0.1), False),
    ],
)
def test_better_is_more_right_then_surer(before, after, is_better):
    assert Comparison(b"", before, after, None).is_better is is_better


def confident(*pairs):
    """Probabilities of "a" and "b", a right answer where it says so."""
    found = np.array([[p, 1 - p] for p, _ in pairs], dtype=np.float32)
    return learning.confident_from(found, ("a.x", "b.x"), ["a.x" if right else "b.x" for _, right in pairs])


def test_the_gate_is_measured():
    sure = [(0.99, True)] * 60
    assert confident(*sure) == pytest.approx(0.99)
    assert confident(*sure, *[(0.8, True)] * 40) == pytest.approx(0.8)
    assert confident(*sure, *[(0.8, False)] * 40) == pytest.approx(0.99)


def test_no_gate_without_measure_or_precision():
    assert confident(*[(0.99, True)] * 20) is None
    assert confident(*[(0.99, False)] * 100) is None
    assert learning.confident_from(np.zeros((0, 2), dtype=np.float32), ("a", "b"), []) is None


def test_equal_confidences_are_on_one_side():
    assert confident(*[(0.9, True)] * 60, *[(0.9, False)] * 20) is None


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (
            {"text": "x y", "category": "billing", "sub": "refund"},
            Example("x y", "fr", label="billing.refund", is_own=True),
        ),
        ({"text": "x", "language": "en", "kind": "praise"}, None),
    ],
)
def test_corrections(record, expected):
    found = learning.correction(record)
    assert found.is_own
    assert expected is None or found == expected


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"text": " ", "kind": "praise"},
        {"text": "x"},
        {"text": "x", "kind": "rant"},
        {"text": "x", "category": "billing"},
        {"text": 3, "kind": "praise"},
    ],
)
def test_what_is_no_correction_is_refused(record):
    with pytest.raises(BadLine):
        learning.correction(record)
