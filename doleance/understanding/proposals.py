"""What is made of a reading: which griefs it proposes, what fills their forms, from when on it is trusted. Pure.

Shares are kept in thousandths: they stand on the journal, which knows no fraction.
"""

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from doleance.complaints import questions
from doleance.kernel.kinds import Kind
from doleance.understanding.rules import Amount, MessageKind, Proposed, Reading

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)
THOUSAND = 1000
# Which messages are read for griefs. What else a mail may be is said on its file, and a person decides.
COMPLAINING = frozenset({MessageKind.COMPLAINT, MessageKind.FOLLOW_UP})
# What routing by itself asks for: so many right in a thousand, among so many that people judged at least.
PRECISION, LEAST = 950, 50
LEAST_PRECISION = 500  # below, routing would be tossing a coin
MOST = 12  # griefs proposed of one message: beyond, a person reads it
UNSPECIFIED = "other.unspecified"
_LONGEST_TITLE = 80


class Fate(Kind):
    """What people made of a grief that was proposed, or that was not."""

    WAITING = "waiting", "En attente"
    ACCEPTED = "accepted", "Accepté"
    CORRECTED = "corrected", "Corrigé"
    DROPPED = "dropped", "Écarté"
    MISSED = "missed", "Ajouté à la main"


@dataclass(frozen=True, slots=True)
class Judged:
    """A proposal as people settled it: codes of the taxonomy, main or sub. `confidence` in thousandths.

    `proposed` is empty for a grief that a person added to what was read; `final` for one that was dropped.
    `times`: how many were settled alike.
    """

    language: str
    proposed: str
    final: str
    confidence: int
    at: datetime
    times: int = 1

    @property
    def fate(self) -> Fate:
        """What became of it. A sub-code in the place of its branch, or another of it, is another answer."""
        if not self.proposed:
            return Fate.MISSED
        if not self.final:
            return Fate.DROPPED
        return Fate.ACCEPTED if self.final == self.proposed else Fate.CORRECTED

    @property
    def is_right(self) -> bool:
        """Whether the team that its branch leads to would have been the right one."""
        return bool(self.final) and branch(self.final) == branch(self.proposed)


def branch(code: str) -> str:
    """The main category of a code: `delivery` of `delivery.late`."""
    return code.partition(".")[0]


def code_of(one: Proposed, known: Collection[str]) -> str:
    """The code of the taxonomy that a proposal means: its sub-code where it is known, else its branch."""
    sub = one.sub if "." in one.sub else f"{one.category}.{one.sub}"
    return next((code for code in (sub, one.category, UNSPECIFIED) if code in known), one.category)


def thousandths(share: float) -> int:
    """A share of 1 as it is kept."""
    return max(0, min(THOUSAND, round(share * THOUSAND)))


def title_of(quote: str) -> str:
    """A short title of a passage: its first words."""
    words = " ".join(quote.split()).strip(" -–—•*.,;:")
    if len(words) > _LONGEST_TITLE:
        words = words[:_LONGEST_TITLE].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"
    return words[:1].upper() + words[1:]


def without_places(reading: Reading) -> Reading:
    """A reading whose words stand elsewhere than in the message: in a letter that came with it."""
    return replace(
        reading,
        grievances=tuple(replace(one, start=None, end=None) for one in reading.grievances),
        signals=tuple(replace(one, start=None) for one in reading.signals),
    )


def to_propose(
    reading: Reading, *, codes: Mapping[int, str], known: Collection[str], told: str = "", is_first: bool
) -> list[int]:
    """Which of a reading's griefs are proposed on a file, by their places, in order.

    `codes` are theirs by place; `known` those of the griefs that the file has; `told` is the branch that whoever typed
    the file chose for its first point. Of the message that opened it all are; of a typed one, all but the one that
    its first point is; of a later one, what the file does not have yet.
    """
    if reading.kind not in COMPLAINING:
        return []
    places = list(range(len(reading.grievances)))[:MOST]
    if not is_first:
        return [place for place in places if codes[place] not in known]
    if not told:
        return places
    same = next((place for place in places if branch(codes[place]) == told), places[0] if places else None)
    return [place for place in places if place != same]


