"""Labelled public texts beside the project, for tests and benchmarks: absent from a bare clone."""

import csv
import os
import random
from collections import Counter
from pathlib import Path

import pytest

DATA = Path(os.environ.get("DOLEANCE_SAMPLE_DATA") or Path(__file__).parents[3] / "shared" / "data")
# Narratives of this set are long; the reader's own limit is shorter than the longest.
csv.field_size_limit(10_000_000)


def require(path: str) -> Path:
    """A file of the public sets, or a skip that says how to have it."""
    if not (DATA / path).is_file():
        pytest.skip(f"faute des textes d’exemple : DOLEANCE_SAMPLE_DATA ne mène pas à eux ({DATA})")
    return DATA / path


def banking(path: Path) -> list[tuple[str, str]]:
    """banking77: short questions and their intent, one of 77."""
    with path.open(encoding="utf-8", newline="") as stream:
        return [(row["text"], row["category"]) for row in csv.DictReader(stream)]


def drawn(rows: list[tuple[str, str]], count: int, seed: int) -> tuple[list[int], list[int]]:
    """`count` rows of each label to learn from, drawn by `seed`, and the rest."""
    chance = random.Random(seed)
    by_label: dict[str, list[int]] = {}
    for place, (_, label) in enumerate(rows):
        by_label.setdefault(label, []).append(place)
    learnt = [place for label in sorted(by_label) for place in chance.sample(by_label[label], count)]
    return learnt, sorted(set(range(len(rows))) - set(learnt))


def complaints(path: Path, least: int = 5) -> list[tuple[str, str]]:
    """CFPB: narratives and their product, of products that have `least` of them."""
    with path.open(encoding="utf-8", newline="") as stream:
        found = [(row["Consumer complaint narrative"], row["Product"]) for row in csv.DictReader(stream)]
    told = [(text, product) for text, product in found if text.strip()]
    counts = Counter(product for _, product in told)
    return [(text, product) for text, product in told if counts[product] >= least]
