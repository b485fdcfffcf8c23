"""The permanent perturbations: what they change, and that they are always the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doleance.understanding.perturb import NOISE, Perturbation, perturbed

SAID = "C’est la troisième fois que j’écris pour mon remboursement, merci de répondre aujourd’hui."


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        (Perturbation.CLEAN, SAID),
        (Perturbation.CAPITALS, SAID.upper()),
        (Perturbation.NO_ACCENTS, SAID.replace("è", "e").replace("é", "e")),
        (Perturbation.SMS, "c la troisieme fois ke j'ecris pr mon remboursement, mrc de repondre ajd."),
    ],
)
def test_each_one(how, expected):
    assert perturbed(SAID, how) == expected


def test_politeness_surrounds():
    wrapped = perturbed(SAID, Perturbation.POLITE)
    assert SAID in wrapped
    assert wrapped.startswith("Bonjour")
    assert perturbed(SAID, Perturbation.POLITE, "en").startswith("Dear")
    assert perturbed(SAID, Perturbation.POLITE, "nl") == SAID


def test_noise_is_about_six_in_a_hundred():
    text = "les mots d'une phrase assez longue pour compter les fautes " * 40
    noisy = perturbed(text, Perturbation.NOISE)
    letters = sum(sign.isalpha() for sign in text)
    # Two signs are touched by a swap, one by the rest: between half and thrice the rate, in all.
    changed = sum(a != b for a, b in zip(text.split(), noisy.split(), strict=False))
    assert letters * NOISE * 0.3 < changed < letters * NOISE * 1.7


@given(st.text(max_size=200), st.sampled_from(Perturbation))
def test_always_the_same(text, how):
    assert perturbed(text, how) == perturbed(text, how)
