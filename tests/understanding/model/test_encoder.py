"""Sentences to vectors: the encoder and what replaces it give the same kind of thing."""

import numpy as np
import pytest

from doleance.understanding.model import encoder as encoders
from doleance.understanding.model import shipped

TEXTS = ["mon colis est perdu", "le paquet n'est jamais arrivé", "la facture est fausse", "", "🙂" * 50, "a " * 9000]


@pytest.fixture(scope="module", params=["sentences", "words"])
def encoder(request):
    return encoders.Sentences() if request.param == "sentences" else shipped.fallback(32)


def test_one_unit_vector_a_text(encoder):
    vectors = encoder.encode(TEXTS)
    assert vectors.shape == (len(TEXTS), encoder.size)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-4)


def test_nothing_gives_nothing(encoder):
    assert encoder.encode([]).shape == (0, encoder.size)


def test_alone_or_with_others_is_the_same(encoder):
    together = encoder.encode(TEXTS)
    alone = np.vstack([encoder.encode([text]) for text in TEXTS])
    assert together == pytest.approx(alone, abs=1e-5)


def test_the_name_says_which_one():
    assert encoders.Sentences().id != shipped.fallback(32).id


def test_near_in_meaning_is_near_by_angle():
    """Without a word in common: what counts of words cannot see."""
    lost, never, bill = encoders.Sentences().encode(TEXTS[:3])
    assert lost @ never > lost @ bill + 0.1


def test_languages_meet():
    french, english, other = encoders.Sentences().encode(
        ["le livreur n'est jamais venu", "the delivery man never came", "my invoice is wrong"]
    )
    assert french @ english > french @ other + 0.2


def test_sentences_weigh_by_their_length():
    vectors = np.eye(2, dtype=np.float32)
    mixed = encoders.together(vectors, ["a" * 16, "b"])
    assert mixed.tolist() == pytest.approx([4 / 17**0.5, 1 / 17**0.5])
    assert encoders.together(np.array([[1, 0], [-1, 0]], dtype=np.float32), ["a", "b"]).tolist() == [1, 0]


def test_without_the_package_it_says_so(monkeypatch):
    monkeypatch.setattr(encoders, "USE", None)
    assert not encoders.is_available()
    with pytest.raises(encoders.EncoderMissing):
        encoders.Sentences().encode(["x"])
