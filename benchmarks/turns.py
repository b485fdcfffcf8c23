"""The weights of `doleance/understanding/text/turns.py`, learned from annotated messages, and what they are worth.

    python -m benchmarks.turns                      # the tables, ready to be pasted, and figures by cross-validation
    python -m benchmarks.turns FILE …               # from other annotated messages (tests/gold/README.md)

Each place where a request may begin is an example: its signs, and whether people put a request there. Figures are
those of messages kept out: ten parts, weights learned on nine, requests cut in the tenth, twice over. The same files
give the same tables.
"""

import argparse
import json
import random
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from doleance.understanding import engine, records
from doleance.understanding.evaluate import NEAR, letters_from
from doleance.understanding.model import shipped
from doleance.understanding.text import requests, turns
from doleance.understanding.text.pieces import Piece, pieces
from doleance.understanding.text.turns import Signs

GOLD = Path(__file__).parent.parent / "tests" / "gold"
FILES = tuple(GOLD / part / "messages.jsonl" for part in ("dev", "practice"))
FOLDS, DRAWS, SEED = 10, 2, 20261123
# How much a weight may cost: few examples, so that a weight has to be earned.
TURNS_C, OPENING_C = 0.1, 0.1
Example = tuple[Signs, bool]
Table = tuple[dict[str, tuple[float, float]], float]


@dataclass(frozen=True, slots=True)
class Message:
    """An annotated message: its sentences, and where people put its requests (places in the clean text)."""

    text: str
    read: list[Piece]
    starts: list[int]

    def is_start(self, at: int, starts: Sequence[int]) -> bool:
        """Whether a sentence begins one of the requests."""
        place = letters_from(self.text, self.read[at].span.start)
        return any(abs(place - start) <= NEAR for start in starts)


def messages(files: Sequence[Path]) -> list[Message]:
    """The complaints of some files, read by the shipped model."""
    model = shipped.shipped()
    found: list[Message] = []
    for line in (line for file in files if file.exists() for line in file.read_text("utf-8").splitlines()):
        record = json.loads(line)
        gold = record["gold"]
        if gold["kind"] != "complaint" or not gold["grievances"]:
            continue
        draft = engine.draft(records.incoming(record), model)
        text = draft.cleaned.text
        read = pieces(text, draft.spans, draft.found, engine.likely(draft, model))
        found.append(Message(text, read, [letters_from(text, text.find(one["quote"])) for one in gold["grievances"]]))
    return found


def examples(message: Message) -> tuple[list[Example], list[Example]]:
    """What a message teaches: of its turns, and of what stands before the first one."""
    read = message.read
    begun = first = requests.beginning(read)
    items = {at: before for run in requests.lists(read) for before, at in pairwise(run)}
    found: list[Example] = []
    openings: list[Example] = []
    for at in range(first + 1, len(read)):
        told = requests.told_before(read, items.get(at, begun), at)
        if not told or not requests.may_turn(read[at]):
            continue
        is_start = message.is_start(at, message.starts)
        if not read[at].strong:  # turns.ANNOUNCED
            found.append((turns.signs(told, read[at], requests.told_after(read, at)), is_start))
        if is_start:
            if begun == first:
                openings.append((turns.opening(told), not message.is_start(at, message.starts[:1])))
            begun = at
    return found, openings


def learn(taught: Sequence[Example], cost: float) -> Table:
    """Weights and usual values of each sign, and the bias; weights are those of signs as they are counted."""
    names = list(taught[0][0])
    rows = np.array([[float(signs[name]) for name in names] for signs, _ in taught])
    usual, spread = rows.mean(axis=0), rows.std(axis=0)
    spread[spread < 1e-9] = 1.0
    fitted = LogisticRegression(C=cost, max_iter=2000).fit(
        (rows - usual) / spread, [is_right for _, is_right in taught]
    )
    weights = fitted.coef_[0] / spread
    table = {
        name: (round(w, 2), round(u, 2)) for name, w, u in zip(names, weights.tolist(), usual.tolist(), strict=True)
    }
    return table, round(float(fitted.intercept_[0]), 2)


@contextmanager
def using(turning: Table, opening: Table) -> Iterator[None]:
    """These tables in place of those of the product."""
    kept = (turns.WEIGHTS, turns.WEIGHTS_BIAS, turns.OPENING, turns.OPENING_BIAS)
    (turns.WEIGHTS, turns.WEIGHTS_BIAS), (turns.OPENING, turns.OPENING_BIAS) = turning, opening
    try:
        yield
    finally:
        turns.WEIGHTS, turns.WEIGHTS_BIAS, turns.OPENING, turns.OPENING_BIAS = kept


def both(taught: Sequence[tuple[list[Example], list[Example]]]) -> tuple[Table, Table]:
    """The two tables that some messages teach."""
    return (
        learn([one for turning, _ in taught for one in turning], TURNS_C),
        learn([one for _, opening in taught for one in opening], OPENING_C),
    )


def kept_out(told: Sequence[Message], thresholds: Sequence[float]) -> Iterator[str]:
    """Precision, recall and single requests split, at each threshold, on messages kept out."""
    taught = [examples(one) for one in told]
    counts = {threshold: [0, 0, 0, 0, 0] for threshold in thresholds}
    for draw in range(DRAWS):
        order = list(range(len(told)))
        random.Random(SEED + draw).shuffle(order)
        for fold in range(FOLDS):
            out = set(order[fold::FOLDS])
            with using(*both([taught[at] for at in range(len(told)) if at not in out])):
                for at in out:
                    for threshold, count in counts.items():
                        _count(told[at], threshold, count)
    for threshold, (met, found, wanted, split, single) in counts.items():
        yield (
            f"{threshold:.2f}  precision {met / max(1, found):.2f}  recall {met / wanted:.2f}  "
            f"single requests split {split / single:.2f}"
        )


def _count(message: Message, threshold: float, count: list[int]) -> None:
    kept, turns.TURNS = turns.TURNS, threshold
    try:
        cut = requests.cuts(message.read)[1:]
    finally:
        turns.TURNS = kept
    wanted = message.starts[1:]
    places = [letters_from(message.text, message.read[at].span.start) for at in cut]
    met = sum(any(abs(start - place) <= NEAR for place in places) for start in wanted)
    is_single = not wanted
    for at, value in enumerate((met, len(cut), len(wanted), is_single and bool(cut), is_single)):
        count[at] += value


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures, then the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, default=FILES)
    told = messages(parser.parse_args(arguments).files)
    say = sys.stdout.write
    say(f"{len(told)} messages, {sum(len(one.starts) - 1 for one in told)} boundaries\n")
    for line in kept_out(told, (0.5, 0.55, 0.6, 0.65, 0.7)):
        say(f"{line}\n")
    for name, (table, bias) in zip(("WEIGHTS", "OPENING"), both([examples(one) for one in told]), strict=True):
        rows = "".join(f'    "{sign}": {values},\n' for sign, values in table.items())
        say(f"{name}: dict[str, tuple[float, float]] = {{\n{rows}}}\n{name}_BIAS = {bias}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
