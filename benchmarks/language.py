"""The product's own classifier on public sets it was not made for: python -m benchmarks.language DATA

DATA is the folder of the public texts. banking77: ten questions of each of 77 intents are learnt, the rest is asked,
three draws. CFPB (dev): products with at least five narratives, five folds. The recipe is the product's, whole: texts
prepared, sentences encoded, words counted, the blend of both chosen by cross-validation inside what is learnt.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from doleance.understanding.model import train
from doleance.understanding.model.classify import Vector
from doleance.understanding.model.encoder import Sentences
from doleance.understanding.model.lessons import Pooled
from doleance.understanding.model.prepare import prepare
from doleance.understanding.model.train import Lesson
from tests.understanding import samples

DRAWS, EACH, FOLDS = 3, 10, 5
# Goals of the project: accuracy of banking77; accuracy and macro-F1 of CFPB.
BANKING, CFPB, CFPB_F1 = 0.79, 0.78, 0.57


def asked(
    texts: Sequence[str], vectors: Vector, labels: Sequence[str], learnt: Sequence[int], rest: Sequence[int]
) -> tuple[list[str], float]:
    """What is answered for the rest, and the share of words in the blend."""
    lesson = Lesson([texts[one] for one in learnt], vectors[list(learnt)], [labels[one] for one in learnt])
    classifier = train.learn(lesson).classifier
    found = [classifier.probabilities(classifier.features(texts[one], vectors[one])) for one in rest]
    return [classifier.labels[int(np.argmax(one))] for one in found], classifier.share


def banking(path: Path) -> float:
    """Mean accuracy over the draws."""
    rows = samples.banking(path)
    texts, labels = [prepare(text) for text, _ in rows], [label for _, label in rows]
    vectors = Sentences().encode(texts)
    results = []
    for seed in range(DRAWS):
        learnt, rest = samples.drawn(rows, EACH, seed)
        told, share = asked(texts, vectors, labels, learnt, rest)
        results.append(float(np.mean([a == labels[b] for a, b in zip(told, rest, strict=True)])))
        say(f"banking77 draw {seed}: accuracy {results[-1]:.4f} on {len(rest)}, words {share:.2f}")
    return float(np.mean(results))


def complaints(path: Path) -> tuple[float, float]:
    """Accuracy and macro-F1 over the folds."""
    rows = samples.complaints(path)
    texts, labels = [prepare(text) for text, _ in rows], [label for _, label in rows]
    vectors = Pooled(Sentences())(texts)
    names = sorted(set(labels))
    fold_of = train.folds_of([names.index(one) for one in labels], list(range(len(labels))), FOLDS)
    told = [""] * len(labels)
    for fold in range(FOLDS):
        learnt, rest = np.flatnonzero(fold_of != fold).tolist(), np.flatnonzero(fold_of == fold).tolist()
        found, share = asked(texts, vectors, labels, learnt, rest)
        say(f"CFPB fold {fold}: learnt {len(learnt)}, asked {len(rest)}, words {share:.2f}")
        for place, label in zip(rest, found, strict=True):
            told[place] = label
    accuracy = float(np.mean([a == b for a, b in zip(told, labels, strict=True)]))
    return accuracy, float(np.mean([f1(name, told, labels) for name in names]))


def f1(name: str, told: Sequence[str], labels: Sequence[str]) -> float:
    """F1 of one label."""
    both = sum(a == b == name for a, b in zip(told, labels, strict=True))
    return 2 * both / (sum(a == name for a in told) + sum(b == name for b in labels))


def say(words: str) -> None:
    """One line, at once."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def main() -> int:
    """Measure both, print, fail when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    data = parser.parse_args().data
    found = banking(data / "banking77" / "train.csv")
    say(f"banking77: accuracy {found:.4f}, wanted {BANKING}")
    accuracy, macro = complaints(data / "cfpb2019" / "cfpb2019_dev.csv")
    say(f"CFPB: accuracy {accuracy:.4f}, wanted {CFPB}; macro-F1 {macro:.4f}, wanted {CFPB_F1}")
    failed = [found < BANKING, accuracy < CFPB, macro < CFPB_F1].count(True)
    say(f"{3 - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
