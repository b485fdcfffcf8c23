"""Learning a classifier: the same for the same examples, honest about what it has not seen, good on public sets."""

import numpy as np
import pytest

from doleance.understanding.model import encoder, train
from doleance.understanding.model.prepare import prepare
from doleance.understanding.model.train import Blend, Lesson, learn
from tests.understanding import samples

TEXTS = [
    *("colis perdu", "colis introuvable", "paquet jamais arrivé", "le livreur n'est pas venu", "livraison en retard"),
    *("facture fausse", "prélèvement en double", "montant erroné", "frais injustifiés", "remboursement attendu"),
]
LABELS = ["delivery"] * 5 + ["billing"] * 5


@pytest.fixture(scope="module")
def meaning():
    return encoder.Sentences().encode(TEXTS)


def probabilities(learned, texts, vectors):
    asked = learned.classifier
    return np.array([asked.probabilities(asked.features(t, v)) for t, v in zip(texts, vectors, strict=True)])


def test_what_was_taught_is_known(meaning):
    learned = learn(Lesson(TEXTS, meaning, LABELS))
    found = probabilities(learned, TEXTS, meaning).argmax(axis=1)
    assert [learned.classifier.labels[one] for one in found] == LABELS
    assert learned.figures.count == 10
    assert 0 <= learned.figures.macro_f1 <= 1


def test_twice_the_same(meaning):
    first, second = learn(Lesson(TEXTS, meaning, LABELS)), learn(Lesson(TEXTS, meaning, LABELS))
    assert first.classifier.meaning.weights.tobytes() == second.classifier.meaning.weights.tobytes()
    assert first.classifier.words.weights.tobytes() == second.classifier.words.weights.tobytes()
    assert first.figures == second.figures


def test_copies_stay_on_one_side():
    folds = train.folds_of([0, 0, 1, 1, 0, 0, 1, 1], [0, 1, 2, 3, 0, 1, 2, 3], 4)
    assert folds[:4].tolist() == folds[4:].tolist()
    assert len(set(folds.tolist())) > 1


def test_labels_are_spread_over_the_folds():
    folds = train.folds_of([0] * 10 + [1] * 10, list(range(20)), 5)
    assert all(sorted(folds[half].tolist()) == sorted([*range(5)] * 2) for half in (slice(0, 10), slice(10, 20)))


def test_a_label_with_one_example_is_learnt_all_the_same(meaning):
    labels = [*LABELS[:-1], "other"]
    learned = learn(Lesson(TEXTS, meaning, labels))
    assert learned.classifier.labels == ("billing", "delivery", "other")
    assert probabilities(learned, TEXTS, meaning).sum(axis=1) == pytest.approx(np.ones(10), abs=1e-4)


def test_the_vocabulary_is_bounded(meaning):
    learned = learn(Lesson(TEXTS, meaning, LABELS), most_words=12)
    assert len(learned.classifier.vocabulary) == 12


def test_a_cold_start_keeps_its_blend_until_enough_is_measured(meaning):
    cold = Blend(share=0.3, scale=6.0)
    lesson = Lesson(TEXTS, meaning, LABELS, is_measured=np.zeros(10, dtype=bool))
    learned = learn(lesson, cold=cold)
    assert learned.classifier.share == 0.3
    assert learned.classifier.words.scale == 6.0


def test_enough_of_their_own_decides_alone(meaning, monkeypatch):
    """What an installation confirmed decides the blend, whatever the examples beside it would prefer."""
    monkeypatch.setattr(train, "ENOUGH", 10)
    lesson = Lesson(TEXTS, meaning, LABELS, is_measured=np.ones(10, dtype=bool))
    learned = learn(lesson, cold=Blend(share=0.33, scale=6.0))
    assert learned.classifier.share != 0.33
    assert learned.figures.count == 10


def test_figures_by_hand():
    probabilities = np.array([[0.7, 0.2, 0.1], [0.3, 0.4, 0.3], [0.5, 0.4, 0.1], [0.1, 0.1, 0.8]], dtype=np.float32)
    found = train.figures(probabilities, np.array([0, 1, 1, 2]), share=0.2)
    assert found.accuracy == 0.75
    assert found.top3 == 1
    assert found.macro_f1 == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)
    assert found.log_loss == pytest.approx(-np.log([0.7, 0.4, 0.4, 0.8]).mean(), abs=1e-5)


def test_short_questions_of_a_bank():
    """banking77, ten of each of 77 intents, on a part of the rest; the whole of it is `benchmarks.language`.

    Wanted ≥ .79 on the whole rest in the mean of three draws (language.md).
    """
    rows = samples.banking(samples.require("banking77/train.csv"))
    learnt, rest = samples.drawn(rows, 10, seed=0)
    asked = rest[::8]
    texts = {place: prepare(rows[place][0]) for place in (*learnt, *asked)}
    vectors = dict(zip(texts, encoder.Sentences().encode(list(texts.values())), strict=True))
    lesson = Lesson(
        [texts[one] for one in learnt], np.array([vectors[one] for one in learnt]), [rows[one][1] for one in learnt]
    )
    learned = learn(lesson)
    found = probabilities(learned, [texts[one] for one in asked], [vectors[one] for one in asked]).argmax(axis=1)
    right = [learned.classifier.labels[a] == rows[b][1] for a, b in zip(found, asked, strict=True)]
    assert len(right) > 1_000
    assert np.mean(right) >= 0.77
