"""How well messages are read: each item against what people wrote of it (`gold`), per language and perturbation.

What is compared (tests/gold/README.md says how the gold is written):

- language, kind, urgency: right or wrong;
- category, top 3, sub-code: of each gold passage, read alone (`engine.categorise`), so that a wrong cut is not counted
  twice; under every perturbation;
- grievances: a proposed one is right when it overlaps a gold one for the most part and has its category;
- boundaries: where the second and later requests begin, within a few signs; and single requests that were split;
- quotes and signatures gone (each line that must not survive), words of the author lost;
- order references, amounts, dates, remedies, signals: as sets.

What people did not say of a message is not counted. A line may be a text alone (`text`) with its language, and its
kind or its category: one request, whole.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from doleance.understanding import engine, records
from doleance.understanding.measures import Report
from doleance.understanding.model.learned import Model
from doleance.understanding.perturb import Perturbation, perturbed
from doleance.understanding.rules import BodyType, Incoming, MessageKind, Proposed, Reading, SignalCode

# How far a boundary may be from where people put it: a number, a bullet, a linking word.
NEAR = 15
_SPACES = re.compile(r"\s+")
_SERIOUS = frozenset({SignalCode.SAFETY_RISK, SignalCode.LEGAL_THREAT})


class NoGold(records.BadLine):
    """A line without what people wrote of its message."""

    code = "no_gold"
    sentence = "Ligne {line} : il manque l’objet « gold »."


@dataclass(frozen=True, slots=True)
class Case:
    """A message and its gold."""

    message: Incoming
    gold: Mapping[str, Any]

    @property
    def language(self) -> str:
        """The language people gave it."""
        return str(self.gold.get("language") or "und")


def case(line: str, number: int) -> Case:
    """The case of a line. Raises BadLine, NoGold."""
    record = records.parse(line)
    if isinstance(record.get("text"), str) and "gold" not in record:
        return _short(record)
    gold = record.get("gold")
    if not isinstance(gold, dict):
        raise NoGold(line=number)
    return Case(records.incoming(record), gold)


def _short(record: Mapping[str, Any]) -> Case:
    """A text alone, with what was said of it."""
    gold = {item: record[item] for item in ("language", "kind") if item in record}
    if "category" in record:
        gold["kind"] = MessageKind.COMPLAINT.value
        gold["grievances"] = [{"quote": record["text"], "category": record["category"], "sub": record.get("sub", "")}]
    return Case(records.incoming({"body": record["text"]}), gold)


def evaluate(
    cases: Iterable[Case], model: Model, perturbations: Sequence[Perturbation] = tuple(Perturbation)
) -> Report:
    """Read every case under every perturbation and count."""
    report = Report()
    for one in cases:
        for how in perturbations:
            _whole(one, how, model, report)
            _passages(one, how, model, report)
    return report


def _whole(one: Case, how: Perturbation, model: Model, report: Report) -> None:
    if how is not Perturbation.CLEAN and one.message.body_type is BodyType.HTML:
        return  # its markup would be changed with its words
    reading = engine.read(_changed(one.message, how, one.language), model)
    told = {"language": reading.language, "kind": reading.kind.value, "urgency": reading.urgency.value}
    for item, given in told.items():
        if item not in one.gold:
            continue
        wanted = str(one.gold[item] or "")
        for tally in report.of(item, one.language, how):
            tally.add(is_right=given == wanted)
        if how is Perturbation.CLEAN:
            report.label(item, wanted, given)
    _sets(one, how, reading, report)
    if how is Perturbation.CLEAN:
        if "grievances" in one.gold:
            _requests(one, reading, report)
        _cleaning(one, reading, report)


def _changed(message: Incoming, how: Perturbation, language: str) -> Incoming:
    return Incoming(
        id=message.id,
        channel=message.channel,
        subject=message.subject if how is Perturbation.POLITE else perturbed(message.subject, how, language),
        body=perturbed(message.body, how, language),
        body_type=message.body_type,
        sender=message.sender,
        date=message.date,
    )


def _sets(one: Case, how: Perturbation, reading: Reading, report: Report) -> None:
    """Facts, remedies and signals; letters and digits changed by noise change facts themselves."""
    gold = one.gold
    found: dict[str, tuple[list[Any], list[Any]]] = {}
    if "signals" in gold:
        given, wanted = [s.code.value for s in reading.signals], [s["code"] for s in gold["signals"]]
        found["signals"] = given, wanted
        serious = [code for code in given if code in _SERIOUS], [code for code in wanted if code in _SERIOUS]
        found["signals: safety, legal"] = serious
    if how is not Perturbation.NOISE:
        facts: dict[str, tuple[list[Any], list[Any]]] = {
            "order_refs": (list(reading.order_refs), list(gold.get("order_refs", []))),
            "amounts": (
                [(a.value, a.currency) for a in reading.amounts],
                [(a["value"], a["currency"]) for a in gold.get("amounts", [])],
            ),
            "dates": ([day.isoformat() for day in reading.dates], list(gold.get("dates", []))),
        }
        found |= {item: pair for item, pair in facts.items() if item in gold}
    for item, (given, wanted) in found.items():
        for tally in report.of(item, one.language, how):
            tally.add_set(set(given), set(wanted))


def _passages(one: Case, how: Perturbation, model: Model, report: Report) -> None:
    for grievance in one.gold.get("grievances", []):
        choice = engine.categorise(perturbed(grievance["quote"], how, one.language), model, language=one.language)
        wanted, sub = grievance["category"], grievance["sub"]
        is_right = {
            "category": choice.category == wanted,
            "category: top 3": wanted in {category for category, _ in choice.top3},
            "sub-code": (choice.category, choice.sub) == (wanted, sub),
        }
        for item, right in is_right.items():
            for tally in report.of(item, one.language, how):
                tally.add(is_right=right)
        if how is Perturbation.CLEAN:
            report.label("category", wanted, choice.category)
            report.label("sub-code", f"{wanted}.{sub}", f"{choice.category}.{choice.sub}")


def _requests(one: Case, reading: Reading, report: Report) -> None:
    gold = list(one.gold.get("grievances", []))
    text = reading.clean_text
    wanted = [(text.find(g["quote"]), text.find(g["quote"]) + len(g["quote"]), g) for g in gold]
    found = [(text.find(g.quote), text.find(g.quote) + len(g.quote), g) for g in reading.grievances]
    pairs = paired([(a, b) for a, b, _ in found], [(a, b) for a, b, _ in wanted])
    right = [(found[i][2], wanted[j][2]) for i, j in pairs if found[i][2].category == wanted[j][2]["category"]]
    for tally in report.of("grievances", one.language, Perturbation.CLEAN):
        tally.add_counts(right=len(right), found=len(found), wanted=len(wanted))
    _remedies(one, [(found[i][2], wanted[j][2]) for i, j in pairs], report)
    if not gold or not found:
        return
    starts, ends = (
        [letters_from(text, a) for a, _, _ in wanted[1:]],
        [letters_from(text, a) for a, _, _ in found[1:]],
    )
    met = sum(any(abs(start - end) <= NEAR for end in ends) for start in starts)
    for tally in report.of("boundaries", one.language, Perturbation.CLEAN):
        tally.add_counts(right=met, found=len(ends), wanted=len(starts))
    if len(gold) == 1:
        for tally in report.of("single requests not split", one.language, Perturbation.CLEAN):
            tally.add(is_right=len(found) == 1)


def _remedies(one: Case, pairs: Iterable[tuple[Proposed, Mapping[str, Any]]], report: Report) -> None:
    for proposed, gold in pairs:
        if "wanted_remedy" in gold:
            for tally in report.of("remedies", one.language, Perturbation.CLEAN):
                tally.add_set([remedy.value for remedy in proposed.wanted], gold["wanted_remedy"])


def paired(found: Sequence[tuple[int, int]], wanted: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Which proposed passage goes with which gold one: the largest overlaps first, half of the shorter at least."""
    overlaps = [
        (min(b, d) - max(a, c), i, j)
        for i, (a, b) in enumerate(found)
        for j, (c, d) in enumerate(wanted)
        if a >= 0 <= c and (min(b, d) - max(a, c)) * 2 >= min(b - a, d - c) > 0
    ]
    pairs: list[tuple[int, int]] = []
    for _, i, j in sorted(overlaps, key=lambda one: (-one[0], one[1], one[2])):
        if all(i != p and j != q for p, q in pairs):
            pairs.append((i, j))
    return pairs


