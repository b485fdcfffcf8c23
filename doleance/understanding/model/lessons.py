"""What is taught: the shipped examples, the corrections of an installation, and the model that comes out of them."""

import json
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from typing import Any

import numpy as np

from doleance.understanding.model import encoder as encoders
from doleance.understanding.model import learned, train
from doleance.understanding.model.classify import Classifier, Vector
from doleance.understanding.model.encoder import Encoder
from doleance.understanding.model.prepare import bare, prepare, usual_accents
from doleance.understanding.model.train import Blend, Lesson
from doleance.understanding.rules import MessageKind
from doleance.understanding.text.sentences import sentences

# The shipped examples teach few texts of each label, written apart: cross-validation among them says less of the
# wild than the development messages do: on those, words at .2 to .3 gave the best first choice.
COLD = Blend(share=0.3, scale=6.0)
# N-grams kept in the shipped file; an installation's own model keeps what it has.
CATEGORY_WORDS, KIND_WORDS = 8_000, 4_000


@dataclass(frozen=True, slots=True)
class Example:
    """A text with its label: `category.sub` for a grievance, or only the kind of a whole message.

    `is_own` says that it is an installation's: what a person confirmed or corrected, on a real message.
    """

    text: str
    language: str
    label: str = ""
    kind: MessageKind = MessageKind.COMPLAINT
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class Taught:
    """A model's file, and the figures by cross-validation of its two classifiers."""

    content: bytes
    categories: train.Learned
    kinds: train.Learned


def shipped() -> list[Example]:
    """The examples that come with Doléance, in the order of their files."""
    folder = resources.files("doleance.understanding.model") / "examples"
    found: list[Example] = []
    for file in sorted(folder.iterdir(), key=lambda one: one.name):
        if file.name.endswith(".jsonl"):
            lines = file.read_text("utf-8").splitlines()
            found += [_example(json.loads(line), file.name[:2]) for line in lines if line.strip()]
    return found


def _example(record: dict[str, Any], language: str) -> Example:
    if "kind" in record:
        return Example(record["text"], language, kind=MessageKind(record["kind"]))
    return Example(record["text"], language, label=f"{record['category']}.{record['sub']}")


def teach(examples: Sequence[Example], encoder: Encoder, *, is_small: bool = False) -> Taught:
    """A model of these examples. `is_small` bounds its vocabulary to what is shipped.

    An installation's own examples, once they are enough, decide how much words weigh against meaning.
    """
    accents = usual_accents(example.text for example in examples if example.language == "fr")
    labelled = [example for example in examples if example.label]
    categories = train.learn(
        _lesson(labelled, [example.label for example in labelled], encoder.encode, accents),
        cold=COLD,
        most_words=CATEGORY_WORDS if is_small else train.MOST_WORDS,
    )
    kinds = train.learn(
        _lesson(examples, [example.kind.value for example in examples], Pooled(encoder), accents),
        cold=COLD,
        most_words=KIND_WORDS if is_small else train.MOST_WORDS,
    )
    content = learned.dump(
        encoder_id=encoder.id,
        categories=categories.classifier,
        kinds=kinds.classifier,
        accents=accents,
        facts={
            "examples": len(examples),
            "own": sum(example.is_own for example in examples),
            "categories": _rounded(categories),
            "kinds": _rounded(kinds),
        },
        taught=frozenset(known_as(example.text) for example in examples if example.is_own),
    )
    return Taught(content, categories, kinds)


@dataclass(frozen=True, slots=True)
class Pooled:
    """Vectors of whole messages from those of their sentences, as the engine makes them for the kind."""

    encoder: Encoder

    def __call__(self, texts: Sequence[str]) -> Vector:
        """One row a text: its sentences encoded alone, then brought together."""
        cut = [[span.of(text) for span in sentences(text)] or [text] for text in texts]
        vectors = self.encoder.encode([sentence for parts in cut for sentence in parts])
        ends = np.cumsum([len(parts) for parts in cut])
        return np.array(
            [encoders.together(vectors[end - len(parts) : end], parts) for parts, end in zip(cut, ends, strict=True)]
        )


def known_as(text: str) -> int:
    """By what a model remembers that a text taught it, without keeping the text."""
    return zlib.crc32(text.strip().encode("utf-8", "replace"))


def _lesson(
    examples: Sequence[Example],
    labels: Sequence[str],
    encode: Callable[[Sequence[str]], Vector],
    accents: dict[str, str],
) -> Lesson:
    """Each example as it is, and once more as somebody without accents would type it."""
    texts = [prepare(example.text, accents if example.language == "fr" else None) for example in examples]
    numbers = list(range(len(texts)))
    copies = [(bare(text), number) for number, text in enumerate(texts) if bare(text) != text]
    everything = [*texts, *(text for text, _ in copies)]
    groups = [*numbers, *(number for _, number in copies)]
    return Lesson(
        texts=everything,
        meaning=encode(everything),
        labels=[labels[number] for number in groups],
        groups=groups,
        is_measured=np.array([examples[number].is_own for number in groups]),
    )


def _rounded(found: train.Learned) -> dict[str, Any]:
    return {name: round(value, 4) for name, value in asdict(found.figures).items()}


def classifiers(taught: Taught) -> Iterable[tuple[str, Classifier]]:
    """The two classifiers and their names."""
    return (("categories", taught.categories.classifier), ("kinds", taught.kinds.classifier))