def gate(judged: Iterable[Judged], *, precision: int = PRECISION, least: int = LEAST) -> tuple[int, int, int] | None:
    """From which confidence on a proposal may be routed by itself; None while nothing measured allows it.

    The lowest confidence above which `least` judged proposals or more were right `precision` times in a thousand; with
    it, that share and their number.
    """
    told = sorted(((one.confidence, one.is_right, one.times) for one in judged if one.proposed), reverse=True)
    found, right, count = None, 0, 0
    for place, (confidence, is_right, times) in enumerate(told, start=1):
        right, count = right + is_right * times, count + times
        is_last = place == len(told) or told[place][0] != confidence
        if is_last and count >= least and right * THOUSAND >= precision * count:
            found = (confidence, right * THOUSAND // count, count)
    return found


@dataclass(frozen=True, slots=True)
class Figures:
    """How one branch is proposed. Shares in thousandths; None where nothing was counted."""

    code: str
    proposed: int
    wanted: int
    right: int

    @property
    def precision(self) -> int | None:
        """Of those proposed, how many were of this branch."""
        return self.right * THOUSAND // self.proposed if self.proposed else None

    @property
    def recall(self) -> int | None:
        """Of those of this branch, how many were proposed so; those that nobody proposed count."""
        return self.right * THOUSAND // self.wanted if self.wanted else None


def counted(told: Iterable[tuple[K, int]]) -> Counter[K]:
    """How often each of what is told, with its times, is there."""
    found: Counter[K] = Counter()
    for one, times in told:
        found[one] += times
    return found


def figures(judged: Sequence[Judged]) -> list[Figures]:
    """Precision and recall of each branch, the most frequent first."""
    proposed = counted((branch(one.proposed), one.times) for one in judged if one.proposed)
    wanted = counted((branch(one.final), one.times) for one in judged if one.final)
    right = counted((branch(one.final), one.times) for one in judged if one.proposed and one.is_right)
    codes = sorted(set(proposed) | set(wanted), key=lambda code: (-wanted[code], -proposed[code], code))
    return [Figures(code, proposed[code], wanted[code], right[code]) for code in codes]


def whole(judged: Sequence[Judged], code: str = "") -> Figures:
    """The same over all branches."""
    proposed = sum(one.times for one in judged if one.proposed)
    wanted = sum(one.times for one in judged if one.final)
    return Figures(code, proposed, wanted, sum(one.times for one in judged if one.proposed and one.is_right))


def by_language(judged: Sequence[Judged]) -> list[Figures]:
    """The figures of each language over all branches, the most frequent first."""
    languages = counted((one.language, one.times) for one in judged)
    return [
        whole([one for one in judged if one.language == code], code)
        for code in sorted(languages, key=lambda code: (-languages[code], code))
    ]


def confusion(judged: Iterable[Judged]) -> Mapping[tuple[str, str], int]:
    """How often a branch was proposed where people wanted another one, or none (an empty code)."""
    return counted(((branch(one.proposed), branch(one.final)), one.times) for one in judged if one.proposed)


def facts_for(category: str, one: Proposed, reading: Reading) -> dict[str, str]:
    """Answers to the questions of a category that the message gives without doubt: one value, and only one.

    In the passage itself first; in the whole message where the passage names none, if it makes one request.
    """
    is_alone = len(reading.grievances) == 1
    amount = _only(_amounts_in(one.quote, reading.amounts), reading.amounts, is_alone)
    reference = _only([ref for ref in reading.order_refs if _names(one.quote, ref)], reading.order_refs, is_alone)
    told: dict[str, str] = {}
    for question in questions.questions_of(category):
        match question.code:
            case "order" | "invoice" if reference is not None:
                told[question.code] = reference
            case "charged" if amount is not None and amount.currency == "EUR":
                told[question.code] = amount.value
    return told


def _only(inside: Sequence[T], everywhere: Sequence[T], is_alone: bool) -> T | None:
    found = inside or (everywhere if is_alone else ())
    return found[0] if len(found) == 1 else None


def _squeezed(text: str) -> str:
    return "".join(sign for sign in text.upper() if sign.isalnum())


def _names(quote: str, reference: str) -> bool:
    return _squeezed(reference) in _squeezed(quote)


def _amounts_in(quote: str, amounts: Iterable[Amount]) -> list[Amount]:
    bare = "".join(quote.split()).replace(",", ".")
    return [one for one in amounts if one.value in bare or one.value.removesuffix(".00") in bare]
