"""Everything that was learned, as one object, and its way into a file and back.

Weights of words are kept as bytes with one scale a label, those of meaning as halves: a hundredth of a point of
accuracy against three quarters of the size. What reads messages is always what came back from such a file, so that
the figures printed at training are those of the model that is used.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from doleance.understanding.model import store
from doleance.understanding.model.classify import Classifier, Linear, Vector
from doleance.understanding.model.encoder import Encoder
from doleance.understanding.model.words import Vocabulary

_SHORT_ID = 12  # signs of the digest in a model's name


@dataclass(frozen=True, slots=True)
class Model:
    """What reads messages. `id` names it: its encoder and its content. `taught`: the texts it knows, by CRC-32."""

    id: str
    encoder: Encoder
    categories: Classifier
    kinds: Classifier
    accents: Mapping[str, str]
    facts: Mapping[str, Any]
    taught: frozenset[int] = frozenset()


def dump(
    *,
    encoder_id: str,
    categories: Classifier,
    kinds: Classifier,
    accents: Mapping[str, str],
    facts: Mapping[str, Any],
    taught: frozenset[int] = frozenset(),
) -> bytes:
    """The bytes of the model's file. `facts` (JSON) says what people want to know of it: figures, counts, date."""
    parts = {"categories": categories, "kinds": kinds}
    heads = {name: _head(classifier) for name, classifier in parts.items()}
    arrays: dict[str, NDArray[Any]] = {"taught": np.array(sorted(taught), dtype=np.uint32)}
    for name, classifier in parts.items():
        arrays |= {f"{name}.{key}": array for key, array in _arrays(classifier).items()}
    return store.pack({"encoder": encoder_id, "accents": dict(accents), "facts": dict(facts), **heads}, arrays)


def load(content: bytes, encoder: Encoder) -> Model:
    """The model of a file. Raises BadModel when it is none, or when another encoder made it."""
    packed = store.unpack(content)
    if packed.facts.get("encoder") != encoder.id:
        raise store.BadModel(why=f"autre encodeur : {packed.facts.get('encoder')}")
    try:
        return Model(
            id=f"{encoder.id}+{packed.digest[:_SHORT_ID]}",
            encoder=encoder,
            categories=_classifier(packed, "categories"),
            kinds=_classifier(packed, "kinds"),
            accents=dict(packed.facts["accents"]),
            facts=dict(packed.facts["facts"]),
            taught=frozenset(packed.arrays["taught"].tolist()),
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise store.BadModel(why="contenu incomplet") from error


def encoder_of(content: bytes) -> str:
    """The encoder that a model's file was made with. Raises BadModel."""
    return str(store.unpack(content).facts.get("encoder", ""))


def _head(classifier: Classifier) -> dict[str, Any]:
    return {
        "labels": list(classifier.labels),
        "share": round(classifier.share, 4),
        "sharpness": round(classifier.sharpness, 4),
        "scale": round(classifier.words.scale, 4),
    }


def _arrays(classifier: Classifier) -> dict[str, NDArray[Any]]:
    weights, steps = _in_bytes(classifier.words.weights)
    return {
        "hashes": classifier.vocabulary.hashes,
        "rarity": classifier.vocabulary.rarity.astype(np.float16),
        "meaning": classifier.meaning.weights.astype(np.float16),
        "meaning_bias": classifier.meaning.bias.astype(np.float32),
        "words": weights,
        "words_steps": steps,
        "words_bias": classifier.words.bias.astype(np.float32),
    }


def _in_bytes(weights: Vector) -> tuple[NDArray[np.int8], Vector]:
    """Each row between -127 and 127, and what one step of it is worth."""
    steps = np.abs(weights).max(axis=1, initial=0.0) / 127
    steps[steps == 0] = 1.0
    return np.rint(weights / steps[:, None]).astype(np.int8), steps.astype(np.float32)


def _classifier(packed: store.Packed, name: str) -> Classifier:
    head = packed.facts[name]
    arrays = {key: packed.arrays[f"{name}.{key}"] for key in _PARTS}
    labels = tuple(str(label) for label in head["labels"])
    words = arrays["words"].astype(np.float32) * arrays["words_steps"][:, None]
    found = Classifier(
        labels=labels,
        vocabulary=Vocabulary(arrays["hashes"], arrays["rarity"].astype(np.float32)),
        meaning=Linear(arrays["meaning"].astype(np.float32), arrays["meaning_bias"]),
        words=Linear(words, arrays["words_bias"], float(head["scale"])),
        share=float(head["share"]),
        sharpness=float(head["sharpness"]),
    )
    shapes = {len(found.meaning.weights), len(found.meaning.bias), len(words), len(found.words.bias), len(labels)}
    if len(shapes) != 1 or words.shape[1] != len(found.vocabulary) or len(arrays["rarity"]) != len(found.vocabulary):
        raise ValueError(name)
    return found


_PARTS = ("hashes", "rarity", "meaning", "meaning_bias", "words", "words_steps", "words_bias")
