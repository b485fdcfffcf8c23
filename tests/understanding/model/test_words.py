"""Counts of characters and words: what is known, how it is weighed, and that scikit-learn agrees."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from doleance.understanding.model import words

TEXTS = ["le colis est perdu", "le colis est cassé", "la facture est fausse", "facture payée deux fois"]


def weigh(vocabulary, text):
    columns, values = vocabulary.weigh(text)
    return dict(zip(columns.tolist(), values.tolist(), strict=True))


def test_an_ngram_that_one_text_has_is_not_kept():
    vocabulary = words.learn(TEXTS)
    everything = words.learn(TEXTS, rarest=1)
    assert 0 < len(vocabulary) < len(everything)
    assert list(vocabulary.hashes) == sorted(set(vocabulary.hashes.tolist()))


def test_case_and_accents_change_nothing():
    vocabulary = words.learn(TEXTS, rarest=1)
    assert weigh(vocabulary, "PAYÉE") == weigh(vocabulary, "payee")


def test_what_is_unknown_weighs_nothing():
    vocabulary = words.learn(TEXTS)
    columns, values = vocabulary.weigh("zyx")
    assert len(columns) == len(values) == 0
    assert len(words.learn([]).weigh("le colis")[0]) == 0


def test_words_and_characters_each_have_length_one():
    vocabulary = words.learn(TEXTS, rarest=1)
    _, values = vocabulary.weigh("le colis est perdu")
    assert float((values**2).sum()) == pytest.approx(2, abs=1e-5)


def test_similarities_are_those_of_scikit_learn():
    """The same analysis by another hand: characters inside words, words alone or in pairs, weighed sublinearly."""
    inside = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
    alone = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"\w+")
    texts = ["le colis est perdu", "le colis est en retard", "la facture est fausse"]
    expected = (inside.fit_transform(texts) @ inside.transform(texts).T).toarray()
    expected += (alone.fit_transform(texts) @ alone.transform(texts).T).toarray()
    vocabulary = words.learn(texts, rarest=1)
    dense = np.zeros((3, len(vocabulary)))
    for row, text in enumerate(texts):
        columns, values = vocabulary.weigh(text)
        dense[row, columns] = values
    # char_wb pads a word with one space on each side and slides over both, as we do; it also counts n-grams of words
    # shorter than n once, which we do not: the figures are near, not equal.
    assert dense @ dense.T == pytest.approx(expected, abs=0.06)


def test_a_smaller_vocabulary_keeps_its_order():
    vocabulary = words.learn(TEXTS, rarest=1)
    fewer = words.only(vocabulary, np.array([5, 1, 3]))
    assert fewer.hashes.tolist() == vocabulary.hashes[[1, 3, 5]].tolist()


@given(st.text(max_size=300))
def test_any_text_is_borne(text):
    columns, values = words.learn(TEXTS, rarest=1).weigh(text)
    assert len(set(columns.tolist())) == len(columns) == len(values)
    assert np.isfinite(values).all()


def test_a_word_without_end_costs_no_more_than_a_long_one():
    inside, _ = words.grams("a" * 100_000)
    assert sum(inside.values()) < 200
