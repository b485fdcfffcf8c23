"""Counting what was found against what there was to find: accuracy, precision, recall, F1, per item and per cut."""

from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Tally:
    """`right` of `found` and of `wanted`; `exact` of `count` messages were wholly right."""

    right: int = 0
    found: int = 0
    wanted: int = 0
    exact: int = 0
    count: int = 0

    @property
    def precision(self) -> float | None:
        """Of what was found, the share that is right; None when nothing was."""
        return self.right / self.found if self.found else None

    @property
    def recall(self) -> float | None:
        """Of what there was to find, the share that was; None when there was nothing."""
        return self.right / self.wanted if self.wanted else None

    @property
    def f1(self) -> float | None:
        """The harmonic mean of both: None when there was neither."""
        return 2 * self.right / (self.found + self.wanted) if self.found + self.wanted else None

    @property
    def accuracy(self) -> float | None:
        """The share of messages (or of what is told one by one) that is wholly right."""
        return self.exact / self.count if self.count else None

    def add_set(self, found: Iterable[Hashable], wanted: Iterable[Hashable]) -> None:
        """One message's findings, as bags: what is there twice counts twice."""
        got, gold = Counter(found), Counter(wanted)
        self.right += (got & gold).total()
        self.found += got.total()
        self.wanted += gold.total()
        self.add(is_right=got == gold)

    def add_counts(self, *, right: int, found: int, wanted: int) -> None:
        """One message's findings, matched elsewhere."""
        self.right += right
        self.found += found
        self.wanted += wanted
        self.add(is_right=right == found == wanted)

    def add(self, *, is_right: bool) -> None:
        """One thing that is right or wrong."""
        self.count += 1
        self.exact += is_right


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """What a tally is of: the item, the language and the perturbation (`*`: all languages together)."""

    item: str
    language: str
    perturbation: str


ALL = "*"


@dataclass(slots=True)
class Report:
    """The tallies by cell, in the order of their first use, and the pairs (wanted, given) of what has one label."""

    tallies: dict[Cell, Tally] = field(default_factory=dict)
    labels: dict[str, Counter[tuple[str, str]]] = field(default_factory=dict)

    def of(self, item: str, language: str, perturbation: str) -> list[Tally]:
        """The tallies that a message of a language adds to: its language's, and that of all."""
        cells = [Cell(item, one, perturbation) for one in (ALL, language)]
        return [self.tallies.setdefault(cell, Tally()) for cell in cells]

    def label(self, item: str, wanted: str, given: str) -> None:
        """One pair for the table of confusions and the figures of each label."""
        self.labels.setdefault(item, Counter())[wanted, given] += 1

    def by_label(self, item: str) -> dict[str, Tally]:
        """Precision and recall of each label of an item."""
        pairs = self.labels.get(item, Counter())
        found: dict[str, Tally] = {}
        for (wanted, given), times in sorted(pairs.items()):
            gold, got = found.setdefault(wanted, Tally()), found.setdefault(given, Tally())
            gold.wanted += times
            got.found += times
            if wanted == given:
                gold.right += times
        return dict(sorted(found.items()))