def letters_from(text: str, start: int) -> int:
    """The place of the first letter from `start` on: bullets and numbers before it are nobody's."""
    while 0 <= start < len(text) and not text[start].isalpha():
        start += 1
    return start


def _cleaning(one: Case, reading: Reading, report: Report) -> None:
    kept = {_SPACES.sub(" ", line).strip() for line in reading.clean_text.splitlines()}
    removed = one.gold.get("removed") or {}
    for part in ("quote", "signature"):
        lines = [_SPACES.sub(" ", line).strip() for line in removed.get(part, [])]
        if lines:
            for tally in report.of(f"{part} gone", one.language, Perturbation.CLEAN):
                tally.add_counts(right=sum(line not in kept for line in lines), found=len(lines), wanted=len(lines))
    if one.gold.get("clean_text"):
        wanted = _words(one.gold["clean_text"])
        missing = _words(reading.clean_text)
        there = sum(1 for _ in _common(wanted, missing))
        for tally in report.of("body kept", one.language, Perturbation.CLEAN):
            tally.add_counts(right=there, found=len(missing), wanted=len(wanted))


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def _common(wanted: Sequence[str], kept: Sequence[str]) -> Iterable[str]:
    """The words of the one that are in the other, each as often as it is there."""
    left: dict[str, int] = {}
    for word in kept:
        left[word] = left.get(word, 0) + 1
    for word in wanted:
        if left.get(word, 0):
            left[word] -= 1
            yield word
