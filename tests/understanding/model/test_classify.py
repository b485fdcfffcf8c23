"""The choice among labels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.understanding.model import words
from doleance.understanding.model.classify import Classifier, Features, Linear, blend, choose

LABELS = ("billing.payment", "billing.refund", "delivery.lost", "other.unspecified")


def scores(*values):
    return np.array(values, dtype=np.float32)


def test_the_category_is_the_sum_of_its_sub_codes():
    choice = choose(LABELS, scores(0.3, 0.25, 0.4, 0.05))
    assert (choice.category, choice.sub) == ("billing", "payment")
    assert choice.top3 == (("billing", 0.55), ("delivery", 0.4), ("other", 0.05))
    assert choice.confidence == 0.55


def test_a_tie_is_settled_by_name():
    assert choose(("b.x", "a.x"), scores(0.5, 0.5)).category == "a"


def test_blend_goes_from_one_to_the_other():
    meaning, counted = scores(2, 0), scores(0, 3)
    assert blend(meaning, counted, share=0, sharpness=1)[0] > 0.8
    assert blend(meaning, counted, share=1, sharpness=1)[1] > 0.9


def test_sharpness_changes_how_sure_and_not_what():
    mild, keen = (blend(scores(1, 0), scores(1, 0), share=0.5, sharpness=one) for one in (0.5, 2.0))
    assert mild.argmax() == keen.argmax() == 0
    assert mild[0] < keen[0]


@given(
    st.lists(st.floats(-50, 50, width=32), min_size=4, max_size=4),
    st.lists(st.floats(-50, 50, width=32), min_size=4, max_size=4),
    st.floats(0, 1),
    st.floats(0.25, 4),
)
def test_probabilities_are_some(meaning, counted, share, sharpness):
    found = blend(scores(*meaning), scores(*counted), share=share, sharpness=sharpness)
    assert found.sum() == pytest.approx(1, abs=1e-4)
    assert (found >= 0).all()


def test_a_classifier_looks_at_both():
    vocabulary = words.learn(["colis perdu", "facture fausse"], rarest=1)
    about = Linear(np.eye(2, dtype=np.float32), scores(0, 0))
    counted = np.zeros((2, len(vocabulary)), dtype=np.float32)
    columns, _ = vocabulary.weigh("facture")
    counted[1, columns] = 1.0
    classifier = Classifier(("a", "b"), vocabulary, about, Linear(counted, scores(0, 0), 5.0), share=0.5)
    neutral = classifier.probabilities(Features(scores(0, 0), vocabulary.weigh("rien")))
    assert neutral.tolist() == pytest.approx([0.5, 0.5])
    assert classifier.probabilities(classifier.features("facture", scores(0, 0)))[1] > 0.8
    assert classifier.probabilities(classifier.features("rien", scores(1, 0)))[0] > 0.6
